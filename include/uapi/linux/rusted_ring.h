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
 *	XXL		producers		consumers and observers
 */
#ifndef _UAPI_LINUX_RUSTED_RING_H
#define _UAPI_LINUX_RUSTED_RING_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define RRING_ABI_VERSION	2
#define RRING_MAGIC		0x474e4952u	/* "RING" */
#define RRING_LINE		64		/* bytes of a cache line */
#define RRING_PAGE		4096		/* bytes */
#define RRING_NAME_MAX		32		/* bytes, with the zero */

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
	RRING_CONSUMER,	/* read with a gating cursor */
	RRING_PRODUCER,	/* allocate events, write payloads and rings */
};

#define RRING_POOL_CAPACITY_MAX	(1u << 24)	/* slots */
#define RRING_XXL_CAPACITY_MAX	4096u		/* slots */
#define RRING_XXL_MAX		(1u << 30)	/* bytes */
#define RRING_CLIENTS_MAX	255		/* per arena */
#define RRING_RINGS_MAX		255		/* per arena */
#define RRING_RING_CAPACITY_MAX	(1u << 24)	/* entries */
#define RRING_STRIDE_MIN	64		/* bytes */
#define RRING_STRIDE_MAX	16384		/* bytes */
#define RRING_CURSORS		64	/* readers per client */
#define RRING_READERS		240	/* readers per ring */
#define RRING_RECLAIM_MAX	4096u		/* slots in one RECLAIM */
#define RRING_MAGAZINE_SLOTS	128	/* slots of a magazine */
#define RRING_RECENT_LISTS	4	/* lists per client and pool */

/*
 * Types of shared words. Other CPUs may use a word at the same time, so all
 * code uses only the accessors of <rusted_ring/internal/atomic.h>.
 */
typedef struct {
	__u64 value;
} rring_word_t;		/* has one writer, which may store any value */

typedef struct {
	__u64 value;
} rring_seq_t;		/* a position or a count. An honest writer only raises
			 * it; one exception: a free cursor's .pos goes to 0
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
 * Describes a payload. The producer writes it, beside the slot in PAYLOAD and
 * in the entry in RING.
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

/* ---- mmap regions ---- */

enum rring_region_type {
	RRING_REGION_ARENA = 1,
	RRING_REGION_LEDGER,
	RRING_REGION_MAGAZINE,
	RRING_REGION_CURSORS,	/* index: client id; 0: the kernel */
	RRING_REGION_PAYLOAD,
	RRING_REGION_RING,	/* index: ring id, from 1 */
	RRING_REGION_XXL,	/* index: slot, which must be in use */
};

/*
 * Offset for mmap() of a region: @region is enum rring_region_type. @index is 0
 * for all regions but CURSORS, RING and XXL. The caller maps exactly the size
 * of the region, with MAP_SHARED.
 */
#define RRING_OFF_REGION_SHIFT	52
#define RRING_OFF_INDEX_SHIFT	40
#define RRING_OFF(region, index)				\
	(((__u64)(region) << RRING_OFF_REGION_SHIFT) |		\
	 ((__u64)(index) << RRING_OFF_INDEX_SHIFT))

/*
 * ARENA has, in this order:
 *	- a page with struct rring_arena_info;
 *	- a page with struct rring_ring_info for each ring id, from 1 on;
 *	- a generation word (rring_word_t) for each slot: the handle of the
 *	  slot's present use, or 0 while a sweep decides about the slot;
 *	- a word (rring_word_t) for each slot of XXL: the size of its region in
 *	  bytes; 0: it has no region.
 */

struct rring_pool_info {
	/* fixed when the arena is created */
	__u32 slot_size;	/* bytes; 0: XXL */
	__u32 capacity;		/* slots; 0: the arena has no such pool */
	__u32 slot_base;	/* index of the pool's slot 0 among the ledger
				 * words, and among the generation words
				 */
	__u32 batch;		/* how many slots a client should ask for in
				 * one REFILL
				 */
	__u64 payload_offset;	/* of slot 0's payload in PAYLOAD, bytes; the
				 * other slots follow without gaps
				 */
	__u64 header_offset;	/* of slot 0's rring_event_header in PAYLOAD,
				 * bytes; the other headers follow
				 */
	/* statistics, changed by the kernel */
	__u64 refills;		/* how often the kernel has lent slots: REFILL
				 * calls, and refills of its own stocks
				 */
	__u64 lent;		/* slots lent since the arena was created */
	__u64 reclaimed;	/* slots that sweeps have freed */
	__u64 failures;		/* REFILL calls that failed: no free slot, quota
				 * used up, or no memory
				 */
};

