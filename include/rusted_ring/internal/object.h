/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The structures of a client, a writer and a reader, which the inline functions
 * access. Programs use the functions of client.h and ring.h instead, because
 * these structures change between versions.
 */
#ifndef _RUSTED_RING_OBJECT_H
#define _RUSTED_RING_OBJECT_H

#include <rusted_ring/ring.h>

/*
 * A pool as one client sees it. A parked slot is one that the client has
 * dropped, and keeps for its next allocation.
 */
struct rring_pool_view {
	rring_word_t *ledger;	/* this client's ledger words, one per slot */
	const rring_word_t *generation; /* one per slot: the handle of its
					 * present use; 0 while a sweep hides it
					 */
	const char *payload;	/* the payload of slot 0, to read */
	char *own;		/* the same, through which a producer writes the
				 * payloads of its events
				 */
	struct rring_event_header *header;	/* one per slot */
	uint32_t capacity;	/* number of slots */
	uint32_t parked;	/* number of handles in .parked_handle */
	/*
	 * handles of parked slots; the next allocation takes the last one. The
	 * array has room for .parked_max of them
	 */
	uint64_t *parked_handle;
	const struct rring_magazine *magazine;	/* slots lent to the client */
	rring_seq_t *tail;	/* the tail of .magazine */
	uint64_t parked_max;	/* .parked is at most .parked_max: how many
				 * slots one refill asks for, or 0 for XXL
				 */
	uint64_t floor;		/* .floor of .magazine at the last recall that
				 * this client has noticed. If .floor of
				 * .magazine differs now, the kernel has
				 * recalled the client's free slots again
				 */
};

/*
 * In a client that is checked, each operation leaves the inline functions, and
 * calls the library: .shared is not 0, .short_holds and .parked_max are 0, the
 * writers have no room and a flag at .waiters that is always raised, and the
 * readers have empty entries and .slow_release.
 */
#define RRING_SHARED_CHECKED	2

struct rring_client {
	struct rring_pool_view pool[RRING_POOLS];
	const struct rring_arena_info *arena;
	uint32_t shared;	/* 0: opened with RRING_SINGLE_THREADED; 1: without;
				 * RRING_SHARED_CHECKED: the client is checked,
				 * see rring_debug(3)
				 */
	/*
	 * Let w be the low 32 bits of a ledger word. rring_hold() adds a hold
	 * inline if w - 1 < .short_holds, where w - 1 wraps if w is 0.
	 * rring_drop() subtracts a hold inline if w - 2 * RRING_HOLD <
	 * .short_holds, which wraps if w has fewer than two holds. If .shared
	 * is 1 or the client is inherited, .short_holds is 0, so that both call
	 * the library instead.
	 */
	uint32_t short_holds;
	uint32_t id;		/* 1 to 255, unique in the arena */
	uint32_t role;		/* enum rring_role */
	int fd;			/* descriptor of the device; -1: the client is
				 * on the process backend
				 */
	struct rring_client_private *own;	/* only for the library */
	rring_word_t *used;	/* the summary of all ledger words */
	/*
	 * Let a be the address of a ledger word. Its summary is at
	 * .summaries + a / (8 * RRING_SUMMARY_WORDS) * 8.
	 */
	uintptr_t summaries;
};

/* When a look that finds little rests: see ulib/backoff.h. */
struct rring_backoff {
	uint32_t left;		/* so many of the next such looks do not rest */
	uint32_t looks;		/* .left becomes this after a useless rest; the
				 * highest 12 bits say how long a writer rests
				 */
};

