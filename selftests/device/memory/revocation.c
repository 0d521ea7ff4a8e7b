// SPDX-License-Identifier: MPL-2.0
/*
 * An evicted client loses its mappings at once. All its calls, also those that
 * sleep, return an error.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "ioctl_calls.h"
#include "device.h"
#include "eviction.h"
#include "page.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define LARGE		1000000	/* bytes: an XXL event */

FIXTURE(revocation)
{
	struct scene scene;
};

FIXTURE_SETUP(revocation)
{
	scene_init(&self->scene);
}

FIXTURE_TEARDOWN(revocation)
{
	EXPECT_TRUE(scene_end(&self->scene));
}

/* ---- mappings ---- */

static sigjmp_buf after_fault;

static void on_fault(int signal)
{
	siglongjmp(after_fault, signal);
}

/* Return the signal that a load from @address raises, or 0. */
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

/* Access an address and the last page of every kind of region. */
static int look_everywhere(struct evictee *self, struct rring_client *client)
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
	MUST(fault_of_write(client->pool[0].own) == SIGBUS);
	return 0;
}

TEST_F(revocation, takes_all_mappings)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};
	struct evictee victim = evictee_of(&self->scene, look_everywhere);

	victim.ring = writer_of(self->scene.client, &config)->id;
	EXPECT_EQ(0, scene_evict_child(&self->scene, evictee_run, &victim));
}

/* No call on a mapping brings its pages back. */
static int try_to_revive(struct evictee *self, struct rring_client *client)
{
	size_t size = whole_pages(ledger_size(client));
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

TEST_F(revocation, nothing_revives_a_mapping)
{
	struct evictee victim = evictee_of(&self->scene, try_to_revive);

	EXPECT_EQ(0, scene_evict_child(&self->scene, evictee_run, &victim));
}

static int call_everything(struct evictee *self, struct rring_client *client)
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
	/* the process can attach again through a new file */
	client_of(self->arena_fd, RRING_PRODUCER);
	return 0;
}

TEST_F(revocation, its_calls_say_that_it_is_dead)
{
	struct evictee victim = evictee_of(&self->scene, call_everything);

	EXPECT_EQ(0, scene_evict_child(&self->scene, evictee_run, &victim));
}

/* Mappings of another client of the same process are not affected. */
static int keep_the_other(struct evictee *self, struct rring_client *client)
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

TEST_F(revocation, is_of_one_client)
{
	struct evictee victim = evictee_of(&self->scene, keep_the_other);

	EXPECT_EQ(0, scene_evict_child(&self->scene, evictee_run, &victim));
}

/* An evicted process can close its client and open a new one. */
static int close_all(struct evictee *self, struct rring_client *client)
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

TEST_F(revocation, client_can_be_closed)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};
	struct evictee victim = evictee_of(&self->scene, close_all);

	victim.ring = writer_of(self->scene.client, &config)->id;
	EXPECT_EQ(0, scene_evict_child(&self->scene, evictee_run, &victim));
}

/* ---- calls in progress ---- */

static int sleep_for_slot(struct evictee *self, struct rring_client *client)
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

static int sleep_for_event(struct evictee *self, struct rring_client *client)
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

static int sleep_for_any(struct evictee *self, struct rring_client *client)
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

static int sleep_for_room(struct evictee *self, struct rring_client *client)
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

static int sleep_in_poll(struct evictee *self, struct rring_client *client)
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
	struct scene scene;
	struct rring_writer *writer;
};

FIXTURE_VARIANT(sleeping)
{
	int (*run)(struct evictee *self, struct rring_client *client);
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

	scene_init(&self->scene);
	self->writer = writer_of(self->scene.client, &config);
}

FIXTURE_TEARDOWN(sleeping)
{
	EXPECT_TRUE(scene_end(&self->scene));
}

TEST_F(sleeping, is_woken_to_hear_it)
{
	struct evictee victim = evictee_of(&self->scene, variant->run);
	pid_t pid;

	victim.ring = self->writer->id;
	pid = spawn(evictee_run, &victim);
	baton_wait(&self->scene.ready);
	until_asleep(pid);
	ASSERT_EQ(0, scene_evict(&self->scene));
	EXPECT_EQ(0, reap(pid));
}

TEST_HARNESS_MAIN
