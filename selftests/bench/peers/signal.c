// SPDX-License-Identifier: MPL-2.0
/*
 * The least that waking somebody takes: a payload in memory, and an eventfd or
 * a futex that says so. And what it takes if who sends is to make a system call
 * only where somebody sleeps, without a fence: there is a flag, and who raises
 * it has the other side pass a barrier. There is room for one event.
 */
#include <err.h>
#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "payload.h"
#include "queue.h"

struct queue {
	_Alignas(2 * PAYLOAD_LINE) uint32_t next;	/* that is not there */
	uint32_t asleep;
	int fd;
	uint32_t size;
	_Alignas(2 * PAYLOAD_LINE) unsigned char payload[];
};

static void *open_futex(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = aligned_alloc(_Alignof(struct queue),
					    sizeof(*queue) +
					    2 * PAYLOAD_LINE + size);

	(void)batch;
	(void)capacity;
	if (!queue)
		err(1, "memory");
	queue->next = 0;
	queue->asleep = 0;
	queue->size = size;
	queue->fd = -1;
	return queue;
}

static void *open_eventfd(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = open_futex(size, batch, capacity);

	queue->fd = eventfd(0, 0);
	if (queue->fd < 0)
		err(1, "eventfd");
	return queue;
}

static void close_queue(void *context)
{
	struct queue *queue = context;

	if (queue->fd >= 0)
		close(queue->fd);
	free(queue);
}

static void write_eventfd(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		payload_fill(queue->payload, queue->size, first);
		if (eventfd_write(queue->fd, 1))
			err(1, "eventfd");
	}
}

static void read_eventfd(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;
	eventfd_t count;

	for (; first < end; first++) {
		if (eventfd_read(queue->fd, &count))
			err(1, "eventfd");
		payload_check(queue->payload, queue->size, first);
	}
}

static void futex(uint32_t *word, int operation, uint32_t value)
{
	if (syscall(SYS_futex, word, operation, value, NULL, NULL, 0) < 0 &&
	    errno != EAGAIN && errno != EINTR)
		err(1, "futex");
}

static void write_futex(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		payload_fill(queue->payload, queue->size, first);
		__atomic_store_n(&queue->next, (uint32_t)first + 1,
				 __ATOMIC_RELEASE);
		futex(&queue->next, FUTEX_WAKE_PRIVATE, 1);
	}
}

static void read_futex(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		while (__atomic_load_n(&queue->next, __ATOMIC_ACQUIRE) ==
		       (uint32_t)first)
			futex(&queue->next, FUTEX_WAIT_PRIVATE,
			      (uint32_t)first);
		payload_check(queue->payload, queue->size, first);
	}
}

static void *open_barrier(uint32_t size, uint32_t batch, uint32_t capacity)
{
	if (syscall(SYS_membarrier,
		    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		err(1, "membarrier");
	return open_futex(size, batch, capacity);
}

static void write_barrier(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		payload_fill(queue->payload, queue->size, first);
		__atomic_store_n(&queue->next, (uint32_t)first + 1,
				 __ATOMIC_RELEASE);
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		if (__atomic_load_n(&queue->asleep, __ATOMIC_RELAXED))
			futex(&queue->next, FUTEX_WAKE_PRIVATE, 1);
	}
}

static void read_barrier(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		while (__atomic_load_n(&queue->next, __ATOMIC_ACQUIRE) ==
		       (uint32_t)first) {
			__atomic_store_n(&queue->asleep, 1, __ATOMIC_RELAXED);
			if (syscall(SYS_membarrier,
				    MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
				err(1, "membarrier");
			futex(&queue->next, FUTEX_WAIT_PRIVATE,
			      (uint32_t)first);
		}
		__atomic_store_n(&queue->asleep, 0, __ATOMIC_RELAXED);
		payload_check(queue->payload, queue->size, first);
	}
}

const struct queue_kind queue_eventfd = {
	.name = "eventfd",
	.open = open_eventfd,
	.write = write_eventfd,
	.read = read_eventfd,
	.close = close_queue,
};

const struct queue_kind queue_futex = {
	.name = "futex",
	.open = open_futex,
	.write = write_futex,
	.read = read_futex,
	.close = close_queue,
};

const struct queue_kind queue_barrier = {
	.name = "bare futex and membarrier",
	.open = open_barrier,
	.write = write_barrier,
	.read = read_barrier,
	.close = close_queue,
};
