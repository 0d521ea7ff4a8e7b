/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MPL-2.0 */
/*
 * The ABI of /dev/rusted_ring: ioctls, mmap regions and their contents.
 *
 * The table says who can write each mmap region. The page tables give all
 * others read-only access, or none. Every shared word outside of payloads and
 * their headers has exactly one writer.
 *
 *	region		written by		mapped read-only by
 *	ARENA		the kernel		every client
 *	MAGAZINE	the kernel		the client it belongs to
 *	LEDGER		the client		nobody (the kernel reads it)
 *	CURSORS		the client		every client
 *	RING		the ring's writer	every client
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

/* What a client may do. A role may also do all that the roles before it may. */
enum rring_role {
	RRING_OBSERVER,	/* read as an observer, which never gates */
	RRING_CONSUMER,	/* read with a gating cursor */
	RRING_PRODUCER,	/* allocate, write payloads and rings */
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

/* Shared words; use only the accessors of <rusted_ring/internal/atomic.h>. */
typedef struct {
	__u64 value;
} rring_word_t;		/* its one writer may store any value */

typedef struct {
	__u64 value;
} rring_seq_t;		/* a position; an honest writer only raises it */

typedef struct {
	__u32 value;
} rring_flag_t;		/* a 32-bit word that the kernel writes */

/*
 * A handle names one use of one slot:
 *	63..32 generation (never 0), 31..29 size class, 28..24 age, 23..0 slot
 *	index
 * The age is the upper part of the generation: it grows by 1, modulo 32, when
 * the generation goes from 2^32 - 1 to 1. Both begin at random values, chosen
 * for each arena.
 */
#define RRING_HANDLE_AGE_SHIFT		24
#define RRING_HANDLE_CLASS_SHIFT	29
#define RRING_HANDLE_GENERATION_SHIFT	32

/* Describes a payload. Written by the producer. */
struct rring_event_header {
	__u32 len;		/* bytes of the payload */
	__u32 event_type;	/* chosen by the producer */
};

/* .len of an entry that its writer has discarded: readers skip the entry. */
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
 * Offset for mmap(). @index is 0 for all regions but CURSORS, RING and XXL. The
 * caller maps exactly the size of the region, with MAP_SHARED.
 */
#define RRING_OFF_REGION_SHIFT	52
#define RRING_OFF_INDEX_SHIFT	40
#define RRING_OFF(region, index)				\
	(((__u64)(region) << RRING_OFF_REGION_SHIFT) |		\
	 ((__u64)(index) << RRING_OFF_INDEX_SHIFT))

/*
 * ARENA: a page with struct rring_arena_info; a page with struct
 * rring_ring_info for each ring id, from 1 on; a generation word (rring_word_t)
 * for each slot; the size of the region (rring_word_t, bytes; 0: none) for each
 * slot of XXL. A generation word is the handle of the present use of the slot.
 * It reads as 0 while a sweep decides whether to free the slot.
 */

struct rring_pool_info {
	/* fixed when the arena is created */
	__u32 slot_size;	/* bytes; 0: XXL */
	__u32 capacity;		/* slots; 0: the arena has no such pool */
	__u32 slot_base;	/* index of slot 0 in ledgers and generations */
	__u32 batch;		/* slots that one REFILL should ask for */
	__u64 payload_offset;	/* slot 0 in PAYLOAD, bytes; the rest follows */
	__u64 header_offset;	/* rring_event_header of slot 0 in PAYLOAD */
	/* statistics, changed by the kernel */
	__u64 refills;		/* refills that lent at least one slot */
	__u64 lent;		/* slots lent since the arena was created */
	__u64 reclaimed;	/* slots that sweeps have freed */
	__u64 failures;		/* refills that failed: no free slot, quota
				 * used up, or no memory
				 */
};

struct rring_arena_info {
	/* fixed when the arena is created; offsets in ARENA, all in bytes */
	__u32 magic;		/* RRING_MAGIC */
	__u32 abi_version;	/* RRING_ABI_VERSION */
	__u32 features;		/* 0 so far */
	__u32 max_clients;	/* ids are 1 to .max_clients */
	__u32 max_rings;	/* ids are 1 to .max_rings */
	__u32 slots;		/* of all pools together */
	__u64 ring_info_offset;	/* struct rring_ring_info, by ring id - 1 */
	__u64 generation_offset; /* rring_word_t, by .slot_base + slot */
	__u64 size;		/* of ARENA */
	__u64 payload_size;	/* of PAYLOAD */
	__u64 xxl_offset;	/* rring_word_t, by slot of XXL */