struct rring_arena_info {
	/*
	 * fixed when the arena is created; an offset is from the start of
	 * ARENA; sizes and offsets are in bytes
	 */
	__u32 magic;		/* RRING_MAGIC */
	__u32 abi_version;	/* RRING_ABI_VERSION */
	__u32 features;		/* 0 so far */
	__u32 max_clients;	/* ids are 1 to .max_clients */
	__u32 max_rings;	/* ids are 1 to .max_rings */
	__u32 slots;		/* of all pools together */
	__u64 ring_info_offset;	/* of the structs rring_ring_info; the index is
				 * the ring id - 1
				 */
	__u64 generation_offset; /* of the generation words; the index is
				  * .slot_base of the pool + slot
				  */
	__u64 size;		/* of ARENA */
	__u64 payload_size;	/* of PAYLOAD */
	__u64 xxl_offset;	/* rring_word_t, by slot of XXL */

	/*
	 * One bit for each class: the kernel raises it for a task that waits
	 * for a slot of the class. A client that drops a hold or settles an
	 * entry, and then finds any bit set, calls WAKE.
	 */
	rring_flag_t pool_waiters;
	__u8 reserved1[60];

	struct rring_pool_info pool[RRING_POOLS];

	/* statistics, changed by the kernel */
	__u64 deaths;		/* clients that mapped a ledger and died */
	__u64 dead_holds;	/* slots that clients held when they died */
	__u64 laps;		/* how often gating readers were lapped */
	__u64 wakes;		/* WAKE calls with flags */
	/* fixed when the arena is created */
	__u64 ledger_size;	/* of LEDGER, bytes */
	__u64 recent_offset[RRING_POOLS];  /* of recent drops in LEDGER */
	__u32 recent_entries[RRING_POOLS]; /* of a list: a power of two, or 0 */
	__u64 recalls;		/* statistic: recalls of magazines */
	__u8 reserved2[520];

	/*
	 * Serial of each client, by client id; 0: no client has the id. Index 0
	 * is the kernel, as the client that reads rings.
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
	RRING_RING_AWAITED,	/* no writer: readers wait at .end */
};

enum rring_reader_state {
	RRING_READER_NONE,	/* no reader has this id */
	RRING_READER_JOINING,	/* gates at .start; LIVE in a moment */
	RRING_READER_LIVE,	/* gates at max(.start, its cursor) */
	RRING_READER_FROZEN,	/* named and away; gates at .start */
	RRING_READER_LAPPED,	/* did not move for .stall_ns of the ring, while
				 * the writer wanted room: gates no more
				 */
	RRING_READER_OBSERVER,	/* never gates */
};

/*
 * One reader of a ring. The kernel writes this struct, and the ring's writer
 * reads it. For each change the kernel stores first .start, then a new value of
 * .ref. So what the writer reads between two loads of the same .ref belongs
 * together.
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
 * Why the kernel, as a ring's writer, has dropped an event. It may write in any
 * context, so it never waits for room or for a slot, but drops the event.
 */
enum rring_drop_reason {
	RRING_DROP_FULL,	/* no room: a gating reader is a lap behind, or
				 * an entry that was reserved earlier is not yet
				 * committed
				 */
	RRING_DROP_BUSY,	/* this call needs the writer's lock, but has
				 * interrupted a context that held or awaited
				 * it; or this is an NMI, and any CPU held it
				 */
	RRING_DROP_NO_SLOT,	/* no slot of the class was in stock */
	RRING_DROP_TOO_LARGE,	/* larger than the stride of an inline ring, or
				 * than every class that has a stock
				 */
	RRING_DROPS,		/* number of reasons */
};

/*
 * Bits of rring_ring_info.waiters. The kernel raises a bit for a task that
 * sleeps or polls, and lowers it when it wakes the task. A writer that has
 * published looks at RRING_READERS_WAIT. A gating reader that has released
 * looks at RRING_WRITER_WAITS. If the bit is set, the client calls WAKE.
 */
#define RRING_READERS_WAIT	(1u << 0)	/* for an event */
#define RRING_WRITER_WAITS	(1u << 1)	/* for room */

