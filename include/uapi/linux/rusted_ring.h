/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MPL-2.0 */
/*
 * The ABI of /dev/rusted_ring: ioctls, mmap regions and their contents.
 *
 * The table says who can write each mmap region, and who can only read it; the
 * page tables enforce this. "The client" is the one that the region belongs to.
 * Every shared word outside of payloads and their headers has exactly one
 * writer.
 *
 *	region		written by		mapped read-only by
 *	ARENA		the kernel		every client
 *	MAGAZINE	the kernel		the client
 *	LEDGER		the client		nobody (the kernel reads it)
 *	CURSORS		the client		every other client
 *	RING		the ring's writer	every other client
 *	PAYLOAD		producers		consumers and observers
 *	XXL		the client that the	every other client
 *			slot was lent to
 *
 * An owned arena (RRING_CREATE_OWNED) has two more regions, and nobody can
 * write PAYLOAD:
 *
 *	OWN		the client: its groups	nobody
 *	HEADERS		the client		every other client
 */
#ifndef _UAPI_LINUX_RUSTED_RING_H
#define _UAPI_LINUX_RUSTED_RING_H

#if __SIZEOF_LONG__ < 8 || __SIZEOF_POINTER__ < 8
#error "rusted_ring needs a 64-bit system: a size or an offset can exceed 32 bits"
#endif

#include <linux/ioctl.h>
#include <linux/types.h>

#define RRING_ABI_VERSION	3
#define RRING_MAGIC		0x474e4952u	/* "RING" */
#define RRING_LINE		64		/* bytes of a cache line */
#define RRING_PAGE		4096		/* bytes; a page of the machine
						 * is this or a multiple
						 */
#define RRING_NAME_MAX		64		/* bytes, with the zero */

/*
 * Size classes. Each class has a pool of slots; each slot is for one event. A
 * slot of XXL has no memory in PAYLOAD: while it is in use, it has a region of
 * its own, of as many pages as the event needs.
 */
enum rring_class {
	RRING_XS,	/*    64 bytes */
	RRING_S,	/*   256 bytes */
	RRING_M,	/*  1024 bytes */
	RRING_L,	/*  4096 bytes */
	RRING_XL,	/* 16384 bytes */
	RRING_XXL,	/* up to RRING_XXL_MAX */
	RRING_POOLS,	/* number of pools */
};

/*
 * What a client may do. Each role also permits all that the roles listed before
 * it permit.
 */
enum rring_role {
	RRING_OBSERVER,	/* read as an observer: never hold a writer back */
	RRING_CONSUMER,	/* also read as a gating reader: hold a writer back */
	RRING_PRODUCER,	/* also allocate events, write payloads and rings */
	RRING_ROLES,	/* number of roles */
};

/*
 * What happens when a client holds more slots of a pool than the hold limit of
 * its role, and another client finds no free slot there.
 */
enum rring_hold_action {
	RRING_HOLD_NOTICE,	/* the kernel names it in a notice (netlink) */
	RRING_HOLD_EVICT,	/* the kernel also evicts it */
};

#define RRING_POOL_CAPACITY_MAX	(1u << 24)	/* slots */
#define RRING_XXL_CAPACITY_MAX	4096u		/* slots */
#define RRING_XXL_MAX		(1u << 30)	/* bytes */
#define RRING_IDLE_MAX		(32u << 20)	/* bytes of an XXL region, that
						 * the kernel keeps for another
						 * event
						 */
#define RRING_CLIENTS_MAX	255		/* per arena */
#define RRING_RINGS_MAX		1023		/* per arena */
#define RRING_RING_CAPACITY_MAX	(1u << 24)	/* entries */
#define RRING_STRIDE_MIN	64		/* bytes */
#define RRING_STRIDE_MAX	16384		/* bytes */
#define RRING_CURSORS		256	/* readers per client */
#define RRING_READERS		240	/* readers per ring */
#define RRING_RECLAIM_MAX	4096u		/* slots in one RECLAIM */
#define RRING_MAGAZINE_SLOTS	128	/* slots of a magazine */
#define RRING_RECENT_LISTS	4	/* recent-drop lists per pool */

/*
 * Types of shared words. Other CPUs may use a word at the same time, so all
 * code uses only the accessors of <rusted_ring/internal/atomic.h>.
 */
typedef struct {
	__u64 value;
} rring_word_t;		/* has one writer, which may store any value */

typedef struct {
	__u64 value;
} rring_seq_t;		/* a position or a count. Of its own words, an honest
			 * client lowers only .pos of a cursor: to 0 when the
			 * reader has left, or back if a hostile writer made the
			 * reader skip positions
			 */

typedef struct {
	__u32 value;
} rring_flag_t;		/* a 32-bit word that only the kernel writes */

/*
 * A handle names one use of one slot:
 *	63..32 lower part of the generation (never 0), 31..29 size class, 28..24
 *	age, 23..0 index of the slot in its pool
 * The age is the upper part of the generation: it grows by 1, modulo 32, when
 * the lower part goes from 2^32 - 1 to 1. Both parts begin at random values,
 * chosen for each arena.
 */
#define RRING_HANDLE_AGE_SHIFT		24
#define RRING_HANDLE_CLASS_SHIFT	29
#define RRING_HANDLE_GENERATION_SHIFT	32

/*
 * The length and the type of a payload. The producer stores this struct beside
 * the slot in PAYLOAD, and in the entry in RING.
 */
struct rring_event_header {
	__u32 len;		/* bytes of the payload */
	__u32 event_type;	/* chosen by the producer */
};

/*
 * .len of an entry that the kernel, as the ring's writer, has discarded:
 * readers skip the entry.
 */
#define RRING_LEN_NONE		(~0u)

/*
 * What has happened to a ring. The kernel keeps the newest changes of an arena in
 * ARENA, so that a client learns of rings that come and go.
 */
enum rring_change_kind {
	RRING_CHANGE_OPENED,	/* the ring is new, or has its next writer */
	RRING_CHANGE_ENDED,	/* the writer has gone: RRING_RING_ENDED */
	RRING_CHANGE_AWAITED,	/* the writer has gone: RRING_RING_AWAITED */
	RRING_CHANGE_GONE,	/* the ring does not exist any more */
	RRING_CHANGE_JOINED,	/* a client has become a reader */
	RRING_CHANGE_LEFT,	/* a reader has lost its client, or was removed */
};

