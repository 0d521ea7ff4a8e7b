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
	uint64_t before;	/* switches before this reader joined */
	uint64_t dropped;	/* ring's count at the last stream_drops() */
	uint64_t lost;		/* reader's count at the last stream_drops() */
};

/* Switches that were not read, since the last stream_drops(). */
struct drops {
	uint64_t dropped;	/* by the module */
	uint64_t overwritten;
};

/*
 * Join PREFIX.0, PREFIX.1 and so on in @arena (NULL: `default'). Returns the
 * number of rings, at least 1. The caller frees *@streams. An error ends the
 * program.
 */
unsigned int stream_open_all(const char *arena, const char *prefix,
			     struct stream **streams);

/*
 * Copy the next switch to @to and return true. Returns false if there is none
 * now, or if the stream has ended. An error ends the program.
 */
bool stream_take(struct stream *stream, struct rring_sched_switch *to);

struct drops stream_drops(struct stream *stream);

#endif /* SCHED_STREAM_H */
