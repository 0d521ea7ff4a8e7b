/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A ring with a limit. Its writer waits for room; the kernel laps the readers
 * that stall, up to LAPS times, and grants the room. A reader that was lapped
 * finds that out when it releases an entry, and gates again. WRITTEN entries go
 * through room for CAPACITY. Time is not modelled: a reader that holds the
 * writer back may have stalled for long enough at any look. Reader 1 may do
 * wrong: it moves its cursor back, and stops. No harm comes to reader 0.
 */
#ifndef WRITTEN
#define WRITTEN		4
#endif
#ifndef CAPACITY
#define CAPACITY	2
#endif
#ifndef READERS
#define READERS		2
#endif
#ifndef LAPS
#define LAPS		1
#endif
#ifndef DEPTH
#ifdef NO_M
#define DEPTH		3	/* .ref, the lock, the entry */
#else
#define DEPTH		2
#endif
#endif

#ifndef A
#define A	RELEASE		/* head */
#endif
#ifndef O
#define O	RELEASE		/* the kernel's words */
#endif

#define PROCESSORS	(READERS + 1)
#define WRITER		READERS	/* each of them in the kernel, too */

#define HEAD		0
#define PASSED		1
#define JOINS		2
#define FLAG		3	/* the writer waits */
#define LOCK		4	/* the arena's */
#define CURSOR(reader)	(5 + (reader))
#define START(reader)	(7 + (reader))
#define REF(reader)	(9 + (reader))
#define ENTRY(p)	(11 + (p) % CAPACITY)
#define WORDS		(11 + CAPACITY)

#define JOINING		1
#define LIVE		2
#define LAPPED		3
#define STATE(ref)	((ref) & 3)
#define SERIAL		4

bit overwritten;	/* an entry that a reader takes for a good one */
bit miscounted;		/* events that a reader lost */
bit denied;		/* the room that the kernel has granted */
bit overslept;		/* there is room, and nobody is going to say so */

byte seen[READERS];	/* the entry, whenever it comes to be read */

#define read(p, what)	seen[p] = memory[ENTRY(what)]

#include "memory.pml"

/* ---- the kernel, under the arena's lock ---- */

byte ref[READERS];	/* what it knows: serial and state */
byte begin[READERS];	/* .start */
byte top;		/* the head that it has seen: it never goes back */
byte lowest;		/* the lower end of the window: nor does this */
byte bound, laps;

#define take_lock()	d_step { memory[LOCK] == 0 -> memory[LOCK] = 1 }
#define release_lock(p)	store(p, LOCK, 0, RELEASE)

#define POSITION(reader)						\
	(memory[CURSOR(reader)] > begin[reader] ->			\
	 memory[CURSOR(reader)] : begin[reader])

inline bound_by(reader)
{
	d_step {
		if
		:: STATE(ref[reader]) == LIVE && POSITION(reader) < bound ->
			bound = POSITION(reader)
		:: else
		fi
	}
}

/* B: pairs with A. A processor sees its own stores. */
inline find_head(seen_head)
{
	d_step {
		if
		:: seen_head > top -> top = seen_head
		:: else
		fi;
		bound = top
	}
}

/* D: pairs with C */
inline find_low()
{
	bound_by(0);
#if READERS > 1
	bound_by(1);
#endif
	d_step {
		if
		:: bound > lowest -> lowest = bound
		:: else
		fi;
		if
		:: lowest + CAPACITY < top -> lowest = top - CAPACITY
		:: else
		fi;
		bound = 0
	}
}

/* O: pairs with P */
inline publish_state(by, which)
{
	store(by, START(which), begin[which], RELAXED);
	store(by, REF(which), ref[which], O)
}

/* K: on each processor that runs a peer */
inline barrier()
{
	fence_full(me);
	fence_full(WRITER)
}

/*
 * Lap reader, if it holds the writer back. The wake in lap() is left out, and
 * so is the order that it brings.
 */
inline check_stall(reader)
{
	if
	:: laps < LAPS && STATE(ref[reader]) == LIVE &&
	   POSITION(reader) + CAPACITY <= head ->
		atomic {
			begin[reader] = POSITION(reader);
			ref[reader] = ref[reader] - LIVE + LAPPED;
			laps++
		};
#ifndef LAP_IS_A_SECRET
		publish_state(WRITER, reader)
#endif
	:: skip
	fi
}

