/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A ring that is overwritten under an observer, who finds out. WRITTEN entries
 * go through room for CAPACITY.
 */
#ifndef WRITTEN
#define WRITTEN		4
#endif
#ifndef CAPACITY
#define CAPACITY	2
#endif

#ifndef A
#define A	RELEASE		/* head */
#endif

#define PROCESSORS	2
#define WRITER		0
#define OBSERVER	1

#define HEAD		0
#define CLAIM		1
#define ENTRY(p)	(2 + (p) % CAPACITY)
#define WORDS		(2 + CAPACITY)

bit torn;	/* an entry that was taken for a good one */
byte seen;	/* the entry, whenever it comes to be read */
bit good, overtaken;

#define read(p, what)	seen = memory[ENTRY(what)]

#include "memory.pml"

/* M: pairs with N */
inline claim()
{
	store(WRITER, CLAIM, head + 1, RELAXED);
#ifndef NO_M
	fence_release(WRITER)
#endif
}

proctype Writer()
{
	byte head;

	do
	:: head < WRITTEN ->
#ifdef CLAIM_AFTERWARDS
		store(WRITER, ENTRY(head), head + 1, RELAXED);
		claim();
#else
		claim();
		store(WRITER, ENTRY(head), head + 1, RELAXED);
#endif
		atomic {
			!IS_FULL(WRITER) ->
			head++;
			store(WRITER, HEAD, head, A)
		}
	:: else -> break
	od
}

#ifdef HEAD_FOR_CLAIM
#define CLAIMED	HEAD
#else
#define CLAIMED	CLAIM
#endif

/* N: pairs with M */
inline check()
{
#ifndef NO_N
	IS_QUIET(OBSERVER);
#endif
	good = memory[CLAIMED] <= position + CAPACITY;
	overtaken = overtaken || !good;
	IS_QUIET(OBSERVER);
	torn = good && seen != position + 1;
	assert(!torn)
}

proctype Observer()
{
	byte position, head;

end:	do
	:: memory[HEAD] > position ->		/* B: pairs with A */
		head = memory[HEAD];
		if
		:: head > position + CAPACITY -> position = head - CAPACITY
		:: else
		fi;
		use(OBSERVER, position);
		check();
		atomic {
			good = 0;
			seen = 0;
			head = 0;
			position++
		}
	od
}

init
{
	atomic {
		run Writer();
		run Observer()
	}
}

#include "witness.pml"
