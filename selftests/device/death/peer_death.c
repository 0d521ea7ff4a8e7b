// SPDX-License-Identifier: MPL-2.0
/* Death of the other end of a pipe, and of writers of a reader set. */
#include <signal.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "rng.h"
#include "sleeper.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	4
#define DEATHS		100
#define ROUNDS		2000
#define WRITERS		4

FIXTURE(peer_death)
{
	int arena;
	struct rring_client *client;
	struct rring_pipe *pipe;
};

static const struct rring_pipe_config pipe_config = {
	.name = "pipe",
	.capacity = CAPACITY,
	.stride = 64,
};

FIXTURE_SETUP(peer_death)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
	ASSERT_EQ(0, rring_pipe_create(self->client, &pipe_config,
				       &self->pipe));
}

FIXTURE_TEARDOWN(peer_death)
{
	rring_close(self->client);
	close(self->arena);
}

/* ---- pipes ---- */

/* Arguments of the children. */
struct role {
	int arena;
	const char *ring;
	uint64_t events;
	struct baton ready;
};

static struct rring_pipe *connect_to(int arena)
{
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_pipe *pipe;

	MUST(!rring_pipe_connect(client, &pipe_config, &pipe));
	return pipe;
}

static int send(struct rring_pipe *pipe, uint64_t value, uint64_t deadline)
{
	return rring_pipe_send(pipe, &value, sizeof(value), 1, deadline);
}

static int receive(struct rring_pipe *pipe, uint64_t value)
{
	struct rring_event event;
	int err = rring_pipe_receive(pipe, &event, SOON());

	if (err)
		return err;
	return value_of(&event) == value ? 0 : -EBADMSG;
}

static int send_and_die(void *arg)
{
	struct role *role = arg;
	struct rring_pipe *pipe = connect_to(role->arena);
	uint64_t i;

	for (i = 0; i < role->events; i++)
		MUST(!send(pipe, i, SOON()));
	kill(getpid(), SIGKILL);
	return 1;
}

TEST_F(peer_death, what_a_killed_end_has_sent_is_received_and_then_it_is_gone)
{
	struct role role = { .arena = self->arena, .events = CAPACITY };
	uint64_t i;

	EXPECT_EQ(128 + SIGKILL, reap(spawn(send_and_die, &role)));
	EXPECT_EQ(-EPIPE, send(self->pipe, 1, RRING_FOREVER));
	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, receive(self->pipe, i));
	EXPECT_EQ(-EPIPE, receive(self->pipe, i));
}

static int connect_and_stay(void *arg)
{
	struct role *role = arg;

	connect_to(role->arena);
	baton_pass(&role->ready);
	pause();
	return 1;
}

struct hunt {
	int arena;
	uint32_t ring;
	uint32_t bit;
	pid_t victim;
};

static int slay_when_asleep(void *arg)
{
	struct hunt *hunt = arg;
	struct rring_client *client = client_of(hunt->arena, RRING_OBSERVER);
	const struct rring_ring_info *info = (const struct rring_ring_info *)
		((const char *)client->arena +
		 client->arena->ring_info_offset) + (hunt->ring - 1);

	until_waiting(info, hunt->bit);
	until_asleep(getppid());
	kill(hunt->victim, SIGKILL);
	return 0;
}

TEST_F(peer_death, a_sleeping_sender_wakes_when_its_receiver_is_killed)
{
	struct role role = { .arena = self->arena };
	struct hunt hunt = {
		.arena = self->arena,
		.ring = rring_writer_ring_id(rring_pipe_writer(self->pipe)),
		.bit = RRING_WRITER_WAITS,
	};
	pid_t hunter;
	uint64_t i;

	baton_init(&role.ready);
	hunt.victim = spawn(connect_and_stay, &role);
	baton_wait(&role.ready);
	for (i = 0; i < CAPACITY; i++)
		ASSERT_EQ(0, send(self->pipe, i, 0));
	hunter = spawn(slay_when_asleep, &hunt);
	EXPECT_EQ(-EPIPE, send(self->pipe, i, SOON()));
	EXPECT_EQ(0, reap(hunter));
	EXPECT_EQ(128 + SIGKILL, reap(hunt.victim));
}

TEST_F(peer_death, a_sleeping_receiver_wakes_when_its_sender_is_killed)
{
	struct role role = { .arena = self->arena };
	struct hunt hunt = {
		.arena = self->arena,
		.ring = rring_reader_ring_id(rring_pipe_reader(self->pipe)),
		.bit = RRING_READERS_WAIT,
	};
	pid_t hunter;

	baton_init(&role.ready);
	hunt.victim = spawn(connect_and_stay, &role);
	baton_wait(&role.ready);
	hunter = spawn(slay_when_asleep, &hunt);
	EXPECT_EQ(-EPIPE, receive(self->pipe, 0));
	EXPECT_EQ(0, reap(hunter));
	EXPECT_EQ(128 + SIGKILL, reap(hunt.victim));
}

/* Send back all received events until killed. */
static int echo(void *arg)
{
	struct role *role = arg;
	struct rring_pipe *pipe = connect_to(role->arena);
	struct rring_event event;

	baton_pass(&role->ready);
	for (;;) {
		MUST(!rring_pipe_receive(pipe, &event, RRING_FOREVER));
		MUST(!send(pipe, value_of(&event), RRING_FOREVER));
	}
}

/*
 * If the child dies after it has sent back an event and before the release, its
 * successor receives this event once more. No other event is repeated.
 */
