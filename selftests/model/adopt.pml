/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The writer of a ring dies, or is evicted, at any step. The kernel adopts what
 * its window names; a reader drains that, and goes on in the pages of the next
 * writer; the kernel sweeps. LONG entries, with the slot or some other event,
 * come from the first writer, SHORT others from the second.
 */
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
#ifndef O
#define O	RELEASE		/* the kernel's words */
#endif

#define CLIENTS		2	/* the first writer, and the reader */
#define PROCESSORS	4
#define READER		1
#define KERNEL		2
#define NEXT		3	/* the second writer, which holds nothing */

#define LEDGER(client)	(client)
#define CURSOR		2
#define STATE		3
#define END		4
#define INCARNATION	5
#define PAYLOAD		6
#define GENERATION	7
#define HEAD(pages)	(8 + (pages))
#define ENTRY(pages, p)	(10 + (pages) * CAPACITY + (p) % CAPACITY)
#define WORDS		(10 + 2 * CAPACITY)

#define OPEN		0
#define ENDED		1

#define ENTRY_OF(p, named)	(2 + 2 * (p) + (named))
#define IS_OF(entry, p)		((entry) / 2 == (p) + 1)
#define NAMES(entry)		((entry) & 1)

bit reused;	/* while somebody was using it */
bit lost;	/* an event that the reader had not seen yet */

#define read(p, what)							\
	reused = memory[PAYLOAD] != (what);				\
	assert(!reused)

#include "memory.pml"
#include "sweep.pml"

/* ---- the kernel ---- */

bit killed;		/* the process runs no more */
bit dead;		/* the client is out of the tables */
byte writer;		/* which one the ring has: 0, NEXT, or NOBODY */
byte low, top, position, final;
byte adopted_low, adopted_end;
byte adopted;		/* a bit for each position that names the slot */

#define NOBODY	255

/* B: pairs with A. D: pairs with C. Without a writer, the end is the head */
inline find_low()
{
	position = (writer == NOBODY -> final : memory[HEAD(writer == NEXT)]);
	d_step {
		if
		:: memory[CURSOR] < position -> position = memory[CURSOR]
		:: else
		fi;
		if
		:: low < position -> low = position
		:: else
		fi;
		position = 0
	}
}

inline settle_adopted()
{
	find_low();
	d_step {
#ifdef ADOPTED_IS_LET_GO
		adopted = 0;
#endif
		do
		:: adopted_low < low && adopted_low < adopted_end ->
			adopted = adopted & ~(1 << adopted_low);
			adopted_low++
		:: else -> break
		od
	}
}

inline gather()
{
	if
	:: adopted -> live = 0
	:: else
	fi
}

inline mark_windows()
{
	if
	:: writer == 0 ->
		find_low();
		position = low;
		top = memory[HEAD(0)];
		do
		:: position < top ->
			d_step {
				if
				:: NAMES(memory[ENTRY(0, position)]) ->
					live = 0
				:: else
				fi;
				position++
			}
		:: else -> break
		od;
		atomic { position = 0; top = 0 }
	:: else		/* the second one publishes other events alone */
	fi
}

inline hide()
{
	memory[GENERATION] = 0
}

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

/* What it stored is stored by then: it ran through the kernel to its end. */
inline kill()
{
	killed = 1;
#ifndef EVICTED_BUT_NOT_REVOKED
	IS_QUIET(0)
#endif
}

inline adopt()
{
	find_low();
	top = memory[HEAD(0)];
	adopted_low = low;
	adopted_end = top;
	position = low;
	do
	:: position < top ->
		d_step {
#ifndef NO_ADOPTION
			if
			:: NAMES(memory[ENTRY(0, position)]) ->
				adopted = adopted | (1 << position)
			:: else
			fi;
#endif
			position++
		}
	:: else -> break
	od;
	atomic {
		final = top;
		writer = NOBODY;
		position = 0;
		top = 0
	}
}

/* Its locations read as empty from here on. O: pairs with P */
inline die()
{
	adopt();
	store(KERNEL, END, final, RELAXED);
	store(KERNEL, STATE, ENDED, O);
	d_step { true -> memory[LEDGER(0)] = 0; dead = 1 }
}

inline copy_entry(p)
{
	store(KERNEL, ENTRY(1, p), memory[ENTRY(0, p)], RELAXED)
}

/* O: pairs with P: state before incarnation */
inline take_over()
{
#ifndef NO_COPY
	copy_entry(0);
#if CAPACITY > 1
	copy_entry(1);
#endif
#endif
	store(KERNEL, HEAD(1), final, RELAXED);
#ifdef INCARNATION_BEFORE_STATE
	store(KERNEL, INCARNATION, 1, O);
	store(KERNEL, STATE, OPEN, O);
#else
	store(KERNEL, STATE, OPEN, O);
	store(KERNEL, INCARNATION, 1, O);
#endif
	fence_full(KERNEL);
	writer = NEXT
}