struct rring_change {
	__u32 kind;		/* enum rring_change_kind */
	__u32 ring;		/* id */
	__u32 ring_serial;	/* .serial of rring_ring_info */
	__u32 incarnation;	/* of the ring */
	__u32 client;		/* id of the writer (OPENED, ENDED, AWAITED), or
				 * of the reader's client (JOINED, LEFT); 0: the
				 * kernel, or none
				 */
	__u32 client_serial;	/* its serial; 0: the kernel, or none */
	__u32 readers;		/* how many readers the ring has after the
				 * change, also those without a client
				 */
	__u32 reader;		/* JOINED, LEFT: index in the ring's .readers */
	char ring_name[RRING_NAME_MAX];
	char reader_name[RRING_NAME_MAX];	/* JOINED, LEFT; empty: nameless */
};

/* ---- mmap regions ---- */

enum rring_region_type {
	RRING_REGION_ARENA = 1,
	RRING_REGION_LEDGER,
	RRING_REGION_MAGAZINE,
	RRING_REGION_CURSORS,	/* index: client id, or 0 for the kernel */
	RRING_REGION_PAYLOAD,
	RRING_REGION_RING,	/* index: ring id, from 1 */
	RRING_REGION_XXL,	/* index: a slot that is in use; writable for
				 * the client that it was lent to, until it seals
				 * the event
				 */
	RRING_REGION_OWN,	/* in an owned arena, for a producer: PAYLOAD
				 * once more, with the same size and offsets,
				 * but only the pages of the groups that the
				 * client owns, and writable. An access to
				 * another page raises SIGBUS
				 */
	RRING_REGION_HEADERS,	/* in an owned arena, of a producer; index:
				 * client id. A struct rring_event_header for
				 * each slot, at .slot_base + slot
				 */
};

/*
 * The offset with which mmap() maps a region. @region is of enum
 * rring_region_type. @index is 0 for all regions but CURSORS, RING, XXL and
 * HEADERS. The caller maps exactly the size of the region, with MAP_SHARED.
 * mmap() rounds the size up to a page of the machine, as the kernel does here.
 */
#define RRING_OFF_REGION_SHIFT	52
#define RRING_OFF_INDEX_SHIFT	40
#define RRING_OFF(region, index)				\
	(((region) + 0ull) << RRING_OFF_REGION_SHIFT |		\
	 ((index) + 0ull) << RRING_OFF_INDEX_SHIFT)

/*
 * ARENA has, in this order:
 *	- a page with struct rring_arena_info;
 *	- a page with struct rring_ring_info for each ring id, from 1 on;
 *	- a generation word (rring_word_t) for each slot: the handle of the
 *	  slot's present use, or 0 while a sweep decides about the slot;
 *	- a word (rring_word_t) for each slot of XXL, which tells the region that
 *	  the slot has: 63..20 the number of the region, which no other region of
 *	  the arena has, 19..0 its size in units of RRING_PAGE; 0 if the slot has
 *	  no region. The size is whole pages of the machine.
 *	  A region with the same number later has the same pages, and only the
 *	  client that could write it before can write it then;
 *	- in an owned arena, an owner word (rring_word_t) for each group, and for
 *	  each slot of XXL;
 *	- .change_entries of struct rring_change: the change with number n is at
 *	  index n modulo .change_entries. A client copies it, executes an acquire
 *	  fence, and loads .changes again: the copy is valid only if .changes is
 *	  below n + .change_entries.
 */

/*
 * In an owned arena the slots of a pool form groups. A group fills whole pages
 * of the machine: .group_bytes of slots, or 1 slot that has more. With pages of
 * 4096 bytes these are 64 slots of XS, 16 of S, 4 of M, or 1 slot of L or XL.
 * A group with a slot in use belongs to one producer, or to the kernel. Only
 * this producer can write the payloads in it, and only its region HEADERS has
 * their headers. If it dies first, the kernel owns the group, and copies the
 * headers to PAYLOAD. A group without a slot in use may get another owner. XXL
 * has no groups, but an owner word for each slot: the producer that the slot was
 * lent to.
 *
 * The owner word of a group: 63..32 serial of the owner, 31 sealed, 7..0 its
 * client id; 0 if the kernel or nobody owns the group. While a client holds an
 * event of the group, the word changes only to 0, or gets the bit sealed. If it
 * is 0 or has this bit, no process can write a payload of the group.
 */
#define RRING_OWNER_SERIAL_SHIFT	32
#define RRING_OWNER_SEALED		(1ull << 31)
#define RRING_OWNER_CLIENT_MASK		0xffull

struct rring_pool_info {
	/* fixed when the arena is created */
	__u32 slot_size;	/* bytes; 0 for XXL */
	__u32 capacity;		/* slots; 0 if the arena has no such pool */
	__u32 slot_base;	/* index of the pool's slot 0 among the ledger
				 * words, and among the generation words
				 */
	__u32 batch;		/* how many slots a client should ask for in
				 * one REFILL
				 */
	__u64 payload_offset;	/* offset of slot 0's payload in PAYLOAD, in
				 * bytes; the other slots follow without gaps
				 */
	__u64 header_offset;	/* offset of slot 0's rring_event_header in
				 * PAYLOAD, in bytes; the others follow
				 */
	/* statistics, changed by the kernel */
	__u64 refills;		/* how often the kernel has lent slots: to
				 * REFILL calls and to stocks of kernel writers
				 */
	__u64 lent;		/* slots lent since the arena was created */
	__u64 reclaimed;	/* slots that sweeps have freed */
	__u64 failures;		/* how many refills (also of stocks) failed: no
				 * free slot, no quota left, or no memory
				 */
};

struct rring_arena_info {
	/*
	 * fixed when the arena is created; an offset is from the start of
	 * ARENA; sizes and offsets are in bytes
	 */
	__u32 magic;		/* RRING_MAGIC */
	__u32 abi_version;	/* RRING_ABI_VERSION */
	__u32 features;		/* RRING_FEATURE_* */
#define RRING_FEATURE_OWNED	(1u << 0)	/* see RRING_CREATE_OWNED */
	/*
	 * a client passes a full fence between a store and its next look at a
	 * waiters flag, a magazine's floor or .joins
	 */
#define RRING_FEATURE_FENCED	(1u << 1)
	/*
	 * A client that does not know one of the features in this mask must not
	 * use the arena. It may ignore any other.
	 */
#define RRING_FEATURE_REQUIRED	0xffffu
	__u32 max_clients;	/* ids are 1 to .max_clients */
	__u32 max_rings;	/* ids are 1 to .max_rings */
	__u32 slots;		/* of all pools together */
	__u64 ring_info_offset;	/* of the array of rring_ring_info; its index is
				 * the ring id - 1
				 */
	__u64 generation_offset; /* of the array of generation words; its index
				  * is .slot_base of the pool + slot
				  */
	__u64 size;		/* of ARENA */
	__u64 payload_size;	/* of PAYLOAD */
	__u64 xxl_offset;	/* of the words of XXL regions, by slot */

