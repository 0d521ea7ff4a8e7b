// SPDX-License-Identifier: MPL-2.0
/*
 * The kernel as a reader of rings that processes write: order, counts, who
 * waits for whom, and what happens when one of the two ends.
 */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "arena.h"
#include "consumer.h"
#include "kselftest_harness.h"
#include "module.h"
#include "netlink.h"
#include "producer.h"
#include "sleeper.h"
#include "stream.h"

#define CAPACITY	16
#define WRITERS		3
#define EVENTS		2000
#define NAME		"kreader"

FIXTURE(kreader) {
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	uint32_t max;			/* bytes of an event */
	struct consumer_open open;	/* gating, from the oldest on, polled */
};

FIXTURE_VARIANT(kreader) {
	enum rring_kind kind;
};

FIXTURE_VARIANT_ADD(kreader, inline) {
	.kind = RRING_INLINE,
};

FIXTURE_VARIANT_ADD(kreader, handles) {
	.kind = RRING_HANDLES,
};

static struct rring_ring_config ring_config(enum rring_kind kind,
					    const char *name)
{
	return (struct rring_ring_config) {
		.name = name,
		.kind = kind,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = kind == RRING_INLINE ? 256 : 0,
	};
}

FIXTURE_SETUP(kreader)
{
	struct rring_ring_config config = ring_config(variant->kind, "fed");
	static const uint32_t capacity[RRING_POOLS] = {
		256, 256, 256, 64, 64, 16,
	};

	consumer_unload();	/* of a test that was cut short */
	ASSERT_EQ(0, consumer_load());
	self->arena = arena_with(capacity, 0);
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->writer = writer_of(self->client, &config);
	self->max = variant->kind == RRING_INLINE ? 256 : 4096;
	self->open = (struct consumer_open) {
		.arena_fd = self->arena,
		.ring = "fed",
		.start = RRING_START_OLDEST,
		.max = self->max,
	};
}

FIXTURE_TEARDOWN(kreader)
{
	struct rring_client *watcher = client_of(self->arena, RRING_OBSERVER);

	rring_close(self->client);
	EXPECT_TRUE(all_free(watcher));
	rring_close(watcher);
	close(self->arena);
	EXPECT_EQ(0, consumer_unload());
}

/* How many fit before the ring is full. */
static uint64_t fill(struct rring_writer *writer, uint32_t max)
{
	uint64_t n = 0;

	while (!stream_put(writer, max))
		n++;
	return n;
}

/* ---- many ---- */

struct feeder {
	int arena;
	enum rring_kind kind;
	uint32_t number;
	uint32_t max;
	uint64_t events;	/* 0: without end */
	struct baton opened;
	struct baton go;
	struct shared_ids {
		uint32_t client, serial;
	} *ids;
};

/* Writes a ring of its name, under RRING_BLOCK, once it may. */
static int feed(void *arg)
{
	struct feeder *feeder = arg;
	struct rring_client *client = client_of(feeder->arena, RRING_PRODUCER);
	struct rring_ring_config config;
	struct rring_writer *writer;
	char name[16];
	uint64_t i;

	snprintf(name, sizeof(name), "fed-%u", feeder->number);
	config = ring_config(feeder->kind, name);
	config.policy = RRING_BLOCK;
	writer = writer_of(client, &config);
	feeder->ids->client = client->id;
	feeder->ids->serial =
		rring_flag_load(&client->arena->client_serial[client->id]);
	baton_pass(&feeder->opened);
	baton_wait(&feeder->go);
	for (i = 0; i < feeder->events || !feeder->events; i++)
		MUST(!stream_put(writer, feeder->max));
	rring_close(client);
	return 0;
}

static struct feeder feeder_of(const FIXTURE_DATA(kreader) *self,
			       enum rring_kind kind, uint32_t number,
			       uint64_t events)
{
	return (struct feeder) {
		.arena = self->arena,
		.kind = kind,
		.number = number,
		.max = self->max,
		.events = events,
	};
}

