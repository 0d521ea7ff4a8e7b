// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Rings: windows, readers, and adoption after the writer has left or died. */
#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/window.h>

#include "../core/reader.h"
#include "../core/writer.h"
#include "fixture.h"

#define CAPACITY	8
#define STALL_NS	1000

static struct rring_ring_open config(enum rring_policy policy)
{
	return (struct rring_ring_open) {
		.name = "ring",
		.kind = RRING_INLINE,
		.policy = policy,
		.capacity = CAPACITY,
		.stride = RRING_STRIDE_MIN,
	};
}

static struct kring_ring *open(struct kunit *test, struct kring_client *writer,
			       enum rring_policy policy, u32 retain,
			       u64 stall_ns)
{
	struct rring_ring_open args = config(policy);

	args.retain = retain;
	args.stall_ns = stall_ns;
	return fixture_ring(test, writer, &args);
}

static void close(struct kunit *test, struct kring_ring *ring, u32 flags)
{
	struct rring_ring_close args = { .ring = ring->id, .flags = flags };

	KUNIT_ASSERT_EQ(test, kring_ring_close(ring->writer, &args), 0);
}

static int leave(struct kring_client *client, struct kring_reader *reader,
		 u32 flags)
{
	struct rring_reader_leave args = {
		.ring = reader->ring->id,
		.reader = reader->id,
		.flags = flags,
	};

	return kring_reader_leave(client, &args);
}

static u64 low(struct kring_ring *ring)
{
	u64 pos;

	mutex_lock(&ring->arena->lock);
	pos = kring_ring_low(ring);
	mutex_unlock(&ring->arena->lock);
	return pos;
}

static bool has_room(struct kring_ring *ring)
{
	bool room;

	mutex_lock(&ring->arena->lock);
	room = kring_ring_has_room(ring);
	mutex_unlock(&ring->arena->lock);
	return room;
}

static u64 head(struct kring_ring *ring)
{
	u64 pos;

	mutex_lock(&ring->arena->lock);
	pos = kring_ring_head(ring);
	mutex_unlock(&ring->arena->lock);
	return pos;
}

/* Join at @start and leave again. Returns where the reader began. */
static u64 start_at(struct kunit *test, struct kring_client *client,
		    struct kring_ring *ring, u32 start, u64 position)
{
	struct rring_reader_join args = {
		.ring = ring->id,
		.start = start,
		.position = position,
	};

	KUNIT_ASSERT_EQ(test, kring_reader_join(client, &args), 0);
	KUNIT_EXPECT_EQ(test, leave(client, ring->readers[args.reader], 0), 0);
	return args.position;
}

/* ---- the window ---- */

static void low_follows_slowest_reader(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 0, 0);
	struct kring_reader *a = fixture_join(test, client, ring, NULL);
	struct kring_reader *b = fixture_join(test, client, ring, NULL);

	fixture_commit(ring, CAPACITY);
	KUNIT_EXPECT_EQ(test, low(ring), 0ull);
	KUNIT_EXPECT_FALSE(test, has_room(ring));
	fixture_release(a, 5);
	KUNIT_EXPECT_EQ(test, low(ring), 0ull);
	fixture_release(b, 3);
	KUNIT_EXPECT_EQ(test, low(ring), 3ull);
	KUNIT_EXPECT_TRUE(test, has_room(ring));
	KUNIT_EXPECT_EQ(test, leave(client, b, 0), 0);
	KUNIT_EXPECT_EQ(test, low(ring), 5ull);
	KUNIT_EXPECT_EQ(test, leave(client, a, 0), 0);
	KUNIT_EXPECT_EQ(test, low(ring), (u64)CAPACITY);
}

/*
 * A head or a cursor that goes back does not move the window, nor does a head
 * beyond any honest value. A cursor beyond the head counts as the head.
 */
