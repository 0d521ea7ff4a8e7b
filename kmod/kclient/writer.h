/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KWRITER_H
#define KWRITER_H

#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/rusted_ring.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "../core/compat.h"
#include "writer_stock.h"

struct rring_kwriter;
struct kring_reader;

/* Entries that one context handles before it lets others run. */
#define KWRITER_BATCH	256

/* A position, and its index in the ring: the position modulo the capacity. */
struct kwriter_position {
	u64 pos;
	u32 index;
};

/* The writer's copy of a reader's state. Under .lock. */
struct kwriter_cursor {
	const rring_seq_t *cursor;	/* NULL: the reader is at .start */
	u64 start;			/* the reader is here or above */
	bool gates;
};

/* How a reservation ended: the lowest bit of the entry's mark. */
enum kwriter_outcome {
	KWRITER_COMMITTED,
	KWRITER_DISCARDED,
};

/*
 * A kernel writer.
 *
 * Locking. .reserved, .mark[], and the claim and the head in the ring's page
 * change by atomic exchanges, without a lock.
 *
 * .lock protects the copies of the readers' state, the window, the stock, and
 * stores to .limit. It is a raw spinlock, taken with interrupts off, and no
 * other lock is taken under it, so a holder of any lock of the kernel may take
 * it. A context that interrupts a holder of .lock on the same CPU cannot take
 * .lock: it fails with -EBUSY or goes on without the lock. The same is true for
 * an NMI while another CPU holds .lock.
 *
 * .wake_lock protects .sleeper[]: a client is not freed while it is being
 * woken. Locks of wait queues and of run queues are taken under it, so reserve,
 * commit and discard never take it.
 *
 * Readers join and leave under the arena's lock; .lock and .wake_lock are taken
 * under that lock.
 */
struct rring_kwriter {
	struct kring_arena *arena;	/* a reference */
	struct kring_client *kernel;	/* client 0, one use */
	struct kring_ring *ring;	/* a reference */
	struct rring_ring_info *info;
	struct rring_ring_head *page;
	struct rring_entry *entries;		/* RRING_HANDLES, else NULL */
	struct rring_event_header *headers;	/* RRING_INLINE, else NULL */
	void *data;			/* RRING_INLINE: payloads */
	u64 *mark;			/* last mark of each entry, by index */
	u64 reciprocal;			/* (2^64 - 1) / capacity */
	u32 capacity;
	u32 stride;
	u32 retain;
	bool overwrites;
	u64 begin;			/* the head when it was opened */
	u64 dropped_before[RRING_DROPS]; /* of the ring, when it was opened */
	rring_seq_t limit;		/* positions below can be reserved */

	/*
	 * Position of the next reservation. Goes back by 1 if the latest
	 * reservation is discarded.
	 */
	atomic64_t reserved ____cacheline_aligned_in_smp;
	/* discarded events whose positions the head has passed */
	atomic64_t discards_skipped;
	/* discarded events whose positions were given back */
	atomic64_t discards_undone;

	raw_spinlock_t lock ____cacheline_aligned_in_smp;
	/* a context of this CPU holds or awaits .lock */
	bool __percpu *lock_busy;
	struct kwriter_position settled;	/* entries below are settled */
	u64 low;			/* lower end of the window, as found */
	struct kwriter_cursor reader[RRING_READERS];
	struct kwriter_stock stock[RRING_KWRITER_CLASSES];
	bool refill_active;		/* a refill is due, queued or runs */
	bool refill_requested;		/* .irq must queue the refill */

	spinlock_t wake_lock;		/* protects .sleeper[] */
	/* by reader id: the client to wake; NULL: none */
	struct kring_client *sleeper[RRING_READERS];

	struct irq_work irq;
	struct delayed_work refill;
	/* if set, slot_freed() queues .refill. Only .refill writes this */
	bool awaiting_slots;
};

u32 kwriter_advance(struct rring_kwriter *kw);
bool kwriter_window_trylock(struct rring_kwriter *kw, unsigned long *flags);
unsigned long kwriter_window_lock(struct rring_kwriter *kw);
void kwriter_window_unlock(struct rring_kwriter *kw, unsigned long flags);
u64 kwriter_window_settle(struct rring_kwriter *kw);
void kwriter_window_settle_all(struct rring_kwriter *kw);
bool kwriter_window_has_room(struct rring_kwriter *kw);
void kwriter_window_add_readers(struct rring_kwriter *kw);

#endif /* KWRITER_H */