static pid_t start(struct feeder *feeder)
{
	pid_t pid;

	baton_init(&feeder->opened);
	baton_init(&feeder->go);
	feeder->ids = shared_new(sizeof(*feeder->ids));
	pid = spawn(feed, feeder);
	baton_wait(&feeder->opened);
	return pid;
}

static struct consumer_open open_of(const struct consumer_open *of,
				    uint32_t number, uint32_t thread)
{
	struct consumer_open open = *of;

	snprintf(open.ring, sizeof(open.ring), "fed-%u", number);
	open.thread = thread;
	return open;
}

TEST_F_TIMEOUT(kreader, threads_get_every_event_of_several_processes, 100)
{
	struct feeder feeder[WRITERS];
	struct consumer_open open;
	struct consumer_seen seen;
	struct consumer_stat stat;
	pid_t pid[WRITERS];
	int fd[WRITERS];
	uint32_t i;

	for (i = 0; i < WRITERS; i++) {
		feeder[i] = feeder_of(self, variant->kind, i, EVENTS);
		pid[i] = start(&feeder[i]);
		open = open_of(&self->open, i, 1);
		fd[i] = consumer_of(&open);
	}
	for (i = 0; i < WRITERS; i++)
		baton_pass(&feeder[i].go);
	for (i = 0; i < WRITERS; i++) {
		EXPECT_EQ(0, reap(pid[i]));
		until_ended(fd[i], 1);
		seen = consumer_seen(fd[i]);
		stat = consumer_stat(fd[i]);
		EXPECT_EQ(EVENTS, seen.events);
		EXPECT_EQ(EVENTS, seen.next);
		EXPECT_EQ(0, seen.wrong);
		EXPECT_EQ(0, seen.backwards);
		EXPECT_EQ(1, seen.ends);
		EXPECT_EQ(EVENTS, stat.received);
		EXPECT_EQ(EVENTS, stat.position);
		EXPECT_EQ(0, stat.lost + stat.skipped +
			     consumer_refused(&stat));
		close(fd[i]);
	}
}

TEST_F_TIMEOUT(kreader, who_polls_gets_every_event, 100)
{
	struct feeder feeder = feeder_of(self, variant->kind, 0, EVENTS / 4);
	uint64_t deadline = RRING_FOREVER, position = 0;
	struct consumer_open open;
	pid_t pid;
	int fd;
	long n;

	pid = start(&feeder);
	open = open_of(&self->open, 0, 0);
	fd = consumer_of(&open);
	baton_pass(&feeder.go);
	while ((n = consumer_drain(fd, &position, self->max)) >= 0)
		ASSERT_EQ(0, consumer_call(fd, CONSUMER_WAIT, &deadline));
	EXPECT_EQ(-EPIPE, n);
	EXPECT_EQ(EVENTS / 4, position);
	EXPECT_EQ(EVENTS / 4, consumer_stat(fd).received);
	EXPECT_EQ(0, reap(pid));
	close(fd);
}

/* Kernel to kernel: what one module says the other hears. */
TEST_F(kreader, kernel_reads_what_the_kernel_writes)
{
	uint32_t i, ring;
	struct consumer_stat stat;
	int from, fd;

	producer_unload();
	ASSERT_EQ(0, producer_load());
	from = producer_of(self->arena, variant->kind, RRING_FAIL, CAPACITY,
			   &ring);
	self->open.ring[0] = 0;
	self->open.ring_id = ring;
	self->open.thread = 1;
	fd = consumer_of(&self->open);
	for (i = 0; i < 1000; i++)
		while (producer_put_soon(from, i, 64))
			sched_yield();
	until_seen(fd, 1000);
	stat = consumer_stat(fd);
	EXPECT_EQ(1000, stat.received);
	EXPECT_EQ(0, stat.lost + stat.skipped + consumer_refused(&stat));
	close(from);
	until_ended(fd, 1);
	close(fd);
	EXPECT_EQ(0, producer_unload());
}

