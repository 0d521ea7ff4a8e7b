/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SCHED_STREAM_H
#define SCHED_STREAM_H

#include <stdbool.h>

#include <linux/rusted_ring_sched.h>
#include <rusted_ring.h>

/* The switches of one CPU. */
struct stream {
	struct rring_reader *reader;
	uint32_t cpu;
	bool ended;
	uint64_t before;	/* switches that came before this reader */
	uint64_t dropped;	/* as the ring said, at stream_drops() */
	uint64_t lost;
};

/* What came of the switches that were not read, since it was asked last. */
struct drops {
	uint64_t dropped;	/* the ring was full, or busy */
	uint64_t overwritten;
};

/*
 * Join PREFIX.0, PREFIX.1 and so on in @arena (NULL: `default'); *@streams is to
 * be freed. Returns how many there are. What fails ends the program.
 */
unsigned int stream_open_all(const char *arena, const char *prefix,
			     struct stream **streams);

/* The next switch: true; false: there is none now, or it has ended. */
bool stream_take(struct stream *stream, struct rring_sched_switch *to);

struct drops stream_drops(struct stream *stream);

#endif /* SCHED_STREAM_H */
