// SPDX-License-Identifier: MPL-2.0
/*
 * A client is evicted: it loses its mappings, and what it had, at once; and
 * nobody else notices.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rusted_ring/layout.h>

#include "arena.h"
#include "calls.h"
#include "device.h"
#include "netlink.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define NAME		"to-be-cleared"
#define CAPACITY	40
#define SHARE		30	/* slots: 75 percent */
#define LARGE		1000000	/* bytes: pages of its own */

static struct rring_arena_config arena_config = {
	.name = NAME,
	.capacity = { CAPACITY, CAPACITY, [RRING_XXL] = 2 },
	.quota = 75,
	.mode = 0700,
	.uid = ~0u,
	.gid = ~0u,
};

FIXTURE(evict)
{
	struct nl nl;
	int arena_fd;
	uint32_t arena;
	struct rring_client *client;
	struct baton ready, go;
	struct shared *shared;
};

/* What the victim, a child, shows of itself. */
struct shared {
	uint32_t client;
	uint32_t serial;
	uint32_t ring;
	uint32_t reader;
};

/* What a child is given. */
struct victim {
	int arena_fd;
	struct baton *ready, *go;
	struct shared *shared;
	int (*run)(struct victim *self, struct rring_client *client);
	uint32_t ring;
};

FIXTURE_SETUP(evict)
{
	self->nl = nl_open();
	self->arena_fd = rring_arena_create(&arena_config);
	ASSERT_LE(0, self->arena_fd);
	self->arena = nl_arena(&self->nl, NAME);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->shared = shared_new(sizeof(*self->shared));
	baton_init(&self->ready);
	baton_init(&self->go);
}

FIXTURE_TEARDOWN(evict)
{
	EXPECT_TRUE(all_free(self->client));
	rring_close(self->client);
	close(self->arena_fd);
	nl_close(&self->nl);
}

static void show(struct victim *self, const struct rring_client *client)
{
	self->shared->client = client->id;
	self->shared->serial =
		rring_flag_load(&client->arena->client_serial[client->id]);
}

static int be_victim(void *arg)
{
	struct victim *self = arg;
	struct rring_client *client = client_of(self->arena_fd,
						RRING_PRODUCER);

	show(self, client);
	return self->run(self, client);
}

#define VICTIM(function) {			\
	.arena_fd = self->arena_fd,		\
	.ready = &self->ready,			\
	.go = &self->go,			\
	.shared = self->shared,			\
	.run = (function),			\
}

static int evict(struct nl *nl, uint32_t arena, uint32_t client,
		 uint32_t serial)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_CLIENT_ARENA, arena),
		NL_U32(RRING_A_CLIENT_ID, client),
		NL_U32(RRING_A_CLIENT_SERIAL, serial),
		{ 0 }
	};

	return nl_change(nl, RRING_CMD_CLIENT_EVICT, values);
}

#define EVICT()	evict(&self->nl, self->arena, self->shared->client,	\
		      self->shared->serial)

/* Evict the victim once it is ready, and let it come to its end: its status. */
static int evict_ready(FIXTURE_DATA(evict) *self, pid_t pid)
{
	int err;

	baton_wait(&self->ready);
	err = EVICT();
	baton_pass(&self->go);
	return err ? err : reap(pid);
}

/* ---- its memory ---- */

static sigjmp_buf after_fault;

static void on_fault(int signal)
{
	siglongjmp(after_fault, signal);
}

/* The signal that a look at @address is answered with, or 0. */
static int fault_at(const volatile void *address)
{
	struct sigaction action = { .sa_handler = on_fault };
	int signal;

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	signal = sigsetjmp(after_fault, 1);
	if (!signal)
		*(const volatile char *)address;
	return signal;
}

static int fault_of_write(volatile void *address)
{
	int signal = sigsetjmp(after_fault, 1);

	if (!signal)
		*(volatile char *)address = 1;
	return signal;
}

