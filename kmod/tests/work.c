// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * How much is done while the arena's lock is held once, for each call, counted
 * in units of work: security.rst has the table of the bounds. Each call runs in
 * arenas of several geometries, and the bound of a unit has only those terms
 * that the table has. So what a user sets does not lengthen any other call.
 */
#include "../core/changes.h"
#include "../core/pool.h"
#include "../core/rate.h"
#include "../core/reader.h"
#include "../core/reclaim.h"
#include "../core/usage.h"
#include "../core/wake.h"
#include "../core/work.h"
#include "../linux/rate.h"
#include "fixture.h"

#define BATCH	64u	/* slots of a batch */
#define GATHER	512ull	/* slots that are looked at for a batch */
#define CHUNK	4096u	/* slots that are counted at a time */
#define PARTS	8u	/* in which a batch is hidden at most */

/* What a user sets. */
struct geometry {
	const char *name;
	u32 slots;
	u32 clients;
	u32 rings;
	u32 entries;	/* of each of two rings of handles */
};

static const struct geometry geometries[] = {
	{ "little of all", 256, 4, 4, 64 },
	{ "many slots", CHUNK + BATCH * 16, 4, 4, 64 },
	{ "many clients", 256, 64, 4, 64 },
	{ "many rings", 256, 4, 64, 64 },
	{ "many entries", 256, 4, 4, 4096 },
	{ "much of all", CHUNK + BATCH * 16, 64, 64, 2048 },
};

#define MANY_ENTRIES	(&geometries[4])

