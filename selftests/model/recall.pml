/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two clients allocate from one pool: they take slots out of a magazine, use
 * them, park and drop. A refill recalls what the other client does not use.
 * Client 0 allocates LONG times, client 1 SHORT times. Client 0 may stand still
 * for ever, or be killed, at any step. refill.pml has the kernel's side.
 *
 * With SHARED, a third client holds what the others share with it. With FAILS,
 * a refill that finds nothing fails; else it sleeps.
 */
#ifndef LONG
#define LONG		2
#endif
#ifndef SHORT
#define SHORT		1
#endif
#ifndef SLOTS
#define SLOTS		2	/* 1 or 2 */
#endif
#ifndef LENDS
#define LENDS		2	/* refills until a client takes a slot */
#endif
#ifndef HITS
#define HITS		1	/* recalls that hit a client while it takes */
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

#ifdef SPARED_WITHOUT_MOVES
#define SHARED			/* it has to be handed on */
#endif
#ifdef NO_SECOND_READING
#undef LONG
#define LONG		3
#endif
/* These fail twice; what counts is that two clients use a slot. */
#if defined(NO_K) || defined(SPARED_UNCHECKED) || \
    defined(SPARED_BEFORE_K) || defined(SPARED_WITHOUT_MOVES)
#define NO_NIGHT
#endif

#define CLIENTS		2
#define PROCESSORS	(CLIENTS + 1)
#define KERNEL		CLIENTS
#define HOLDER		2	/* the third client; it has no magazine */

#ifdef SHARED
#define WORDS_OF_LEDGERS	(3 * SLOTS)
#else
#define WORDS_OF_LEDGERS	(2 * SLOTS)
#endif

#define LEDGER(client, slot)	((client) * SLOTS + (slot))
#define TAIL(client)		(WORDS_OF_LEDGERS + (client))
#define HEAD(client)		(WORDS_OF_LEDGERS + 2 + (client))
#define FLOOR(client)		(WORDS_OF_LEDGERS + 4 + (client))
#define FLAG			(WORDS_OF_LEDGERS + 6)
#define HANDLE(client, at)	(WORDS_OF_LEDGERS + 7 + (client) * SLOTS + \
				 (at) % SLOTS)
#define WORDS			(WORDS_OF_LEDGERS + 7 + CLIENTS * SLOTS)

#define HOLD		1
#define ASIDE		8
#define PRIVATE		16
#define MOVE		32

/* No word is changed eight times during a sweep. */
#define MOVED(word, n)	(((word) + (n) * MOVE) & 255)
#define MOVES(word)	((word) >> 5)
#define HOLDS(word)	((word) & 7)
#define LOW(word)	((word) & 31)
#define PARKED		(ASIDE + HOLD + PRIVATE)

bit reused;	/* it is freed while somebody uses it */
bit twice;	/* who takes it does not have it alone */
bit overslept;	/* there is a slot for a sleeper, and nobody says so */
bit failed;	/* a refill; and there was a slot that nobody used meanwhile */
bit stolen;	/* refills take slots from each other, and nobody gets any */

#define read(p, what)	skip

#include "memory.pml"

#define BIT(slot)	(1 << (slot))
#define OTHER(client)	(1 - (client))
#define NONE		255

/* What the assertions are about. */
byte user[SLOTS];	/* a bit for each client that has an event there */
byte doing[CLIENTS];	/* slot + 1: the client is between two steps with it */
bit shared[SLOTS];	/* the third client knows the handle */
byte lends, hits;
#ifdef FAILS
byte used_since[CLIENTS]; /* slots that were used since its last look began */
#define IS_USED(slot)							\
	used_since[0] = used_since[0] | BIT(slot);			\
	used_since[1] = used_since[1] | BIT(slot)
#else
#define IS_USED(slot)	skip
#endif

#include "refill.pml"

/* ---- the clients ---- */

inline change(slot, value)
{
	word[slot] = value;
	store(me, LEDGER(me, slot), word[slot], G)
}

/* L: pairs with K in the recall */
#define RECALLED	(memory[FLOOR(me)] != known)

/* L: pairs with K in the sleeper. The client is done with that slot */
inline freed()
{
	atomic {
		if
		:: memory[FLAG] -> IS_QUIET(me); wake()
		:: else
		fi;
		doing[me] = 0
	}
}