static void window_never_goes_back(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 0, 0);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);
	struct rring_ring_head *page = fixture_page(ring);

	fixture_commit(ring, 5);
	fixture_release(reader, 3);
	KUNIT_EXPECT_EQ(test, low(ring), 3ull);
	fixture_release(reader, 1);
	KUNIT_EXPECT_EQ(test, low(ring), 3ull);
	rring_seq_store(&page->head, 2);
	KUNIT_EXPECT_EQ(test, head(ring), 5ull);
	fixture_release(reader, ~0ull);
	KUNIT_EXPECT_EQ(test, low(ring), 5ull);
	rring_seq_store(&page->head, 1ull << 63);
	KUNIT_EXPECT_EQ(test, head(ring), 5ull);
	rring_seq_store(&page->head, ~0ull);
	KUNIT_EXPECT_EQ(test, head(ring), 5ull);
}

static void ring_retains_last_entries(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 3, 0);

	KUNIT_EXPECT_EQ(test, low(ring), 0ull);
	fixture_commit(ring, 2);
	KUNIT_EXPECT_EQ(test, low(ring), 0ull);
	fixture_commit(ring, 8);
	KUNIT_EXPECT_EQ(test, low(ring), 7ull);
	KUNIT_EXPECT_TRUE(test, has_room(ring));
	KUNIT_EXPECT_EQ(test, start_at(test, client, ring, RRING_START_OLDEST,
				       0), 7ull);
}

static void overwriting_ring_window_is_one_lap(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_OVERWRITE, 0, 0);
	struct rring_reader_join args = { .ring = ring->id };

	fixture_commit(ring, 3 * CAPACITY);
	KUNIT_EXPECT_TRUE(test, has_room(ring));
	KUNIT_EXPECT_EQ(test, low(ring), 2ull * CAPACITY);
	KUNIT_EXPECT_EQ(test, kring_reader_join(client, &args), -EINVAL);
	args.flags = RRING_JOIN_OBSERVER;
	KUNIT_EXPECT_EQ(test, kring_reader_join(client, &args), 0);
	KUNIT_EXPECT_EQ(test, args.position, 3ull * CAPACITY);
	KUNIT_EXPECT_FALSE(test, rring_ref_gates(args.ref));
}

static void reader_starts_within_the_window(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 4, 0);

	fixture_commit(ring, 6);
	KUNIT_EXPECT_EQ(test, start_at(test, client, ring, RRING_START_NEWEST,
				       1), 6ull);
	KUNIT_EXPECT_EQ(test, start_at(test, client, ring, RRING_START_OLDEST,
				       9), 2ull);
	KUNIT_EXPECT_EQ(test, start_at(test, client, ring, RRING_START_AT, 0),
			2ull);
	KUNIT_EXPECT_EQ(test, start_at(test, client, ring, RRING_START_AT, 4),
			4ull);
	KUNIT_EXPECT_EQ(test, start_at(test, client, ring, RRING_START_AT,
				       ~0ull), 6ull);
}

/*
 * A cursor whose word is not 0 is not given to a new reader: the writer would
 * take the word for the reader's position, and overtake the reader.
 */
static void cursor_that_is_not_zero_is_not_reused(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 0, 0);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);
	u32 cursor = reader->cursor;
	rring_seq_t *pos = (rring_seq_t *)kring_reader_cursor(reader);

	rring_seq_store(pos, 7);
	KUNIT_EXPECT_EQ(test, leave(client, reader, 0), 0);
	reader = fixture_join(test, client, ring, NULL);
	KUNIT_EXPECT_NE(test, reader->cursor, cursor);
	rring_seq_store(pos, 0);
	reader = fixture_join(test, client, ring, NULL);
	KUNIT_EXPECT_EQ(test, reader->cursor, cursor);
}

