/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MPL-2.0 */
/*
 * The ABI of /dev/rusted_ring: ioctls, mmap regions and what lies in them.
 *
 * Every shared word is written by exactly one party. Each mmap region below
 * belongs to one party, and the page tables give everybody else read-only
 * access to it, or none:
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

#define RRING_ABI_VERSION	1
#define RRING_MAGIC		0x474e4952u	/* "RING" */
#define RRING_LINE		64
#define RRING_PAGE		4096
#define RRING_NAME_MAX		32		/* with the closing zero */

/*
 * Size classes, a pool each. The slots of XXL are places: each gets as many
 * pages of its own as its event needs, for as long as the event is.
 */
enum rring_class {
	RRING_XS,	/*    64 bytes */
	RRING_S,	/*   256 bytes */
	RRING_M,	/*  1024 bytes */
	RRING_L,	/*  4096 bytes */
	RRING_XL,	/* 16384 bytes */
	RRING_XXL,	/* up to RRING_XXL_MAX */
	RRING_POOLS,	/* how many pools there are */
};

/* What a client may do. */
enum rring_role {
	RRING_OBSERVER,	/* read; never holds a writer back */
	RRING_CONSUMER,	/* and read with a gating cursor */
	RRING_PRODUCER,	/* and allocate, fill payload, write rings */
};

#define RRING_POOL_CAPACITY_MAX	(1u << 24)	/* slots */
#define RRING_XXL_CAPACITY_MAX	4096u		/* places */
#define RRING_XXL_MAX		(1u << 30)	/* bytes */
#define RRING_CLIENTS_MAX	255
#define RRING_RINGS_MAX		255
#define RRING_RING_CAPACITY_MAX	(1u << 24)
#define RRING_STRIDE_MIN	64
#define RRING_STRIDE_MAX	16384
#define RRING_CURSORS		64	/* readers per client */
#define RRING_READERS		240	/* readers per ring */
#define RRING_RECLAIM_MAX	4096u		/* slots in one RECLAIM */
#define RRING_MAGAZINE_SLOTS	128	/* free slots lent to a client, a pool */
#define RRING_RECENT_LISTS	4	/* of recent drops, a client and pool */

/* Shared words: only for the accessors of <rusted_ring/atomic.h>. */
typedef struct {
	__u64 value;
} rring_word_t;		/* anything that its one writer may change at will */

typedef struct {
	__u64 value;
} rring_seq_t;		/* a head, tail or cursor: it only grows */

typedef struct {
	__u32 value;
} rring_flag_t;		/* a 32-bit word of the kernel's */

/*
 * A handle names one use of one slot:
 *	63..32 generation (never 0), 31..29 size class, 28..0 slot index
 */
#define RRING_HANDLE_CLASS_SHIFT	29
#define RRING_HANDLE_GENERATION_SHIFT	32

/* What a producer writes beside a payload. */
struct rring_event_header {
	__u32 len;
	__u32 event_type;
};

/* As .len of an entry: its writer gave it up, so that it is no event. */
#define RRING_LEN_NONE		(~0u)

/* ---- mmap regions ---- */

enum rring_region_type {
	RRING_REGION_ARENA = 1,
	RRING_REGION_LEDGER,
	RRING_REGION_MAGAZINE,
	RRING_REGION_CURSORS,	/* index: client id; 0: the kernel's */
	RRING_REGION_PAYLOAD,
	RRING_REGION_RING,	/* index: ring id */
	RRING_REGION_XXL,	/* index: slot; while it is in use */
};

#define RRING_OFF_REGION_SHIFT	52
#define RRING_OFF_INDEX_SHIFT	40
#define RRING_OFF(region, index)				\
	(((__u64)(region) << RRING_OFF_REGION_SHIFT) |		\
	 ((__u64)(index) << RRING_OFF_INDEX_SHIFT))

/*
 * ARENA: the page of struct rring_arena_info, a page per ring, generations,
 * and the bytes of each XXL region, 0 if there is none. A generation reads as 0
 * while a sweep decides whether it is over.
 */

