/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * rusted_ring for other modules: the kernel as the writer of a ring, from any
 * context, and as a reader of one. Documentation/kernel.rst is the guide.
 */
#ifndef _LINUX_RUSTED_RING_H
#define _LINUX_RUSTED_RING_H

#include <uapi/linux/rusted_ring.h>

#ifdef __KERNEL__	/* a program that is built in this tree may get here */

struct net;
struct rring_kreader;
struct rring_kwriter;

/* Size classes that the kernel's events can have. */
#define RRING_KWRITER_CLASSES	(RRING_XL + 1)
#define RRING_KWRITER_STOCK_MAX	4096

/**
 * struct rring_kwriter_config - what rring_kwriter_open() is to open
 * @net: network namespace of the arena's name; NULL: the initial one. Looked
 *	at during the call alone
 * @arena: name of the arena; NULL: @arena_fd stands for it
 * @arena_fd: an arena's descriptor, of the calling task
 * @ring: name of the ring; NULL: it has none
 * @kind: RRING_INLINE: payloads lie in the ring; RRING_HANDLES: in slots of
 *	the arena's pools, which readers may hold
 * @policy: RRING_FAIL: an event that finds the ring full is dropped;
 *	RRING_OVERWRITE: the oldest is, and readers count what they lose.
 *	RRING_BLOCK is refused
 * @capacity: entries, 1 to RRING_RING_CAPACITY_MAX
 * @stride: RRING_INLINE: bytes of the largest payload, a multiple of 64 up to
 *	RRING_STRIDE_MAX; RRING_HANDLES: 0
 * @retain: entries that are kept for readers that join late, less than
 *	@capacity; RRING_OVERWRITE: 0, as it keeps one lap
 * @stock: RRING_HANDLES: for each size class, how many free slots to have at
 *	hand, up to RRING_KWRITER_STOCK_MAX: what interrupts can use before a
 *	worker has run. 0: none, larger ones are taken. All 0: 16 of each pool,
 *	but no more than a quarter of it
 */
struct rring_kwriter_config {
	struct net *net;
	const char *arena;
	int arena_fd;
	const char *ring;
	enum rring_kind kind;
	enum rring_policy policy;
	u32 capacity;
	u32 stride;
	u32 retain;
	u32 stock[RRING_KWRITER_CLASSES];
};

/**
 * struct rring_kevent - an event between reserve and commit
 * @data: where the payload goes, @len bytes; 64-byte aligned
 * @len: may be lowered before commit
 * @event_type: may be changed before commit
 * @handle: private
 * @position: private
 * @index: private
 */
struct rring_kevent {
	void *data;
	u32 len;
	u32 event_type;
	u64 handle;
	u64 position;
	u32 index;
};

/**
 * struct rring_kwriter_stat - what became of a writer's events
 * @sent: readers can see them, or could
 * @discarded: were reserved and given up
 * @dropped: were refused, by enum rring_drop_reason. Readers find the same
 *	numbers in the ring's struct rring_ring_info, unless another writer has
 *	counted there before
 */
struct rring_kwriter_stat {
	u64 sent;
	u64 discarded;
	u64 dropped[RRING_DROPS];
};

struct rring_kwriter *
rring_kwriter_open(const struct rring_kwriter_config *config);
void rring_kwriter_close(struct rring_kwriter *kw, u32 flags);
int rring_kwriter_reserve(struct rring_kwriter *kw, u32 len, u32 event_type,
			  struct rring_kevent *event);
void rring_kwriter_commit(struct rring_kwriter *kw,
			  const struct rring_kevent *event);
void rring_kwriter_discard(struct rring_kwriter *kw,
			   const struct rring_kevent *event);
int rring_kwriter_write(struct rring_kwriter *kw, const void *data, u32 len,
			u32 event_type);
void rring_kwriter_stat(struct rring_kwriter *kw,
			struct rring_kwriter_stat *stat);
u32 rring_kwriter_ring(const struct rring_kwriter *kw);

/* ---- readers ---- */

