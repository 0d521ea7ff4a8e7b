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

/*
 * Rest, for less than a microsecond for each of @peers, at least 1, at whose lines
 * the next look looks, and for less than 6 microseconds. The rest is shorter if the
 * ring has fewer than 512 entries for each peer: a peer that goes on meanwhile must
 * not reach the end of its part of the ring.
 */
void ulib_backoff_rest(uint32_t capacity, uint32_t peers);

/*
 * Tell how many entries the peer has passed on during a rest in a ring of
 * @capacity. If these are few, the rest was useless: the peer is slow, or it is
 * this thread itself. Then the next looks do not rest.
 */
void ulib_backoff_judge(struct rring_backoff *backoff, uint32_t capacity,
			uint64_t gained);

#endif /* ULIB_BACKOFF_H */
