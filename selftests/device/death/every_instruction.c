// SPDX-License-Identifier: MPL-2.0
/*
 * Killed at every instruction. Of each operation, a process executes the first
 * k instructions and is killed; then the next one the first k + 1, up to the
 * one that came to the end, all in one arena. What was committed by then is
 * there, what was not is not, and no slot is missing. Who sleeps meanwhile for
 * what the operation does is woken by it, or by the death.
 *
 * Of what takes the long way, through malloc() and the kernel, it is every n-th
 * instruction only, from a random one on, but for $TORTURE.
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
#define LEN_SCARCE	(16 * KIB)	/* there are EVENTS such slots */
#define LEN_LARGE	(32 * KIB)	/* and as many of these */
#define TRACERS		2	/* at work at the same time */
#define POINTS		48	/* of a long operation */
#define ALLOCATE_EACH	32	/* deaths */

/* ---- what can be done after it, whatever it was that was left undone ---- */

/* A ring without readers is gone: another one may have its name. */
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

/* This end goes on where the dead one was. */
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
	WRITES = 1,		/* the ring that the survivor reads */
	READS = 2,		/* the one that it writes */
	HOLDS = 4,		/* the survivor holds something */
	THREADS = 8,		/* it may have several threads */
	FORWARDS = 16,		/* it writes what it reads */
	INLINE = 32,		/* rings of that kind */
	LARGE = 64,		/* events above 16 KiB */
	ABSENT = 128,		/* the victim is no client yet */
	CONTROL = 256,		/* it opens or closes something */
	SCARCE = 512,		/* events of which there are few */
	DRAINS = 1024,		/* it reads the narrow ring */
};

/*
 * What the survivor does meanwhile: it sleeps. The victim wakes it once: if it
 * looked again whether anybody waits, its way would depend on who is faster.
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
	const struct peer *peer;	/* whom it wakes */
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
KILLED(trim_awaited, .run = victim_trim, .before = victim_park_and_share,
       .peer = &a_client, .needs = SCARCE);
KILLED(last_release_awaited, .run = victim_receive,
       .before = victim_take_the_rest, .peer = &a_client,
       .needs = READS | SCARCE, .read = 1);
KILLED(close_client_awaited, .run = victim_close_client,
       .before = victim_make, .peer = &a_client, .needs = SCARCE | CONTROL);

/* Or each of its deaths takes long. */
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

/* What a tracer, its survivor and all the victims share. */
struct scene {
	const FIXTURE_VARIANT(killed) *operation;
	struct survivor survivor;
	struct baton ready;	/* the victim, for the survivor to sleep */
	uint32_t at;		/* the entry at which the rings go on */
	struct committed before, after;		/* of one death */
	uint64_t first;		/* number of what that victim writes */
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

/* ---- what the survivor does, as the proxy of a tracer ---- */

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

/* Of the number of the event that the victim writes first. */
static uint64_t first_out(const struct scene *scene)
{
	enum rring_kind kind = kind_of(scene->operation);
	const struct survivor *survivor = &scene->survivor;

	return scene->operation->needs & FORWARDS
		       ? survivor->in[kind]->head - SURVIVOR_FED
		       : survivor->out[kind]->pos;
}

static int prepare(void *arg)
{
	struct scene *scene = arg;
	const FIXTURE_VARIANT(killed) *operation = scene->operation;
	struct survivor *survivor = &scene->survivor;

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

/* What one tracer has found out. */
struct findings {
	uint32_t points;	/* instructions after which it has killed */
	uint32_t length;	/* how many the operation has */
	uint32_t first;
	uint32_t each;		/* it is one instruction in so many */
};

#define ALL	(-1)	/* instructions */

/*
 * Whom it kills is its child, and gets the memory that it has. That is the same
 * for all of them, as the way through malloc() is another one if something was
 * freed before: so it leaves to a proxy whatever uses the library.
 */
struct tracer {
	struct scene *scene;
	struct findings *findings;	/* shared */
	struct proxy survivor;
	struct way way;
	int number;		/* among the tracers */
	struct rng rng;	/* the same for all */
	uint32_t deaths;
	struct committed least;	/* by those who had come as far */
};

/*
 * Who came to the end has done all of it; nobody has done less than the one
 * before, which was killed earlier.
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

/* The first @k instructions; or all of them, the first time to note the way. */
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

/* The survivor wakes up when @pid dies, or before that if it has done all. */
static int kill_awaited(struct tracer *self, pid_t pid, int ended)
{
	int woken = ended && proxy_finish(&self->survivor);

	slay(pid);
	if (!ended)
		woken = proxy_finish(&self->survivor);
	proxy_run(&self->survivor, look, self->scene);
	return woken;
}

/* Is all as it should be if one is killed after @k instructions? */
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

/* The victims stay with it: to change over to one costs no other CPU's time. */
static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % get_nprocs(), &set);
	MUST(!sched_setaffinity(0, sizeof(set), &set));
}

/* Each tracer the same ones, of which it takes its part. */
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

/* The last one finds the whole way as it was for the first. */
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

/* Of all operations so far. */
static uint32_t *points_in_all;

__attribute__((constructor)) static void prepare_all(void)
{
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
