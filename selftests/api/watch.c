// SPDX-License-Identifier: MPL-2.0
/*
 * Watches: every ring that comes or goes is reported once, in its order, also
 * after the watch was too slow; waits and poll(2) end with a change.
 */
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include <rusted_ring/internal/window.h>

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define CHURN	3000	/* rings; more than an arena keeps changes of */

FIXTURE(watch)
{
	int arena;
	struct rring_client *writes, *reads, *watches;
	struct rring_watch *watch;
};

FIXTURE_SETUP(watch)
{
	self->arena = arena_small();
	self->writes = client_of(self->arena, RRING_PRODUCER);
	self->reads = client_of(self->arena, RRING_CONSUMER);
	self->watches = client_of(self->arena, RRING_OBSERVER);
	ASSERT_EQ(0, rring_watch_open(self->watches, "", &self->watch));
}

FIXTURE_TEARDOWN(watch)
{
	rring_watch_close(self->watch);
	rring_close(self->watches);
	rring_close(self->reads);
	rring_close(self->writes);
	close(self->arena);
}

static struct rring_reader *named_reader(struct rring_client *client,
					 const char *ring_name,
					 const char *name)
{
	struct rring_reader_config config = {
		.ring_name = ring_name,
		.name = name,
	};

	return reader_of(client, &config);
}

/* Return the next change, which must be there, and must be of @kind. */
static struct rring_change next(struct rring_watch *watch, uint32_t kind)
{
	struct rring_change change;

	MUST(!rring_watch_next(watch, &change, 0));
	MUST(change.kind == kind);
	return change;
}

static int is_quiet(struct rring_watch *watch)
{
	struct rring_change change;

	return rring_watch_next(watch, &change, 0) == -EAGAIN;
}

TEST_F(watch, an_empty_arena_has_no_changes)
{
	struct rring_change change;

	EXPECT_EQ(-EAGAIN, rring_watch_next(self->watch, &change, 0));
	EXPECT_EQ(-ETIMEDOUT, rring_watch_next(self->watch, &change, 1));
	EXPECT_EQ(0, rring_watch_missed(self->watch));
}

TEST_F(watch, rings_that_exist_come_first)
{
	struct rring_writer *a = small_writer_of(self->writes, "a");
	struct rring_writer *b = small_writer_of(self->writes, "b");
	struct rring_reader *reader = named_reader(self->reads, "b", "r");
	struct rring_change change;
	struct rring_watch *late;

	rring_writer_close(b);
	ASSERT_EQ(0, rring_watch_open(self->watches, NULL, &late));
	change = next(late, RRING_CHANGE_OPENED);
	EXPECT_STREQ("a", change.ring_name);
	EXPECT_EQ(rring_writer_ring_id(a), change.ring);
	EXPECT_EQ(rring_client_id(self->writes), change.client);
	EXPECT_EQ(0, change.readers);
	change = next(late, RRING_CHANGE_OPENED);
	EXPECT_STREQ("b", change.ring_name);
	EXPECT_EQ(1, change.readers);
	change = next(late, RRING_CHANGE_ENDED);
	EXPECT_STREQ("b", change.ring_name);
	EXPECT_TRUE(is_quiet(late));
	rring_reader_close(reader, 1);
	next(late, RRING_CHANGE_LEFT);
	next(late, RRING_CHANGE_GONE);
	rring_watch_close(late);
}

TEST_F(watch, each_change_comes_once_in_its_order)
{
	struct rring_writer *writer = small_writer_of(self->writes, "a");
	struct rring_reader *reader = named_reader(self->reads, "a", "r");
	struct rring_change opened, change;

	rring_reader_close(reader, 0);
	reader = named_reader(self->reads, "a", "r");
	rring_writer_close(writer);
	rring_reader_close(reader, 1);

	opened = next(self->watch, RRING_CHANGE_OPENED);
	EXPECT_STREQ("a", opened.ring_name);
	EXPECT_EQ(rring_client_id(self->writes), opened.client);
	EXPECT_NE(0, opened.client_serial);
	change = next(self->watch, RRING_CHANGE_JOINED);
	EXPECT_STREQ("r", change.reader_name);
	EXPECT_EQ(1, change.readers);
	EXPECT_EQ(rring_client_id(self->reads), change.client);
	change = next(self->watch, RRING_CHANGE_LEFT);
	EXPECT_EQ(1, change.readers);
	EXPECT_EQ(rring_client_id(self->reads), change.client);
	next(self->watch, RRING_CHANGE_JOINED);
	change = next(self->watch, RRING_CHANGE_ENDED);
	EXPECT_EQ(rring_client_id(self->writes), change.client);
	EXPECT_EQ(opened.client_serial, change.client_serial);
	change = next(self->watch, RRING_CHANGE_LEFT);
	EXPECT_STREQ("r", change.reader_name);
	EXPECT_EQ(0, change.readers);
	change = next(self->watch, RRING_CHANGE_GONE);
	EXPECT_EQ(opened.ring_serial, change.ring_serial);
	EXPECT_STREQ("a", change.ring_name);
	EXPECT_TRUE(is_quiet(self->watch));
}