/* One address in every kind of region, the last page of each as well. */
static int look_everywhere(struct victim *self, struct rring_client *client)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.capacity = 1024,
		.stride = 64,
	};
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_reader *own = reader_at(client, writer->id);
	struct rring_reader *others = reader_at(client, self->ring);
	char *ledger = ledger_of(client);
	char *arena = (char *)client->arena;
	struct rring_event large;
	int err = rring_alloc(client, LARGE, 1, &large);
	const void *places[] = {
		large.data, (char *)large.data + LARGE - 1,
		arena, arena + client->arena->size - 1,
		ledger, ledger + ledger_size(client) - 1,
		client->pool[0].magazine,
		client->pool[0].payload,
		(char *)client->pool[0].payload +
			client->arena->payload_size - 1,
		writer->ring, (char *)writer->ring + writer->size - 1,
		own->cursor,
		others->ring,
	};
	size_t i;

	MUST(!err);
	for (i = 0; i < sizeof(places) / sizeof(*places); i++)
		MUST(!fault_at(places[i]));
	baton_pass(self->ready);
	baton_wait(self->go);
	for (i = 0; i < sizeof(places) / sizeof(*places); i++)
		MUST(fault_at(places[i]) == SIGBUS);
	MUST(fault_of_write(ledger) == SIGBUS);
	MUST(fault_of_write(writer->ring) == SIGBUS);
	MUST(fault_of_write(client->pool[0].payload) == SIGBUS);
	return 0;
}

TEST_F(evict, takes_all_mappings)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};
	struct victim victim = VICTIM(look_everywhere);
	pid_t pid;

	victim.ring = writer_of(self->client, &config)->id;
	pid = spawn(be_victim, &victim);
	EXPECT_EQ(0, evict_ready(self, pid));
}

/* Nothing that a process can do to a mapping brings its pages back. */
static int try_to_revive(struct victim *self, struct rring_client *client)
{
	size_t size = ledger_size(client);
	void *ledger = ledger_of(client);
	char byte;
	int fd[2];

	MUST(!pipe(fd));
	baton_pass(self->ready);
	baton_wait(self->go);
	MUST(!mprotect(ledger, size, PROT_READ));
	MUST(fault_at(ledger) == SIGBUS);
	MUST(!mprotect(ledger, size, PROT_READ | PROT_WRITE));
	MUST(fault_at(ledger) == SIGBUS);
	MUST(mremap(ledger, size, size * 2, MREMAP_MAYMOVE) == MAP_FAILED);
	MUST(mremap(ledger, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		    (char *)ledger + (1ul << 32)) == MAP_FAILED);
	MUST(fault_at(ledger) == SIGBUS);
	madvise(ledger, size, MADV_WILLNEED);
	madvise(ledger, size, MADV_POPULATE_READ);
	mlock(ledger, size);
	MUST(fault_at(ledger) == SIGBUS);
	MUST(write(fd[1], ledger, 1) == -1 && errno == EFAULT);
	MUST(write(fd[1], "", 1) == 1);
	MUST(read(fd[0], ledger, 1) == -1 && errno == EFAULT);
	MUST(read(fd[0], &byte, 1) >= 0);
	return 0;
}

TEST_F(evict, nothing_revives_a_mapping)
{
	struct victim victim = VICTIM(try_to_revive);
	pid_t pid = spawn(be_victim, &victim);

	EXPECT_EQ(0, evict_ready(self, pid));
}

static int call_everything(struct victim *self, struct rring_client *client)
{
	struct rring_wake wake = { .size = sizeof(wake), .pools = 1,
				   .flags = RRING_WAKE_POOLS };
	struct rring_attach attach;
	struct pollfd poll_fd = { .fd = rring_client_fd(client),
				  .events = POLLIN | POLLOUT };
	int i;

	baton_pass(self->ready);
	baton_wait(self->go);
	for (i = 0; i < CALLS; i++) {
		union args args = { .size = calls[i].size };

		if (calls[i].needs_client)
			MUST(device_call(client->fd, calls[i].request, &args)
			     == -EOWNERDEAD);
	}
	MUST(device_call(client->fd, RRING_IOC_WAKE, &wake) == -EOWNERDEAD);
	MUST(device_attach(client->fd, self->arena_fd, RRING_OBSERVER, &attach)
	     == -EBUSY);
	MUST(device_map(client->fd, RRING_REGION_MAGAZINE, 0,
			sizeof(struct rring_magazines), PROT_READ) ==
	     MAP_FAILED);
	MUST(errno == EOWNERDEAD);
	MUST(poll(&poll_fd, 1, 0) == 1 && poll_fd.revents & POLLERR);
	/* it may come back, as anybody may come, on a file of its own */
	client_of(self->arena_fd, RRING_PRODUCER);
	return 0;
}

TEST_F(evict, its_calls_say_that_it_is_dead)
{
	struct victim victim = VICTIM(call_everything);
	pid_t pid = spawn(be_victim, &victim);

	EXPECT_EQ(0, evict_ready(self, pid));
}