	/*
	 * Bit per class: a task waits for a slot. A client that lets go of a
	 * slot, and finds a bit set, calls WAKE.
	 */
	rring_flag_t pool_waiters;
	__u8 reserved1[60];

	struct rring_pool_info pool[RRING_POOLS];

	/* statistics, changed by the kernel */
	__u64 deaths;		/* clients that mapped a ledger and died */
	__u64 dead_holds;	/* slots that they still held when they died */
	__u64 laps;		/* how often gating readers were lapped */
	__u64 wakes;		/* WAKE calls */
	/* fixed when the arena is created */
	__u64 ledger_size;	/* of LEDGER, bytes */
	__u64 recent_offset[RRING_POOLS];  /* of recent drops in LEDGER */
	__u32 recent_entries[RRING_POOLS]; /* of a list: a power of two, or 0 */
	__u64 recalls;		/* statistic: recalls of magazines */
	__u8 reserved2[520];

	/* by client id, 0: no client; [0]: kernel, 0 until it reads rings */
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
	RRING_OVERWRITE,	/* the writer overwrites; only observers read,
				 * and count what they lose
				 */
};

enum rring_ring_state {
	RRING_RING_NONE,	/* no ring has this id */
	RRING_RING_OPEN,	/* has a writer */
	RRING_RING_ENDED,	/* no writer: the stream ends at .end */
	RRING_RING_AWAITED,	/* no writer: readers wait at .end */
};

enum rring_reader_state {
	RRING_READER_NONE,	/* no reader has this id */
	RRING_READER_JOINING,	/* gates at .start; LIVE in a moment */
	RRING_READER_LIVE,	/* gates at max(.start, its cursor) */
	RRING_READER_FROZEN,	/* named and away; gates at .start */
	RRING_READER_LAPPED,	/* stalled for .stall_ns: no longer gates */
	RRING_READER_OBSERVER,	/* never gates */
};

/*
 * One reader, as the ring's writer sees it. For each change of the reader the
 * kernel writes first .start, then a new value of .ref.
 */
struct rring_reader_info {
	/* 63..32 serial, 31..16 client id, 15..8 cursor, 7..0 state */
	rring_word_t ref;
	rring_seq_t start;	/* position */
};

/* Why the kernel, as the ring's writer, dropped an event: it cannot wait. */
enum rring_drop_reason {
	RRING_DROP_FULL,	/* no room: a gating reader is a lap behind,
				 * or an older entry is not yet committed
				 */
	RRING_DROP_BUSY,	/* this call interrupted a context that held
				 * or awaited the writer's lock; in an NMI:
				 * any CPU held it
				 */
	RRING_DROP_NO_SLOT,	/* no slot of the class was in stock */
	RRING_DROP_TOO_LARGE,	/* larger than the stride or all usable slots */
	RRING_DROPS,		/* number of reasons */
};

/*
 * Bits of rring_ring_info.waiters. The kernel raises a bit for a task that
 * sleeps or polls. A writer that publishes looks at the first bit, a reader
 * that releases at the second; if it is set, the client calls WAKE.
 */
#define RRING_READERS_WAIT	(1u << 0)	/* for an event */
#define RRING_WRITER_WAITS	(1u << 1)	/* for room */

struct rring_ring_info {
	/* fixed while the ring exists, but for .stall_ns */
	__u32 kind;		/* enum rring_kind */
	__u32 policy;		/* enum rring_policy */
	__u32 capacity;		/* entries */
	__u32 stride;		/* INLINE: bytes per payload; HANDLES: 0 */
	__u32 retain;		/* entries kept for late joiners; OVERWRITE:
				 * .capacity
				 */
	__u32 reserved0;
	__u64 entry_offset;	/* in RING, bytes: by position modulo capacity,
				 * rring_event_header (INLINE) or rring_entry
				 * (HANDLES)
				 */
	__u64 data_offset;	/* in RING, bytes: payloads of INLINE */
	__u64 size;		/* of RING, bytes */
	__u64 stall_ns;		/* the kernel laps a reader that holds the
				 * writer back, and does not move, for longer
				 * than this; 0: never.
				 * An administrator may change the limit, but
				 * not from 0, and not to 0
				 */
	__u64 reserved1;