inline unpark_slot(slot)
{
	if
	:: parked & BIT(slot) ->
		atomic {
			!IS_FULL(me) ->
			doing[me] = slot + 1;
			parked = parked & ~BIT(slot);
			change(slot, MOVED(word[slot] - PARKED +
					   (word[slot] & ASIDE ->
					    0 : ASIDE), 1))
		};
#ifdef TOLD_AFTER_ALL
		doing[me] = 0
#else
		freed()
#endif
	:: else
	fi
}

/* The one that was parked last comes first. */
inline unpark_all()
{
	unpark_slot(last);
#if SLOTS > 1
	unpark_slot(1 - last);
#endif
	last = 0
}

/* E: pairs with F; what was parked is dropped before */
inline acknowledge()
{
	atomic {
		!IS_FULL(me) ->
		known = noticed;
		noticed = 0;
		if
		:: tail < known ->
			tail = known;
			store(me, TAIL(me), tail, E)
		:: else
		fi
	}
}

/* The client has seen another floor. */
inline yield()
{
#ifdef ACKNOWLEDGED_FIRST
	acknowledge();
	unpark_all();
#else
	unpark_all();
	acknowledge();
#endif
	freed()
}

inline take()
{
	d_step {
		twice = user[slot] || leaseholder[slot] != me ||
			!(out & BIT(slot));
		assert(!twice);
		user[slot] = BIT(me);
		used = used | BIT(slot);
		doing[me] = 0;
		takes++;
		lends = 0;
		IS_USED(slot)
	}
}

/* L: pairs with K in the recall. What cannot be taken is dropped by yield() */
inline pop_parked()
{
	atomic {
		!IS_FULL(me) ->
		slot = last;
		doing[me] = slot + 1;
		IS_USED(slot);
		change(slot, word[slot] & ~ASIDE)
	};
	atomic {
		if
#ifndef UNPARK_WITHOUT_LOOK
		:: RECALLED -> slot = NONE
#endif
		:: else ->
			parked = parked & ~BIT(slot);
			last = (parked -> 1 - last : 0);
			take()
		fi
	}
}

/* The client may see a floor before the head, and have its tail above that. */
#ifdef EMPTY_IF_EQUAL
#define IS_EMPTY	(memory[HEAD(me)] == tail)
#else
#define IS_EMPTY	(memory[HEAD(me)] <= tail)
#endif

/* P: pairs with O. E: pairs with F. L: pairs with K in the recall */
inline pop()
{
	if
	:: IS_EMPTY -> slot = NONE
	:: else ->
		atomic {
			!IS_FULL(me) ->
			slot = memory[HANDLE(me, tail)];
			doing[me] = slot + 1;
			IS_USED(slot);
			before = word[slot];
			change(slot, MOVED(before | PRIVATE, 1) + HOLD)
		};
		atomic {
			!IS_FULL(me) ->
			if
#ifndef POP_WITHOUT_LOOK
			:: RECALLED ->
				change(slot, MOVED(before, 2));
				slot = NONE
#endif
			:: else ->
				take();
				tail++;
				store(me, TAIL(me), tail, E)
			fi;
			before = 0
		}
	fi
}

inline refill()
{
	start_refill(me);
endless:	/* it may sleep for ever */
	stage[me] == DONE
}

/* As take_slot() and alloc_class_until() have it. */
inline allocate()
{
	do
	:: atomic { RECALLED -> noticed = memory[FLOOR(me)] };
		yield()
	:: else ->
		if
		:: parked -> pop_parked()
		:: else -> pop()
		fi;
		if
		:: atomic { slot != NONE -> slot = 0; break }
		:: atomic {
			slot == NONE && RECALLED ->
			slot = 0;
			lends = 0;
			hits++
			};
endhits:		hits <= HITS
		:: atomic { slot == NONE && !RECALLED -> slot = 0 };
			refill();
			if
			:: gives_up[me] ->
				atomic { gives_up[me] = 0; takes++ };
				break
			:: else
			fi
		fi
	od
}

