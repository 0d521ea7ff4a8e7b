/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The sweep of one slot, as kmod/core/reclaim.c has it. What it reads of a slot is
 * of that slot alone: so one is enough.
 *
 * Who includes this says how many CLIENTS there are, where LEDGER(client) and
 * GENERATION are, and defines gather(), which clears .live for a slot that is
 * in a magazine or adopted, mark_windows(), for one that a window names, and
 * hide(), show(generation), freed().
 *
 * If it also says where SUMMARY(client) is, a sweep takes a summary that counts
 * no word for the word. A summary that has moved skips the slot here: another
 * round is another sweep.
 */
#define IN_FLIGHT	1
#define HOLD		4
#define MOVE		32

#define FLIGHTS(word)	((word) & 3)
#define HOLDS(word)	((word) >> 2 & 7)
#define MOVES(word)	((word) >> 5)

/* A summary of one word: it counts it, or not. */
#define COUNTED		1
#ifdef NO_SUMMARY_MOVES
#define SUMMARY_MOVE	0
#else
#define SUMMARY_MOVE	2
#endif
#define IS_COUNTED(summary)	((summary) & 1)

#define FIRST	0
#define SECOND	1
#define THIRD	2

#ifdef NO_MOVES
#define COUNTS(which)	false
#elif defined(THIRD_LOOK_AT_HOLDS)
#define COUNTS(which)	((which) != THIRD)
#else
#define COUNTS(which)	true
#endif

#ifdef IN_FLIGHT_IS_IGNORED
#define IS_BUSY(word)	(HOLDS(word) != 0)
#else
#define IS_BUSY(word)	(HOLDS(word) || (!deep && FLIGHTS(word)))
#endif

bit live, deep;			/* of the batch of one; all windows are read */
short moves[CLIENTS];
byte generation = 1;		/* what it is, also while it is hidden */

#ifdef SUMMARY

#ifdef SUMMARY_IS_READ_ONCE
#define IS_COMPARED(which)	((which) == FIRST)
#elif defined(NO_THIRD_LOOK_AT_SUMMARY)
#define IS_COMPARED(which)	((which) != THIRD)
#else
#define IS_COMPARED(which)	true
#endif

bit stands[CLIENTS];		/* a summary, of which moves[] has the value */

inline look_at_summary(client, which)
{
	d_step {
		if
		:: live && which == FIRST ->
			stands[client] = !IS_COUNTED(memory[SUMMARY(client)]);
			if
			:: stands[client] ->
				moves[client] = memory[SUMMARY(client)]
			:: else
			fi
		:: live && which != FIRST && stands[client] &&
		   IS_COMPARED(which) ->
			live = moves[client] == memory[SUMMARY(client)]
		:: else
		fi
	}
}

#define STANDS(client)	stands[client]
#else
#define STANDS(client)	false
#endif

inline look_at_word(client, which)
{
	d_step {
		if
		:: live && IS_BUSY(memory[LEDGER(client)]) -> live = 0
		:: live && !IS_BUSY(memory[LEDGER(client)]) && which == FIRST ->
			moves[client] = MOVES(memory[LEDGER(client)])
		:: live && !IS_BUSY(memory[LEDGER(client)]) && which != FIRST ->
			live = !COUNTS(which) ||
			       moves[client] == MOVES(memory[LEDGER(client)])
		:: !live
		fi
	}
}

/* H: pairs with G; loads are carried out in order */
inline look_at(client, which)
{
#ifdef SUMMARY
	look_at_summary(client, which);
#endif
	if
	:: STANDS(client) || !live
	:: else -> look_at_word(client, which)
	fi
}

inline look(which)
{
	look_at(0, which);
#if CLIENTS > 1
	look_at(1, which);
#endif
#if CLIENTS > 2
	look_at(2, which);
#endif
}

inline forget_batch()
{
	d_step {
		live = 0;
		deep = 0;
		moves[0] = 0;
#if CLIENTS > 1
		moves[1] = 0;
#endif
#if CLIENTS > 2
		moves[2] = 0;
#endif
#ifdef SUMMARY
		stands[0] = 0;
		stands[1] = 0;
#endif
	}
}

/* Step 2, and the second collect, for which there is no time without it. */
inline look_at_windows()
{
#ifndef NO_WINDOWS
	mark_windows();
#endif
#ifndef SINGLE_COLLECT
	look(SECOND)
#else
	skip
#endif
}

/* Steps 1 to 6, for a slot that step 0 has left. */
inline free_batch()
{
	look(FIRST);
	if
	:: live && deep -> look_at_windows()
	:: else
	fi;
	if
	:: live ->
		hide();
#if !defined(SINGLE_COLLECT) && !defined(NO_THIRD_LOOK)
		look(THIRD);
#endif
		reveal()
	:: else
	fi
}

inline free_gathered()
{
	if
	:: live -> free_batch()
	:: else
	fi;
	forget_batch()
}

/* Step 0 and the others, at one depth or the other. */
inline sweep()
{
	atomic {
		live = 1;
		if
		:: deep = 0
		:: deep = 1
		fi;
		gather()
	};
	free_gathered()
}

/* ... at depth 0 or 1. */
inline sweep_to(depth)
{
	atomic {
		live = 1;
		deep = depth;
		gather()
	};
	free_gathered()
}