struct rring_pool_info {
	__u32 slot_size;	/* bytes; 0: XXL */
	__u32 capacity;		/* slots */
	__u32 slot_base;	/* index of slot 0 in ledgers and generations */
	__u32 batch;		/* what one REFILL should ask for */
	__u64 payload_offset;	/* in PAYLOAD: slot 0; slots lie one by one */
	__u64 header_offset;	/* in PAYLOAD: its struct rring_event_header */
	__u64 refills;		/* REFILLs that lent at least one slot */
	__u64 lent;		/* slots lent since the arena exists */
	__u64 reclaimed;	/* slots that sweeps have freed */
	__u64 failures;		/* REFILLs that lent nothing */
};

struct rring_arena_info {
	__u32 magic;
	__u32 abi_version;
	__u32 features;		/* 0 so far */
	__u32 max_clients;
	__u32 max_rings;
	__u32 slots;		/* of all pools together */
	__u64 ring_info_offset;
	__u64 generation_offset;
	__u64 size;		/* of this region */
	__u64 payload_size;
	__u64 xxl_offset;	/* a rring_word_t for each slot of XXL */

	rring_flag_t pool_waiters; /* bit per class: somebody waits for a slot */
	__u8 reserved1[60];

	struct rring_pool_info pool[RRING_POOLS];

	__u64 deaths;		/* clients that ended, however */
	__u64 dead_holds;	/* slots that ended clients still held */
	__u64 laps;		/* gating readers that were lapped */
	__u64 wakes;
	__u64 ledger_size;	/* of that region */
	__u64 recent_offset[RRING_POOLS];  /* in LEDGER: lists of recent drops */
	__u32 recent_entries[RRING_POOLS]; /* of each: a power of two, or 0 */
	__u8 reserved2[528];

	rring_flag_t client_serial[RRING_CLIENTS_MAX + 1]; /* 0: no such one */
	__u8 reserved3[1920];
};

enum rring_kind {
	RRING_INLINE,		/* entries carry the payload */
	RRING_HANDLES,		/* entries carry handles */
};

enum rring_policy {
	RRING_BLOCK,		/* a full ring: the writer waits */
	RRING_FAIL,		/* it gets -EAGAIN */
	RRING_OVERWRITE,	/* it goes on; readers count their losses */
};

enum rring_ring_state {
	RRING_RING_NONE,
	RRING_RING_OPEN,	/* has a writer */
	RRING_RING_ENDED,	/* has none: end of stream at .end */
	RRING_RING_AWAITED,	/* has none: it goes on at .end with the next */
};

enum rring_reader_state {
	RRING_READER_NONE,
	RRING_READER_JOINING,	/* gating at .start; about to be LIVE */
	RRING_READER_LIVE,	/* gating at max(.start, its cursor) */
	RRING_READER_FROZEN,	/* named and away: gating at .start */
	RRING_READER_LAPPED,	/* stalled too long: not gating any more */
	RRING_READER_OBSERVER,	/* never gating */
};

/* One reader as the ring's writer sees it. */
struct rring_reader_info {
	/* 63..32 serial, 31..16 client id, 15..8 cursor, 7..0 state */
	rring_word_t ref;
	rring_seq_t start;
};

/* Why a writer that cannot wait, the kernel, dropped an event. */
enum rring_drop_reason {
	RRING_DROP_FULL,	/* gating readers hold the ring, or a reservation */
	RRING_DROP_BUSY,	/* an NMI met another context in the writer */
	RRING_DROP_NO_SLOT,	/* the pool was dry, or not refilled in time */
	RRING_DROP_TOO_LARGE,
	RRING_DROPS,
};

/* Bits of rring_ring_info.waiters. */
#define RRING_READERS_WAIT	(1u << 0)
#define RRING_WRITER_WAITS	(1u << 1)

struct rring_ring_info {
	/* fixed while the ring exists */
	__u32 kind;
	__u32 policy;
	__u32 capacity;		/* entries */
	__u32 stride;		/* bytes an inline payload may take, else 0 */
	__u32 retain;		/* entries kept for late joiners */
	__u32 reserved0;
	__u64 entry_offset;	/* in RING: entries (metadata of INLINE) */
	__u64 data_offset;	/* in RING: payloads of INLINE */
	__u64 size;		/* of the RING region */
	__u64 stall_ns;		/* a reader stalled this long is lapped; 0: no;
				 * what is not 0 can be set to what is not 0
				 */
	__u64 reserved1;

