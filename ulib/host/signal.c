// SPDX-License-Identifier: MPL-2.0
/*
 * A host_signal is a descriptor for poll(2) that the backend makes readable,
 * writable, both or neither. It is one end of a pair of sockets. A byte from
 * the other end makes it readable; a full buffer towards the other end makes it
 * not writable.
 */
#include <sys/socket.h>

#include "host.h"

struct host_signal {
	int ours, theirs;	/* .theirs is what the user polls */
	struct mutex lock;	/* protects the buffers and the fields below */
	__poll_t up;	/* EPOLLIN, EPOLLOUT: what the descriptor reports */
	bool armed;	/* waiters flags are up: an event raises the signal */
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

	if (!signal)
		return ERR_PTR(-ENOMEM);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		free(signal);
		return ERR_PTR(-errno);
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

/* true: nothing of @for_what is up, and the next event raises the signal. */
bool host_signal_is_armed(struct host_signal *signal, __poll_t for_what)
{
	bool armed;

	mutex_lock(&signal->lock);
	armed = signal->armed && !(signal->up & for_what);
	mutex_unlock(&signal->lock);
	return armed;
}

/* Report what @mask has and was not reported before: that is an edge. */
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
 * Make an edge of what @mask has and the descriptor reports already. It goes on
 * reporting that meanwhile: one byte comes before one byte goes.
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
 * Called before the waiters flags are raised and the rings looked at. Returns a
 * number for host_signal_arm(), which tells it of events during the look.
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
 * Report @mask, which the look after host_signal_begin() found. If an event
 * came during the look, lower nothing: the look may have missed it. What was
 * reported before and still is makes no edge.
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
 * An event: report @mask, which makes an edge in any case. Disarm, because the
 * waker has lowered the flags.
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
