// SPDX-License-Identifier: MPL-2.0
/*
 * Readers join and leave a ring repeatedly while its writer works. The ring
 * must not look full when it is not, and the writer must not overtake a reader
 * that joins.
 */
#include <sched.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "repetition.h"
#include "stream.h"

#define MAX	64
#define JOINERS	2	/* maximum */

/* Shared by all processes. */
struct floors {
	/*
	 * Lowest position of each joiner, written by the joiner. Before it
	 * joins: the head or the lowest kept position, below which it cannot
	 * start. Then: its own position. A writer that is less than a lap above
	 * all floors must never find its ring full.
	 */
	uint64_t floor[JOINERS];
	uint32_t done;
};

struct joiner {
	int arena;
	uint32_t ring;
	uint32_t me;
	uint32_t joiners;
	uint32_t joins;
	uint32_t retain;
	unsigned int flags;
	struct floors *floors;
};

FIXTURE(joins)
{
	int arena;
	struct rring_client *client;
	struct floors *floors;
};

FIXTURE_SETUP(joins)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->floors = mmap(NULL, sizeof(*self->floors),
			    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->floors);
	memset(self->floors->floor, 0xff, sizeof(self->floors->floor));
}

FIXTURE_TEARDOWN(joins)
{
	rring_close(self->client);
	munmap(self->floors, sizeof(*self->floors));
	close(self->arena);
}

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_policy policy, uint32_t capacity,
				    uint32_t retain)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = policy,
		.capacity = capacity,
		.stride = MAX,
		.retain = retain,
	};

	return writer_of(client, &config);
}

/* ---- a joiner ---- */

static uint64_t floor_of(const struct floors *floors, uint32_t joiner)
{
	return __atomic_load_n(&floors->floor[joiner], __ATOMIC_ACQUIRE);
}

/* Observers do not gate the writer, so they have no floor. */
static void set_floor(struct joiner *joiner, uint64_t position)
{
	if (!joiner->flags)
		__atomic_store_n(&joiner->floors->floor[joiner->me], position,
				 __ATOMIC_RELEASE);
}

/* Lowest position at which a reader that joins from now on may start. */
static uint64_t lowest_start(const struct joiner *joiner,
			     const struct rring_ring_head *ring,
			     enum rring_start start)
{
	uint64_t head = rring_seq_load_acquire(&ring->head);
	uint64_t lowest = head - joiner->retain;
	uint32_t i;

	if (start == RRING_START_NEWEST)
		return head;
	/* entries that another joiner still needs are kept, too */
	for (i = 0; i < JOINERS; i++) {
		uint64_t floor = floor_of(joiner->floors, i);

		if (floor < lowest)
			lowest = floor;
	}
	return lowest;
}

/* Read at most @n available events; they must be in sequence. */
static uint32_t read_some(struct joiner *joiner, struct rring_reader *reader,
			  uint32_t n)
{
	uint32_t taken = 0;
	int err = 0;

	while (taken < n && !err) {
		err = stream_take(reader, MAX);
		MUST(!err || err == -EAGAIN ||
		     (joiner->flags && err == -ESTALE));
		taken += !err;
		set_floor(joiner, reader->pos);
	}
	return taken;
}

/*
 * A reader that starts at the oldest event finds at least @retain events; one
 * that starts at the newest may find none.
 */
static void join_once(struct joiner *joiner, struct rring_client *client,
		      const struct rring_ring_head *ring,
		      enum rring_start start)
{
	struct rring_reader_config config = {
		.ring = joiner->ring,
		.flags = joiner->flags,
		.start = start,
	};
	uint64_t floor = lowest_start(joiner, ring, start);
	struct rring_reader *reader;
	uint32_t taken;

	set_floor(joiner, floor);
	reader = reader_of(client, &config);
	MUST(joiner->flags || reader->pos >= floor);
	taken = read_some(joiner, reader, joiner->retain);
	MUST(joiner->flags || start == RRING_START_NEWEST ||
	     taken == joiner->retain);
	MUST(joiner->flags || !reader->lost);
	rring_reader_close(reader, 0);
}

static int be_joiner(void *arg)
{
	struct joiner *joiner = arg;
	struct rring_client *client = client_of(joiner->arena, RRING_CONSUMER);
	struct rring_reader_config config = {
		.ring = joiner->ring,
		.flags = RRING_JOIN_OBSERVER,
	};
	struct rring_reader *onlooker = reader_of(client, &config);
	uint32_t i;

	for (i = 0; i < joiner->joins; i++)
		join_once(joiner, client, onlooker->ring,
			  i % 2 ? RRING_START_NEWEST : RRING_START_OLDEST);
	set_floor(joiner, ~0ull);
	__atomic_fetch_add(&joiner->floors->done, 1, __ATOMIC_RELEASE);
	return 0;
}