TEST_F(kreader, what_the_writer_gave_up_is_skipped)
{
	struct producer_place place = { .len = 64 };
	struct consumer_entry entry;
	uint32_t ring;
	int from, fd;

	producer_unload();
	ASSERT_EQ(0, producer_load());
	from = producer_of(self->arena, variant->kind, RRING_FAIL, CAPACITY,
			   &ring);
	self->open.ring[0] = 0;
	self->open.ring_id = ring;
	fd = consumer_of(&self->open);
	for (place.place = 0; place.place < 2; place.place++)
		ASSERT_EQ(0, producer_call(from, PRODUCER_RESERVE, &place));
	place.place = 0;
	ASSERT_EQ(0, producer_call(from, PRODUCER_DISCARD, &place));
	place.place = 1;
	ASSERT_EQ(0, producer_call(from, PRODUCER_COMMIT, &place));
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	EXPECT_EQ(1, entry.position);
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_RELEASE, NULL));
	EXPECT_EQ(1, consumer_stat(fd).skipped);
	EXPECT_EQ(1, consumer_stat(fd).received);
	close(fd);
	close(from);
	EXPECT_EQ(0, producer_unload());
}

/* ---- who waits for whom ---- */

TEST_F(kreader, writer_waits_for_the_kernel)
{
	uint64_t position = 0;
	int fd = consumer_of(&self->open), i;

	EXPECT_EQ(CAPACITY, fill(self->writer, self->max));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, consumer_take(fd, position++, self->max));
	EXPECT_EQ(3, fill(self->writer, self->max));
	EXPECT_EQ(CAPACITY, consumer_drain(fd, &position, self->max));
	EXPECT_EQ(CAPACITY, fill(self->writer, self->max));
	/* as any reader that leaves */
	EXPECT_EQ(0, consumer_close(fd, 0));
	EXPECT_EQ(0, stream_put(self->writer, self->max));
	close(fd);
}

TEST_F(kreader, writer_waits_for_the_callback)
{
	uint32_t hold = 1;
	int fd;

	self->open.thread = 1;
	fd = consumer_of(&self->open);
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_HOLD, &hold));
	EXPECT_EQ(CAPACITY, fill(self->writer, self->max));
	hold = 0;
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_HOLD, &hold));
	until_seen(fd, CAPACITY);
	while (consumer_stat(fd).position < CAPACITY)
		sched_yield();
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_HOLD, &hold));
	EXPECT_EQ(0, stream_put(self->writer, self->max));
	until_seen(fd, CAPACITY + 1);
	EXPECT_EQ(0, consumer_seen(fd).wrong);
	close(fd);
}

/* The library maps the kernel's cursors anew when there are new ones. */
TEST_F(kreader, next_reader_of_the_kernel_gates_as_well)
{
	uint64_t position;
	int i, fd;

	for (i = 0; i < 5; i++) {
		self->open.start = RRING_START_NEWEST;
		fd = consumer_of(&self->open);
		position = self->writer->head;
		EXPECT_EQ(CAPACITY, fill(self->writer, self->max));
		EXPECT_EQ(CAPACITY, consumer_drain(fd, &position, self->max));
		close(fd);
		EXPECT_EQ(0, stream_put(self->writer, self->max));
	}
}

TEST_F(kreader, readers_of_the_kernel_and_of_a_process_gate_alike)
{
	struct rring_reader *reader = reader_at(self->client, self->writer->id);
	int fd = consumer_of(&self->open);
	uint64_t position = 0;

	EXPECT_EQ(CAPACITY, fill(self->writer, self->max));
	EXPECT_EQ(CAPACITY, stream_drain(reader, self->max));
	EXPECT_EQ(-EAGAIN, stream_put(self->writer, self->max));
	EXPECT_EQ(CAPACITY, consumer_drain(fd, &position, self->max));
	EXPECT_EQ(CAPACITY, fill(self->writer, self->max));
	EXPECT_EQ(CAPACITY, consumer_drain(fd, &position, self->max));
	EXPECT_EQ(-EAGAIN, stream_put(self->writer, self->max));
	rring_reader_close(reader, 0);
	EXPECT_EQ(CAPACITY, fill(self->writer, self->max));
	close(fd);
}

