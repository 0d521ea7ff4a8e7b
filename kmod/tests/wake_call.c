// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* WAKE wakes nobody for nothing, and a wake-up costs its caller an event. */
#include <linux/wait.h>

#include "../core/pool.h"
#include "../core/reader.h"
#include "../core/wake.h"
#include "../kclient/writer.h"
#include "fixture.h"

#define CALLS	1000	/* of WAKE */
#define CAPACITY 8

/* A ring with a writer and two gating readers, and a client beside them. */
struct party {
	struct kring_client *writer;
	struct kring_client *client[2];
	struct kring_client *stranger;
	struct kring_ring *ring;
	struct kring_reader *reader[2];
};

static void set_up(struct kunit *test, struct party *party)
{
	u32 i;

	party->writer = fixture_client(test, RRING_PRODUCER);
	party->stranger = fixture_client(test, RRING_PRODUCER);
	party->ring = fixture_ring(test, party->writer,
				   &(struct rring_ring_open) {
		.kind = RRING_INLINE,
		.capacity = CAPACITY,
		.stride = RRING_STRIDE_MIN,
	});
	for (i = 0; i < 2; i++) {
		party->client[i] = fixture_client(test, RRING_CONSUMER);
		party->reader[i] = fixture_join(test, party->client[i],
						party->ring, NULL);
	}
	/* all flags are up, as if everybody slept */
	kring_flag_raise(&party->ring->info->waiters,
			 RRING_READERS_WAIT | RRING_WRITER_WAITS);
}

/* Call WAKE @calls times. Return how often the ring's sleepers were woken. */
static u64 wakes(struct kunit *test, struct kring_client *client,
		 struct kring_ring *ring, u32 flags, u32 calls)
{
	struct rring_wake args = { .flags = flags, .ring = ring->id };
	u64 before = ring->wakes;

	for (; calls; calls--)
		KUNIT_EXPECT_EQ(test, kring_wake(client, &args), 0);
	return ring->wakes - before;
}

static u32 flag(const struct party *party)
{
	return rring_flag_load(&party->ring->info->waiters);
}

static void readers_sleep_on_without_an_event(struct kunit *test)
{
	struct party party;
	struct kring_client *caller[4];
	u32 i;

	set_up(test, &party);
	caller[0] = party.writer;
	caller[1] = party.client[0];
	caller[2] = party.client[1];
	caller[3] = party.stranger;
	for (i = 0; i < ARRAY_SIZE(caller); i++)
		KUNIT_EXPECT_EQ(test, wakes(test, caller[i], party.ring,
					    RRING_WAKE_READERS, CALLS), 0ull);
	KUNIT_EXPECT_EQ(test, atomic_read(&party.ring->readable.events), 0);
	/* the flag stays up, so the next event wakes the readers */
	KUNIT_EXPECT_TRUE(test, flag(&party) & RRING_READERS_WAIT);
	fixture_commit(party.ring, 1);
	KUNIT_EXPECT_EQ(test, wakes(test, party.writer, party.ring,
				    RRING_WAKE_READERS, CALLS), 1ull);
	KUNIT_EXPECT_FALSE(test, flag(&party) & RRING_READERS_WAIT);
}

static void only_the_writer_announces_an_event(struct kunit *test)
{
	struct party party;

	set_up(test, &party);
	fixture_commit(party.ring, 1);
	KUNIT_EXPECT_EQ(test, wakes(test, party.stranger, party.ring,
				    RRING_WAKE_READERS, 1), 0ull);
	KUNIT_EXPECT_EQ(test, wakes(test, party.client[0], party.ring,
				    RRING_WAKE_READERS, 1), 0ull);
	KUNIT_EXPECT_EQ(test, wakes(test, party.writer, party.ring,
				    RRING_WAKE_READERS, 1), 1ull);
}

/* A head that goes back and forth announces each event once. */
static void events_are_announced_once(struct kunit *test)
{
	struct rring_ring_head *page;
	struct party party;
	u64 woken = 0;
	u32 i;

	set_up(test, &party);
	page = fixture_page(party.ring);
	for (i = 0; i < CALLS; i++) {
		rring_seq_store_release(&page->head, i % CAPACITY);
		woken += wakes(test, party.writer, party.ring,
			       RRING_WAKE_READERS, 1);
	}
	KUNIT_EXPECT_EQ(test, woken, (u64)CAPACITY - 1);
}

static void writer_sleeps_on_without_a_release(struct kunit *test)
{
	struct party party;
	u32 i;

	set_up(test, &party);
	fixture_commit(party.ring, CAPACITY);
	KUNIT_EXPECT_EQ(test, wakes(test, party.stranger, party.ring,
				    RRING_WAKE_WRITER, CALLS), 0ull);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, wakes(test, party.client[i], party.ring,
					    RRING_WAKE_WRITER, CALLS), 0ull);
	KUNIT_EXPECT_TRUE(test, flag(&party) & RRING_WRITER_WAITS);
	fixture_release(party.reader[0], 1);
	KUNIT_EXPECT_EQ(test, wakes(test, party.client[1], party.ring,
				    RRING_WAKE_WRITER, CALLS), 0ull);
	KUNIT_EXPECT_EQ(test, wakes(test, party.client[0], party.ring,
				    RRING_WAKE_WRITER, CALLS), 1ull);
}