struct rring_ring_info {
	/* fixed while the ring exists; only .stall_ns may change */
	__u32 kind;		/* enum rring_kind */
	__u32 policy;		/* enum rring_policy */
	__u32 capacity;		/* entries */
	__u32 stride;		/* RRING_INLINE: the most bytes of a payload;
				 * RRING_HANDLES: 0
				 */
	__u32 retain;		/* how many of the last entries the ring keeps
				 * for readers that join later;
				 * RRING_OVERWRITE: .capacity
				 */
	__u32 reserved0;
	__u64 entry_offset;	/* of the entries in RING, bytes. The index is
				 * position modulo .capacity, the type
				 * rring_event_header (RRING_INLINE) or
				 * rring_entry (RRING_HANDLES)
				 */
	__u64 data_offset;	/* of the payloads in RING, bytes; .stride bytes
				 * for each entry; only RRING_INLINE
				 */
	__u64 size;		/* of RING, bytes */
	__u64 stall_ns;		/* limit in ns: the kernel laps a gating reader
				 * that has not moved for this long while the
				 * writer wants room; 0: no limit.
				 * The arena's owner or an administrator may
				 * change a limit that is not 0, but not to 0
				 */
	__u64 reserved1;

	/* changed by the kernel */
	rring_flag_t state;	/* enum rring_ring_state */
	rring_flag_t incarnation; /* grows by 1 when a writer takes the ring
				   * over. RING has new pages then, so all
				   * readers map RING again
				   */
	rring_flag_t waiters;	/* RRING_READERS_WAIT, RRING_WRITER_WAITS */
	rring_flag_t readers_end; /* each reader's index is below this */
	rring_seq_t end;	/* position where the last writer stopped; valid
				 * unless .state is RRING_RING_OPEN
				 */
	__u32 writer;		/* client id; 0: none, or the kernel */
	rring_flag_t joins;	/* grows by 1 when a reader begins to gate. If
				 * it grows during the writer's scan of the
				 * readers, the writer scans again
				 */
	rring_seq_t begin;	/* position where the present or last writer
				 * began
				 */
	__u8 reserved2[24];

	char name[RRING_NAME_MAX];	/* never changes; empty: nameless */
	rring_word_t dropped[RRING_DROPS]; /* how many events the kernel, as the
					    * writer, has dropped, by enum
					    * rring_drop_reason
					    */
	rring_seq_t kept;	/* the ring keeps no slot of the entries below,
				 * because a pool had no free slot: the slots
				 * may have other events by now
				 */
	__u8 reserved3[56];

	struct rring_reader_info readers[RRING_READERS];
};

/*
 * LEDGER has a page with struct rring_tails, then a ledger word (rring_word_t)
 * for each slot, at index .slot_base + slot, then the lists of recent drops.
 *
 * Each pool but XXL has RRING_RECENT_LISTS lists, one after the other. A list
 * has .recent_entries entries (__u32). The client enters a slot, by its index
 * in the pool, when the slot's ledger word has neither holds nor in_flight
 * left. The lists tell a sweep where free slots may be. Nothing depends on
 * them: a missing or wrong entry costs only time.
 */

struct rring_tail {
	rring_seq_t pos;	/* of the pool's magazine: the client has taken
				 * the slots below, or the kernel has recalled
				 * them
				 */
	__u8 reserved[56];
};

struct rring_recent {
	rring_seq_t pos;	/* how many entries the client has written; the
				 * next one goes to index .pos modulo
				 * .recent_entries
				 */
	__u8 reserved[56];
};

struct rring_tails {
	struct rring_tail tail[RRING_POOLS];
	struct rring_recent recent[RRING_POOLS][RRING_RECENT_LISTS];
	__u8 reserved[2176];
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
 * the next allocation), or is of XXL. The kernel uses private and aside only
 * after a recall: a parked slot then counts as free, until the client notices.
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
 * MAGAZINE: for each pool, the slots that the kernel has lent to the client.
 *
 * When another client finds no free slot, the kernel recalls the magazine: it
 * stores a .floor above .head, and raises .head to .floor. A client that takes
 * a slot, from the magazine or from its parked slots, stores the ledger word,
 * then loads .floor. If .floor has grown, the client does not use the slot: it
 * drops all parked slots of the pool, and sets its tail to .floor.
 */

