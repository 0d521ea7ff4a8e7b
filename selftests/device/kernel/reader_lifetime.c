// SPDX-License-Identifier: MPL-2.0
/* Lifetime of kernel readers: permission, names and ends. */
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "kernel_reader.h"
#include "kernel_read_ring.h"
#include "kselftest_harness.h"
#include "module.h"
#include "netlink.h"
#include "ring_kinds.h"
#include "stream.h"

#define NAME		"kstay"

FIXTURE(reader_lifetime)
{
	struct kring kring;
};

FIXTURE_RING_KINDS(reader_lifetime);

FIXTURE_SETUP(reader_lifetime)
{
	ASSERT_EQ(0, consumer_load());
	kring_init(&self->kring, variant->kind);
}

FIXTURE_TEARDOWN(reader_lifetime)
{
	EXPECT_TRUE(kring_end(&self->kring));
	EXPECT_EQ(0, consumer_unload());
}

/* ---- opening ---- */

TEST_F(reader_lifetime, wrong_configs_are_refused)
{
	struct kring *kring = &self->kring;
	struct rring_ring_config config =
		kring_config(variant->kind, "passing");
	struct consumer_open open;
	int fd = consumer_new();

#define REFUSED(err, ...)                                                      \
	do {                                                                   \
		open = kring->open;                                            \
		__VA_ARGS__;                                                   \
		EXPECT_EQ(err, consumer_call(fd, CONSUMER_OPEN, &open));       \
	} while (0)

	REFUSED(-ENOENT, strcpy(open.ring, "none"));
	REFUSED(-EINVAL, open.ring[0] = 0; open.ring_id = 0);
	REFUSED(-ENXIO, open.ring[0] = 0; open.ring_id = 17);
	REFUSED(-ENXIO, open.ring[0] = 0; open.ring_id = ~0u);
	REFUSED(-EINVAL, strcpy(open.ring, "a b"));
	REFUSED(-EINVAL, strcpy(open.name, "a//b"));
	REFUSED(-EINVAL, open.flags = 4);
	REFUSED(-EINVAL, open.flags = RRING_JOIN_RESUME);
	REFUSED(-ENOENT, strcpy(open.name, "n");
			 open.flags = RRING_JOIN_RESUME);
	REFUSED(-EINVAL, open.start = RRING_START_AT + 1);
	REFUSED(-EINVAL, strcpy(open.name, "n");
			 open.flags = RRING_JOIN_OBSERVER);
	REFUSED(-EBADF, open.arena_fd = -1);
	REFUSED(-EINVAL, open.arena_fd = fd);
	REFUSED(-ENOENT, strcpy(open.arena, "none"));
	config.policy = RRING_OVERWRITE;
	writer_of(kring->client, &config);
	REFUSED(-EINVAL, strcpy(open.ring, "passing"));
	close(fd);
}

TEST_F(reader_lifetime, kernel_has_as_many_readers_as_a_client)
{
	struct kring *kring = &self->kring;
	struct consumer_open other = kring->open;
	struct rring_ring_config config = {
		.name = "other",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
	};
	int fd[RRING_CURSORS + 1], i;

	/* a ring does not take so many */
	writer_of(kring->client, &config);
	strcpy(other.ring, "other");
	for (i = 0; i < RRING_CURSORS; i++)
		fd[i] = consumer_of(i % 2 ? &other : &kring->open);
	fd[i] = consumer_new();
	EXPECT_EQ(-ENOSPC, consumer_call(fd[i], CONSUMER_OPEN, &kring->open));
	EXPECT_EQ(0, stream_put(kring->writer, kring->max));
	for (i = 0; i < RRING_CURSORS; i += 2)
		EXPECT_EQ(0, consumer_take(fd[i], 0, kring->max));
	EXPECT_EQ(0, consumer_close(fd[7], 0));
	EXPECT_EQ(0, consumer_call(fd[RRING_CURSORS], CONSUMER_OPEN,
				   &kring->open));
	for (i = 0; i <= RRING_CURSORS; i++)
		close(fd[i]);
}

