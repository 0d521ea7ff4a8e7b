/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * Counts the work that is done under an arena's lock, in units and not in time:
 * the iterations of each loop whose length a user can set. Only `make kunit`
 * counts. In the module and in the library these calls do nothing.
 */
#ifndef KRING_WORK_H
#define KRING_WORK_H

#include "compat.h"

enum kring_work_unit {
	KRING_WORK_SLOTS,	/* slots looked at, outside of ledgers */
	KRING_WORK_WORDS,	/* ledger words and summaries loaded, or entries
				 * of lists of recent drops
				 */
	KRING_WORK_ENTRIES,	/* entries of rings read, adopted or settled */
	KRING_WORK_BITMAP,	/* slots whose bit is cleared at once */
	KRING_WORK_CLIENTS,	/* clients looked at */
	KRING_WORK_RINGS,	/* rings looked at */
	KRING_WORK_READERS,	/* readers, or cursors, looked at */
	KRING_WORK_MAPPERS,	/* mappers looked at, under the spinlock of
				 * linux/remnants.c
				 */
	KRING_WORK_UNITS
};

#ifdef KRING_COUNT_WORK

/*
 * Work of the task that holds the lock now, and the most that was done while it
 * was held once. A test clears .most. Only one task at a time may use locks of
 * arenas while a test counts; otherwise the numbers mean nothing.
 */
struct kring_work {
	u64 now[KRING_WORK_UNITS];
	u64 most[KRING_WORK_UNITS];
};

extern struct kring_work kring_work;

void kring_work_end(void);

static inline void kring_work_add(enum kring_work_unit unit, u64 n)
{
	/* a task with the lock of another arena would disturb a test */
	data_race(kring_work.now[unit] += n);
}

/* an arena's lock is held until its mutex_unlock(); others are held shortly */
#undef mutex_unlock
#define mutex_unlock(lock)	(kring_work_end(), (mutex_unlock)(lock))

#else

static inline void kring_work_add(enum kring_work_unit unit, u64 n)
{
}

#endif /* KRING_COUNT_WORK */

#endif /* KRING_WORK_H */