/* A cursor that goes back and forth, or beyond the head, releases once. */
static void entries_are_released_once(struct kunit *test)
{
	struct party party;
	u64 woken = 0;
	u32 i;

	set_up(test, &party);
	fixture_commit(party.ring, CAPACITY);
	for (i = 0; i < CALLS; i++) {
		fixture_release(party.reader[0], i % 3 ? i * i : 0);
		woken += wakes(test, party.client[0], party.ring,
			       RRING_WAKE_WRITER, 1);
	}
	KUNIT_EXPECT_LE(test, woken, (u64)CAPACITY);
	KUNIT_EXPECT_GT(test, woken, 0ull);
}

/* A writer that sleeps for room is woken by its slowest reader alone. */
static void blocked_writer_is_woken_for_room_only(struct kunit *test)
{
	struct wait_queue_entry sleeper;
	struct party party;
	u32 i;

	set_up(test, &party);
	init_waitqueue_entry(&sleeper, current);
	fixture_commit(party.ring, CAPACITY);
	add_wait_queue(&party.ring->writable.queue, &sleeper);
	for (i = 1; i <= CAPACITY; i++) {
		fixture_release(party.reader[0], i);
		KUNIT_EXPECT_EQ(test, wakes(test, party.client[0], party.ring,
					    RRING_WAKE_WRITER, 1), 0ull);
	}
	KUNIT_EXPECT_TRUE(test, flag(&party) & RRING_WRITER_WAITS);
	fixture_release(party.reader[1], 1);
	KUNIT_EXPECT_EQ(test, wakes(test, party.client[1], party.ring,
				    RRING_WAKE_WRITER, 1), 1ull);
	KUNIT_EXPECT_FALSE(test, flag(&party) & RRING_WRITER_WAITS);
	remove_wait_queue(&party.ring->writable.queue, &sleeper);
}

/* What a reader releases again, after it has gone back, counts again. */
static void reader_that_goes_back_wakes_again(struct kunit *test)
{
	struct rring_reader_join args = {
		.size = sizeof(args),
		.start = RRING_START_AT,
		.position = 2,
	};
	struct kring_reader *reader;
	struct party party;

	set_up(test, &party);
	fixture_commit(party.ring, 4);
	args.ring = party.ring->id;
	strscpy(args.name, "name", sizeof(args.name));
	KUNIT_ASSERT_EQ(test, kring_reader_join(party.stranger, &args), 0);
	reader = party.ring->readers[args.reader];
	fixture_release(reader, 4);
	KUNIT_EXPECT_EQ(test, wakes(test, party.stranger, party.ring,
				    RRING_WAKE_WRITER, 2), 1ull);
	/* the cursor goes back, and the reader joins there again */
	fixture_release(reader, 0);
	mutex_lock(&fixture_arena(test)->lock);
	kring_reader_resume(reader);
	mutex_unlock(&fixture_arena(test)->lock);
	fixture_release(reader, 3);
	KUNIT_EXPECT_EQ(test, wakes(test, party.stranger, party.ring,
				    RRING_WAKE_WRITER, 2), 1ull);
}

static void pool_without_sleepers_is_not_woken(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_evcount *evcount = &fixture_pool(test, RRING_S)->evcount;
	struct rring_wake args = { .flags = RRING_WAKE_POOLS, .pools = ~0u };
	u32 i;

	for (i = 0; i < CALLS; i++)
		KUNIT_EXPECT_EQ(test, kring_wake(client, &args), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&evcount->events), 0);
	kring_flag_raise(&fixture_arena(test)->info->pool_waiters,
			 BIT(RRING_S));
	KUNIT_EXPECT_EQ(test, kring_wake(client, &args), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&evcount->events), 1);
}

/* The irq_work of a kernel writer wakes nobody if there is no new event. */
static void kernel_writer_wakes_for_its_events(struct kunit *test)
{
	struct rring_kwriter_config config = {
		.arena = FIXTURE_NAME,
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 2,
		.stride = RRING_STRIDE_MIN,
	};
	struct rring_kwriter *kw = rring_kwriter_open(&config);
	int before;
	u32 i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(kw));
	kring_flag_raise(&kw->info->waiters, RRING_READERS_WAIT);
	before = atomic_read(&kw->ring->readable.events);
	for (i = 0; i < 10; i++) {
		irq_work_queue(&kw->irq);
		irq_work_sync(&kw->irq);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&kw->ring->readable.events), before);
	KUNIT_EXPECT_EQ(test, rring_kwriter_write(kw, "event", 5, 1), 0);
	irq_work_sync(&kw->irq);
	KUNIT_EXPECT_EQ(test, atomic_read(&kw->ring->readable.events),
			before + 1);
	rring_kwriter_close(kw, 0);
}

static struct kunit_case wake_call_cases[] = {
	KUNIT_CASE(readers_sleep_on_without_an_event),
	KUNIT_CASE(only_the_writer_announces_an_event),
	KUNIT_CASE(events_are_announced_once),
	KUNIT_CASE(writer_sleeps_on_without_a_release),
	KUNIT_CASE(entries_are_released_once),
	KUNIT_CASE(blocked_writer_is_woken_for_room_only),
	KUNIT_CASE(reader_that_goes_back_wakes_again),
	KUNIT_CASE(pool_without_sleepers_is_not_woken),
	KUNIT_CASE(kernel_writer_wakes_for_its_events),
	{}
};

static struct kunit_suite wake_call_suite = {
	.name = "wake_call",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = wake_call_cases,
};

kunit_test_suite(wake_call_suite);