TEST_F(watch, the_end_of_a_client_ends_its_rings_and_readers)
{
	struct rring_client *client = client_of(self->arena, RRING_PRODUCER);
	uint32_t id = rring_client_id(client);

	small_writer_of(client, "a");
	named_reader(client, "a", "r");
	rring_close(client);
	next(self->watch, RRING_CHANGE_OPENED);
	next(self->watch, RRING_CHANGE_JOINED);
	EXPECT_EQ(id, next(self->watch, RRING_CHANGE_LEFT).client);
	EXPECT_EQ(id, next(self->watch, RRING_CHANGE_ENDED).client);
	EXPECT_TRUE(is_quiet(self->watch));
}

TEST_F(watch, a_prefix_selects_rings)
{
	struct rring_watch *some;

	ASSERT_EQ(0, rring_watch_open(self->watches, "ab", &some));
	rring_writer_close(small_writer_of(self->writes, "a"));
	rring_writer_close(small_writer_of(self->writes, "abc"));
	rring_writer_close(small_writer_of(self->writes, "b"));
	EXPECT_STREQ("abc", next(some, RRING_CHANGE_OPENED).ring_name);
	EXPECT_STREQ("abc", next(some, RRING_CHANGE_ENDED).ring_name);
	EXPECT_STREQ("abc", next(some, RRING_CHANGE_GONE).ring_name);
	EXPECT_TRUE(is_quiet(some));
	rring_watch_close(some);
}

TEST_F(watch, a_next_writer_opens_the_same_ring_again)
{
	struct rring_reader_config config = { .ring_name = "a" };
	struct rring_writer *writer = small_writer_of(self->writes, "a");
	struct rring_reader *reader = reader_of(self->reads, &config);
	struct rring_change first, second;

	rring_writer_close(writer);
	small_writer_of(self->writes, "a");
	first = next(self->watch, RRING_CHANGE_OPENED);
	next(self->watch, RRING_CHANGE_JOINED);
	next(self->watch, RRING_CHANGE_ENDED);
	second = next(self->watch, RRING_CHANGE_OPENED);
	EXPECT_EQ(first.ring_serial, second.ring_serial);
	EXPECT_EQ(first.incarnation + 1, second.incarnation);
	rring_reader_close(reader, 0);
}

TEST_F(watch, another_ring_of_the_same_name_has_another_serial)
{
	uint32_t first;

	rring_writer_close(small_writer_of(self->writes, "a"));
	first = next(self->watch, RRING_CHANGE_OPENED).ring_serial;
	next(self->watch, RRING_CHANGE_ENDED);
	next(self->watch, RRING_CHANGE_GONE);
	small_writer_of(self->writes, "a");
	EXPECT_NE(first, next(self->watch, RRING_CHANGE_OPENED).ring_serial);
}

/* ---- a watch that is too slow ---- */

static void churn(struct rring_client *client, uint32_t rings)
{
	char name[RRING_NAME_MAX];
	uint32_t i;

	for (i = 0; i < rings; i++) {
		snprintf(name, sizeof(name), "topic-%u", i);
		rring_writer_close(small_writer_of(client, name));
	}
}

TEST_F(watch, a_slow_watch_still_finds_what_is_there)
{
	struct rring_writer *old, *gone;

	old = small_writer_of(self->writes, "old");
	gone = small_writer_of(self->writes, "gone");
	next(self->watch, RRING_CHANGE_OPENED);
	next(self->watch, RRING_CHANGE_OPENED);
	rring_writer_close(gone);
	churn(self->writes, CHURN);
	small_writer_of(self->writes, "new");
	/* "new" may have got the id of "gone" */
	EXPECT_STREQ("gone", next(self->watch, RRING_CHANGE_GONE).ring_name);
	EXPECT_STREQ("new", next(self->watch, RRING_CHANGE_OPENED).ring_name);
	EXPECT_TRUE(is_quiet(self->watch));
	EXPECT_LT(2 * CHURN, rring_watch_missed(self->watch));
	rring_writer_close(old);
	EXPECT_STREQ("old", next(self->watch, RRING_CHANGE_ENDED).ring_name);
}