TEST_F(kreader, wait_ends_in_time_and_by_a_signal)
{
	int fd = consumer_of(&self->open), status;
	uint64_t deadline = 0;
	pid_t pid;

	EXPECT_EQ(-ETIMEDOUT, consumer_call(fd, CONSUMER_WAIT, &deadline));
	deadline = rring_deadline(1000000);
	EXPECT_EQ(-ETIMEDOUT, consumer_call(fd, CONSUMER_WAIT, &deadline));
	pid = fork();
	if (!pid) {
		deadline = RRING_FOREVER;
		consumer_call(fd, CONSUMER_WAIT, &deadline);
		_exit(1);
	}
	until_waiting(self->writer->info, RRING_READERS_WAIT);
	until_asleep(pid);
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	/* an event ends it, and is there */
	ASSERT_EQ(0, stream_put(self->writer, self->max));
	deadline = RRING_FOREVER;
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_WAIT, &deadline));
	EXPECT_EQ(0, consumer_take(fd, 0, self->max));
	close(fd);
}

/* ---- who can be lapped ---- */

static int observe(FIXTURE_DATA(kreader) *self, enum rring_kind kind,
		   struct rring_writer **writer)
{
	struct rring_ring_config config = ring_config(kind, "passing");
	struct consumer_open open = self->open;

	config.policy = RRING_OVERWRITE;
	*writer = writer_of(self->client, &config);
	strcpy(open.ring, "passing");
	open.flags = RRING_JOIN_OBSERVER;
	return consumer_of(&open);
}

TEST_F(kreader, observer_counts_exactly_what_it_lost)
{
	struct consumer_entry entry;
	struct consumer_copy copy = { .len = 8 };
	struct rring_writer *writer;
	struct consumer_stat stat;
	uint64_t word, position;
	int fd, i;

	fd = observe(self, variant->kind, &writer);
	copy.to = (uintptr_t)&word;
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, stream_put(writer, self->max));
	/* it goes on three quarters of a lap behind the head */
	position = 100 - 12;
	EXPECT_EQ(0, consumer_take(fd, position++, self->max));
	EXPECT_EQ(88, consumer_stat(fd).lost);
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	EXPECT_EQ(89, entry.position);
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_COPY, &copy));
	/* over what it looks at */
	for (i = 0; i < 6; i++)
		ASSERT_EQ(0, stream_put(writer, self->max));
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_COPY, &copy));
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_RELEASE, NULL));
	EXPECT_EQ(89, consumer_stat(fd).lost);
	position = 90;
	EXPECT_EQ(16, consumer_drain(fd, &position, self->max));
	EXPECT_EQ(106, position);
	stat = consumer_stat(fd);
	EXPECT_EQ(106, stat.received + stat.lost);
	EXPECT_EQ(0, consumer_refused(&stat));
	close(fd);
	rring_writer_close(writer);
}

/* However the two meet, nothing is counted twice, or not at all. */
TEST_F(kreader, observing_thread_accounts_for_every_event)
{
	struct rring_writer *writer;
	struct consumer_seen seen;
	struct consumer_stat stat;
	struct consumer_open open;
	int fd, polled, i;

	polled = observe(self, variant->kind, &writer);
	open = self->open;
	strcpy(open.ring, "passing");
	open.flags = RRING_JOIN_OBSERVER;
	open.thread = 1;
	fd = consumer_of(&open);
	for (i = 0; i < EVENTS; i++) {
		ASSERT_EQ(0, stream_put(writer, self->max));
		/* or it would be scheduled when all is over */
		if (i % 40 == 39)
			until_seen(fd, (uint64_t)i / 40);
	}
	rring_writer_close(writer);
	until_ended(fd, 1);
	seen = consumer_seen(fd);
	stat = consumer_stat(fd);
	EXPECT_EQ(EVENTS, stat.received + stat.lost);
	EXPECT_EQ(stat.received, seen.events);
	EXPECT_EQ(0, seen.wrong);
	EXPECT_EQ(0, seen.backwards);
	EXPECT_EQ(0, consumer_refused(&stat));
	printf("# received %llu, lost %llu\n",
	       (unsigned long long)stat.received, (unsigned long long)stat.lost);
	close(fd);
	close(polled);
}

