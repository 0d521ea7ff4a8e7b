/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A bound for queues that have no end of their own: no more events than that
 * are on their way.
 */
#ifndef BENCH_ENDLESS_H
#define BENCH_ENDLESS_H

#include "payload.h"
#include "queue.h"

struct endless {
	_Alignas(PAYLOAD_LINE) uint64_t done;	/* by the reader */
	_Alignas(PAYLOAD_LINE) uint64_t seen;	/* of that, by the writer */
	uint32_t capacity;
};

/* Until event @number has room. */
static inline void endless_await_room(struct endless *endless, uint64_t number)
{
	while (number - endless->seen >= endless->capacity) {
		endless->seen = __atomic_load_n(&endless->done,
						__ATOMIC_RELAXED);
		if (number - endless->seen >= endless->capacity)
			queue_relax();
	}
}

/* The reader is done with all below @next. */
static inline void endless_pass(struct endless *endless, uint64_t next)
{
	__atomic_store_n(&endless->done, next, __ATOMIC_RELEASE);
}

#endif /* BENCH_ENDLESS_H */
