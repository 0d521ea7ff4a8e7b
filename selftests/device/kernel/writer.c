// SPDX-License-Identifier: MPL-2.0
/*
 * Kernel writers, one step at a time: order, drops and their reasons, discards,
 * wake-ups, and ends of the writer or the reader.
 */
#include <poll.h>
#include <sys/mman.h>

#include "arena.h"
#include "kselftest_harness.h"
#include "module.h"
#include "kernel_writer.h"
#include "sleeper.h"
#include "ring_kinds.h"
#include "stream.h"

#define LEN	64

FIXTURE(kwriter) {
	int arena;
	struct rring_client *client;
	int fd;
	uint32_t ring;
	struct rring_reader *reader;
};

FIXTURE_RING_KINDS(kwriter);

FIXTURE_SETUP(kwriter)
{
	ASSERT_EQ(0, producer_load());
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->fd = producer_of(self->arena, variant->kind, RRING_FAIL, 16,
			       &self->ring);
	self->reader = reader_at(self->client, self->ring);
}

FIXTURE_TEARDOWN(kwriter)
{
	rring_reader_close(self->reader, 0);
	close(self->fd);
	EXPECT_TRUE(all_free(self->client));
	rring_close(self->client);
	close(self->arena);
	EXPECT_EQ(0, producer_unload());
}

static int call_place(int fd, unsigned long request, uint32_t place,
		      uint32_t number)
{
	struct producer_place args = {
		.place = place,
		.len = LEN,
		.number = number,
	};

	return producer_call(fd, request, &args);
}

static int close_writer(int fd, uint32_t flags)
{
	return producer_call(fd, PRODUCER_CLOSE, &flags);
}

/* Return the number of the next event, or a negative errno. */
static long next_number(struct rring_reader *reader)
{
	struct found found = {};
	struct rring_event event;
	int err = rring_try_read(reader, &event);

	if (!err)
		err = found_add(&found, &event);
	return err ? err : (long)((struct producer_event *)event.data)->number;
}

TEST_F(kwriter, what_is_written_is_read)
{
	uint32_t i;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, producer_put_soon(self->fd, i, LEN));
		ASSERT_EQ((long)i, next_number(self->reader));
		ASSERT_EQ(-EAGAIN, next_number(self->reader));
	}
}

TEST_F(kwriter, order_is_that_of_reservation)
{
	uint32_t i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, call_place(self->fd, PRODUCER_RESERVE, i, i));
	EXPECT_EQ(0, call_place(self->fd, PRODUCER_COMMIT, 3, 0));
	EXPECT_EQ(0, call_place(self->fd, PRODUCER_COMMIT, 1, 0));
	EXPECT_EQ(-EAGAIN, next_number(self->reader));
	EXPECT_EQ(0, call_place(self->fd, PRODUCER_COMMIT, 0, 0));
	EXPECT_EQ(0, next_number(self->reader));
	EXPECT_EQ(1, next_number(self->reader));
	EXPECT_EQ(-EAGAIN, next_number(self->reader));
	EXPECT_EQ(0, call_place(self->fd, PRODUCER_COMMIT, 2, 0));
	EXPECT_EQ(2, next_number(self->reader));
	EXPECT_EQ(3, next_number(self->reader));
}

TEST_F(kwriter, what_is_discarded_last_leaves_no_trace)
{
	uint64_t before;
	uint32_t i;

	ASSERT_EQ(0, producer_put(self->fd, 1, LEN));
	before = rring_reader_lag(self->reader);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, call_place(self->fd, PRODUCER_RESERVE, 0, 9));
		ASSERT_EQ(0, call_place(self->fd, PRODUCER_RESERVE, 1, 9));
		ASSERT_EQ(0, call_place(self->fd, PRODUCER_DISCARD, 1, 0));
		ASSERT_EQ(0, call_place(self->fd, PRODUCER_DISCARD, 0, 0));
	}
	EXPECT_EQ(before, rring_reader_lag(self->reader));
	EXPECT_EQ(200, producer_stat(self->fd).discarded);
	EXPECT_EQ(1, next_number(self->reader));
	ASSERT_EQ(0, producer_put(self->fd, 2, LEN));
	EXPECT_EQ(2, next_number(self->reader));
}

