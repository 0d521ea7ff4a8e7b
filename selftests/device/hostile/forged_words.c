// SPDX-License-Identifier: MPL-2.0
/*
 * Single forged words, each written at the moment of greatest effect, such as a
 * head out of range or a cursor that moves back. No other client loses or
 * repeats an event or loses a slot.
 */
#include <poll.h>
#include <string.h>

#include "arena.h"
#include "device.h"
#include "repetition.h"
#include "ring_kinds.h"
#include "stream.h"
#include "thread.h"

#include "kselftest_harness.h"

#define WINDOW	16
#define LEN_MAX	64

FIXTURE(forged_word)
{
	int arena_fd;
	struct rring_client *client;	/* hostile */
	struct rring_client *peer;
	struct rring_client *watcher;
};

FIXTURE_SETUP(forged_word)
{
	self->arena_fd = arena_small();
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->peer = client_of(self->arena_fd, RRING_PRODUCER);
	self->watcher = client_of(self->arena_fd, RRING_OBSERVER);
}

FIXTURE_TEARDOWN(forged_word)
{
	rring_close(self->client);
	rring_close(self->peer);
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
}

static struct rring_writer *open_ring(struct rring_client *client,
				      enum rring_kind kind)
{
	struct rring_ring_config config = {
		.name = "ring",
		.kind = kind,
		.policy = RRING_FAIL,
		.capacity = WINDOW,
		.stride = kind == RRING_INLINE ? LEN_MAX : 0,
	};

	return writer_of(client, &config);
}

/* ---- entries that give way ---- */

struct endless {
	struct rring_writer *writer;
	uint32_t stop;
};

static void *raise_head(void *arg)
{
	struct endless *endless = arg;
	rring_seq_t *head = &endless->writer->ring->head;
	uint64_t position = 0;

	while (!__atomic_load_n(&endless->stop, __ATOMIC_RELAXED))
		rring_seq_store_release(head, position += WINDOW);
	return NULL;
}

/*
 * The client has all slots of the pool, and its ring has ever more entries, all
 * of which name one of them. To let these give way frees nothing.
 */
TEST_F(forged_word, entries_without_end_do_not_keep_an_allocation_from_returning)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_OVERWRITE,
		.capacity = WINDOW,
	};
	struct endless endless = { .writer = writer_of(self->client, &config) };
	struct rring_event event, other;
	pthread_t thread;
	int i;

	ASSERT_EQ(0, rring_alloc_xs(self->client, 8, 0, &event));
	while (!rring_alloc_xs(self->client, 8, 0, &other))
		;
	for (i = 0; i < WINDOW; i++)
		RRING_STORE(&endless.writer->entries[i].handle, event.handle);
	thread = thread_start(raise_head, &endless);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(-ENOSPC, rring_alloc_xs(self->peer, 8, 0, &event));
	__atomic_store_n(&endless.stop, 1, __ATOMIC_RELAXED);
	thread_end(thread);
}

/* ---- heads ---- */

/* Each entry names a slot that the client holds until it ends. */
static void fill_entries(struct rring_writer *writer)
{
	struct rring_event event;
	int i;

	for (i = 0; i < WINDOW; i++) {
		MUST(!rring_alloc(writer->client, LEN_MAX, 0, &event));
		RRING_STORE(&writer->entries[i].handle, event.handle);
	}
}

/* Store @head, and let the kernel read it by a sweep of the arena. */
static void say_head(FIXTURE_DATA(forged_word) * self,
		     struct rring_writer *writer, uint64_t head)
{
	rring_seq_store_release(&writer->ring->head, head);
	free_slots(self->watcher, RRING_XS);
}

/* Two writers in turn set heads that are close to the largest position. */
TEST_F(forged_word, who_is_at_the_end_of_all_positions_keeps_no_slot)
{
	struct rring_reader *reader;
	struct rring_writer *writer;

	writer = open_ring(self->client, RRING_HANDLES);
	fill_entries(writer);
	say_head(self, writer, ~0ull - WINDOW - 4);
	reader = reader_at(self->peer, writer->id);
	say_head(self, writer, ~0ull - 5);
	rring_writer_close(writer);
	writer = open_ring(self->client, RRING_HANDLES);
	rring_seq_store_release(reader->cursor, ~0ull - 8);
	say_head(self, writer, ~0ull);
	rring_writer_close(writer);
	rring_reader_close(reader, 1);
}