	/*
	 * One bit for each class. The kernel sets it for a task that waits for
	 * a slot of the class. A client that drops a hold or settles an entry
	 * (takes in_flight back), and then finds any bit set, calls WAKE.
	 */
	rring_flag_t pool_waiters;
	__u8 reserved1[60];

	struct rring_pool_info pool[RRING_POOLS];

	/* statistics, changed by the kernel */
	__u64 deaths;		/* clients that died after mapping LEDGER */
	__u64 dead_holds;	/* slots that clients held when they died */
	__u64 laps;		/* how often gating readers were lapped */
	__u64 wakes;		/* WAKE calls whose .flags is not 0 */
	/* fixed when the arena is created */
	__u64 ledger_size;	/* of LEDGER, bytes */
	__u64 recent_offset[RRING_POOLS];  /* of recent-drop lists in LEDGER */
	__u32 recent_entries[RRING_POOLS]; /* per list: a power of two, or 0 */
	__u64 recalls;		/* statistic: number of recalls. A recall takes
				 * the free slots of one pool back from all
				 * clients but the one that needs a slot
				 */
	/* fixed when the arena is created; 0 unless the arena is owned */
	__u64 owner_offset;	/* of the array of owner words */
	__u32 group_base[RRING_POOLS]; /* by pool: index of the owner word of
					* its group 0
					*/
	__u32 group_minimum[RRING_POOLS]; /* by pool: how many groups each
					   * producer can always have in use
					   */
	/* fixed when the arena is created */
	__u64 summary_offset;	/* of the summary words in LEDGER */
	__u64 changes_offset;	/* of the array of rring_change */
	__u32 change_entries;	/* a power of two */
	__u32 group_bytes;	/* in an owned arena: a page of the machine. 0:
				 * RRING_PAGE
				 */
	/* changed by the kernel */
	rring_seq_t changes;	/* how many changes there were */
	/* fixed when the arena is created */
	__u64 epoch;		/* time of creation in us since 1970; arenas that
				 * are created later have a higher one, unless
				 * the clock was set back before the module was
				 * loaded again. .epoch + .serial of a ring is
				 * the epoch of the ring. 0: an older module,
				 * whose rings have no epoch
				 */
	__u8 reserved4[424];

	/*
	 * The serial of each client, by client id, or 0 if no client has the
	 * id. Id 0 is the kernel, as a client that reads rings.
	 */
	rring_flag_t client_serial[RRING_CLIENTS_MAX + 1];
	__u8 reserved3[1920];
};

enum rring_kind {
	RRING_INLINE,		/* entries carry the payload */
	RRING_HANDLES,		/* entries carry handles */
};

/* What happens when a ring is full. */
enum rring_policy {
	RRING_BLOCK,		/* the writer waits */
	RRING_FAIL,		/* the writer gets -EAGAIN */
	RRING_OVERWRITE,	/* the writer overwrites the oldest entries; all
				 * readers are observers, and count what they
				 * lose
				 */
};

enum rring_ring_state {
	RRING_RING_NONE,	/* no ring has this id */
	RRING_RING_OPEN,	/* has a writer */
	RRING_RING_ENDED,	/* no writer: readers get the entries below
				 * .end, then see the end of the stream
				 */
	RRING_RING_AWAITED,	/* no writer now: readers get the entries below
				 * .end, then wait for the next writer
				 */
};

enum rring_reader_state {
	RRING_READER_NONE,	/* no reader has this id */
	RRING_READER_JOINING,	/* gates at .start; soon becomes LIVE */
	RRING_READER_LIVE,	/* gates at max(.start, its cursor) */
	RRING_READER_FROZEN,	/* named, without a client; gates at .start */
	RRING_READER_LAPPED,	/* gates no more: did not move for .stall_ns of
				 * the ring while the writer wanted room
				 */
	RRING_READER_OBSERVER,	/* never gates */
	/*
	 * gates at .start or above: the ring has its next writer, and the
	 * client has not called READER_REJOIN since. Only the kernel knows
	 * where the reader is: the writer asks it by WAIT, also with deadline 0
	 */
	RRING_READER_CAPPED,
	/*
	 * never gates, and is at .start: a hostile writer has made the client
	 * read beyond the end, and the client has not called READER_REJOIN
	 */
	RRING_READER_CAPPED_OBSERVER,
};

/*
 * One reader of a ring. The kernel writes this struct, and the ring's writer
 * reads it. For each change the kernel stores first .start, then a new value of
 * .ref with release. So a writer that loads .ref with acquire, and .start after
 * that, never sees a .start that is older than this .ref.
 */
struct rring_reader_info {
	/*
	 * 63..32 serial of the reader, 31..16 client id, 15..8 index of the
	 * client's cursor, 7..0 enum rring_reader_state
	 */
	rring_word_t ref;
	rring_seq_t start;	/* position */
};

/*
 * Why the kernel, as a ring's writer, has dropped an event. The kernel may
 * write in any context, so it does not wait for room or for a slot.
 */
enum rring_drop_reason {
	RRING_DROP_FULL,	/* no room: a gating reader is a lap behind, or
				 * an entry that was reserved earlier is not yet
				 * committed
				 */
	RRING_DROP_BUSY,	/* the call interrupted a context that held or
				 * awaited the writer's lock; or the call came
				 * in an NMI while any CPU held the lock
				 */
	RRING_DROP_NO_SLOT,	/* the writer has no slot left in its stock, the
				 * free slots that it keeps for the class
				 */
	RRING_DROP_TOO_LARGE,	/* inline ring: the event is larger than the
				 * stride. Ring of handles: it is larger than
				 * the slots of all classes for which the writer
				 * keeps a stock
				 */
	RRING_DROPS,		/* number of reasons */
};

/*
 * Bits of rring_ring_info.waiters. The kernel sets a bit for a task that sleeps
 * or polls, and clears the bit when it wakes the task. A writer that has
 * published looks at RRING_READERS_WAIT. A gating reader that has released
 * looks at RRING_WRITER_WAITS. If the bit is set, the client calls WAKE.
 */