/* Mappings of its other client, through another file, are not touched. */
static int keep_the_other(struct victim *self, struct rring_client *client)
{
	struct rring_client *other = client_of(self->arena_fd, RRING_PRODUCER);
	struct rring_event event;

	baton_pass(self->ready);
	baton_wait(self->go);
	MUST(fault_at(client->arena) == SIGBUS);
	MUST(!rring_alloc(other, 8, 1, &event));
	memset(event.data, 1, 8);
	MUST(!rring_drop(other, &event));
	return 0;
}

TEST_F(evict, is_of_one_client)
{
	struct victim victim = VICTIM(keep_the_other);
	pid_t pid = spawn(be_victim, &victim);

	EXPECT_EQ(0, evict_ready(self, pid));
}

/* Who is told so can close what it has, and go on without. */
static int close_all(struct victim *self, struct rring_client *client)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.capacity = 4,
	};
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_reader *reader = reader_at(client, writer->id);

	reader_at(client, self->ring);
	MUST(!stream_put(writer, 64) && !stream_put(writer, 64));
	MUST(!stream_take(reader, 64));
	baton_pass(self->ready);
	baton_wait(self->go);
	rring_close(client);
	client = client_of(self->arena_fd, RRING_PRODUCER);
	rring_close(client);
	return 0;
}

TEST_F(evict, client_can_be_closed)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};
	struct victim victim = VICTIM(close_all);
	pid_t pid;

	victim.ring = writer_of(self->client, &config)->id;
	pid = spawn(be_victim, &victim);
	EXPECT_EQ(0, evict_ready(self, pid));
}

/* ---- calls in progress ---- */

static int sleep_for_slot(struct victim *self, struct rring_client *client)
{
	struct rring_refill args = {
		.size = sizeof(args),
		.pool = RRING_S,
		.count = 1,
		.deadline = RRING_FOREVER,
	};
	struct rring_event event;

	while (!rring_alloc(client, 200, 1, &event))
		;
	baton_pass(self->ready);
	MUST(device_call(client->fd, RRING_IOC_REFILL, &args) == -EOWNERDEAD);
	return 0;
}

static int sleep_for_event(struct victim *self, struct rring_client *client)
{
	struct rring_reader *reader = reader_at(client, self->ring);
	struct rring_wait args = {
		.size = sizeof(args),
		.what = RRING_WAIT_READABLE,
		.ring = self->ring,
		.reader = reader->id,
		.position = reader->pos,
		.deadline = RRING_FOREVER,
	};

	baton_pass(self->ready);
	MUST(device_call(client->fd, RRING_IOC_WAIT, &args) == -EOWNERDEAD);
	return 0;
}

static int sleep_for_any(struct victim *self, struct rring_client *client)
{
	struct rring_reader *reader = reader_at(client, self->ring);
	struct rring_wait args = {
		.size = sizeof(args),
		.what = RRING_WAIT_ANY,
		.position = 1ull << reader->cursor_id,
		.deadline = RRING_FOREVER,
	};

	baton_pass(self->ready);
	MUST(device_call(client->fd, RRING_IOC_WAIT, &args) == -EOWNERDEAD);
	return 0;
}

static int sleep_for_room(struct victim *self, struct rring_client *client)
{
	struct rring_ring_config config = {
		.name = "full",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 2,
		.stride = 64,
	};
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_wait args = {
		.size = sizeof(args),
		.what = RRING_WAIT_WRITABLE,
		.ring = writer->id,
		.deadline = RRING_FOREVER,
	};

	reader_at(client, writer->id);
	while (!stream_put(writer, 64))
		;
	baton_pass(self->ready);
	MUST(device_call(client->fd, RRING_IOC_WAIT, &args) == -EOWNERDEAD);
	return 0;
}

static int sleep_in_poll(struct victim *self, struct rring_client *client)
{
	struct pollfd poll_fd = { .fd = rring_client_fd(client),
				  .events = POLLIN };

	reader_at(client, self->ring);
	baton_pass(self->ready);
	MUST(poll(&poll_fd, 1, -1) == 1);
	MUST(poll_fd.revents & POLLERR);
	return 0;
}

FIXTURE(sleeping)
{
	struct nl nl;
	int arena_fd;
	uint32_t arena;
	struct rring_client *client;
	struct baton ready, go;
	struct shared *shared;
	struct rring_writer *writer;
};