/* ---- names ---- */

TEST_F(reader_lifetime, name_goes_on_where_it_stood)
{
	struct kring *kring = &self->kring;
	struct rring_reader_config as = { .ring_name = "kring", .name = "log" };
	struct rring_reader *reader;
	uint64_t position = 0;
	int fd, other, i;

	strcpy(kring->open.name, "log");
	fd = consumer_of(&kring->open);
	other = consumer_new();
	EXPECT_EQ(-EBUSY, consumer_call(other, CONSUMER_OPEN, &kring->open));
	EXPECT_EQ(KRING_CAPACITY, kring_fill(kring->writer, kring->max));
	for (i = 0; i < 5; i++)
		EXPECT_EQ(0, consumer_take(fd, position++, kring->max));
	EXPECT_EQ(0, consumer_close(fd, 0));
	/* the absent name gates the writer */
	EXPECT_EQ(5, kring_fill(kring->writer, kring->max));
	kring->open.start = RRING_START_NEWEST;
	ASSERT_EQ(0, consumer_call(other, CONSUMER_OPEN, &kring->open));
	EXPECT_EQ(KRING_CAPACITY, consumer_drain(other, &position, kring->max));
	EXPECT_EQ(0, consumer_close(other, RRING_LEAVE_FORGET));
	for (i = 0; i < 3 * KRING_CAPACITY; i++)
		ASSERT_EQ(0, stream_put(kring->writer, kring->max));
	/* a name that a process has */
	reader = reader_of(kring->client, &as);
	EXPECT_EQ(-EBUSY, consumer_call(other, CONSUMER_OPEN, &kring->open));
	rring_reader_close(reader, 1);
	close(other);
	close(fd);
}

/* ---- ends ---- */

TEST_F(reader_lifetime, end_is_told_as_processes_are_told)
{
	struct kring *kring = &self->kring;
	uint64_t position = 0, deadline = 0;
	int fd = consumer_of(&kring->open), i;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, stream_put(kring->writer, kring->max));
	rring_writer_close(kring->writer);
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_WAIT, &deadline));
	EXPECT_EQ(-EPIPE, consumer_drain(fd, &position, kring->max));
	EXPECT_EQ(5, position);
	/* an end that was told ends no wait */
	EXPECT_EQ(-ETIMEDOUT, consumer_call(fd, CONSUMER_WAIT, &deadline));
	close(fd);
}

TEST_F(reader_lifetime, next_writer_is_read_on)
{
	struct kring *kring = &self->kring;
	struct rring_ring_config config = kring_config(variant->kind, "kring");
	struct consumer_open open = kring->open;
	struct consumer_entry entry;
	uint64_t position = 0, deadline = 0;
	int fd = consumer_of(&kring->open), thread, i;

	open.thread = 1;
	thread = consumer_of(&open);
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, stream_put(kring->writer, kring->max));
	/* peeked in the first writer's pages, released under the next writer */
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	rring_writer_leave(kring->writer);
	EXPECT_EQ(5, consumer_drain(fd, &position, kring->max));
	EXPECT_EQ(-ETIMEDOUT, consumer_call(fd, CONSUMER_WAIT, &deadline));
	kring->writer = writer_of(kring->client, &config);
	EXPECT_EQ(5, kring->writer->head);
	EXPECT_EQ(-ETIMEDOUT, consumer_call(fd, CONSUMER_WAIT, &deadline));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, stream_put(kring->writer, kring->max));
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	rring_writer_close(kring->writer);
	/* a writer that takes over after the end continues the stream */
	kring->writer = writer_of(kring->client, &config);
	EXPECT_EQ(5, consumer_drain(fd, &position, kring->max));
	until_seen(thread, 10);
	rring_writer_close(kring->writer);
	EXPECT_EQ(-EPIPE, consumer_drain(fd, &position, kring->max));
	while (!consumer_seen(thread).ends)
		sched_yield();
	EXPECT_EQ(10, consumer_seen(thread).events);
	EXPECT_EQ(0, consumer_seen(thread).wrong);
	close(thread);
	close(fd);
}

