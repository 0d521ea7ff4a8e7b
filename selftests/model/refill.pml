/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The kernel's side of recall.pml: a refill recalls, sweeps and lends; it
 * sleeps if there is nothing to lend. Kernel() does a step of one refill under
 * the arena's lock, then one of another. Each sweep is of one batch, as in
 * kmod/core/reclaim.c, without the windows and the second collect.
 *
 * Steps that touch no word of a client are taken together. So are a look at
 * such a word and the store that follows: stores become visible late.
 */

/* What a refill does next. */
#define DONE		0
#define SHALLOW		1
#define LEND_SHALLOW	2
#define RECALL		3
#define DEEP		4
#define LEND_DEEP	5
#define RAISE		6
#define SLEEP		7

#ifdef SHALLOW_FIRST
#define FIRST_STAGE	SHALLOW
#else
#define FIRST_STAGE	RECALL	/* a shallow sweep may find nothing */
#endif

byte stage[CLIENTS];
bit again[CLIENTS];	/* it has raised the flag, and looks again */
bit woken[CLIENTS];
bit gives_up[CLIENTS];
bit stopped, killed, dead;	/* client 0 */

byte head[CLIENTS], floor[CLIENTS], refilled[CLIENTS];
bit spared[CLIENTS], recalled[CLIENTS];
byte out, leaseholder[SLOTS], lease[SLOTS];

byte live;		/* the batch: a bit for each slot */
byte ignored;		/* a bit for each client that has not noticed */
byte moves[WORDS_OF_LEDGERS];
bit late;
byte who, n, first_moves, first;

#define IS_DEAD(client)		((client) == 0 && dead)

#ifdef TAIL_WITHOUT_FLOOR
#define SEEN(client)		(memory[TAIL(client)])
#else
#define SEEN(client)		(memory[TAIL(client)] < floor[client] -> \
				 floor[client] : memory[TAIL(client)])
#endif
#define LENT(client)		(head[client] - SEEN(client))
#define IS_UNTOUCHED(client)	(LENT(client) > 0 &&			\
				 SEEN(client) == refilled[client])
#define HAS_IGNORED(client)	(!IS_DEAD(client) && recalled[client] && \
				 memory[TAIL(client)] < floor[client])
#define IGNORED			((HAS_IGNORED(0) -> 1 : 0) +		\
				 (HAS_IGNORED(1) -> 2 : 0))
#define IS_LENT(slot)							\
	(!IS_DEAD(leaseholder[slot]) &&					\
	 lease[slot] >= SEEN(leaseholder[slot]) &&			\
	 lease[slot] < head[leaseholder[slot]])

/* The first slot of a refill of which the other client has taken none. */
#define IS_SPARED(client, slot)						\
	(leaseholder[slot] == OTHER(client) && IS_LENT(slot) &&		\
	 IS_UNTOUCHED(OTHER(client)) &&					\
	 lease[slot] == refilled[OTHER(client)])

#define IS_IN_USE(client, slot)						\
	(user[slot] || doing[0] == slot + 1 || doing[1] == slot + 1 ||	\
	 IS_SPARED(client, slot))

/* ---- recall ---- */

/* K: pairs with L */
inline barrier()
{
	fence_full(KERNEL);
	fence_full(0);
	fence_full(1)
}

/* O: pairs with P: the floor comes before the head */
inline raise_floor(client)
{
	recalled[client] = 1;
#ifdef FLOOR_IS_HEAD
	floor[client] = head[client];
#else
	floor[client] = head[client] + 1;
	head[client] = floor[client];
#endif
	store(KERNEL, FLOOR(client), floor[client], RELAXED);
	store(KERNEL, HEAD(client), head[client], O)
}

#define FIRST_SLOT(client)	(memory[HANDLE(client, refilled[client])])
#define FIRST_WORD(client)	(memory[LEDGER(client, FIRST_SLOT(client))])

#ifdef SPARED_UNCHECKED
#define IS_LEFT(client)		true
#elif defined(SPARED_WITHOUT_MOVES)
#define IS_LEFT(client)		(!HOLDS(FIRST_WORD(client)))
#else
#define IS_LEFT(client)		(!HOLDS(FIRST_WORD(client)) &&		\
				 MOVES(FIRST_WORD(client)) == first_moves)
#endif