static void observer_does_not_gate(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_OBSERVER);
	struct kring_ring *ring = open(test, writer, RRING_BLOCK, 0, 0);
	struct rring_reader_join args = { .ring = ring->id };

	KUNIT_EXPECT_EQ(test, kring_reader_join(client, &args), -EPERM);
	args.flags = RRING_JOIN_OBSERVER;
	KUNIT_EXPECT_EQ(test, kring_reader_join(client, &args), 0);
	fixture_commit(ring, CAPACITY);
	KUNIT_EXPECT_TRUE(test, has_room(ring));
}

/* ---- the writer goes ---- */

static void deserted_ring_is_reaped(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 0, 0);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);
	struct kring_arena *arena = fixture_arena(test);
	u32 id = ring->id;

	fixture_commit(ring, 2);
	close(test, ring, 0);
	KUNIT_EXPECT_PTR_EQ(test, arena->rings[id], ring);
	KUNIT_EXPECT_TRUE(test, kring_ring_has_ended(ring));
	KUNIT_EXPECT_EQ(test, rring_seq_load(&ring->info->end), 2ull);
	KUNIT_EXPECT_EQ(test, leave(client, reader, 0), 0);
	KUNIT_EXPECT_NULL(test, arena->rings[id]);
	KUNIT_EXPECT_EQ(test, arena->ring_info[id].capacity, 0u);
	ring = open(test, client, RRING_BLOCK, 0, 0);
	close(test, ring, RRING_CLOSE_AWAIT);
	KUNIT_EXPECT_NULL(test, arena->rings[id]);
}

/* A window is one lap at most, however high a hostile writer's head is. */
static void window_is_at_most_a_lap(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = open(test, writer, RRING_BLOCK, 0, 0);

	fixture_join(test, client, ring, NULL);
	fixture_commit(ring, 1000);
	KUNIT_EXPECT_EQ(test, low(ring), 1000ull - CAPACITY);
	fixture_kill(test, writer);
	KUNIT_EXPECT_EQ(test, rring_seq_load(&ring->info->end), 1000ull);
	KUNIT_EXPECT_EQ(test, head(ring), 1000ull);
	KUNIT_EXPECT_EQ(test, low(ring), 1000ull - CAPACITY);
	KUNIT_EXPECT_EQ(test, ring->info->writer, 0u);
}

/*
 * A slot is counted once for each adopted entry that names it, until the
 * readers have passed that entry.
 */
static void adopted_slots_are_counted(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = fixture_handle_ring(test, writer, CAPACITY);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);
	struct kring_arena *arena = fixture_arena(test);
	u64 handle = fixture_alloc(test, writer, RRING_XS);
	u32 *count = &arena->adopted[rring_handle_index(handle)];

	fixture_hold(writer, handle);
	fixture_publish(writer, ring, handle);
	fixture_publish(writer, ring, handle);
	KUNIT_EXPECT_EQ(test, *count, 0u);
	fixture_kill(test, writer);
	KUNIT_EXPECT_EQ(test, *count, 2u);
	fixture_release(reader, 1);
	mutex_lock(&arena->lock);
	kring_ring_settle(ring);
	mutex_unlock(&arena->lock);
	KUNIT_EXPECT_EQ(test, *count, 1u);
	KUNIT_EXPECT_EQ(test, leave(client, reader, 0), 0);
	KUNIT_EXPECT_EQ(test, *count, 0u);
}

/* An adopted entry without a valid handle of the arena names no slot. */
static void invalid_handles_are_not_adopted(struct kunit *test)
{
	static const u64 invalid[] = { ~0ull, 0xe0000000ull,
				       (u64)RRING_S << 29 | FIXTURE_S,
				       (u64)RRING_M << 29 };
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = fixture_handle_ring(test, writer, CAPACITY);
	struct kring_arena *arena = fixture_arena(test);
	struct rring_entry *entry = fixture_page(ring) +
				    ring->info->entry_offset;
	u32 i;

	fixture_join(test, client, ring, NULL);
	for (i = 0; i < ARRAY_SIZE(invalid); i++)
		WRITE_ONCE(entry[i].handle, invalid[i]);
	fixture_commit(ring, i);
	fixture_kill(test, writer);
	KUNIT_EXPECT_NULL(test, memchr_inv(arena->adopted, 0,
					   arena->info->slots * sizeof(u32)));
}