/* Reserve six entries; events and discarded entries alternate. */
static void put_holes(struct __test_metadata *_metadata, int fd)
{
	uint32_t i;

	for (i = 0; i < 6; i++)
		ASSERT_EQ(0, call_place(fd, PRODUCER_RESERVE, i, i));
	for (i = 0; i < 6; i += 2)
		ASSERT_EQ(0, call_place(fd, PRODUCER_DISCARD, i, 0));
	for (i = 1; i < 6; i += 2)
		ASSERT_EQ(0, call_place(fd, PRODUCER_COMMIT, i, 0));
}

TEST_F(kwriter, what_is_discarded_between_others_is_passed_over)
{
	struct rring_event event;

	put_holes(_metadata, self->fd);
	EXPECT_EQ(1, next_number(self->reader));
	EXPECT_EQ(3, next_number(self->reader));
	EXPECT_EQ(5, next_number(self->reader));
	EXPECT_EQ(-EAGAIN, next_number(self->reader));
	put_holes(_metadata, self->fd);
	ASSERT_EQ(6, rring_peek(self->reader, 6));
	EXPECT_EQ(-ENODATA, rring_entry(self->reader, 0, &event));
	EXPECT_EQ(0, rring_entry(self->reader, 1, &event));
	EXPECT_EQ(-ENODATA, rring_entry(self->reader, 4, &event));
	EXPECT_EQ(0, rring_release(self->reader, 6));
}

static int count(void *context, const struct rring_event *event)
{
	return found_add(context, event);
}

TEST_F(kwriter, batches_and_sets_pass_over_what_is_discarded)
{
	struct rring_set_config config = { .order = RRING_FAIR };
	struct rring_reader *from;
	struct rring_event event;
	struct found found = {};
	struct rring_set *set;

	put_holes(_metadata, self->fd);
	while (rring_read_batch(self->reader, count, &found, 16) > 0)
		;
	EXPECT_EQ(3, found.events);
	put_holes(_metadata, self->fd);
	ASSERT_EQ(0, rring_set_open(self->client, &config, &set));
	ASSERT_EQ(0, rring_set_add(set, self->reader, 0));
	memset(&found, 0, sizeof(found));
	while (!rring_set_try_read(set, &event, &from))
		EXPECT_EQ(0, found_add(&found, &event));
	EXPECT_EQ(3, found.events);
	rring_set_close(set);
}

TEST_F(kwriter, full_ring_drops_and_says_so)
{
	struct producer_stat stat;
	uint32_t i;

	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, producer_put_soon(self->fd, i, LEN));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(-EAGAIN, producer_put(self->fd, 99, LEN));
	stat = producer_stat(self->fd);
	EXPECT_EQ(16, stat.sent);
	EXPECT_EQ(5, stat.dropped[RRING_DROP_FULL]);
	EXPECT_EQ(5, producer_dropped(&stat));
	EXPECT_EQ(5, rring_word_load(
		  &self->reader->info->dropped[RRING_DROP_FULL]));
	for (i = 0; i < 16; i++)
		EXPECT_EQ((long)i, next_number(self->reader));
	/* rring_try_read() releases the previous event */
	EXPECT_EQ(-EAGAIN, next_number(self->reader));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, producer_put_soon(self->fd, i, LEN));
	EXPECT_EQ(-EAGAIN, producer_put(self->fd, 99, LEN));
}

TEST_F(kwriter, reservations_that_stay_fill_the_ring)
{
	uint32_t i;

	ASSERT_EQ(0, call_place(self->fd, PRODUCER_RESERVE, 7, 0));
	for (i = 1; i < 16; i++)
		ASSERT_EQ(0, producer_put_soon(self->fd, i, LEN));
	EXPECT_EQ(-EAGAIN, producer_put(self->fd, 99, LEN));
	EXPECT_EQ(-EAGAIN, next_number(self->reader));
	ASSERT_EQ(0, call_place(self->fd, PRODUCER_COMMIT, 7, 0));
	for (i = 0; i < 16; i++)
		EXPECT_EQ((long)i, next_number(self->reader));
}