TEST_F(kreader, stalled_reader_is_lapped_and_goes_on)
{
	struct rring_ring_config config = ring_config(variant->kind, "hasty");
	struct consumer_entry entry;
	struct rring_writer *writer;
	struct consumer_stat stat;
	uint64_t position;
	int fd, i;

	config.stall_ns = 1;
	config.retain = 4;
	writer = writer_of(self->client, &config);
	strcpy(self->open.ring, "hasty");
	fd = consumer_of(&self->open);
	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, stream_put(writer, self->max));
	EXPECT_EQ(0, consumer_take(fd, 0, self->max));
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	EXPECT_EQ(1, entry.position);
	/* up to the entry it stands at, and over it */
	for (i = 0; i < 5; i++)
		while (stream_put(writer, self->max))
			;
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_RELEASE, NULL));
	/* with what the ring retains */
	position = CAPACITY + 5 - config.retain;
	EXPECT_EQ(config.retain, consumer_drain(fd, &position, self->max));
	stat = consumer_stat(fd);
	EXPECT_EQ(1 + config.retain, stat.received);
	EXPECT_EQ(CAPACITY + 5, stat.received + stat.lost);
	EXPECT_EQ(0, consumer_refused(&stat));
	close(fd);
	rring_writer_close(writer);
}

/* ---- names ---- */

TEST_F(kreader, name_goes_on_where_it_stood)
{
	struct rring_reader_config as = { .ring_name = "fed", .name = "log" };
	struct rring_reader *reader;
	uint64_t position = 0;
	int fd, other, i;

	strcpy(self->open.name, "log");
	fd = consumer_of(&self->open);
	other = consumer_new();
	EXPECT_EQ(-EBUSY, consumer_call(other, CONSUMER_OPEN, &self->open));
	EXPECT_EQ(CAPACITY, fill(self->writer, self->max));
	for (i = 0; i < 5; i++)
		EXPECT_EQ(0, consumer_take(fd, position++, self->max));
	EXPECT_EQ(0, consumer_close(fd, 0));
	/* it holds the writer back while it is away */
	EXPECT_EQ(5, fill(self->writer, self->max));
	self->open.start = RRING_START_NEWEST;
	ASSERT_EQ(0, consumer_call(other, CONSUMER_OPEN, &self->open));
	EXPECT_EQ(CAPACITY, consumer_drain(other, &position, self->max));
	EXPECT_EQ(0, consumer_close(other, RRING_LEAVE_FORGET));
	for (i = 0; i < 3 * CAPACITY; i++)
		ASSERT_EQ(0, stream_put(self->writer, self->max));
	/* one that a process has */
	reader = reader_of(self->client, &as);
	EXPECT_EQ(-EBUSY, consumer_call(other, CONSUMER_OPEN, &self->open));
	rring_reader_close(reader, 1);
	close(other);
	close(fd);
}

/* ---- ends ---- */

TEST_F(kreader, end_is_told_as_processes_are_told)
{
	uint64_t position = 0, deadline = 0;
	int fd = consumer_of(&self->open), i;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, stream_put(self->writer, self->max));
	rring_writer_close(self->writer);
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_WAIT, &deadline));
	EXPECT_EQ(-EPIPE, consumer_drain(fd, &position, self->max));
	EXPECT_EQ(5, position);
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_WAIT, &deadline));
	close(fd);
}