#define RRING_READERS_WAIT	(1u << 0)	/* for an event */
#define RRING_WRITER_WAITS	(1u << 1)	/* for room */

struct rring_ring_info {
	/* fixed while the ring exists; only .stall_ns may change */
	__u16 kind;		/* enum rring_kind */
	__u16 policy;		/* enum rring_policy */
	rring_flag_t serial;	/* no other ring of the arena has it; 0: no ring
				 * has this id. A client that has copied other
				 * fields, and then finds the same serial as
				 * before, has copied those of this ring
				 */
	__u32 capacity;		/* entries */
	__u32 stride;		/* largest payload in bytes; RRING_HANDLES: 0 */
	__u32 retain;		/* how many of its newest entries the ring keeps
				 * for readers that join later. For
				 * RRING_OVERWRITE the kernel stores .capacity
				 */
	__u32 type_size;	/* bytes of .type_name; 0: no type was given */
	__u64 entry_offset;	/* offset of the entries in RING, in bytes. The
				 * index is position modulo .capacity. The type
				 * of an entry is rring_event_header
				 * (RRING_INLINE) or rring_entry (RRING_HANDLES)
				 */
	__u64 data_offset;	/* RRING_INLINE: offset of the payloads in RING,
				 * in bytes; each entry has .stride bytes
				 */
	__u64 size;		/* of RING, bytes */
	__u64 stall_ns;		/* limit in ns, 0: no limit. If a gating reader
				 * leaves the writer no room, and does not move
				 * for this long, the kernel laps the reader: it
				 * gates no more. The time begins when the
				 * writer finds no room because of the reader.
				 * The arena's owner or an administrator may
				 * change a limit that is not 0, but not to 0
				 */

	/* changed by the kernel */
	rring_seq_t kept;	/* a position. The kernel took the slots of the
				 * entries below it, because a pool had no free
				 * slot: the slots may have other events by now
				 */
	__extension__ union {
		__extension__ struct {
			rring_flag_t state; /* enum rring_ring_state */
			rring_flag_t incarnation; /* grows by 1 when a writer
						   * takes the ring over. RING
						   * has new pages then, so all
						   * readers map RING again
						   */
		};
		rring_word_t presence;	/* both, in one load: .state below */
	};
	rring_flag_t waiters;	/* RRING_READERS_WAIT, RRING_WRITER_WAITS */
	rring_flag_t readers_end; /* each reader's index is below this */
	rring_seq_t end;	/* position where the last writer stopped; valid
				 * unless .state is RRING_RING_OPEN
				 */
	__u32 writer;		/* client id; 0: no writer, or the kernel */
	rring_flag_t joins;	/* grows by 1 when a reader begins to gate. If
				 * it grows during the writer's scan of the
				 * readers, the writer scans again
				 */
	rring_word_t dropped[RRING_DROPS]; /* how many events the kernel, as the
					    * writer, has dropped, by enum
					    * rring_drop_reason
					    */

	/* fixed while the ring exists */
	char name[RRING_NAME_MAX];	/* empty: nameless */
	char type_name[RRING_NAME_MAX];	/* see rring_ring_open */

	struct rring_reader_info readers[RRING_READERS];
};

/*
 * LEDGER has a page with struct rring_tails, then a ledger word (rring_word_t)
 * for each slot, at index .slot_base + slot, then the lists of recent drops,
 * then a summary word (rring_word_t) for each RRING_SUMMARY_WORDS ledger words:
 * that with index i is for the ledger words from i * RRING_SUMMARY_WORDS on.
 *
 * Each pool but XXL has RRING_RECENT_LISTS lists, one after the other. A list
 * has .recent_entries entries (__u32). When the ledger word of a slot has
 * neither holds nor in_flight any more, the client appends the slot's index in
 * its pool to a list of the pool. The lists tell a sweep where free slots may
 * be. Nothing depends on the lists: a missing or wrong entry costs only time.
 */

struct rring_tail {
	rring_seq_t pos;	/* tail of the pool's magazine: the client has
				 * taken, or the kernel has recalled, all slots
				 * below
				 */
	__u8 reserved[56];
};

struct rring_recent {
	rring_seq_t pos;	/* how many entries the client has written into
				 * the list; the next one goes to index .pos
				 * modulo .recent_entries
				 */
	__u8 reserved[56];
};

struct rring_tails {
	struct rring_tail tail[RRING_POOLS];
	struct rring_recent recent[RRING_POOLS][RRING_RECENT_LISTS];
	rring_word_t used;	/* the summary of all ledger words */
	__u8 reserved[2168];
};

/*
 * A ledger word: 63..32 moves, 31 aside, 30..14 holds, 13 private, 12..0
 * in_flight.
 *
 * holds: how often the client holds the slot. in_flight: how many entries of
 * its rings name the slot, until the client settles them. moves grows by 1 with
 * every change of holds or in_flight. private: the client allocated the slot,
 * and no other client knows the handle. aside: the library's inline paths must
 * not use the word, because the slot is parked (private, dropped, and kept for
 * the next allocation), or is of XXL. The kernel looks at private and aside
 * only after a recall (see MAGAZINE). Until the client has noticed the recall,
 * the kernel may free the client's parked slots.
 */
#define RRING_HOLD		(1ull << 14)
#define RRING_HOLDS_MASK	(0x1ffffull << 14)
#define RRING_HOLDS_MAX		65535u
#define RRING_IN_FLIGHT		1ull
#define RRING_IN_FLIGHT_MASK	0x1fffull
#define RRING_IN_FLIGHT_MAX	4095u
#define RRING_PRIVATE		(1ull << 13)
#define RRING_ASIDE		(1ull << 31)
#define RRING_MOVE		(1ull << 32)

/*
 * A summary word: 63..28 moves, 27 kept, 26..0 count.
 *
 * A summary tells a sweep that it need not read the ledger words that the summary
 * is for. count is how many of these words have holds or in_flight; words of XXL
 * slots do not count. moves grows by 1 with every change of count. The client
 * raises count before it stores a word that gets its first hold or in_flight. It
 * lowers count, with release, after it has stored a word that has lost its last
 * one. A count that is too high costs only time.
 *
 * .used of struct rring_tails is for all words of the ledger. The bit kept is in
 * .used alone: it says that the client keeps its summaries. The client sets it
 * before its first hold, and never clears it. Without it a sweep reads all words.
 */
