// SPDX-License-Identifier: MPL-2.0
#include "backoff.h"
#include "wait.h"

/*
 * A first rest takes a step for each 8 entries of the ring, but at most FIRST_MAX
 * steps for each peer, and for PEERS_MAX peers. A rest is useless if it brings at
 * most one entry for each 4 of its steps for one peer. After a useless rest
 * LOOKS_MIN looks do not rest. Each further useless rest doubles this number, at
 * most DOUBLINGS times. A useful rest sets it back to LOOKS_MIN.
 */
#define FIRST_MAX	64u
#define PEERS_MAX	8u
#define LOOKS_MIN	1024u
#define DOUBLINGS	6

/*
 * A writer aims at 1/AIM_PART of the ring for each rest. No rest takes more than a
 * step for each 2 entries, or more than LONGEST steps: a peer that passes one entry
 * in 40 ns, about the slowest one for which a rest is useful, passes 1/AIM_PART of
 * the ring in that time.
 */
#define AIM_PART	8u
#define LONGEST		2048u

#define LENGTH_SHIFT	20	/* .looks has the length of a rest above these bits */

#define TRIALS		4	/* in which a pause of the CPU is measured */
#define PAUSES		16u	/* in a trial */

/* how many pauses of the CPU take FIRST_MAX steps; 0: not measured yet */
static uint32_t first_pauses;

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

	if (RRING_LOAD(&first_pauses))
		return;
	n = FIRST_MAX * ULIB_BACKOFF_STEP_NS * PAUSES / measure_pauses();
	RRING_STORE(&first_pauses, n ? (uint32_t)n : 1);
}

/* ---- both numbers in .looks ---- */

static uint32_t looks_of(const struct rring_backoff *backoff)
{
	return backoff->looks & ((1u << LENGTH_SHIFT) - 1);
}

/* Return how many steps the next rest takes; 0: as many as a first one. */
static uint32_t length_of(const struct rring_backoff *backoff)
{
	return backoff->looks >> LENGTH_SHIFT;
}

static void set(struct rring_backoff *backoff, uint32_t looks, uint32_t length)
{
	backoff->looks = looks | length << LENGTH_SHIFT;
}

void ulib_backoff_init(struct rring_backoff *backoff)
{
	backoff->left = 0;
	set(backoff, LOOKS_MIN, 0);
}

/* ---- how long a rest is ---- */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Return for how many of @peers a rest is: for one, if all have left meanwhile. */
static uint32_t count_peers(uint32_t peers)
{
	return peers ? least(peers, PEERS_MAX) : 1;
}

uint32_t ulib_backoff_first(uint32_t capacity, uint32_t peers)
{
	return least(capacity / 8, FIRST_MAX * count_peers(peers));
}

uint32_t ulib_backoff_next(const struct rring_backoff *backoff,
			   uint32_t capacity, uint32_t peers)
{
	uint32_t first = ulib_backoff_first(capacity, peers);
	uint32_t length = length_of(backoff);

	return length > first ? length : first;
}

uint32_t ulib_backoff_until(uint32_t steps, uint64_t deadline)
{
	uint64_t now, left;

	if (deadline == RRING_FOREVER)
		return steps;
	now = deadline ? rring_deadline(0) : 0;
	left = deadline > now ? (deadline - now) / ULIB_BACKOFF_STEP_NS : 0;
	return left < steps ? (uint32_t)left : steps;
}

void ulib_backoff_rest(uint32_t steps)
{
	pause_cpu(RRING_LOAD(&first_pauses) * steps / FIRST_MAX);
}

int ulib_backoff_judge(struct rring_backoff *backoff, uint32_t steps,
		       uint32_t peers, uint64_t gained)
{
	uint32_t looks = looks_of(backoff);

	if (gained > steps / (4 * count_peers(peers))) {
		set(backoff, LOOKS_MIN, length_of(backoff));
		return 1;
	}
	backoff->left = looks;
	set(backoff, looks < LOOKS_MIN << DOUBLINGS ? looks * 2 : looks, 0);
	return 0;
}

void ulib_backoff_aim(struct rring_backoff *backoff, uint32_t capacity,
		      uint32_t steps, uint64_t gained)
{
	uint32_t most = least(least(capacity / 2, LONGEST), 2 * steps);
	uint64_t length = (uint64_t)steps * (capacity / AIM_PART) / gained;

	set(backoff, looks_of(backoff),
	    length < most ? (uint32_t)length : most);
}
