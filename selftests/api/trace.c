// SPDX-License-Identifier: MPL-2.0
/*
 * The backends behave alike: random traces of calls return the same on the
 * backend of this run and in a process, call by call. In a process, this shows
 * that the result of a trace depends on nothing but the trace. RRING_SEED
 * repeats a run; the seed of a trace makes this trace the first.
 */
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include "repetition.h"
#include "rng.h"
#include "traced_side.h"

#define CALLS	250		/* of a trace */
#define SHOWN	20		/* last calls, if two sides differ */
#define ALIKE	(-1)

struct trace {
	struct rng rng;
	uint32_t calls;
	char left_out[CALLS + 1];
	int lies;		/* the second side does */
};

static const char *name_of(const struct side *side)
{
	return side->backend == RRING_BACKEND_DEVICE ? "device" : "process";
}

static void show(const struct side *side, uint32_t i, const char *call)
{
	uint32_t j;

	printf("# %3u %s: %s:", i, name_of(side), call);
	for (j = 0; j < side->answers; j++)
		printf(" %s %lld", side->answer[j].what, side->answer[j].value);
	printf("\n");
}

static int say_the_same(const struct side *a, const struct side *b)
{
	uint32_t i;

	if (a->answers != b->answers)
		return 0;
	for (i = 0; i < a->answers; i++)
		if (strcmp(a->answer[i].what, b->answer[i].what) ||
		    a->answer[i].value != b->answer[i].value)
			return 0;
	return 1;
}

/* Make call @i on both sides. Returns 1 if they say the same. */
static int step(struct side side[2], const struct trace *trace, uint32_t i,
		int shown)
{
	const char *call = "close all";
	int j, alike;

	for (j = 0; j < 2; j++) {
		if (i < CALLS)
			call = side_call(&side[j], rng_for(trace->rng, i));
		else
			side_close(&side[j]);
	}
	alike = say_the_same(&side[0], &side[1]);
	if (shown)
		show(&side[0], i, call);
	if (shown && !alike)
		show(&side[1], i, call);
	return alike;
}

/*
 * Run @trace on two new arenas. Returns the first call that differs, or ALIKE.
 * Shows the calls from number @from on.
 */
static int run(const struct trace *trace, uint32_t from)
{
	struct side side[2];
	int differs = ALIKE;
	uint32_t i;

	side_open(&side[0], rring_backend(), 0, trace->rng);
	side_open(&side[1], RRING_BACKEND_PROCESS, 1, trace->rng);
	side[1].lies = trace->lies;
	for (i = 0; i < trace->calls && differs == ALIKE; i++)
		if (!trace->left_out[i] && !step(side, trace, i, i >= from))
			differs = (int)i;
	/* unless step() has closed them as the last call */
	if (i <= CALLS) {
		side_close(&side[0]);
		side_close(&side[1]);
	}
	return differs;
}

/* Leave out what the difference does not need. Returns the calls left. */
static uint32_t shrink(struct trace *trace, int differs)
{
	uint32_t left = 1;
	int i;

	trace->calls = (uint32_t)differs + 1;
	for (i = differs - 1; i >= 0; i--) {
		trace->left_out[i] = 1;
		if (run(trace, CALLS + 1) == differs)
			continue;
		trace->left_out[i] = 0;
		left++;
	}
	return left;
}

static uint32_t first_shown(const struct trace *trace)
{
	uint32_t i = trace->calls, shown = 0;

	while (i && shown < SHOWN)
		shown += !trace->left_out[--i];
	return i;
}

static struct trace trace_of(struct rng rng, uint32_t i)
{
	/* the last step compares what is left at the end */
	struct trace trace = { .calls = CALLS + 1 };

	trace.rng.state = rng.state + i;
	return trace;
}

static void report(struct trace *trace, int differs)
{
	uint32_t left = shrink(trace, differs);

	printf("# RRING_SEED=%llu: call %d differs; %u calls are needed:\n",
	       (unsigned long long)trace->rng.state, differs, left);
	run(trace, first_shown(trace));
	fflush(stdout);	/* the harness does not */
}

FIXTURE(trace)
{
	struct rng rng;
};

FIXTURE_SETUP(trace)
{
	self->rng = rng_new("traces");
}

FIXTURE_TEARDOWN(trace)
{
}

/* The timeout is long: in a guest without KVM, 1,000 traces take minutes. */
TEST_F_TIMEOUT(trace, returns_the_same_on_both_backends, 600)
{
	uint32_t i, n = rounds(1000);

	for (i = 0; i < n; i++) {
		struct trace trace = trace_of(self->rng, i);
		int differs = run(&trace, CALLS + 1);

		if (differs != ALIKE)
			report(&trace, differs);
		ASSERT_EQ(ALIKE, differs);
	}
}

TEST_F(trace, that_differs_is_found_and_shrunk)
{
	struct rng rng = { .state = 1 };
	int differs = ALIKE;
	struct trace trace;
	uint32_t i;

	for (i = 0; i < 100 && differs == ALIKE; i++) {
		trace = trace_of(rng, i);
		trace.lies = 1;
		differs = run(&trace, CALLS + 1);
	}
	ASSERT_NE(ALIKE, differs);
	/* a client, a writer, a reader, an entry, and the lag; perhaps more */
	EXPECT_GE(10, shrink(&trace, differs));
	EXPECT_EQ(differs, run(&trace, CALLS + 1));
	trace.lies = 0;
	EXPECT_EQ(ALIKE, run(&trace, CALLS + 1));
}

TEST_HARNESS_MAIN
