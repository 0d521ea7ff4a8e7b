/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two contexts of the kernel write one ring, and a reader makes room: WRITTEN
 * events go through room for CAPACITY. A place that was reserved last may be
 * given back. An NMI is a processor for which the other happens to wait.
 */
#ifndef WRITTEN
#define WRITTEN		4
#endif
#ifndef CAPACITY
#define CAPACITY	2
#endif

#define WRITERS		2
#define PROCESSORS	(WRITERS + 1)
#define READER		WRITERS

#define HEAD		0
#define CURSOR		1
#define ENTRY(p)	(2 + (p) % CAPACITY)
#define MARK(p)		(2 + CAPACITY + (p) % CAPACITY)
#define WORDS		(2 + 2 * CAPACITY)

bit torn;	/* an entry that is visible, and not whole */
bit mistaken;	/* for the entry that the head was moved over */
bit left;	/* an entry is whole, and nobody makes it visible */

#define read(p, what)	skip

#include "memory.pml"

/* These change by atomic operations, which are full barriers. */
byte reserved;
bit given_back, helped;

#ifdef MARKS_WITHOUT_LAPS
#define IS_MARKED(p)	(memory[MARK(p)] != 0)
#else
#define IS_MARKED(p)	(memory[MARK(p)] == (p) + 1)
#endif

/* The room is that of a limit, which was taken from the cursor before. */
inline reserve()
{
	d_step {
		IS_QUIET(me) && reserved < WRITTEN &&
		reserved < memory[CURSOR] + CAPACITY ->
		position = reserved;
		reserved++
	}
}

inline give_back()
{
	d_step {
		reserved == position + 1 && IS_QUIET(me) ->
		reserved = position;
		given_back = 1
	}
}

/* A: pairs with B. R: pairs with Q. One that fails orders nothing. */
inline move_head()
{
#ifdef NO_R
	early = IS_MARKED(head + 1);
#endif
	skip;
	d_step {
#ifndef A_IS_RELAXED
		IS_QUIET(me) || memory[HEAD] != head ->
#else
		true ->
#endif
		won = memory[HEAD] == head;
		if
		:: won ->
			head++;
			memory[HEAD] = head
		:: else -> head = memory[HEAD]
		fi
	}
}

inline look()
{
#ifdef NO_R
	ready = (won -> early : IS_MARKED(head));
#else
	ready = IS_MARKED(head);
#endif
	won = 0
}

/* The entry is the one whose reservation ends, or another's hold would fall. */
inline end_reservation()
{
#ifndef ENTRY_AFTER_HEAD
	entry = memory[ENTRY(head)];
	move_head();
#else
	move_head();
	entry = memory[ENTRY(head - 1)];
#endif
	mistaken = won && entry != head;
	assert(!mistaken);
	skip;
	d_step { helped = helped || won; entry = 0 }
}

inline advance()
{
	look();
	do
	:: ready -> end_reservation(); look()
	:: else -> break
	od
}

/* Q: pairs with R */
inline mark()
{
#ifdef MARK_BEFORE_ENTRY
	store(me, MARK(position), position + 1, RELAXED);
#else
	store(me, MARK(position), position + 1, RELEASE);
#endif
#ifndef NO_Q
	fence_full(me)
#else
	skip
#endif
}

inline complete_entry()
{
	head = position;
	move_head();
	if
	:: won
	:: else ->
		mark();
#ifndef HEAD_FROM_BEFORE
		head = memory[HEAD]
#endif
	fi;
	advance();
	skip;
	d_step { position = 0; head = 0; early = 0; won = 0; ready = 0 }
}

proctype Writer(byte me)
{
	byte position, head, entry;
	bit won, ready, early;

end:	do
	:: reserve();
		if
		:: give_back(); position = 0
		:: store(me, ENTRY(position), position + 1, RELAXED);
			complete_entry()
		fi
	od
}

/* B: pairs with A. C: the entry was read before */
proctype Reader()
{
	byte position;

end:	do
	:: memory[HEAD] > position ->
		torn = memory[ENTRY(position)] != position + 1;
		assert(!torn);
		position++;
		store(READER, CURSOR, position, RELEASE)
	od
}

/* When nothing moves any more, all that was reserved is visible. */
proctype Night()
{
	timeout ->
	left = memory[HEAD] != reserved;
	assert(!left)
}

init
{
	atomic {
		run Writer(0);
		run Writer(1);
		run Reader();
		run Night()
	}
}

#include "witness.pml"
