// SPDX-License-Identifier: MPL-2.0
/*
 * Kill a client at every instruction of each operation. A process executes the
 * first k instructions and is killed, the next one executes k + 1, until one
 * completes the operation; all use one arena. After each death, exactly the
 * committed events are there, and no slot is missing. A survivor that sleeps
 * for a result of the operation is woken by the operation or by the death.
 * Operations that call malloc() and the kernel are long. Without $TORTURE, only
 * every n-th of their instructions is tried, from a random one on.
 */
#include <sched.h>
#include <sys/sysinfo.h>

#include "arena.h"
#include "proxy_process.h"
#include "rng.h"
#include "xxl_event.h"
#include "repetition.h"
#include "sleeper.h"
#include "stream.h"
#include "single_step.h"
#include "killed_client.h"

#include "kselftest_harness.h"

#define LEN		64	/* bytes of an event */
#define LEN_SCARCE	(16 * KIB)	/* the arena has EVENTS such slots */
#define LEN_LARGE	(32 * KIB)	/* the arena has EVENTS such places */
#define TRACERS		2	/* number of tracers */
#define POINTS		48	/* tried points of a long operation */
#define ALLOCATE_EACH	32	/* check after so many deaths */

/* ---- checks after an operation, completed or not ---- */

/* The victim's ring has no readers, so it is gone and its name is free. */
static int ring_is_gone(struct survivor *survivor)
{
	struct rring_ring_config config = {
		.name = "own",
		.kind = RRING_INLINE,
		.capacity = 2 * EVENTS,
		.stride = LEN,
	};
	struct rring_writer *writer;

	if (rring_writer_open(survivor->client, &config, &writer))
		return 0;
	rring_writer_close(writer);
	return 1;
}

/* The survivor can take the dead client's end of the pipe. */
static int pipe_goes_on(struct survivor *survivor)
{
	struct rring_pipe *pipe;

	if (rring_pipe_create(survivor->client, &victim_pipe, &pipe))
		return 0;
	rring_pipe_close(pipe);
	return 1;
}

/* ---- the operations ---- */

enum {
	WRITES = 1,		/* writes the ring that the survivor reads */
	READS = 2,		/* reads the ring that the survivor writes */
	HOLDS = 4,		/* the survivor holds an event */
	THREADS = 8,		/* the victim is a multi-threaded client */
	FORWARDS = 16,		/* the victim publishes events that it reads */
	INLINE = 32,		/* uses inline rings */
	LARGE = 64,		/* events above 16 KiB */
	ABSENT = 128,		/* the victim has not attached yet */
	CONTROL = 256,		/* opens or closes an object */
	SCARCE = 512,		/* uses LEN_SCARCE */
	DRAINS = 1024,		/* the victim reads the narrow ring */
};

/*
 * The survivor sleeps during the operation, and the victim wakes it once. If
 * the victim checked for waiters again, its instructions would depend on
 * timing.
 */
struct peer {
	int (*sleep)(struct survivor *survivor, enum rring_kind kind,
		     uint32_t len);
	void (*until_asleep)(struct victim *self);
};

static const struct peer a_reader = {
	.sleep = survivor_awaits_event,
	.until_asleep = victim_until_read,
};

static const struct peer a_writer = {
	.sleep = survivor_awaits_room,
	.until_asleep = victim_until_written,
};

