// SPDX-License-Identifier: MPL-2.0
/*
 * Kernel readers of rings that processes write: order, counts, gating and laps.
 */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "arena.h"
#include "kernel_reader.h"
#include "kernel_read_ring.h"
#include "kselftest_harness.h"
#include "kernel_writer.h"
#include "sleeper.h"
#include "ring_kinds.h"
#include "stream.h"

#define WRITERS		3
#define EVENTS		2000

FIXTURE(kreader) {
	struct kring kring;
};

FIXTURE_RING_KINDS(kreader);

FIXTURE_SETUP(kreader)
{
	ASSERT_EQ(0, consumer_load());
	kring_init(&self->kring, variant->kind);
}

FIXTURE_TEARDOWN(kreader)
{
	EXPECT_TRUE(kring_end(&self->kring));
	EXPECT_EQ(0, consumer_unload());
}

/* ---- many ---- */

TEST_F_TIMEOUT(kreader, threads_get_every_event_of_several_processes, 100)
{
	struct kring *kring = &self->kring;
	struct remote_writer remote_writer[WRITERS];
	struct consumer_open open;
	struct consumer_seen seen;
	struct consumer_stat stat;
	pid_t pid[WRITERS];
	int fd[WRITERS];
	uint32_t i;

	for (i = 0; i < WRITERS; i++) {
		remote_writer[i] =
			remote_writer_of(kring, variant->kind, i, EVENTS);
		pid[i] = remote_writer_start(&remote_writer[i]);
		open = remote_writer_reader(kring, i, 1);
		fd[i] = consumer_of(&open);
	}
	for (i = 0; i < WRITERS; i++)
		baton_pass(&remote_writer[i].go);
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
	struct kring *kring = &self->kring;
	struct remote_writer remote_writer =
		remote_writer_of(kring, variant->kind, 0, EVENTS / 4);
	uint64_t deadline = RRING_FOREVER, position = 0;
	struct consumer_open open;
	pid_t pid;
	int fd;
	long n;

	pid = remote_writer_start(&remote_writer);
	open = remote_writer_reader(kring, 0, 0);
	fd = consumer_of(&open);
	baton_pass(&remote_writer.go);
	while ((n = consumer_drain(fd, &position, kring->max)) >= 0)
		ASSERT_EQ(0, consumer_call(fd, CONSUMER_WAIT, &deadline));
	EXPECT_EQ(-EPIPE, n);
	EXPECT_EQ(EVENTS / 4, position);
	EXPECT_EQ(EVENTS / 4, consumer_stat(fd).received);
	EXPECT_EQ(0, reap(pid));
	close(fd);
}

/* A kernel reader of one module reads a kernel writer of another one. */
TEST_F(kreader, kernel_reads_what_the_kernel_writes)
{
	struct kring *kring = &self->kring;
	uint32_t i, ring;
	struct consumer_stat stat;
	int from, fd;

	ASSERT_EQ(0, producer_load());
	from = producer_of(kring->arena, variant->kind, RRING_FAIL,
			   KRING_CAPACITY, &ring);
	kring->open.ring[0] = 0;
	kring->open.ring_id = ring;
	kring->open.thread = 1;
	fd = consumer_of(&kring->open);
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
	struct kring *kring = &self->kring;
	struct producer_place place = { .len = 64 };
	struct consumer_entry entry;
	uint32_t ring;
	int from, fd;

	ASSERT_EQ(0, producer_load());
	from = producer_of(kring->arena, variant->kind, RRING_FAIL,
			   KRING_CAPACITY, &ring);
	kring->open.ring[0] = 0;
	kring->open.ring_id = ring;
	fd = consumer_of(&kring->open);
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

/* ---- gating ---- */

TEST_F(kreader, writer_waits_for_the_kernel)
{
	struct kring *kring = &self->kring;
	uint64_t position = 0;
	int fd = consumer_of(&kring->open), i;

	EXPECT_EQ(KRING_CAPACITY, kring_fill(kring->writer, kring->max));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, consumer_take(fd, position++, kring->max));
	EXPECT_EQ(3, kring_fill(kring->writer, kring->max));
	EXPECT_EQ(KRING_CAPACITY, consumer_drain(fd, &position, kring->max));
	EXPECT_EQ(KRING_CAPACITY, kring_fill(kring->writer, kring->max));
	/* a reader that leaves does not gate any more */
	EXPECT_EQ(0, consumer_close(fd, 0));
	EXPECT_EQ(0, stream_put(kring->writer, kring->max));
	close(fd);
}

