/* SPDX-License-Identifier: MPL-2.0 */
/* One mmap region of a client, under attack, and the arena around it. */
#ifndef SELFTESTS_REGION_H
#define SELFTESTS_REGION_H

#include <stddef.h>
#include <stdint.h>

#include <rusted_ring.h>

#define PAGE	4096

enum region_kind {
	/* read-only ones, of a consumer */
	ARENA,
	MAGAZINE,
	PEER_CURSORS,
	PEER_RING,
	READ_PAYLOAD,
	/* its own ones, of a producer */
	LEDGER,
	OWN_CURSORS,
	OWN_RING,
	OWN_PAYLOAD,
};

struct region {
	enum region_kind kind;
	enum rring_region_type type;
	uint32_t index;
	int writable;
	char *addr;
	size_t size;
	char *copy;			/* from before the attack */

	int arena_fd;
	struct rring_client *peer;	/* publishes */
	struct rring_writer *peer_writer;
	struct rring_client *client;	/* attacks */
	struct rring_writer *writer;	/* of a producer */
	struct rring_reader *reader;	/* of what the peer publishes */
};

/* An arena with a peer and a client, and the region of the client mapped. */
void region_init(struct region *region, enum region_kind kind);
void region_end(struct region *region);

/* mmap(2) of the region once more. */
void *region_map(const struct region *region, size_t size, int prot, int flags);

/* Is it mapped from its first byte to its last, with the rights it had? */
int region_is_whole(const struct region *region);

/* Are its bytes those of region_init()? */
int region_is_unchanged(const struct region *region);

/* Does a store fault, to its first byte and to its last? */
int region_is_sealed(const struct region *region);

/* Does the peer publish, the client read, hold, drop, and write what it may? */
int region_works(struct region *region);

/* The signal that a load from, or a store to @addr raises, or 0. */
int signal_of_load(const volatile char *addr);
int signal_of_store(volatile char *addr);

#endif /* SELFTESTS_REGION_H */
