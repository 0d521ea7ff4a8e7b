// SPDX-License-Identifier: MPL-2.0
#include "backoff.h"
#include "wait.h"

/*
 * A rest takes NS_FOR_8 for each 8 entries of the ring, but at most for
 * RESTS_MAX * 8 entries. It is useless if it brings at most one entry for each
 * 4 * 8 entries of that. After a useless rest LOOKS_MIN looks do not rest. Each
 * further useless rest doubles this number, at most DOUBLINGS times. A useful
 * rest sets it back to LOOKS_MIN.
 */
#define RESTS_MAX	64u
#define NS_FOR_8	10u
#define LOOKS_MIN	1024u
#define DOUBLINGS	6

void ulib_backoff_init(struct rring_backoff *backoff)
{
	backoff->left = 0;
	backoff->looks = LOOKS_MIN;
}

static uint32_t rests_of(uint32_t capacity)
{
	return capacity / 8 < RESTS_MAX ? capacity / 8 : RESTS_MAX;
}

void ulib_backoff_rest(uint32_t capacity)
{
	uint64_t end = rring_deadline(rests_of(capacity) * NS_FOR_8);

	do {
		ulib_relax();
	} while (rring_deadline(0) < end);
}

void ulib_backoff_judge(struct rring_backoff *backoff, uint32_t capacity,
			uint64_t gained)
{
	if (gained > rests_of(capacity) / 4) {
		backoff->looks = LOOKS_MIN;
		return;
	}
	backoff->left = backoff->looks;
	if (backoff->looks < LOOKS_MIN << DOUBLINGS)
		backoff->looks *= 2;
}