/* check_room() of kmod/core/writer.c */
inline look_for_room()
{
	take_lock();
	find_head(head);
	find_low();
	if
	:: lowest + CAPACITY <= head ->
		check_stall(0);
#if READERS > 1
		check_stall(1);
#endif
		find_head(head);
		find_low()
	:: else
	fi;
	granted = lowest + CAPACITY > head;
	release_lock(WRITER)
}

/* ---- the writer ---- */

byte head, limit, joins, low, passed, place, start, state;
bit granted, asleep;
bit signalled;		/* the event count has changed since it was read */
bit again;		/* a scan was made anew */

inline least(position)
{
	if
	:: (position) < low -> low = position
	:: else
	fi
}

/* P: pairs with O. D: pairs with C */
inline look_at_place()
{
	do
	:: state = memory[REF(place)];
		if
		:: STATE(state) == LAPPED -> break
#ifdef JOINING_DOES_NOT_GATE
		:: STATE(state) == JOINING -> break
#endif
		:: else
		fi;
		start = memory[START(place)];
		if
		:: STATE(state) == LIVE && memory[CURSOR(place)] > start ->
			start = memory[CURSOR(place)]
		:: else
		fi;
		if
		:: memory[REF(place)] == state ->
			least(start);
			break
		:: else
		fi
	od
}

inline scan_once()
{
	low = head;
	place = 0;
	do
	:: place < READERS -> look_at_place(); place++
	:: else -> break
	od;
	atomic { place = 0; start = 0; state = 0 }
}

/*
 * P: pairs with O. K: .passed is stored before .joins is read again. Neither
 * .passed nor the limit falls if a cursor has gone back.
 */
inline scan()
{
	do
	:: joins = memory[JOINS];
		scan_once();
		passed = (low > passed -> low : passed);
#ifndef PASSED_AFTER_JOINS
		store(WRITER, PASSED, passed, RELAXED);
#endif
#ifdef JOINS_ARE_NOT_COUNTED
		break
#else
		if
		:: memory[JOINS] == joins -> break
		:: else -> again = 1
		fi
#endif
	od;
#ifdef PASSED_AFTER_JOINS
	store(WRITER, PASSED, passed, RELAXED);
#endif
	atomic {
		limit = (low + CAPACITY > limit -> low + CAPACITY : limit);
		joins = 0;
		low = 0
	}
}

/* K: on each processor that runs a reader */
inline barrier_for_sleep()
{
#ifndef NO_K
	fence_full(WRITER);
	fence_full(0);
#if READERS > 1
	fence_full(1)
#endif
#else
	skip
#endif
}

/*
 * One round of kring_evcount_wait(), from the read of the event count to the
 * sleep. The limit comes first, or a signal.
 */
inline sleep()
{
	signalled = 0;
	store(WRITER, FLAG, 1, RELAXED);
	barrier_for_sleep();
	look_for_room();
	if
	:: !granted && laps < LAPS
	:: !granted ->
		asleep = 1;
endsleep:	atomic { signalled -> asleep = 0 }
	:: granted
	fi
}

inline take_grant()
{
#ifdef GRANT_BY_CURSORS
	scan();
	denied = limit <= head;
	assert(!denied);
	granted = 0
#else
	atomic { limit = head + 1; granted = 0 }
#endif
}

inline make_room()
{
	scan();
	if
	:: limit <= head ->
		do
		:: !granted -> sleep()
		:: granted -> break
		od;
		take_grant()
	:: else
	fi
}

/* M: pairs with N. Whatever is new above the limit is claimed. */
inline write_entry()
{
#ifndef NO_M
	fence_release(WRITER);
#endif
	store(WRITER, ENTRY(head), head + 1, RELAXED);
	atomic {
		!IS_FULL(WRITER) ->
		head++;
		store(WRITER, HEAD, head, A)
	}
}

proctype Writer()
{
end:	do
	:: head < WRITTEN && head < limit -> write_entry()
	:: head < WRITTEN && head >= limit -> make_room()
	od
}

/* ---- the readers ---- */

