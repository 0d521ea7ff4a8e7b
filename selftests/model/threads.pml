/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two threads of one client, with atomic operations on its one ledger. Both pop
 * and drop. Thread 0 publishes into a ring with room for 1, thread 1 reads the
 * ring, and keeps. Calls fail, too: a hold is refused from HOLDS_MAX holds on,
 * and a thread may drop what nobody holds. Another client waits for the one
 * slot, which is lent USES times: its task, in the kernel, sweeps and sleeps.
 */
#ifndef USES
#define USES		2
#endif
#ifndef HOLDS_MAX
#define HOLDS_MAX	1
#endif

#ifndef A
#define A	RELEASE		/* head of the ring */
#endif
#ifndef C
#define C	RELEASE		/* cursor */
#endif
#ifndef O
#define O	RELEASE		/* magazine head */
#endif

#define CLIENTS		1
#define THREADS		2
#define PROCESSORS	(THREADS + 1)
#define KERNEL		THREADS
#define WRITER		0
#define READER		1

#define LEDGER(client)	0
#define TAIL		1
#define HEAD		2
#define HANDLE		3	/* a magazine of one slot */
#define PAYLOAD		4
#define RING_HEAD	5
#define ENTRY		6	/* a ring of one entry */
#define CURSOR		7
#define FLAG		8	/* a client waits for a slot */
#define WORDS		9

bit reused;	/* while somebody was using it */
bit stale;	/* the handle that came out of the magazine */
bit twice;	/* the slot that one of them has was given to the other */
bit lost;	/* the entry that the reader finds is of an earlier use */
bit overslept;	/* the slot is free, and nobody is going to say so */
bit leaked;	/* nobody has the slot, and it does not look free */

#define read(p, what)							\
	reused = memory[PAYLOAD] != (what);				\
	assert(!reused)

#include "memory.pml"
#include "sweep.pml"

/* ---- the kernel ---- */

bit out, asleep;
bit signalled;		/* the event count has changed since it was read */
byte lent, low;
byte popped;		/* the generation that was popped last */
#ifdef WITNESS
bit races;		/* one was lost */
bit refused;		/* a hold was */
#define witness(what)	what = 1
#else
#define witness(what)	skip
#endif

/* D: pairs with C. B: pairs with A */
inline mark_windows()
{
	low = memory[CURSOR];
	if
	:: memory[RING_HEAD] > low -> live = 0
	:: else
	fi;
	low = 0
}

/* F: pairs with E */
inline gather()
{
	if
	:: memory[TAIL] < lent -> live = 0
	:: else
	fi
}

inline hide()
{
	skip
}

inline reveal()
{
	d_step {
		if
		:: live ->
			generation++;
			memory[PAYLOAD] = 0;
			out = 0
		:: else
		fi
	}
}

/* O: pairs with P */
inline lend()
{
	atomic {
		memory[TAIL] == lent ->		/* F */
		out = 1;
		lent++
	};
	store(KERNEL, HANDLE, generation, RELAXED);
	store(KERNEL, HEAD, lent, O)
}

/* K: on each processor that runs a thread */
inline barrier()
{
#ifndef NO_K
	fence_full(KERNEL);
	fence_full(0);
	fence_full(1)
#else
	skip
#endif
}

/*
 * One round of kring_evcount_wait(), from the read of the event count to the
 * sleep. The last sweep is a deep one: it frees what a shallow one frees.
 */
inline wait_for_slot()
{
	signalled = 0;
#ifdef NO_SECOND_LOOK
	sweep_to(1);
#endif
	store(KERNEL, FLAG, 1, RELAXED);
	barrier();
#ifndef NO_SECOND_LOOK
	sweep_to(1);
#endif
	if
	:: out ->
		asleep = 1;
		atomic { signalled -> asleep = 0 }
	:: else
	fi
}

proctype Kernel()
{
end:	do
	:: !out && generation <= USES -> lend()
	:: out -> sweep()
	:: out -> wait_for_slot()
	:: !out && generation > USES -> break
	od
}