	/* changed by the kernel */
	rring_flag_t state;	/* enum rring_ring_state */
	rring_flag_t incarnation; /* grows by 1 when a writer takes over; RING
				   * then has new pages
				   */
	rring_flag_t waiters;	/* RRING_READERS_WAIT, RRING_WRITER_WAITS */
	rring_flag_t readers_end; /* each reader's index is below this */
	rring_seq_t end;	/* where the stream stops; valid unless OPEN */
	__u32 writer;		/* client id; 0: none, or the kernel */
	rring_flag_t joins;	/* grows by 1 when a reader begins to gate */
	__u8 reserved2[32];

	char name[RRING_NAME_MAX];	/* never changes; empty: nameless */
	rring_word_t dropped[RRING_DROPS]; /* events that the kernel dropped,
					    * by enum rring_drop_reason
					    */
	rring_seq_t kept;	/* entries below gave way, because a pool was
				 * dry: their slots may have other events
				 */
	__u8 reserved3[56];

	struct rring_reader_info readers[RRING_READERS];
};

/*
 * LEDGER: a page with struct rring_tails; a ledger word (rring_word_t) for each
 * slot, at index .slot_base + slot; then the lists of recent drops.
 *
 * A pool other than XXL has RRING_RECENT_LISTS lists, one after the other, each
 * of .recent_entries slots (__u32). The client writes a slot into a list when
 * the slot's ledger word has neither holds nor in_flight left. The lists tell a
 * sweep where free slots may be: a missing or wrong entry costs only time.
 */

struct rring_tail {
	rring_seq_t pos;	/* the client has taken the slots below */
	__u8 reserved[56];
};

struct rring_recent {
	rring_seq_t pos;	/* number of entries written so far; entry p
				 * is at index p modulo .recent_entries
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
 * its rings name the slot. moves grows by 1 with every change of holds or
 * in_flight. The kernel uses only holds, in_flight and moves. private: the
 * client allocated the slot, and no other client knows the handle. aside: the
 * library's short paths must not use the word, because the slot is parked
 * (private, dropped, and kept for the next allocation), or is of XXL.
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
 * MAGAZINE: slots that the kernel has lent to the client, for each pool.
 *
 * The kernel recalls a magazine when another client finds no free slot. It then
 * stores a .floor above .head, and raises .head to it. The client loads .floor
 * after each store that takes a slot, from the magazine or from those that it
 * has parked. If .floor has grown, the client does not use the slot: it drops
 * all slots of the pool that are parked, and sets its tail to .floor.
 */

struct rring_magazine {
	rring_seq_t head;	/* the kernel has lent the slots below */
	rring_seq_t floor;	/* the kernel has recalled the slots below */
	__u8 reserved[48];
	__u64 handle[RRING_MAGAZINE_SLOTS];	/* by position modulo that */
};

struct rring_magazines {
	struct rring_magazine pool[RRING_POOLS];
	__u8 reserved[1664];
};

/* CURSORS: one for each reader of the client; 0 while no reader uses it. */

struct rring_cursor {
	rring_seq_t pos;	/* the reader has released entries below */
	rring_word_t told;	/* 1 + the incarnation of the ring whose end the
				 * reader was told; 0: none. That end no longer
				 * ends a wait or makes poll() report POLLIN
				 */
	__u8 reserved[48];
};

struct rring_cursors {
	struct rring_cursor cursor[RRING_CURSORS];
};

/* RING: a page with struct rring_ring_head, entries, payloads of INLINE. */

struct rring_ring_head {
	rring_seq_t head;	/* entries below are committed */
	__u8 reserved1[120];