/* ---- the writer ---- */

static int may_put(const struct floors *floors,
		   const struct rring_writer *writer)
{
	uint32_t i;

	for (i = 0; i < JOINERS; i++) {
		uint64_t floor = floor_of(floors, i);

		if (floor <= writer->head &&
		    writer->head - floor >= writer->capacity)
			return 0;
	}
	return 1;
}

/* Stop the test: a joiner that has failed does not raise its floor. */
static int any_failed(const pid_t *pid, uint32_t joiners)
{
	uint32_t i;

	for (i = 0; i < joiners; i++) {
		siginfo_t info = {};

		MUST(!waitid(P_PID, (id_t)pid[i], &info,
			     WEXITED | WNOHANG | WNOWAIT));
		if (info.si_pid && info.si_status)
			return 1;
	}
	return 0;
}

/* Put one event. The steady reader, if any, reads it at once. */
static void put_one(struct __test_metadata *_metadata,
		    struct rring_writer *writer, struct rring_reader *steady)
{
	ASSERT_EQ(0, stream_put(writer, MAX));
	if (steady) {
		ASSERT_EQ(0, stream_take(steady, MAX));
	}
}

static void write_on(struct __test_metadata *_metadata, struct joiner *joiner,
		     struct rring_writer *writer, struct rring_reader *steady)
{
	uint64_t began = rring_deadline(0);
	pid_t pid[JOINERS];
	uint32_t i;

	joiner->ring = writer->id;
	for (i = 0; i < joiner->retain; i++)
		put_one(_metadata, writer, steady);
	for (i = 0; i < joiner->joiners; i++) {
		joiner->me = i;
		set_floor(joiner, 0);
		pid[i] = spawn(be_joiner, joiner);
	}
	while (__atomic_load_n(&joiner->floors->done, __ATOMIC_ACQUIRE) <
	       joiner->joiners) {
		if (may_put(joiner->floors, writer)) {
			put_one(_metadata, writer, steady);
			continue;
		}
		ASSERT_FALSE(any_failed(pid, joiner->joiners));
		sched_yield();
	}
	for (i = 0; i < joiner->joiners; i++)
		EXPECT_EQ(0, reap(pid[i]));
	TH_LOG("%u joins and leaves in %llu ms, %llu entries",
	       joiner->joiners * joiner->joins,
	       (unsigned long long)(rring_deadline(0) - began) / 1000000,
	       (unsigned long long)writer->head);
}

static void join_steady_ring(struct __test_metadata *_metadata,
			     struct joiner *joiner, struct rring_client *client,
			     uint32_t capacity)
{
	struct rring_writer *writer = ring_of(client, RRING_FAIL, capacity,
					      joiner->retain);
	struct rring_reader *steady = reader_at(client, writer->id);

	write_on(_metadata, joiner, writer, steady);
	EXPECT_EQ(writer->head, steady->pos);
	EXPECT_EQ(0, steady->lost);
	EXPECT_EQ(1, rring_flag_load(&writer->info->readers_end));
}

TEST_F_TIMEOUT(joins, joining_and_leaving_costs_no_reader_an_entry, 300)
{
	struct joiner joiner = {
		.arena = self->arena,
		.joiners = 1,
		.joins = rounds(30000),
		.retain = 4,
		.floors = self->floors,
	};

	join_steady_ring(_metadata, &joiner, self->client, 64);
}

/* With two entries, a reader that joins gates the writer at once. */
TEST_F_TIMEOUT(joins, a_tiny_ring_is_full_only_when_it_is, 120)
{
	struct joiner joiner = {
		.arena = self->arena,
		.joiners = JOINERS,
		.joins = rounds(10000),
		.retain = 1,
		.floors = self->floors,
	};

	join_steady_ring(_metadata, &joiner, self->client, 2);
}

TEST_F_TIMEOUT(joins, observers_never_hold_a_writer_back, 120)
{
	struct joiner joiner = {
		.arena = self->arena,
		.joiners = JOINERS,
		.joins = rounds(5000),
		.retain = 4,
		.flags = RRING_JOIN_OBSERVER,
		.floors = self->floors,
	};
	struct rring_writer *writer = ring_of(self->client, RRING_OVERWRITE, 64,
					      0);

	write_on(_metadata, &joiner, writer, NULL);
	EXPECT_EQ(0, rring_flag_load(&writer->info->readers_end));
}

TEST_HARNESS_MAIN
