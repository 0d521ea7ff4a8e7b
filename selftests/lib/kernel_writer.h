/* SPDX-License-Identifier: MPL-2.0 */
/* The module rring_producer, and kernel writers by it. */
#ifndef SELFTESTS_KERNEL_WRITER_H
#define SELFTESTS_KERNEL_WRITER_H

#include <rusted_ring.h>

#include "producer/producer.h"

/* 0 or a negative errno. One that is loaded, and idle, is loaded anew. */
int producer_load(void);
int producer_unload(void);

/* Ask a producer for something: 0 or a negative errno. */
int producer_call(int fd, unsigned long request, void *args);

/* A new one, without a writer; exits on failure. */
int producer_new(void);

/* One that writes the nameless ring *@ring of an arena; exits on failure. */
int producer_of(int arena_fd, enum rring_kind kind, enum rring_policy policy,
		uint32_t capacity, uint32_t *ring);

/* One event of @len bytes, from a task. 0, or why it was dropped. */
int producer_put(int fd, uint32_t number, uint32_t len);

/* The same, again and again until a slot was at hand. */
int producer_put_soon(int fd, uint32_t number, uint32_t len);

struct producer_stat producer_stat(int fd);
uint64_t producer_dropped(const struct producer_stat *stat);

/* What a reader has found so far, by source. */
struct found {
	uint64_t events;
	uint64_t next[PRODUCER_CONTEXTS];	/* what may come at the least */
	uint64_t source[PRODUCER_CONTEXTS];	/* how many came */
};

/* Is @event whole, and no earlier than those of its source before it? */
int found_add(struct found *found, const struct rring_event *event);

/* Read until the end, waiting; what ended it: -EPIPE, or what was wrong. */
int found_all(struct found *found, struct rring_reader *reader);

/* Read what is there. 0, or what was wrong. */
int found_now(struct found *found, struct rring_reader *reader);

#endif /* SELFTESTS_KERNEL_WRITER_H */
