/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * API for other kernel modules. A module can write events into a ring in any
 * context, and read a ring in process context. Documentation/kernel.rst is the
 * guide. The kernel-doc of each function is at its definition, in kmod/kclient:
 * writer.c, writer_reserve.c, reader.c.
 */
#ifndef _LINUX_RUSTED_RING_H
#define _LINUX_RUSTED_RING_H

#include <uapi/linux/rusted_ring.h>

/*
 * A program includes this file, too, if include/ comes before include/uapi/ in
 * its search path. The program then gets only the ABI.
 */
#ifdef __KERNEL__

struct net;
struct rring_kreader;
struct rring_kwriter;

/* A kernel writer allocates no XXL events: its classes are XS to XL. */
#define RRING_KWRITER_CLASSES	(RRING_XL + 1)
#define RRING_KWRITER_STOCK_MAX	4096	/* most slots per class in stock */

/**
 * struct rring_kwriter_config - argument of rring_kwriter_open()
 * @net: network namespace in which the arena is looked up; NULL stands for the
 *	initial one. rring_kwriter_open() uses it during the call, and keeps no
 *	reference
 * @arena: name of the arena. If it is NULL, @arena_fd says which arena
 * @arena_fd: descriptor of the arena in the calling task, if @arena is NULL
 * @ring: name of the ring. If it is NULL, the ring has no name
 * @kind: RRING_INLINE: payloads lie in the ring. RRING_HANDLES: payloads lie in
 *	slots of the arena's pools, and readers can hold these slots
 * @policy: what happens if the ring is full. RRING_FAIL: the new event is
 *	dropped. RRING_OVERWRITE: the new event overwrites the oldest one, and
 *	readers count what they lose. RRING_BLOCK: the open fails with -EINVAL,
 *	because a kernel writer cannot wait for room
 * @capacity: number of entries, 1 to RRING_RING_CAPACITY_MAX
 * @stride: in an inline ring, the largest payload in bytes, a multiple of 64
 *	from RRING_STRIDE_MIN to RRING_STRIDE_MAX. In a ring of handles it must
 *	be 0
 * @retain: number of entries that the ring keeps for readers that join late,
 *	less than @capacity. With RRING_OVERWRITE it must be 0; such a ring
 *	always keeps the last @capacity entries
 * @stock: in a ring of handles, how many free slots of each size class a worker
 *	keeps ready for reservations, up to RRING_KWRITER_STOCK_MAX and to the
 *	pool's capacity. The writer does not use a class with 0: each event
 *	takes a slot of the smallest class that is used and large enough. If all
 *	classes have 0, the worker keeps a quarter of each pool, at least 1 and
 *	at most 16 slots. An inline ring ignores @stock
 * @type: name of the type of the events, such as "struct tick", up to 63
 *	characters. If it is NULL, no type is given. The ring that the open
 *	creates keeps the type. If the ring exists, it must have this type
 * @type_size: size of @type in bytes, 0 if @type is NULL. Each event should be as
 *	long or longer; this is not checked
 *
 * The caller owns all strings and @net, and may free them after the call.
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
	const char *type;
	u32 type_size;
};

/**
 * struct rring_kevent - an event between reserve and commit or discard
 * @data: memory for the payload, 64-byte aligned. Until commit or discard the
 *	caller may write as many bytes as it asked rring_kwriter_reserve() for
 * @len: bytes of the payload; the caller may lower it before commit
 * @event_type: type of the event; the caller may change it before commit
 * @handle: internal to the kernel writer; the caller does not change it
 * @position: internal to the kernel writer; the caller does not change it
 * @index: internal to the kernel writer; the caller does not change it
 *
 * The caller provides the structure; rring_kwriter_reserve() fills it.
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
 * struct rring_kwriter_stat - counts of a writer's events since it was opened
 * @sent: committed events that became visible to readers
 * @discarded: events that were reserved, then discarded
 * @dropped: reservations that failed, a count for each enum rring_drop_reason.
 *	Readers find such counts in .dropped of the ring's struct
 *	rring_ring_info; these include the drops of the ring's earlier kernel
 *	writers
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
 * struct rring_kentry - the event that a kernel reader looks at
 * @data: the payload, @len bytes. rring_kreader_peek() stores the address of
 *	the shared memory itself, 64-byte aligned, which is valid until
 *	rring_kreader_release() or rring_kreader_close(). A process can change
 *	this memory at any time, so two reads of one byte can differ;
 *	rring_kreader_copy() makes a stable copy. A callback gets the address of
 *	a copy that no process changes, and that is valid until the callback
 *	returns; NULL if the payload has more than 16 KiB
 * @len: bytes of the payload. The memory at @data has as many bytes, unless
 *	@data is NULL
 * @event_type: type of the event, as the writer stored it
 * @position: position of the entry in the ring. It grows with each event, by
 *	more than 1 if entries were lost, refused or skipped
 * @handle: the event's handle; 0 in an inline ring
 *
 * The kernel itself counts @position. The kernel has checked that @data and
 * @len are in bounds. All else comes from a process that may be hostile:
 * validate the payload, @len, @event_type and @handle like any input from user
 * space.
 */
