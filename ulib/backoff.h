/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Backoff: a thread that finds little at a look rests before it goes on. Each
 * look takes a cache line away from the peer on another CPU, which costs both
 * threads time. A rest lets the peer get ahead, so that fewer looks are needed.
 */
#ifndef ULIB_BACKOFF_H
#define ULIB_BACKOFF_H

#include <rusted_ring.h>

/* A look that finds fewer entries than this is worth a rest. */
#define ULIB_BACKOFF_DISTANCE	64

/*
 * Measure how long the CPU pauses, unless that is done: so rests take the same
 * time on all machines. Called when a client is opened.
 */
void ulib_backoff_measure(void);

void ulib_backoff_init(struct rring_backoff *backoff);

/*
 * Return 1 if the thread shall rest now, because its look has found little. Or
 * count this look as one of those that do not rest, and return 0.
 */
static inline int ulib_backoff_due(struct rring_backoff *backoff)
{
	if (!backoff->left)
		return 1;
	backoff->left--;
	return 0;
}

/* Do not rest in the next look. */
static inline void ulib_backoff_skip(struct rring_backoff *backoff)
{
	backoff->left |= 1;
}

/* The length of a rest is a number of steps of so many ns. */
#define ULIB_BACKOFF_STEP_NS	10u

/*
 * Return how many steps a rest takes if no rest before has told more: less than a
 * microsecond for each of @peers, at whose lines the next look looks, and less than
 * 6 microseconds. The rest is shorter if the ring has fewer than 512 entries for
 * each peer: a peer that goes on meanwhile must not reach the end of its part of
 * the ring.
 */
uint32_t ulib_backoff_first(uint32_t capacity, uint32_t peers);

/*
 * Return how many steps the next rest of a writer takes, in a ring of @capacity
 * that @peers read: so many that it brings an eighth of the ring, as far as
 * ulib_backoff_aim() knows. At most 5 ns for each entry of the ring, and 20.5
 * microseconds; no fewer steps than ulib_backoff_first() returns.
 */
uint32_t ulib_backoff_next(const struct rring_backoff *backoff,
			   uint32_t capacity, uint32_t peers);

/* Return @steps, or fewer if the rest would end after @deadline. */
uint32_t ulib_backoff_until(uint32_t steps, uint64_t deadline);

/* Rest for @steps: pause the CPU so often as this takes. */
void ulib_backoff_rest(uint32_t steps);

/*
 * Tell how many entries the slowest of @peers has passed on during a rest of
 * @steps. Return 1 if that is worth the rest. If it is not, the peer is slow, or it
 * is this thread itself: then the next looks do not rest, and the next rest of a
 * writer is as long as the first one. Return 0.
 */
int ulib_backoff_judge(struct rring_backoff *backoff, uint32_t steps,
		       uint32_t peers, uint64_t gained);

/*
 * Choose the length of the next rest of a writer, in a ring of @capacity. The last
 * one took @steps, was worth it, and brought @gained entries.
 */
void ulib_backoff_aim(struct rring_backoff *backoff, uint32_t capacity,
		      uint32_t steps, uint64_t gained);

#endif /* ULIB_BACKOFF_H */
