// SPDX-License-Identifier: MPL-2.0
/*
 * A host_signal has a descriptor for poll(2), .theirs, which the backend makes
 * readable, writable, both or neither. It is one end of a pair of sockets;
 * .ours is the other end. A byte sent from .ours makes .theirs readable. A full
 * buffer from .theirs to .ours makes .theirs not writable.
 */
#include <sys/socket.h>

#include "host.h"

struct host_signal {
	int ours, theirs;	/* .theirs is what the user polls */
	/* protects the buffers of both sockets, and the fields below */
	struct mutex lock;
	__poll_t up;	/* EPOLLIN, EPOLLOUT: what .theirs reports now */
	/* the waiters flags are up, so an event calls host_signal_raise() */
	bool armed;
	u64 raised;	/* number of events */
};

static void fill_send_buffer(int fd)
{
	static const char bytes[2048];

	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
}

static void drain_receive_buffer(int fd)
{
	char bytes[2048];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

struct host_signal *host_signal_new(void)
{
	struct host_signal *signal = malloc(sizeof(*signal));
	int least = 1;
	int pair[2];
	int err;

	if (!signal)
		return ERR_PTR(-ENOMEM);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		err = -errno;
		free(signal);
		return ERR_PTR(err);
	}
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
	*signal = (struct host_signal) { .theirs = pair[0], .ours = pair[1] };
	mutex_init(&signal->lock);
	fill_send_buffer(signal->theirs);
	return signal;
}

void host_signal_free(struct host_signal *signal)
{
	close(signal->ours);
	close(signal->theirs);
	mutex_destroy(&signal->lock);
	free(signal);
}

int host_signal_fd(const struct host_signal *signal)
{
	return signal->theirs;
}

/*
 * Return true if .theirs reports nothing of @for_what, and the waiters flags
 * are up, so that the next event raises the signal.
 */
bool host_signal_is_armed(struct host_signal *signal, __poll_t for_what)
{
	bool armed;

	mutex_lock(&signal->lock);
	armed = signal->armed && !(signal->up & for_what);
	mutex_unlock(&signal->lock);
	return armed;
}

/*
 * Report what @mask has and .theirs does not report yet. That is an edge for an
 * edge-triggered poll. The caller has locked .lock.
 */
static void raise_locked(struct host_signal *signal, __poll_t mask)
{
	__poll_t more = mask & ~signal->up;

	if (more & EPOLLIN)
		send(signal->ours, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (more & EPOLLOUT)
		drain_receive_buffer(signal->ours);
	signal->up |= mask & (EPOLLIN | EPOLLOUT);
}

/*
 * Make a new edge of what @mask has and .theirs reports already. Meanwhile
 * .theirs goes on reporting it: one byte comes before one byte goes. The caller
 * has locked .lock.
 */
static void renew_locked(struct host_signal *signal, __poll_t mask)
{
	__poll_t again = mask & signal->up;
	char byte = 0;

	if (again & EPOLLIN &&
	    send(signal->ours, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		recv(signal->theirs, &byte, 1, MSG_DONTWAIT);
	if (again & EPOLLOUT &&
	    send(signal->theirs, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		recv(signal->ours, &byte, 1, MSG_DONTWAIT);
}

static void lower_locked(struct host_signal *signal, __poll_t mask)
{
	__poll_t less = mask & signal->up;

	if (less & EPOLLIN)
		drain_receive_buffer(signal->theirs);
	if (less & EPOLLOUT)
		fill_send_buffer(signal->theirs);
	signal->up &= ~less;
}

/*
 * Arm @signal. The caller then raises the waiters flags, looks at the rings,
 * and passes the returned number to host_signal_arm(). By this number that
 * function knows whether an event came during the look.
 */
u64 host_signal_begin(struct host_signal *signal)
{
	u64 seen;

	mutex_lock(&signal->lock);
	signal->armed = true;
	seen = signal->raised;
	mutex_unlock(&signal->lock);
	return seen;
}

/*
 * Report @mask, which the caller found when it looked after
 * host_signal_begin(), and stop reporting the rest. But if an event came during
 * the look, go on reporting the rest, because the look may have missed the
 * event. What .theirs reported before and still reports makes no edge.
 */
void host_signal_arm(struct host_signal *signal, __poll_t mask, u64 seen)
{
	mutex_lock(&signal->lock);
	if (signal->raised == seen)
		lower_locked(signal, ~mask);
	raise_locked(signal, mask);
	mutex_unlock(&signal->lock);
}

/*
 * An event has come: report @mask. That makes an edge even of what .theirs
 * reports already. Disarm, because the waker has lowered the waiters flags.
 */
void host_signal_raise(struct host_signal *signal, __poll_t mask)
{
	mutex_lock(&signal->lock);
	renew_locked(signal, mask);
	raise_locked(signal, mask);
	signal->raised++;
	signal->armed = false;
	mutex_unlock(&signal->lock);
}
