// SPDX-License-Identifier: MPL-2.0
/*
 * The queue with cached indices again, whose reader sleeps on a futex while it
 * is empty, after it has looked for a moment. The writer has a full fence for
 * each event, and makes a system call only if the reader sleeps. The writer does
 * not sleep: while the queue is full, it yields.
 */
#include <err.h>
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "spsc.h"

#define LOOKS	256	/* before the reader sleeps: as many as ours */

struct queue {
	_Alignas(2 * PAYLOAD_LINE) uint32_t asleep;
	_Alignas(2 * PAYLOAD_LINE) struct spsc *events;
};

static void *open_queue(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = aligned_alloc(_Alignof(struct queue),
					    sizeof(*queue));

	(void)batch;
	if (!queue)
		err(1, "memory");
	queue->asleep = 0;
	queue->events = spsc_open(size, capacity);
	return queue;
}

static void futex(uint32_t *word, int operation, uint32_t value)
{
	if (syscall(SYS_futex, word, operation, value, NULL, NULL, 0) < 0 &&
	    errno != EAGAIN && errno != EINTR)
		err(1, "futex");
}

static void wake(struct queue *queue)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&queue->asleep, __ATOMIC_RELAXED)) {
		__atomic_store_n(&queue->asleep, 0, __ATOMIC_RELAXED);
		futex(&queue->asleep, FUTEX_WAKE_PRIVATE, 1);
	}
}

static void write_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	struct spsc *events = queue->events;
	uint64_t end = first + n;
	void *payload;

	for (; first < end; first++) {
		while (payload = spsc_reserve(events), !payload)
			sched_yield();
		payload_fill(payload, events->size, first);
		spsc_commit(events);
		wake(queue);
	}
}

static const void *look(struct spsc *events)
{
	const void *payload;
	uint32_t i;

	for (i = 0; i < LOOKS; i++) {
		payload = spsc_peek(events);
		if (payload)
			return payload;
		queue_relax();
	}
	return NULL;
}

static const void *await(struct queue *queue)
{
	const void *payload;

	while (payload = look(queue->events), !payload) {
		__atomic_store_n(&queue->asleep, 1, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		payload = spsc_peek(queue->events);
		if (payload) {
			__atomic_store_n(&queue->asleep, 0, __ATOMIC_RELAXED);
			return payload;
		}
		futex(&queue->asleep, FUTEX_WAIT_PRIVATE, 1);
	}
	return payload;
}

static void read_events(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		payload_check(await(queue), queue->events->size, first);
		spsc_release(queue->events);
	}
}

static void close_queue(void *context)
{
	struct queue *queue = context;

	spsc_close(queue->events);
	free(queue);
}

const struct queue_kind queue_sleeping = {
	.name = "cached indices and futex",
	.open = open_queue,
	.write = write_events,
	.read = read_events,
	.close = close_queue,
};