struct rring_magazine {
	rring_seq_t head;	/* position of the next slot: the kernel has
				 * lent, or recalled, all slots below
				 */
	rring_seq_t floor;	/* the kernel has recalled the slots at all
				 * positions below
				 */
	__u8 reserved[48];
	__u64 handle[RRING_MAGAZINE_SLOTS];	/* by position modulo that */
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
	rring_word_t told;	/* which end of the stream the reader was told
				 * of: 1 + the incarnation that has ended; 0:
				 * none. That end no longer ends a wait, and
				 * poll(2) does not report it
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
				 * kernel uses .dropped instead
				 */
	rring_seq_t passed;	/* lower end of the window in the writer's last
				 * scan of its readers. The writer may overwrite
				 * entries below, so no new reader starts there
				 */
	__u8 reserved2[3944];
};

struct rring_entry {		/* of HANDLES */
	__u64 handle;		/* 0: no event, see RRING_LEN_NONE */
	struct rring_event_header header;
};

/* ---- ioctls ----
 *
 * Each struct begins with its size in bytes. Later versions may add fields at
 * its end: the caller's struct may be larger than the kernel's if the bytes
 * beyond are zero. Reserved fields and unused flags are 0. The caller fills all
 * fields but those marked "out", which the kernel fills. On an error the kernel
 * does not change the struct.
 *
 * A deadline is an absolute CLOCK_MONOTONIC time in nanoseconds. 0: do not
 * wait; RRING_FOREVER: no limit.
 *
 * A name has up to 31 printable ASCII characters, no space and no slash, and a
 * closing zero.
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
 * Errors of REFILL and WAIT, which wait: EINTR after a signal, unless the
 * kernel restarts the call (SA_RESTART); ETIMEDOUT at the deadline, unless the
 * ioctl has another error for that.
 */

#define RRING_FOREVER		(~0ull)

/*
 * CREATE an arena. Its name, if any, belongs to the caller's network namespace.
 * Returns a descriptor, which keeps the arena alive. Any task that has this
 * descriptor may attach with every role, whatever .mode says.
 *
 *	EEXIST	another arena has the name
 *	EPERM	the caller lacks CAP_CHOWN, and .uid is not its effective user
 *		id, or .gid is none of its groups
 *	ENOSPC	all arenas together would exceed max_bytes of the module
 *	ENOMEM, EMFILE, ENFILE
 */
