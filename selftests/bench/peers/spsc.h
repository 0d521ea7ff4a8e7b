/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The quick designs of single-header queues, of one writer and one reader, made
 * again from their published description. They trust both sides, have no
 * lifetime, and do not sleep.
 *
 * Cached indices: each side keeps a copy of the other side's index, and loads the
 * index itself only if the queue seems full or empty by the copy. A flag beside
 * the payload: each entry says whether it is full, so that no index is shared.
 */
#ifndef BENCH_SPSC_H
#define BENCH_SPSC_H

#include <stdint.h>

#include "payload.h"
#include "queue.h"

struct spsc {
	_Alignas(2 * PAYLOAD_LINE) uint64_t head;	/* of the writer */
	uint64_t tail_seen;
	_Alignas(2 * PAYLOAD_LINE) uint64_t tail;	/* of the reader */
	uint64_t head_seen;
	_Alignas(2 * PAYLOAD_LINE) uint32_t size;
	uint32_t mask;
	uint32_t batch;			/* of queue_cached_indices */
	unsigned char *payload;
};

/* Where the next event goes, or NULL if the queue is full. */
static inline void *spsc_reserve(struct spsc *queue)
{
	if (queue->head - queue->tail_seen > queue->mask) {
		queue->tail_seen = __atomic_load_n(&queue->tail,
						   __ATOMIC_ACQUIRE);
		if (queue->head - queue->tail_seen > queue->mask)
			return NULL;
	}
	return queue->payload + (queue->head & queue->mask) * queue->size;
}

static inline void spsc_commit(struct spsc *queue)
{
	__atomic_store_n(&queue->head, queue->head + 1, __ATOMIC_RELEASE);
}

/* The next event, or NULL if the queue is empty. */
static inline const void *spsc_peek(struct spsc *queue)
{
	if (queue->tail == queue->head_seen) {
		queue->head_seen = __atomic_load_n(&queue->head,
						   __ATOMIC_ACQUIRE);
		if (queue->tail == queue->head_seen)
			return NULL;
	}
	return queue->payload + (queue->tail & queue->mask) * queue->size;
}

static inline void spsc_release(struct spsc *queue)
{
	__atomic_store_n(&queue->tail, queue->tail + 1, __ATOMIC_RELEASE);
}

/* How many events there is room for, at least. */
static inline uint64_t spsc_room(struct spsc *queue)
{
	return spsc_reserve(queue) ?
	       queue->mask + 1 - (queue->head - queue->tail_seen) : 0;
}

/* Where the event @i after the next one goes. */
static inline void *spsc_place(const struct spsc *queue, uint64_t i)
{
	return queue->payload +
	       ((queue->head + i) & queue->mask) * queue->size;
}

static inline void spsc_commit_all(struct spsc *queue, uint64_t n)
{
	__atomic_store_n(&queue->head, queue->head + n, __ATOMIC_RELEASE);
}

/* How many events there are at least, from the next one on. */
static inline uint64_t spsc_count(struct spsc *queue)
{
	return spsc_peek(queue) ? queue->head_seen - queue->tail : 0;
}

/* The event @i after the next one. */
static inline const void *spsc_entry(const struct spsc *queue, uint64_t i)
{
	return queue->payload +
	       ((queue->tail + i) & queue->mask) * queue->size;
}

static inline void spsc_release_all(struct spsc *queue, uint64_t n)
{
	__atomic_store_n(&queue->tail, queue->tail + n, __ATOMIC_RELEASE);
}

/* @capacity is a power of two. Exits on failure. */
struct spsc *spsc_open(uint32_t size, uint32_t capacity);
void spsc_close(struct spsc *queue);

#endif /* BENCH_SPSC_H */