/* O: pairs with P. Lend the first slot again, if it was not even tried */
inline spare(client)
{
	atomic {
		if
		:: spared[client] && IS_LEFT(client) ->
			first = FIRST_SLOT(client);
			lease[first] = head[client];
			refilled[client] = head[client];
			head[client]++;
			store(KERNEL, HANDLE(client, lease[first]), first,
			      RELAXED);
			store(KERNEL, HEAD(client), head[client], O)
		:: else
		fi;
		spared[client] = 0;
		first_moves = 0;
		first = 0
	}
}

/* An untouched refill of one slot stays where it is. */
#ifdef NO_SPARE
#define MAY_RECALL(client)						\
	(head[client] && (LENT(client) || !HAS_IGNORED(client)))
#else
#define MAY_RECALL(client)						\
	(head[client] &&						\
	 (LENT(client) -> LENT(client) > 1 || !IS_UNTOUCHED(client) :	\
			  !HAS_IGNORED(client)))
#endif

#ifdef NO_RECALL
#define RECALLS(client)		false
#elif defined(NO_SECOND_RECALL)
#define RECALLS(client)		(!again[OTHER(client)])
#else
#define RECALLS(client)		true
#endif

/* The ledger word is read before the tail, and that before the floor rises. */
inline recall(client)
{
	first_moves = MOVES(FIRST_WORD(client));
	if
	:: atomic {
		RECALLS(client) && !IS_DEAD(client) && MAY_RECALL(client) ->
#ifndef NO_SPARE
		spared[client] = IS_UNTOUCHED(client);
#endif
		raise_floor(client)
		};
#ifdef SPARED_BEFORE_K
		spare(client);
#endif
#ifndef NO_K
		barrier();
#endif
		spare(client)
	:: else
	fi;
	atomic {
		IS_QUIET(KERNEL) ->	/* the lock is a barrier */
		first_moves = 0;
		stage[who] = DEEP
	}
}

/* ---- the sweep ---- */

inline gather_slot(slot)
{
	if
	:: out & BIT(slot) && !IS_LENT(slot) -> live = live | BIT(slot)
	:: else
	fi
}

/* F: pairs with E */
inline gather()
{
	d_step {
		true ->
		gather_slot(0);
#if SLOTS > 1
		gather_slot(1);
#endif
	}
}

/* A word that is parked does not count before its client has noticed. */
#define IS_BUSY(i)							\
	(HOLDS(memory[i]) && !((i) / SLOTS < CLIENTS &&			\
			       ignored >> ((i) / SLOTS) & 1 &&		\
			       LOW(memory[i]) == PARKED))

/* H: pairs with G */
inline look_at(i, first)
{
	d_step {
		if
		:: !(live & BIT(i % SLOTS)) || IS_DEAD(i / SLOTS)
		:: else ->
			if
			:: IS_BUSY(i) || !first && moves[i] != MOVES(memory[i])
			   -> live = live & ~BIT(i % SLOTS)
			:: else -> moves[i] = MOVES(memory[i])
			fi
		fi;
		i++
	}
}

inline look(first)
{
	do
	:: live && n < WORDS_OF_LEDGERS -> look_at(n, first)
	:: else -> n = 0; break
	od
}

inline free_slot(slot)
{
	if
	:: live & BIT(slot) ->
		reused = user[slot] != 0;
		assert(!reused);
		out = out & ~BIT(slot);
		shared[slot] = 0;
		leaseholder[slot] = 0;
		lease[slot] = 0
	:: else
	fi
}

inline free_batch()
{
	d_step {
		true ->
		free_slot(0);
#if SLOTS > 1
		free_slot(1);
#endif
		live = 0
	}
}

/* If a client has noticed a recall meanwhile, the batch is worth nothing. */
inline collect_and_free()
{
	d_step {
		true ->
		ignored = IGNORED;
		recalled[0] = ignored & 1;
		recalled[1] = ignored >> 1
	};
	look(true);
	look(false);
#ifndef NO_SECOND_READING
	if
	:: live && ignored != IGNORED -> late = 1
	:: else -> free_batch()
	fi;
#else
	free_batch();
#endif
	d_step {
		true ->
		live = 0;
		ignored = 0;
		do
		:: n < WORDS_OF_LEDGERS -> moves[n] = 0; n++
		:: else -> break
		od;
		n = 0
	}
}

/* A batch that is discarded is looked at once more. */
inline sweep()
{
	gather();
	if
	:: live -> collect_and_free()
	:: else
	fi;
#ifndef NO_SECOND_TRY
	if
	:: late ->
		late = 0;
		gather();
		if
		:: live -> collect_and_free()
		:: else
		fi
	:: else
	fi;
#endif
	atomic { late = 0; stage[who]++ }
}