struct rring_create {
	__u32 size;
	__u32 flags;
#define RRING_CREATE_PERSIST	(1u << 0) /* the name keeps it until REMOVE */
	char name[RRING_NAME_MAX];	/* empty: anonymous */
	__u32 capacity[RRING_POOLS];	/* slots, by class; not all may be 0 */
	__u32 max_clients;		/* 0: 64 */
	__u32 max_rings;		/* 0: 64 */
	__u32 quota;			/* percent of each pool; 0: 100 */
	__u32 mode;			/* who may attach by name, up to 0777:
					 * r: as observer, x: as consumer, w: as
					 * producer
					 */
	__u32 uid;			/* owner; ~0: the caller's euid */
	__u32 gid;			/* group; ~0: the caller's egid */
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
 *	EACCES	the file is not open for reading and writing, or the arena's
 *		mode does not permit the role
 *	ENOENT	no arena has this name in the caller's network namespace
 *	EBADF	.arena_fd is not an open descriptor
 *	EINVAL	also: .arena_fd is not the descriptor of an arena
 *	EUSERS	the arena has .max_clients clients
 *	ENOSPC	all arenas together would exceed max_bytes of the module
 *	ENOMEM
 */
struct rring_attach {
	__u32 size;
	__u32 role;			/* enum rring_role */
	__s32 arena_fd;			/* of CREATE; -1: by name */
	__u32 flags;			/* 0 */
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
 *	EPERM	also: the client is not a producer
 *	E2BIG	also: .bytes is above RRING_XXL_MAX
 *	EDQUOT	the client's quota was used up, and still was at the deadline
 *	ENOSPC	no slot was free, and the deadline is 0. With any deadline, at
 *		once: the pool has no slots; .bytes alone exceeds max_bytes; or
 *		max_bytes is reached, and all slots of the pool are free, so
 *		that no event can end and give memory back
 *	ENOMEM
 */
struct rring_refill {
	__u32 size;
	__u32 pool;			/* enum rring_class */
	__u32 count;			/* in: the most slots to lend; XXL: 1.
					 * out: slots lent; 0: the magazine
					 * is full, or it has some, and no other
					 * slot can be lent
					 */
	__u32 flags;			/* 0 */
	__u64 deadline;
	__u64 bytes;			/* XXL: size of the event; else 0 */
};

/*
 * RING_OPEN: become the writer of a ring. If no ring of the arena has the name,
 * the ring is created. Else the caller takes that ring over, and goes on at the
 * position where its last writer stopped.
 *
 *	EPERM		also: the client is not a producer
 *	EACCES		the ring belongs to another user
 *	EBUSY		the ring has a writer
 *	EOVERFLOW	a hostile writer left the head of the ring at 2^62 or
 *			above
 *	EEXIST		the ring exists, and has another geometry
 *	ENOSPC		the arena has .max_rings rings, or max_bytes is exceeded
 *	ENOMEM
 */
struct rring_ring_open {
	__u32 size;
	__u32 flags;			/* 0 */
	char name[RRING_NAME_MAX];	/* empty: nameless */
	__u32 kind;			/* enum rring_kind */
	__u32 policy;			/* enum rring_policy */
	__u32 capacity;			/* entries, at least 1 */
	__u32 stride;			/* RRING_INLINE: the most bytes of a
					 * payload, a multiple of RRING_LINE;
					 * RRING_HANDLES: 0
					 */
	__u32 retain;			/* how many of the last entries the ring
					 * keeps for readers that join later;
					 * less than .capacity;
					 * RRING_OVERWRITE: 0
					 */
	__u32 reserved;
	__u64 stall_ns;			/* limit in ns: the kernel laps gating
					 * readers that stall for this long; 0:
					 * no limit; below 2^63;
					 * RRING_OVERWRITE: 0
					 */
	/* out */
	__u32 ring;			/* id, from 1 */
	__u32 incarnation;
	__u64 head;			/* position of the next entry */
};

/*
 * RING_CLOSE: stop being the ring's writer. The stream ends at the head, unless
 * .flags has RRING_CLOSE_AWAIT. A ring without readers is removed.
 *
 *	ENXIO	no ring has this id
 *	EPERM	also: the client is not the ring's writer
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
	RRING_START_AT,			/* at .position; at the oldest entry
					 * kept if that is higher; at the head
					 * if that is lower
					 */
};

/*
 * READER_JOIN: become a reader of a ring. If the ring knows .name, and no
 * client uses the name, the reader goes on at the position of that name. If the
 * name was lapped meanwhile, it goes on at the oldest entry left, if that is
 * higher. The kernel chooses a cursor whose .pos is 0. So after a reader has
 * left, the client sets first .told, then .pos of its cursor back to 0.
 *
 *	ENOENT	no ring has this name
 *	ENXIO	no ring has this id
 *	EPERM	also: the client's role is RRING_OBSERVER, and the reader would
 *		gate
 *	EINVAL	also: .ring_name is empty, and .ring is 0; the reader would gate
 *		in a ring of RRING_OVERWRITE; an observer has a name
 *	EBUSY	a client uses the name of the reader
 *	EACCES	the name belongs to another user
 *	ENOSPC	the ring has RRING_READERS readers, or the client has no cursor
 *		left whose .pos is 0
 *	ENOMEM
 */
struct rring_reader_join {
	__u32 size;
	__u32 flags;
#define RRING_JOIN_OBSERVER	(1u << 0)	/* never gate */
	char ring_name[RRING_NAME_MAX];	/* empty: by .ring */
	char name[RRING_NAME_MAX];	/* of the reader; empty: nameless */
	__u32 ring;			/* in/out: ring id; 0: none */
	__u32 start;			/* enum rring_start */
	__u64 position;			/* in: for AT; out: first to read */
	/* out */
	__u32 reader;			/* index in the ring's .readers */
	__u32 cursor;			/* index in CURSORS */
	__u64 ref;			/* .ref of rring_reader_info */
	__u32 incarnation;		/* of the ring */
	__u32 resumed;			/* 1: a named reader goes on */
	__u64 lost;			/* entries that it lost while away */
};

/*
 * READER_LEAVE: stop being a reader. A named reader freezes: its position gates
 * without a client, unless the reader was lapped. A nameless reader is removed.
 *
 *	ENXIO	no such ring or reader
 *	EPERM	also: the reader belongs to another client, or to none
 */
struct rring_reader_leave {
	__u32 size;
	__u32 flags;
#define RRING_LEAVE_FORGET	(1u << 0) /* remove a named reader, too */
	__u32 ring;			/* id */
	__u32 reader;			/* index in the ring's .readers */
};

/*
 * READER_REJOIN: a reader that the kernel has lapped gates again. It goes on at
 * .position: where it stood, or at the oldest entry left, whichever is higher.
 * The writer waits for it from .start of its struct rring_reader_info on. What
 * the reader has read below, it validates as an observer does: by .claim and,
 * in a ring of handles, by the generations. A reader that was not lapped may
 * rejoin after it has set its cursor back: it goes on there, or at the lowest
 * position at which a new reader may start, whichever is higher.
 *
 *	EINVAL	also: the reader is an observer
 *	ENXIO	no such ring or reader
 *	EPERM	also: the reader belongs to another client, or to none
 */
struct rring_reader_rejoin {
	__u32 size;
	__u32 ring;			/* id */
	__u32 reader;			/* index in the ring's .readers */
	__u32 reserved;
	__u64 position;			/* out: next entry to read */
	__u64 ref;			/* out: .ref of rring_reader_info */
	__u64 lost;			/* out: entries that it lost */
};

/* What WAIT waits for. */
enum rring_wait_for {
	/*
	 * Wait until the head is above .position, the reader .reader was
	 * lapped, or the ring has ended and .told of the reader's cursor does
	 * not name this end.
	 */
	RRING_WAIT_READABLE,
	/*
	 * For the writer: wait until it may overwrite the entry at .position.
	 * Then all gating readers and all retained entries are above it.
	 */
	RRING_WAIT_WRITABLE,
	/*
	 * Bit c of .position stands for the client's reader with cursor c.
	 * Wait until one of these readers has an entry or was lapped. Also
	 * until all their rings have ended, if .told of at least one of the
	 * cursors does not name the end of its ring.
	 */
	RRING_WAIT_ANY,
	/*
	 * For the writer: like RRING_WAIT_WRITABLE. But EPIPE as soon as the
	 * ring has ended that the client itself reads with its cursor .reader:
	 * the peer, which writes that ring, has gone.
	 */
	RRING_WAIT_PEER,
};

/*
 * WAIT until what .what names is so, or until the deadline. RRING_WAIT_WRITABLE
 * and RRING_WAIT_PEER also lap readers that have stalled for .stall_ns of the
 * ring, even if the deadline is 0.
 *
 *	ENXIO	no such ring, reader or cursor
 *	EPERM	also: the reader belongs to another client; or the client is not
 *		the ring's writer
 */
struct rring_wait {
	__u32 size;
	__u32 what;			/* enum rring_wait_for */
	__u32 ring;			/* id; ANY: 0 */
	__u32 reader;			/* READABLE: index in the ring's
					 * .readers; PEER: index of a cursor;
					 * WRITABLE: unused; ANY: 0
					 */
	__u64 position;			/* ANY: a mask, not 0 */
	__u64 deadline;
};

/*
 * WAKE: lower the waiters flags that .flags names, of .ring and of .pools, and
 * wake the tasks that wait for an event, for room or for a slot there. Does no
 * harm if no task waits.
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
	__u32 pools;			/* bit per class */
};