/* The writer ends while both kinds of readers have unread entries. */
static void end_midway(struct __test_metadata *_metadata, struct kring *kring,
		       enum rring_kind kind,
		       int (*finish)(struct remote_writer *remote_writer,
				     pid_t pid))
{
	struct remote_writer remote_writer =
		remote_writer_of(kring, kind, 0, 0);
	struct consumer_open open;
	struct consumer_seen seen;
	struct consumer_stat stat;
	pid_t pid = remote_writer_start(&remote_writer);
	int fd;

	open = remote_writer_reader(kring, 0, 1);
	fd = consumer_of(&open);
	baton_pass(&remote_writer.go);
	until_seen(fd, 1000);
	EXPECT_EQ(0, finish(&remote_writer, pid));
	until_ended(fd, 1);
	seen = consumer_seen(fd);
	stat = consumer_stat(fd);
	EXPECT_LE(1000, seen.events);
	EXPECT_EQ(seen.events, stat.received);
	EXPECT_EQ(seen.events, stat.position);
	EXPECT_EQ(0, seen.wrong);
	EXPECT_EQ(0, stat.lost + stat.skipped + consumer_refused(&stat));
	close(fd);
}

static int finish_by_kill(struct remote_writer *remote_writer, pid_t pid)
{
	(void)remote_writer;
	slay(pid);
	return 0;
}

TEST_F(reader_lifetime, killed_writer_leaves_what_it_published)
{
	struct kring *kring = &self->kring;
	int i;

	for (i = 0; i < 5; i++)
		end_midway(_metadata, kring, variant->kind, finish_by_kill);
}

static int finish_by_eviction(struct remote_writer *remote_writer, pid_t pid)
{
	struct nl nl = nl_open();
	int err = nl_evict(&nl, nl_arena(&nl, NAME), remote_writer->ids->client,
			   remote_writer->ids->serial);

	nl_close(&nl);
	/* the process may die of SIGBUS or get an error of the library */
	reap(pid);
	return err;
}

/* Use a named arena, which netlink can find. */
static void use_named_arena(struct __test_metadata *_metadata,
			    struct kring *kring)
{
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { 256, 256, 256, 64, 64, 16 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	rring_close(kring->client);
	close(kring->arena);
	kring->arena = rring_arena_create(&config);
	ASSERT_LE(0, kring->arena);
	kring->client = client_of(kring->arena, RRING_PRODUCER);
	kring->open.arena_fd = kring->arena;
}

TEST_F(reader_lifetime, evicted_writer_leaves_what_it_published)
{
	struct kring *kring = &self->kring;

	use_named_arena(_metadata, kring);
	end_midway(_metadata, kring, variant->kind, finish_by_eviction);
}

TEST_F(reader_lifetime, arena_stays_for_its_reader)
{
	struct kring *kring = &self->kring;
	struct rring_ring_config config = kring_config(variant->kind, "kring");
	struct consumer_open open = kring->open;
	int fd, other, i;

	use_named_arena(_metadata, kring);
	kring->writer = writer_of(kring->client, &config);
	strcpy(open.arena, NAME);
	open.arena_fd = -1;
	open.thread = 1;
	fd = consumer_of(&open);
	ASSERT_EQ(0, rring_arena_remove(NAME));
	other = consumer_new();
	EXPECT_EQ(-ENOENT, consumer_call(other, CONSUMER_OPEN, &open));
	close(other);
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, stream_put(kring->writer, kring->max));
	until_seen(fd, 10);
	/* the reader has the last reference to the arena */
	rring_close(kring->client);
	close(kring->arena);
	until_ended(fd, 1);
	EXPECT_EQ(10, consumer_seen(fd).events);
	close(fd);
	kring->arena = arena_small();
	kring->client = client_of(kring->arena, RRING_PRODUCER);
}

/* ---- netlink ---- */

