// SPDX-License-Identifier: MPL-2.0
/*
 * Conditions of an unload. The module is unloaded and loaded many times, and at
 * the end loaded with its old parameters.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"
#include "module.h"
#include "netlink.h"
#include "fd_passing.h"
#include "sleeper.h"
#include "stream.h"

FIXTURE(unload) {
	char parameters[1024];
	int arena_fd;
};

FIXTURE_SETUP(unload)
{
	ASSERT_TRUE(module_is_loaded());
	module_parameters(self->parameters, sizeof(self->parameters));
	self->arena_fd = arena_small();
}

FIXTURE_TEARDOWN(unload)
{
	if (module_is_loaded()) {
		EXPECT_EQ(0, module_unload_soon());
	}
	ASSERT_EQ(0, module_load(self->parameters));
}

TEST_F(unload, module_stays_while_an_arena_is_open)
{
	EXPECT_EQ(-EAGAIN, module_unload());
	close(self->arena_fd);
	EXPECT_EQ(0, module_unload_soon());
	EXPECT_FALSE(module_is_loaded());
	EXPECT_EQ(-1, access(RRING_DEVICE, F_OK));
}

TEST_F(unload, module_stays_while_the_device_is_open)
{
	int fd = device_open();

	close(self->arena_fd);
	EXPECT_EQ(-EAGAIN, module_unload());
	close(fd);
	EXPECT_EQ(0, module_unload_soon());
}

TEST_F(unload, module_stays_while_a_client_is_attached)
{
	struct rring_client *client = client_of(self->arena_fd,
						RRING_PRODUCER);

	close(self->arena_fd);
	EXPECT_EQ(-EAGAIN, module_unload());
	rring_close(client);
	EXPECT_EQ(0, module_unload_soon());
}

/* Map one region of a client, and close all its descriptors. */
static void *map_alone(enum rring_region_type region, size_t *size)
{
	int prot = PROT_READ | (region == RRING_REGION_LEDGER ? PROT_WRITE : 0);
	int arena_fd = arena_small();
	int fd = device_open();
	struct rring_attach args;
	uint32_t index = 0;
	void *addr;

	if (device_attach(fd, arena_fd, RRING_PRODUCER, &args))
		_exit(1);
	switch (region) {
	case RRING_REGION_ARENA:
		*size = args.arena_size;
		break;
	case RRING_REGION_LEDGER:
		*size = args.ledger_size;
		break;
	case RRING_REGION_MAGAZINE:
		*size = args.magazine_size;
		break;
	case RRING_REGION_CURSORS:
		*size = sizeof(struct rring_cursors);
		index = args.client;
		break;
	default:
		*size = args.payload_size;
		break;
	}
	addr = device_map(fd, region, index, *size, prot);
	close(fd);
	close(arena_fd);
	return addr;
}

TEST_F(unload, module_stays_while_any_region_is_mapped)
{
	enum rring_region_type region;
	size_t size;
	void *addr;

	close(self->arena_fd);
	for (region = RRING_REGION_ARENA; region <= RRING_REGION_PAYLOAD;
	     region++) {
		addr = map_alone(region, &size);
		ASSERT_NE(MAP_FAILED, addr);
		EXPECT_EQ(-EAGAIN, module_unload());
		ASSERT_EQ(0, munmap(addr, size));
		EXPECT_EQ(0, module_unload_soon());
		ASSERT_EQ(0, module_load(self->parameters));
	}
}

struct sleeper {
	int arena_fd;
	struct baton ready;
};

static int sleep_in_kernel(void *arg)
{
	struct sleeper *sleeper = arg;
	struct rring_client *client = client_of(sleeper->arena_fd,
						RRING_PRODUCER);
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.capacity = 2,
	};
	struct rring_reader_config at = { 0 };
	struct rring_writer *writer;
	struct rring_reader *reader;

	if (rring_writer_open(client, &config, &writer))
		return 1;
	at.ring = writer->id;
	if (rring_reader_open(client, &at, &reader))
		return 1;
	close(sleeper->arena_fd);
	baton_pass(&sleeper->ready);
	rring_wait_readable(reader, RRING_FOREVER);
	return 2;
}

/* The sleeper only has mappings and a system call in progress. */
TEST_F(unload, module_stays_while_somebody_waits)
{
	struct sleeper sleeper = { .arena_fd = self->arena_fd };
	pid_t child;

	baton_init(&sleeper.ready);
	child = spawn(sleep_in_kernel, &sleeper);
	close(self->arena_fd);
	baton_wait(&sleeper.ready);
	until_asleep(child);
	EXPECT_EQ(-EAGAIN, module_unload());
	slay(child);
	EXPECT_EQ(0, module_unload_soon());
}

/* Send @fd and close it, so that only the queue of a socket has it open. */
static void send_and_close(int pair[2], int fd)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || !send_fd(pair[0], fd))
		_exit(1);
	close(fd);
}

TEST_F(unload, module_stays_while_an_arena_is_in_flight)
{
	int pair[2];

	send_and_close(pair, self->arena_fd);
	EXPECT_EQ(-EAGAIN, module_unload());
	close(pair[0]);
	close(pair[1]);
	EXPECT_EQ(0, module_unload_soon());
}

