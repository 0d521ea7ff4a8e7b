/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Memory in which stores become visible late, and in another order than that in
 * which they were made.
 *
 * Each processor has up to DEPTH accesses pending. Whatever is pending may be
 * carried out now, before or after others, but
 *
 *   - of those to one word, the older one first;
 *   - one that is a RELEASE, after all that were pending before it;
 *   - none that was made after a FENCE before one that was made before it.
 *
 * A READ is a load of the payload whose value decides nothing: it is pending
 * like a store, until then the payload is in use. Other loads are carried out
 * at once, and in order: an acquire promises as much. A processor reads what it
 * wrote itself from a copy of its own, as only one ever writes a word.
 *
 * Who includes this says how many PROCESSORS and WORDS there are, and defines
 * read(processor, what): what carrying out a READ means.
 */
#ifndef DEPTH
#define DEPTH	3
#endif

#define RELAXED	0
#define RELEASE	1

/* Instead of a word's number. */
#define READ	254
#define FENCE	255

typedef accesses {
	byte n;
	byte word[DEPTH];
	short value[DEPTH];
	bit release[DEPTH];
}

accesses pending[PROCESSORS];
short memory[WORDS];
byte slide;		/* 0 but in carry_out() */


#define IS_FULL(p)	(pending[p].n == DEPTH)
#define IS_QUIET(p)	(pending[p].n == 0)

/* Blocks while as much is pending as may be. */
inline access(p, where, what, order)
{
	d_step {
		!IS_FULL(p) ->
		pending[p].word[pending[p].n] = where;
		pending[p].value[pending[p].n] = what;
		pending[p].release[pending[p].n] = order;
		pending[p].n++
	}
}

/* The same, in an order that the code's barrier says. */
#define store(p, where, what, order)	access(p, where, what, order)
#define use(p, what)			access(p, READ, what, RELAXED)
#define fence_release(p)		access(p, FENCE, 0, RELEASE)
#define fence_full(p)			IS_QUIET(p)

inline carry_out(p, i)
{
	d_step {
		if
		:: pending[p].word[i] == READ -> read(p, pending[p].value[i])
		:: pending[p].word[i] == FENCE
		:: else -> memory[pending[p].word[i]] = pending[p].value[i]
		fi;
		slide = i;
		do
		:: slide + 1 < pending[p].n ->
			pending[p].word[slide] = pending[p].word[slide + 1];
			pending[p].value[slide] = pending[p].value[slide + 1];
			pending[p].release[slide] =
				pending[p].release[slide + 1];
			slide++
		:: else -> break
		od;
		pending[p].n--;
		pending[p].word[slide] = 0;
		pending[p].value[slide] = 0;
		pending[p].release[slide] = 0;
		slide = 0
	}
}

/* What is read is what the same processor wrote before. */
#ifndef PAYLOAD
#define PAYLOAD	READ
#endif

/* Access i of p need not wait for the older one j. */
#define PASSES(p, i, j)	(pending[p].word[j] != FENCE && \
			 pending[p].word[j] != pending[p].word[i] && \
			 !(pending[p].word[i] == READ && \
			   pending[p].word[j] == PAYLOAD))
#define IS_FREE(p, i)	(pending[p].n > i && !pending[p].release[i])

/* Any of those that may be carried out next. */
inline progress(p)
{
	if
	:: !IS_QUIET(p) -> carry_out(p, 0)
#if DEPTH > 1
	:: IS_FREE(p, 1) && PASSES(p, 1, 0) -> carry_out(p, 1)
#endif
#if DEPTH > 2
	:: IS_FREE(p, 2) && PASSES(p, 2, 1) && PASSES(p, 2, 0) ->
		carry_out(p, 2)
#endif
#if DEPTH > 3
	:: IS_FREE(p, 3) && PASSES(p, 3, 2) && PASSES(p, 3, 1) &&
	   PASSES(p, 3, 0) -> carry_out(p, 3)
#endif
	fi
}

active proctype Memory()
{
end:	do
	:: atomic { !IS_QUIET(0) -> progress(0) }
#if PROCESSORS > 1
	:: atomic { !IS_QUIET(1) -> progress(1) }
#endif
#if PROCESSORS > 2
	:: atomic { !IS_QUIET(2) -> progress(2) }
#endif
#if PROCESSORS > 3
	:: atomic { !IS_QUIET(3) -> progress(3) }
#endif
	od
}