#define RRING_SUMMARY_WORDS	64u	/* ledger words for one summary word */
#define RRING_SUMMARY_ONE	1ull	/* a ledger word that counts */
#define RRING_SUMMARY_COUNT_MASK	0x7ffffffull
#define RRING_SUMMARY_KEPT	(1ull << 27)
#define RRING_SUMMARY_MOVE	(1ull << 28)

/*
 * MAGAZINE: for each pool, the slots that the kernel has lent to the client.
 *
 * When another client finds no free slot, the kernel recalls (takes back) the
 * lent slots: it stores a .floor above .head, and raises .head to .floor. A
 * client that takes a slot, from the magazine or from its parked slots, stores
 * the ledger word, then loads .floor. If .floor has grown, the client does not
 * use the slot. It drops the pool's parked slots, and sets its tail to .floor.
 */

struct rring_magazine {
	rring_seq_t head;	/* position of the next slot to lend: the kernel
				 * has lent or recalled all slots below
				 */
	rring_seq_t floor;	/* the kernel has recalled the slots at all
				 * positions below
				 */
	__u8 reserved[48];
	__u64 handle[RRING_MAGAZINE_SLOTS];	/* index: position modulo 128 */
};

struct rring_magazines {
	struct rring_magazine pool[RRING_POOLS];
	__u8 reserved[1664];
};

/*
 * CURSORS: one struct for each reader of the client. A cursor that no reader
 * uses is 0.
 */

struct rring_cursor {
	rring_seq_t pos;	/* the reader has released all entries below */
	rring_word_t told;	/* 1 + the incarnation whose end of the stream
				 * the reader was told of; 0: none. This end no
				 * longer ends a wait, and poll(2) does not
				 * report it
				 */
	__u8 reserved[48];
};

struct rring_cursors {
	struct rring_cursor cursor[RRING_CURSORS];
};

/*
 * RING has a page with struct rring_ring_head, then the entries, then the
 * payloads of RRING_INLINE.
 */

struct rring_ring_head {
	rring_seq_t head;	/* entries below are committed */
	__u8 reserved1[120];

	/*
	 * Not on the cache line of .head: readers that wait load that line, and
	 * would slow down the stores here.
	 */
	rring_seq_t claim;	/* the writer may have begun to write all
				 * entries below this: it may have overwritten
				 * entries more than a lap below
				 */
	rring_seq_t drops;	/* how many entries a writer in a process could
				 * not add, because the ring was full; the
				 * kernel uses rring_ring_info.dropped
				 */
	rring_seq_t passed;	/* lower end of the window in the writer's last
				 * scan of its readers. The writer may overwrite
				 * the entries below this position, so no new
				 * reader starts below it
				 */
	rring_seq_t wanted;	/* 0, or the writer sleeps until all gating
				 * readers have passed this position: a reader
				 * that has not need not call WAKE
				 */
	__u8 reserved2[3936];
};

struct rring_entry {		/* of a ring of RRING_HANDLES */
	__u64 handle;		/* 0: no event, see RRING_LEN_NONE */
	struct rring_event_header header;
};

/* ---- ioctls ----
 *
 * Each struct begins with its size in bytes. Later versions may add fields at
 * its end: the caller's struct may be larger than the kernel's if the bytes
 * beyond are zero, and may be smaller, but not smaller than the first version:
 * fields that it lacks count as 0. Reserved fields and unused flags are 0. The caller fills all
 * fields but those marked "out", which the kernel fills. On an error the kernel
 * does not change the struct.
 *
 * A deadline is an absolute CLOCK_MONOTONIC time in nanoseconds. With 0 a call
 * does not wait; with RRING_FOREVER it waits without limit.
 *
 * A name has up to 63 bytes and a closing zero. The bytes are printable ASCII
 * without space; any other byte, also of UTF-8, is refused. Slashes divide a name
 * into components, none of which is empty, "." or "..". All ioctls fail with
 * EINVAL for another name.
 *
 * The type of a ring says what its events are: a name of up to 63 bytes of
 * printable ASCII, spaces included, such as "struct tick", and a size in bytes.
 * A process that opens a ring and gives a type gets EPROTOTYPE if the ring was
 * created with another one, or with none. The kernel compares no event with the type: the
 * size is what a writer promises, and a reader checks the length of each event.
 *
 * An ioctl returns 0 unless stated otherwise. Errors of all ioctls:
 *
 *	ENOTTY	no such ioctl
 *	EFAULT	the kernel cannot read the struct or, if it has output fields,
 *		cannot write it
 *	E2BIG	.size is above 4096, or a byte unknown to the kernel is not 0
 *	EINVAL	.size is too small, or a value is not valid
 *
 * Errors of all ioctls but CREATE, REMOVE and ATTACH:
 *
 *	ENOTCONN	the file is not attached, or LEDGER was not mapped yet
 *	EPERM		the file is a client of another process
 *	EOWNERDEAD	the client was evicted, or LEDGER is no longer mapped
 *
 * REFILL and WAIT fail with EINTR after a signal, unless the kernel restarts
 * the call (SA_RESTART). With RRING_ATTACH_INTERRUPT it never does. They fail
 * with ETIMEDOUT when the deadline has passed, unless the list of REFILL below has
 * another error for that.
 */

#define RRING_FOREVER		(~0ull)

/*
 * CREATE an arena. Its name, if any, belongs to the caller's network namespace.
 * Returns a descriptor, which keeps the arena alive. Any task that has this
 * descriptor may attach with every role, whatever .mode says.
 *
 *	EEXIST	another arena has the name
 *	EPERM	the caller lacks CAP_CHOWN, and either .uid is not the caller's
 *		effective user id, or .gid is none of the caller's groups
 *	ENOSPC	all arenas together would exceed max_bytes of the module
 *	EDQUOT	the caller's user has created as many arenas as the module's
 *		parameter user_arenas permits
 *	EINVAL	also if a pool of an owned arena has too few groups
 *	EOPNOTSUPP	this kernel, or a process without the module, has no
 *			owned arenas
 *	ENOMEM, EMFILE, ENFILE
 */
