// SPDX-License-Identifier: MPL-2.0
/* What the kernel has: a pipe, a Unix socket that keeps packets, a POSIX mq. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "payload.h"
#include "queue.h"

struct queue {
	int to, from;
	char *in, *out;		/* a batch */
	uint32_t size, batch;
};

static struct queue *make(uint32_t size, uint32_t batch)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	queue->size = size;
	queue->batch = batch;
	queue->in = aligned_alloc(PAYLOAD_LINE, (size_t)size * batch);
	queue->out = aligned_alloc(PAYLOAD_LINE, (size_t)size * batch);
	if (!queue->in || !queue->out)
		err(1, "memory");
	return queue;
}

static void close_queue(void *context)
{
	struct queue *queue = context;

	close(queue->to);
	close(queue->from);
	free(queue->in);
	free(queue->out);
	free(queue);
}

/* ---- bytes and packets ---- */

static void *open_pipe(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = make(size, batch);
	int ends[2];

	if (pipe(ends))
		err(1, "pipe");
	queue->from = ends[0];
	queue->to = ends[1];
	/* what it may not have, it does not get */
	fcntl(queue->to, F_SETPIPE_SZ, (int)(size * capacity));
	return queue;
}

static void *open_socketpair(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = make(size, batch);
	int bytes = (int)(size * capacity), ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		err(1, "socketpair");
	queue->from = ends[0];
	queue->to = ends[1];
	if (setsockopt(queue->to, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)))
		err(1, "SO_SNDBUF");
	return queue;
}

static void write_bytes(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	size_t bytes = (size_t)queue->size * queue->batch, done;
	uint64_t end = first + n;
	uint32_t i;

	while (first < end) {
		for (i = 0; i < queue->batch; i++)
			payload_fill(queue->in + i * queue->size, queue->size,
				     first++);
		for (done = 0; done < bytes;) {
			ssize_t put = write(queue->to, queue->in + done,
					    bytes - done);

			if (put < 0)
				err(1, "write");
			done += (size_t)put;
		}
	}
}

static void read_bytes(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	size_t bytes = (size_t)queue->size * queue->batch, done;
	uint64_t end = first + n;
	uint32_t i;

	while (first < end) {
		for (done = 0; done < bytes;) {
			ssize_t got = read(queue->from, queue->out + done,
					   bytes - done);

			if (got <= 0)
				err(1, "read");
			done += (size_t)got;
		}
		for (i = 0; i < queue->batch; i++)
			payload_check(queue->out + i * queue->size,
				      queue->size, first++);
	}
}

/* ---- messages ---- */

static mqd_t make_mq(const char *name, uint32_t size, uint32_t capacity)
{
	struct mq_attr attr = { .mq_msgsize = size, .mq_maxmsg = capacity };

	return mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
}

/* The longest queue allowed: 10 by default for users other than root. */
static void *open_mq(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = make(size, batch);
	char name[32];

	snprintf(name, sizeof(name), "/bench-%d", getpid());
	mq_unlink(name);
	do {
		queue->to = make_mq(name, size, capacity);
		capacity /= 2;
	} while (queue->to < 0 && capacity);
	if (queue->to < 0)
		err(1, "mq_open");
	mq_unlink(name);
	queue->from = dup(queue->to);
	return queue;
}

static void send_messages(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		payload_fill(queue->in, queue->size, first);
		if (mq_send(queue->to, queue->in, queue->size, 0))
			err(1, "mq_send");
	}
}

static void receive_messages(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		if (mq_receive(queue->from, queue->out, queue->size, NULL) < 0)
			err(1, "mq_receive");
		payload_check(queue->out, queue->size, first);
	}
}

const struct queue_kind queue_pipe = {
	.name = "pipe",
	.batches = 1,
	.open = open_pipe,
	.write = write_bytes,
	.read = read_bytes,
	.close = close_queue,
};

const struct queue_kind queue_socketpair = {
	.name = "socketpair",
	.open = open_socketpair,
	.write = write_bytes,
	.read = read_bytes,
	.close = close_queue,
};

const struct queue_kind queue_mq = {
	.name = "mq",
	.size_max = 8192,
	.open = open_mq,
	.write = send_messages,
	.read = receive_messages,
	.close = close_queue,
};