TEST_F(reader_lifetime, reader_is_client_0s)
{
	struct kring *kring = &self->kring;
	struct rring_ring_config config = kring_config(variant->kind, "kring");
	const struct nl_object *reader;
	struct nl nl = nl_open();
	struct nl_answer answer;
	uint32_t id;
	int fd, i;

	use_named_arena(_metadata, kring);
	kring->writer = writer_of(kring->client, &config);
	strcpy(kring->open.name, "log");
	fd = consumer_of(&kring->open);
	for (i = 0; i < 7; i++)
		ASSERT_EQ(0, stream_put(kring->writer, kring->max));
	EXPECT_EQ(0, consumer_take(fd, 0, kring->max));
	id = nl_arena(&nl, NAME);
	answer = nl_of_arena(&nl, RRING_CMD_READER_GET, id);
	ASSERT_EQ(1u, answer.n);
	reader = &answer.object[0];
	EXPECT_EQ(0u, nl_u32(reader, RRING_A_READER_CLIENT));
	EXPECT_EQ((uint32_t)RRING_READER_LIVE,
		  nl_u32(reader, RRING_A_READER_STATE));
	EXPECT_EQ(0u, nl_u32(reader, RRING_A_READER_UID));
	EXPECT_EQ(1u, nl_u64(reader, RRING_A_READER_POSITION));
	EXPECT_EQ(6u, nl_u64(reader, RRING_A_READER_LAG));
	EXPECT_STREQ("log", nl_str(reader, RRING_A_READER_NAME));
	nl_free(&answer);
	/* client 0 is not shown as a client, and cannot be evicted */
	answer = nl_of_arena(&nl, RRING_CMD_CLIENT_GET, id);
	EXPECT_EQ(1u, answer.n);
	nl_free(&answer);
	{
		struct nl_value values[] = {
			NL_U32(RRING_A_CLIENT_ARENA, id),
			NL_U32(RRING_A_CLIENT_ID, 0),
			{ 0 }
		};

		EXPECT_GT(0, nl_change(&nl, RRING_CMD_CLIENT_EVICT, values));
	}
	EXPECT_EQ(0, consumer_close(fd, 0));
	answer = nl_of_arena(&nl, RRING_CMD_READER_GET, id);
	ASSERT_EQ(1u, answer.n);
	EXPECT_EQ((uint32_t)RRING_READER_FROZEN,
		  nl_u32(&answer.object[0], RRING_A_READER_STATE));
	nl_free(&answer);
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_OPEN, &kring->open));
	EXPECT_EQ(0, consumer_close(fd, RRING_LEAVE_FORGET));
	nl_close(&nl);
	close(fd);
}

/* ---- modules ---- */

TEST_F(reader_lifetime, modules_stay_while_it_reads)
{
	struct kring *kring = &self->kring;
	int fd = consumer_of(&kring->open);

	EXPECT_EQ(-EAGAIN, module_unload());
	EXPECT_EQ(-EAGAIN, consumer_unload());
	EXPECT_EQ(0, stream_put(kring->writer, kring->max));
	EXPECT_EQ(0, consumer_take(fd, 0, kring->max));
	close(fd);
}

TEST_F(reader_lifetime, reader_ends_with_the_consuming_module)
{
	struct kring *kring = &self->kring;
	uint32_t thread;
	int fd, i;

	for (thread = 0; thread < 2; thread++) {
		kring->open.thread = thread;
		kring->open.start = RRING_START_NEWEST;
		fd = consumer_of(&kring->open);
		for (i = 0; i < KRING_CAPACITY / 2; i++)
			ASSERT_EQ(0, stream_put(kring->writer, kring->max));
		ASSERT_EQ(0, consumer_call(fd, CONSUMER_LEAVE, NULL));
		close(fd);
		EXPECT_EQ(-EAGAIN, module_unload());
		EXPECT_EQ(0, consumer_unload());
		/* no reader gates the writer */
		for (i = 0; i < 3 * KRING_CAPACITY; i++)
			ASSERT_EQ(0, stream_put(kring->writer, kring->max));
		ASSERT_EQ(0, consumer_load());
	}
}

TEST_HARNESS_MAIN