/* The position that the kernel counts from: a reader sees its own stores. */
#ifdef COUNTED_FROM_LAP
#define STOOD	begin[me]
#else
#define STOOD	(stored > begin[me] -> stored : begin[me])
#endif

/* What is lowest must be from after the barrier. */
inline find_start()
{
	find_head(memory[HEAD]);
	find_low();
#ifndef STARTS_BELOW_PASSED
	d_step {
		if
		:: memory[PASSED] > lowest -> bound = memory[PASSED]
		:: else -> bound = lowest
		fi;
		if
		:: bound > top -> bound = top
		:: else
		fi
	}
#else
	bound = lowest
#endif
}

/* kring_reader_resume() of kmod/core/join.c. O: pairs with P */
inline rejoin()
{
	take_lock();
	find_head(memory[HEAD]);
	find_low();
	atomic {
		lost = STOOD;
		begin[me] = lowest;
		ref[me] = ref[me] + SERIAL - LAPPED + JOINING
	};
	publish_state(me, me);
	store(me, JOINS, memory[JOINS] + 1, O);
#ifndef NO_BARRIER
#ifdef STARTS_WHERE_IT_BEGAN
	find_start();
	barrier();
#else
	barrier();
	find_start();
#endif
#else
	find_start();
#endif
	atomic {
		begin[me] = (lost > bound -> lost : bound);
		bound = 0;
		ref[me] = ref[me] - JOINING + LIVE
	};
	publish_state(me, me);
	atomic {
		!IS_FULL(me) ->
		release_lock(me);
		known = ref[me];
		lost = begin[me] - lost;
		miscounted = lost != begin[me] - position;
		assert(!miscounted)
	}
}

/* Its own stores a reader sees at once: what differs is the kernel's lap. */
#define WAS_LAPPED	(memory[REF(me)] == known - LIVE + LAPPED)

/* N: pairs with M */
inline check()
{
#ifndef NO_N
	IS_QUIET(me);
#endif
#ifdef NO_CHECK
	good = 1;
#else
	good = !WAS_LAPPED;
#endif
	IS_QUIET(me)
}

/* Lowering is fully ordered, as an atomic operation that returns a value. */
inline wake()
{
	d_step {
		IS_QUIET(me) ->
		memory[FLAG] = 0;
		signalled = 1
	}
}

/* L: pairs with K */
inline after_release()
{
#ifndef RELEASE_IS_SILENT
	if
	:: memory[FLAG] -> wake()
	:: !memory[FLAG]
	fi
#else
	skip
#endif
}

/* C: pairs with D. N has ordered the reads before. */
inline advance()
{
	atomic {
		!IS_FULL(me) ->
		overwritten = seen[me] != position + 1;
		assert(!overwritten);
		position++;
		stored = position;
		seen[me] = 0;
		good = 0;
		store(me, CURSOR(me), position, RELEASE)
	};
	after_release()
}

inline find_out()
{
	rejoin();
	atomic {
		position = position + lost;
		good = lost == 0;
		lost = 0
	}
}

inline consume()
{
	use(me, position);
	check();
	if
	:: !good -> find_out()
	:: else
	fi;
	if
	:: good -> advance()
	:: else -> seen[me] = 0
	fi
}

proctype Reader(byte me)
{
	byte position, stored, known, lost;
	bit good;

	known = LIVE;
end:	do
	:: memory[HEAD] > position -> consume()		/* B: pairs with A */
	:: WAS_LAPPED -> find_out(); good = 0
	:: me == 1 && stored > 0 ->
		store(me, CURSOR(me), 0, RELAXED);
		break
	od
}

/* When nothing moves any more, the writer does not sleep beside room. */
proctype Night()
{
	timeout ->
	bound = top;
	bound_by(0);
#if READERS > 1
	bound_by(1);
#endif
	overslept = asleep &&
		    (bound > lowest -> bound : lowest) + CAPACITY > head;
	assert(!overslept)
}

init
{
	atomic {
		ref[0] = LIVE;
		memory[REF(0)] = LIVE;
#if READERS > 1
		ref[1] = LIVE;
		memory[REF(1)] = LIVE;
#endif
		limit = CAPACITY;
		run Writer();
		run Reader(0);
#if READERS > 1
		run Reader(1);
#endif
		run Night()
	}
}

#include "witness.pml"