FIXTURE_VARIANT(sleeping)
{
	int (*run)(struct victim *self, struct rring_client *client);
};

FIXTURE_VARIANT_ADD(sleeping, for_a_slot) { .run = sleep_for_slot };
FIXTURE_VARIANT_ADD(sleeping, for_an_event) { .run = sleep_for_event };
FIXTURE_VARIANT_ADD(sleeping, for_any_event) { .run = sleep_for_any };
FIXTURE_VARIANT_ADD(sleeping, for_room) { .run = sleep_for_room };
FIXTURE_VARIANT_ADD(sleeping, in_poll) { .run = sleep_in_poll };

FIXTURE_SETUP(sleeping)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};

	self->nl = nl_open();
	self->arena_fd = rring_arena_create(&arena_config);
	ASSERT_LE(0, self->arena_fd);
	self->arena = nl_arena(&self->nl, NAME);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->writer = writer_of(self->client, &config);
	self->shared = shared_new(sizeof(*self->shared));
	baton_init(&self->ready);
	baton_init(&self->go);
}

FIXTURE_TEARDOWN(sleeping)
{
	EXPECT_TRUE(all_free(self->client));
	rring_close(self->client);
	close(self->arena_fd);
	nl_close(&self->nl);
}

TEST_F(sleeping, is_woken_to_hear_it)
{
	struct victim victim = VICTIM(variant->run);
	pid_t pid;

	victim.ring = self->writer->id;
	pid = spawn(be_victim, &victim);
	baton_wait(&self->ready);
	until_asleep(pid);
	ASSERT_EQ(0, EVICT());
	EXPECT_EQ(0, reap(pid));
}

/* ---- what becomes of what it had ---- */

/* It takes all that its quota allows, and sits on it. */
static int hoard(struct victim *self, struct rring_client *client)
{
	struct rring_event event;
	int n = 0;

	while (!rring_alloc(client, 8, 1, &event))
		n++;
	MUST(n == SHARE);
	baton_pass(self->ready);
	baton_wait(self->go);
	return 0;
}

/* Who needs more than the others left. */
static int produce(void *arg)
{
	struct victim *self = arg;
	struct rring_client *client = client_of(self->arena_fd,
						RRING_PRODUCER);
	struct rring_event event;
	int i;

	for (i = 0; i < CAPACITY - SHARE; i++)
		MUST(!rring_alloc(client, 8, 1, &event));
	baton_pass(self->ready);
	MUST(!rring_alloc_until(client, 8, 1, RRING_FOREVER, &event));
	memset(event.data, 7, 8);
	return 0;
}

/* Two others, with a ring between them, which see no error all the while. */
struct stream {
	int arena_fd;
	struct baton *ready;
	uint64_t *read;
	int *stop;
};

static int read_all(void *arg)
{
	struct stream *stream = arg;
	struct rring_client *client = client_of(stream->arena_fd,
						RRING_CONSUMER);
	struct rring_reader_config config = { .ring_name = "others" };
	struct rring_reader *reader = reader_of(client, &config);
	int err;

	baton_pass(stream->ready);
	while (!(err = stream_take_soon(reader, 200)))
		++*stream->read;
	MUST(err == -EPIPE);
	return 0;
}

static int write_all(void *arg)
{
	struct rring_ring_config config = {
		.name = "others",
		.kind = RRING_INLINE,
		.capacity = 8,
		.stride = 256,
	};
	struct stream *stream = arg;
	struct rring_client *client = client_of(stream->arena_fd,
						RRING_PRODUCER);
	struct rring_writer *writer = writer_of(client, &config);

	baton_pass(stream->ready);
	while (!__atomic_load_n(stream->stop, __ATOMIC_RELAXED))
		MUST(!stream_put(writer, 200));
	return 0;
}

static const struct nl_object *find_hoarder(const struct nl_answer *answer)
{
	const struct nl_object *found = NULL;
	uint32_t i;

	for (i = 0; i < answer->n; i++)
		if (nl_pool_u32(&answer->object[i], 0,
				RRING_A_CLIENT_POOL_HELD) ==
		    nl_pool_u32(&answer->object[i], 0,
				RRING_A_CLIENT_POOL_QUOTA))
			found = &answer->object[i];
	return found;
}

