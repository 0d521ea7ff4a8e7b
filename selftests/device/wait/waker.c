// SPDX-License-Identifier: MPL-2.0
/* WAIT tells on which CPU the task ran that has woken the caller. */
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "device.h"
#include "sleeper.h"
#include "stream.h"
#include "thread.h"

FIXTURE(waker)
{
	int arena;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
	pid_t sleeper;
	int cpu;
};

FIXTURE_SETUP(waker)
{
	struct rring_ring_config config = {
		.policy = RRING_BLOCK,
		.capacity = 4,
		.stride = 64,
	};

	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	self->writer = writer_of(self->client, &config);
	self->reader = reader_at(self->client,
				 rring_writer_ring_id(self->writer));
}

FIXTURE_TEARDOWN(waker)
{
	rring_close(self->client);
	close(self->arena);
}

static void bind_to(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	MUST(!sched_setaffinity(0, sizeof(cpus), &cpus));
}

/* Wait for an event of @reader, by RRING_WAIT_ANY if @any is 1. */
static struct rring_wait wait_for(const struct rring_reader *reader, int any)
{
	struct rring_wait wait = {
		.size = sizeof(wait),
		.what = any ? RRING_WAIT_ANY : RRING_WAIT_READABLE,
		.ring = any ? 0 : reader->ring_id,
		.reader = any ? 0 : reader->id,
		.position = any ? 1ull << reader->cursor_id : reader->pos,
		.deadline = RRING_FOREVER,
	};

	MUST(!device_call(reader->client->fd, RRING_IOC_WAIT, &wait));
	return wait;
}

static void *wake_sleeper(void *arg)
{
	FIXTURE_DATA(waker) *self = arg;

	bind_to(self->cpu);
	/* the flag is raised before the sleep, on which no lock follows */
	while (!(rring_flag_load(&self->writer->info->waiters) &
		 RRING_READERS_WAIT))
		sched_yield();
	until_asleep(self->sleeper);
	MUST(!put_value(self->writer, 1));
	return NULL;
}

static void expect_each_cpu(struct __test_metadata *_metadata,
			    FIXTURE_DATA(waker) *self, int any)
{
	cpu_set_t cpus;
	int cpu;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		pthread_t thread;

		if (!CPU_ISSET(cpu, &cpus))
			continue;
		self->cpu = cpu;
		self->sleeper = (pid_t)syscall(SYS_gettid);
		thread = thread_start(wake_sleeper, self);
		EXPECT_EQ(cpu + 1u, wait_for(self->reader, any).waker);
		thread_end(thread);
		EXPECT_EQ(1, rring_peek(self->reader, 1));
		EXPECT_EQ(0, rring_release(self->reader, 1));
	}
}

TEST_F(waker, of_a_reader_is_told)
{
	expect_each_cpu(_metadata, self, 0);
}

TEST_F(waker, of_any_reader_is_told)
{
	expect_each_cpu(_metadata, self, 1);
}

TEST_F(waker, is_nobody_at_first)
{
	ASSERT_EQ(0, put_value(self->writer, 1));
	EXPECT_EQ(0, wait_for(self->reader, 0).waker);
}

TEST_HARNESS_MAIN