static const struct peer a_client = {
	.sleep = survivor_awaits_slot,
	.until_asleep = victim_until_starving,
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
	int (*after)(struct survivor *survivor);
	const struct peer *peer;	/* sleeper that it wakes */
	int needs;
	uint32_t written;	/* by a complete operation */
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

KILLED(open_client, .run = victim_open_client, .needs = ABSENT | CONTROL);
KILLED(close_client, .run = victim_close_client, .before = victim_make,
       .needs = CONTROL);
KILLED(open_writer, .run = victim_open_writer, .after = ring_is_gone,
       .needs = CONTROL);
KILLED(take_over, .run = victim_take_over, .needs = CONTROL);
KILLED(close_writer, .run = victim_close_writer, .needs = WRITES | CONTROL);
KILLED(leave_writer, .run = victim_leave_writer, .needs = WRITES | CONTROL);
KILLED(open_reader, .run = victim_open_reader, .needs = CONTROL);
KILLED(close_reader, .run = victim_close_reader, .before = victim_open_reader,
       .needs = CONTROL);
KILLED(open_named_reader, .run = victim_open_named_reader, .needs = CONTROL);
KILLED(close_named_reader, .run = victim_close_reader,
       .needs = READS | CONTROL);
KILLED(forget_reader, .run = victim_forget_reader, .needs = READS | CONTROL,
       .read = SURVIVOR_FED);
KILLED(create_pipe, .run = victim_create_pipe, .after = pipe_goes_on,
       .needs = CONTROL);

KILLED(publish_awaited, .run = victim_publish, .before = victim_make,
       .peer = &a_reader, .needs = WRITES, .written = 1);
KILLED(publish_batch_awaited, .run = victim_publish_batch,
       .before = victim_make, .peer = &a_reader, .needs = WRITES,
       .written = EVENTS);
KILLED(publish_by_threads_awaited, .run = victim_publish,
       .before = victim_make, .peer = &a_reader, .needs = WRITES | THREADS,
       .written = 1);
KILLED(publish_large_awaited, .run = victim_publish, .before = victim_make,
       .peer = &a_reader, .needs = WRITES | LARGE, .written = 1);
KILLED(commit_awaited, .run = victim_reserve_and_commit, .peer = &a_reader,
       .needs = WRITES | INLINE, .written = 2);
KILLED(forward_awaited, .run = victim_forward, .peer = &a_reader,
       .needs = READS | WRITES | FORWARDS, .read = 1, .written = 1);
KILLED(close_writer_awaited, .run = victim_close_writer, .peer = &a_reader,
       .needs = WRITES | CONTROL);

KILLED(release_awaited, .run = victim_receive, .peer = &a_writer,
       .needs = DRAINS);
KILLED(release_inline_awaited, .run = victim_receive, .peer = &a_writer,
       .needs = DRAINS | INLINE);
KILLED(release_large_awaited, .run = victim_receive, .peer = &a_writer,
       .needs = DRAINS | LARGE);
KILLED(close_reader_awaited, .run = victim_close_reader, .peer = &a_writer,
       .needs = DRAINS | CONTROL);

KILLED(drop_awaited, .run = victim_drop, .before = victim_make_shared,
       .peer = &a_client, .needs = SCARCE);
KILLED(drop_of_a_private_one_awaited, .run = victim_drop,
       .before = victim_make, .peer = &a_client, .needs = SCARCE);
KILLED(drop_by_threads_awaited, .run = victim_drop, .before = victim_make,
       .peer = &a_client, .needs = SCARCE | THREADS);
KILLED(drop_large_awaited, .run = victim_drop, .before = victim_make,
       .peer = &a_client, .needs = LARGE);
KILLED(last_release_awaited, .run = victim_receive,
       .before = victim_take_the_rest, .peer = &a_client,
       .needs = READS | SCARCE, .read = 1);
KILLED(close_client_awaited, .run = victim_close_client,
       .before = victim_make, .peer = &a_client, .needs = SCARCE | CONTROL);

/* The operation has many instructions, or each death takes long. */
static int is_long(const FIXTURE_VARIANT(killed) *operation)
{
	return operation->needs & (LARGE | CONTROL) || operation->peer;
}

static enum rring_kind kind_of(const FIXTURE_VARIANT(killed) *operation)
{
	return operation->needs & INLINE ? RRING_INLINE : RRING_HANDLES;
}

static uint32_t len_of(const FIXTURE_VARIANT(killed) *operation)
{
	if (operation->needs & LARGE)
		return LEN_LARGE;
	return operation->needs & SCARCE ? LEN_SCARCE : LEN;
}

/* ---- the victim ---- */

/* Data that a tracer, its survivor and its victims share. */
struct scene {
	const FIXTURE_VARIANT(killed) *operation;
	struct survivor survivor;
	struct baton ready;	/* passed by the victim */
	uint32_t at;		/* ring entry to start at */
	struct committed before, after;		/* one death */
	uint64_t first;		/* number of its first event */
};

static int live(void *arg)
{
	struct scene *scene = arg;
	const FIXTURE_VARIANT(killed) *operation = scene->operation;
	int needs = operation->needs;
	struct victim self = {
		.survivor = &scene->survivor,
		.len = len_of(operation),
	};

	if (!(needs & ABSENT))
		self.client = client_with(
			self.survivor->arena_fd, RRING_PRODUCER,
			needs & THREADS ? 0 : RRING_SINGLE_THREADED);
	if (needs & WRITES)
		self.writer = survivor_out(self.client, kind_of(operation));
	if (needs & WRITES)
		victim_find_nothing(&self);
	if (needs & READS)
		self.reader = survivor_in(self.client, kind_of(operation));
	if (needs & DRAINS)
		self.reader = survivor_narrow(self.client, kind_of(operation));
	if (operation->before)
		operation->before(&self);
	if (operation->peer) {
		baton_pass(&scene->ready);
		operation->peer->until_asleep(&self);
	}
	traced_begin();
	operation->run(&self);
	traced_end();
	return 1;
}

/* ---- the survivor, which is the proxy of a tracer ---- */

static int arrive(void *arg)
{
	struct scene *scene = arg;

	survivor_init(&scene->survivor);
	return 1;
}

static int leave(void *arg)
{
	struct scene *scene = arg;

	return survivor_allocates_all(&scene->survivor) &&
	       survivor_end(&scene->survivor);
}

/* Number of the first event that the victim writes. */
static uint64_t first_out(const struct scene *scene)
{
	enum rring_kind kind = kind_of(scene->operation);
	const struct survivor *survivor = &scene->survivor;

	return scene->operation->needs & FORWARDS
		       ? survivor->in[kind]->head - SURVIVOR_FED
		       : survivor->out[kind]->pos;
}

/*
 * Free what earlier victims left behind. A refill lends fewer slots if fewer
 * are free, and the victim then takes another way than the first one.
 */
static void sweep_pools(struct survivor *survivor)
{
	enum rring_class pool;

	for (pool = RRING_XS; pool < RRING_XXL; pool++)
		free_slots(survivor->client, pool);
}

static int prepare(void *arg)
{
	struct scene *scene = arg;
	const FIXTURE_VARIANT(killed) *operation = scene->operation;
	struct survivor *survivor = &scene->survivor;

	sweep_pools(survivor);
	survivor_turn(survivor, kind_of(operation), scene->at);
	if (operation->needs & READS)
		survivor_feed(survivor, kind_of(operation), len_of(operation));
	if (operation->needs & HOLDS)
		survivor_hold(survivor, len_of(operation));
	scene->before = survivor_look(survivor, kind_of(operation));
	scene->first = first_out(scene);
	return 1;
}

static int sleep_meanwhile(void *arg)
{
	struct scene *scene = arg;
	const FIXTURE_VARIANT(killed) *operation = scene->operation;

	baton_wait(&scene->ready);
	return operation->peer->sleep(&scene->survivor, kind_of(operation),
				      len_of(operation));
}

static int look(void *arg)
{
	struct scene *scene = arg;

	scene->after =
		survivor_look(&scene->survivor, kind_of(scene->operation));
	return 1;
}

static int agree(void *arg)
{
	struct scene *scene = arg;
	const FIXTURE_VARIANT(killed) *operation = scene->operation;
	struct survivor *survivor = &scene->survivor;

	return CHECK(!operation->after || operation->after(survivor)) &&
	       survivor_agrees(survivor, kind_of(operation), scene->after,
			       scene->first);
}

static int allocate_all(void *arg)
{
	struct scene *scene = arg;

	return survivor_allocates_all(&scene->survivor);
}

/* ---- a whole operation ---- */

/* Results of one tracer. */
struct findings {
	uint32_t points;	/* deaths at an instruction */
	uint32_t length;	/* instructions in all */
	uint32_t first;
	uint32_t each;		/* distance of the points */
};

#define ALL	(-1)	/* complete operation */

/*
 * The victims are children of the tracer and inherit its memory, which must be
 * the same for all: the path through malloc() depends on earlier frees. So a
 * proxy makes all calls of the library.
 */
struct tracer {
	struct scene *scene;
	struct findings *findings;	/* shared */
	struct proxy survivor;
	struct way way;
	int number;		/* among the tracers */
	struct rng rng;	/* same seed for all */
	uint32_t deaths;
	struct committed least;	/* by the victim before */
};

/*
 * Check what the victim has committed. A victim that has completed the
 * operation has committed all. Each victim has committed at least as much as
 * the one before, which was killed earlier.
 */
static int has_done_its_part(struct tracer *self, int ended)
{
	const struct scene *scene = self->scene;
	const FIXTURE_VARIANT(killed) *operation = scene->operation;
	uint64_t out = scene->after.out;
	uint64_t in = scene->after.in - scene->before.in;

	if (out < self->least.out || in < self->least.in)
		return 0;
	self->least = ended ? (struct committed) {} :
			      (struct committed) { .out = out, .in = in };
	return !ended || (out == operation->written && in == operation->read);
}

/*
 * Let the victim execute @k instructions, or ALL. The first complete run
 * records the way.
 */
static int send_on(struct tracer *self, pid_t pid, long k)
{
	if (k != ALL)
		return traced_go(pid, &self->way, k);
	return self->way.length ? traced_go_all(pid, &self->way) :
				  traced_note(pid, &self->way);
}

static void kill_seen(struct tracer *self, pid_t pid)
{
	proxy_run(&self->survivor, look, self->scene);
	slay(pid);
}

/*
 * Kill @pid. Return whether the survivor was woken: by the complete operation
 * before the kill, otherwise by the death.
 */
static int kill_awaited(struct tracer *self, pid_t pid, int ended)
{
	int woken = ended && proxy_finish(&self->survivor);

	slay(pid);
	if (!ended)
		woken = proxy_finish(&self->survivor);
	proxy_run(&self->survivor, look, self->scene);
	return woken;
}

/* Kill a victim after @k instructions. Return 1 if all checks succeed. */
static int kill_one(struct tracer *self, long k)
{
	struct scene *scene = self->scene;
	const struct peer *peer = scene->operation->peer;
	int woken = 1;
	pid_t pid;
	int err;

	proxy_run(&self->survivor, prepare, scene);
	if (peer)
		proxy_begin(&self->survivor, sleep_meanwhile, scene);
	pid = traced_spawn(live, scene);
	err = send_on(self, pid, k);
	if (peer)
		woken = kill_awaited(self, pid, k == ALL);
	else
		kill_seen(self, pid);
	return CHECK(!err) && woken &&
	       CHECK(has_done_its_part(self, k == ALL)) &&
	       proxy_run(&self->survivor, agree, scene) &&
	       (++self->deaths % ALLOCATE_EACH ||
		proxy_run(&self->survivor, allocate_all, scene));
}

/*
 * Bind the tracer and its victims to one CPU, so that switches between them do
 * not disturb other CPUs.
 */
static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % get_nprocs(), &set);
	MUST(!sched_setaffinity(0, sizeof(set), &set));
}

