// SPDX-License-Identifier: MPL-2.0
/*
 * The meant differences between the backends: one test for each row of the
 * table "In one process" in rusted_ring(7) that a program can see by a call.
 * All else is alike: api/trace.c.
 */
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "sleeper.h"
#include "stream.h"
#include "user.h"

#define NAME	"backends-differ"
#define FAULTED	77

FIXTURE(backends)
{
	int arena;
	struct rring_client *producer, *consumer;
};

FIXTURE_VARIANT(backends)
{
	enum rring_backend backend;
	unsigned int by_name;	/* flag of rring_open() */
	int on_device;
};

FIXTURE_VARIANT_ADD(backends, device)
{
	.backend = RRING_BACKEND_DEVICE,
	.by_name = RRING_ON_DEVICE,
	.on_device = 1,
};

FIXTURE_VARIANT_ADD(backends, process)
{
	.backend = RRING_BACKEND_PROCESS,
	.by_name = RRING_IN_PROCESS,
	.on_device = 0,
};

static struct rring_arena_config config_on(enum rring_backend backend)
{
	return (struct rring_arena_config) {
		.name = NAME,
		.capacity = SMALL_CAPACITY,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.backend = backend,
	};
}

FIXTURE_SETUP(backends)
{
	struct rring_arena_config config = config_on(variant->backend);

	self->arena = rring_arena_create(&config);
	ASSERT_LE(0, self->arena);
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(backends)
{
	rring_close(self->consumer);
	rring_close(self->producer);
	close(self->arena);
}

/* ---- names and descriptors ---- */

TEST_F(backends, have_names_of_their_own)
{
	struct rring_arena_config other = config_on(variant->on_device ?
				RRING_BACKEND_PROCESS : RRING_BACKEND_DEVICE);
	struct rring_arena_config twin = config_on(variant->backend);
	int fd = rring_arena_create(&other);

	EXPECT_LE(0, fd);
	EXPECT_EQ(-EEXIST, rring_arena_create(&twin));
	close(fd);
}

struct place {
	int arena;
	unsigned int by_name;
};

static int open_both_ways(void *arg)
{
	const struct place *place = arg;
	struct rring_client *client;

	return !rring_open_arena(&client, place->arena, RRING_PRODUCER, 0) +
	       !rring_open(&client, NAME, RRING_PRODUCER, place->by_name);
}

TEST_F(backends, let_a_child_attach_on_the_device_only)
{
	struct place place = { self->arena, variant->by_name };

	EXPECT_EQ(variant->on_device ? 2 : 0,
		  reap(spawn(open_both_ways, &place)));
}

/* ---- protection ---- */

static void say_so(int signal)
{
	(void)signal;
	_exit(FAULTED);
}

/* Write a payload as a consumer of an arena of this process or the device. */
static int write_as_consumer(void *arg)
{
	struct rring_arena_config config = config_on(*(int *)arg);
	struct rring_client *producer, *consumer;
	struct rring_event event, got;
	int fd;

	config.name = NULL;
	fd = rring_arena_create(&config);
	producer = client_of(fd, RRING_PRODUCER);
	consumer = client_of(fd, RRING_CONSUMER);
	if (rring_alloc(producer, 64, 0, &event) ||
	    rring_upgrade(consumer, rring_share(producer, &event), &got))
		return 1;
	signal(SIGSEGV, say_so);
	*(volatile char *)got.data = 1;
	return 0;
}

TEST_F(backends, protect_payloads_from_a_consumer_on_the_device_only)
{
	int backend = (int)variant->backend;

	EXPECT_EQ(variant->on_device ? FAULTED : 0,
		  reap(spawn(write_as_consumer, &backend)));
}

static int give_away(void *arg)
{
	struct rring_arena_config config = config_on(*(int *)arg);
	int fd;

	drop_capability(CAP_CHOWN);
	config.name = NULL;
	config.uid = NOBODY;
	fd = rring_arena_create(&config);
	return fd == -EPERM ? 1 : fd < 0 ? 2 : 0;
}

TEST_F(backends, know_capabilities_on_the_device_and_root_in_a_process)
{
	int backend = (int)variant->backend;

	EXPECT_EQ(variant->on_device, reap(spawn(give_away, &backend)));
}

/* ---- poll ---- */

static int polled(const struct rring_client *client)
{
	struct pollfd fd = { .fd = rring_client_fd(client), .events = POLLIN };

	MUST(poll(&fd, 1, 0) >= 0);
	return fd.revents;
}

TEST_F(backends, update_a_descriptor_at_once_or_when_a_look_finds_nothing)
{
	struct rring_ring_config ring = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 8,
		.stride = 64,
	};
	struct rring_writer *writer = writer_of(self->producer, &ring);
	struct rring_reader_config from = {
		.ring = rring_writer_ring_id(writer),
	};
	struct rring_reader *reader = reader_of(self->consumer, &from);

	EXPECT_EQ(0, polled(self->consumer));
	ASSERT_EQ(0, rring_add(writer, "", 1, 0));
	EXPECT_EQ(POLLIN, polled(self->consumer));
	ASSERT_EQ(1, rring_peek(reader, 1));
	ASSERT_EQ(0, rring_release(reader, 1));
	EXPECT_EQ(variant->on_device ? 0 : POLLIN, polled(self->consumer));
	ASSERT_EQ(-EAGAIN, rring_peek(reader, 1));
	EXPECT_EQ(0, polled(self->consumer));
}