static void *churn_all_the_time(void *arg)
{
	churn(arg, CHURN);
	return NULL;
}

TEST_F(watch, a_ring_is_never_opened_twice_nor_gone_twice)
{
	pthread_t thread = thread_start(churn_all_the_time, self->writes);
	uint32_t there[RRING_RINGS_MAX + 1] = { 0 };
	uint32_t serial[RRING_RINGS_MAX + 1] = { 0 };
	struct rring_change change;
	int ended = 0;

	while (!ended || !is_quiet(self->watch)) {
		if (rring_watch_next(self->watch, &change,
				     rring_deadline(1000000))) {
			ended = !pthread_tryjoin_np(thread, NULL) || ended;
			continue;
		}
		if (change.kind == RRING_CHANGE_OPENED) {
			ASSERT_FALSE(there[change.ring]);
			ASSERT_LT(serial[change.ring], change.ring_serial);
			there[change.ring] = 1;
			serial[change.ring] = change.ring_serial;
		}
		ASSERT_TRUE(there[change.ring]);
		ASSERT_EQ(serial[change.ring], change.ring_serial);
		ASSERT_EQ(0, strncmp(change.ring_name, "topic-", 6));
		if (change.kind == RRING_CHANGE_GONE)
			there[change.ring] = 0;
	}
	for (change.ring = 0; change.ring <= RRING_RINGS_MAX; change.ring++)
		EXPECT_EQ(0, there[change.ring]);
}

/* ---- wait ---- */

static void *open_ring(void *arg)
{
	small_writer_of(arg, "a");
	return NULL;
}

TEST_F(watch, the_type_of_a_ring_is_told_until_it_is_gone)
{
	struct rring_ring_config typed = {
		.name = "typed",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
		.type = { "struct tick", 24 },
	};
	struct rring_writer *writer = writer_of(self->writes, &typed);
	struct rring_change change = next(self->watch, RRING_CHANGE_OPENED);
	char name[RRING_NAME_MAX];

	EXPECT_EQ(24, rring_watch_type(self->watch, &change, name));
	EXPECT_STREQ("struct tick", name);
	rring_writer_close(writer);
	EXPECT_EQ(0, rring_watch_type(self->watch, &change, name));
	EXPECT_STREQ("", name);
	/* the next ring has the number of the last one */
	writer = small_writer_of(self->writes, "typed");
	EXPECT_EQ(0, rring_watch_type(self->watch, &change, name));
	EXPECT_STREQ("", name);
	next(self->watch, RRING_CHANGE_ENDED);
	next(self->watch, RRING_CHANGE_GONE);
	change = next(self->watch, RRING_CHANGE_OPENED);
	EXPECT_EQ(0, rring_watch_type(self->watch, &change, name));
	change.ring = UINT32_MAX;
	EXPECT_EQ(0, rring_watch_type(self->watch, &change, name));
	EXPECT_STREQ("", name);
	rring_writer_close(writer);
}

TEST_F(watch, a_wait_ends_with_a_change)
{
	pthread_t thread = thread_start(open_ring, self->writes);
	struct rring_change change;

	ASSERT_EQ(0, rring_watch_next(self->watch, &change, SOON()));
	EXPECT_STREQ("a", change.ring_name);
	thread_end(thread);
}

TEST_F(watch, a_consumer_may_come_first)
{
	pthread_t thread;

	EXPECT_EQ(-ETIMEDOUT, rring_await_ring(self->watches, "a", 0));
	EXPECT_EQ(-ETIMEDOUT, rring_await_ring(self->watches, "a", 1));
	thread = thread_start(open_ring, self->writes);
	ASSERT_EQ(0, rring_await_ring(self->watches, "a", SOON()));
	EXPECT_EQ(0, rring_await_ring(self->watches, "a", 0));
	thread_end(thread);
}

