// SPDX-License-Identifier: MPL-2.0
/*
 * Tell helgrind and drd what librusted_ring-ffi orders. These tools do not know the
 * atomic operations of the library, and so report an event that goes from one
 * thread to another as a data race. This library is loaded before the program
 * (LD_PRELOAD). It wraps the functions that order something:
 *
 * - What a thread did before it published comes before what another thread does after
 *   it has read in the same ring.
 * - What a thread did before it released or dropped comes before what another thread
 *   does after it has got a slot or room in a ring.
 *
 * Documentation/valgrind.rst says how to use it.
 */
#include <rusted_ring.h>

#include <valgrind/helgrind.h>

static char published[RRING_RINGS_MAX + 1];	/* by number of the ring */
static char in_services;	/* published in the rings of all sessions */
static char given_back;		/* slots, and room in rings */

/* drd understands the requests of helgrind */
static void before(void *what)
{
	ANNOTATE_HAPPENS_BEFORE(what);
}

static void after(void *what)
{
	ANNOTATE_HAPPENS_AFTER(what);
}

static void *written(long writer)
{
	return &published[rring_writer_ring_id((struct rring_writer *)writer)];
}

static void *read_by(long reader)
{
	return &published[rring_reader_ring_id((struct rring_reader *)reader)];
}

static void *sent(long pipe)
{
	return written((long)rring_pipe_writer((struct rring_pipe *)pipe));
}

static void *received(long pipe)
{
	return read_by((long)rring_pipe_reader((struct rring_pipe *)pipe));
}

/* A set reads several rings: in @from is the one of the event. */
static void after_set(long from)
{
	struct rring_reader *reader = *(struct rring_reader **)from;

	if (reader)
		after(read_by((long)reader));
}

/* ---- wrappers: .first comes before the call, .last after it ---- */

#define WRAPPER(name)	\
	I_WRAP_SONAME_FNNAME_ZU(librustedZuringZhffiZdsoZd0, name)

#define BEGIN(name, first, ...)						\
long WRAPPER(name)(__VA_ARGS__);					\
long WRAPPER(name)(__VA_ARGS__)						\
{									\
	OrigFn original;						\
	long result;							\
									\
	VALGRIND_GET_ORIG_FN(original);					\
	first;

#define END(last)							\
	last;								\
	return result;							\
}

#define WRAP_2(name, first, last)					\
	BEGIN(name, first, long a, long b)				\
	CALL_FN_W_WW(result, original, a, b);				\
	END(last)
#define WRAP_3(name, first, last)					\
	BEGIN(name, first, long a, long b, long c)			\
	CALL_FN_W_WWW(result, original, a, b, c);			\
	END(last)
#define WRAP_4(name, first, last)					\
	BEGIN(name, first, long a, long b, long c, long d)		\
	CALL_FN_W_WWWW(result, original, a, b, c, d);			\
	END(last)
#define WRAP_5(name, first, last)					\
	BEGIN(name, first, long a, long b, long c, long d, long e)	\
	CALL_FN_W_5W(result, original, a, b, c, d, e);			\
	END(last)
#define WRAP_6(name, first, last)					\
	BEGIN(name, first, long a, long b, long c, long d, long e, long f) \
	CALL_FN_W_6W(result, original, a, b, c, d, e, f);		\
	END(last)
#define WRAP_7(name, first, last)					\
	BEGIN(name, first, long a, long b, long c, long d, long e, long f, \
	      long g)							\
	CALL_FN_W_7W(result, original, a, b, c, d, e, f, g);		\
	END(last)

/* ---- publish ---- */

WRAP_2(rring_publish, before(written(a)), after(&given_back))
WRAP_3(rring_publish_until, before(written(a)), after(&given_back))
WRAP_3(rring_publish_batch, before(written(a)), after(&given_back))
WRAP_4(rring_publish_batch_until, before(written(a)), after(&given_back))
WRAP_2(rring_reserve, (void)0, after(&given_back))
WRAP_3(rring_reserve_until, (void)0, after(&given_back))
WRAP_2(rring_commit, before(written(a)), (void)0)
WRAP_4(rring_add, before(written(a)), after(&given_back))
WRAP_5(rring_add_until, before(written(a)), after(&given_back))
WRAP_5(rring_add_batch, before(written(a)), after(&given_back))
WRAP_6(rring_add_batch_until, before(written(a)), after(&given_back))
WRAP_5(rring_send, before(written(a)), after(&given_back))
WRAP_5(rring_pipe_send, before(sent(a)), after(&given_back))
WRAP_6(rring_caller_send, before(&in_services), after(&given_back))
WRAP_7(rring_listener_reply, before(&in_services), after(&given_back))

/* ---- read; most calls release what was read before ---- */

WRAP_2(rring_peek, (void)0, after(read_by(a)))
WRAP_2(rring_try_read, before(&given_back), after(read_by(a)))
WRAP_4(rring_read_copy, before(&given_back), after(read_by(a)))
WRAP_2(rring_read_keep, before(&given_back), after(read_by(a)))
WRAP_2(rring_wait_readable, (void)0, after(read_by(a)))
WRAP_3(rring_receive, before(&given_back), after(read_by(a)))
WRAP_4(rring_pipe_receive, before(&given_back), after(received(a)))
WRAP_3(rring_set_try_read, before(&given_back), after_set(c))
WRAP_5(rring_set_entry, (void)0, after_set(d))
WRAP_4(rring_caller_receive, before(&given_back), after(&in_services))
WRAP_6(rring_caller_call, before(&in_services), after(&in_services))
WRAP_3(rring_listener_next, before(&given_back), after(&in_services))

/* ---- give back ---- */

WRAP_2(rring_release, before(&given_back), (void)0)
WRAP_2(rring_release_to, before(&given_back), (void)0)
WRAP_2(rring_set_release, before(&given_back), (void)0)
WRAP_2(rring_reader_close, before(&given_back), (void)0)
WRAP_2(rring_drop, before(&given_back), (void)0)

/* ---- allocate ---- */

WRAP_4(rring_alloc, (void)0, after(&given_back))
WRAP_4(rring_alloc_xs, (void)0, after(&given_back))
WRAP_4(rring_alloc_s, (void)0, after(&given_back))
WRAP_4(rring_alloc_m, (void)0, after(&given_back))
WRAP_4(rring_alloc_l, (void)0, after(&given_back))
WRAP_4(rring_alloc_xl, (void)0, after(&given_back))
WRAP_5(rring_alloc_class, (void)0, after(&given_back))
WRAP_5(rring_alloc_until, (void)0, after(&given_back))
WRAP_5(rring_alloc_copy, (void)0, after(&given_back))
WRAP_6(rring_alloc_batch, (void)0, after(&given_back))

/* ---- read by a handler, which runs within the call ---- */

struct handling {
	long reader;
	rring_handler_t handler;
	void *context;
};

static int handle(void *context, const struct rring_event *event)
{
	const struct handling *handling = context;

	after(read_by(handling->reader));
	return handling->handler(handling->context, event);
}

BEGIN(rring_read_batch, before(&given_back), long a, long b, long c, long d)
	{
		struct handling handling = { a, (rring_handler_t)b, (void *)c };

		CALL_FN_W_WWWW(result, original, a, (long)handle,
			       (long)&handling, d);
	}
END((void)0)
