// SPDX-License-Identifier: MPL-2.0
/* Listeners: permission to listen, and watching of visible arenas. */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "module.h"
#include "netlink.h"
#include "sleeper.h"
#include "stream.h"
#include "user.h"

#include "kselftest_harness.h"

#define OWNER	17	/* owner of other arenas */

FIXTURE(listeners)
{
	struct nl nl;		/* sends requests */
	struct nl ear;		/* listens */
	struct nl_answer heard;
	struct baton ready, go;
};

FIXTURE_SETUP(listeners)
{
	memset(&self->heard, 0, sizeof(self->heard));
	self->nl = nl_open();
	self->ear = nl_open();
	ASSERT_EQ(0, nl_listen(&self->ear));
	baton_init(&self->ready);
	baton_init(&self->go);
}

FIXTURE_TEARDOWN(listeners)
{
	nl_free(&self->heard);
	nl_close(&self->ear);
	nl_close(&self->nl);
}

static int create(const char *name, uint32_t uid, uint32_t mode)
{
	struct rring_arena_config config = {
		.name = name,
		.capacity = { 4 },
		.mode = mode,
		.uid = uid,
		.gid = 18,
	};

	return rring_arena_create(&config);
}

/* ---- in the group ---- */

static int may_not_listen(void *arg)
{
	struct nl nl = nl_open();

	(void)arg;
	MUST(nl_listen(&nl) == -EPERM);
	return 0;
}

static int may_not_listen_in_user_ns(void *arg)
{
	MUST(!unshare(CLONE_NEWUSER));
	return may_not_listen(arg);
}

TEST_F(listeners, is_not_everybody)
{
	EXPECT_EQ(0, run_as(STRANGER, NOBODY, may_not_listen, NULL));
	EXPECT_EQ(0, run_as(STRANGER, NOBODY, may_not_listen_in_user_ns,
			    NULL));
}

/* ---- watchers ---- */

/* Open a netlink socket with the effective uid @uid. */
static struct nl open_as(uint32_t uid)
{
	struct nl nl;

	MUST(!seteuid(uid));
	nl = nl_open();
	MUST(!seteuid(0));
	return nl;
}

/* Return whether the next notification has this command and arena. */
static int next_is(struct nl *nl, uint8_t command, uint32_t arena)
{
	struct nl_answer heard = { .err = 0 };
	int is;

	MUST(nl_piece(nl, &heard) == 1 && heard.n == 1);
	is = heard.object->command == command &&
	     nl_u32(heard.object, RRING_A_ARENA_ID) == arena;
	if (!is)
		printf("# %u of arena %u, not %u of %u\n",
		       heard.object->command,
		       nl_u32(heard.object, RRING_A_ARENA_ID), command, arena);
	nl_free(&heard);
	return is;
}

#define MEMBER	3000

/* A watcher without capabilities hears of the arenas that it can see. */
TEST_F(listeners, is_who_watches_what_it_sees)
{
	struct nl nl = open_as(MEMBER);
	uint32_t own, open, closed;
	int fd[3];

	ASSERT_EQ(0, nl_change(&nl, RRING_CMD_WATCH, NULL));
	fd[0] = create("closed", OWNER, 0770);
	closed = nl_arena(&self->nl, "closed");
	fd[1] = create("own", MEMBER, 0);
	own = nl_arena(&self->nl, "own");
	fd[2] = create("open", OWNER, 0704);
	open = nl_arena(&self->nl, "open");
	EXPECT_TRUE(next_is(&nl, RRING_CMD_ARENA_CREATED, own));
	EXPECT_TRUE(next_is(&nl, RRING_CMD_ARENA_CREATED, open));
	rring_close(client_of(fd[0], RRING_OBSERVER));
	rring_close(client_of(fd[1], RRING_OBSERVER));
	rring_close(client_of(fd[2], RRING_OBSERVER));
	EXPECT_TRUE(next_is(&nl, RRING_CMD_CLIENT_DIED, own));
	EXPECT_TRUE(next_is(&nl, RRING_CMD_CLIENT_DIED, open));
	/* a removed arena is visible to its owner only */
	ASSERT_EQ(0, rring_arena_remove("open"));
	ASSERT_EQ(0, rring_arena_remove("own"));
	rring_close(client_of(fd[2], RRING_OBSERVER));
	rring_close(client_of(fd[1], RRING_OBSERVER));
	EXPECT_TRUE(next_is(&nl, RRING_CMD_CLIENT_DIED, own));
	close(fd[0]);
	close(fd[2]);
	close(fd[1]);
	EXPECT_TRUE(next_is(&nl, RRING_CMD_ARENA_GONE, open));
	EXPECT_TRUE(next_is(&nl, RRING_CMD_ARENA_GONE, own));
	/* a listener of the group hears of all arenas */
	self->heard = nl_hear(&self->ear, RRING_CMD_ARENA_GONE, closed);
	nl_close(&nl);
}

