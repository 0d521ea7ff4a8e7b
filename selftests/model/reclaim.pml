/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two clients hand one slot back and forth, each through a ring that the other
 * reads, so that it goes round in a cycle, while the kernel sweeps: at either
 * depth, again and again. The first ring gets LONG positions, with the slot or
 * some other event, the second one SHORT; each has room for CAPACITY.
 */
#ifdef NO_SUMMARY_MOVES		/* it takes two ways back, and no reordering */
#define SHORT		2
#define DEPTH		1
#endif
#ifndef LONG
#define LONG		2
#endif
#ifndef SHORT
#define SHORT		1
#endif
#ifndef CAPACITY
#define CAPACITY	1
#endif

#ifndef A
#define A	RELEASE		/* head */
#endif
#ifndef C
#define C	RELEASE		/* cursor */
#endif
#ifndef G
#define G	RELEASE		/* ledger word */
#endif
#ifndef S
#define S	RELEASE		/* summary that falls: G, too */
#endif

#define CLIENTS		2
#define PROCESSORS	CLIENTS		/* the kernel's fences are full ones */

#define LEDGER(client)	(client)
#define HEAD(ring)	(2 + (ring))
#define CURSOR(ring)	(4 + (ring))	/* of its one reader */
#define PAYLOAD		6
#define GENERATION	7
#define ENTRY(ring, p)	(8 + (ring) * CAPACITY + (p) % CAPACITY)
#if defined(BY_WORDS) || defined(NO_MOVES)
#define WORDS		(8 + 2 * CAPACITY)
#else
#define SUMMARY(client)	(8 + 2 * CAPACITY + (client))
#define WORDS		(10 + 2 * CAPACITY)
#endif

/* What an entry says: at which position it is, and if it names the slot. */
#define ENTRY_OF(p, named)	(2 + 2 * (p) + (named))
#define IS_OF(entry, p)		((entry) / 2 == (p) + 1)
#define NAMES(entry)		((entry) & 1)

bit reused;	/* while somebody was using it */
bit lost;	/* an event that a reader had not seen yet */

#define read(p, what)							\
	reused = memory[PAYLOAD] != (what);				\
	assert(!reused)

#include "memory.pml"
#include "sweep.pml"

/* ---- the kernel ---- */

byte low[2];			/* of a ring's window: it never goes back */
byte position, top;

/* D: pairs with C. B: pairs with A */
inline mark_window(ring)
{
	position = memory[HEAD(ring)];
	d_step {
		if
		:: memory[CURSOR(ring)] < position ->
			position = memory[CURSOR(ring)]
		:: else
		fi;
		if
		:: low[ring] < position -> low[ring] = position
		:: else -> position = low[ring]
		fi
	};
	top = memory[HEAD(ring)];
	if
	:: top > position + CAPACITY -> position = top - CAPACITY
	:: else
	fi;
	do
	:: position < top -> d_step {
			if
			:: NAMES(memory[ENTRY(ring, position)]) -> live = 0
			:: else
			fi;
			position++
		}
	:: else -> break
	od;
	atomic { position = 0; top = 0 }
}

inline mark_windows()
{
	mark_window(0);
	mark_window(1)
}

inline gather()
{
	skip
}

/* A fence of the kernel's is a full one: nothing of it is pending. */
inline hide()
{
	memory[GENERATION] = 0
}

/* Who gets it next writes it at once. */
inline reveal()
{
	d_step {
		if
		:: live ->
			generation++;
			memory[PAYLOAD] = generation
		:: else
		fi;
		memory[GENERATION] = generation
	}
}

proctype Kernel()
{
	do
	:: generation == 1 -> sweep()
	:: else -> break
	od
}

/* ---- the clients ---- */

#define PEER	(1 - me)
#define LAST	(me -> SHORT : LONG)

#include "summary.pml"

inline enter(named)
{
	atomic {
		store(me, ENTRY(me, head), ENTRY_OF(head, named), RELAXED);
		written = written | (named << head)
	}
}

/* A: pairs with B */
inline advance()
{
	atomic {
		!IS_FULL(me) ->
		head++;
		store(me, HEAD(me), head, A)
	}
}

/* G: the ring names the slot before the hold falls */
inline publish()
{
	change(IN_FLIGHT, RELEASE);
	enter(1);
#ifdef DROP_BEFORE_PUBLISH
	change(-HOLD, G);
	advance()
#else
	advance();
	change(-HOLD, G)
#endif
}

inline publish_other()
{
	enter(0);
	advance()
}

/* G: the cursors were seen beyond the entry before this */
inline settle_entry()
{
	if
	:: written >> settled & 1 -> change(-IN_FLIGHT, G)
	:: else
	fi;
	settled++
}

#ifdef SETTLED_TOO_EARLY
#define PASSED	head
#else
#define PASSED	memory[CURSOR(me)]	/* D: pairs with C */
#endif

inline look_at_reader()
{
	limit = PASSED + CAPACITY;
	do
	:: settled + CAPACITY < limit -> settle_entry()
	:: else -> break
	od
}

/* It is in its window, so it must be whole, and alive. */
inline check_entry()
{
	d_step {
		lost = !IS_OF(entry, cursor);
		assert(!lost)
	};
	if
	:: NAMES(entry) -> d_step {
			memory[GENERATION] != 0 ->
			lost = memory[GENERATION] != 1;
			assert(!lost)
		}
	:: else
	fi
}

/* C: what was read was read before, and what is kept is held */
inline move_cursor()
{
	atomic {
		!IS_FULL(me) ->
		cursor++;
		store(me, CURSOR(PEER), cursor, C)
	}
}

inline keep()
{
#ifdef CURSOR_BEFORE_HOLD
	move_cursor();
	change(HOLD, RELEASE)
#else
	change(HOLD, RELEASE);
	move_cursor()
#endif
#ifdef RAISED_AFTER_LEAVING
	;
	raise_late()
#endif
}

inline consume()
{
	check_entry();
	if
	:: NAMES(entry) ->
		use(me, 1);
		if
		:: keep()
		:: move_cursor()
		fi
	:: else -> move_cursor()
	fi;
	entry = 0
}

/* G: what was used was used before the hold falls */
inline drop()
{
#ifdef LOWERED_BEFORE_USE
	lower_early();
#endif
	use(me, 1);
	change(-HOLD, G)
}

proctype Client(byte me)
{
	short word, summary;
	byte head, limit, settled, written, cursor, entry;

	limit = CAPACITY;
	word = memory[LEDGER(me)];
#ifdef SUMMARY
	summary = memory[SUMMARY(me)];
#endif
end:	do
	:: head < limit && head < LAST && HOLDS(word) -> publish()
	:: head < limit && head < LAST -> publish_other()
	:: settled < head && PASSED + CAPACITY > limit ->
		look_at_reader()
#ifdef ENTRY_BEFORE_HEAD
	:: cursor < (me -> LONG : SHORT) ->
		entry = memory[ENTRY(PEER, cursor)];
		if
		:: memory[HEAD(PEER)] > cursor -> consume()
		:: else -> entry = 0
		fi
#else
	:: memory[HEAD(PEER)] > cursor ->	/* B: pairs with A */
		entry = memory[ENTRY(PEER, cursor)];
		consume()
#endif
	:: HOLDS(word) -> drop()
	od
}

/* One of them has taken the slot out of its magazine, and written it. */
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
