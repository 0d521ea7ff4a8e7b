/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Wait and wake. Ring 0 is written by a process, ring 1 by the kernel: LONG and
 * SHORT events. One client sleeps until there is more in ring 0, another until
 * there is more in any of both: so one flag stands for two sleepers, and one
 * sleeper for two flags. The process also calls WAKE VAIN times without an
 * event. No order of mutexes is made use of.
 */
#ifndef LONG
#define LONG		2
#endif
#ifndef SHORT
#define SHORT		1
#endif

#ifndef VAIN
#define VAIN		1
#endif

#ifndef A
#define A	RELEASE		/* head */
#endif

#define SLEEPERS	2
#define PROCESSORS	4
#define WRITER(ring)	(2 + (ring))

#define HEAD(ring)	(ring)
#define FLAG(ring)	(2 + (ring))
#define WORDS		4

bit overslept;		/* there is something, and nobody is going to say so */

#define read(p, what)	skip

#include "memory.pml"

byte woken_head[2];		/* of each ring: head at the last wake-up */
byte events[SLEEPERS];		/* of each sleeper's gate: how often opened */
byte position[SLEEPERS];	/* what it has seen, of both rings together */
bit asleep[SLEEPERS];

#define HAS_NEWS(me)							\
	(memory[HEAD(0)] + (me == 1 -> memory[HEAD(1)] : 0) > position[me])

/* L: pairs with K, which does not reach the kernel on whichever processor */
inline published(ring)
{
	if
#ifndef NO_L_IN_KERNEL
	:: ring == 1 -> fence_full(WRITER(1))
#endif
	:: else
	fi
}

inline signal(ring)
{
#ifndef ONE_GATE_ONLY
	events[1]++;
#endif
	if
	:: ring == 0 -> events[0]++
	:: else
	fi
}

/*
 * WAKE, which wakes only if the head has moved since the last wake-up. Lowering
 * is fully ordered, as an atomic operation that returns a value.
 */
inline wake(ring)
{
	atomic {
		IS_QUIET(WRITER(ring)) ->
		if
		:: memory[HEAD(ring)] != woken_head[ring] ->
			woken_head[ring] = memory[HEAD(ring)];
			memory[FLAG(ring)] = 0;
			has_published = 1
		:: else ->
#ifdef LOWERED_IN_VAIN
			memory[FLAG(ring)] = 0
#else
			skip
#endif
		fi
	};
	if
	:: has_published -> has_published = 0; signal(ring)
	:: else
	fi
}

proctype Writer(byte ring)
{
	byte head, vain;
	bit flag, has_published;

	do
	:: head < (ring -> SHORT : LONG) ->
		head++;
#ifdef FLAG_BEFORE_HEAD
		flag = memory[FLAG(ring)];
		store(WRITER(ring), HEAD(ring), head, A);
#else
		store(WRITER(ring), HEAD(ring), head, A);
		published(ring);
		flag = memory[FLAG(ring)];
#endif
		if
		:: flag -> wake(ring)
		:: else
		fi;
		flag = 0
	:: ring == 0 && vain < VAIN -> vain++; wake(ring)
	:: head == (ring -> SHORT : LONG) -> break
	od
}

inline raise()
{
	store(me, FLAG(0), 1, RELAXED);
	if
	:: me == 1 -> store(me, FLAG(1), 1, RELAXED)
	:: else
	fi
}

/* K: pairs with L */
inline barrier()
{
#ifndef NO_K
	fence_full(me);
	fence_full(WRITER(0))
#else
	skip
#endif
}

/* Of two rings, one after the other. */
inline look()
{
	news = memory[HEAD(0)];
	if
	:: me == 1 -> news = news + memory[HEAD(1)]
	:: else
	fi
}

inline consume()
{
	d_step { position[me] = news; news = 0; seen = 0 }
}

/* One round of it, as kring_evcount_wait() has it. */
inline sleep()
{
	raise();
	barrier();
#ifndef NO_SECOND_LOOK
	look();
#endif
	if
	:: news > position[me] -> consume()
	:: else ->
#ifdef EVENTS_READ_LATE
		seen = events[me];
#endif
		atomic { asleep[me] = 1; news = 0 };
		atomic {
			events[me] != seen ->
			asleep[me] = 0;
			seen = 0
		}
	fi
}

proctype Sleeper(byte me)
{
	byte seen, news;

end:	do
	:: position[me] < LONG + (me -> SHORT : 0) ->
#ifndef EVENTS_READ_LATE
		seen = events[me];
#endif
		look();
		if
		:: news > position[me] -> consume()
		:: else -> sleep()
		fi
	:: else -> break
	od
}

/* When nothing moves any more, nobody sleeps over something. */
proctype Night(byte me)
{
	timeout ->
	overslept = asleep[me] && HAS_NEWS(me);
	assert(!overslept)
}

init
{
	atomic {
		run Writer(0);
		run Writer(1);
		run Sleeper(0);
		run Sleeper(1);
		run Night(0);
		run Night(1)
	}
}

#include "witness.pml"