static int watch_as(uint32_t uid, struct nl *nl)
{
	int err;

	MUST(!seteuid(uid));
	err = nl_change(nl, RRING_CMD_WATCH, NULL);
	MUST(!seteuid(0));
	return err;
}

TEST_F(listeners, is_a_limited_number_of_sockets_of_a_user)
{
	struct nl first = open_as(MEMBER), second = open_as(MEMBER);
	struct nl third = open_as(MEMBER), other = open_as(STRANGER);
	struct nl root = nl_open();

	module_set("user_listeners", "2");
	EXPECT_EQ(0, watch_as(MEMBER, &first));
	EXPECT_EQ(0, watch_as(MEMBER, &second));
	EXPECT_EQ(-EDQUOT, watch_as(MEMBER, &third));
	EXPECT_EQ(-EALREADY, watch_as(MEMBER, &second));
	EXPECT_EQ(0, watch_as(STRANGER, &other));
	nl_close(&first);
	EXPECT_EQ(0, watch_as(MEMBER, &third));
	/* an administrator has no limit */
	module_set("user_listeners", "0");
	EXPECT_EQ(0, watch_as(0, &root));
	module_set("user_listeners", "64");
	nl_close(&root);
	nl_close(&second);
	nl_close(&third);
	nl_close(&other);
}

/* ---- a full buffer ---- */

#define FLOOD	50	/* more notices than the small buffer has room for */

/* Leave room for a few notices in the receive buffer. */
static void shrink_buffer(const struct nl *nl)
{
	const int size = 4096;

	MUST(!setsockopt(mnl_socket_get_fd(nl->socket), SOL_SOCKET, SO_RCVBUF,
			 &size, sizeof(size)));
}

/* Create and end an arena. Return its id, which @nl asks for. */
static uint32_t make_arena(struct nl *nl)
{
	int fd = create("flood", 0, 0700);
	uint32_t arena = nl_arena(nl, "flood");

	close(fd);
	return arena;
}

/* Receive without a wait. Return 0, or a negative errno. */
static int receive(struct nl *nl)
{
	char byte;

	return recv(mnl_socket_get_fd(nl->socket), &byte, 1, MSG_DONTWAIT) < 0 ?
	       -errno : 0;
}

/* Return how many notices are in the receive buffer, after the loss is told. */
static int drain(struct nl *nl)
{
	int n = 0;

	while (!receive(nl))
		n++;
	return n;
}

TEST_F(listeners, is_told_that_its_buffer_was_full)
{
	struct nl nl = nl_open();
	uint32_t arena = 0;
	int i;

	shrink_buffer(&nl);
	ASSERT_EQ(0, nl_change(&nl, RRING_CMD_WATCH, NULL));
	for (i = 0; i < FLOOD; i++)
		arena = make_arena(&self->nl);
	/* the group hears of each event after all listeners */
	self->heard = nl_hear(&self->ear, RRING_CMD_ARENA_GONE, arena);
	EXPECT_EQ(-ENOBUFS, receive(&nl));
	EXPECT_LT(0, drain(&nl));
	nl_close(&nl);
}

