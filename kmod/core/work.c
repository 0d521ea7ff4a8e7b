// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* The work that was done under an arena's lock: see work.h. */
#include "work.h"

#ifdef KRING_COUNT_WORK

struct kring_work kring_work;

/* The lock is about to be released: keep the most work of each unit. */
void kring_work_end(void)
{
	u32 i;

	for (i = 0; i < KRING_WORK_UNITS; i++) {
		u64 n = data_race(kring_work.now[i]); /* see below */

		/* a task with the lock of another arena would disturb a test */
		data_race(kring_work.most[i] = max(kring_work.most[i], n));
		/* such a task would disturb here, too */
		data_race(kring_work.now[i] = 0);
	}
}

#endif /* KRING_COUNT_WORK */
