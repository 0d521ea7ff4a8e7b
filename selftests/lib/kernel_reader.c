// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel_reader.h"
#include "module.h"
#include "stream.h"

#define MODULE	"rring_consumer"
#define PIECE	4096u

int consumer_load(void)
{
	module_unload_name(MODULE);	/* left by an aborted test */
	return module_load_file("/" MODULE ".ko", "");
}

int consumer_unload(void)
{
	return module_unload_name(MODULE);
}

int consumer_call(int fd, unsigned long request, void *args)
{
	return ioctl(fd, request, args) ? -errno : 0;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "# %s: %s\n", what, strerror(-err));
	_exit(1);
}

int consumer_new(void)
{
	int fd = open("/dev/" MODULE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/" MODULE, -errno);
	return fd;
}

int consumer_of(const struct consumer_open *open)
{
	struct consumer_open args = *open;
	int fd = consumer_new();
	int err = consumer_call(fd, CONSUMER_OPEN, &args);

	if (err)
		die("cannot open a kernel reader", err);
	return fd;
}

int consumer_close(int fd, uint32_t flags)
{
	return consumer_call(fd, CONSUMER_CLOSE, &flags);
}

struct consumer_seen consumer_seen(int fd)
{
	struct consumer_seen seen;
	int err = consumer_call(fd, CONSUMER_SEEN, &seen);

	if (err)
		die("nothing was seen", err);
	return seen;
}

struct consumer_stat consumer_stat(int fd)
{
	struct consumer_stat stat;
	int err = consumer_call(fd, CONSUMER_STAT, &stat);

	if (err)
		die("no statistics", err);
	return stat;
}

uint64_t consumer_refused(const struct consumer_stat *stat)
{
	return stat->refused[0] + stat->refused[1] + stat->refused[2] +
	       stat->refused[3];
}

void until_seen(int fd, uint64_t events)
{
	while (consumer_seen(fd).events < events)
		sched_yield();
}

void until_ended(int fd, uint64_t ends)
{
	while (consumer_seen(fd).ends < ends)
		sched_yield();
}

/* Copy the peeked payload into @to, PIECE bytes per call. */
static int copy_out(int fd, uint32_t len, char *to)
{
	struct consumer_copy copy;
	uint32_t at;
	int err = 0;

	for (at = 0; at < len && !err; at += copy.len) {
		copy.offset = at;
		copy.len = len - at < PIECE ? len - at : PIECE;
		copy.to = (uintptr_t)(to + at);
		err = consumer_call(fd, CONSUMER_COPY, &copy);
	}
	return err;
}

int consumer_take(int fd, uint64_t position, uint32_t max)
{
	static _Alignas(64) char payload[1u << 20];
	struct rring_event event = { .data = payload };
	struct consumer_entry entry;
	int err = consumer_call(fd, CONSUMER_PEEK, &entry);
	int err_copy;

	if (err)
		return err;
	if (entry.position != position || entry.len > sizeof(payload))
		return -EBADMSG;
	event.len = entry.len;
	event.event_type = entry.event_type;
	err_copy = copy_out(fd, entry.len, payload);
	err = consumer_call(fd, CONSUMER_RELEASE, NULL);
	if (err || err_copy)
		return err ? err : err_copy;
	return stream_intact(&event, position, max) ? 0 : -EBADMSG;
}

long consumer_drain(int fd, uint64_t *position, uint32_t max)
{
	long n = 0;
	int err;

	while (!(err = consumer_take(fd, *position, max))) {
		++*position;
		n++;
	}
	return err == -EAGAIN ? n : err;
}
