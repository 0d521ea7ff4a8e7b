// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Kernel readers: events that they accept, and entries that they refuse. */
#include <linux/completion.h>

#include <rusted_ring/internal/handle.h>

#include "../core/reader.h"
#include "../kclient/reader.h"
#include "fixture.h"

#define CAPACITY	4
#define STRIDE		64

/* The reader of the running test. kreader_exit() closes it. */
static struct rring_kreader *kr;

static void kreader_exit(struct kunit *test)
{
	rring_kreader_close(kr, RRING_LEAVE_FORGET);
	kr = NULL;
	fixture_exit(test);
}

static struct rring_kreader_config config(const struct kring_ring *ring)
{
	return (struct rring_kreader_config) {
		.arena = FIXTURE_NAME,
		.ring_id = ring->id,
		.start = RRING_START_OLDEST,
	};
}

static void open_with(struct kunit *test,
		      const struct rring_kreader_config *with)
{
	kr = rring_kreader_open(with);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kr));
}

static void open(struct kunit *test, const struct kring_ring *ring, u32 flags)
{
	struct rring_kreader_config with = config(ring);

	with.flags = flags;
	open_with(test, &with);
}

static struct kring_ring *open_ring(struct kunit *test,
				    enum rring_policy policy, u64 stall_ns)
{
	return fixture_ring(test, fixture_client(test, RRING_PRODUCER),
			    &(struct rring_ring_open) {
		.name = "ring",
		.kind = RRING_INLINE,
		.policy = policy,
		.capacity = CAPACITY,
		.stride = STRIDE,
		.stall_ns = stall_ns,
	});
}

static u64 head(const struct kring_ring *ring)
{
	const struct rring_ring_head *page = fixture_page(ring);

	return rring_seq_load(&page->head);
}

/*
 * Publish an entry in a writer's order: claim, entry, head. Each byte of the
 * payload is @type.
 */
static void write(struct kring_ring *ring, u32 len, u32 type)
{
	struct rring_ring_head *page = fixture_page(ring);
	struct rring_event_header *header = fixture_page(ring) +
					    ring->info->entry_offset;
	u32 i = head(ring) % CAPACITY;

	rring_seq_store(&page->claim, head(ring) + 1);
	rring_fence_release();
	memset(fixture_page(ring) + ring->info->data_offset + i * STRIDE, type,
	       STRIDE);
	WRITE_ONCE(header[i].len, len);
	WRITE_ONCE(header[i].event_type, type);
	fixture_commit(ring, 1);
}

static void expect_refused(struct kunit *test, enum rring_refusal reason,
			   u64 refused, u64 received)
{
	struct rring_kreader_stat stat;
	u32 i;

	rring_kreader_stat(kr, &stat);
	KUNIT_EXPECT_EQ(test, stat.received, received);
	for (i = 0; i < RRING_REFUSALS; i++)
		KUNIT_EXPECT_EQ(test, stat.refused[i],
				i == reason ? refused : 0);
}

static void expect_event(struct kunit *test, u64 position, u32 len, u32 type)
{
	struct rring_kentry entry;
	u8 copy[STRIDE] = {};

	KUNIT_ASSERT_EQ(test, rring_kreader_peek(kr, &entry), 0);
	KUNIT_EXPECT_EQ(test, entry.position, position);
	KUNIT_EXPECT_EQ(test, entry.len, len);
	KUNIT_EXPECT_EQ(test, entry.event_type, type);
	KUNIT_EXPECT_EQ(test, rring_kreader_copy(kr, 0, copy, len), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(copy, type, len));
	KUNIT_EXPECT_EQ(test, rring_kreader_release(kr), 0);
}

static int peek(void)
{
	struct rring_kentry entry;

	return rring_kreader_peek(kr, &entry);
}

/* ---- an honest writer ---- */