TEST_F(kreader, writer_waits_for_the_callback)
{
	struct kring *kring = &self->kring;
	uint32_t hold = 1;
	int fd;

	kring->open.thread = 1;
	fd = consumer_of(&kring->open);
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_HOLD, &hold));
	EXPECT_EQ(KRING_CAPACITY, kring_fill(kring->writer, kring->max));
	hold = 0;
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_HOLD, &hold));
	until_seen(fd, KRING_CAPACITY);
	while (consumer_stat(fd).position < KRING_CAPACITY)
		sched_yield();
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_HOLD, &hold));
	EXPECT_EQ(0, stream_put(kring->writer, kring->max));
	until_seen(fd, KRING_CAPACITY + 1);
	EXPECT_EQ(0, consumer_seen(fd).wrong);
	close(fd);
}

/* The library maps the kernel's cursors again when they are new. */
TEST_F(kreader, next_reader_of_the_kernel_gates_as_well)
{
	struct kring *kring = &self->kring;
	uint64_t position;
	int i, fd;

	for (i = 0; i < 5; i++) {
		kring->open.start = RRING_START_NEWEST;
		fd = consumer_of(&kring->open);
		position = kring->writer->head;
		EXPECT_EQ(KRING_CAPACITY,
			  kring_fill(kring->writer, kring->max));
		EXPECT_EQ(KRING_CAPACITY,
			  consumer_drain(fd, &position, kring->max));
		close(fd);
		EXPECT_EQ(0, stream_put(kring->writer, kring->max));
	}
}

TEST_F(kreader, readers_of_the_kernel_and_of_a_process_gate_alike)
{
	struct kring *kring = &self->kring;
	struct rring_reader *reader =
		reader_at(kring->client, kring->writer->id);
	int fd = consumer_of(&kring->open);
	uint64_t position = 0;

	EXPECT_EQ(KRING_CAPACITY, kring_fill(kring->writer, kring->max));
	EXPECT_EQ(KRING_CAPACITY, stream_drain(reader, kring->max));
	EXPECT_EQ(-EAGAIN, stream_put(kring->writer, kring->max));
	EXPECT_EQ(KRING_CAPACITY, consumer_drain(fd, &position, kring->max));
	EXPECT_EQ(KRING_CAPACITY, kring_fill(kring->writer, kring->max));
	EXPECT_EQ(KRING_CAPACITY, consumer_drain(fd, &position, kring->max));
	EXPECT_EQ(-EAGAIN, stream_put(kring->writer, kring->max));
	rring_reader_close(reader, 0);
	EXPECT_EQ(KRING_CAPACITY, kring_fill(kring->writer, kring->max));
	close(fd);
}

TEST_F(kreader, wait_ends_in_time_and_by_a_signal)
{
	struct kring *kring = &self->kring;
	int fd = consumer_of(&kring->open), status;
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
	until_waiting(kring->writer->info, RRING_READERS_WAIT);
	until_asleep(pid);
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	/* an event ends the wait and can be read */
	ASSERT_EQ(0, stream_put(kring->writer, kring->max));
	deadline = RRING_FOREVER;
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_WAIT, &deadline));
	EXPECT_EQ(0, consumer_take(fd, 0, kring->max));
	close(fd);
}

/* ---- laps ---- */

static int observe(struct kring *kring, enum rring_kind kind,
		   struct rring_writer **writer)
{
	struct rring_ring_config config = kring_config(kind, "passing");
	struct consumer_open open = kring->open;

	config.policy = RRING_OVERWRITE;
	*writer = writer_of(kring->client, &config);
	strcpy(open.ring, "passing");
	open.flags = RRING_JOIN_OBSERVER;
	return consumer_of(&open);
}

TEST_F(kreader, observer_counts_exactly_what_it_lost)
{
	struct kring *kring = &self->kring;
	struct consumer_entry entry;
	struct consumer_copy copy = { .len = 8 };
	struct rring_writer *writer;
	struct consumer_stat stat;
	uint64_t word, position;
	int fd, i;

	fd = observe(kring, variant->kind, &writer);
	copy.to = (uintptr_t)&word;
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, stream_put(writer, kring->max));
	/* an overtaken observer continues half a lap behind the head */
	position = 100 - 8;
	EXPECT_EQ(0, consumer_take(fd, position++, kring->max));
	EXPECT_EQ(92, consumer_stat(fd).lost);
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	EXPECT_EQ(93, entry.position);
	EXPECT_EQ(0, consumer_call(fd, CONSUMER_COPY, &copy));
	/* overwrite the peeked entry */
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, stream_put(writer, kring->max));
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_COPY, &copy));
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_RELEASE, NULL));
	EXPECT_EQ(93, consumer_stat(fd).lost);
	position = 94;
	EXPECT_EQ(16, consumer_drain(fd, &position, kring->max));
	EXPECT_EQ(110, position);
	stat = consumer_stat(fd);
	EXPECT_EQ(110, stat.received + stat.lost);
	EXPECT_EQ(0, consumer_refused(&stat));
	close(fd);
	rring_writer_close(writer);
}