/*
 * The head is beyond any honest value. A new writer gets -EOVERFLOW while the
 * ring has readers, as its positions would be rejected.
 */
TEST_F(forged_word, who_is_far_ahead_has_no_successor)
{
	struct rring_ring_config config = {
		.name = "ring",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = WINDOW,
		.stride = LEN_MAX,
	};
	struct rring_writer *writer = open_ring(self->client, RRING_INLINE);
	struct rring_reader *reader;

	say_head(self, writer, ~0ull >> 1);
	reader = reader_at(self->peer, writer->id);
	rring_writer_close(writer);
	EXPECT_EQ(-EOVERFLOW, rring_writer_open(self->client, &config,
						&writer));
	EXPECT_EQ(-EPIPE, stream_take(reader, LEN_MAX));
	rring_reader_close(reader, 1);
	ASSERT_EQ(0, rring_writer_open(self->client, &config, &writer));
	EXPECT_EQ(0ull, writer->head);
	rring_writer_close(writer);
}

/* A reader skips the entries that were never written, and reaches the end. */
TEST_F(forged_word, who_is_far_ahead_and_ends_is_read_in_a_lap)
{
	struct rring_writer *writer = open_ring(self->client, RRING_INLINE);
	struct rring_reader *reader = reader_at(self->peer, writer->id);
	int n, err = 0;

	ASSERT_EQ(0, stream_put(writer, LEN_MAX));
	ASSERT_EQ(0, stream_take(reader, LEN_MAX));
	say_head(self, writer, 1ull << 61);
	EXPECT_EQ(-ESTALE, stream_take(reader, LEN_MAX));
	rring_writer_close(writer);
	for (n = 0; n < WINDOW && err != -EPIPE; n++)
		err = stream_take(reader, LEN_MAX);
	EXPECT_EQ(-EPIPE, err);
	EXPECT_EQ(1ull << 61, reader->pos);
	rring_reader_close(reader, 1);
}

/*
 * The writer waits for a position beyond the head. A reader that has read all
 * is not lapped.
 */
TEST_F(forged_word, who_waits_for_too_much_laps_nobody)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = WINDOW,
		.stride = LEN_MAX,
		.stall_ns = 1,
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	struct rring_reader *reader = reader_at(self->peer, writer->id);
	struct rring_wait wait = {
		.size = sizeof(wait),
		.what = RRING_WAIT_WRITABLE,
		.ring = writer->id,
		.position = ~0ull,
	};
	int i;

	ASSERT_EQ(0, stream_put(writer, LEN_MAX));
	ASSERT_EQ(0, stream_take(reader, LEN_MAX));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(-ETIMEDOUT, device_call(rring_client_fd(self->client),
						  RRING_IOC_WAIT, &wait));
	EXPECT_EQ(0ull, self->client->arena->laps);
	/* a reader with an unread event is lapped */
	ASSERT_EQ(0, stream_put(writer, LEN_MAX));
	wait.position = 1;
	while (device_call(rring_client_fd(self->client), RRING_IOC_WAIT,
			   &wait))
		;
	EXPECT_EQ(1ull, self->client->arena->laps);
}

/* ---- cursors ---- */

/* Forge the cursor of the hostile reader. */
static void stand_at(struct rring_reader *liar, uint64_t position)
{
	rring_seq_store_release(liar->cursor, position);
}

static void put_many(struct rring_writer *writer, int n)
{
	while (n--)
		MUST(!stream_put(writer, LEN_MAX));
}

FIXTURE(cursor_moved_back)
{
	int arena_fd;
	struct rring_client *client, *peer, *watcher;
	struct rring_writer *writer;	/* honest */
	struct rring_reader *liar;
};

FIXTURE_RING_KINDS(cursor_moved_back);

FIXTURE_SETUP(cursor_moved_back)
{
	self->arena_fd = arena_small();
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->peer = client_of(self->arena_fd, RRING_CONSUMER);
	self->watcher = client_of(self->arena_fd, RRING_OBSERVER);
	self->writer = open_ring(self->client, variant->kind);
	self->liar = reader_at(self->peer, self->writer->id);
}