struct rring_kentry {
	const void *data;
	u32 len;
	u32 event_type;
	u64 position;
	u64 handle;
};

/**
 * enum rring_refusal - why a kernel reader refused an entry or a head
 * @RRING_REFUSE_HEAD: the head was more than a lap ahead of a gating reader. No
 *	honest writer stores such a head. The reader goes on at the head
 * @RRING_REFUSE_LEN: the length exceeds the stride, the slot or the XXL region
 * @RRING_REFUSE_HANDLE: the handle has no valid class, slot or generation
 * @RRING_REFUSE_STALE: the slot no longer has the generation of the handle,
 *	although the writer must wait until this gating reader has released the
 *	entry. So the writer is hostile. An observer counts such an entry as
 *	lost
 * @RRING_REFUSALS: number of reasons
 */
enum rring_refusal {
	RRING_REFUSE_HEAD,
	RRING_REFUSE_LEN,
	RRING_REFUSE_HANDLE,
	RRING_REFUSE_STALE,
	RRING_REFUSALS,
};

/**
 * struct rring_kreader_config - argument of rring_kreader_open()
 * @net: network namespace in which the arena is looked up; NULL stands for the
 *	initial one. rring_kreader_open() uses it during the call, and keeps no
 *	reference
 * @arena: name of the arena. If it is NULL, @arena_fd says which arena
 * @arena_fd: descriptor of the arena in the calling task, if @arena is NULL
 * @ring: name of the ring. If it is NULL, @ring_id says which ring
 * @ring_id: number of the ring, from 1, if @ring is NULL
 * @name: name of the reader. If it is NULL, the reader has no name. A named
 *	reader that is closed without RRING_LEAVE_FORGET stays in the ring, and
 *	still gates there unless it was lapped. The next reader that root or the
 *	kernel opens with this name goes on at the position of the closed one
 * @flags: 0 for a gating reader, which holds the writer back. The writer can
 *	lap it if the ring has a stall limit. RRING_JOIN_OBSERVER for an
 *	observer, which does not hold the writer back and can be overtaken.
 *	RRING_JOIN_RESUME for a gating reader that goes on under @name, or is
 *	not opened
 * @start: where the reader begins; with RRING_START_AT, at @position. If the
 *	ring already knows @name, the reader goes on at the position of that
 *	name, and @start is not used
 * @position: position at which the reader begins, if @start is RRING_START_AT
 * @event: callback for each event, in order. A thread of the reader calls it,
 *	perhaps before rring_kreader_open() returns. The callback may sleep and
 *	may call rring_kreader_copy(). If the payload has more than 16 KiB, and
 *	its slot is reused or the entry is overwritten before @event returns,
 *	the event counts as refused or lost and not as received. If @event is
 *	NULL, the reader has no thread, and the caller calls
 *	rring_kreader_peek()
 * @ended: callback for the end of the stream. The reader's thread calls it once
 *	for each end that the thread finds: the stream can end several times,
 *	because another writer may take over the ring. The callback may sleep.
 *	If @ended is NULL, the thread calls nothing. @ended must be NULL if
 *	@event is NULL; otherwise the open fails with -EINVAL
 * @context: first argument of @event and @ended
 * @type: name of the type that the ring must have, or NULL: any
 * @type_size: size of @type in bytes, 0 if @type is NULL. A process may publish
 *	events that are shorter: check @len of each entry
 *
 * The caller owns all strings and @net, and may free them after the call.
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
	const char *type;
	u32 type_size;
};

/**
 * struct rring_kreader_stat - counts of a reader's entries since it was opened
 * @received: entries that the callback got, or for which
 *	rring_kreader_release() returned 0
 * @lost: entries that were overwritten before they were received, because the
 *	reader was overtaken or lapped, and entries that a named reader lost
 *	while it was closed
 * @skipped: entries that their writer discarded
 * @refused: a count for each enum rring_refusal. RRING_REFUSE_HEAD counts
 *	heads, each of which moved @position by more than a lap. The other
 *	reasons count entries
 * @position: position of the next entry. All entries below @position were
 *	received, lost, skipped or refused
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
