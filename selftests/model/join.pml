/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A second reader joins a ring while its writer looks where its readers are,
 * and the first reader goes on, or leaves. WRITTEN entries go through room for
 * CAPACITY, of which the last RETAINED are kept for who joins.
 */
#ifndef WRITTEN
#define WRITTEN		4
#endif
#ifndef CAPACITY
#define CAPACITY	2
#endif
#ifndef RETAINED
#define RETAINED	1
#endif

#ifndef A
#define A	RELEASE		/* head */
#endif
#ifndef C
#define C	RELEASE		/* cursor */
#endif
#ifndef O
#define O	RELEASE		/* the kernel's words */
#endif

#define PROCESSORS	3
#define WRITER		2	/* the readers are 0 and 1, in the kernel, too */

#define HEAD		0
#define CURSOR(reader)	(1 + (reader))
#define START(reader)	(3 + (reader))
#define STATE(reader)	(5 + (reader))
#define JOINS		7
#define END		8	/* of the table of readers */
#define ENTRY(p)	(9 + (p) % CAPACITY)
#define WORDS		(9 + CAPACITY)

#define NONE		0
#define JOINING		1
#define LIVE		2

bit overwritten;	/* an entry that a reader had not released */
bit again;		/* a scan was made anew */

#define read(p, what)							\
	overwritten = memory[ENTRY(what)] != (what) + 1;		\
	assert(!overwritten)

#include "memory.pml"

/* ---- the writer ---- */

byte head, room, joins, top, low, place, start, state;

inline least(position)
{
	if
	:: (position) < low -> low = position
	:: else
	fi
}

/* P: pairs with O. D: pairs with C */
inline look_at_place()
{
	do
	:: state = memory[STATE(place)];
		if
		:: state == NONE -> break
#ifdef JOINING_DOES_NOT_GATE
		:: state == JOINING -> break
#endif
		:: else
		fi;
		start = memory[START(place)];
		if
		:: state == LIVE && memory[CURSOR(place)] > start ->
			start = memory[CURSOR(place)]
		:: else
		fi;
		if
		:: memory[STATE(place)] == state ->
			least(start);
			break
		:: else
		fi
	od
}

inline scan_once()
{
	low = (head > RETAINED -> head - RETAINED : 0);
	top = memory[END];
	place = 0;
	do
	:: place < top -> look_at_place(); place++
	:: else -> break
	od
}

/* P: pairs with O */
inline scan()
{
	do
	:: joins = memory[JOINS];
		scan_once();
#ifdef JOINS_ARE_NOT_COUNTED
		break
#else
		if
		:: memory[JOINS] == joins -> break
		:: else -> again = 1
		fi
#endif
	od;
	atomic {
		room = low + CAPACITY;
		joins = 0;
		top = 0;
		low = 0;
		place = 0;
		start = 0;
		state = 0
	}
}

proctype Writer()
{
end:	do
	:: head < WRITTEN && head < room ->
		store(WRITER, ENTRY(head), head + 1, RELAXED);
		atomic {
			!IS_FULL(WRITER) ->
			head++;
			store(WRITER, HEAD, head, A)
		}
	:: head < WRITTEN && head >= room -> scan()
	od
}

/* ---- the kernel, under the arena's lock ---- */

bit lock;
bit gates[2];
byte begin[2];		/* .start */
byte lowest;		/* the lower end of the window: it never goes back */
byte bound;

inline bound_by(reader)
{
	if
	:: gates[reader] && memory[CURSOR(reader)] > begin[reader] ->
		if
		:: memory[CURSOR(reader)] < bound ->
			bound = memory[CURSOR(reader)]
		:: else
		fi
	:: gates[reader] && memory[CURSOR(reader)] <= begin[reader] ->
		if
		:: begin[reader] < bound -> bound = begin[reader]
		:: else
		fi
	:: else
	fi
}

/* B: pairs with A. D: pairs with C */
inline find_low()
{
	bound = memory[HEAD];
	bound = (bound > RETAINED -> bound - RETAINED : 0);
	d_step { true -> bound_by(0) };
	d_step { true -> bound_by(1) };
	atomic {
		lowest = (bound > lowest -> bound : lowest);
		bound = 0
	}
}

/* O: pairs with P */
inline publish_state(reader, what)
{
	store(me, START(reader), begin[reader], RELAXED);
	store(me, STATE(reader), what, O)
}

/* K: on each processor */
inline barrier()
{
	fence_full(me);
	fence_full(WRITER)
}

inline join()
{
	atomic { !lock -> lock = 1 };
	store(me, END, 2, RELEASE);
	find_low();
	begin[1] = lowest;
	publish_state(me, JOINING);
	store(me, JOINS, 1, O);
#ifndef NO_BARRIER
	barrier();
#endif
#ifndef STARTS_WHERE_IT_BEGAN
	find_low();
#endif
	atomic {
		begin[1] = lowest;
		gates[1] = 1
	};
	publish_state(me, LIVE);
	lock = 0
}

inline leave()
{
	atomic { !lock -> lock = 1 };
	gates[0] = 0;
	publish_state(me, NONE);
	lock = 0
}

/* ---- the readers ---- */

/* B: pairs with A. C: pairs with D */
inline consume()
{
	use(me, cursor);
	atomic {
		!IS_FULL(me) ->
		cursor++;
		store(me, CURSOR(me), cursor, C)
	}
}

proctype Reader(byte me)
{
	byte cursor;

	if
	:: me == 1 -> join(); cursor = begin[1]
	:: else
	fi;
end:	do
	:: memory[HEAD] > cursor -> consume()
	:: me == 0 -> leave(); break
	od
}

init
{
	atomic {
		memory[STATE(0)] = LIVE;
		memory[END] = 1;
		gates[0] = 1;
		run Writer();
		run Reader(0);
		run Reader(1)
	}
}

#include "witness.pml"