/* Choose the points to kill at. All tracers choose the same and divide them. */
static void choose_points(struct tracer *self)
{
	struct findings *findings = self->findings;
	uint32_t points = UINT32_MAX;

	if (!is_torture() && (is_long(self->scene->operation) || is_scaled()))
		points = rounds(POINTS);
	findings->length = (uint32_t)self->way.length;
	findings->each = findings->length / points + 1;
	findings->first = rng_below(&self->rng, findings->each);
}

static int kill_all(struct tracer *self)
{
	struct findings *findings = self->findings;
	long k;

	for (k = findings->first + self->number * findings->each;
	     k <= self->way.length; k += TRACERS * findings->each) {
		if (!kill_one(self, k)) {
			printf("# killed after %ld of %ld instructions\n", k,
			       self->way.length);
			return 0;
		}
		findings->points++;
	}
	return 1;
}

/* The last victim must complete the same way as the first one. */
static int trace(void *arg)
{
	struct tracer *self = arg;

	stay_on(self->number);
	self->way = way_new();
	self->scene->survivor.arena_fd = survivor_arena();
	baton_init(&self->scene->ready);
	proxy_start(&self->survivor);
	proxy_run(&self->survivor, arrive, self->scene);
	if (!kill_one(self, ALL))
		return 1;
	choose_points(self);
	if (!kill_all(self) || !kill_one(self, ALL) ||
	    !proxy_run(&self->survivor, leave, self->scene))
		return 1;
	proxy_end(&self->survivor);
	return 0;
}

