/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One slot goes round from the free set into a magazine, out of it into a
 * ledger, and back by a sweep, until it has been used USES times.
 */
#ifndef USES
#define USES		3
#endif

#ifndef E
#define E	RELEASE		/* magazine tail */
#endif
#ifndef G
#define G	RELEASE		/* ledger word */
#endif
#ifndef O
#define O	RELEASE		/* magazine head */
#endif

#define CLIENTS		2
#define PROCESSORS	(CLIENTS + 1)
#define KERNEL		CLIENTS

#define LEDGER(client)	(client)
#define TAIL(client)	(2 + (client))
#define HEAD(client)	(4 + (client))
#define HANDLE(client)	(6 + (client))	/* a magazine of one slot */
#define PAYLOAD		8
#define GENERATION	9		/* nobody looks at it here */
#define WORDS		10

bit reused;	/* while somebody was using it */
bit stale;	/* the handle that came out of a magazine */

#define read(p, what)							\
	reused = memory[PAYLOAD] != (what);				\
	assert(!reused)

#include "memory.pml"
#include "sweep.pml"

/* ---- the kernel ---- */

bit out;
byte leaseholder, lease, lent[CLIENTS];

inline mark_windows()
{
	skip
}

/* F: pairs with E. Is the slot in its magazine still? */
inline gather()
{
#ifndef NO_STEP_0
	if
	:: memory[TAIL(leaseholder)] <= lease -> live = 0
	:: else
	fi
#else
	skip
#endif
}

inline hide()
{
	skip
}

/* The kernel's own stores are ordered by its lock, but for what it lends. */
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
inline lend(client)
{
	atomic {
		memory[TAIL(client)] == lent[client] ->		/* F */
		out = 1;
		leaseholder = client;
		lease = lent[client];
		lent[client]++
	};
	store(KERNEL, HANDLE(client), generation, RELAXED);
	store(KERNEL, HEAD(client), lent[client], O)
}

proctype Kernel()
{
	do
	:: !out && generation <= USES -> lend(0)
	:: !out && generation <= USES -> lend(1)
	:: out -> sweep()
	:: !out && generation > USES -> break
	od
}

/* ---- the clients ---- */

inline change(delta, order)
{
	atomic {
		!IS_FULL(me) ->
		word = word + MOVE + (delta);
		store(me, LEDGER(me), word, order)
	}
}

/* E: pairs with F */
inline move_tail()
{
	atomic {
		!IS_FULL(me) ->
		tail++;
		store(me, TAIL(me), tail, E)
	}
}

/* P: pairs with O: by the head that was loaded before, the handle is there */
inline pop()
{
	atomic {
		handle = memory[HANDLE(me)];
		stale = handle != generation;
		assert(!stale)
	};
#ifdef TAIL_BEFORE_HOLD
	move_tail();
	change(HOLD, RELEASE);
#else
	change(HOLD, RELEASE);
	move_tail();
#endif
	store(me, PAYLOAD, handle, RELAXED)
}

/* G: the payload was used before the hold falls */
inline drop()
{
	use(me, handle);
	change(-HOLD, G);
	handle = 0
}

proctype Client(byte me)
{
	short word;
	byte tail, handle;

end:	do
	:: HOLDS(word) == 0 && memory[HEAD(me)] > tail -> pop()	/* P */
	:: HOLDS(word) -> drop()
	:: HOLDS(word) == 0 && memory[HEAD(me)] > tail ->	/* trim */
		move_tail()
	od
}

init
{
	atomic {
		run Kernel();
		run Client(0);
		run Client(1)
	}
}

#include "witness.pml"