TEST_F(kreader, next_writer_is_read_on)
{
	struct rring_ring_config config = ring_config(variant->kind, "fed");
	struct consumer_open open = self->open;
	struct consumer_entry entry;
	uint64_t position = 0, deadline = 0;
	int fd = consumer_of(&self->open), thread, i;

	open.thread = 1;
	thread = consumer_of(&open);
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, stream_put(self->writer, self->max));
	/* looked at in the pages of the first, released in those of the next */
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	rring_writer_leave(self->writer);
	EXPECT_EQ(5, consumer_drain(fd, &position, self->max));
	EXPECT_EQ(-ETIMEDOUT, consumer_call(fd, CONSUMER_WAIT, &deadline));
	self->writer = writer_of(self->client, &config);
	EXPECT_EQ(5, self->writer->head);
	EXPECT_EQ(-ETIMEDOUT, consumer_call(fd, CONSUMER_WAIT, &deadline));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, stream_put(self->writer, self->max));
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	rring_writer_close(self->writer);
	/* whoever takes over after the end goes on, too */
	self->writer = writer_of(self->client, &config);
	EXPECT_EQ(5, consumer_drain(fd, &position, self->max));
	until_seen(thread, 10);
	rring_writer_close(self->writer);
	EXPECT_EQ(-EPIPE, consumer_drain(fd, &position, self->max));
	while (!consumer_seen(thread).ends)
		sched_yield();
	EXPECT_EQ(10, consumer_seen(thread).events);
	EXPECT_EQ(0, consumer_seen(thread).wrong);
	close(thread);
	close(fd);
}

/* With its entries in sight, read by both kinds until the end. */
static void end_midway(struct __test_metadata *_metadata,
		       FIXTURE_DATA(kreader) *self, enum rring_kind kind,
		       int (*finish)(struct feeder *feeder, pid_t pid))
{
	struct feeder feeder = feeder_of(self, kind, 0, 0);
	struct consumer_open open;
	struct consumer_seen seen;
	struct consumer_stat stat;
	pid_t pid = start(&feeder);
	int fd;

	open = open_of(&self->open, 0, 1);
	fd = consumer_of(&open);
	baton_pass(&feeder.go);
	until_seen(fd, 1000);
	EXPECT_EQ(0, finish(&feeder, pid));
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

static int finish_by_kill(struct feeder *feeder, pid_t pid)
{
	(void)feeder;
	slay(pid);
	return 0;
}

TEST_F(kreader, killed_writer_leaves_what_it_published)
{
	int i;

	for (i = 0; i < 5; i++)
		end_midway(_metadata, self, variant->kind, finish_by_kill);
}

static int finish_by_eviction(struct feeder *feeder, pid_t pid)
{
	struct nl nl = nl_open();
	struct nl_value values[] = {
		NL_U32(RRING_A_CLIENT_ARENA, nl_arena(&nl, NAME)),
		NL_U32(RRING_A_CLIENT_ID, feeder->ids->client),
		NL_U32(RRING_A_CLIENT_SERIAL, feeder->ids->serial),
		{ 0 }
	};
	int err = nl_change(&nl, RRING_CMD_CLIENT_EVICT, values);

	nl_close(&nl);
	/* SIGBUS, which the library turns into an error, or not */
	reap(pid);
	return err;
}

/* The same in an arena that netlink sees by name. */
static void use_named_arena(struct __test_metadata *_metadata,
			    FIXTURE_DATA(kreader) *self)
{
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { 256, 256, 256, 64, 64, 16 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	rring_close(self->client);
	close(self->arena);
	self->arena = rring_arena_create(&config);
	ASSERT_LE(0, self->arena);
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->open.arena_fd = self->arena;
}

TEST_F(kreader, evicted_writer_leaves_what_it_published)
{
	use_named_arena(_metadata, self);
	end_midway(_metadata, self, variant->kind, finish_by_eviction);
}

TEST_F(kreader, arena_stays_for_its_reader)
{
	struct rring_ring_config config = ring_config(variant->kind, "fed");
	struct consumer_open open = self->open;
	int fd, other, i;

	use_named_arena(_metadata, self);
	self->writer = writer_of(self->client, &config);
	strcpy(open.arena, NAME);
	open.arena_fd = -1;
	open.thread = 1;
	fd = consumer_of(&open);
	ASSERT_EQ(0, rring_arena_remove(NAME));
	other = consumer_new();
	EXPECT_EQ(-ENOENT, consumer_call(other, CONSUMER_OPEN, &open));
	close(other);
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, stream_put(self->writer, self->max));
	until_seen(fd, 10);
	/* the reader's reference is the last */
	rring_close(self->client);
	close(self->arena);
	until_ended(fd, 1);
	EXPECT_EQ(10, consumer_seen(fd).events);
	close(fd);
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
}

/* ---- what is refused ---- */

TEST_F(kreader, wrong_configs_are_refused)
{
	struct rring_ring_config config = ring_config(variant->kind, "passing");
	struct consumer_open open;
	int fd = consumer_new();

#define REFUSED(err, ...) do {						\
	open = self->open;						\
	__VA_ARGS__;							\
	EXPECT_EQ(err, consumer_call(fd, CONSUMER_OPEN, &open));	\
} while (0)

	REFUSED(-ENOENT, strcpy(open.ring, "none"));
	REFUSED(-ENXIO, open.ring[0] = 0; open.ring_id = 17);
	REFUSED(-ENXIO, open.ring[0] = 0; open.ring_id = ~0u);
	REFUSED(-EINVAL, strcpy(open.ring, "a b"));
	REFUSED(-EINVAL, strcpy(open.name, "a/b"));
	REFUSED(-EINVAL, open.flags = 2);
	REFUSED(-EINVAL, open.start = RRING_START_AT + 1);
	REFUSED(-EINVAL, strcpy(open.name, "n");
			 open.flags = RRING_JOIN_OBSERVER);
	REFUSED(-EBADF, open.arena_fd = -1);
	REFUSED(-EINVAL, open.arena_fd = fd);
	REFUSED(-ENOENT, strcpy(open.arena, "none"));
	config.policy = RRING_OVERWRITE;
	writer_of(self->client, &config);
	REFUSED(-EINVAL, strcpy(open.ring, "passing"));
	close(fd);
}

