/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A writer waits for room, and says in .wanted of its page where it wants to be
 * woken: at first for PART entries, until a timeout that comes at any time, and
 * then for one. Its reader releases up to RELEASES entries, or stops before. The
 * writer may leave at any time, also asleep; the next one has a page of its own,
 * which the reader has not mapped.
 */
#ifndef RELEASES
#define RELEASES	3
#endif
#ifndef PART
#define PART		2
#endif

#ifndef A
#define A	RELEASE		/* cursor */
#endif

#define WRITERS		2
#define PROCESSORS	(WRITERS + 1)
#define READER		WRITERS

#define CURSOR		0
#define FLAG		1
#define INCARNATION	2
#define WANTED(writer)	(3 + (writer))
#define WORDS		5

bit overslept;		/* there is room, and nobody is going to say so */

#define read(p, what)	skip

#include "memory.pml"

byte woken_cursor;		/* the cursor at the last wake-up */
byte events;			/* of the writers' gate: how often opened */
byte needed;			/* by the writer that sleeps */
bit asleep;

/* What a reader that has found the flag up compares its cursor with. */
inline look_at_wanted(cursor)
{
	calls = cursor > memory[WANTED(0)];
#ifndef NO_INCARNATION
	if
	:: memory[INCARNATION] != 0 -> calls = 1
	:: else
	fi
#endif
}

inline wake()
{
	atomic {
		IS_QUIET(READER) ->
		if
		:: memory[CURSOR] != woken_cursor ->
			woken_cursor = memory[CURSOR];
			memory[FLAG] = 0;
			events++
		:: else
		fi
	}
}

proctype Reader()
{
	byte cursor;
	bit flag, calls;

	do
	:: cursor < RELEASES ->
		cursor++;
		store(READER, CURSOR, cursor, A);
		/* L: pairs with K */
		flag = memory[FLAG];
		if
		:: flag -> look_at_wanted(cursor)
		:: else
		fi;
		if
		:: calls -> wake()
		:: else
		fi;
		flag = 0;
		calls = 0
	:: break
	od
}

/* K: pairs with L */
inline barrier()
{
#ifndef NO_K
	fence_full(me);
	fence_full(READER)
#else
	skip
#endif
}

/* The timeout of the wait for PART entries. */
inline give_up()
{
	if
	:: me == 0 ->
		/* it leaves, or dies, and the next one takes the ring over */
		atomic {
			IS_QUIET(me) ->
			memory[INCARNATION] = 1;
			run Writer(1)
		};
		break
	:: n = 1;
#ifndef WANTED_STAYS
		store(me, WANTED(me), 0, RELAXED)
#endif
	fi
}

/* kring_evcount_wait() for @n entries, as ulib_writer_sleep() calls it. */
proctype Writer(byte me)
{
	byte seen;
	byte n = PART;

	store(me, WANTED(me), PART - 1, RELAXED);
	do
	:: memory[CURSOR] >= n -> break
	:: else ->
		seen = events;
		if
		:: memory[CURSOR] >= n -> break
		:: else
		fi;
		store(me, FLAG, 1, RELAXED);
		barrier();
		if
		:: memory[CURSOR] >= n -> break
		:: else
		fi;
		atomic { asleep = 1; needed = n };
end:		if
		:: atomic { events != seen -> asleep = 0 }
		:: atomic { n > 1 -> asleep = 0 };
			if
			:: memory[CURSOR] < n -> give_up()
			:: else
			fi
		fi;
		seen = 0
	od
}

/* When nothing moves any more, nobody sleeps over room. */
proctype Night()
{
	timeout ->
	overslept = asleep && memory[CURSOR] >= needed;
	assert(!overslept)
}

init
{
	atomic {
		run Writer(0);
		run Reader();
		run Night()
	}
}

#include "witness.pml"