static void events_come_in_order(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 0);
	u32 i;

	open(test, ring, 0);
	KUNIT_EXPECT_EQ(test, peek(), -EAGAIN);
	KUNIT_EXPECT_EQ(test, rring_kreader_wait(kr, 0), -ETIMEDOUT);
	for (i = 0; i < 3 * CAPACITY; i++) {
		write(ring, 1 + i, i);
		KUNIT_EXPECT_EQ(test, rring_kreader_wait(kr, 0), 0);
		expect_event(test, i, 1 + i, i);
		KUNIT_EXPECT_EQ(test, kring_reader_pos(kr->reader), i + 1ull);
	}
	KUNIT_EXPECT_EQ(test, peek(), -EAGAIN);
	expect_refused(test, 0, 0, 3 * CAPACITY);
}

/* An entry that was peeked at, but not released, holds the writer back. */
static void peeked_entry_gates_writer(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 0);
	u32 i;

	open(test, ring, 0);
	for (i = 0; i < CAPACITY; i++)
		write(ring, 8, i);
	KUNIT_EXPECT_EQ(test, peek(), 0);
	KUNIT_EXPECT_EQ(test, peek(), 0);
	KUNIT_EXPECT_FALSE(test, kring_ring_has_room(ring));
	expect_event(test, 0, 8, 0);
	KUNIT_EXPECT_TRUE(test, kring_ring_has_room(ring));
}

static void copy_is_bounded_by_event(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 0);
	u8 copy[STRIDE];

	open(test, ring, 0);
	KUNIT_EXPECT_EQ(test, rring_kreader_copy(kr, 0, copy, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, rring_kreader_release(kr), -EINVAL);
	write(ring, 8, 1);
	KUNIT_ASSERT_EQ(test, peek(), 0);
	KUNIT_EXPECT_EQ(test, rring_kreader_copy(kr, 0, copy, 8), 0);
	KUNIT_EXPECT_EQ(test, rring_kreader_copy(kr, 8, copy, 0), 0);
	KUNIT_EXPECT_EQ(test, rring_kreader_copy(kr, 0, copy, 9), -ERANGE);
	KUNIT_EXPECT_EQ(test, rring_kreader_copy(kr, 1, copy, 8), -ERANGE);
	KUNIT_EXPECT_EQ(test, rring_kreader_copy(kr, 1, copy, ~0u), -ERANGE);
	KUNIT_EXPECT_EQ(test, rring_kreader_copy(kr, 9, copy, 0), -ERANGE);
	KUNIT_EXPECT_EQ(test, rring_kreader_copy(kr, ~0u, copy, 1), -ERANGE);
}

static void discarded_entry_is_skipped(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 0);

	open(test, ring, 0);
	write(ring, RRING_LEN_NONE, 1);
	write(ring, 8, 2);
	expect_event(test, 1, 8, 2);
	KUNIT_EXPECT_EQ(test, kr->stat.skipped, 1ull);
	expect_refused(test, 0, 0, 1);
}

static void end_of_stream_is_epipe(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 0);

	open(test, ring, 0);
	write(ring, 8, 1);
	fixture_kill(test, ring->writer);
	expect_event(test, 0, 8, 1);
	KUNIT_EXPECT_EQ(test, rring_kreader_wait(kr, 0), 0);
	KUNIT_EXPECT_EQ(test, peek(), -EPIPE);
	/* each look says so, but a wait is one for the next writer */
	KUNIT_EXPECT_EQ(test, rring_kreader_wait(kr, 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, peek(), -EPIPE);
}

static void named_reader_resumes_at_unreleased(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 0);
	struct rring_kreader_config with = config(ring);

	with.name = "name";
	open_with(test, &with);
	write(ring, 8, 1);
	write(ring, 8, 2);
	expect_event(test, 0, 8, 1);
	KUNIT_EXPECT_EQ(test, peek(), 0);
	rring_kreader_close(kr, 0);
	open_with(test, &with);
	expect_event(test, 1, 8, 2);
}