static void next_writer_continues_at_end(struct kunit *test)
{
	struct kring_client *first = fixture_client(test, RRING_PRODUCER);
	struct kring_client *second = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = open(test, first, RRING_BLOCK, 0, 0);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);
	struct rring_ring_open args = config(RRING_BLOCK);
	void *pages = fixture_page(ring);
	char *data = pages + ring->info->data_offset;

	memset(data, 0x5a, 3 * RRING_STRIDE_MIN);
	fixture_commit(ring, 3);
	fixture_release(reader, 1);
	KUNIT_EXPECT_EQ(test, kring_ring_open(second, &args), -EBUSY);
	close(test, ring, RRING_CLOSE_AWAIT);
	KUNIT_EXPECT_FALSE(test, kring_ring_has_ended(ring));
	args.capacity++;
	KUNIT_EXPECT_EQ(test, kring_ring_open(second, &args), -EEXIST);
	args.capacity--;
	KUNIT_EXPECT_EQ(test, kring_ring_open(second, &args), 0);
	KUNIT_EXPECT_EQ(test, args.ring, ring->id);
	KUNIT_EXPECT_EQ(test, args.incarnation, 1u);
	KUNIT_EXPECT_EQ(test, args.head, 3ull);
	/* in new pages, which the first writer cannot write */
	KUNIT_EXPECT_PTR_NE(test, fixture_page(ring), pages);
	data = fixture_page(ring) + ring->info->data_offset;
	KUNIT_EXPECT_NULL(test, memchr_inv(data, 0x5a,
					   3 * RRING_STRIDE_MIN));
	KUNIT_EXPECT_EQ(test, head(ring), 3ull);
	KUNIT_EXPECT_EQ(test, low(ring), 1ull);
	KUNIT_EXPECT_PTR_EQ(test, ring->writer, second);
}

/*
 * The head is beyond any honest value. A new writer is refused, because its
 * positions would be rejected.
 */
static void writer_after_a_hostile_head_is_refused(struct kunit *test)
{
	struct kring_client *hostile = fixture_client(test, RRING_PRODUCER);
	struct kring_client *second = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, hostile, RRING_BLOCK, 0, 0);
	struct rring_ring_open args = config(RRING_BLOCK);
	struct rring_ring_head *page = fixture_page(ring);

	fixture_join(test, second, ring, NULL);
	rring_seq_store(&page->head, S64_MAX);
	close(test, ring, RRING_CLOSE_AWAIT);
	KUNIT_EXPECT_EQ(test, kring_ring_open(second, &args), -EOVERFLOW);
}

static u64 check_stall(struct kring_reader *reader, u64 position, u64 now)
{
	struct kring_arena *arena = reader->ring->arena;
	u64 wake_at = RRING_FOREVER;

	mutex_lock(&arena->lock);
	kring_reader_check_stall(reader, position, now, &wake_at);
	mutex_unlock(&arena->lock);
	return wake_at;
}

/*
 * A reader that has gone beyond the end gates where the next writer begins, and
 * goes on gating there when the writer after that comes. Its limit begins anew.
 */