/* Every event is counted exactly once, whatever the timing. */
TEST_F(kreader, observing_thread_accounts_for_every_event)
{
	struct kring *kring = &self->kring;
	struct rring_writer *writer;
	struct consumer_seen seen;
	struct consumer_stat stat;
	struct consumer_open open;
	int fd, polled, i;

	polled = observe(kring, variant->kind, &writer);
	open = kring->open;
	strcpy(open.ring, "passing");
	open.flags = RRING_JOIN_OBSERVER;
	open.thread = 1;
	fd = consumer_of(&open);
	for (i = 0; i < EVENTS; i++) {
		ASSERT_EQ(0, stream_put(writer, kring->max));
		/*
		 * otherwise the thread might run only when all events are
		 * written
		 */
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
	struct kring *kring = &self->kring;
	struct rring_ring_config config = kring_config(variant->kind, "hasty");
	struct consumer_entry entry;
	struct rring_writer *writer;
	struct consumer_stat stat;
	uint64_t position, left;
	int fd, i;

	config.stall_ns = 1;
	config.retain = 4;
	writer = writer_of(kring->client, &config);
	strcpy(kring->open.ring, "hasty");
	fd = consumer_of(&kring->open);
	for (i = 0; i < KRING_CAPACITY; i++)
		ASSERT_EQ(0, stream_put(writer, kring->max));
	EXPECT_EQ(0, consumer_take(fd, 0, kring->max));
	ASSERT_EQ(0, consumer_call(fd, CONSUMER_PEEK, &entry));
	EXPECT_EQ(1, entry.position);
	/* fill the ring and lap the reader, which is at position 1 */
	for (i = 0; i < 5; i++)
		while (stream_put(writer, kring->max))
			;
	EXPECT_EQ(-ESTALE, consumer_call(fd, CONSUMER_RELEASE, NULL));
	/* the reader continues at the oldest event that is there */
	position = 5;
	left = KRING_CAPACITY + 5 - position;
	EXPECT_EQ(left, consumer_drain(fd, &position, kring->max));
	stat = consumer_stat(fd);
	EXPECT_EQ(1 + left, stat.received);
	EXPECT_EQ(KRING_CAPACITY + 5, stat.received + stat.lost);
	EXPECT_EQ(0, consumer_refused(&stat));
	close(fd);
	rring_writer_close(writer);
}

/* ---- refused calls ---- */

TEST_F(kreader, copies_stay_within_the_event)
{
	struct kring *kring = &self->kring;
	char to[4096];
	struct consumer_copy copy = { .to = (uintptr_t)to };
	int fd = consumer_of(&kring->open);
	struct consumer_entry entry;

	EXPECT_EQ(-EINVAL, consumer_call(fd, CONSUMER_COPY, &copy));
	EXPECT_EQ(-EINVAL, consumer_call(fd, CONSUMER_RELEASE, NULL));
	ASSERT_EQ(0, stream_put(kring->writer, kring->max));
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
	struct kring *kring = &self->kring;
	uint64_t deadline = RRING_FOREVER;
	struct consumer_entry entry;
	int fd;

	kring->open.thread = 1;
	fd = consumer_of(&kring->open);
	EXPECT_EQ(-EINVAL, consumer_call(fd, CONSUMER_PEEK, &entry));
	EXPECT_EQ(-EINVAL, consumer_call(fd, CONSUMER_WAIT, &deadline));
	EXPECT_EQ(-EINVAL, consumer_call(fd, CONSUMER_RELEASE, NULL));
	close(fd);
}

/* ---- large events ---- */

TEST_F(kreader, large_events_are_read_in_pieces)
{
	struct kring *kring = &self->kring;
	struct rring_ring_config config = kring_config(RRING_HANDLES, "large");
	const uint32_t max = 128 * 1024;
	struct rring_writer *writer;
	uint64_t position;
	int fd, thread, i;

	config.policy = RRING_BLOCK;
	config.capacity = 4;
	writer = writer_of(kring->client, &config);
	/* skip to the number from which events are XXL; these have no reader */
	while (stream_len(writer->head, max) <= 64 * 1024)
		ASSERT_EQ(0, stream_put(writer, 64));
	position = writer->head;
	strcpy(kring->open.ring, "large");
	kring->open.start = RRING_START_NEWEST;
	kring->open.max = max;
	fd = consumer_of(&kring->open);
	kring->open.thread = 1;
	thread = consumer_of(&kring->open);
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

TEST_HARNESS_MAIN