static void close_frees_client_and_reader(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 0);

	open(test, ring, 0);
	KUNIT_EXPECT_NOT_NULL(test, fixture_arena(test)->kernel);
	rring_kreader_close(kr, 0);
	kr = NULL;
	KUNIT_EXPECT_NULL(test, fixture_arena(test)->kernel);
	KUNIT_EXPECT_EQ(test, ring->nr_readers, 0u);
}

/* ---- laps ---- */

static void observer_counts_lost_entries(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_OVERWRITE, 0);
	u8 copy[8];
	u32 i;

	open(test, ring, RRING_JOIN_OBSERVER);
	write(ring, 8, 0);
	KUNIT_ASSERT_EQ(test, peek(), 0);
	for (i = 1; i <= CAPACITY; i++)
		write(ring, 8, i);
	KUNIT_EXPECT_EQ(test, rring_kreader_copy(kr, 0, copy, 8), -ESTALE);
	KUNIT_EXPECT_EQ(test, rring_kreader_release(kr), -ESTALE);
	KUNIT_EXPECT_EQ(test, kr->stat.lost, 1ull);
	expect_event(test, 1, 8, 1);
	for (; i < 3 * CAPACITY; i++)
		write(ring, 8, i);
	while (!peek())
		rring_kreader_release(kr);
	KUNIT_EXPECT_EQ(test, kr->stat.received + kr->stat.lost, head(ring));
	KUNIT_EXPECT_GT(test, kr->stat.lost, 1ull);
}

static void lapped_reader_resumes(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 1000);
	struct kring_arena *arena = fixture_arena(test);
	u64 wake_at = RRING_FOREVER;
	u32 i;

	open(test, ring, 0);
	for (i = 0; i < CAPACITY; i++)
		write(ring, 8, i);
	KUNIT_ASSERT_EQ(test, peek(), 0);
	mutex_lock(&arena->lock);
	kring_reader_check_stall(kr->reader, 0, 1000, &wake_at);
	kring_reader_check_stall(kr->reader, 0, 2000, &wake_at);
	mutex_unlock(&arena->lock);
	KUNIT_EXPECT_EQ(test, rring_kreader_release(kr), -ESTALE);
	write(ring, 8, i);
	/* entry 0 is overwritten, all others are there */
	for (i = 1; i <= CAPACITY; i++)
		expect_event(test, i, 8, i);
	KUNIT_EXPECT_EQ(test, peek(), -EAGAIN);
	KUNIT_EXPECT_EQ(test, kr->stat.lost, 1ull);
}

/*
 * The writer does not wait for a lapped reader below the position at which the
 * reader gates again. So the writer can overwrite an entry after the open and
 * before the first peek.
 */
static void writer_overtakes_resumed_reader(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 1000);
	struct kring_arena *arena = fixture_arena(test);
	struct rring_kreader_config with = config(ring);
	u64 wake_at = RRING_FOREVER;
	u32 i;

	with.name = "name";
	open_with(test, &with);
	for (i = 0; i < CAPACITY; i++)
		write(ring, 8, i);
	mutex_lock(&arena->lock);
	kring_reader_check_stall(kr->reader, 0, 1000, &wake_at);
	kring_reader_check_stall(kr->reader, 0, 2000, &wake_at);
	mutex_unlock(&arena->lock);
	rring_kreader_close(kr, 0);
	write(ring, 8, CAPACITY);
	open_with(test, &with);
	write(ring, 8, CAPACITY + 1);
	/* entries 0 and 1 are overwritten, all others are there */
	for (i = 2; i <= CAPACITY + 1; i++)
		expect_event(test, i, 8, i);
	KUNIT_EXPECT_EQ(test, peek(), -EAGAIN);
	expect_refused(test, 0, 0, CAPACITY);
	KUNIT_EXPECT_EQ(test, kr->stat.lost, 2ull);
}