struct rring_writer {
	struct rring_client *client;
	struct rring_ring_head *ring;
	struct rring_entry *entries;	/* only in a ring of RRING_HANDLES */
	struct rring_event_header *headers;	/* only in RRING_INLINE */
	char *data;			/* payloads; only in RRING_INLINE */
	const rring_flag_t *waiters;	/* .waiters of .info */
	uint64_t head;		/* position of the next entry */
	uint64_t limit;		/* the writer has room for all entries below
				 * this position
				 */
	uint64_t settled;	/* RRING_HANDLES: the client has taken back
				 * in_flight of the slots of all entries below
				 * this position
				 */
	/*
	 * Position of the entry at index 0 in the lap of .head. So the entry at
	 * .head has the index .head - .lap.
	 */
	uint64_t lap;
	uint64_t claimed;	/* value of .claim of .ring: the position up to
				 * which the writer may have begun to write
				 */
	uint32_t claim_ahead;	/* how many entries rring_writer_claim() claims
				 * beyond those that it must, up to .limit
				 */
	uint32_t capacity;	/* entries */
	uint32_t stride;	/* bytes */
	uint32_t id;		/* id of the ring */
	size_t size;		/* bytes of the mapping of the ring */
	struct rring_writer *next; /* next writer of the same client */
	const struct rring_ring_info *info;
	uint32_t strategy;	/* enum rring_strategy */
	struct rring_backoff backoff;
	struct ulib_use *use;	/* NULL: the client is not checked */
};

struct rring_reader {
	/* what a look at an idle ring loads */
	const struct rring_ring_head *ring;
	const struct rring_ring_info *info;
	uint64_t pos;		/* position of the first unreleased entry */

	__extension__ union {
		__extension__ struct {
			/* ULIB_LOOK_*: a look does more than load the head */
			uint32_t slow_look;
			/* of the mapped pages: each writer gets new ones */
			uint32_t incarnation;
		};
		uint64_t known;		/* both, in one load */
	};

	struct rring_client *client;
	const struct rring_entry *entries; /* only in a ring of RRING_HANDLES */
	const struct rring_event_header *headers; /* only in RRING_INLINE */
	const char *data;	/* payloads; only in RRING_INLINE */
	rring_seq_t *cursor;	/* this reader's cursor, which the writer reads
				 * and this reader stores
				 */
	/* the last look has found that all entries below .head are published */
	uint64_t head;
	uint64_t lost;		/* how many entries this reader never got, or
				 * got when they may have been overwritten
				 */
	/*
	 * Value of .ref in this reader's element of info->readers when the
	 * reader last joined or rejoined the ring. The kernel changes that
	 * element's .ref when it laps a gating reader: from then on the writer
	 * may overwrite entries that the reader has not released. It also
	 * changes .ref when it caps the reader.
	 */
	uint64_t ref;
	/*
	 * Position of the entry at index 0 in the lap of .pos. So the entry at
	 * .pos has the index .pos - .lap.
	 */
	uint64_t lap;
	uint32_t capacity;	/* entries */
	uint32_t stride;	/* bytes */
	uint32_t lappable;	/* 1: the writer may overwrite entries that the
				 * reader uses, so the reader validates them at
				 * release
				 */
	uint32_t slow_release;	/* 1: rring_release() calls the library */
	uint32_t observer;	/* not 0: this reader is an observer */
	uint32_t ring_id;
	uint32_t id;		/* index in info->readers */
	uint32_t cursor_id;	/* index in the client's cursors */
	/* 1: a call has read the entry at .pos; the next call releases it */
	uint64_t peeked;
	struct ulib_pages *old;	/* mapped pages of earlier incarnations, kept
				 * because peeked events may lie in them
				 */
	size_t size;		/* bytes of one mapping of the ring */
	struct rring_reader *next; /* next reader of the same client */
	struct rring_pin *pins;	/* one for each peeked event of class XXL */
	uint32_t strategy;	/* enum rring_strategy */
	uint32_t resumed;	/* 1: the ring knew the reader's name when the
				 * reader joined
				 */
	/*
	 * How often the writer has overtaken this observer since the observer
	 * last had read all published entries.
	 */
	uint32_t overtaken;
	/*
	 * Position from which on this gating reader gates: the writer does not
	 * overwrite an entry there before the reader has released it. After a
	 * lap, the reader may still read entries below .gates_from. The writer
	 * may overwrite those entries, so the reader validates them at release.
	 */
	uint64_t gates_from;
	struct rring_backoff backoff;
	/*
	 * How many events the last look has found at .head and above. A later
	 * read call offers them to the program.
	 */
	uint64_t unoffered;
	struct ulib_use *use;	/* NULL: the client is not checked */
};

#endif /* _RUSTED_RING_OBJECT_H */