/* ---- the threads ---- */

/*
 * Lowering is fully ordered, as an atomic operation that returns a value. In
 * wait.pml the signal is a step of its own.
 */
inline wake()
{
	d_step {
		IS_QUIET(me) ->
		memory[FLAG] = 0;
		signalled = 1
	}
}

/* L: pairs with K */
inline freed()
{
	if
	:: memory[FLAG] -> wake()
	:: !memory[FLAG]
	fi
}

/* G: an atomic operation that is a release comes after what is pending */
inline add(delta)
{
	d_step {
#ifndef ADDS_ARE_RELAXED
		IS_QUIET(me) ->
#else
		true ->
#endif
		holds = HOLDS(memory[LEDGER(0)]);
		memory[LEDGER(0)] = memory[LEDGER(0)] + MOVE + (delta)
	}
}

/* E: pairs with F. True for one of those that try from the same tail */
inline exchange_tail()
{
#ifdef TAIL_IS_NOT_EXCHANGED
	won = memory[TAIL] == tail;
	if
	:: won -> memory[TAIL] = tail + 1
	:: else
	fi
#else
	d_step {
		IS_QUIET(me) ->
		if
		:: memory[TAIL] == tail ->
			memory[TAIL] = tail + 1;
			won = 1
		:: else -> won = 0
		fi
	}
#endif
}

inline lose()
{
#ifndef HOLD_AFTER_EXCHANGE
	add(-HOLD);
#ifndef LOST_RACE_IS_SILENT
	freed();
#endif
#endif
	atomic { handle = 0; holds = 0; tail = 0; witness(races) }
}

inline own()
{
#ifdef HOLD_AFTER_EXCHANGE
	add(HOLD);
#endif
	d_step {
		true ->
		stale = handle != generation;
		assert(!stale);
		twice = popped == generation;
		assert(!twice);
		popped = generation;
		mine = 1;
		won = 0;
		holds = 0;
		tail = 0
	};
	store(me, PAYLOAD, handle, RELAXED)
}

/* P: pairs with O */
inline pop()
{
	handle = memory[HANDLE];
#ifndef HOLD_AFTER_EXCHANGE
	add(HOLD);
#endif
	exchange_tail();
	if
	:: won -> own()
	:: else -> lose()
	fi
}

#define IS_HELD_MOST	(HOLDS(memory[LEDGER(0)]) >= HOLDS_MAX)

/* Compares and exchanges; -EOVERFLOW if there are too many: nothing changes. */
inline hold()
{
	atomic {
		if
		:: IS_HELD_MOST -> witness(refused)
		:: else -> add(HOLD); mine++; holds = 0
		fi
	}
}

inline forget_handle()
{
	if
	:: mine == 0 -> handle = 0
	:: else
	fi
}

/*
 * Compares and exchanges until the word that has the hold is the one that is
 * exchanged: in one step here.
 */
inline drop()
{
	use(me, handle);
	atomic {
		add(-HOLD);
		mine--;
		forget_handle();
		holds = (holds == 1)
	};
#ifndef LAST_DROP_IS_SILENT
	if
	:: holds -> holds = 0; freed()
	:: else
	fi
#else
	holds = 0
#endif
}

/*
 * A drop of what nobody holds fails, and changes nothing: that is no step. What
 * it must not do is to subtract, and then to add again. When nothing names the
 * slot, and no sweep is about to free it:
 */
#define NOWHERE	(out && !live && memory[TAIL] == lent)

#define SILENT	1	/* one thread does it, and does not wake */
#define TWICE	2	/* two threads do: of these, one finds holds below 0 */

#if FAILED_DROP == SILENT
#define MAY_FAIL	(me == READER && failed == 0 && NOWHERE)
#else
#define MAY_FAIL	(failed == 0 && NOWHERE)
#endif

#define NO_HOLD		(HOLDS(memory[LEDGER(0)]) == 0)
#define BELOW_0		(HOLDS(memory[LEDGER(0)]) == HOLDS(-HOLD))

