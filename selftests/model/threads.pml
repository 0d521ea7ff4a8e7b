/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two threads of one client pop from its magazine, and drop, by atomic additions
 * to its ledger; the one slot is lent USES times.
 */
#ifndef USES
#define USES		3
#endif

#ifndef O
#define O	RELEASE		/* magazine head */
#endif

#define CLIENTS		1
#define THREADS		2
#define PROCESSORS	(THREADS + 1)
#define KERNEL		THREADS

#define LEDGER(client)	0
#define TAIL		1
#define HEAD		2
#define HANDLE		3	/* a magazine of one slot */
#define PAYLOAD		4
#define WORDS		5

bit reused;	/* while somebody was using it */
bit stale;	/* the handle that came out of the magazine */
bit twice;	/* the slot that one of them has was given to the other */

#define read(p, what)							\
	reused = memory[PAYLOAD] != (what);				\
	assert(!reused)

#include "memory.pml"
#include "sweep.pml"

/* ---- the kernel ---- */

bit out, owned;
byte lent;
byte races;	/* how many were lost */

inline mark_windows()
{
	skip
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

proctype Kernel()
{
	do
	:: !out && generation <= USES -> lend()
	:: out -> sweep()
	:: !out && generation > USES -> break
	od
}

/* ---- the threads ---- */

/* G: an atomic operation that is a release comes after what is pending */
inline add(delta)
{
	d_step {
#ifndef ADDS_ARE_RELAXED
		IS_QUIET(me) ->
#else
		true ->
#endif
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
#endif
	atomic { handle = 0; races = 1 }
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
		twice = owned;
		assert(!twice);
		owned = 1
	};
	store(me, PAYLOAD, handle, RELAXED);
	use(me, handle);
	owned = 0;
	add(-HOLD);
	handle = 0
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
	fi;
	won = 0
}

proctype Thread(byte me)
{
	byte tail, handle;
	bit won;

end:	do
	:: tail = memory[TAIL];
		if
		:: memory[HEAD] > tail -> pop()
		:: memory[HEAD] <= tail
		fi;
		tail = 0
	od
}

init
{
	atomic {
		run Kernel();
		run Thread(0);
		run Thread(1)
	}
}

#include "witness.pml"