	/* changed by the kernel */
	rring_flag_t state;
	rring_flag_t incarnation; /* grows when a new writer takes over */
	rring_flag_t waiters;
	rring_flag_t readers_end; /* readers[] in use lie below */
	rring_seq_t end;	/* valid while it has no writer */
	__u32 writer;		/* client id, 0: the kernel */
	rring_flag_t joins;	/* grows when a reader begins to gate */
	__u8 reserved2[32];

	char name[RRING_NAME_MAX];
	rring_word_t dropped[RRING_DROPS]; /* events, while the kernel writes */
	__u8 reserved3[64];

	struct rring_reader_info readers[RRING_READERS];
};

/*
 * LEDGER: a page of magazine tails and of ends of lists, then a word per slot,
 * then the lists: per pool RRING_RECENT_LISTS times .recent_entries slots, as
 * __u32, that the client has let go of lately. They say where it is worth
 * while to look for free slots; what is missing, or wrong, costs time alone.
 */

struct rring_tail {
	rring_seq_t pos;	/* magazine entries below are taken */
	__u8 reserved[56];
};

struct rring_recent {
	rring_seq_t pos;	/* list entries below were written, modulo all */
	__u8 reserved[56];
};

struct rring_tails {
	struct rring_tail tail[RRING_POOLS];
	struct rring_recent recent[RRING_POOLS][RRING_RECENT_LISTS];
	__u8 reserved[2176];
};

/*
 * A ledger word: 63..32 moves (grows with every change), 31 aside,
 * 30..14 holds, 13 private, 12..0 in_flight.
 * The kernel looks at moves, in_flight and holds alone. Private: allocated
 * here, and nobody else knows the handle. Aside: not for the library's short
 * paths, as it is parked (private, dropped, and kept for the next allocation),
 * or a slot of XXL.
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

/* MAGAZINE: one per pool. */

struct rring_magazine {
	rring_seq_t head;	/* magazine entries below are lent */
	__u8 reserved[56];
	__u64 handle[RRING_MAGAZINE_SLOTS];
};

struct rring_magazines {
	struct rring_magazine pool[RRING_POOLS];
	__u8 reserved[1664];
};

/* CURSORS: one per reader of the client. */

struct rring_cursor {
	rring_seq_t pos;	/* entries below are released */
	__u8 reserved[56];
};

struct rring_cursors {
	struct rring_cursor cursor[RRING_CURSORS];
};

/* RING: a page with the head, then entries. */

struct rring_ring_head {
	rring_seq_t head;	/* entries below are committed */
	__u8 reserved1[120];

	/* on another line than what readers wait for */
	rring_seq_t claim;	/* entries below may be being overwritten */
	rring_seq_t drops;	/* entries for which there was no room */
	rring_seq_t passed;	/* none below is kept for who joins */
	__u8 reserved2[3944];
};

struct rring_entry {		/* of HANDLES */
	__u64 handle;
	struct rring_event_header header;
};

/* ---- ioctls ----
 *
 * Each struct begins with its size, may grow at its end, and is zero where a
 * field is reserved or a newer one is not used. A deadline is an absolute
 * CLOCK_MONOTONIC time in nanoseconds; 0: do not wait; RRING_FOREVER.
 */

#define RRING_FOREVER		(~0ull)

struct rring_create {
	__u32 size;
	__u32 flags;
#define RRING_CREATE_PERSIST	(1u << 0) /* stays until REMOVE */
	char name[RRING_NAME_MAX];	/* empty: anonymous */
	__u32 capacity[RRING_POOLS];
	__u32 max_clients;		/* 0: 64 */
	__u32 max_rings;		/* 0: 64 */
	__u32 quota;			/* percent of a pool for one client; 0: 100 */
	__u32 mode;			/* r: observe, x: consume, w: produce */
	__u32 uid;			/* ~0: the caller's */
	__u32 gid;			/* ~0: the caller's */
};

struct rring_remove {
	__u32 size;
	__u32 reserved;
	char name[RRING_NAME_MAX];
};