	/* not on the cache line of the head, which waiting readers load */
	rring_seq_t claim;	/* the writer may have begun to write entries
				 * below this; entries more than a lap below
				 * it may be overwritten
				 */
	rring_seq_t drops;	/* number of entries that found no room */
	rring_seq_t passed;	/* lower end of the window in the writer's
				 * last scan; new readers start there or above
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
 * beyond are zero. Reserved fields and unused flags are 0. Fields are input
 * unless marked. On an error the struct is not changed.
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
 *	EFAULT	the struct cannot be read or, if it has output fields, written
 *	E2BIG	.size is above 4096, or a byte unknown to the kernel is not 0
 *	EINVAL	.size is too small, or a value is not valid
 *
 * Errors of all ioctls but CREATE, REMOVE and ATTACH:
 *
 *	ENOTCONN	not attached, or LEDGER not mapped yet
 *	EPERM		another process has attached this file
 *	EOWNERDEAD	the client was evicted, or LEDGER is no longer mapped
 *
 * Errors of those that wait (REFILL, WAIT): EINTR for a signal, unless the call
 * is restarted; ETIMEDOUT at the deadline.
 */

#define RRING_FOREVER		(~0ull)

/*
 * CREATE an arena. Its name, if any, belongs to the caller's network namespace.
 * Returns a descriptor, which keeps the arena alive. Any task that has this
 * descriptor may attach with every role.
 *
 *	EEXIST	the name is in use
 *	EPERM	.uid or .gid is not the caller's, and CAP_CHOWN is missing
 *	ENOSPC	max_bytes of the module is exceeded
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
	__u32 mode;			/* up to 0777; r: observe, x: consume,
					 * w: produce
					 */
	__u32 uid;			/* owner; ~0: the caller's euid */
	__u32 gid;			/* group; ~0: the caller's egid */
};

/*
 * REMOVE the name of an arena. The arena is freed when its last user has gone.
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
 * ATTACH: make the open file a client of an arena, for the calling process.
 *
 *	EBUSY	the file is a client already
 *	EACCES	the file is not open for reading and writing, or the arena's
 *		mode does not permit the role
 *	ENOENT	no arena has this name in the caller's network namespace
 *	EBADF	.arena_fd is not open (not an arena's: EINVAL)
 *	EUSERS	the arena has .max_clients clients
 *	ENOSPC	max_bytes of the module is exceeded
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
 * for one.
 *
 *	EPERM	not a producer
 *	E2BIG	.bytes is above RRING_XXL_MAX
 *	EDQUOT	the client's quota was used up until the deadline
 *	ENOSPC	no slot was free, and the deadline is 0; the pool has no slots;
 *		or max_bytes is exceeded, and no slot of the pool is in use:
 *		there is no memory to wait for
 *	ENOMEM
 */
struct rring_refill {
	__u32 size;
	__u32 pool;			/* enum rring_class */
	__u32 count;			/* in: how many to lend at most; XXL: 1.
					 * out: lent; 0: none is free, but the
					 * magazine has some, or is full
					 */
	__u32 flags;			/* 0 */
	__u64 deadline;
	__u64 bytes;			/* XXL: size of the event; else 0 */
};

/*
 * RING_OPEN: become the writer of a new ring or, if the name is in use, of that
 * ring, at the position where its last writer stopped.
 *
 *	EPERM		not a producer
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
	__u32 stride;			/* INLINE: bytes per payload, a multiple
					 * of RRING_LINE; HANDLES: 0
					 */
	__u32 retain;			/* entries kept for late joiners, less
					 * than .capacity; OVERWRITE: 0
					 */
	__u32 reserved;
	__u64 stall_ns;			/* lap readers that stall for longer;
					 * 0: never; below 2^63; OVERWRITE: 0
					 */
	/* out */
	__u32 ring;			/* id, from 1 */
	__u32 incarnation;
	__u64 head;			/* position of the next entry */
};

/*
 * RING_CLOSE: stop writing. A ring without readers is removed.
 *
 *	ENXIO	no such ring
 *	EPERM	not the ring's writer
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
					 * oldest entry kept nor beyond the head
					 */
};

