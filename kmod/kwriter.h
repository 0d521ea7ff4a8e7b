/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_KWRITER_H
#define RRING_KWRITER_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct rring_kwriter;
struct rring_reader;

#ifdef __KERNEL__

#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "kstock.h"

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

/* What has become of a reserved entry. */
enum rring_mark {
	RRING_MARK_NONE,
	RRING_MARK_COMMITTED,
	RRING_MARK_DISCARDED,
};

/*
 * Locking.
 *
 * .lock is over what moves, and over what readers look like from here. It is
 * raw, taken with interrupts off, and no other is taken under it: it may nest
 * in any lock of the kernel's. An NMI, and a probe that interrupts whoever is
 * at it on the same CPU, do without.
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
	u32 capacity;
	u32 stride;
	u32 retain;
	bool overwrites;
	u64 dropped_before[RRING_DROPS];

	raw_spinlock_t lock;
	bool __percpu *inside;		/* somebody on this CPU is at it */
	struct rring_place reserved;	/* where the next event goes */
	struct rring_place head;	/* entries below are visible */
	struct rring_place settled;	/* in_flight is taken back below */
	u64 limit;			/* reservations end here */
	u64 low;			/* of the window, so far */
	u64 sent;
	u64 discarded;
	u8 *mark;			/* an rring_mark per entry */
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

bool rring_kwindow_trylock(struct rring_kwriter *kw, unsigned long *flags);
unsigned long rring_kwindow_lock(struct rring_kwriter *kw);
void rring_kwindow_unlock(struct rring_kwriter *kw, unsigned long flags);
u64 rring_kwindow_settle(struct rring_kwriter *kw);
void rring_kwindow_abandon(struct rring_kwriter *kw);
bool rring_kwindow_has_room(struct rring_kwriter *kw);
u32 rring_kwindow_reserve(struct rring_kwriter *kw);
bool rring_kwindow_advance(struct rring_kwriter *kw);
void rring_kwindow_mind(struct rring_kwriter *kw,
			const struct rring_reader *reader);
void rring_kwindow_know(struct rring_kwriter *kw,
			const struct rring_reader *reader);
void rring_kwindow_meet_readers(struct rring_kwriter *kw);

#else

/* In a process there is no kernel to write. */

static inline void rring_kwindow_mind(struct rring_kwriter *kw,
				      const struct rring_reader *reader)
{
}

static inline void rring_kwindow_know(struct rring_kwriter *kw,
				      const struct rring_reader *reader)
{
}

#endif /* __KERNEL__ */

#endif /* RRING_KWRITER_H */
