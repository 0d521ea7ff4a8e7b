// SPDX-License-Identifier: MPL-2.0
/*
 * Killed at every instruction. Of each operation, a process executes the first
 * k instructions and is killed; then the next one the first k + 1, up to the
 * one that came to the end, all in one arena. What was committed by then is
 * there, what was not is not, and no slot is missing.
 *
 * Of events above 16 KiB it is every n-th instruction only, from a random one
 * on, but for $TORTURE.
 */
#include <sched.h>
#include <sys/sysinfo.h>

#include "arena.h"
#include "dice.h"
#include "large.h"
#include "rounds.h"
#include "sleeper.h"
#include "stream.h"
#include "traced.h"
#include "victim.h"

#include "kselftest_harness.h"

#define LEN		64	/* bytes of an event */
#define LEN_LARGE	(32 * KIB)
#define TRACERS		2	/* at work at the same time */
#define POINTS		64	/* of a long operation */
#define REHEARSALS	16
#define ALLOCATE_EACH	32	/* deaths */

/* A ring without readers is gone: another one may have its name. */
static int ring_is_gone(struct witness *witness)
{
	struct rring_ring_config config = {
		.name = "own",
		.kind = RRING_INLINE,
		.capacity = 2 * EVENTS,
		.stride = LEN,
	};
	struct rring_writer *writer;

	if (rring_writer_open(witness->client, &config, &writer))
		return 0;
	rring_writer_close(writer);
	return 1;
}

/* ---- the operations ---- */

enum {
	WRITES = 1,		/* the ring that the witness reads */
	READS = 2,		/* the one that it writes */
	HOLDS = 4,		/* the witness holds something */
	THREADS = 8,		/* it may have several threads */
	FORWARDS = 16,		/* it writes what it reads */
	INLINE = 32,		/* rings of that kind */
	LARGE = 64,		/* events above 16 KiB */
};

FIXTURE(killed)
{
	struct findings *findings;
	pid_t pid[TRACERS];
};

FIXTURE_VARIANT(killed)
{
	const char *name;
	void (*before)(struct victim *self);
	void (*run)(struct victim *self);
	int (*after)(struct witness *witness);
	int needs;
	uint32_t written;	/* events, by a whole operation */
	uint32_t read;
};

#define KILLED(name_, ...)						\
	FIXTURE_VARIANT_ADD(killed, name_) {				\
		.name = #name_, __VA_ARGS__				\
	}

KILLED(alloc, .run = victim_alloc, .before = victim_make);
KILLED(alloc_parked, .run = victim_alloc, .before = victim_park);
KILLED(alloc_after_refill, .run = victim_alloc);
KILLED(alloc_batch, .run = victim_alloc_batch);
KILLED(hold, .run = victim_hold, .before = victim_make);
KILLED(drop, .run = victim_drop, .before = victim_make_shared);
KILLED(drop_of_a_private_one, .run = victim_drop, .before = victim_make);
KILLED(trim, .run = victim_trim, .before = victim_park_and_share);
KILLED(publish, .run = victim_publish, .before = victim_make, .needs = WRITES,
       .written = 1);
KILLED(publish_batch, .run = victim_publish_batch, .before = victim_make,
       .needs = WRITES, .written = EVENTS);
KILLED(publish_and_settle, .run = victim_publish, .before = victim_fill_own,
       .after = ring_is_gone);
KILLED(reserve_and_commit, .run = victim_reserve_and_commit,
       .needs = WRITES | INLINE, .written = 2);
KILLED(receive, .run = victim_receive, .needs = READS, .read = 1);
KILLED(receive_inline, .run = victim_receive, .needs = READS | INLINE,
       .read = 1);
KILLED(try_read, .run = victim_try_read, .needs = READS, .read = 1);
KILLED(read_batch, .run = victim_read_batch, .needs = READS, .read = 2);
KILLED(keep_and_drop, .run = victim_keep_and_drop, .needs = READS, .read = 1);
KILLED(drop_of_a_kept_one, .run = victim_drop, .before = victim_keep_two,
       .needs = READS, .read = 1);
KILLED(forward, .run = victim_forward, .needs = READS | WRITES | FORWARDS,
       .read = 1, .written = 1);
KILLED(upgrade, .run = victim_upgrade, .needs = HOLDS);
KILLED(upgrade_stale, .run = victim_upgrade_stale, .needs = HOLDS);