/*
 * A member of the group does not read. It is told that it has lost notices, and
 * hears of what comes after it has read the others. Another member and a socket
 * that watches hear of all.
 */
TEST_F(listeners, in_the_group_is_told_that_its_buffer_was_full)
{
	struct nl small = nl_open(), watcher = nl_open();
	uint32_t arena;
	int i;

	ASSERT_EQ(0, nl_listen(&small));
	shrink_buffer(&small);
	ASSERT_EQ(0, nl_change(&watcher, RRING_CMD_WATCH, NULL));
	for (i = 0; i < FLOOD; i++) {
		arena = make_arena(&self->nl);
		EXPECT_TRUE(next_is(&watcher, RRING_CMD_ARENA_CREATED, arena));
		EXPECT_TRUE(next_is(&watcher, RRING_CMD_ARENA_GONE, arena));
		EXPECT_TRUE(next_is(&self->ear, RRING_CMD_ARENA_CREATED,
				    arena));
		EXPECT_TRUE(next_is(&self->ear, RRING_CMD_ARENA_GONE, arena));
	}
	EXPECT_EQ(-ENOBUFS, receive(&small));
	EXPECT_LT(0, drain(&small));
	arena = make_arena(&self->nl);
	EXPECT_TRUE(next_is(&small, RRING_CMD_ARENA_CREATED, arena));
	EXPECT_TRUE(next_is(&small, RRING_CMD_ARENA_GONE, arena));
	nl_close(&watcher);
	nl_close(&small);
}

/* ---- a socket with the port id of a listener that was closed ---- */

struct successor {
	uint32_t port;		/* 0: end */
	uint32_t bound;		/* the port id that it had last */
	uint32_t heard;		/* notices that were not for it */
};

static int bind_to(uint32_t port)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_pid = port,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_GENERIC);

	MUST(fd >= 0);
	while (bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		MUST(errno == EADDRINUSE);
	return fd;
}

/* Take each port id as soon as its listener is closed. Ask for nothing. */
static int take_ports(void *arg)
{
	struct successor *successor = arg;
	uint32_t port, last = 0;
	char byte;
	int fd;

	while ((port = __atomic_load_n(&successor->port, __ATOMIC_SEQ_CST))) {
		if (port == last)
			continue;
		fd = bind_to(port);
		__atomic_store_n(&successor->bound, port, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&successor->port,
				       __ATOMIC_SEQ_CST) == port)
			;
		if (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0)
			successor->heard++;
		close(fd);
		last = port;
	}
	return 0;
}

/* Arenas come and go, of which only their owner hears. */
static int make_noise(void *arg)
{
	uint32_t *stop = arg;

	while (!__atomic_load_n(stop, __ATOMIC_SEQ_CST))
		close(create("noise", 0, 0700));
	return 0;
}

#define CLOSES	200

TEST_F_TIMEOUT(listeners, are_not_who_has_their_port_id_next, 120)
{
	struct successor *successor = shared_new(sizeof(*successor));
	uint32_t *stop = shared_new(sizeof(*stop));
	pid_t taker, noise = spawn(make_noise, stop);
	uint32_t port;
	int i;

	successor->port = 1000000;
	taker = spawn(take_ports, successor);
	for (i = 0; i < CLOSES; i++) {
		struct nl nl = nl_open();

		port = mnl_socket_get_portid(nl.socket);
		ASSERT_EQ(0, nl_change(&nl, RRING_CMD_WATCH, NULL));
		__atomic_store_n(&successor->port, port, __ATOMIC_SEQ_CST);
		nl_close(&nl);
		while (__atomic_load_n(&successor->bound,
				       __ATOMIC_SEQ_CST) != port)
			;
		usleep(1000);
	}
	__atomic_store_n(&successor->port, 0, __ATOMIC_SEQ_CST);
	EXPECT_EQ(0, reap(taker));
	__atomic_store_n(stop, 1, __ATOMIC_SEQ_CST);
	EXPECT_EQ(0, reap(noise));
	EXPECT_EQ(0u, successor->heard);
}

