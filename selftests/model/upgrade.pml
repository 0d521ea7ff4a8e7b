/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The weak upgrade: both clients know the slot's handle, and nothing keeps the
 * slot for them. Each tries UPGRADES times to get a hold on it, while the
 * kernel sweeps. One hands it on through a ring that the other reads: so a hold
 * can come and go, and yet the slot be in use.
 */
#ifndef UPGRADES
#define UPGRADES	2
#endif

#ifndef G
#define G	RELEASE		/* ledger word */
#endif
#ifndef S
#define S	RELEASE		/* summary that falls: G, too */
#endif

#define CLIENTS		2
#define PROCESSORS	(CLIENTS + 1)
#define KERNEL		CLIENTS

#define LEDGER(client)	(client)
#define HEAD		2	/* of client 1's ring, with room for one */
#define CURSOR		3
#define PAYLOAD		4
#define GENERATION	5
#if defined(BY_WORDS) || defined(THIRD_LOOK_AT_HOLDS)
#define WORDS		6
#else
#define SUMMARY(client)	(6 + (client))
#define WORDS		8
#endif

bit reused;	/* while somebody was using it */
bit lost;	/* an event that a reader had not seen yet */

#define read(p, what)							\
	reused = memory[PAYLOAD] != (what);				\
	assert(!reused)

#include "memory.pml"
#include "sweep.pml"

/* ---- the kernel ---- */

byte low, top;

inline mark_windows()
{
	low = memory[CURSOR];		/* D */
	top = memory[HEAD];		/* B */
	d_step {
		live = low == top;
		low = 0;
		top = 0
	}
}

inline gather()
{
	skip
}

/* J: pairs with I */
inline hide()
{
#ifndef GENERATION_STAYS
	store(KERNEL, GENERATION, 0, RELAXED);
#endif
#ifndef NO_J
	fence_full(KERNEL)
#endif
}

inline reveal()
{
	d_step {
		if
		:: live ->
			generation++;
			memory[PAYLOAD] = generation
		:: else
		fi
	};
	store(KERNEL, GENERATION, generation, RELEASE)
}

proctype Kernel()
{
	do
	:: generation == 1 -> sweep()
	:: else -> break
	od
}

/* ---- the clients ---- */

#include "summary.pml"

inline drop()
{
	use(me, 1);
	change(-HOLD, G)
}

/* I: pairs with J */
inline upgrade()
{
	tries++;
#ifdef GENERATION_BEFORE_HOLD
	memory[GENERATION] != 0;
	found = memory[GENERATION];
	change(HOLD, RELEASE);
#else
	change(HOLD, RELEASE);
#ifndef NO_I
	fence_full(me);
#endif
	atomic {
		memory[GENERATION] != 0 ->	/* a sweep is waited for */
		found = memory[GENERATION]
	};
#endif
#ifdef RAISED_AFTER_LEAVING
	raise_late();
#endif
	if
	:: found != 1 -> change(-HOLD, G)
	:: else
	fi;
	found = 0
}

inline publish()
{
	change(IN_FLIGHT, RELEASE);
	store(me, HEAD, 1, RELEASE);		/* A */
	atomic {
		change(-HOLD, G);
		published = 1
	}
}

inline consume()
{
	atomic {
		memory[GENERATION] != 0 ->
		lost = memory[GENERATION] != 1;
		assert(!lost)
	};
	use(me, 1);
	store(me, CURSOR, 1, RELEASE);		/* C */
	consumed = 1
}

proctype Client(byte me)
{
	short word, summary;
	byte tries, found;
	bit published, consumed;

	word = memory[LEDGER(me)];
#ifdef SUMMARY
	summary = memory[SUMMARY(me)];
#endif
end:	do
	:: HOLDS(word) == 0 && tries < UPGRADES -> upgrade()
	:: HOLDS(word) -> drop()
	:: me == 1 && HOLDS(word) && !published -> publish()
	:: me == 0 && memory[HEAD] == 1 && !consumed -> consume()
	od
}

init
{
	atomic {
		memory[GENERATION] = generation;
		memory[PAYLOAD] = generation;
		memory[LEDGER(0)] = HOLD + MOVE;
#ifdef SUMMARY
		memory[SUMMARY(0)] = COUNTED + SUMMARY_MOVE;
#endif
		run Kernel();
		run Client(0);
		run Client(1)
	}
}

#include "witness.pml"