TEST_F(kwriter, too_large_an_event_is_dropped)
{
	uint32_t most = variant->kind == RRING_INLINE ? 256 : 16384;

	EXPECT_EQ(0, producer_put(self->fd, 0, most));
	EXPECT_EQ(-E2BIG, producer_put(self->fd, 0, most + 1));
	EXPECT_EQ(-E2BIG, producer_put(self->fd, 0, UINT32_MAX));
	EXPECT_EQ(2, producer_stat(self->fd).dropped[RRING_DROP_TOO_LARGE]);
	EXPECT_EQ(0, next_number(self->reader));
}

/* ---- the pages ---- */

TEST_F(kwriter, nobody_else_writes_the_pages_of_the_kernel)
{
	size_t size = self->reader->info->size;
	off_t offset = (off_t)RRING_OFF(RRING_REGION_RING, self->ring);
	int fd = self->client->fd;
	void *pages;

	EXPECT_EQ(MAP_FAILED, mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_SHARED, fd, offset));
	EXPECT_EQ(EACCES, errno);
	pages = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, offset);
	ASSERT_NE(MAP_FAILED, pages);
	EXPECT_EQ(-1, mprotect(pages, size, PROT_READ | PROT_WRITE));
	munmap(pages, size);
}

/* The reader owns its cursor page and may store any value there. */
TEST_F(kwriter, liars_cursor_opens_nothing)
{
	rring_seq_t *cursor = self->reader->cursor;
	uint32_t i;

	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, producer_put_soon(self->fd, i, LEN));
	rring_seq_store(cursor, 1ull << 60);
	for (i = 0; i < 40; i++)
		ASSERT_EQ(0, producer_put_soon(self->fd, i, LEN));
	/* a cursor that moves back does not take room away again */
	rring_seq_store(cursor, 0);
	for (i = 0; i < 100; i++)
		producer_put(self->fd, i, LEN);
	rring_seq_store(cursor, ~0ull);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, producer_put_soon(self->fd, i, LEN));
	EXPECT_EQ(0, close_writer(self->fd, 0));
}

/* ---- sleepers ---- */

/* Open a new ring, as the old one has ended with its writer. */
static void renew(FIXTURE_DATA(kwriter) *self, enum rring_kind kind)
{
	close(self->fd);
	self->fd = producer_of(self->arena, kind, RRING_FAIL, 16, &self->ring);
	self->reader = reader_at(self->client, self->ring);
}

struct sleeper {
	int arena;
	int fd;			/* of the writer; only its owner keeps it open */
	uint32_t ring;
	int polls;
	struct baton joined;
};

/* Sleep for each event, until the end. */
static int sleep_and_read(void *arg)
{
	struct sleeper *sleeper = arg;
	struct rring_client *client = client_of(sleeper->arena, RRING_CONSUMER);
	struct rring_reader *reader = reader_at(client, sleeper->ring);
	struct pollfd poll_for = { .fd = client->fd, .events = POLLIN };
	struct found found = {};
	int err;

	close(sleeper->fd);
	baton_pass(&sleeper->joined);
	while (!(err = found_now(&found, reader))) {
		if (sleeper->polls)
			MUST(poll(&poll_for, 1, SOON_MS) == 1);
		else
			MUST(!rring_wait_readable(reader, SOON()));
	}
	MUST(err == -EPIPE);
	return (int)found.events;
}

static void wake_from_everywhere(struct __test_metadata *_metadata, int arena,
				 int fd, uint32_t ring, int polls)
{
	struct sleeper sleeper = {
		.arena = arena,
		.fd = fd,
		.ring = ring,
		.polls = polls,
	};
	struct producer_run run = { .tries = 1, .len = LEN };
	uint32_t contexts = producer_contexts(), i;
	struct producer_stat stat;
	pid_t pid;

	baton_init(&sleeper.joined);
	pid = spawn(sleep_and_read, &sleeper);
	baton_wait(&sleeper.joined);
	for (i = 0; i < 5 * PRODUCER_CONTEXTS; i++) {
		until_asleep(pid);
		run.contexts = 1u << i % PRODUCER_CONTEXTS & contexts;
		run.contexts = run.contexts ?: 1;	/* there is no NMI */
		run.first = i;
		ASSERT_EQ(0, producer_call(fd, PRODUCER_RUN, &run));
	}
	until_asleep(pid);
	/* events that were dropped with RRING_DROP_BUSY do not arrive */
	stat = producer_stat(fd);
	EXPECT_EQ(i, stat.sent + stat.dropped[RRING_DROP_BUSY]);
	EXPECT_EQ(0, close_writer(fd, 0));
	EXPECT_EQ((int)stat.sent, reap(pid));
}