/*
 * READER_JOIN: become a reader of a ring. A named reader that is away goes on
 * at its position or, if it was lapped and that is higher, at the oldest entry
 * kept. A cursor is free only if its .pos is 0: after a reader has left, the
 * client sets .told and then .pos of the reader's cursor back to 0.
 *
 *	ENOENT	no ring has this name
 *	ENXIO	no ring has this id
 *	EPERM	the client's role is OBSERVER, and the reader would gate
 *	EINVAL	also: .ring_name is empty, and .ring is 0; a gating reader of an
 *		OVERWRITE ring; an observer with a name
 *	EBUSY	a client uses the name of the reader
 *	EACCES	the name belongs to another user
 *	ENOSPC	the ring has RRING_READERS readers, or no cursor of the client
 *		is free
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
 * READER_LEAVE: a named reader freezes, and goes on gating without a client
 * unless it was lapped; a nameless one is removed.
 *
 *	ENXIO	no such ring or reader
 *	EPERM	a reader of another client, or of none
 */
struct rring_reader_leave {
	__u32 size;
	__u32 flags;
#define RRING_LEAVE_FORGET	(1u << 0) /* remove a named reader, too */
	__u32 ring;			/* id */
	__u32 reader;			/* index in the ring's .readers */
};

/*
 * READER_REJOIN: a lapped reader gates again, at its cursor or at the oldest
 * entry kept, whichever is higher.
 *
 *	EINVAL	also: the reader was not lapped
 *	ENXIO	no such ring or reader
 *	EPERM	a reader of another client, or of none
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
	 * head is above .position, .reader was lapped, or the ring has ended
	 * and .told of the reader's cursor does not say so
	 */
	RRING_WAIT_READABLE,
	/* no gating reader and no retained entry is at or below .position */
	RRING_WAIT_WRITABLE,
	/*
	 * bit c of .position stands for the client's reader with cursor c: one
	 * of these has an entry or was lapped, or the rings of all have ended
	 * and .told of one of the cursors does not say so
	 */
	RRING_WAIT_ANY,
	/*
	 * as WRITABLE, but EPIPE if the ring that the client reads with the
	 * cursor .reader has ended
	 */
	RRING_WAIT_PEER,
};

/*
 * WAIT. For WRITABLE and PEER the kernel also laps readers that stall for
 * .stall_ns, even if the deadline is 0.
 *
 *	ENXIO	no such ring or reader
 *	EPERM	the reader belongs to another client; the client is not the
 *		ring's writer
 */
struct rring_wait {
	__u32 size;
	__u32 what;			/* enum rring_wait_for */
	__u32 ring;			/* id; ANY: 0 */
	__u32 reader;			/* READABLE: index in .readers; PEER:
					 * index of a cursor; ANY: 0
					 */
	__u64 position;			/* ANY: a mask, not 0 */
	__u64 deadline;
};

/*
 * WAKE: lower the waiters flags that .flags names, and wake the tasks that wait
 * for what these flags stand for. Does no harm if no task waits.
 *
 *	ENXIO	no such ring; tasks that wait for .pools are woken all the same
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

/* POOL_STAT: count the slots of a pool, while clients go on. */
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
 * RECLAIM: sweep some slots now, and free those that no ledger, magazine or
 * window names.
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