/**
 * struct rring_kentry - an event that a kernel reader looks at
 * @data: the payload, @len bytes, 64-byte aligned; for rring_kreader_peek()
 *	where it lies, until rring_kreader_release(): its writer may change it
 *	meanwhile, so that nothing read here twice is the same.
 *	rring_kreader_copy() is the safe way. In a callback, a copy, which stays
 *	as it is until that returns; NULL if it is of more than 16 KiB
 * @len: bytes of the payload
 * @event_type: as its writer says
 * @position: in the ring. It grows, by more than 1 where something was lost,
 *	refused or skipped
 * @handle: RRING_HANDLES: what it is in the arena; else 0
 *
 * All of it but @position is a user's: check it as such.
 */
struct rring_kentry {
	const void *data;
	u32 len;
	u32 event_type;
	u64 position;
	u64 handle;
};

/**
 * enum rring_refusal - why an entry, or a head, was none
 * @RRING_REFUSE_HEAD: the head was more than a lap ahead of a gating reader,
 *	which went on there
 * @RRING_REFUSE_LEN: longer than what it lies in
 * @RRING_REFUSE_HANDLE: no slot can have that handle
 * @RRING_REFUSE_STALE: the slot had another event, though the ring kept it
 * @RRING_REFUSALS: how many reasons there are
 */
enum rring_refusal {
	RRING_REFUSE_HEAD,
	RRING_REFUSE_LEN,
	RRING_REFUSE_HANDLE,
	RRING_REFUSE_STALE,
	RRING_REFUSALS,
};

/**
 * struct rring_kreader_config - what rring_kreader_open() is to open
 * @net: network namespace of the arena's name; NULL: the initial one. Looked
 *	at during the call alone
 * @arena: name of the arena; NULL: @arena_fd stands for it
 * @arena_fd: an arena's descriptor, of the calling task
 * @ring: name of the ring; NULL: @ring_id is its number
 * @ring_id: number of the ring
 * @name: name of the reader: its place in the ring stays when it is closed, and
 *	holds the writer back, until the next one of that name goes on there;
 *	NULL: it has none
 * @flags: 0: it gates, the writer waits for it, or fails, or laps it after the
 *	ring's limit; RRING_JOIN_OBSERVER: the writer takes no notice of it
 * @start: where to begin; RRING_START_AT: at @position
 * @position: of RRING_START_AT
 * @event: called by a thread of the reader's for each event, in order, perhaps
 *	before rring_kreader_open() has returned; may sleep, and use
 *	rring_kreader_copy(). One without data that a liar, or an observer's
 *	writer, ends meanwhile counts as refused or lost all the same. NULL:
 *	there is no thread, the owner peeks
 * @ended: called by the thread when the stream has ended, each time that it
 *	does: another writer may take a ring over; or NULL
 * @context: first argument of both
 */
struct rring_kreader_config {
	struct net *net;
	const char *arena;
	int arena_fd;
	const char *ring;
	u32 ring_id;
	const char *name;
	u32 flags;
	enum rring_start start;
	u64 position;
	void (*event)(void *context, struct rring_kreader *kr,
		      const struct rring_kentry *entry);
	void (*ended)(void *context, struct rring_kreader *kr);
	void *context;
};

/**
 * struct rring_kreader_stat - what became of the entries of a ring
 * @received: were handed over, or released
 * @lost: were overwritten before they could be read: by a writer that an
 *	observer was too slow for, or that has lapped a reader, or its name
 * @skipped: their writer gave them up
 * @refused: were no events, by enum rring_refusal. RRING_REFUSE_HEAD counts
 *	heads, each of which moved @position; of the others each was one entry
 * @position: where it stands
 */
struct rring_kreader_stat {
	u64 received;
	u64 lost;
	u64 skipped;
	u64 refused[RRING_REFUSALS];
	u64 position;
};

struct rring_kreader *
rring_kreader_open(const struct rring_kreader_config *config);
void rring_kreader_close(struct rring_kreader *kr, u32 flags);
int rring_kreader_peek(struct rring_kreader *kr, struct rring_kentry *entry);
int rring_kreader_copy(struct rring_kreader *kr, u32 offset, void *to, u32 n);
int rring_kreader_release(struct rring_kreader *kr);
int rring_kreader_wait(struct rring_kreader *kr, u64 deadline);
void rring_kreader_stat(const struct rring_kreader *kr,
			struct rring_kreader_stat *stat);

#endif /* __KERNEL__ */

#endif /* _LINUX_RUSTED_RING_H */
