/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * rusted_ring for other modules: the kernel as the writer of a ring, from any
 * context. Documentation/kernel.rst is the guide.
 */
#ifndef _LINUX_RUSTED_RING_H
#define _LINUX_RUSTED_RING_H

#include <uapi/linux/rusted_ring.h>

#ifdef __KERNEL__	/* a program that is built in this tree may get here */

struct net;
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
 * @index: private
 */
struct rring_kevent {
	void *data;
	u32 len;
	u32 event_type;
	u64 handle;
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

#endif /* __KERNEL__ */

#endif /* _LINUX_RUSTED_RING_H */