FIXTURE_TEARDOWN(cursor_moved_back)
{
	rring_close(self->client);
	rring_close(self->peer);
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
}

/*
 * The writer goes by the highest position that it has seen of the cursor.
 * Entries below it may be overwritten, so a new reader does not get them.
 */
TEST_F(cursor_moved_back, who_joins_gets_nothing_that_was_given_up)
{
	struct rring_reader *reader;
	struct rring_event event;

	put_many(self->writer, WINDOW);
	stand_at(self->liar, WINDOW);
	put_many(self->writer, 1);
	if (variant->kind == RRING_INLINE) {
		/*
		 * the reserved entries are overwritten; they must not be read
		 */
		ASSERT_EQ(0, rring_reserve(self->writer, WINDOW / 2));
		memset(rring_reserved(self->writer, 0, LEN_MAX, 0), 0,
		       LEN_MAX);
	}
	stand_at(self->liar, 2);
	reader = reader_at(self->peer, self->writer->id);
	EXPECT_EQ((uint64_t)WINDOW, reader->pos);
	EXPECT_EQ(0, stream_take(reader, LEN_MAX));
	EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
}

/* A scan that sees the cursor moved back does not make up for that, either. */
TEST_F(cursor_moved_back, nor_after_another_scan)
{
	struct rring_reader *reader;

	put_many(self->writer, WINDOW);
	stand_at(self->liar, WINDOW);
	put_many(self->writer, 1);
	stand_at(self->liar, 2);
	rring_writer_pressure(self->writer);
	reader = reader_at(self->peer, self->writer->id);
	EXPECT_EQ((uint64_t)WINDOW, reader->pos);
	EXPECT_EQ(0, stream_take(reader, LEN_MAX));
}

/* An honest reader holds the writer back at entry 8, before and after. */
TEST_F(cursor_moved_back, gives_the_writer_no_more_room)
{
	struct rring_reader *reader = reader_at(self->peer, self->writer->id);
	int i;

	put_many(self->writer, WINDOW);
	stand_at(self->liar, WINDOW);
	for (i = 0; i < WINDOW / 2; i++)
		ASSERT_EQ(0, stream_take(reader, LEN_MAX));
	if (variant->kind == RRING_INLINE) {
		ASSERT_EQ(0, rring_reserve(self->writer, WINDOW / 2));
		for (i = 0; i < WINDOW / 2; i++)
			rring_reserved(self->writer, i, 0, 0);
		stand_at(self->liar, 2);
		ASSERT_EQ(-EAGAIN, rring_reserve(self->writer, WINDOW));
		rring_commit(self->writer, WINDOW / 2);
	} else {
		put_many(self->writer, WINDOW / 2);
		stand_at(self->liar, 2);
	}
	EXPECT_EQ(-EAGAIN, stream_put(self->writer, LEN_MAX));
	EXPECT_EQ(WINDOW, rring_peek(reader, 2 * WINDOW));
}

/* A new reader does not get these entries from the next writer, either. */
TEST_F(cursor_moved_back, nor_from_the_next_writer)
{
	struct rring_reader *reader;

	put_many(self->writer, WINDOW);
	stand_at(self->liar, WINDOW);
	put_many(self->writer, 1);
	stand_at(self->liar, 2);
	rring_writer_close(self->writer);
	self->writer = open_ring(self->client, variant->kind);
	rring_writer_pressure(self->writer);
	reader = reader_at(self->peer, self->writer->id);
	EXPECT_EQ((uint64_t)WINDOW, reader->pos);
	EXPECT_EQ(0, stream_take(reader, LEN_MAX));
}

/*
 * The hostile reader has a name, and its client ends. Its successor starts where
 * it stood, but not below what the writer has given up.
 */
TEST_F(cursor_moved_back, nor_does_its_successor)
{
	const struct rring_reader_config config = {
		.ring = self->writer->id,
		.name = "name",
	};
	struct rring_reader *reader;

	rring_reader_close(self->liar, 1);
	self->liar = reader_of(self->peer, &config);
	put_many(self->writer, WINDOW);
	stand_at(self->liar, WINDOW);
	put_many(self->writer, 1);
	stand_at(self->liar, 2);
	rring_reader_close(self->liar, 0);
	reader = reader_of(self->peer, &config);
	EXPECT_EQ((uint64_t)WINDOW, reader->pos);
	EXPECT_EQ(WINDOW - 2ull, rring_reader_lost(reader));
	EXPECT_EQ(0, stream_take(reader, LEN_MAX));
	EXPECT_EQ(-EAGAIN, stream_take(reader, LEN_MAX));
}