struct watcher {
	struct baton *ready, *go;
};

static int watch_elsewhere(void *arg)
{
	struct watcher *watcher = arg;
	struct nl nl;
	char byte;

	MUST(!unshare(CLONE_NEWUSER | CLONE_NEWNET));
	nl = nl_open();
	MUST(!nl_change(&nl, RRING_CMD_WATCH, NULL));
	baton_pass(watcher->ready);
	baton_wait(watcher->go);
	/* no notification of the other namespace arrives */
	MUST(recv(mnl_socket_get_fd(nl.socket), &byte, 1, MSG_DONTWAIT) == -1);
	MUST(errno == EAGAIN);
	return 0;
}

TEST_F(listeners, is_not_who_watches_elsewhere)
{
	struct watcher watcher = {
		.ready = &self->ready,
		.go = &self->go,
	};
	pid_t pid = spawn(watch_elsewhere, &watcher);
	uint32_t outside;
	int fd;

	baton_wait(&self->ready);
	fd = create("outside", OWNER, 0777);
	outside = nl_arena(&self->nl, "outside");
	close(fd);
	self->heard = nl_hear(&self->ear, RRING_CMD_ARENA_GONE, outside);
	baton_pass(&self->go);
	EXPECT_EQ(0, reap(pid));
}

/* A listener in another network namespace hears of arenas there only. */
TEST_F(listeners, is_in_the_same_namespace)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	uint32_t outside, inside;
	struct nl_answer heard = { .err = 0 };
	struct nl nl;
	int fd[2];

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	nl = nl_open();
	ASSERT_EQ(0, nl_listen(&nl));
	ASSERT_EQ(0, setns(home, CLONE_NEWNET));
	fd[0] = create("outside", OWNER, 0750);
	outside = nl_arena(&self->nl, "outside");
	heard = nl_hear(&self->ear, RRING_CMD_ARENA_CREATED, outside);
	nl_free(&heard);
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	fd[1] = create("elsewhere", OWNER, 0750);
	close(fd[1]);
	ASSERT_EQ(0, setns(home, CLONE_NEWNET));
	close(fd[0]);
	heard = nl_hear(&self->ear, RRING_CMD_ARENA_GONE, outside);
	nl_free(&heard);
	inside = nl_arena(&nl, "outside");
	EXPECT_EQ(0u, inside);
	/* the socket of the other namespace has no notification */
	EXPECT_EQ(-1, recv(mnl_socket_get_fd(nl.socket), &inside,
			   sizeof(inside), MSG_DONTWAIT));
	EXPECT_EQ(EAGAIN, errno);
	nl_close(&nl);
	close(home);
}

/* ---- unload ---- */

TEST(module_unloads_with_listeners)
{
	char parameters[512];
	struct nl ear = nl_open();
	struct nl nl;
	int i;

	module_parameters(parameters, sizeof(parameters));
	ASSERT_EQ(0, nl_listen(&ear));
	ASSERT_EQ(0, nl_change(&ear, RRING_CMD_WATCH, NULL));
	for (i = 0; i < 10; i++) {
		close(create("talkative", OWNER, 0750));
		ASSERT_EQ(0, module_unload_soon());
		ASSERT_EQ(-ENOENT, nl_try(&nl));
		ASSERT_EQ(0, module_load(parameters));
	}
	nl_close(&ear);
	ear = nl_open();
	EXPECT_NE(0u, nl_arena(&ear, "default"));
	nl_close(&ear);
}

TEST_HARNESS_MAIN