TEST_F(evict, of_a_hoarder_lets_the_others_go_on)
{
	struct victim victim = VICTIM(hoard);
	struct baton ready;
	struct stream stream = {
		.arena_fd = self->arena_fd,
		.ready = &ready,
		.read = shared_new(sizeof(*stream.read)),
		.stop = shared_new(sizeof(*stream.stop)),
	};
	pid_t hoarder, producer, writer, reader;
	const struct nl_object *found;
	struct nl_answer answer;
	uint64_t seen;

	baton_init(&ready);
	writer = spawn(write_all, &stream);
	baton_wait(&ready);
	reader = spawn(read_all, &stream);
	baton_wait(&ready);
	hoarder = spawn(be_victim, &victim);
	baton_wait(&self->ready);
	producer = spawn(produce, &victim);
	baton_wait(&self->ready);
	until_starving(self->client, RRING_XS, producer);

	answer = nl_of_arena(&self->nl, RRING_CMD_CLIENT_GET, self->arena);
	found = find_hoarder(&answer);
	ASSERT_NE(NULL, found);
	EXPECT_EQ((uint32_t)hoarder, nl_u32(found, RRING_A_CLIENT_PID));
	EXPECT_EQ((uint32_t)SHARE, nl_u32(found, RRING_A_CLIENT_HELD));
	ASSERT_EQ(0, evict(&self->nl, self->arena,
			   nl_u32(found, RRING_A_CLIENT_ID),
			   nl_u32(found, RRING_A_CLIENT_SERIAL)));
	nl_free(&answer);

	EXPECT_EQ(0, reap(producer));
	seen = __atomic_load_n(stream.read, __ATOMIC_RELAXED);
	while (__atomic_load_n(stream.read, __ATOMIC_RELAXED) < seen + 1000)
		usleep(1000);
	__atomic_store_n(stream.stop, 1, __ATOMIC_RELAXED);
	EXPECT_EQ(0, reap(writer));
	EXPECT_EQ(0, reap(reader));
	/* it has not even noticed yet */
	baton_pass(&self->go);
	EXPECT_EQ(0, reap(hoarder));
}

static int hold_up_a_writer(struct victim *self, struct rring_client *client)
{
	struct rring_reader_config named = {
		.name = "named",
		.ring = self->ring,
		.start = RRING_START_OLDEST,
	};
	struct rring_ring_config config = {
		.name = "of-the-victim",
		.kind = RRING_HANDLES,
		.capacity = 4,
		.retain = 3,
	};
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_reader *reader = reader_of(client, &named);

	reader_at(client, self->ring);
	MUST(!stream_put(writer, 60) && !stream_put(writer, 60));
	baton_pass(self->ready);
	baton_wait(self->go);
	MUST(!stream_take(reader, 64));
	baton_pass(self->ready);
	baton_wait(self->go);
	return 0;
}

/* As by its death: what it wrote stays for its readers, a name stays. */
TEST_F(evict, ends_its_rings_and_frees_its_readers)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
	};
	struct rring_reader_config of_victim = {
		.ring_name = "of-the-victim",
		.start = RRING_START_OLDEST,
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	struct victim victim = VICTIM(hold_up_a_writer);
	struct rring_reader_config resumed = {
		.name = "named",
		.ring = writer->id,
	};
	struct rring_reader *reader;
	pid_t pid;

	victim.ring = writer->id;
	pid = spawn(be_victim, &victim);
	baton_wait(&self->ready);
	reader = reader_of(self->client, &of_victim);
	while (!stream_put(writer, 64))
		;
	baton_pass(&self->go);
	baton_wait(&self->ready);
	ASSERT_EQ(0, EVICT());
	ASSERT_EQ(0, stream_take(reader, 60));
	ASSERT_EQ(0, stream_take(reader, 60));
	EXPECT_EQ(-EPIPE, stream_take(reader, 60));
	rring_reader_close(reader, 0);
	/* the nameless one is gone, the other goes on behind what it had */
	reader = reader_of(self->client, &resumed);
	EXPECT_EQ(1ull, reader->pos);
	EXPECT_EQ(0, stream_put(writer, 64));
	baton_pass(&self->go);
	EXPECT_EQ(0, reap(pid));
}

/* ---- whom ---- */

static int wait_to_go(struct victim *self, struct rring_client *client)
{
	(void)client;
	baton_pass(self->ready);
	baton_wait(self->go);
	return 0;
}