TEST_F(unload, module_stays_while_a_file_is_in_flight)
{
	int pair[2];

	close(self->arena_fd);
	send_and_close(pair, device_open());
	EXPECT_EQ(-EAGAIN, module_unload());
	close(pair[0]);
	close(pair[1]);
	EXPECT_EQ(0, module_unload_soon());
}

/* A dump that was not read to its end keeps the module. */
TEST_F(unload, module_stays_for_a_dump)
{
	struct nl_answer answer = { .err = 0 };
	struct nl nl = nl_open();
	int fd[200], i;

	close(self->arena_fd);
	for (i = 0; i < 200; i++)
		fd[i] = arena_small();
	nl_begin(&nl, RRING_CMD_POOL_GET, NULL);
	ASSERT_EQ(1, nl_piece(&nl, &answer));
	for (i = 0; i < 200; i++)
		close(fd[i]);
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	nl_close(&nl);
	nl_free(&answer);
	EXPECT_EQ(0, module_unload_soon());
}

TEST_F(unload, module_goes_after_a_client_was_polled)
{
	struct rring_client *client = client_of(self->arena_fd,
						RRING_CONSUMER);
	struct pollfd poll_fd = { .fd = client->fd, .events = POLLIN };

	close(self->arena_fd);
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	rring_close(client);
	EXPECT_EQ(0, module_unload_soon());
}

TEST_F(unload, module_goes_when_only_names_are_left)
{
	struct rring_arena_config config = {
		.capacity = { 16, 0, 0, 0, 16 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.flags = RRING_CREATE_PERSIST,
	};
	char name[RRING_NAME_MAX];
	int i;

	config.name = name;
	for (i = 0; i < 5; i++) {
		int fd;

		snprintf(name, sizeof(name), "left-behind-%d", i);
		fd = rring_arena_create(&config);
		ASSERT_LE(0, fd);
		close(fd);
	}
	close(self->arena_fd);
	ASSERT_EQ(0, module_unload_soon());
	ASSERT_EQ(0, module_load(self->parameters));
	EXPECT_EQ(-ENOENT, rring_arena_remove("left-behind-0"));
}

/* An arena @name, with a ring in which a named reader is away. */
static void leave_ring(const char *name)
{
	struct rring_arena_config arena = {
		.name = name,
		.capacity = { 16 },
		.uid = ~0u,
		.gid = ~0u,
		.flags = RRING_CREATE_PERSIST,
	};
	struct rring_ring_config ring = {
		.kind = RRING_HANDLES,
		.capacity = 2,
	};
	struct rring_reader_config at = { .name = "away" };
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;

	MUST(!rring_open_config(&client, &arena, 0));
	MUST(!rring_writer_open(client, &ring, &writer));
	at.ring = writer->id;
	MUST(!rring_reader_open(client, &at, &reader));
	rring_close(client);
}

/* Return whether the kernel's log has @text. Each read returns one message. */
static int log_has(const char *text)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	char message[8192];
	int found = 0;
	ssize_t n;

	MUST(fd >= 0);
	while (!found && (n = read(fd, message, sizeof(message) - 1)) > 0) {
		message[n] = 0;
		found = !!strstr(message, text);
	}
	close(fd);
	return found;
}

TEST_F(unload, log_names_arenas_whose_rings_are_lost)
{
	struct rring_arena_config empty = {
		.name = "left-empty",
		.capacity = { 16 },
		.uid = ~0u,
		.gid = ~0u,
		.flags = RRING_CREATE_PERSIST,
	};

	close(rring_arena_create(&empty));
	leave_ring("left-with-a-ring");
	close(self->arena_fd);
	ASSERT_EQ(0, module_unload_soon());
	EXPECT_TRUE(log_has("the arena left-with-a-ring is lost with 1 rings"));
	EXPECT_FALSE(log_has("left-empty"));
}

TEST_F(unload, module_goes_without_its_default_arena)
{
	ASSERT_EQ(0, rring_arena_remove("default"));
	close(self->arena_fd);
	EXPECT_EQ(0, module_unload_soon());
}

/* The module does not remove an arena "default" that a process created. */
TEST_F(unload, module_goes_with_another_default_arena)
{
	struct rring_arena_config config = {
		.name = "default",
		.capacity = { 16 },
		.uid = ~0u,
		.gid = ~0u,
		.flags = RRING_CREATE_PERSIST,
	};
	int fd;

	ASSERT_EQ(0, rring_arena_remove("default"));
	fd = rring_arena_create(&config);
	ASSERT_LE(0, fd);
	close(fd);
	close(self->arena_fd);
	EXPECT_EQ(0, module_unload_soon());
}

static int work_and_die(void *arg)
{
	struct rring_client *client;
	struct rring_event event;

	(void)arg;
	if (rring_open(&client, NULL, RRING_PRODUCER, 0) ||
	    rring_alloc(client, 60, 0, &event))
		return 1;
	raise(SIGKILL);
	return 2;
}

TEST_F(unload, module_comes_and_goes_again_and_again)
{
	int i;

	close(self->arena_fd);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, module_unload_soon());
		ASSERT_EQ(0, module_load(self->parameters));
		EXPECT_EQ(128 + SIGKILL, reap(spawn(work_and_die, NULL)));
	}
}

TEST_HARNESS_MAIN