KILLED(alloc_by_threads, .run = victim_alloc, .before = victim_make,
       .needs = THREADS);
KILLED(hold_by_threads, .run = victim_hold, .before = victim_make,
       .needs = THREADS);
KILLED(drop_by_threads, .run = victim_drop, .before = victim_make,
       .needs = THREADS);
KILLED(publish_by_threads, .run = victim_publish, .before = victim_make,
       .needs = WRITES | THREADS, .written = 1);

KILLED(alloc_large, .run = victim_alloc, .needs = LARGE);
KILLED(drop_large, .run = victim_drop, .before = victim_make, .needs = LARGE);
KILLED(publish_large, .run = victim_publish, .before = victim_make,
       .needs = WRITES | LARGE, .written = 1);
KILLED(receive_large, .run = victim_receive, .needs = READS | LARGE, .read = 1);
KILLED(keep_and_drop_large, .run = victim_keep_and_drop, .needs = READS | LARGE,
       .read = 1);
KILLED(forward_large, .run = victim_forward,
       .needs = READS | WRITES | FORWARDS | LARGE, .read = 1, .written = 1);
KILLED(upgrade_large, .run = victim_upgrade, .needs = HOLDS | LARGE);

static enum rring_kind kind_of(const FIXTURE_VARIANT(killed) *operation)
{
	return operation->needs & INLINE ? RRING_INLINE : RRING_HANDLES;
}

static uint32_t len_of(const FIXTURE_VARIANT(killed) *operation)
{
	return operation->needs & LARGE ? LEN_LARGE : LEN;
}

/* ---- one death ---- */

struct death {
	const FIXTURE_VARIANT(killed) *operation;
	const struct witness *witness;
};

static int live(void *arg)
{
	const struct death *death = arg;
	const FIXTURE_VARIANT(killed) *operation = death->operation;
	int needs = operation->needs;
	struct victim self = {
		.witness = death->witness,
		.len = len_of(operation),
	};

	self.client = client_with(self.witness->arena_fd, RRING_PRODUCER,
				  needs & THREADS ? 0 : RRING_SINGLE_THREADED);
	if (needs & WRITES)
		self.writer = witness_out(self.client, kind_of(operation));
	if (needs & READS)
		self.reader = witness_in(self.client, kind_of(operation));
	if (operation->before)
		operation->before(&self);
	traced_begin();
	operation->run(&self);
	traced_end();
	return 1;
}

/* ---- a whole operation ---- */

/* What one tracer has found out. */
struct findings {
	uint32_t points;	/* instructions after which it has killed */
	uint32_t length;	/* how many the operation has */
	uint32_t first;
	uint32_t each;		/* it is one instruction in so many */
};

#define ALL	(-1)	/* instructions */
#define NOTHING	(-2)

struct tracer {
	const FIXTURE_VARIANT(killed) *operation;
	struct witness witness;
	struct findings *findings;	/* shared */
	struct way way;
	int number;		/* among the tracers */
	struct dice dice;	/* the same for all */
	uint32_t deaths;
	struct committed least;	/* by those who had come as far */
};

static void prepare(struct tracer *self)
{
	const FIXTURE_VARIANT(killed) *operation = self->operation;

	if (operation->needs & READS)
		witness_feed(&self->witness, kind_of(operation),
			     len_of(operation));
	if (operation->needs & HOLDS)
		witness_hold(&self->witness, len_of(operation));
}

/* Of the number of the event that the victim writes first. */
static uint64_t first_out(const struct tracer *self)
{
	const FIXTURE_VARIANT(killed) *operation = self->operation;
	const struct witness *witness = &self->witness;

	return operation->needs & FORWARDS ?
		witness->in[kind_of(operation)]->head - WITNESS_FED :
		witness->out[kind_of(operation)]->pos;
}

/*
 * Who came to the end has done all of it; nobody has done less than the one
 * before, which was killed earlier.
 */
static int has_done_its_part(struct tracer *self, int ended, uint64_t out,
			     uint64_t in)
{
	const FIXTURE_VARIANT(killed) *operation = self->operation;

	if (out < self->least.out || in < self->least.in)
		return 0;
	self->least = ended ? (struct committed) {} :
			      (struct committed) { .out = out, .in = in };
	return !ended || (out == operation->written && in == operation->read);
}