TEST_F(watch, the_descriptor_is_readable_until_each_watch_is_read)
{
	struct rring_watch *other;

	ASSERT_EQ(0, rring_watch_open(self->watches, "", &other));
	EXPECT_TRUE(is_quiet(self->watch));
	EXPECT_TRUE(is_quiet(other));
	EXPECT_EQ(0, is_readable(self->watches));
	small_writer_of(self->writes, "a");
	EXPECT_EQ(1, is_readable(self->watches));
	next(self->watch, RRING_CHANGE_OPENED);
	EXPECT_TRUE(is_quiet(self->watch));
	EXPECT_EQ(1, is_readable(self->watches));
	next(other, RRING_CHANGE_OPENED);
	EXPECT_TRUE(is_quiet(other));
	EXPECT_EQ(0, is_readable(self->watches));
	small_writer_of(self->writes, "b");
	EXPECT_EQ(1, is_readable(self->watches));
	next(self->watch, RRING_CHANGE_OPENED);
	EXPECT_TRUE(is_quiet(self->watch));
	rring_watch_close(other);
	EXPECT_EQ(0, is_readable(self->watches));
}

TEST_F(watch, a_client_that_no_longer_watches_is_left_alone)
{
	struct rring_client *client = client_of(self->arena, RRING_OBSERVER);
	struct rring_watch *watch;

	ASSERT_EQ(0, rring_watch_open(client, "", &watch));
	EXPECT_EQ(0, is_readable(client));
	EXPECT_TRUE(is_quiet(watch));
	rring_watch_close(watch);
	small_writer_of(self->writes, "a");
	small_writer_of(self->writes, "b");
	EXPECT_EQ(0, is_readable(client));
	rring_close(client);
}

TEST_F(watch, bad_names_are_refused)
{
	struct rring_watch *other = self->watch;
	char name[RRING_NAME_MAX + 1];

	memset(name, 'a', RRING_NAME_MAX);
	name[RRING_NAME_MAX] = 0;
	EXPECT_EQ(-ENAMETOOLONG, rring_watch_open(self->watches, name, &other));
	EXPECT_EQ(-ENAMETOOLONG, rring_await_ring(self->watches, name, 0));
	EXPECT_EQ(-EINVAL, rring_await_ring(self->watches, "", 0));
	EXPECT_EQ(-EINVAL, rring_await_ring(self->watches, NULL, 0));
	EXPECT_EQ(-EINVAL, rring_await_ring(self->watches, "a b", 0));
	EXPECT_TRUE(other == self->watch);
}

/* ---- readers of a ring ---- */

TEST_F(watch, a_writer_counts_its_readers)
{
	struct rring_reader_config observer = {
		.ring_name = "a",
		.flags = RRING_JOIN_OBSERVER,
	};
	struct rring_writer *writer = small_writer_of(self->writes, "a");
	struct rring_reader *named, *other;

	EXPECT_EQ(0, rring_writer_readers(writer));
	named = named_reader(self->reads, "a", "r");
	other = reader_of(self->watches, &observer);
	EXPECT_EQ(2, rring_writer_readers(writer));
	rring_reader_close(named, 0);
	EXPECT_EQ(2, rring_writer_readers(writer));
	rring_reader_close(other, 0);
	EXPECT_EQ(1, rring_writer_readers(writer));
}

/* Set the state of the first reader of @writer's ring, as only the kernel does. */
static void set_state(struct rring_writer *writer, uint32_t state)
{
	rring_word_t *ref = (rring_word_t *)(uintptr_t)
		&writer->info->readers[0].ref;
	uint64_t value = rring_word_load(ref);

	rring_word_store(ref, rring_ref((uint32_t)(value >> 32),
					rring_ref_client(value),
					rring_ref_cursor(value), state));
}

/* A writer that waits for a reader publishes after this reader has its start. */
TEST_F(watch, a_writer_does_not_count_a_reader_that_still_joins)
{
	struct rring_writer *writer = small_writer_of(self->writes, "a");

	if (rring_client_backend(self->writes) == RRING_BACKEND_DEVICE)
		SKIP(return, "on the device, only the kernel writes this word");
	named_reader(self->reads, "a", "r");
	EXPECT_EQ(1, rring_writer_readers(writer));
	set_state(writer, RRING_READER_JOINING);
	EXPECT_EQ(0, rring_writer_readers(writer));
	set_state(writer, RRING_READER_LIVE);
	EXPECT_EQ(1, rring_writer_readers(writer));
}

TEST_HARNESS_MAIN