/* L: pairs with K in the sleeper */
inline park(s)
{
#ifdef FLAG_BEFORE_PARK
	noticed = memory[FLAG];
#endif
	atomic {
		!IS_FULL(me) ->
		doing[me] = s + 1;
		used = used & ~BIT(s);
		user[s] = 0;
		parked = parked | BIT(s);
		last = s;
		change(s, word[s] | ASIDE)
	};
#ifdef FLAG_BEFORE_PARK
	doing[me] = 0;
	if
	:: noticed -> noticed = 0; unpark_all(); freed()
	:: else
	fi
#else
	if
	:: memory[FLAG] -> unpark_all(); freed()
	:: else -> doing[me] = 0
	fi
#endif
}

inline drop(s)
{
	if
	:: LOW(word[s]) == HOLD + PRIVATE -> park(s)
	:: else ->
		atomic {
			!IS_FULL(me) ->
			doing[me] = s + 1;
			used = used & ~BIT(s);
			user[s] = user[s] & ~BIT(me);
			change(s, MOVED(word[s] & ~PRIVATE, 1) - HOLD)
		};
		freed()
	fi
}

inline share(s)
{
	atomic {
		!IS_FULL(me) ->
		shared[s] = 1;
		change(s, word[s] & ~PRIVATE)
	}
}

#define IS_STOPPED	(me == 0 && (stopped || killed))

proctype Client(byte me)
{
	short word[SLOTS], before;
	byte tail, known, noticed, slot, used, parked, last, takes;

	{
end:		do
		:: takes < (me -> SHORT : LONG) -> allocate()
		:: used & 1 -> drop(0)
#if SLOTS > 1
		:: used & 2 -> drop(1)
#endif
		/* it wants to hold another client's event in such a slot */
		:: atomic { parked && RECALLED -> noticed = memory[FLOOR(me)] };
			yield()
#ifdef SHARED
		:: used & 1 && word[0] & PRIVATE -> share(0)
#if SLOTS > 1
		:: used & 2 && word[1] & PRIVATE -> share(1)
#endif
#endif
		od
	} unless {
		IS_STOPPED
	}
}

#ifdef SHARED
/* It is told the handle by a client that holds the event. */
inline hold_shared(slot)
{
	d_step {
		shared[slot] && user[slot] && !(user[slot] & BIT(HOLDER)) &&
		(HOLDS(memory[LEDGER(0, slot)]) ||
		 HOLDS(memory[LEDGER(1, slot)])) ->
		user[slot] = user[slot] | BIT(HOLDER);
		memory[LEDGER(HOLDER, slot)] =
			MOVED(memory[LEDGER(HOLDER, slot)], 1) + HOLD
	}
}

inline drop_shared(slot)
{
	d_step {
		user[slot] & BIT(HOLDER) ->
		user[slot] = user[slot] & ~BIT(HOLDER);
		memory[LEDGER(HOLDER, slot)] =
			MOVED(memory[LEDGER(HOLDER, slot)], 1) - HOLD
	};
	if
	:: memory[FLAG] -> wake()
	:: else
	fi
}

active proctype Holder()
{
end:	do
	:: hold_shared(0)
	:: drop_shared(0)
#if SLOTS > 1
	:: hold_shared(1)
	:: drop_shared(1)
#endif
	od
}
#endif

active proctype Fate()
{
	if
	:: stopped = 1
	:: killed = 1
	:: true
	fi
}

#define IS_ASLEEP(client)	(stage[client] == SLEEP && !woken[client] && \
				 !((client) == 0 && (stopped || killed)))
#define SLEEPS_BESIDE(client, slot)					\
	(IS_ASLEEP(client) && !IS_IN_USE(client, slot))

/* When nothing moves any more, nobody sleeps beside a slot. */
proctype Night()
{
	timeout ->
	overslept = hits <= HITS && (SLEEPS_BESIDE(0, 0) ||
		    SLEEPS_BESIDE(1, 0) || SLEEPS_BESIDE(0, SLOTS - 1) ||
		    SLEEPS_BESIDE(1, SLOTS - 1));
	assert(!overslept)
}

init
{
	atomic {
		run Kernel();
		run Client(0);
		run Client(1);
#ifndef NO_NIGHT
		run Night()
#endif
	}
}

#include "witness.pml"
