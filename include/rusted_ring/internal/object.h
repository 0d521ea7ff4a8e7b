/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The structures of a client, a writer and a reader, which the inline functions
 * access. Programs use the functions of client.h and ring.h instead, because
 * these structures change between versions.
 */
#ifndef _RUSTED_RING_OBJECT_H
#define _RUSTED_RING_OBJECT_H

#include <rusted_ring/ring.h>

#define RRING_PARKED_SLOTS	64	/* size of .parked_handle */

/* A pool as one client sees it. */
struct rring_pool_view {
	rring_word_t *ledger;	/* this client's word per slot */
	const rring_word_t *generation;
	char *payload;		/* of slot 0 */
	struct rring_event_header *header;
	uint32_t capacity;	/* slots */
	uint32_t parked;	/* handles in parked_handle[] */
	/* handles of parked slots; the next allocation takes the last one */
	uint64_t *parked_handle;
	const struct rring_magazine *magazine;
	rring_seq_t *tail;	/* of the magazine */
	uint64_t parked_max;	/* limit of .parked: a batch; XXL: 0 */
	uint64_t floor;		/* .floor of the magazine at the last recall
				 * that this client has noticed; if another
				 * value is there now, there is a new recall
				 */
};

struct rring_client {
	struct rring_pool_view pool[RRING_POOLS];
	const struct rring_arena_info *arena;
	uint32_t shared;	/* 1: not RRING_SINGLE_THREADED */
	uint32_t short_holds;	/* rring_hold() takes the short path if the low
				 * 32 bits of the ledger word are below this,
				 * and rring_drop() if they would be with two
				 * holds less; 0 if .shared: never
				 */
	uint32_t id;		/* 1 to 255, unique in the arena */
	uint32_t role;		/* enum rring_role */
	int fd;			/* of the device; -1: in-process */
	struct rring_client_private *own;
};

struct rring_writer {
	struct rring_client *client;
	struct rring_ring_head *ring;
	struct rring_entry *entries;		/* RRING_HANDLES */
	struct rring_event_header *headers;	/* RRING_INLINE */
	char *data;				/* RRING_INLINE */
	const struct rring_ring_info *info;
	uint64_t head;		/* position of the next entry */
	uint64_t limit;		/* there is room for entries below */
	uint64_t settled;	/* entries below are settled */
	/* position of the entry at index 0; .head has the index .head - .lap */
	uint64_t lap;
	uint64_t claimed;	/* value of ->ring->claim */
	uint32_t claim_ahead;	/* entries claimed ahead of need */
	uint32_t capacity;
	uint32_t stride;
	uint32_t id;		/* of the ring */
	size_t size;		/* of the mapping, bytes */
	struct rring_writer *next; /* of the client */
	uint32_t strategy;
};

struct rring_reader {
	struct rring_client *client;
	const struct rring_ring_head *ring;
	const struct rring_entry *entries;	/* RRING_HANDLES */
	const struct rring_event_header *headers; /* RRING_INLINE */
	const char *data;	/* RRING_INLINE */
	const struct rring_ring_info *info;
	rring_seq_t *cursor;	/* own one, which the writer reads */
	uint64_t pos;		/* position of the next entry */
	/* entries below were published when this reader looked last */
	uint64_t head;
	uint64_t lost;		/* entries never got, or not to be trusted */
	/*
	 * .ref in info->readers at the last join or rejoin. If another value is
	 * there now, the kernel has lapped this reader.
	 */
	uint64_t ref;
	/* position of the entry at index 0; .pos has the index .pos - .lap */
	uint64_t lap;
	uint32_t capacity;
	uint32_t stride;
	uint32_t lappable;	/* what was read has to be validated */
	uint32_t slow_release;	/* 1: release out of line */
	uint32_t observer;
	uint32_t incarnation;	/* of the pages that are mapped */
	uint32_t ring_id;
	uint32_t id;		/* in info->readers */
	uint32_t cursor_id;	/* in the client's cursors */
	/* 1: the next read call first releases the entry of the last call */
	uint64_t peeked;
	struct rring_pages *old; /* mappings of earlier incarnations */
	size_t size;		/* of one mapping, bytes */
	struct rring_reader *next; /* of the client */
	struct rring_pin *pins;	/* peeked events of class XXL */
	uint32_t strategy;
	uint32_t resumed;	/* 1: the name was known */
	/* how often the writer has overtaken this observer since it read all */
	uint32_t overtaken;
	/*
	 * The writer waits for this gating reader from here on. Entries below
	 * are left from before a lap, and have to be validated after use.
	 */
	uint64_t gates_from;
	uint32_t backoff_left;	/* looks left that do not pause */
	/* next value of .backoff_left, after a pause that brought few events */
	uint32_t backoff_len;
	/* ULIB_LOOK_* of the library: why a look does more than load the head */
	uint32_t slow_look;
	/* events above .head that a look has found; each needs another call */
	uint64_t unoffered;
	uint64_t back_to;	/* ULIB_LOOK_MISLED: where a look puts it */
};

#endif /* _RUSTED_RING_OBJECT_H */