inline fail_to_drop()
{
	atomic { failed = 1; add(-HOLD) };
	if
	:: holds == 0 ->
		atomic {
			memory[LEDGER(0)] = memory[LEDGER(0)] - MOVE + HOLD;
			holds = 0
		};
#if FAILED_DROP != SILENT
		freed()
#endif
	:: else -> holds = 0
	fi
}

/* ---- the writer ---- */

/* A: pairs with B */
inline advance()
{
	atomic {
		!IS_FULL(me) ->
		position++;
		store(me, RING_HEAD, position, A)
	}
}

/* G: the ring names the slot before the hold falls */
inline publish()
{
	add(IN_FLIGHT);
	store(me, ENTRY, handle, RELAXED);
#ifdef DROP_BEFORE_PUBLISH
	atomic { add(-HOLD); mine = 0; handle = 0; holds = 0 };
	advance();
#else
	advance();
	atomic { add(-HOLD); mine = 0; handle = 0; holds = 0 };
#endif
#ifndef PUBLISH_IS_SILENT
	freed()
#else
	skip
#endif
}

/* What the reader has passed, as the writer's scan sees it (D) */
#define HAS_PASSED	(memory[CURSOR] == position)

/* G: the cursor was seen beyond the entry before this */
inline settle()
{
	atomic { add(-IN_FLIGHT); settled++; holds = 0 };
#ifndef SETTLE_IS_SILENT
	freed()
#else
	skip
#endif
}

/* ---- the reader ---- */

/* C: what was read was read before, and what is kept is held */
inline move_cursor()
{
	atomic {
		!IS_FULL(me) ->
		position++;
		store(me, CURSOR, position, C)
	}
}

/* L: pairs with K */
inline release_entry()
{
#ifdef FLAG_BEFORE_CURSOR
	raised = memory[FLAG];
	move_cursor();
	if
	:: raised -> raised = 0; wake()
	:: else
	fi
#else
	move_cursor();
#ifndef RELEASE_IS_SILENT
	freed()
#else
	skip
#endif
#endif
}

inline keep()
{
#ifdef CURSOR_BEFORE_HOLD
	release_entry();
	hold()
#else
	hold();
	release_entry()
#endif
}

/* A thread that has an event of its own reads on when it has dropped it. */
inline consume()
{
	atomic {
		handle = memory[ENTRY];
		lost = handle != generation;
		assert(!lost)
	};
	use(me, handle);
	if
	:: keep()
	:: release_entry()
	fi;
	forget_handle()
}

proctype Thread(byte me)
{
	byte tail, handle, holds;
	byte mine;		/* holds that the program has */
	byte position;		/* head or cursor */
	byte settled;
	bit won;
#ifdef FAILED_DROP
	bit failed;
#endif
#ifdef FLAG_BEFORE_CURSOR
	bit raised;
#endif

end:	do
	:: atomic {
		mine == 0 && memory[HEAD] > memory[TAIL] ->
		tail = memory[TAIL]
	   };
		pop()
	:: mine > 0 -> drop()
	:: mine > 0 -> hold()
#ifdef FAILED_DROP
	:: MAY_FAIL && (NO_HOLD || BELOW_0) -> fail_to_drop()
#endif
	:: me == WRITER && mine == 1 && settled == position -> publish()
	:: me == WRITER && settled < position && HAS_PASSED -> settle()
	:: me == WRITER && mine == 0 -> break
	:: me == READER && mine == 0 && memory[RING_HEAD] > position ->
		consume()				/* B: pairs with A */
	od
}

/* When nothing moves any more, nobody sleeps while there is a slot. */
proctype Night()
{
	timeout ->
	overslept = asleep && HOLDS(memory[LEDGER(0)]) == 0;
	assert(!overslept);
	leaked = asleep;
	assert(!leaked)
}

init
{
	atomic {
		run Kernel();
		run Thread(0);
		run Thread(1);
		run Night()
	}
}

#include "witness.pml"
