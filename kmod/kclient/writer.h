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

/* Most entries that one loop handles, to bound the time that it takes. */
#define KWRITER_BATCH	256

/* A position, and its index in the ring: the position modulo the capacity. */
struct kwriter_position {
	u64 pos;
	u32 index;
};

/* The writer's copy of the state of one reader. Under .lock of the writer. */
struct kwriter_cursor {
	const rring_seq_t *cursor;	/* NULL: the reader is at .start */
	u64 start;			/* the reader is here or above */
	bool gates;
};

/* How a reservation ended; stored in the lowest bit of the entry's mark. */
enum kwriter_outcome {
	KWRITER_COMMITTED,
	KWRITER_DISCARDED,
};

/*
 * A kernel writer.
 *
 * Locking. No lock protects .reserved, .mark[], and the claim and the head in
 * the ring's page: contexts change them by atomic exchanges.
 *
 * .lock protects the copies of the readers' state, the window, the stock, and
 * stores to .limit. It is a raw spinlock, taken with interrupts off. No other
 * lock is taken under it, so a caller may take it under any lock of the kernel.
 * Only an NMI or a probe of a tracer can interrupt a holder of .lock on the
 * same CPU. Such a context cannot take .lock: it fails with -EBUSY, or goes on
 * without the lock. So does an NMI while another CPU holds .lock.
 *
 * .wake_lock protects .sleeper[], so that a client is not freed while the
 * writer wakes it. The writer takes locks of wait queues and of run queues
 * under .wake_lock, so reserve, commit and discard never take .wake_lock.
 *
 * Readers join and leave under the arena's lock, and their code takes .lock and
 * .wake_lock under that lock.
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
	/* count of discarded events that readers skip, below the head */
	atomic64_t discards_skipped;
	/* count of discarded events that left no entry */
	atomic64_t discards_undone;

	raw_spinlock_t lock ____cacheline_aligned_in_smp;
	/* for each CPU: a context of that CPU holds or awaits .lock */
	bool __percpu *lock_busy;
	struct kwriter_position settled;	/* entries below are settled */
	u64 low;			/* lower end of the window, as found */
	struct kwriter_cursor reader[RRING_READERS];
	struct kwriter_stock stock[RRING_KWRITER_CLASSES];
	bool refill_active;		/* a refill is due, queued or runs */
	bool refill_requested;		/* .irq must queue the refill */

	spinlock_t wake_lock;		/* protects .sleeper[] */
	/* by reader id: the client to wake for an event; NULL: none */
	struct kring_client *sleeper[RRING_READERS];

	struct irq_work irq;
	struct delayed_work refill;
	/* a pool was dry: slot_freed() queues .refill. Only .refill sets it */
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