struct rring_create {
	__u32 size;
	__u32 flags;
#define RRING_CREATE_PERSIST	(1u << 0) /* arena stays until REMOVE */
/*
 * An owned arena: a producer can write only the payloads of its own events. The
 * kernel raises each .capacity to whole groups.
 */
#define RRING_CREATE_OWNED	(1u << 1)
	char name[RRING_NAME_MAX];	/* empty: anonymous */
	__u32 capacity[RRING_POOLS];	/* slots, by class; not all may be 0 */
	__u32 max_clients;		/* 0 means 64 */
	__u32 max_rings;		/* 0 means 64 */
	__u32 quota;			/* client's % of a pool; 0 means 100 */
	__u32 mode;			/* permissions to attach by name, up to
					 * 0777: r as observer, x as consumer, w
					 * as producer
					 */
	__u32 uid;			/* owner; ~0 means the caller's euid */
	__u32 gid;			/* group; ~0 means the caller's egid */
	/* the first version of the struct ends here */
	__u32 hold_limit[RRING_ROLES];	/* by role: how many slots of a pool, in
					 * percent of the pool, a client may hold
					 * while another client finds no free
					 * slot there; up to 100; 0: no limit
					 */
	__u32 on_hold_limit;		/* enum rring_hold_action */
	__u32 producers;		/* RRING_CREATE_OWNED: the arena is made
					 * for so many producers; 0: as many as
					 * its pools permit. Each pool needs two
					 * groups for each of them, and two for
					 * the kernel
					 */
	__u32 reserved;
};

/*
 * REMOVE the name of an arena, so that no client can attach by name any more.
 * The arena is freed when its last client and its last descriptor have gone.
 *
 *	ENOENT	no arena has this name in the caller's network namespace
 *	EACCES	the caller neither owns the arena nor has CAP_SYS_ADMIN
 */
struct rring_remove {
	__u32 size;
	__u32 reserved;
	char name[RRING_NAME_MAX];
};

/*
 * ATTACH: make the open file a client of an arena. The client belongs to the
 * calling process.
 *
 *	EBUSY	the file is a client already
 *	EACCES	the file is not open for reading and writing, the arena's mode
 *		does not permit the role, or the caller's user is banned
 *	ENOENT	no arena has this name in the caller's network namespace
 *	EBADF	.arena_fd is not an open descriptor
 *	EINVAL	also if .arena_fd is not the descriptor of an arena
 *	EUSERS	the arena has .max_clients clients, or the free places are for
 *		the arena's owner, or for clients that are not observers, or an
 *		owned arena lacks the groups for one more producer
 *	EDQUOT	the caller's user has as many clients in the arena as the
 *		module's parameter user_places permits
 *	ENOSPC	all arenas together would exceed max_bytes of the module
 *	ENOMEM
 */
struct rring_attach {
	__u32 size;
	__u32 role;			/* enum rring_role */
	__s32 arena_fd;			/* result of CREATE; -1: use .name */
	__u32 flags;
#define RRING_ATTACH_INTERRUPT	(1u << 0) /* a signal ends each sleep */
	char name[RRING_NAME_MAX];	/* empty if .arena_fd is given */
	/* out; sizes in bytes */
	__u32 client;			/* id, from 1 */
	__u32 serial;			/* no other client or reader has it */
	__u64 arena_size;
	__u64 payload_size;
	__u64 ledger_size;
	__u64 magazine_size;
};

/*
 * REFILL: lend free slots into the client's magazine. If no slot is free, wait
 * for one until the deadline.
 *
 *	EPERM	also if the client is not a producer
 *	E2BIG	also if .bytes is above RRING_XXL_MAX
 *	EDQUOT	the client's quota was used up, and still was at the deadline
 *	ENOSPC	no slot was free, and the deadline is 0. With any deadline, the
 *		call fails at once if the pool has no slots, if .bytes alone
 *		exceeds max_bytes, or if max_bytes is reached and all slots of
 *		the pool are free, so that no event can give memory back
 *	ENOMEM
 */
struct rring_refill {
	__u32 size;
	__u32 pool;			/* enum rring_class */
	__u32 count;			/* in: the most slots to lend; XXL: 1.
					 * out: number of slots lent; 0 if the
					 * magazine is full, or if it has slots
					 * and no other slot can be lent
					 */
	__u32 flags;			/* 0 */
	__u64 deadline;
	__u64 bytes;			/* size of the event of XXL; else 0 */
};

/*
 * RING_OPEN: become the writer of a ring. If no ring of the arena has the name,
 * create the ring. Otherwise take the ring over, and go on at the position
 * where its last writer stopped.
 *
 *	EPERM		also if the client is not a producer
 *	EACCES		the ring belongs to another user
 *	EBUSY		the ring has a writer
 *	EOVERFLOW	a hostile writer left the head of the ring at 2^62 or
 *			above
 *	EEXIST		the ring exists, and has another geometry
 *	EPROTOTYPE	the ring exists, and has not the type that is given
 *	ENOSPC		the arena has .max_rings rings, or max_bytes of the
 *			module is exceeded
 *	ENOMEM
 */
struct rring_ring_open {
	__u32 size;
	__u32 flags;			/* 0 */
	char name[RRING_NAME_MAX];	/* empty: nameless */
	__u32 kind;			/* enum rring_kind */
	__u32 policy;			/* enum rring_policy */
	__u32 capacity;			/* entries, at least 1 */
	__u32 stride;			/* largest payload in bytes, a multiple
					 * of RRING_LINE; RRING_HANDLES: 0
					 */
	__u32 retain;			/* how many of its newest entries the
					 * ring keeps for readers that join
					 * later; less than .capacity;
					 * RRING_OVERWRITE: 0
					 */
	__u32 reserved;
	__u64 stall_ns;			/* stall limit in ns, see .stall_ns of
					 * rring_ring_info; 0: no limit; below
					 * 2^63; RRING_OVERWRITE: 0
					 */
	/* out */
	__u32 ring;			/* id, from 1 */
	__u32 incarnation;
	__u64 head;			/* position of the next entry */
	/* the first version of the struct ends here */
	char type_name[RRING_NAME_MAX];	/* of the events; empty: not given */
	__u32 type_size;		/* bytes; 0 if .type_name is empty. At
					 * most .stride in a ring of
					 * RRING_INLINE, else RRING_XXL_MAX
					 */
	__u32 reserved2;
};

/*
 * RING_CLOSE: stop being the ring's writer. The stream ends at the head, unless
 * .flags has RRING_CLOSE_AWAIT. A ring without readers is removed.
 *
 *	ENXIO	no ring has this id
 *	EPERM	also if the client is not the ring's writer
 */
struct rring_ring_close {
	__u32 size;
	__u32 ring;			/* id */
	__u32 flags;
#define RRING_CLOSE_AWAIT	(1u << 0) /* AWAITED instead of ENDED */
	__u32 reserved;
};