/*
 * The kernel has seen room that the writer does not know of. To poll for it must
 * not return at once each time.
 */
TEST_F(cursor_moved_back, the_writer_is_not_told_of_room_that_it_does_not_find)
{
	struct pollfd pollfd = {
		.fd = rring_client_fd(self->client),
		.events = POLLOUT,
	};

	put_many(self->writer, WINDOW);
	stand_at(self->liar, WINDOW);
	/* to find its position, the kernel looks at all readers */
	rring_reader_close(reader_at(self->peer, self->writer->id), 1);
	stand_at(self->liar, 0);
	EXPECT_EQ(-EAGAIN, stream_put(self->writer, LEN_MAX));
	EXPECT_EQ(0, poll(&pollfd, 1, 0));
}

/* When a writer ends, its window is a lap, whatever the forged cursor says. */
TEST_F(cursor_moved_back, the_end_stays_where_it_is)
{
	struct rring_reader *reader = reader_at(self->peer, self->writer->id);
	int i;

	put_many(self->writer, WINDOW);
	stand_at(self->liar, WINDOW);
	for (i = 0; i < WINDOW; i++)
		ASSERT_EQ(0, stream_take(reader, LEN_MAX));
	put_many(self->writer, WINDOW);
	stand_at(self->liar, 2);
	rring_writer_close(self->writer);
	for (i = 0; i < WINDOW; i++)
		EXPECT_EQ(0, stream_take(reader, LEN_MAX));
	EXPECT_EQ(-EPIPE, stream_take(reader, LEN_MAX));
}

/* ---- long sweeps ---- */

#define SLOTS		RRING_RECLAIM_MAX
#define LONG		(is_scaled() ? 1u << 14 : 1u << 20)

struct burden {
	int arena_fd;
	struct baton ready;
};

/* The ledger says that the slots are in flight, but no ring names them. */
static void leave_slots(struct rring_client *client)
{
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < SLOTS; i++) {
		MUST(!rring_alloc_xs(client, LEN_MAX, 0, &event));
		rring_share(client, &event);
		rring_word_store_release(event.word,
					 rring_word_load(event.word) +
					 RRING_MOVE + RRING_IN_FLIGHT -
					 RRING_HOLD);
	}
}

/* Reclaim all slots. For each batch, the kernel scans up to LONG entries. */
static int reclaim_all(void *arg)
{
	struct burden *self = arg;
	struct rring_client *client = client_of(self->arena_fd,
						RRING_PRODUCER);
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = LONG,
	};
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_reclaim reclaim = {
		.size = sizeof(reclaim),
		.pool = RRING_XS,
		.count = SLOTS,
	};

	reader_at(client, writer->id);
	leave_slots(client);
	rring_seq_store_release(&writer->ring->head, LONG);
	baton_pass(&self->ready);
	device_call(rring_client_fd(client), RRING_IOC_RECLAIM, &reclaim);
	return 0;
}

/* The process is killed while most of the reclaim is left to do. */
TEST(who_is_killed_need_not_look_through_everything)
{
	static const uint32_t capacity[RRING_POOLS] = { SLOTS };
	struct burden burden = { .arena_fd = arena_with(capacity, 0) };
	struct rring_client *watcher = client_of(burden.arena_fd,
						 RRING_OBSERVER);
	const volatile __u64 *reclaimed =
		&watcher->arena->pool[RRING_XS].reclaimed;
	pid_t pid;

	baton_init(&burden.ready);
	pid = spawn(reclaim_all, &burden);
	baton_wait(&burden.ready);
	while (!*reclaimed && !has_ended(pid))
		;
	slay(pid);
	EXPECT_GT(SLOTS, *reclaimed);
	EXPECT_TRUE(all_free(watcher));
	rring_close(watcher);
}

TEST_HARNESS_MAIN
