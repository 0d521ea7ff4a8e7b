/* SPDX-License-Identifier: MPL-2.0 */
/* Rings that processes write for kernel readers: one end, and the other. */
#ifndef SELFTESTS_KERNEL_READ_RING_H
#define SELFTESTS_KERNEL_READ_RING_H

#include <stdint.h>

#include <rusted_ring.h>

#include "arena.h"
#include "kernel_reader.h"

#define KRING_CAPACITY	16	/* entries */
#define KRING_STRIDE	256	/* of an inline one */

/* A ring of these, under RRING_FAIL. */
struct rring_ring_config kring_config(enum rring_kind kind, const char *name);

/* The same under any policy, opened; exits on failure. */
struct rring_writer *kring_writer(struct rring_client *client,
				  enum rring_kind kind, const char *name,
				  enum rring_policy policy);

/*
 * A kernel reader of the ring @ring, from its oldest event on, whose events are
 * of up to KRING_STRIDE bytes; exits on failure.
 */
int kring_reader(int arena_fd, const char *ring, uint32_t thread,
		 uint32_t flags);

/* An arena with such a ring, "kring", of a writer in this process. */
struct kring {
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	uint32_t max;			/* bytes of an event */
	struct consumer_open open;	/* gating, from the oldest on, polled */
};

/* Exits on failure. */
void kring_init(struct kring *kring, enum rring_kind kind);

/* Are all slots free? */
int kring_end(struct kring *kring);

/* How many events of a stream fit before the ring is full. */
uint64_t kring_fill(struct rring_writer *writer, uint32_t max);

/* A process that writes another ring in there, of the name "kring-@number". */
struct remote_writer {
	int arena;
	enum rring_kind kind;
	uint32_t number;
	uint32_t max;
	uint64_t events;	/* 0: without end */
	struct baton opened;
	struct baton go;
	struct remote_writer_ids {
		uint32_t client, serial;
	} * ids;
};

struct remote_writer remote_writer_of(const struct kring *kring,
				      enum rring_kind kind, uint32_t number,
				      uint64_t events);

/* It has opened its ring, and writes, under RRING_BLOCK, once it may go. */
pid_t remote_writer_start(struct remote_writer *remote_writer);

/* Who reads the ring of remote_writer @number. */
struct consumer_open remote_writer_reader(const struct kring *kring,
					  uint32_t number, uint32_t thread);

#endif /* SELFTESTS_KERNEL_READ_RING_H */