/* Number of points of all operations so far. */
static uint32_t *points_in_all;

/*
 * Let the library do what it does once in each process, before the children are
 * forked: it measures the CPU, which takes other instructions each time.
 */
static void prepare_library(void)
{
	struct rring_client *client;

	MUST(!rring_open(&client, NULL, RRING_PRODUCER, RRING_IN_PROCESS));
	rring_close(client);
}

__attribute__((constructor)) static void prepare_all(void)
{
	prepare_library();
	points_in_all = shared_new(sizeof(*points_in_all));
	traced_setup();
}

FIXTURE_SETUP(killed)
{
	struct rng rng = rng_new("instants");
	uint32_t at = rng_below(&rng, SURVIVOR_RING);
	int i;

	self->findings = shared_new(TRACERS * sizeof(*self->findings));
	for (i = 0; i < TRACERS; i++) {
		struct tracer tracer = {
			.scene = shared_new(sizeof(*tracer.scene)),
			.findings = &self->findings[i],
			.number = i,
			.rng = rng,
		};

		tracer.scene->operation = variant;
		tracer.scene->at = at;
		self->pid[i] = spawn(trace, &tracer);
	}
}

FIXTURE_TEARDOWN(killed)
{
}

/* All tracers found the same length and tried all their points. */
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
