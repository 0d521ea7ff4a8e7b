/* SPDX-License-Identifier: MPL-2.0 */
/* Rings that processes write for kernel readers: one end, and the other. */
#ifndef SELFTESTS_FED_H
#define SELFTESTS_FED_H

#include <stdint.h>

#include <rusted_ring.h>

#include "arena.h"
#include "consumer.h"

#define FED_CAPACITY	16	/* entries */
#define FED_STRIDE	256	/* of an inline one */

/* A ring of these, under RRING_FAIL. */
struct rring_ring_config fed_config(enum rring_kind kind, const char *name);

/* The same under any policy, opened; exits on failure. */
struct rring_writer *fed_writer(struct rring_client *client,
				enum rring_kind kind, const char *name,
				enum rring_policy policy);

/*
 * A kernel reader of the ring @ring, from its oldest event on, whose events are
 * of up to FED_STRIDE bytes; exits on failure.
 */
int fed_reader(int arena_fd, const char *ring, uint32_t thread,
	       uint32_t flags);

/* An arena with such a ring, "fed", of a writer in this process. */
struct fed {
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	uint32_t max;			/* bytes of an event */
	struct consumer_open open;	/* gating, from the oldest on, polled */
};

/* Exits on failure. */
void fed_init(struct fed *fed, enum rring_kind kind);

/* Are all slots free? */
int fed_end(struct fed *fed);

/* How many events of a stream fit before the ring is full. */
uint64_t fed_fill(struct rring_writer *writer, uint32_t max);

/* A process that writes another ring in there, of the name "fed-@number". */
struct feeder {
	int arena;
	enum rring_kind kind;
	uint32_t number;
	uint32_t max;
	uint64_t events;	/* 0: without end */
	struct baton opened;
	struct baton go;
	struct feeder_ids {
		uint32_t client, serial;
	} *ids;
};

struct feeder feeder_of(const struct fed *fed, enum rring_kind kind,
			uint32_t number, uint64_t events);

/* It has opened its ring, and writes, under RRING_BLOCK, once it may go. */
pid_t feeder_start(struct feeder *feeder);

/* Who reads the ring of feeder @number. */
struct consumer_open feeder_reader(const struct fed *fed, uint32_t number,
				   uint32_t thread);

#endif /* SELFTESTS_FED_H */
