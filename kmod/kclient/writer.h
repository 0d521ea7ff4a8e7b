/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_KWRITER_H
#define RRING_KWRITER_H

#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/rusted_ring.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "../core/compat.h"
#include "writer_stock.h"

struct rring_kwriter;
struct rring_reader;

/* Entries for which one context is busy before others have their turn. */
#define RRING_KWRITER_BATCH	256

/* A position, and where in the ring that is. */
struct rring_place {
	u64 pos;
	u32 index;
};

/* What its writer has to know of a reader. */
struct rring_kcursor {
	const rring_seq_t *cursor;	/* NULL: it stands at .start */
	u64 start;
	bool gates;
};

/* What has become of a reserved entry: the lowest bit of its mark. */
enum rring_fate {
	RRING_COMMITTED,
	RRING_DISCARDED,
};

/*
 * Locking.
 *
 * Places are taken, marked and passed without: .reserved, .mark[], and the
 * claim and the head in the ring's page change by atomic exchanges.
 *
 * .lock is over how far the readers are, what room that leaves, and the stock.
 * It is raw, taken with interrupts off, and no other is taken under it: it may
 * nest in any lock of the kernel's. An NMI, and a probe that interrupts whoever
 * is at it on the same CPU, do without.
 *
 * .wake_lock keeps the clients of the readers while they are being woken. It
 * nests outside of a wait queue's lock, and so of a run queue's, and is never
 * taken by who produces.
 *
 * Both nest in the arena's lock, under which readers come and go.
 */
struct rring_kwriter {
	struct rring_arena *arena;
	struct rring_client *kernel;
	struct rring_ring *ring;	/* a reference */
	struct rring_ring_info *info;
	struct rring_ring_head *page;
	struct rring_entry *entries;		/* RRING_HANDLES */
	struct rring_event_header *headers;	/* RRING_INLINE */
	void *data;
	u64 *mark;			/* per entry: who was marked last */
	u64 per_entry;			/* 2^64 by the capacity, rounded down */
	u32 capacity;
	u32 stride;
	u32 retain;
	bool overwrites;
	u64 begin;			/* the head when it was opened */
	u64 dropped_before[RRING_DROPS];
	rring_seq_t limit;		/* reservations end here */

	/* where the next event goes; falls if that is discarded */
	atomic64_t reserved ____cacheline_aligned_in_smp;
	atomic64_t passed_over;		/* discarded, and the head is past it */
	atomic64_t taken_back;		/* discarded, and then reserved last */

	raw_spinlock_t lock ____cacheline_aligned_in_smp;
	bool __percpu *inside;		/* somebody on this CPU is at it */
	struct rring_place settled;	/* in_flight is taken back below */
	u64 low;			/* of the window, so far */
	struct rring_kcursor reader[RRING_READERS];
	struct rring_stock stock[RRING_KWRITER_CLASSES];
	bool filling;			/* a refill is under way */
	bool fill;			/* .irq is to start it */

	spinlock_t wake_lock;		/* of sleeper */
	struct rring_client *sleeper[RRING_READERS];

	struct irq_work irq;
	struct delayed_work refill;
	bool hungry;			/* a pool is dry: its gate will tell */
};

u32 rring_kevent_advance(struct rring_kwriter *kw);
bool rring_kwindow_trylock(struct rring_kwriter *kw, unsigned long *flags);
unsigned long rring_kwindow_lock(struct rring_kwriter *kw);
void rring_kwindow_unlock(struct rring_kwriter *kw, unsigned long flags);
u64 rring_kwindow_settle(struct rring_kwriter *kw);
void rring_kwindow_abandon(struct rring_kwriter *kw);
bool rring_kwindow_has_room(struct rring_kwriter *kw);
void rring_kwindow_add_readers(struct rring_kwriter *kw);

#endif /* RRING_KWRITER_H */
