// SPDX-License-Identifier: MPL-2.0
/* Copies packets from the ring to the file, and counts them. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "../rring/output/report.h"
#include "capture.h"

/* ---- signals ---- */

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
	(void)signal;
	stopped = 1;
}

void capture_catch_signals(void)
{
	struct sigaction action = {
		.sa_handler = on_signal,
		/* writes are restarted; a second signal ends the program */
		.sa_flags = SA_RESTART | SA_RESETHAND,
	};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/*
 * Sleep until the ring is readable or a signal comes. Signals are blocked until
 * ppoll() sleeps, so that none is missed after the check of stopped.
 */
static void wait_readable(const struct capture *capture)
{
	struct pollfd fd = {
		.fd = rring_client_fd(rring_reader_client(capture->reader)),
		.events = POLLIN,
	};
	sigset_t signals, before;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);
	if (!stopped && ppoll(&fd, 1, NULL, &before) < 0 && errno != EINTR)
		fail("cannot wait for the ring '%s': %s", capture->ring,
		     strerror(errno));
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* ---- a packet ---- */

struct copy {
	struct rring_nftap_packet packet;
	struct frame frame;
	uint32_t event_type;
	uint32_t len;
};

/* Returns whether @copy is a valid packet. The ring's writer may be hostile. */
static bool is_packet(const struct copy *copy)
{
	const struct rring_nftap_packet *packet = &copy->packet;

	return copy->event_type == RRING_NFTAP_PACKET &&
	       copy->len >= sizeof(*packet) &&
	       packet->version == RRING_NFTAP_VERSION &&
	       packet->cap_len == copy->len - sizeof(*packet) &&
	       packet->cap_len <= packet->orig_len &&
	       packet->hook < RRING_NFTAP_HOOKS &&
	       !packet->ifname[sizeof(packet->ifname) - 1];
}

/* Copy @event. If its length is impossible, .len is 0: is_packet() fails. */
static void take_copy(struct copy *copy, const struct rring_event *event)
{
	const char *data = event->data;

	copy->event_type = event->event_type;
	copy->len = 0;
	if (event->len < sizeof(copy->packet) ||
	    event->len > sizeof(copy->packet) + sizeof(copy->frame.packet))
		return;
	copy->len = event->len;
	memcpy(&copy->packet, data, sizeof(copy->packet));
	memcpy(copy->frame.packet, data + sizeof(copy->packet),
	       copy->len - sizeof(copy->packet));
}

static void describe(struct copy *copy)
{
	const struct rring_nftap_packet *packet = &copy->packet;
	bool out = packet->hook == RRING_NFTAP_OUTPUT ||
		   packet->hook == RRING_NFTAP_POSTROUTING;

	copy->frame.link = (struct sll2_header) {
		.sll2_protocol = htons(packet->family == 6 ? ETHERTYPE_IPV6 :
							     ETHERTYPE_IP),
		.sll2_if_index = htonl(packet->ifindex),
		.sll2_hatype = htons(ARPHRD_NONE),
		.sll2_pkttype = out ? LINUX_SLL_OUTGOING : LINUX_SLL_HOST,
	};
}

/*
 * Capture one packet. It is copied, then released, then written: only
 * rring_release() tells an observer whether the copy was overwritten meanwhile.
 * Returns 0, or the error of rring_peek() or rring_release(). An event that is
 * not a packet ends the program.
 */
static int step(struct capture *capture)
{
	struct rring_event event = { .len = 0 };
	static struct copy copy;
	long n = rring_peek(capture->reader, 1);
	int err, released;

	if (n < 0)
		return (int)n;
	err = rring_entry(capture->reader, 0, &event);
	if (!err)
		take_copy(&copy, &event);
	released = rring_release(capture->reader, 1);
	if (released)
		return released;
	if (err == -ENODATA)	/* the kernel discarded this entry */
		return 0;
	if (err || !is_packet(&copy))
		fail("the ring '%s' has other events than packets of rring_nftap, version %d",
		     capture->ring, RRING_NFTAP_VERSION);
	describe(&copy);
	file_packet(capture->file, &copy.packet, &copy.frame);
	capture->counts.captured++;
	capture->left--;
	return 0;
}

/* ---- all of them ---- */

static void count_drops(struct capture *capture, int sign)
{
	uint64_t n;
	int i;

	for (i = 0; i < RRING_DROPS; i++) {
		n = rring_reader_dropped(capture->reader, i);
		n = sign < 0 ? -n : n;
		capture->dropped[i] += n;
		capture->counts.dropped += n;
	}
}

/* Subtracts the present drop counts; capture_run() adds the final ones. */
void capture_begin(struct capture *capture, struct rring_reader *reader)
{
	capture->reader = reader;
	count_drops(capture, -1);
}

/*
 * Returns whether the capture is complete. The first call after a signal sets
 * .end to the end of what is published by then.
 */
static bool is_over(struct capture *capture)
{
	const struct rring_reader *reader = capture->reader;

	if (!stopped)
		return !capture->left;
	if (!capture->end_is_known)
		capture->end = rring_reader_position(reader) +
			       rring_reader_lag(capture->reader);
	capture->end_is_known = true;
	return !capture->left || rring_reader_position(reader) >= capture->end;
}

void capture_run(struct capture *capture)
{
	int err = 0;

	while (err != -EPIPE && !is_over(capture)) {
		err = step(capture);
		if (err == -EAGAIN) {
			file_flush(capture->file);
			wait_readable(capture);
		} else if (err && err != -ESTALE && err != -EPIPE) {
			fail_with(err, "cannot go on reading the ring '%s'",
				  capture->ring);
		}
	}
	count_drops(capture, 1);
	capture->counts.lost = rring_reader_lost(capture->reader);
}