TEST_F(kwriter, sleeping_reader_is_woken_from_every_context)
{
	rring_reader_close(self->reader, 0);
	wake_from_everywhere(_metadata, self->arena, self->fd, self->ring, 0);
	renew(self, variant->kind);
}

TEST_F(kwriter, polling_reader_is_woken_from_every_context)
{
	rring_reader_close(self->reader, 0);
	wake_from_everywhere(_metadata, self->arena, self->fd, self->ring, 1);
	renew(self, variant->kind);
}

/* ---- ends ---- */

TEST_F(kwriter, readers_drain_what_a_closed_writer_left)
{
	uint32_t i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, producer_put_soon(self->fd, i, LEN));
	EXPECT_EQ(0, close_writer(self->fd, 0));
	for (i = 0; i < 10; i++)
		EXPECT_EQ((long)i, next_number(self->reader));
	EXPECT_EQ(-EPIPE, next_number(self->reader));
}

TEST_F(kwriter, dead_reader_holds_nothing_back)
{
	struct sleeper sleeper = {
		.arena = self->arena,
		.fd = self->fd,
		.ring = self->ring,
	};
	uint32_t i;
	pid_t pid;

	rring_reader_close(self->reader, 0);
	baton_init(&sleeper.joined);
	pid = spawn(sleep_and_read, &sleeper);
	baton_wait(&sleeper.joined);
	until_asleep(pid);
	slay(pid);
	self->reader = reader_at(self->client, self->ring);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, producer_put_soon(self->fd, i, LEN));
		ASSERT_EQ((long)i, next_number(self->reader));
	}
}

TEST_F(kwriter, stream_of_an_awaited_writer_goes_on)
{
	struct producer_open open = {
		.arena_fd = self->arena,
		.ring = "stream",
		.kind = variant->kind,
		.policy = RRING_FAIL,
		.capacity = 16,
		.stride = variant->kind == RRING_INLINE ? 256 : 0,
	};
	struct rring_reader_config config = {
		.ring_name = "stream",
		.start = RRING_START_OLDEST,
	};
	int fd = producer_new(), other = producer_new();
	struct rring_reader *reader;

	ASSERT_EQ(0, producer_call(fd, PRODUCER_OPEN, &open));
	EXPECT_EQ(-EBUSY, producer_call(other, PRODUCER_OPEN, &open));
	reader = reader_of(self->client, &config);
	ASSERT_EQ(0, producer_put(fd, 1, LEN));
	ASSERT_EQ(0, close_writer(fd, RRING_CLOSE_AWAIT));
	open.capacity = 17;
	EXPECT_EQ(-EEXIST, producer_call(other, PRODUCER_OPEN, &open));
	open.capacity = 16;
	ASSERT_EQ(0, producer_call(other, PRODUCER_OPEN, &open));
	ASSERT_EQ(0, producer_put(other, 2, LEN));
	EXPECT_EQ(1, next_number(reader));
	EXPECT_EQ(2, next_number(reader));
	EXPECT_EQ(-EAGAIN, next_number(reader));
	ASSERT_EQ(0, close_writer(other, 0));
	EXPECT_EQ(-EPIPE, next_number(reader));
	rring_reader_close(reader, 0);
	close(other);
	close(fd);
}

/* ---- the kernel writes on where a process has stopped ---- */

static struct rring_writer *process_writer(struct rring_client *client,
					   enum rring_kind kind)
{
	const struct rring_ring_config config = {
		.name = "stream",
		.kind = kind,
		.policy = RRING_FAIL,
		.capacity = 16,
		.stride = kind == RRING_INLINE ? 256 : 0,
	};

	return writer_of(client, &config);
}