TEST_F_TIMEOUT(peer_death, an_end_that_is_killed_at_random_loses_nothing, 100)
{
	struct rng rng = rng_new("severed");
	struct role role = { .arena = self->arena };
	uint64_t sent = 0, next = 0, repeated = 0;
	struct rring_event event;
	int death, rounds;
	pid_t victim;
	int err;

	for (death = 0; death < DEATHS; death++) {
		baton_init(&role.ready);
		victim = spawn(echo, &role);
		baton_wait(&role.ready);
		close(role.ready.fd[0]);
		close(role.ready.fd[1]);
		rounds = 1 + rng_below(&rng, 60);
		while (rounds--) {
			err = send(self->pipe, sent, 0);
			MUST(!err || err == -EAGAIN);
			sent += !err;
			err = rring_pipe_receive(self->pipe, &event, 0);
			MUST(!err || err == -EAGAIN);
			if (err)
				continue;
			if (value_of(&event) == next) {
				next++;
				continue;
			}
			ASSERT_EQ(next - 1, value_of(&event));
			repeated++;
		}
		slay(victim);
	}
	/* a child that is not killed sends back the remaining events */
	baton_init(&role.ready);
	victim = spawn(echo, &role);
	baton_wait(&role.ready);
	while (next < sent) {
		ASSERT_EQ(0, rring_pipe_receive(self->pipe, &event, SOON()));
		if (value_of(&event) == next) {
			next++;
			continue;
		}
		ASSERT_EQ(next - 1, value_of(&event));
		repeated++;
	}
	slay(victim);
	EXPECT_LE(repeated, DEATHS);
	printf("# %llu events, %llu of them twice\n",
	       (unsigned long long)sent, (unsigned long long)repeated);
}

/* ---- sets ---- */

static struct rring_writer *ring_of(struct rring_client *client,
				    const char *name)
{
	struct rring_ring_config config = {
		.name = name,
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stride = 64,
	};

	return writer_of(client, &config);
}

/* Open a set of @n readers whose rings have no writer yet. */
static struct rring_set *set_of(struct rring_client *client,
				struct rring_reader **readers,
				char (*names)[16], int n)
{
	struct rring_set_config config = {};
	struct rring_writer *writer;
	struct rring_set *set;
	int i;

	MUST(!rring_set_open(client, &config, &set));
	for (i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "ring%d", i);
		writer = ring_of(client, names[i]);
		readers[i] = reader_at(client, writer->id);
		rring_writer_leave(writer);
		MUST(!rring_set_add(set, readers[i], 0));
	}
	return set;
}

static int write_and_stay(void *arg)
{
	struct role *role = arg;
	struct rring_client *client = client_of(role->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, role->ring);

	MUST(!put_value(writer, 1));
	baton_pass(&role->ready);
	pause();
	return 1;
}

TEST_F(peer_death, a_set_that_sleeps_wakes_when_its_last_writer_is_killed)
{
	struct role role = { .arena = self->arena };
	struct rring_reader *reader, *from;
	struct rring_event event;
	struct rring_set *set;
	struct hunt hunt;
	char name[1][16];
	pid_t hunter;

	set = set_of(self->client, &reader, name, 1);
	role.ring = name[0];
	baton_init(&role.ready);
	hunt.victim = spawn(write_and_stay, &role);
	baton_wait(&role.ready);
	ASSERT_EQ(0, rring_set_try_read(set, &event, &from));
	hunt.arena = self->arena;
	hunt.ring = reader->ring_id;
	hunt.bit = RRING_READERS_WAIT;
	hunter = spawn(slay_when_asleep, &hunt);
	EXPECT_EQ(0, rring_set_wait(set, SOON()));
	EXPECT_EQ(-EPIPE, rring_set_try_read(set, &event, &from));
	EXPECT_EQ(0, reap(hunter));
	EXPECT_EQ(128 + SIGKILL, reap(hunt.victim));
	rring_set_close(set);
}

static int write_and_die(void *arg)
{
	struct role *role = arg;
	struct rring_client *client = client_of(role->arena, RRING_PRODUCER);
	struct rring_writer *writer = ring_of(client, role->ring);
	uint64_t i;

	for (i = 0; i < role->events; i++)
		MUST(!put_value(writer, i));
	kill(getpid(), SIGKILL);
	return 1;
}

TEST_F_TIMEOUT(peer_death, a_set_gets_all_that_killed_writers_published, 100)
{
	struct rring_reader *readers[WRITERS], *from;
	struct role roles[WRITERS] = {};
	uint64_t next[WRITERS] = {};
	struct rring_event event;
	char names[WRITERS][16];
	struct rring_set *set;
	pid_t pid[WRITERS];
	int i, err;

	set = set_of(self->client, readers, names, WRITERS);
	for (i = 0; i < WRITERS; i++) {
		roles[i].arena = self->arena;
		roles[i].ring = names[i];
		roles[i].events = ROUNDS / (i + 1);
		pid[i] = spawn(write_and_die, &roles[i]);
	}
	for (;;) {
		err = rring_set_try_read(set, &event, &from);
		if (err == -EAGAIN) {
			ASSERT_EQ(0, rring_set_wait(set, SOON()));
			continue;
		}
		if (err)
			break;
		for (i = 0; readers[i] != from; i++)
			;
		ASSERT_EQ(next[i], value_of(&event));
		next[i]++;
	}
	EXPECT_EQ(-EPIPE, err);
	for (i = 0; i < WRITERS; i++) {
		EXPECT_EQ(roles[i].events, next[i]);
		EXPECT_EQ(128 + SIGKILL, reap(pid[i]));
	}
	rring_set_close(set);
}

TEST_HARNESS_MAIN
