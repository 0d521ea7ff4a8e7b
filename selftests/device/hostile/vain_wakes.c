// SPDX-License-Identifier: MPL-2.0
/*
 * Clients call WAKE without end and without a reason. Nobody wakes up. The next
 * event still wakes the readers that wait for it, and the next room the writers.
 */
#include <poll.h>
#include <stdio.h>

#include "arena.h"
#include "device.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define MAX		64
#define READERS		6
#define CAPACITY	4
#define CALLS		1000
#define ALL_WAKES	(RRING_WAKE_READERS | RRING_WAKE_WRITER | \
			 RRING_WAKE_POOLS)

/* What a child needs. */
struct sleeper {
	int arena_fd;
	uint32_t ring;
	int polls;		/* it sleeps in poll(2), not in WAIT */
	struct baton joined;
};

FIXTURE(vain_wakes)
{
	int arena_fd;
	struct rring_client *producer;
	struct rring_client *stranger;
	struct rring_writer *writer;
	struct sleeper sleeper[READERS];
	pid_t pid[READERS];
};

static int read_one(void *arg)
{
	struct sleeper *sleeper = arg;
	struct rring_client *client = client_of(sleeper->arena_fd,
						RRING_CONSUMER);
	struct rring_reader *reader = reader_at(client, sleeper->ring);
	struct pollfd pollfd = {
		.fd = rring_client_fd(client),
		.events = POLLIN,
	};

	baton_pass(&sleeper->joined);
	if (sleeper->polls)
		MUST(poll(&pollfd, 1, -1) == 1);
	else
		MUST(!rring_wait_readable(reader, RRING_FOREVER));
	MUST(!stream_take(reader, MAX));
	return 0;
}

FIXTURE_SETUP(vain_wakes)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stride = MAX,
	};
	int i;

	self->arena_fd = arena_small();
	self->producer = client_of(self->arena_fd, RRING_PRODUCER);
	self->stranger = client_of(self->arena_fd, RRING_PRODUCER);
	self->writer = writer_of(self->producer, &config);
	for (i = 0; i < READERS; i++) {
		self->sleeper[i] = (struct sleeper) {
			.arena_fd = self->arena_fd,
			.ring = self->writer->id,
			.polls = i % 2,
		};
		baton_init(&self->sleeper[i].joined);
		self->pid[i] = spawn(read_one, &self->sleeper[i]);
	}
}

FIXTURE_TEARDOWN(vain_wakes)
{
	rring_close(self->stranger);
	rring_close(self->producer);
	close(self->arena_fd);
}

/* How often has process @pid gone to sleep? */
static long sleeps(pid_t pid)
{
	char path[64], line[128];
	long n = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	MUST(file);
	while (n < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "voluntary_ctxt_switches: %ld", &n);
	fclose(file);
	MUST(n >= 0);
	return n;
}

static int wake(const struct rring_client *client, uint32_t ring)
{
	struct rring_wake args = {
		.size = sizeof(args),
		.flags = ALL_WAKES,
		.ring = ring,
		.pools = ~0u,
	};

	return device_call(rring_client_fd(client), RRING_IOC_WAKE, &args);
}

TEST_F(vain_wakes, readers_sleep_through_them)
{
	long before[READERS];
	int i;

	for (i = 0; i < READERS; i++) {
		baton_wait(&self->sleeper[i].joined);
		until_asleep(self->pid[i]);
		before[i] = sleeps(self->pid[i]);
	}
	for (i = 0; i < CALLS; i++) {
		ASSERT_EQ(0, wake(self->producer, self->writer->id));
		ASSERT_EQ(0, wake(self->stranger, self->writer->id));
	}
	for (i = 0; i < READERS; i++) {
		until_asleep(self->pid[i]);
		EXPECT_EQ(before[i], sleeps(self->pid[i]));
	}
	ASSERT_EQ(0, stream_put(self->writer, MAX));
	for (i = 0; i < READERS; i++)
		EXPECT_EQ(0, reap(self->pid[i]));
}

TEST_HARNESS_MAIN