/* Where a new reader starts. */
enum rring_start {
	RRING_START_NEWEST,		/* at the head */
	RRING_START_OLDEST,		/* at the oldest entry kept */
	RRING_START_AT,			/* at .position, but not below the
					 * oldest entry kept, and not above the
					 * head
					 */
};

/*
 * READER_JOIN: become a reader of a ring. If the ring knows .name, and no
 * client uses the name, the reader goes on at the position of the name. If the
 * kernel has lapped the reader of this name, the new reader goes on at that
 * position or at the oldest entry left, whichever is higher. The kernel chooses
 * a cursor whose .pos is 0. So after a reader has left, the client must store 0
 * first in .told, then in .pos of the reader's cursor. Between READER_LEAVE and
 * these stores no thread of the client may call READER_JOIN.
 *
 *	ENOENT	no ring has this name; or RRING_JOIN_RESUME, and the ring does
 *		not know the reader's name
 *	ENXIO	no ring has this id
 *	EPERM	also if the client's role is RRING_OBSERVER, and the reader
 *		would gate
 *	EINVAL	also if .ring_name is empty and .ring is 0, if an observer has a
 *		name, if a reader without a name is to resume, or if the reader
 *		would gate in a ring of RRING_OVERWRITE
 *	EPROTOTYPE	the ring has not the type that is given
 *	EBUSY	a client uses the name of the reader
 *	EACCES	the name belongs to another user
 *	ENOSPC	the ring has RRING_READERS readers, the free places are for the
 *		arena's owner, or for readers that gate, or the client has no
 *		cursor left whose .pos is 0
 *	EDQUOT	the caller's user has as many readers in the ring as the
 *		module's parameter user_places permits
 *	ENOMEM
 */
struct rring_reader_join {
	__u32 size;
	__u32 flags;
#define RRING_JOIN_OBSERVER	(1u << 0)	/* never gate */
#define RRING_JOIN_RESUME	(1u << 1)	/* only if the ring knows .name */
	char ring_name[RRING_NAME_MAX];	/* empty: use .ring */
	char name[RRING_NAME_MAX];	/* of the reader; empty: nameless */
	__u32 ring;			/* in/out: ring id; 0: none */
	__u32 start;			/* enum rring_start */
	__u64 position;			/* in: for RRING_START_AT; out: position
					 * of the first entry to read
					 */
	/* out */
	__u32 reader;			/* index in the ring's .readers */
	__u32 cursor;			/* index in CURSORS */
	__u64 ref;			/* .ref of rring_reader_info */
	__u32 incarnation;		/* of the ring */
	__u32 resumed;			/* 1 if the ring knew .name */
	__u64 lost;			/* entries lost while no client used
					 * .name
					 */
	/* the first version of the struct ends here */
	char type_name[RRING_NAME_MAX];	/* in: of the events; empty: any */
	__u32 type_size;		/* in: bytes; 0 if .type_name is empty */
	__u32 reserved;
};

/*
 * READER_LEAVE: stop being a reader. A named reader freezes: its position gates
 * without a client, unless the reader was lapped. A nameless reader is removed.
 *
 *	ENXIO	no such ring or reader
 *	EPERM	also if the reader belongs to another client, or to none
 */
struct rring_reader_leave {
	__u32 size;
	__u32 flags;
#define RRING_LEAVE_FORGET	(1u << 0) /* remove a named reader, too */
	__u32 ring;			/* id */
	__u32 reader;			/* index in the ring's .readers */
};

/*
 * READER_REJOIN: make a lapped reader gate again. The reader goes on at
 * .position: where it stood, or at the oldest entry left, whichever is higher.
 * The writer waits for the reader only from rring_reader_info.start on. The
 * reader validates the entries below .start like an observer: by .claim and, in
 * a ring of handles, by the generations.
 *
 * Any reader, also an observer, calls READER_REJOIN each time that it has
 * mapped the RING of a new incarnation. A hostile writer can store a higher
 * head than the kernel ever sees, and so make a reader go beyond the position
 * where the next writer begins. So at each take-over the kernel caps all
 * readers at this position: it counts no cursor above this cap. The call lifts
 * the cap, unless the cursor or .position is above. Then .ref has one of the
 * states LAPPED, CAPPED and CAPPED_OBSERVER, and .position is the cap: the
 * client takes what it has found from the cap on for not published, sets the
 * cursor to the cap if it is above, and calls again.
 *
 *	ESTALE	.incarnation is not that of the ring: map RING, and call again
 *	ENXIO	no such ring or reader
 *	EPERM	also if the reader belongs to another client, or to none
 */
struct rring_reader_rejoin {
	__u32 size;
	__u32 ring;			/* id */
	__u32 reader;			/* index in the ring's .readers */
	__u32 incarnation;		/* in: of the RING that is mapped */
	__u64 position;			/* in: end of the entries that the
					 * client has found published. out: next
					 * entry to read, or the cap
					 */
	__u64 ref;			/* out: .ref of rring_reader_info */
	__u64 lost;			/* out: entries that the reader lost */
};

/* What WAIT waits for. */
enum rring_wait_for {
	/*
	 * Wait until the head is above .position, or the reader .reader was
	 * lapped, or the ring has ended and .told of the reader's cursor shows
	 * that the reader was not told of this end.
	 */
	RRING_WAIT_READABLE,
	/*
	 * For the writer: wait until it may overwrite the entry at .position:
	 * all gating readers and retained entries are above this entry.
	 */
	RRING_WAIT_WRITABLE,
	/*
	 * Wait for the client's readers that .position and .more name: bit c of
	 * .position stands for cursor c, and bit c % 64 of .more[c / 64 - 1] for a
	 * cursor c of 64 and above. Wait until one of these readers has an entry
	 * or was lapped, or until all their rings have ended and .told of at
	 * least one of the cursors shows that its reader was not told of the end
	 * of its ring. If .changes is not 0, wait also until the arena has had so
	 * many changes.
	 */
	RRING_WAIT_ANY,
	/*
	 * For the writer: wait like RRING_WAIT_WRITABLE, but fail with EPIPE as
	 * soon as the ring that the client reads with its cursor .reader has
	 * ended: its writer, the peer, has gone.
	 */
	RRING_WAIT_PEER,
	/*
	 * Wait until the arena has had more changes than .position. With
	 * deadline 0 this also says what poll(2) is to report: from then on the
	 * file is readable (EPOLLIN) while there are more changes than that. A
	 * .position of 2^64 - 1 ends this.
	 */
	RRING_WAIT_CHANGES,
};