static void reader_beyond_the_end_is_capped(struct kunit *test)
{
	struct kring_client *first = fixture_client(test, RRING_PRODUCER);
	struct kring_client *second = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = open(test, first, RRING_BLOCK, 0, STALL_NS);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);
	struct rring_ring_open args = config(RRING_BLOCK);

	args.stall_ns = STALL_NS;
	fixture_commit(ring, 2);
	check_stall(reader, 1, 5000);
	close(test, ring, RRING_CLOSE_AWAIT);
	fixture_release(reader, 7);
	KUNIT_ASSERT_EQ(test, kring_ring_open(second, &args), 0);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_CAPPED);
	KUNIT_EXPECT_EQ(test, kring_reader_reached(reader), 2ull);
	fixture_commit(ring, 3);
	KUNIT_EXPECT_EQ(test, low(ring), 2ull);
	close(test, ring, RRING_CLOSE_AWAIT);
	KUNIT_ASSERT_EQ(test, kring_ring_open(first, &args), 0);
	fixture_commit(ring, CAPACITY - 3);
	KUNIT_EXPECT_EQ(test, low(ring), 2ull);
	KUNIT_EXPECT_EQ(test, check_stall(reader, 2, 6000), 6000ull + STALL_NS);
	KUNIT_EXPECT_EQ(test, check_stall(reader, 2, 7000), RRING_FOREVER);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_LAPPED);
}

/*
 * A capped reader makes room by what it releases below the cap, but its writer
 * sees that only in the answers of the kernel.
 */
static void capped_reader_makes_room(struct kunit *test)
{
	struct kring_client *first = fixture_client(test, RRING_PRODUCER);
	struct kring_client *second = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = open(test, first, RRING_BLOCK, 0, 0);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);
	struct rring_ring_open args = config(RRING_BLOCK);
	struct rring_reader_rejoin rejoin = {
		.ring = ring->id,
		.reader = reader->id,
		.incarnation = 1,
		.position = 5,
	};
	const struct rring_reader_info *info = &ring->info->readers[reader->id];

	fixture_commit(ring, 5);
	fixture_release(reader, 1);
	close(test, ring, RRING_CLOSE_AWAIT);
	KUNIT_ASSERT_EQ(test, kring_ring_open(second, &args), 0);
	fixture_release(reader, 3);
	KUNIT_EXPECT_EQ(test, rring_seq_load(&info->start), 1ull);
	KUNIT_EXPECT_EQ(test, low(ring), 3ull);
	KUNIT_EXPECT_TRUE(test, kring_reader_has_news(reader, 5, 5));
	KUNIT_EXPECT_EQ(test, kring_reader_rejoin(client, &rejoin), 0);
	KUNIT_EXPECT_EQ(test, rejoin.position, 3ull);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_LIVE);
	KUNIT_EXPECT_FALSE(test, kring_reader_has_news(reader, 5, 5));
	KUNIT_EXPECT_EQ(test, low(ring), 3ull);
}

/* A hostile client that sets its cursor back gates no lower than before. */
static void capped_cursor_that_goes_back_opens_nothing(struct kunit *test)
{
	struct kring_client *first = fixture_client(test, RRING_PRODUCER);
	struct kring_client *second = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = open(test, first, RRING_BLOCK, 0, 0);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);
	struct rring_ring_open args = config(RRING_BLOCK);

	fixture_commit(ring, 5);
	fixture_release(reader, 3);
	KUNIT_EXPECT_EQ(test, low(ring), 3ull);
	close(test, ring, RRING_CLOSE_AWAIT);
	fixture_release(reader, 0);
	KUNIT_ASSERT_EQ(test, kring_ring_open(second, &args), 0);
	KUNIT_EXPECT_EQ(test, reader->start, 3ull);
	fixture_release(reader, ~0ull);
	KUNIT_EXPECT_EQ(test, low(ring), 5ull);
}

