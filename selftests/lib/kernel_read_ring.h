/* SPDX-License-Identifier: MPL-2.0 */
/* Rings that processes write and kernel readers read. */
#ifndef SELFTESTS_KERNEL_READ_RING_H
#define SELFTESTS_KERNEL_READ_RING_H

#include <stdint.h>

#include <rusted_ring.h>

#include "arena.h"
#include "kernel_reader.h"

#define KRING_CAPACITY	16	/* entries */
#define KRING_STRIDE	256	/* bytes per entry of an inline ring */

/* Configuration with KRING_CAPACITY, KRING_STRIDE and policy RRING_FAIL. */
struct rring_ring_config kring_config(enum rring_kind kind, const char *name);

/* Open a ring with kring_config() and @policy, or exit. */
struct rring_writer *kring_writer(struct rring_client *client,
				  enum rring_kind kind, const char *name,
				  enum rring_policy policy);

/*
 * Open a kernel reader of @ring that starts at the oldest event and takes
 * events of at most KRING_STRIDE bytes. Return its consumer's fd, or exit.
 */
int kring_reader(int arena_fd, const char *ring, uint32_t thread,
		 uint32_t flags);

/* An arena with the ring "kring", written by this process. */
struct kring {
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	uint32_t max;			/* largest event, in bytes */
	struct consumer_open open;	/* gating reader from the oldest on */
};

/* Create the arena and open the ring, or exit. */
void kring_init(struct kring *kring, enum rring_kind kind);

/* Close the client. Return 1 if all slots are free afterwards. */
int kring_end(struct kring *kring);

/* Put events until stream_put() fails. Return how many were put. */
uint64_t kring_fill(struct rring_writer *writer, uint32_t max);

/* A process that writes the ring "kring-@number" of the same arena. */
struct remote_writer {
	int arena;
	enum rring_kind kind;
	uint32_t number;
	uint32_t max;
	uint64_t events;	/* 0: write until killed */
	struct baton opened;
	struct baton go;
	struct remote_writer_ids {
		uint32_t client, serial;
	} * ids;
};

struct remote_writer remote_writer_of(const struct kring *kring,
				      enum rring_kind kind, uint32_t number,
				      uint64_t events);

/*
 * Fork the writer. Return its pid when its ring, with RRING_BLOCK, is open. It
 * writes when the caller passes the baton @go.
 */
pid_t remote_writer_start(struct remote_writer *remote_writer);

/* Arguments to open a kernel reader of the ring "kring-@number". */
struct consumer_open remote_writer_reader(const struct kring *kring,
					  uint32_t number, uint32_t thread);

#endif /* SELFTESTS_KERNEL_READ_RING_H */