/* ---- a hostile writer ---- */

static void long_entry_is_refused(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 0);

	open(test, ring, 0);
	write(ring, STRIDE + 1, 1);
	write(ring, RRING_LEN_NONE - 1, 1);
	write(ring, STRIDE, 2);
	expect_event(test, 2, STRIDE, 2);
	expect_refused(test, RRING_REFUSE_LEN, 2, 1);
}

static void head_beyond_a_lap_is_refused(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 0);

	open(test, ring, 0);
	fixture_commit(ring, 1u << 30);
	KUNIT_EXPECT_EQ(test, peek(), -EAGAIN);
	KUNIT_EXPECT_EQ(test, kr->pos, 1ull << 30);
	expect_refused(test, RRING_REFUSE_HEAD, 1, 0);
	write(ring, 8, 1);
	expect_event(test, 1ull << 30, 8, 1);
}

static void wrong_handles_are_refused(struct kunit *test)
{
	static const u64 wrong[] = {
		~0ull,
		0,
		1ull << 32 | 6ull << 29,
		1ull << 32 | (u64)RRING_S << 29 | FIXTURE_S,
		1ull << 32 | (u64)RRING_M << 29,
		(u64)RRING_S << 29,
	};
	struct kring_ring *ring = fixture_handle_ring(test,
			fixture_client(test, RRING_PRODUCER), 8);
	struct rring_entry *entry = fixture_page(ring) +
				    ring->info->entry_offset;
	u32 i;

	open(test, ring, 0);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		WRITE_ONCE(entry[i].handle, wrong[i]);
		WRITE_ONCE(entry[i].header.len, 8);
	}
	fixture_commit(ring, i);
	KUNIT_EXPECT_EQ(test, peek(), -EAGAIN);
	expect_refused(test, RRING_REFUSE_HANDLE, i, 0);
}

/*
 * An entry is refused if its length exceeds the slot, or if the generation of
 * its handle is not that of the slot.
 */
static void wrong_len_or_generation_is_refused(struct kunit *test)
{
	struct kring_client *writer = fixture_client(test, RRING_PRODUCER);
	struct kring_ring *ring = fixture_handle_ring(test, writer, 8);
	struct rring_entry *entry = fixture_page(ring) +
				    ring->info->entry_offset;
	u64 handle = fixture_alloc(test, writer, RRING_S);

	open(test, ring, 0);
	WRITE_ONCE(entry[0].header.len, 257);
	fixture_publish(writer, ring, handle);
	KUNIT_EXPECT_EQ(test, peek(), -EAGAIN);
	KUNIT_EXPECT_EQ(test, kr->stat.refused[RRING_REFUSE_LEN], 1ull);
	WRITE_ONCE(entry[1].header.len, 256);
	WRITE_ONCE(entry[1].handle, handle + (1ull << 32));
	fixture_commit(ring, 1);
	KUNIT_EXPECT_EQ(test, peek(), -EAGAIN);
	KUNIT_EXPECT_EQ(test, kr->stat.refused[RRING_REFUSE_STALE], 1ull);
	fixture_hold(writer, handle);
	WRITE_ONCE(entry[2].header.len, 256);
	fixture_publish(writer, ring, handle);
	KUNIT_EXPECT_EQ(test, peek(), 0);
	KUNIT_EXPECT_EQ(test, kr->entry.handle, handle);
	KUNIT_EXPECT_EQ(test, rring_kreader_release(kr), 0);
}

/* ---- a thread ---- */

struct event_counts {
	struct completion done;
	u32 received;
	u32 wrong;
	u32 ends;
};

static void count_event(void *context, struct rring_kreader *reader,
			const struct rring_kentry *entry)
{
	struct event_counts *counts = context;

	if (entry->event_type != (u8)counts->received ||
	    memchr_inv(entry->data, (u8)counts->received, entry->len))
		counts->wrong++;
	counts->received++;
}