proctype Kernel()
{
end:	do
	:: generation == 1 -> settle_adopted(); sweep()
	:: !dead -> kill(); die()
	:: writer == NOBODY -> take_over()
	od
}

/* ---- the first writer ---- */

inline change(delta, order)
{
	atomic {
		!IS_FULL(0) ->
		word = word + MOVE + (delta);
		store(0, LEDGER(0), word, order)
	}
}

inline enter(named)
{
	atomic {
		store(0, ENTRY(0, head), ENTRY_OF(head, named), RELAXED);
		written = written | (named << head)
	}
}

inline advance()
{
	atomic {
		!IS_FULL(0) ->
		head++;
		store(0, HEAD(0), head, A)
	}
}

inline publish()
{
	change(IN_FLIGHT, RELEASE);
	enter(1);
	advance();
	change(-HOLD, RELEASE)			/* G */
}

inline settle()
{
	if
	:: written >> settled & 1 -> change(-IN_FLIGHT, RELEASE)	/* G */
	:: else
	fi;
	settled++
}

/* G */
inline drop()
{
	use(0, 1);
	change(-HOLD, RELEASE)
}

#ifdef EVICTED_BUT_NOT_REVOKED
#define REVOKED	false
#else
#define REVOKED	killed
#endif

/* D: pairs with C */
#define HAS_ROOM	(head < LONG && head < memory[CURSOR] + CAPACITY)

proctype First()
{
	short word;
	byte head, settled, written;

	{
		word = memory[LEDGER(0)];
		do
		:: HAS_ROOM && HOLDS(word) -> publish()
		:: HAS_ROOM -> enter(0); advance()
		:: settled < memory[CURSOR] -> settle()		/* D */
		:: HOLDS(word) -> drop()
		od
	} unless {
		REVOKED
	}
}

/* ---- the second one ---- */

proctype Second()
{
	byte head;

	writer == NEXT;
	head = final;
end:	do
	:: head < final + SHORT && head < memory[CURSOR] + CAPACITY ->
		store(NEXT, ENTRY(1, head), ENTRY_OF(head, 0), RELAXED);
		atomic {
			!IS_FULL(NEXT) ->
			head++;
			store(NEXT, HEAD(1), head, A)
		}
	od
}

/* ---- the reader ---- */

/* P: pairs with O. B: pairs with A */
inline find_head()
{
	pages = memory[INCARNATION];
	state = memory[STATE];
	head = memory[HEAD(pages)];
	if
	:: state == ENDED && head > memory[END] -> head = memory[END]
	:: else
	fi
}

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
		};
		use(READER, 1)
	:: else
	fi
}

inline keep()
{
	atomic {
		!IS_FULL(READER) ->
		word = word + MOVE + HOLD;
		store(READER, LEDGER(READER), word, RELEASE)
	}
}

/* C: pairs with D */
inline consume()
{
	entry = memory[ENTRY(pages, cursor)];
	check_entry();
	if
	:: NAMES(entry) -> keep()
	:: true
	fi;
	atomic {
		!IS_FULL(READER) ->
		cursor++;
		entry = 0;
		store(READER, CURSOR, cursor, RELEASE)
	}
}

inline let_go()
{
	use(READER, 1);
	atomic {
		!IS_FULL(READER) ->
		word = word + MOVE - HOLD;
		store(READER, LEDGER(READER), word, RELEASE)	/* G */
	}
}

/* It is told of the end where that is, and not by a writer that goes on. */
inline check_end()
{
	d_step {
		lost = cursor != final || pages == 1;
		assert(!lost)
	}
}

proctype Reader()
{
	short word;
	byte cursor, head, entry;
	bit pages, state;

end:	do
	:: cursor < LONG + SHORT ->
		find_head();
		if
		:: head > cursor -> consume()
		:: head <= cursor && state == ENDED -> check_end()
		:: head <= cursor && state != ENDED
		fi;
		atomic { head = 0; state = 0; pages = 0 }
	:: HOLDS(word) -> let_go()
	od
}

/* The slot is held twice, so that both entries can name it. */
init
{
	atomic {
		memory[GENERATION] = generation;
		memory[PAYLOAD] = generation;
		memory[LEDGER(0)] = 2 * HOLD + MOVE;
		run Kernel();
		run First();
		run Second();
		run Reader()
	}
}

#include "witness.pml"