/* The first @k instructions; or all of them, and note the way. */
static int send(struct tracer *self, pid_t pid, long k)
{
	if (k == NOTHING)
		return 0;
	return k == ALL ? traced_note(pid, &self->way) :
		       traced_go(pid, &self->way, k);
}

/* Is all as it should be if one is killed after @k instructions? */
static int kill_one(struct tracer *self, long k)
{
	const FIXTURE_VARIANT(killed) *operation = self->operation;
	struct death death = {
		.operation = operation,
		.witness = &self->witness,
	};
	struct committed before, after;
	uint64_t first;
	pid_t pid;
	int err;

	prepare(self);
	before = witness_look(&self->witness, kind_of(operation));
	first = first_out(self);
	pid = traced_spawn(live, &death);
	err = send(self, pid, k);
	after = witness_look(&self->witness, kind_of(operation));
	slay(pid);
	return CHECK(!err) &&
	       CHECK(has_done_its_part(self, k == ALL, after.out,
				       after.in - before.in)) &&
	       CHECK(!operation->after || operation->after(&self->witness)) &&
	       witness_agrees(&self->witness, kind_of(operation), after,
			      first) &&
	       (++self->deaths % ALLOCATE_EACH ||
		witness_allocates_all(&self->witness));
}

/* The victims stay with it: to change over to one costs no other CPU's time. */
static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % get_nprocs(), &set);
	MUST(!sched_setaffinity(0, sizeof(set), &set));
}

/*
 * After some deaths, as the victims inherit the heap, and what malloc() does
 * depends on how often which size was freed.
 */
static int find_way(struct tracer *self)
{
	int i;

	for (i = 0; self->operation->needs & LARGE && i < REHEARSALS; i++)
		if (!kill_one(self, NOTHING))
			return 0;
	return kill_one(self, ALL);
}

/* Each tracer the same ones, of which it takes its part. */
static void choose_points(struct tracer *self)
{
	struct findings *findings = self->findings;
	uint32_t points = UINT32_MAX;

	if (self->operation->needs & LARGE && !is_torture())
		points = rounds(POINTS);
	findings->length = (uint32_t)self->way.length;
	findings->each = findings->length / points + 1;
	findings->first = dice_below(&self->dice, findings->each);
}

static int trace(void *arg)
{
	struct tracer *self = arg;
	struct findings *findings = self->findings;
	long k;

	stay_on(self->number);
	witness_init(&self->witness);
	if (!find_way(self))
		return 1;
	choose_points(self);
	for (k = findings->first + self->number * findings->each;
	     k <= self->way.length; k += TRACERS * findings->each) {
		if (!kill_one(self, k)) {
			printf("# killed after %ld of %ld instructions\n", k,
			       self->way.length);
			return 1;
		}
		findings->points++;
	}
	return !witness_allocates_all(&self->witness) ||
	       !witness_end(&self->witness);
}

/* Of all operations so far. */
static uint32_t *points_in_all;

__attribute__((constructor)) static void count_points(void)
{
	points_in_all = shared_new(sizeof(*points_in_all));
}

FIXTURE_SETUP(killed)
{
	struct dice dice = dice_new("instants");
	int i;

	self->findings = shared_new(TRACERS * sizeof(*self->findings));
	for (i = 0; i < TRACERS; i++) {
		struct tracer tracer = {
			.operation = variant,
			.findings = &self->findings[i],
			.number = i,
			.dice = dice,
		};

		self->pid[i] = spawn(trace, &tracer);
	}
}

FIXTURE_TEARDOWN(killed)
{
}

/* Both have found the same length, and left out none that was theirs. */
TEST_F_TIMEOUT(killed, at_every_instruction, 1800)
{
	struct findings *found = self->findings;
	uint32_t points = 0;
	int i;

	for (i = 0; i < TRACERS; i++) {
		ASSERT_EQ(0, reap(self->pid[i]));
		EXPECT_EQ(found->length, found[i].length);
		points += found[i].points;
	}
	EXPECT_EQ((found->length - found->first) / found->each + 1, points);
	*points_in_all += points;
	printf("# %s: %u instructions, %u points; %u points in all\n",
	       variant->name, found->length, points, *points_in_all);
}

TEST_HARNESS_MAIN
