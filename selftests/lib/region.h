/* SPDX-License-Identifier: MPL-2.0 */
/* One mmap region of a client that attacks it, and the arena of the region. */
#ifndef SELFTESTS_REGION_H
#define SELFTESTS_REGION_H

#include <stddef.h>
#include <stdint.h>

#include <rusted_ring.h>

enum region_kind {
	/* regions that a consumer maps read-only */
	ARENA,
	MAGAZINE,
	PEER_CURSORS,
	PEER_RING,
	READ_PAYLOAD,
	/* regions that a producer of an owned arena maps read-only */
	OWNED_PAYLOAD,
	PEER_HEADERS,
	/* regions that a producer maps writable */
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
	size_t size;			/* of the mapping: whole pages */
	char *copy;			/* content before the attack */

	int arena_fd;
	struct rring_client *peer;	/* publishes */
	struct rring_writer *peer_writer;
	struct rring_client *client;	/* attacks */
	struct rring_writer *writer;	/* NULL for a consumer */
	struct rring_reader *reader;	/* reads the peer's ring */
};

/* Create the arena, the peer and the client, and map the region, or exit. */
void region_init(struct region *region, enum region_kind kind);
void region_end(struct region *region);

/* Map the region once more with mmap(2). */
void *region_map(const struct region *region, size_t size, int prot, int flags);

/* Return 1 if one mapping with the original rights covers the region. */
int region_is_whole(const struct region *region);

/* Return 1 if the content is that of region_init(). */
int region_is_unchanged(const struct region *region);

/* Return 1 if stores to the first and the last byte raise SIGSEGV. */
int region_is_sealed(const struct region *region);

/*
 * Return 1 if the peer can publish, the client can read, hold and drop, and a
 * producer client can publish.
 */
int region_works(struct region *region);

/* Return the signal that a load from or a store to @addr raises, or 0. */
int signal_of_load(const volatile char *addr);
int signal_of_store(volatile char *addr);

#endif /* SELFTESTS_REGION_H */
