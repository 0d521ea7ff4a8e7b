/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A ring between two clients, both in this process, of an arena: of the device
 * if there is one, or as RRING_BACKEND in the environment says.
 */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H

#include <rusted_ring.h>

#include "payload.h"

struct ours {
	struct rring_client *from, *to;
	struct rring_writer *writer;
	struct rring_reader *reader;
};

/* Exit, and say what @what met. */
void ours_fail(int error, const char *what) __attribute__((noreturn, cold));

static inline void ours_must(int error, const char *what)
{
	if (__builtin_expect(error < 0, 0))
		ours_fail(error, what);
}

/*
 * Both clients are single-threaded, the reader gates. @slots are those of the
 * pools; the rest of the arena is as small as it gets. Exits on failure.
 */
void ours_open(struct ours *ours, const struct rring_ring_config *ring,
	       const uint32_t slots[RRING_POOLS]);

void ours_close(struct ours *ours);

/* How many of up to @n events can be read: waits for one. */
static inline uint32_t ours_peek(struct ours *ours, uint32_t n)
{
	long got;

	while (got = rring_peek(ours->reader, n), got == -EAGAIN)
		ours_must(rring_wait_readable(ours->reader, RRING_FOREVER),
			  "rring_wait_readable");
	if (got < 0)
		ours_must((int)got, "rring_peek");
	return (uint32_t)got;
}

/*
 * Read and check the events from @first to @end - 1, one by one. Inline, since peers
 * read where their caller calls them, too.
 */
static inline void ours_read_one_by_one(struct ours *ours, uint64_t first,
					uint64_t end)
{
	struct rring_reader *reader = ours->reader;
	struct rring_event event;

	for (; first < end; first++) {
		ours_peek(ours, 1);
		ours_must(rring_entry(reader, 0, &event), "rring_entry");
		payload_check(event.data, event.len, first);
		ours_must(rring_release(reader, 1), "rring_release");
	}
}

/* Read and check the @n events from @first on, up to @batch at a time. */
void ours_read(struct ours *ours, uint32_t batch, uint64_t first, uint64_t n);

#endif /* BENCH_OURS_H */
