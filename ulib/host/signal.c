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
	struct mutex lock;	/* protects .up, .armed and the buffers */
	int ours, theirs;	/* .theirs is what the user polls */
	__poll_t up;	/* EPOLLIN, EPOLLOUT: what the descriptor reports */
	bool armed;	/* waiters flags are up: an event raises the signal */
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
 * Lower EPOLLIN and EPOLLOUT, before a look for events: an event that comes
 * during the look raises the signal again.
 */
void host_signal_clear(struct host_signal *signal)
{
	mutex_lock(&signal->lock);
	if (signal->up & EPOLLIN)
		drain_receive_buffer(signal->theirs);
	if (signal->up & EPOLLOUT)
		fill_send_buffer(signal->theirs);
	signal->up = 0;
	signal->armed = true;
	mutex_unlock(&signal->lock);
}

/*
 * The caller has looked for events after host_signal_clear(), and found @mask:
 * make the descriptor report that.
 */
void host_signal_arm(struct host_signal *signal, __poll_t mask)
{
	mutex_lock(&signal->lock);
	raise_locked(signal, mask);
	mutex_unlock(&signal->lock);
}

/* An event: raise @mask, and disarm, as its waker has lowered the flags. */
void host_signal_raise(struct host_signal *signal, __poll_t mask)
{
	mutex_lock(&signal->lock);
	raise_locked(signal, mask);
	signal->armed = false;
	mutex_unlock(&signal->lock);
}