struct rring_attach {
	__u32 size;
	__u32 role;
	__s32 arena_fd;			/* -1: by name */
	__u32 flags;			/* 0 */
	char name[RRING_NAME_MAX];
	/* out */
	__u32 client;
	__u32 serial;
	__u64 arena_size;
	__u64 payload_size;
	__u64 ledger_size;
	__u64 magazine_size;
};

struct rring_refill {
	__u32 size;
	__u32 pool;
	__u32 count;			/* in: wanted, out: lent; XXL: 1 */
	__u32 flags;			/* 0 */
	__u64 deadline;
	__u64 bytes;			/* XXL: the event is to have; else 0 */
};

struct rring_ring_open {
	__u32 size;
	__u32 flags;			/* 0 */
	char name[RRING_NAME_MAX];	/* empty: nameless */
	__u32 kind;
	__u32 policy;
	__u32 capacity;
	__u32 stride;
	__u32 retain;
	__u32 reserved;
	__u64 stall_ns;
	/* out */
	__u32 ring;
	__u32 incarnation;
	__u64 head;			/* where writing goes on */
};

struct rring_ring_close {
	__u32 size;
	__u32 ring;
	__u32 flags;
#define RRING_CLOSE_AWAIT	(1u << 0) /* not the end: another will write */
	__u32 reserved;
};

enum rring_start {
	RRING_START_NEWEST,		/* what is published from now on */
	RRING_START_OLDEST,		/* what is still kept */
	RRING_START_AT,			/* at .position, or the next one kept */
};

struct rring_reader_join {
	__u32 size;
	__u32 flags;
#define RRING_JOIN_OBSERVER	(1u << 0)
	char ring_name[RRING_NAME_MAX];	/* empty: by .ring */
	char name[RRING_NAME_MAX];	/* of the reader; empty: nameless */
	__u32 ring;			/* in/out */
	__u32 start;
	__u64 position;			/* in/out */
	/* out */
	__u32 reader;
	__u32 cursor;
	__u64 ref;
	__u32 incarnation;
	__u32 resumed;			/* 1: goes on where the name stood */
	__u64 lost;			/* by a name that was lapped while away */
};

struct rring_reader_leave {
	__u32 size;
	__u32 flags;
#define RRING_LEAVE_FORGET	(1u << 0) /* the name, too */
	__u32 ring;
	__u32 reader;
};

/* A lapped reader goes on at the oldest entry kept. */
struct rring_reader_rejoin {
	__u32 size;
	__u32 ring;
	__u32 reader;
	__u32 reserved;
	__u64 position;			/* out */
	__u64 ref;			/* out */
	__u64 lost;			/* out: entries between its cursor and that */
};

enum rring_wait_for {
	RRING_WAIT_READABLE,		/* head beyond .position, end, or lapped */
	RRING_WAIT_WRITABLE,		/* every gating cursor beyond .position */
	RRING_WAIT_ANY,			/* .position: bit per own cursor */
	RRING_WAIT_PEER,		/* WRITABLE, or cursor .reader at its end */
};

struct rring_wait {
	__u32 size;
	__u32 what;
	__u32 ring;
	__u32 reader;			/* of READABLE; of PEER: a cursor */
	__u64 position;
	__u64 deadline;
};

struct rring_wake {
	__u32 size;
	__u32 flags;
#define RRING_WAKE_READERS	RRING_READERS_WAIT
#define RRING_WAKE_WRITER	RRING_WRITER_WAITS
#define RRING_WAKE_POOLS	(1u << 2)
	__u32 ring;
	__u32 pools;			/* bit per class */
};

struct rring_pool_stat {
	__u32 size;
	__u32 pool;
	__u32 flags;
#define RRING_STAT_SWEEP	(1u << 0) /* free all that can be freed first */
	__u32 capacity;			/* this and all below: out */
	__u32 free;
	__u32 lent;			/* in magazines */
	__u32 held;			/* by at least one client */
	__u32 charged;			/* to the caller's quota */
	__u32 in_flight;		/* in the window of at least one ring */
	__u32 high_water;		/* the most that were not free at once */
	__u64 failures;			/* REFILLs that lent nothing */
};

/* Free those of some slots that nobody has, now and not when they are needed. */
struct rring_reclaim {
	__u32 size;
	__u32 pool;
	__u32 first;			/* slot */
	__u32 count;			/* in: slots, out: freed */
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