TEST_F(kreader, kernel_has_as_many_readers_as_a_client)
{
	int fd[RRING_CURSORS + 1], i;

	for (i = 0; i < RRING_CURSORS; i++)
		fd[i] = consumer_of(&self->open);
	fd[i] = consumer_new();
	EXPECT_EQ(-ENOSPC, consumer_call(fd[i], CONSUMER_OPEN, &self->open));
	EXPECT_EQ(0, stream_put(self->writer, self->max));
	for (i = 0; i < RRING_CURSORS; i++)
		EXPECT_EQ(0, consumer_take(fd[i], 0, self->max));
	EXPECT_EQ(0, consumer_close(fd[7], 0));
	EXPECT_EQ(0, consumer_call(fd[RRING_CURSORS], CONSUMER_OPEN,
				   &self->open));
	for (i = 0; i <= RRING_CURSORS; i++)
		close(fd[i]);
}

TEST_F(kreader, copies_stay_within_the_event)
{
	char to[4096];
	struct consumer_copy copy = { .to = (uintptr_t)to };
	int fd = consumer_of(&self->open);
	struct consumer_entry entry;

	EXPECT_EQ(-EINVAL, consumer_call(fd, CONSUMER_COPY, &copy));
	EXPECT_EQ(-EINVAL, consumer_call(fd, CONSUMER_RELEASE, NULL));
	ASSERT_EQ(0, stream_put(self->writer, self->max));
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	copy.len = entry.len;
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_COPY, &copy));
	copy.len++;
	EXPECT_EQ(-ERANGE, consumer_call(fd, CONSUMER_COPY, &copy));
	copy.len = 1;
	copy.offset = entry.len - 1;
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_COPY, &copy));
	copy.offset++;
	EXPECT_EQ(-ERANGE, consumer_call(fd, CONSUMER_COPY, &copy));
	copy.offset = ~0u;
	EXPECT_EQ(-ERANGE, consumer_call(fd, CONSUMER_COPY, &copy));
	copy.len = 0;
	copy.offset = entry.len;
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_COPY, &copy));
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_RELEASE, NULL));
	EXPECT_EQ(-EINVAL, consumer_call(fd, CONSUMER_RELEASE, NULL));
	close(fd);
}