/*
 * POOL_STAT: count the slots of a pool. Clients go on meanwhile, so the counts
 * are not of one instant, and need not add up.
 */
struct rring_pool_stat {
	__u32 size;
	__u32 pool;			/* enum rring_class */
	__u32 flags;
#define RRING_STAT_SWEEP	(1u << 0) /* sweep the whole pool first */
	/* out; in slots */
	__u32 capacity;
	__u32 free;			/* known to be free, and not lent */
	__u32 lent;			/* in magazines */
	__u32 held;			/* by at least one client */
	__u32 charged;			/* to the caller's quota */
	__u32 in_flight;		/* in the window of at least one ring */
	__u32 high_water;		/* most slots not free at one time */
	__u64 failures;			/* as in struct rring_pool_info */
};

/*
 * RECLAIM: the kernel sweeps .count slots from .first on at once, and frees
 * those that no ledger, magazine or window names.
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
#define RRING_IOC_WAIT		_IOW(RRING_IOC_MAGIC, 9, struct rring_wait)
#define RRING_IOC_WAKE		_IOW(RRING_IOC_MAGIC, 10, struct rring_wake)
#define RRING_IOC_POOL_STAT	\
	_IOWR(RRING_IOC_MAGIC, 11, struct rring_pool_stat)
#define RRING_IOC_RECLAIM	_IOWR(RRING_IOC_MAGIC, 12, struct rring_reclaim)

#endif /* _UAPI_LINUX_RUSTED_RING_H */