/* ---- descriptors that run out ---- */

static void allow_no_descriptor(struct rlimit *before)
{
	struct rlimit none;

	MUST(!getrlimit(RLIMIT_NOFILE, before));
	none = *before;
	none.rlim_cur = 0;
	MUST(!setrlimit(RLIMIT_NOFILE, &none));
}

TEST_F(backends, need_descriptors_for_poll_in_a_process)
{
	struct rring_ring_config ring = {
		.kind = RRING_INLINE,
		.capacity = 8,
		.stride = 64,
	};
	struct rring_writer *writer;
	struct rlimit before;
	int opened, fd;

	allow_no_descriptor(&before);
	opened = rring_writer_open(self->producer, &ring, &writer);
	fd = rring_client_fd(self->producer);
	MUST(!setrlimit(RLIMIT_NOFILE, &before));
	EXPECT_EQ(0, opened);
	EXPECT_EQ(variant->on_device ? 0 : -EMFILE, fd < 0 ? fd : 0);
}

/* ---- signals ---- */

struct sleep {
	enum rring_backend backend;
	struct baton ready;
	uint32_t *handled;	/* shared */
};

static uint32_t *handled;

static void note(int signal)
{
	__atomic_fetch_add(handled, signal == SIGUSR1 ? 1 : 10,
			   __ATOMIC_RELEASE);
}

/* Sleep until a signal ends the sleep. Returns which were handled. */
static int sleep_with_deadline(void *arg)
{
	struct sigaction restart = { .sa_handler = note,
		.sa_flags = SA_RESTART };
	struct sigaction interrupt = { .sa_handler = note };
	struct rring_ring_config ring = { .kind = RRING_INLINE, .capacity = 8,
		.stride = 64 };
	struct rring_reader_config from = { .start = RRING_START_OLDEST };
	struct sleep *sleep = arg;
	struct rring_arena_config config = config_on(sleep->backend);
	struct rring_client *client;
	struct rring_reader *reader;

	handled = sleep->handled;
	config.name = NULL;
	client = client_of(rring_arena_create(&config), RRING_PRODUCER);
	from.ring = rring_writer_ring_id(writer_of(client, &ring));
	reader = reader_of(client, &from);
	sigaction(SIGUSR1, &restart, NULL);
	sigaction(SIGUSR2, &interrupt, NULL);
	baton_pass(&sleep->ready);
	MUST(rring_wait_readable(reader, SOON()) == -EINTR);
	return (int)*handled;
}

TEST_F(backends, go_on_with_a_limited_sleep_after_sa_restart_on_the_device)
{
	struct sleep sleep = {
		.backend = variant->backend,
		.handled = shared_new(sizeof(uint32_t)),
	};
	pid_t pid;

	baton_init(&sleep.ready);
	pid = spawn(sleep_with_deadline, &sleep);
	baton_wait(&sleep.ready);
	until_asleep(pid);
	kill(pid, SIGUSR1);
	while (!__atomic_load_n(sleep.handled, __ATOMIC_ACQUIRE) &&
	       !has_ended(pid))
		usleep(1000);
	until_asleep(pid);
	kill(pid, SIGUSR2);
	EXPECT_EQ(variant->on_device ? 11 : 1, reap(pid));
}

TEST_HARNESS_MAIN
