/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Events of 64 bytes from up to MANY_MAX producers to one reader: ours or a
 * peer's, one file each. One thread plays all producers, in turn: event N is of
 * producer N modulo their number, which is a power of two.
 */
#ifndef BENCH_MANY_H
#define BENCH_MANY_H

#include "payload.h"

#define MANY_MAX	64
#define MANY_BYTES	64
#define MANY_CAPACITY	256	/* events of each producer */
#define MANY_BATCH	32	/* events that are read at a time, at most */

struct many_kind {
	/* Exits on failure. */
	void *(*open)(uint32_t producers);
	/* Look @n times for an event; there is none. */
	void (*look)(void *many, uint64_t n);
	/* Write an event of one of the producers and read it, @n times. */
	void (*pass)(void *many, uint64_t n);
	/* Write the @n events from @first on. */
	void (*feed)(void *many, uint64_t first, uint64_t n);
	/* Read and check as many. */
	void (*gather)(void *many, uint64_t first, uint64_t n);
	void (*close)(void *many);
};

extern const struct many_kind many_ours, many_queues;

/* Those in batches, and a queue that all producers share: .gather alone reads. */
extern const struct many_kind many_ours_batches, many_queues_batches;
extern const struct many_kind many_mpsc, many_wfcq;

/* Which event is the next one of each producer. */
struct many_next {
	uint32_t producers;
	uint64_t number[MANY_MAX];
};

static inline uint32_t many_producer(const struct many_next *next,
				     uint64_t number)
{
	return (uint32_t)number & (next->producers - 1);
}

static inline void many_start(struct many_next *next, uint32_t producers)
{
	uint32_t i;

	next->producers = producers;
	for (i = 0; i < producers; i++)
		next->number[i] = i;
}

/* The next event of the producer whose event @payload says it is. */
static inline void many_check(struct many_next *next, const void *payload)
{
	uint64_t number = *(const uint64_t *)payload;
	uint32_t producer = many_producer(next, number);

	payload_check(payload, MANY_BYTES, next->number[producer]);
	next->number[producer] += next->producers;
}

#endif /* BENCH_MANY_H */
