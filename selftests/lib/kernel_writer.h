/* SPDX-License-Identifier: MPL-2.0 */
/* The module rring_producer and its kernel writers. */
#ifndef SELFTESTS_KERNEL_WRITER_H
#define SELFTESTS_KERNEL_WRITER_H

#include <rusted_ring.h>

#include "producer/producer.h"

/*
 * Return 0 or a negative errno. producer_load() first unloads the module if it
 * is loaded and unused.
 */
int producer_load(void);
int producer_unload(void);

/* Return the contexts that this kernel has, as bits, or exit. */
uint32_t producer_contexts(void);

/* ioctl(2) on a producer. Return 0 or a negative errno. */
int producer_call(int fd, unsigned long request, void *args);

/* Open a producer that has no writer yet. Return its fd, or exit. */
int producer_new(void);

/*
 * Open a producer that writes a nameless ring, and store the ring's id in
 * *@ring. Return its fd, or exit.
 */
int producer_of(int arena_fd, enum rring_kind kind, enum rring_policy policy,
		uint32_t capacity, uint32_t *ring);

/* Write one event of @len bytes in task context. Return 0 or the errno. */
int producer_put(int fd, uint32_t number, uint32_t len);

/* Write one event; try again while the result is -ENOSPC (no slot). */
int producer_put_soon(int fd, uint32_t number, uint32_t len);

struct producer_stat producer_stat(int fd);
uint64_t producer_dropped(const struct producer_stat *stat);

/* Events that a reader has read so far, by source. */
struct found {
	uint64_t events;
	uint64_t next[PRODUCER_CONTEXTS];	/* lowest number to expect */
	uint64_t source[PRODUCER_CONTEXTS];	/* count of events */
};

/*
 * Check that @event is intact and that its number is above the earlier ones of
 * its source. Return 0 or -EBADMSG.
 */
int found_add(struct found *found, const struct rring_event *event);

/* Read and wait until the end. Return -EPIPE at the end, or another errno. */
int found_all(struct found *found, struct rring_reader *reader);

/* Read the available events. Return 0 or a negative errno. */
int found_now(struct found *found, struct rring_reader *reader);

#endif /* SELFTESTS_KERNEL_WRITER_H */