/* What a capped reader has reached is what its successor goes on at. */
static void capped_reader_freezes_below_its_cap(struct kunit *test)
{
	struct kring_client *first = fixture_client(test, RRING_PRODUCER);
	struct kring_client *second = fixture_client(test, RRING_PRODUCER);
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = open(test, first, RRING_BLOCK, 0, 0);
	struct kring_reader *reader = fixture_join(test, client, ring, "name");
	struct rring_ring_open args = config(RRING_BLOCK);
	struct rring_reader_join again = { .ring = ring->id, .name = "name" };

	fixture_commit(ring, 2);
	fixture_release(reader, 7);
	close(test, ring, RRING_CLOSE_AWAIT);
	KUNIT_ASSERT_EQ(test, kring_ring_open(second, &args), 0);
	fixture_commit(ring, 3);
	fixture_kill(test, client);
	KUNIT_EXPECT_EQ(test, kring_reader_join(first, &again), 0);
	KUNIT_EXPECT_EQ(test, again.position, 2ull);
	/* the new client has mapped the present pages */
	fixture_release(reader, 4);
	KUNIT_EXPECT_EQ(test, low(ring), 4ull);
}

/* ---- named readers ---- */

/*
 * A hostile client can move its cursor while the kernel freezes its reader, so
 * that the reader gates from a lower position than it has reached. Its
 * successor has lost nothing.
 */
static void successor_of_toggled_cursor_loses_nothing(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *first = fixture_client(test, RRING_CONSUMER);
	struct kring_client *second = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = open(test, writer, RRING_BLOCK, 0, 0);
	struct kring_reader *reader = fixture_join(test, first, ring, "name");
	struct rring_reader_join args = { .ring = ring->id, .name = "name" };

	fixture_commit(ring, 3);
	fixture_release(reader, 1);
	fixture_kill(test, first);
	reader->reached = 3;
	KUNIT_ASSERT_EQ(test, kring_reader_join(second, &args), 0);
	KUNIT_EXPECT_EQ(test, args.lost, 0ull);
	KUNIT_EXPECT_EQ(test, args.position, 1ull);
	KUNIT_EXPECT_EQ(test, reader->lost, 0ull);
}

static void named_reader_resumes_at_cursor(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_client *first = fixture_client(test, RRING_CONSUMER);
	struct kring_client *second = fixture_client(test, RRING_CONSUMER);
	struct kring_ring *ring = open(test, writer, RRING_BLOCK, 0, 0);
	struct kring_reader *reader = fixture_join(test, first, ring, "name");
	struct rring_reader_join args = { .ring = ring->id, .name = "name" };

	fixture_commit(ring, 5);
	fixture_release(reader, 2);
	KUNIT_EXPECT_EQ(test, kring_reader_join(second, &args), -EBUSY);
	fixture_kill(test, first);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_FROZEN);
	KUNIT_EXPECT_EQ(test, low(ring), 2ull);
	args.flags = RRING_JOIN_RESUME;
	KUNIT_EXPECT_EQ(test, kring_reader_join(second, &args), 0);
	KUNIT_EXPECT_EQ(test, args.resumed, 1u);
	KUNIT_EXPECT_EQ(test, args.position, 2ull);
	KUNIT_EXPECT_EQ(test, args.lost, 0ull);
	KUNIT_EXPECT_EQ(test, leave(second, reader, RRING_LEAVE_FORGET), 0);
	KUNIT_EXPECT_EQ(test, low(ring), 5ull);
}

static void frozen_reader_can_be_forgotten(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, writer, RRING_BLOCK, 0, 0);
	struct kring_reader *reader = fixture_join(test, writer, ring, "name");
	struct kring_arena *arena = fixture_arena(test);
	u32 serial = reader->serial;
	int busy, stale, gone;

	mutex_lock(&arena->lock);
	busy = kring_reader_forget(arena, ring->id, reader->id, 0);
	mutex_unlock(&arena->lock);
	KUNIT_EXPECT_EQ(test, busy, -EBUSY);
	KUNIT_EXPECT_EQ(test, leave(writer, reader, 0), 0);
	mutex_lock(&arena->lock);
	stale = kring_reader_forget(arena, ring->id, reader->id, serial + 1);
	gone = kring_reader_forget(arena, ring->id, reader->id, serial);
	mutex_unlock(&arena->lock);
	KUNIT_EXPECT_EQ(test, stale, -ESTALE);
	KUNIT_EXPECT_EQ(test, gone, 0);
	KUNIT_EXPECT_EQ(test, ring->nr_readers, 0u);
}