/* Let the kernel take over the ring of process_writer(). Return the fd. */
static int kernel_goes_on(int arena, enum rring_kind kind)
{
	struct producer_open open = {
		.arena_fd = arena,
		.ring = "stream",
		.kind = kind,
		.policy = RRING_FAIL,
		.capacity = 16,
		.stride = kind == RRING_INLINE ? 256 : 0,
	};
	int fd = producer_new();

	MUST(!producer_call(fd, PRODUCER_OPEN, &open));
	return fd;
}

/* The process is hostile, and made the reader go beyond the end. */
TEST_F(kwriter, reader_beyond_the_end_gets_what_the_kernel_writes)
{
	struct rring_writer *writer = process_writer(self->client,
						     variant->kind);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	int fd;
	long i;

	rring_seq_store_release(&writer->ring->head, 6);
	ASSERT_EQ(6, rring_peek(reader, 16));
	rring_seq_store_release(&writer->ring->head, 0);
	rring_writer_close(writer);
	fd = kernel_goes_on(self->arena, variant->kind);
	ASSERT_EQ(0, rring_release(reader, 6));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, producer_put_soon(fd, (uint32_t)i, LEN));
	EXPECT_EQ(-EAGAIN, producer_put(fd, 99, LEN));
	EXPECT_EQ(-ESTALE, next_number(reader));
	for (i = 0; i < 16; i++)
		EXPECT_EQ(i, next_number(reader));
	EXPECT_EQ(-EAGAIN, next_number(reader));
	EXPECT_EQ(0, producer_put_soon(fd, 16, LEN));
	EXPECT_EQ(16, next_number(reader));
	rring_reader_close(reader, 0);
	close(fd);
}

TEST_F(kwriter, reader_makes_room_before_it_looks_at_the_kernels_pages)
{
	struct rring_writer *writer = process_writer(self->client,
						     variant->kind);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	uint32_t i;
	int fd;

	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, stream_put(writer, LEN));
	ASSERT_EQ(16, rring_peek(reader, 16));
	rring_writer_close(writer);
	fd = kernel_goes_on(self->arena, variant->kind);
	EXPECT_EQ(-EAGAIN, producer_put(fd, 99, LEN));
	for (i = 0; i < 16; i++) {
		EXPECT_EQ(0, rring_release(reader, 1));
		EXPECT_EQ(0, producer_put_soon(fd, i, LEN));
		EXPECT_EQ(-EAGAIN, producer_put(fd, 99, LEN));
	}
	for (i = 0; i < 16; i++)
		EXPECT_EQ((long)i, next_number(reader));
	rring_reader_close(reader, 0);
	close(fd);
}

TEST_F(kwriter, arena_stays_for_its_writer)
{
	uint32_t i;

	/* the writer has the last reference to the arena */
	close(self->arena);
	rring_reader_close(self->reader, 0);
	rring_close(self->client);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, producer_put_soon(self->fd, i, LEN));
	close(self->fd);
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->fd = producer_of(self->arena, variant->kind, RRING_FAIL, 16,
			       &self->ring);
	self->reader = reader_at(self->client, self->ring);
}

/* ---- modules ---- */

TEST_F(kwriter, module_stays_while_it_writes)
{
	EXPECT_EQ(-EAGAIN, module_unload());
	EXPECT_EQ(-EAGAIN, producer_unload());
	EXPECT_EQ(0, producer_put(self->fd, 7, LEN));
	EXPECT_EQ(7, next_number(self->reader));
}

TEST_F(kwriter, stream_ends_with_the_producing_module)
{
	struct sleeper sleeper = {
		.arena = self->arena,
		.fd = self->fd,
		.ring = self->ring,
	};
	pid_t pid;

	ASSERT_EQ(0, producer_put(self->fd, 7, LEN));
	baton_init(&sleeper.joined);
	pid = spawn(sleep_and_read, &sleeper);
	baton_wait(&sleeper.joined);
	until_asleep(pid);
	ASSERT_EQ(0, producer_call(self->fd, PRODUCER_LEAVE, NULL));
	close(self->fd);
	EXPECT_EQ(0, producer_unload());
	EXPECT_EQ(1, reap(pid));
	EXPECT_EQ(7, next_number(self->reader));
	EXPECT_EQ(-EPIPE, next_number(self->reader));
	ASSERT_EQ(0, producer_load());
	self->fd = producer_new();
}

TEST_HARNESS_MAIN
