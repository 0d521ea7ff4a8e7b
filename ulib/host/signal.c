// SPDX-License-Identifier: MPL-2.0
/*
 * A host_signal has a descriptor for poll(2), .theirs, which the process
 * backend makes readable, writable, both or neither. .theirs is one end of a
 * pair of sockets, and .ours is the other end. A byte sent from .ours makes
 * .theirs readable. A full buffer from .theirs to .ours makes .theirs not
 * writable.
 */
#include <sys/socket.h>

#include "host.h"

struct host_signal {
	int ours, theirs;	/* the program polls .theirs */
	/*
	 * protects the buffers of both sockets, and the fields below; nests in
	 * the arena's lock
	 */
	struct mutex lock;
	__poll_t up;	/* EPOLLIN, EPOLLOUT: what .theirs reports now */
	/*
	 * the client's waiters flags are up, so the next event or room leads to
	 * a call of host_signal_raise()
	 */
	bool armed;
	u64 raised;	/* number of calls of host_signal_raise() */
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
 * Return true if .theirs reports nothing of @for_what, and the client's waiters
 * flags are up, so that the next event leads to a call of host_signal_raise().
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
 * Make .theirs report all of @mask (EPOLLIN, EPOLLOUT). What .theirs did not
 * report before is an edge for an edge-triggered poll. The caller holds .lock
 * of @signal.
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
 * Make a new edge of each bit of @mask that .theirs reports already. .theirs
 * never stops reporting the bit, because this function adds one byte to the
 * buffer before it removes one. The caller holds .lock of @signal.
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
 * Arm @signal: the caller raises the client's waiters flags next. After that
 * the caller looks at the rings, and passes the returned number to
 * host_signal_arm(). By this number host_signal_arm() knows whether an event
 * came during the look.
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
 * Make .theirs report @mask, what the caller has found in its look after
 * host_signal_begin(), and nothing else. @seen is the number that
 * host_signal_begin() returned. If an event came during the look, .theirs also
 * goes on reporting what it reported before, because the look may have missed
 * the event. What .theirs reported before and still reports makes no edge.
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
 * Take .lock of @signal for a look and host_signal_raise(). The waker holds the
 * lock from its look on. So a reader that takes the last event before this look
 * is not reported that event, and a reader that takes it after the look finds
 * in host_signal_is_armed() that .theirs has to be lowered.
 */
void host_signal_lock(struct host_signal *signal)
{
	mutex_lock(&signal->lock);
}

void host_signal_unlock(struct host_signal *signal)
{
	mutex_unlock(&signal->lock);
}

/*
 * Make .theirs report @mask, because an event or room has come. This makes an
 * edge even of what .theirs reports already. Also disarm @signal, because the
 * waker has lowered the client's waiters flags. The caller holds .lock of
 * @signal.
 */
void host_signal_raise(struct host_signal *signal, __poll_t mask)
{
	renew_locked(signal, mask);
	raise_locked(signal, mask);
	signal->raised++;
	signal->armed = false;
}