/* ---- laps ---- */

/*
 * Check @reader at the time @now, while its writer waits to pass @position.
 * Returns when to check again; RRING_FOREVER: not at all.
 */
static void reader_is_lapped_after_its_limit(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 0, STALL_NS);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);
	struct rring_reader_rejoin args = { .reader = reader->id,
					    .ring = ring->id };

	fixture_commit(ring, CAPACITY);
	KUNIT_EXPECT_EQ(test, check_stall(reader, 0, 5000), 5000ull + STALL_NS);
	KUNIT_EXPECT_EQ(test, check_stall(reader, 0, 5999), 5000ull + STALL_NS);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_LIVE);
	/* a reader that joins again keeps its position, and does not move */
	KUNIT_EXPECT_EQ(test, kring_reader_rejoin(client, &args), 0);
	KUNIT_EXPECT_EQ(test, args.position, 0ull);
	KUNIT_EXPECT_EQ(test, check_stall(reader, 0, 6000), RRING_FOREVER);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_LAPPED);
	KUNIT_EXPECT_EQ(test, ring->laps, 1ull);
	KUNIT_EXPECT_TRUE(test, has_room(ring));
	fixture_commit(ring, 3);
	KUNIT_EXPECT_EQ(test, kring_reader_rejoin(client, &args), 0);
	KUNIT_EXPECT_EQ(test, args.lost, 3ull);
	KUNIT_EXPECT_EQ(test, args.position, 3ull);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_LIVE);
}

/*
 * A reader that moves forward, however slowly, is not lapped. A reader that
 * only moves back is.
 */
static void reader_that_moves_is_not_lapped(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 0, STALL_NS);
	struct kring_reader *reader = fixture_join(test, client, ring, NULL);
	u64 now = 5000;
	u32 i;

	fixture_commit(ring, CAPACITY);
	for (i = 0; i < 4; i++, now += STALL_NS - 1) {
		fixture_release(reader, i);
		check_stall(reader, 5, now);
	}
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_LIVE);
	fixture_release(reader, 1);
	check_stall(reader, 5, now);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_LIVE);
	check_stall(reader, 5, now + 1);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_LAPPED);
}

/*
 * A hostile reader can show the kernel a low cursor when it looks for room, and
 * the head when it looks for readers that stall. Here the writer waits for a
 * position beyond the head, which looks the same. It looks again soon.
 */
static void wait_without_stall_looks_again(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 0,
				       NSEC_PER_SEC);
	u64 wake_at = RRING_FOREVER;
	u64 latest;

	mutex_lock(&ring->arena->lock);
	KUNIT_EXPECT_EQ(test, kring_writer_check_room(ring, 5, &wake_at),
			-EAGAIN);
	mutex_unlock(&ring->arena->lock);
	latest = ktime_get_ns() + NSEC_PER_SEC;
	KUNIT_EXPECT_LE(test, wake_at, latest);
}

/*
 * Clients that leave and join in turn, so that there is always a reader at the
 * same position, keep the writer waiting no longer than one that stays.
 */
static void readers_that_take_turns_are_lapped(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 0, STALL_NS);
	struct kring_reader *first = fixture_join(test, client, ring, NULL);
	struct rring_reader_join args = {
		.ring = ring->id,
		.start = RRING_START_OLDEST,
	};
	struct kring_reader *next;

	fixture_commit(ring, CAPACITY);
	check_stall(first, 0, 5000);
	KUNIT_ASSERT_EQ(test, kring_reader_join(client, &args), 0);
	next = ring->readers[args.reader];
	KUNIT_EXPECT_EQ(test, leave(client, first, 0), 0);
	check_stall(next, 0, 5999);
	KUNIT_EXPECT_EQ(test, (int)next->state, (int)RRING_READER_LIVE);
	check_stall(next, 0, 6000);
	KUNIT_EXPECT_EQ(test, (int)next->state, (int)RRING_READER_LAPPED);
}