/* ---- lend ---- */

inline lend_slot(client, slot)
{
	if
	:: !(out & BIT(slot)) ->
		out = out | BIT(slot);
		leaseholder[slot] = client;
		lease[slot] = head[client] + n;
		n++;
		IS_USED(slot);
		store(KERNEL, HANDLE(client, lease[slot]), slot, RELAXED)
	:: else
	fi
}

inline count_lend()
{
	d_step {
		lends++;
		stolen = lends > LENDS;
		assert(!stolen)
	}
}

/* O: pairs with P */
inline lend(client)
{
	lend_slot(client, 0);
#if SLOTS > 1
	lend_slot(client, 1);
#endif
	if
	:: n ->
		refilled[client] = head[client];
		head[client] = head[client] + n;
		n = 0;
		store(KERNEL, HEAD(client), head[client], O);
		count_lend()
	:: else
	fi
}

/* A client that has a refill before it that it has not touched needs none. */
inline lend_or(client, next)
{
	atomic {
		if
#ifndef LENT_BEHIND
		:: IS_UNTOUCHED(client)
#endif
		:: else -> lend(client)
		fi
	};
	atomic {
		IS_QUIET(KERNEL) ->	/* it returns to where it stored */
		if
		:: LENT(client) > 0 ->
			stage[client] = DONE;
			again[client] = 0
		:: else -> stage[client] = next
		fi
	}
}

/* ---- the refill ---- */

#ifdef FAILS
#define IS_PENDING(client, i, slot)					\
	(pending[client].n > i &&					\
	 pending[client].word[i] == LEDGER(client, slot))
#define IS_USED_NOW(client, slot)					\
	(IS_IN_USE(client, slot) ||					\
	 IS_PENDING(OTHER(client), 0, slot) ||				\
	 (DEPTH > 1 && IS_PENDING(OTHER(client), DEPTH - 1, slot)))
#endif

inline begin_look(client)
{
#ifdef FAILS
	used_since[client] = (IS_USED_NOW(client, 0) -> 1 : 0);
#if SLOTS > 1
	used_since[client] = used_since[client] +
			     (IS_USED_NOW(client, 1) -> 2 : 0);
#endif
#endif
	stage[client] = FIRST_STAGE
}

inline start_refill(client)
{
	d_step { woken[client] = 0; begin_look(client) }
}

inline sleep(client)
{
#ifdef FAILS
	d_step {
		failed = used_since[client] != BIT(SLOTS) - 1;
		assert(!failed);
		used_since[client] = 0;
		gives_up[client] = 1;
		stage[client] = DONE
	}
#else
	memory[FLAG] = 1;
	barrier();
	d_step { again[client] = 1; begin_look(client) }
#endif
}

inline wake()
{
	d_step { memory[FLAG] = 0; woken[0] = 1; woken[1] = 1 }
}

inline refill_step(client)
{
	if
#ifdef SHALLOW_FIRST
	:: stage[client] == SHALLOW -> sweep()
	:: stage[client] == LEND_SHALLOW -> lend_or(client, RECALL)
#endif
	:: stage[client] == RECALL -> recall(OTHER(client))
	:: stage[client] == DEEP -> sweep()
	:: stage[client] == LEND_DEEP ->
		lend_or(client, (again[client] -> SLEEP : RAISE))
	:: stage[client] == RAISE -> sleep(client)
	:: stage[client] == SLEEP ->
		d_step { again[client] = 0; start_refill(client) }
	fi
}

/* What it stored is stored by then: it ran through the kernel to its end. */
inline die()
{
	d_step {
		IS_QUIET(0) ->
		dead = 1;
		memory[LEDGER(0, 0)] = 0;
		memory[LEDGER(0, SLOTS - 1)] = 0;
		user[0] = user[0] & ~1;
		user[SLOTS - 1] = user[SLOTS - 1] & ~1;
		doing[0] = 0;
		stage[0] = DONE;
		again[0] = 0
	};
	wake()
}

#define HAS_TO_RUN(client)						\
	(stage[client] != DONE && (stage[client] != SLEEP || woken[client]))

proctype Kernel()
{
end:	do
	:: atomic { HAS_TO_RUN(0) && !killed -> who = 0 }; refill_step(who)
	:: atomic { HAS_TO_RUN(1) -> who = 1 }; refill_step(who)
	:: killed && !dead -> die()
	od
}