TEST_F(evict, means_one_client_and_no_other)
{
	struct victim victim = VICTIM(wait_to_go);
	struct nl_answer answer;
	uint32_t last;
	pid_t pid = spawn(be_victim, &victim);

	baton_wait(&self->ready);
	last = self->client->arena->max_clients;
	EXPECT_EQ(-ESTALE, evict(&self->nl, self->arena, self->shared->client,
				 self->shared->serial + 1));
	EXPECT_EQ(-ESRCH, evict(&self->nl, self->arena, 0, 0));
	EXPECT_EQ(-ESRCH, evict(&self->nl, self->arena, last, 0));
	EXPECT_EQ(-ESRCH, evict(&self->nl, self->arena, last + 1, 0));
	EXPECT_EQ(-ESRCH, evict(&self->nl, self->arena, ~0u, 0));
	EXPECT_EQ(-ENOENT, evict(&self->nl, self->arena + 1,
				 self->shared->client, 0));
	answer = nl_of_arena(&self->nl, RRING_CMD_CLIENT_GET, self->arena);
	EXPECT_EQ(2u, answer.n);
	nl_free(&answer);
	ASSERT_EQ(0, EVICT());
	EXPECT_EQ(-ESRCH, EVICT());
	answer = nl_of_arena(&self->nl, RRING_CMD_CLIENT_GET, self->arena);
	EXPECT_EQ(1u, answer.n);
	nl_free(&answer);
	answer = nl_of_arena(&self->nl, RRING_CMD_ARENA_GET, self->arena);
	EXPECT_EQ(1ull, nl_u64(answer.object, RRING_A_ARENA_EVICTIONS));
	EXPECT_EQ(1ull, nl_u64(answer.object, RRING_A_ARENA_DEATHS));
	nl_free(&answer);
	baton_pass(&self->go);
	EXPECT_EQ(0, reap(pid));
}

/* Attached, but without a ledger: it never lived. */
static int attach_alone(void *arg)
{
	struct victim *self = arg;
	struct rring_attach attach;
	int fd = device_open();

	MUST(!device_attach(fd, self->arena_fd, RRING_PRODUCER, &attach));
	self->shared->client = attach.client;
	self->shared->serial = attach.serial;
	baton_pass(self->ready);
	baton_wait(self->go);
	MUST(device_map(fd, RRING_REGION_LEDGER, 0, attach.ledger_size,
			PROT_READ | PROT_WRITE) == MAP_FAILED);
	MUST(errno == EOWNERDEAD);
	return 0;
}

TEST_F(evict, of_one_that_has_only_attached)
{
	struct victim victim = VICTIM(NULL);
	pid_t pid = spawn(attach_alone, &victim);

	EXPECT_EQ(0, evict_ready(self, pid));
}

/* ---- at any moment ---- */

/*
 * Come, map, write, go, over and over, until it is evicted somewhere: in a
 * call, between two, or by a signal.
 */
static int come_and_go(void *arg)
{
	struct victim *self = arg;

	for (;;) {
		struct rring_client *client;
		struct rring_event event;

		if (rring_open_arena(&client, self->arena_fd, RRING_PRODUCER,
				     RRING_SINGLE_THREADED))
			continue;
		if (!rring_alloc(client, 8, 1, &event)) {
			memset(event.data, 1, 8);
			rring_share(client, &event);
		}
		rring_close(client);
	}
	return 0;
}

#define EVICTIONS	200

TEST_F(evict, at_any_moment)
{
	struct victim victim = VICTIM(NULL);
	pid_t pid = spawn(come_and_go, &victim);
	int n = 0, status;

	while (n < EVICTIONS) {
		struct nl_answer answer = nl_of_arena(&self->nl,
				RRING_CMD_CLIENT_GET, self->arena);
		uint32_t i;

		for (i = 0; i < answer.n; i++) {
			const struct nl_object *client = &answer.object[i];
			uint32_t id = nl_u32(client, RRING_A_CLIENT_ID);
			int err;

			if (id == self->client->id)
				continue;
			err = evict(&self->nl, self->arena, id,
				    nl_u32(client, RRING_A_CLIENT_SERIAL));
			ASSERT_TRUE(!err || err == -ESRCH || err == -ESTALE);
			n += !err;
		}
		nl_free(&answer);
		if (waitpid(pid, &status, WNOHANG) == pid) {
			ASSERT_TRUE(WIFSIGNALED(status));
			ASSERT_EQ(SIGBUS, WTERMSIG(status));
			pid = spawn(come_and_go, &victim);
		}
	}
	slay(pid);
}

TEST_HARNESS_MAIN
