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

/* The most entries that one loop handles, so that it takes limited time. */
#define KWRITER_BATCH	256

/* A position, and its index in the ring: the position modulo the capacity. */
struct kwriter_position {
	u64 pos;
	u32 index;
};

/* The writer's copy of one reader's state. .lock of the writer protects it. */
struct kwriter_cursor {
	const rring_seq_t *cursor;	/* NULL if the reader is at .start */
	u64 cap;			/* .cursor counts up to here */
	u64 start;			/* the reader is here or above */
	bool gates;			/* the writer waits for the reader */
};

/* How a reservation ended. The value is the lowest bit of the entry's mark. */
enum kwriter_outcome {
	KWRITER_COMMITTED,
	KWRITER_DISCARDED,
};

/*
 * A kernel writer.
 *
 * Locking. No lock protects .reserved, .mark[], and the claim and the head in
 * the ring's page. Contexts change these words by atomic exchanges.
 *
 * .lock protects .reader[] (the copies of the readers' state), .settled, .low,
 * the stock, .refill_active, .refill_requested, and stores to .limit. It is a
 * raw spinlock, and its holder has interrupts off. A holder of .lock takes no
 * other lock, so a caller may hold any lock of the kernel when it takes .lock.
 *
 * Only an NMI or a probe of a tracer can interrupt a holder of .lock on the
 * holder's CPU. Such a context cannot take .lock: its call fails with -EBUSY,
 * or goes on without the lock. The call of an NMI does so, too, if another CPU
 * holds .lock.
 *
 * .wake_lock protects .sleeper[], so that a client is not freed while the
 * writer wakes it. The writer takes locks of wait queues and of run queues
 * under .wake_lock, so reserve, commit and discard never take .wake_lock.
 *
 * A reader joins and leaves under the arena's lock. The functions that tell the
 * writer of this take .lock and .wake_lock under the arena's lock.
 */
struct rring_kwriter {
	struct kring_arena *arena;	/* with a reference */
	struct kring_client *kernel;	/* client 0, from kclient_get() */
	struct kring_ring *ring;	/* with a reference */
	struct rring_ring_info *info;
	struct rring_ring_head *page;
	struct rring_entry *entries;		/* NULL in an inline ring */
	struct rring_event_header *headers;	/* NULL in a ring of handles */
	void *data;			/* payloads of an inline ring */
	/* by index: the last mark of the entry, see make_mark(); 0: none yet */
	u64 *mark;
	u64 reciprocal;			/* (2^64 - 1) / capacity */
	u32 capacity;
	u32 stride;
	u32 retain;
	bool overwrites;
	u64 begin;			/* head when the writer was opened */
	/* .dropped of the ring when the writer was opened */
	u64 dropped_before[RRING_DROPS];
	rring_seq_t limit;		/* positions below can be reserved */

	/*
	 * Position of the next reservation. It goes back by 1 if the latest
	 * reservation is discarded.
	 */
	atomic64_t reserved ____cacheline_aligned_in_smp;
	/* number of discarded events whose entries the head has passed */
	atomic64_t discards_skipped;
	/* number of discarded events whose position was given back */
	atomic64_t discards_undone;

	raw_spinlock_t lock ____cacheline_aligned_in_smp;
	/* by CPU: true while a context on that CPU holds or awaits .lock */
	bool __percpu *lock_busy;
	struct kwriter_position settled;	/* entries below are settled */
	u64 low;			/* window's lower end: update_low() */
	struct kwriter_cursor reader[RRING_READERS];
	struct kwriter_stock stock[RRING_KWRITER_CLASSES];
	/* true from the request or start of a refill until end_refill() */
	bool refill_active;
	bool refill_requested;		/* .irq must queue the refill */

	spinlock_t wake_lock;		/* protects .sleeper[] */
	/* by reader id: the client to wake for an event, or NULL */
	struct kring_client *sleeper[RRING_READERS];
	u64 woken_head;			/* head when readers were last woken */

	struct irq_work irq;
	struct delayed_work refill;
	/*
	 * One bit for each class in which the last refill found no free slot.
	 * Refills leave these classes out until slot_freed() clears the bit.
	 */
	atomic_t dry;
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