static void describe(const struct geometry *geometry, char *to)
{
	strscpy(to, geometry->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(geometry, geometries, describe);

struct party {
	const struct geometry *geometry;
	struct kring_client *a, *b;
	struct kring_ring *ring;	/* @a writes, @b reads it */
	struct kring_ring *other;	/* @b writes, @a reads it */
	struct kring_reader *reader;
};

/* Which terms the bounds of a call have, and what it leaves behind. */
enum terms {
	NO_LEDGERS = BIT(0),	/* it looks at no slot and no ledger */
	NO_ENTRIES = BIT(1),	/* it looks at no window */
	MANY_SLOTS = BIT(2),	/* it looks at CHUNK slots, without ledgers */
	KEEPS = BIT(3),		/* another call can run in the same arena */
};

struct call {
	const char *name;
	int (*run)(struct kunit *test, struct party *party);
	u32 terms;
};

static int run_attach(struct kunit *test, struct party *party)
{
	struct kring_client *client = fixture_client(test, RRING_OBSERVER);

	fixture_kill(test, client);
	return 0;
}

static int run_refill(struct kunit *test, struct party *party)
{
	int n = fixture_refill(party->b, RRING_XS, 32);

	return n == -ENOSPC ? 0 : min(n, 0);
}

static int run_reclaim(struct kunit *test, struct party *party)
{
	kring_sweep_range_killable(fixture_pool(test, RRING_XS), 0,
				   party->geometry->slots);
	return 0;
}

/* Refill 64 slots, and take all that there are. Return how many, or an error. */
static int refill_and_take(struct party *party)
{
	int n = fixture_refill(party->b, RRING_XS, 64);

	while (fixture_pop(party->b, RRING_XS))
		;
	return n;
}

/*
 * Refill until nothing is left to be freed. The first refills sweep for what
 * they lend. Each of these looks at the whole pool, so free most slots at once.
 */
static int run_dry_refill(struct kunit *test, struct party *party)
{
	int n = 0;
	u32 i;

	for (i = 0; i < 3 && n >= 0; i++)
		n = refill_and_take(party);
	run_reclaim(test, party);
	while (n > 0)
		n = refill_and_take(party);
	return n == -ENOSPC ? 0 : n;
}

static int run_ring_open(struct kunit *test, struct party *party)
{
	struct rring_ring_open args = {
		.kind = RRING_HANDLES,
		.capacity = party->geometry->entries,
	};
	struct rring_ring_close close = {};
	int err = kring_ring_open(party->b, &args);

	close.ring = args.ring;
	return err ? err : kring_ring_close(party->b, &close);
}

static int run_ring_close(struct kunit *test, struct party *party)
{
	struct rring_ring_close args = { .ring = party->ring->id };

	return kring_ring_close(party->a, &args);
}

static int run_join(struct kunit *test, struct party *party)
{
	struct rring_reader_join join = { .ring = party->other->id };
	struct rring_reader_leave leave = {};
	int err = kring_reader_join(party->b, &join);

	leave.ring = join.ring;
	leave.reader = join.reader;
	return err ? err : kring_reader_leave(party->b, &leave);
}

static int run_rejoin(struct kunit *test, struct party *party)
{
	struct rring_reader_rejoin args = {
		.ring = party->ring->id,
		.reader = party->reader->id,
	};

	return kring_reader_rejoin(party->b, &args);
}

static int run_wait(struct kunit *test, struct party *party)
{
	struct rring_wait args = {
		.what = RRING_WAIT_READABLE,
		.ring = party->ring->id,
		.reader = party->reader->id,
		.position = party->geometry->entries,
		.deadline = ktime_get_ns() + 1000,
	};
	int err = kring_reader_wait_readable(party->b, &args);

	return err == -ETIMEDOUT ? 0 : err;
}

static int run_wait_any(struct kunit *test, struct party *party)
{
	struct rring_wait args = {
		.what = RRING_WAIT_ANY,
		.position = 1,
		.deadline = 0,
	};
	int err = kring_client_wait_any(party->b, &args);

	return err == -ETIMEDOUT ? 0 : err;
}

static int run_wait_changes(struct kunit *test, struct party *party)
{
	struct rring_wait args = { .position = U64_MAX };
	int err = kring_changes_wait(party->b, &args);

	return err == -ETIMEDOUT ? 0 : err;
}

static int run_wake(struct kunit *test, struct party *party)
{
	struct rring_wake args = {
		.ring = party->ring->id,
		.flags = RRING_WAKE_READERS | RRING_WAKE_WRITER |
			 RRING_WAKE_POOLS,
		.pools = ~0u,
	};
	int err;

	fixture_release(party->reader, 1);
	err = kring_wake(party->b, &args);
	return err ? err : kring_wake(party->a, &args);
}

static int run_poll(struct kunit *test, struct party *party)
{
	kring_client_poll(party->a);
	kring_client_poll(party->b);
	return 0;
}

/* poll() beyond the rate of barriers, and the worker that it leaves the rest to */
static int run_late_poll(struct kunit *test, struct party *party)
{
	u64 due;

	kring_barrier_rate = 1;
	do {
		due = RRING_FOREVER;
	} while (kring_rate_barrier(party->a, &due));
	kring_client_poll(party->a);
	kring_barrier_rate = 0;
	flush_delayed_work(&party->a->rate->late);
	return 0;
}

static int run_mmap(struct kunit *test, struct party *party)
{
	struct kring_region_ref ref;
	int err = kring_client_lock(party->b);

	if (err)
		return err;
	err = kring_client_region(party->b, RRING_OFF(RRING_REGION_RING,
						      party->ring->id), &ref);
	kring_client_unlock(party->b);
	if (!err)
		kring_region_ref_put(&ref);
	return err;
}

static int run_pool_stat(struct kunit *test, struct party *party)
{
	struct rring_pool_stat args = {
		.pool = RRING_XS,
		.flags = RRING_STAT_SWEEP,
	};

	return kring_pool_count(party->b, &args);
}

static int run_pool_dump(struct kunit *test, struct party *party)
{
	struct kring_usage usage;

	return kring_usage_count(fixture_pool(test, RRING_XS), &usage);
}

static int run_death(struct kunit *test, struct party *party)
{
	fixture_kill(test, party->a);
	return 0;
}

static const struct call calls[] = {
	{ "ATTACH", run_attach, NO_LEDGERS | NO_ENTRIES | KEEPS },
	{ "RING_OPEN", run_ring_open, NO_LEDGERS | NO_ENTRIES | KEEPS },
	{ "READER_JOIN, _LEAVE", run_join, NO_LEDGERS | NO_ENTRIES | KEEPS },
	{ "READER_REJOIN", run_rejoin, NO_LEDGERS | NO_ENTRIES | KEEPS },
	{ "WAIT", run_wait, NO_LEDGERS | NO_ENTRIES | KEEPS },
	{ "WAIT for any", run_wait_any, NO_LEDGERS | NO_ENTRIES | KEEPS },
	{ "WAIT for changes", run_wait_changes,
	  NO_LEDGERS | NO_ENTRIES | KEEPS },
	{ "poll", run_poll, NO_LEDGERS | NO_ENTRIES | KEEPS },
	{ "late poll", run_late_poll, NO_LEDGERS | NO_ENTRIES | KEEPS },
	{ "mmap", run_mmap, NO_LEDGERS | NO_ENTRIES | KEEPS },
	{ "POOL_GET", run_pool_dump, MANY_SLOTS | KEEPS },
	{ "WAKE", run_wake, NO_LEDGERS | NO_ENTRIES },
	{ "REFILL", run_refill, 0 },
	{ "REFILL of a dry pool", run_dry_refill, 0 },
	{ "RING_CLOSE", run_ring_close, NO_LEDGERS },
	{ "POOL_STAT with SWEEP", run_pool_stat, MANY_SLOTS },
	{ "RECLAIM", run_reclaim, 0 },
	{ "the death of a client", run_death, 0 },
};

/*
 * Two rings are full. All slots are out, and in flight: those that entries of
 * .ring name are in use, and a deep sweep frees the others.
 */
static void set_up(struct kunit *test, struct party *party)
{
	const struct geometry *g = party->geometry;
	u64 *handles = kvcalloc(g->slots, sizeof(*handles), GFP_KERNEL);
	struct rring_entry *entry;
	u64 handle;
	u32 n = 0;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, handles);
	party->a = fixture_client(test, RRING_PRODUCER);
	party->b = fixture_client(test, RRING_PRODUCER);
	party->ring = fixture_handle_ring(test, party->a,
					  party->geometry->entries);
	party->other = fixture_handle_ring(test, party->b,
					   party->geometry->entries);
	party->reader = fixture_join(test, party->b, party->ring, NULL);
	fixture_join(test, party->a, party->other, NULL);
	while (fixture_refill(party->a, RRING_XS, 64) > 0)
		while ((handle = fixture_pop(party->a, RRING_XS)))
			if (n < g->slots)
				handles[n++] = handle;
	/* an owned arena keeps half of the groups for others */
	KUNIT_EXPECT_GE(test, n, kring_arena_is_owned(party->a->arena) ?
				 g->slots / 2 : g->slots);
	entry = fixture_page(party->ring) + party->ring->info->entry_offset;
	for (i = 0; i < g->entries; i++)
		WRITE_ONCE(entry[i].handle, handles[i % n]);
	fixture_commit(party->ring, g->entries);
	fixture_commit(party->other, g->entries);
	/* only a deep sweep finds out which slots are still named */
	for (i = 0; i < n; i++) {
		rring_word_fetch_add(fixture_word(party->a, handles[i]),
				     RRING_MOVE + RRING_IN_FLIGHT);
		fixture_drop(party->a, handles[i]);
	}
	kvfree(handles);
}

/* Store in @bound the most of each unit in one hold of the lock. */
static void find_bounds(const struct geometry *g, u32 terms, u64 *bound)
{
	u64 ledgers = g->clients + 1;	/* the kernel's, too */

	memset(bound, 0, sizeof(*bound) * KRING_WORK_UNITS);
	bound[KRING_WORK_CLIENTS] = 2 * g->clients;
	bound[KRING_WORK_RINGS] = 4 * (u64)g->rings;
	bound[KRING_WORK_READERS] = 4 * (u64)g->rings * RRING_READERS;
	if (!(terms & NO_LEDGERS)) {
		bound[KRING_WORK_SLOTS] = 2 * GATHER;
		/*
		 * Shallow: three rounds of two looks; deep: two rounds of
		 * three. All but the last ones read summaries, too, and that of
		 * a whole ledger once for each part of a batch that is hidden.
		 * And all of this again after a recall is noticed.
		 */
		bound[KRING_WORK_WORDS] = (2 * (3 * BATCH + 2 * (BATCH + 1)) +
					   3 * (2 * BATCH + BATCH + 1) +
					   3 * (PARTS - 1)) * ledgers * ledgers;
		bound[KRING_WORK_CLIENTS] += 4 * ledgers;
		bound[KRING_WORK_RINGS] += 4 * (u64)g->rings;
		bound[KRING_WORK_BITMAP] = 3 * g->slots;
	}
	if (terms & MANY_SLOTS)
		bound[KRING_WORK_SLOTS] = max_t(u64, 2 * GATHER, CHUNK);
	/* read in each round of a deep sweep of a batch; adopted, and settled */
	if (!(terms & NO_ENTRIES))
		bound[KRING_WORK_ENTRIES] = 3 * 2 * (u64)g->entries;
}

static void begin(struct kunit *test, struct party *party, u32 flags)
{
	const struct geometry *g = party->geometry;
	const struct rring_create args = {
		.size = sizeof(args),
		.flags = flags,
		.name = FIXTURE_NAME,
		.capacity = { g->slots },
		.max_clients = g->clients,
		.max_rings = g->rings,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	KUNIT_ASSERT_EQ(test, fixture_begin(test, &args), 0);
	set_up(test, party);
}

static void run_call(struct kunit *test, const struct call *call,
		     struct party *party)
{
	static const char *const units[] = {
		"slots", "words", "entries", "bits", "clients", "rings",
		"readers", "mappers",
	};
	u64 bound[KRING_WORK_UNITS];
	u32 i;

	find_bounds(party->geometry, call->terms, bound);
	memset(&kring_work, 0, sizeof(kring_work));
	KUNIT_EXPECT_EQ_MSG(test, call->run(test, party), 0, "%s", call->name);
	for (i = 0; i < KRING_WORK_UNITS; i++)
		KUNIT_EXPECT_LE_MSG(test, kring_work.most[i], bound[i],
				    "%s: %s", call->name, units[i]);
}

/* Run all calls, and begin a new arena after each that changes it. */
static void run_calls(struct kunit *test, u32 flags)
{
	struct party party = { .geometry = test->param_value };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		if (!test->priv)
			begin(test, &party, flags);
		run_call(test, &calls[i], &party);
		if (!(calls[i].terms & KEEPS))
			fixture_exit(test);
	}
}

static void each_call_keeps_its_bounds(struct kunit *test)
{
	run_calls(test, 0);
}

static void each_call_keeps_them_in_an_owned_arena(struct kunit *test)
{
	run_calls(test, RRING_CREATE_OWNED);
}

/* The counter counts: a deep sweep reads the whole window. */
static void work_is_counted(struct kunit *test)
{
	struct party party = { .geometry = MANY_ENTRIES };

	begin(test, &party, 0);
	memset(&kring_work, 0, sizeof(kring_work));
	run_reclaim(test, &party);
	KUNIT_EXPECT_GE(test, kring_work.most[KRING_WORK_ENTRIES],
			(u64)MANY_ENTRIES->entries);
	KUNIT_EXPECT_GE(test, kring_work.most[KRING_WORK_SLOTS],
			(u64)BATCH);
	KUNIT_EXPECT_GE(test, kring_work.most[KRING_WORK_WORDS],
			(u64)BATCH);
}

/* No worker comes late, unless a call wants it: it would count, too. */
static unsigned int default_rate;

static int work_init(struct kunit *test)
{
	default_rate = kring_barrier_rate;
	kring_barrier_rate = 0;
	return 0;
}

static void work_exit(struct kunit *test)
{
	fixture_exit(test);
	kring_barrier_rate = default_rate;
}

static struct kunit_case work_cases[] = {
	KUNIT_CASE_PARAM(each_call_keeps_its_bounds, geometry_gen_params),
	KUNIT_CASE_PARAM(each_call_keeps_them_in_an_owned_arena,
			 geometry_gen_params),
	KUNIT_CASE(work_is_counted),
	{}
};

static struct kunit_suite work_suite = {
	.name = "work",
	.suite_init = fixture_suite_init,
	.init = work_init,
	.exit = work_exit,
	.test_cases = work_cases,
};

kunit_test_suite(work_suite);