TEST_F(kreader, who_has_a_thread_does_not_poll)
{
	uint64_t deadline = RRING_FOREVER;
	struct consumer_entry entry;
	int fd;

	self->open.thread = 1;
	fd = consumer_of(&self->open);
	EXPECT_EQ(-EINVAL, consumer_call(fd, CONSUMER_PEEK, &entry));
	EXPECT_EQ(-EINVAL, consumer_call(fd, CONSUMER_WAIT, &deadline));
	EXPECT_EQ(-EINVAL, consumer_call(fd, CONSUMER_RELEASE, NULL));
	close(fd);
}

/* ---- large ones ---- */

TEST_F(kreader, large_events_are_read_in_pieces)
{
	struct rring_ring_config config = ring_config(RRING_HANDLES, "large");
	const uint32_t max = 128 * 1024;
	struct rring_writer *writer;
	uint64_t position;
	int fd, thread, i;

	config.policy = RRING_BLOCK;
	config.capacity = 4;
	writer = writer_of(self->client, &config);
	/* up to where those that follow are of XXL; nobody reads these */
	while (stream_len(writer->head, max) <= 64 * 1024)
		ASSERT_EQ(0, stream_put(writer, 64));
	position = writer->head;
	strcpy(self->open.ring, "large");
	self->open.start = RRING_START_NEWEST;
	self->open.max = max;
	fd = consumer_of(&self->open);
	self->open.thread = 1;
	thread = consumer_of(&self->open);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, stream_put(writer, max));
		ASSERT_EQ(0, consumer_take(fd, position++, max));
	}
	until_seen(thread, 10);
	EXPECT_EQ(0, consumer_seen(thread).wrong);
	EXPECT_EQ(10, consumer_seen(thread).large);
	close(thread);
	close(fd);
	rring_writer_close(writer);
}

/* ---- how it is shown ---- */

TEST_F(kreader, reader_is_client_0s)
{
	struct rring_ring_config config = ring_config(variant->kind, "fed");
	const struct nl_object *reader;
	struct nl nl = nl_open();
	struct nl_answer answer;
	uint32_t id;
	int fd, i;

	use_named_arena(_metadata, self);
	self->writer = writer_of(self->client, &config);
	strcpy(self->open.name, "log");
	fd = consumer_of(&self->open);
	for (i = 0; i < 7; i++)
		ASSERT_EQ(0, stream_put(self->writer, self->max));
	EXPECT_EQ(0, consumer_take(fd, 0, self->max));
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
	/* it is no client that could be evicted */
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
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_OPEN, &self->open));
	EXPECT_EQ(0, consumer_close(fd, RRING_LEAVE_FORGET));
	nl_close(&nl);
	close(fd);
}

/* ---- modules ---- */

TEST_F(kreader, modules_stay_while_it_reads)
{
	int fd = consumer_of(&self->open);

	EXPECT_EQ(-EAGAIN, module_unload());
	EXPECT_EQ(-EAGAIN, consumer_unload());
	EXPECT_EQ(0, stream_put(self->writer, self->max));
	EXPECT_EQ(0, consumer_take(fd, 0, self->max));
	close(fd);
}

TEST_F(kreader, reader_ends_with_the_consuming_module)
{
	uint32_t thread;
	int fd, i;

	for (thread = 0; thread < 2; thread++) {
		self->open.thread = thread;
		self->open.start = RRING_START_NEWEST;
		fd = consumer_of(&self->open);
		EXPECT_EQ(CAPACITY / 2, ({
			for (i = 0; i < CAPACITY / 2; i++)
				if (stream_put(self->writer, self->max))
					break;
			i;
		}));
		ASSERT_EQ(0, consumer_call(fd, CONSUMER_LEAVE, NULL));
		close(fd);
		EXPECT_EQ(-EAGAIN, module_unload());
		EXPECT_EQ(0, consumer_unload());
		/* nobody holds the writer back any more */
		for (i = 0; i < 3 * CAPACITY; i++)
			ASSERT_EQ(0, stream_put(self->writer, self->max));
		ASSERT_EQ(0, consumer_load());
	}
}

TEST_HARNESS_MAIN
