// SPDX-License-Identifier: MPL-2.0
#include "backoff.h"
#include "wait.h"

/*
 * A rest takes NS_FOR_8 for each 8 entries of the ring, but at most for
 * 8 * RESTS_MAX entries for each peer, and for PEERS_MAX peers. It is useless if it
 * brings at most one entry for each 32 of those of one peer. After a useless rest
 * LOOKS_MIN looks do not rest. Each further useless rest doubles this number, at
 * most DOUBLINGS times. A useful rest sets it back to LOOKS_MIN.
 */
#define RESTS_MAX	64u
#define NS_FOR_8	10u
#define PEERS_MAX	8u
#define LOOKS_MIN	1024u
#define DOUBLINGS	6

#define TRIALS		4	/* in which a pause of the CPU is measured */
#define PAUSES		16u	/* in a trial */

/* how many pauses of the CPU take RESTS_MAX * NS_FOR_8; 0: not measured yet */
static uint32_t longest;

static void pause_cpu(uint32_t n)
{
	while (n--)
		ulib_relax();
}

/* Return how many ns PAUSES take if nothing interrupts this thread, at least 1. */
static uint64_t measure_pauses(void)
{
	uint64_t least = UINT64_MAX;
	int i;

	for (i = 0; i < TRIALS; i++) {
		uint64_t begin = rring_deadline(0);
		uint64_t ns;

		pause_cpu(PAUSES);
		ns = rring_deadline(0) - begin;
		least = ns < least ? ns : least;
	}
	return least ? least : 1;
}

void ulib_backoff_measure(void)
{
	uint64_t n;

	if (RRING_LOAD(&longest))
		return;
	n = RESTS_MAX * NS_FOR_8 * PAUSES / measure_pauses();
	RRING_STORE(&longest, n ? (uint32_t)n : 1);
}

void ulib_backoff_init(struct rring_backoff *backoff)
{
	backoff->left = 0;
	backoff->looks = LOOKS_MIN;
}

static uint32_t rests_of(uint32_t capacity, uint32_t peers)
{
	uint32_t max = RESTS_MAX * (peers < PEERS_MAX ? peers : PEERS_MAX);

	return capacity / 8 < max ? capacity / 8 : max;
}

void ulib_backoff_rest(uint32_t capacity, uint32_t peers)
{
	pause_cpu(RRING_LOAD(&longest) * rests_of(capacity, peers) / RESTS_MAX);
}

void ulib_backoff_judge(struct rring_backoff *backoff, uint32_t capacity,
			uint64_t gained)
{
	if (gained > rests_of(capacity, 1) / 4) {
		backoff->looks = LOOKS_MIN;
		return;
	}
	backoff->left = backoff->looks;
	if (backoff->looks < LOOKS_MIN << DOUBLINGS)
		backoff->looks *= 2;
}