static void named_reader_that_comes_and_goes_is_lapped(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 0, STALL_NS);
	struct kring_reader *reader = fixture_join(test, client, ring, "name");

	fixture_commit(ring, CAPACITY);
	check_stall(reader, 0, 5000);
	KUNIT_EXPECT_EQ(test, leave(client, reader, 0), 0);
	KUNIT_EXPECT_PTR_EQ(test, fixture_join(test, client, ring, "name"),
			    reader);
	check_stall(reader, 0, 5999);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_LIVE);
	check_stall(reader, 0, 6000);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_LAPPED);
}

/* A named reader that is lapped while away learns at its join what it lost. */
static void frozen_reader_is_lapped(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = open(test, client, RRING_BLOCK, 0, STALL_NS);
	struct kring_reader *reader = fixture_join(test, client, ring, "name");
	struct rring_reader_join args = { .ring = ring->id, .name = "name" };

	fixture_commit(ring, 6);
	fixture_release(reader, 2);
	KUNIT_EXPECT_EQ(test, leave(client, reader, 0), 0);
	check_stall(reader, 5, 5000);
	check_stall(reader, 5, 6000);
	KUNIT_EXPECT_EQ(test, (int)reader->state, (int)RRING_READER_LAPPED);
	fixture_release(fixture_join(test, client, ring, NULL), 6);
	fixture_commit(ring, CAPACITY);
	KUNIT_EXPECT_EQ(test, kring_reader_join(client, &args), 0);
	KUNIT_EXPECT_EQ(test, args.resumed, 1u);
	/* the oldest entry of 6 + CAPACITY that is there */
	KUNIT_EXPECT_EQ(test, args.position, 6ull);
	KUNIT_EXPECT_EQ(test, args.lost, 4ull);
	KUNIT_EXPECT_EQ(test, low(ring), 6ull);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(low_follows_slowest_reader),
	KUNIT_CASE(window_never_goes_back),
	KUNIT_CASE(ring_retains_last_entries),
	KUNIT_CASE(overwriting_ring_window_is_one_lap),
	KUNIT_CASE(reader_starts_within_the_window),
	KUNIT_CASE(cursor_that_is_not_zero_is_not_reused),
	KUNIT_CASE(observer_does_not_gate),
	KUNIT_CASE(deserted_ring_is_reaped),
	KUNIT_CASE(window_is_at_most_a_lap),
	KUNIT_CASE(adopted_slots_are_counted),
	KUNIT_CASE(invalid_handles_are_not_adopted),
	KUNIT_CASE(next_writer_continues_at_end),
	KUNIT_CASE(writer_after_a_hostile_head_is_refused),
	KUNIT_CASE(reader_beyond_the_end_is_capped),
	KUNIT_CASE(capped_reader_makes_room),
	KUNIT_CASE(capped_cursor_that_goes_back_opens_nothing),
	KUNIT_CASE(capped_reader_freezes_below_its_cap),
	KUNIT_CASE(named_reader_resumes_at_cursor),
	KUNIT_CASE(successor_of_toggled_cursor_loses_nothing),
	KUNIT_CASE(frozen_reader_can_be_forgotten),
	KUNIT_CASE(reader_is_lapped_after_its_limit),
	KUNIT_CASE(reader_that_moves_is_not_lapped),
	KUNIT_CASE(wait_without_stall_looks_again),
	KUNIT_CASE(readers_that_take_turns_are_lapped),
	KUNIT_CASE(named_reader_that_comes_and_goes_is_lapped),
	KUNIT_CASE(frozen_reader_is_lapped),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "ring",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);