/*
 * WAIT: wait until the condition .what is true, or until the deadline. With
 * RRING_WAIT_WRITABLE and RRING_WAIT_PEER the kernel also laps readers that
 * have stalled for .stall_ns of the ring, even if the deadline is 0.
 *
 *	ENXIO	no such ring, reader or cursor
 *	EPERM	also if the reader belongs to another client, or if the client
 *		is not the ring's writer
 */
struct rring_wait {
	__u32 size;
	__u32 what;			/* enum rring_wait_for */
	__u32 ring;			/* id; ANY, CHANGES: 0 */
	__u32 reader;			/* READABLE: index in the ring's
					 * .readers; PEER: index of a cursor;
					 * WRITABLE: unused; ANY, CHANGES: 0
					 */
	__u64 position;			/* ANY: a mask; CHANGES: number of
					 * changes
					 */
	__u64 deadline;
	__u32 waker;			/* out: 1 + the CPU that last woke the
					 * tasks that wait for this; 0: none
					 */
	__u32 reserved;			/* out: 0 */
	__u64 more[RRING_CURSORS / 64 - 1];	/* ANY: a mask; else 0 */
	__u64 changes;			/* ANY: number of changes, or 0; else 0.
					 * 0 if all masks are 0, too: EINVAL
					 */
};

/*
 * WAKE: as .flags says, wake the tasks that wait for an event of .ring, for
 * room in .ring or for a slot of .pools, and lower their waiters flags. WAKE
 * does nothing, and returns 0, if the kernel finds no reason for a wake-up:
 *
 *	READERS	the client does not write .ring, or its head has not moved
 *		since the readers were last woken
 *	WRITER	the client has no gating reader of .ring, or this reader has
 *		released nothing since the client's last WAKE, or nothing for
 *		which the writer sleeps
 *	POOLS	the waiters flag of the pool is down
 *
 *	ENXIO	no ring has the id .ring; the tasks that wait for a slot of
 *		.pools were woken all the same
 */
struct rring_wake {
	__u32 size;
	__u32 flags;
#define RRING_WAKE_READERS	RRING_READERS_WAIT	/* of .ring */
#define RRING_WAKE_WRITER	RRING_WRITER_WAITS	/* of .ring */
#define RRING_WAKE_POOLS	(1u << 2)		/* of .pools */
	__u32 ring;			/* id */
	__u32 pools;			/* a bit for each class */
};

/*
 * POOL_STAT: count the slots of a pool. Clients take and drop slots meanwhile,
 * so the counts are not of one instant, and need not add up.
 */
struct rring_pool_stat {
	__u32 size;
	__u32 pool;			/* enum rring_class */
	__u32 flags;
#define RRING_STAT_SWEEP	(1u << 0) /* sweep the whole pool first */
	/* out; in slots */
	__u32 capacity;
	__u32 free;			/* known to be free, and not lent */
	__u32 lent;			/* in the magazines of all clients */
	__u32 held;			/* held by at least one client */
	__u32 charged;			/* charged to the caller's quota */
	__u32 in_flight;		/* named in the window of any ring */
	__u32 high_water;		/* peak of slots that were not free */
	__u64 failures;			/* .failures of rring_pool_info */
};

/*
 * SEAL: give up the right to write the payload of an event of L, XL or XXL, in
 * an owned arena. When the call returns 0, no process can write the payload until
 * the slot is freed, and the owner word of the group (of XXL: of the slot) has
 * RRING_OWNER_SEALED. An access through a mapping in which the producer could
 * write the payload raises SIGBUS; PAYLOAD, or a read-only mapping of the XXL
 * region, shows the payload.
 *
 *	EINVAL	also if the class of .handle is none of these, or if a page of
 *		the machine has several of its slots
 *	EOPNOTSUPP	the arena is not owned
 *	EPERM	also if another producer has allocated the event
 *	ESTALE	.handle names no present use of a slot
 *	EINTR	the process is being killed
 */
struct rring_seal {
	__u32 size;
	__u32 reserved;
	__u64 handle;
};

/*
 * RECLAIM: sweep .count slots from .first on at once, and free those slots that
 * no ledger, magazine or window names.
 */
struct rring_reclaim {
	__u32 size;
	__u32 pool;			/* enum rring_class */
	__u32 first;			/* slot */
	__u32 count;			/* in: slots to sweep, 1 to
					 * RRING_RECLAIM_MAX; out: slots freed
					 */
};

#define RRING_IOC_MAGIC		0xb9
#define RRING_IOC_CREATE	_IOW(RRING_IOC_MAGIC, 0, struct rring_create)
#define RRING_IOC_REMOVE	_IOW(RRING_IOC_MAGIC, 1, struct rring_remove)
#define RRING_IOC_ATTACH	_IOWR(RRING_IOC_MAGIC, 2, struct rring_attach)
#define RRING_IOC_REFILL	_IOWR(RRING_IOC_MAGIC, 3, struct rring_refill)
#define RRING_IOC_RING_OPEN	_IOWR(RRING_IOC_MAGIC, 4, struct rring_ring_open)
#define RRING_IOC_RING_CLOSE	_IOW(RRING_IOC_MAGIC, 5, struct rring_ring_close)
#define RRING_IOC_READER_JOIN	\
	_IOWR(RRING_IOC_MAGIC, 6, struct rring_reader_join)
#define RRING_IOC_READER_LEAVE	\
	_IOW(RRING_IOC_MAGIC, 7, struct rring_reader_leave)
#define RRING_IOC_READER_REJOIN	\
	_IOWR(RRING_IOC_MAGIC, 8, struct rring_reader_rejoin)
#define RRING_IOC_WAIT		_IOWR(RRING_IOC_MAGIC, 9, struct rring_wait)
#define RRING_IOC_WAKE		_IOW(RRING_IOC_MAGIC, 10, struct rring_wake)
#define RRING_IOC_POOL_STAT	\
	_IOWR(RRING_IOC_MAGIC, 11, struct rring_pool_stat)
#define RRING_IOC_RECLAIM	_IOWR(RRING_IOC_MAGIC, 12, struct rring_reclaim)
#define RRING_IOC_SEAL		_IOW(RRING_IOC_MAGIC, 13, struct rring_seal)

#endif /* _UAPI_LINUX_RUSTED_RING_H */