static void count_end(void *context, struct rring_kreader *reader)
{
	struct event_counts *counts = context;

	counts->ends++;
	complete(&counts->done);
}

static void thread_gets_all_events_and_end(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 0);
	struct rring_kreader_config with = config(ring);
	struct event_counts counts = {};
	u32 i;

	init_completion(&counts.done);
	with.event = count_event;
	with.ended = count_end;
	with.context = &counts;
	open_with(test, &with);
	KUNIT_EXPECT_EQ(test, peek(), -EINVAL);
	for (i = 0; i < 100; i++) {
		struct rring_wait args = {
			.what = RRING_WAIT_WRITABLE,
			.ring = ring->id,
			.position = i - CAPACITY,
			.deadline = RRING_FOREVER,
		};

		if (i >= CAPACITY)
			KUNIT_ASSERT_EQ(test, 0,
					fixture_command(ring->writer,
							RRING_IOC_WAIT, &args,
							sizeof(args)));
		write(ring, 1 + i % STRIDE, i);
		mutex_lock(&ring->arena->lock);
		kring_ring_wake(ring, RRING_READERS_WAIT);
		mutex_unlock(&ring->arena->lock);
	}
	fixture_kill(test, ring->writer);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&counts.done,
							  30 * HZ), 0ul);
	rring_kreader_close(kr, 0);
	kr = NULL;
	KUNIT_EXPECT_EQ(test, counts.received, 100u);
	KUNIT_EXPECT_EQ(test, counts.wrong, 0u);
	KUNIT_EXPECT_EQ(test, counts.ends, 1u);
}

/*
 * The last kernel reader closes while a process maps the cursors of client 0.
 * With KASAN, a read of a region that was freed too early is an error.
 */
static void close_keeps_cursors_that_a_process_maps(struct kunit *test)
{
	struct kring_ring *ring = open_ring(test, RRING_BLOCK, 0);
	struct kring_region_ref ref;

	open(test, ring, 0);
	mutex_lock(&ring->arena->lock);
	KUNIT_EXPECT_EQ(test, kring_client_region(ring->writer,
						  RRING_OFF(RRING_REGION_CURSORS,
							    0), &ref), 0);
	mutex_unlock(&ring->arena->lock);
	rring_kreader_close(kr, RRING_LEAVE_FORGET);
	kr = NULL;
	KUNIT_EXPECT_NULL(test, ring->arena->kernel);
	KUNIT_EXPECT_EQ(test, kring_region_size(ref.region),
			sizeof(struct rring_cursors));
	kring_region_ref_put(&ref);
}

static struct kunit_case kreader_cases[] = {
	KUNIT_CASE(events_come_in_order),
	KUNIT_CASE(peeked_entry_gates_writer),
	KUNIT_CASE(copy_is_bounded_by_event),
	KUNIT_CASE(discarded_entry_is_skipped),
	KUNIT_CASE(end_of_stream_is_epipe),
	KUNIT_CASE(named_reader_resumes_at_unreleased),
	KUNIT_CASE(close_frees_client_and_reader),
	KUNIT_CASE(close_keeps_cursors_that_a_process_maps),
	KUNIT_CASE(observer_counts_lost_entries),
	KUNIT_CASE(lapped_reader_resumes),
	KUNIT_CASE(writer_overtakes_resumed_reader),
	KUNIT_CASE(long_entry_is_refused),
	KUNIT_CASE(head_beyond_a_lap_is_refused),
	KUNIT_CASE(wrong_handles_are_refused),
	KUNIT_CASE(wrong_len_or_generation_is_refused),
	KUNIT_CASE(thread_gets_all_events_and_end),
	{}
};

static struct kunit_suite kreader_suite = {
	.name = "kreader",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = kreader_exit,
	.test_cases = kreader_cases,
};

kunit_test_suite(kreader_suite);
