// SPDX-License-Identifier: MPL-2.0
/*
 * The kernel writes into one ring from all contexts at once: tasks on all CPUs,
 * softirq, hardirq, irq_work and NMI. Each try is sent, discarded or dropped.
 * Each sent event is read or counted as lost. Each event is intact and in
 * order.
 */
#include <sched.h>
#include <signal.h>

#include "arena.h"
#include "kselftest_harness.h"
#include "module.h"
#include "kernel_writer.h"
#include "repetition.h"
#include "sleeper.h"
#include "stream.h"

#define TRIES	rounds(20000)
#define KEPT	8

FIXTURE(writer_contexts)
{
	int arena;
	struct rring_client *client;
	uint32_t contexts;	/* that there are */
	int has_nmi;
};

FIXTURE_SETUP(writer_contexts)
{
	const uint32_t capacity[RRING_POOLS] = { 1024, 512, 64, 16, 4 };

	ASSERT_EQ(0, producer_load());
	self->contexts = producer_contexts();
	self->has_nmi = self->contexts >> PRODUCER_NMI & 1;
	self->arena = arena_with(capacity, 0);
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(writer_contexts)
{
	EXPECT_TRUE(all_free(self->client));
	rring_close(self->client);
	close(self->arena);
	EXPECT_EQ(0, producer_unload());
}

/* ---- readers ---- */

struct result {
	int err;
	struct found found;
	uint64_t lost;
};

struct task {
	int arena;
	int fd;
	uint32_t ring;
	uint32_t flags;		/* flags of the reader */
	int keeps;
	struct baton joined;
	struct result *result;
};

/* Events that are held for a while. */
struct shelf {
	struct rring_event event[KEPT];
	uint64_t first[KEPT];	/* first word when kept */
	uint32_t n;
};

static int shelf_drop(struct shelf *shelf, struct rring_client *client,
		      uint32_t i)
{
	struct found found = {};

	if (!shelf->event[i].data)
		return 0;
	if (found_add(&found, &shelf->event[i]) ||
	    ((uint64_t *)shelf->event[i].data)[1] != shelf->first[i])
		return -EBADMSG;
	shelf->n--;
	MUST(!rring_drop(client, &shelf->event[i]));
	shelf->event[i].data = NULL;
	return 0;
}

static int shelf_put(struct shelf *shelf, struct rring_reader *reader,
		     const struct rring_event *event, uint64_t number)
{
	uint32_t i = number % KEPT;

	if (shelf_drop(shelf, reader->client, i))
		return -EBADMSG;
	MUST(!rring_keep(reader, event));
	shelf->event[i] = *event;
	shelf->first[i] = ((uint64_t *)event->data)[1];
	shelf->n++;
	return 0;
}

/* found_all() that holds every third event for a while. */
static int read_and_keep(struct found *found, struct rring_reader *reader)
{
	struct shelf shelf = {};
	struct rring_event event;
	uint32_t i;
	int got, err;

	for (;;) {
		err = rring_try_read(reader, &event);
		got = !err;
		if (err == -EAGAIN)
			err = rring_wait_readable(reader, SOON());
		else if (!err)
			err = found_add(found, &event);
		if (!err && got && found->events % 3 == 0)
			err = shelf_put(&shelf, reader, &event,
					found->events / 3);
		if (err)
			break;
	}
	for (i = 0; i < KEPT; i++)
		if (shelf_drop(&shelf, reader->client, i))
			err = -EBADMSG;
	return err;
}

/* Copy the next event, and check the copy only if release succeeds. */
static int observe_one(struct found *found, struct rring_reader *reader)
{
	struct rring_event event;
	uint64_t copy[8];
	int err = rring_try_read(reader, &event);

	if (err)
		return err;
	if (event.len <= sizeof(copy))
		memcpy(copy, event.data, event.len);
	err = rring_release(reader, 1);
	if (err)
		return err;
	if (event.len > sizeof(copy))
		return -EMSGSIZE;
	event.data = copy;
	return found_add(found, &event);
}

/* Read until the end, whatever is lost. */
static int observe(struct found *found, struct rring_reader *reader)
{
	int err;

	for (;;) {
		err = observe_one(found, reader);
		if (err == -EAGAIN)
			err = rring_wait_readable(reader, SOON());
		if (err && err != -ESTALE)
			return err;
	}
}

static int read_all(void *arg)
{
	struct task *task = arg;
	struct rring_client *client = client_of(task->arena, RRING_CONSUMER);
	struct rring_reader_config config = {
		.ring = task->ring,
		.start = RRING_START_OLDEST,
		.flags = task->flags,
	};
	struct rring_reader *reader = reader_of(client, &config);
	struct result *result = task->result;

	close(task->fd);
	baton_pass(&task->joined);
	if (task->flags & RRING_JOIN_OBSERVER)
		result->err = observe(&result->found, reader);
	else if (task->keeps)
		result->err = read_and_keep(&result->found, reader);
	else
		result->err = found_all(&result->found, reader);
	result->lost = reader->lost;
	rring_close(client);
	return 0;
}

static pid_t start_reader(struct task *task)
{
	pid_t pid;

	task->result = shared_new(sizeof(*task->result));
	baton_init(&task->joined);
	pid = spawn(read_all, task);
	baton_wait(&task->joined);
	return pid;
}

/* ---- the storm ---- */

static int open_producer(int arena, enum rring_kind kind,
			 enum rring_policy policy, uint32_t capacity,
			 uint32_t stock, uint32_t *ring)
{
	struct producer_open open = {
		.arena_fd = arena,
		.kind = kind,
		.policy = policy,
		.capacity = capacity,
		.stride = kind == RRING_INLINE ? 256 : 0,
	};
	int fd = producer_new();

	if (kind == RRING_HANDLES)
		open.stock[RRING_XS] = stock;
	MUST(!producer_call(fd, PRODUCER_OPEN, &open));
	*ring = open.ring_id;
	return fd;
}

static struct producer_stat storm(struct __test_metadata *_metadata, int fd,
				  uint32_t contexts, uint32_t discard)
{
	struct producer_run run = {
		.contexts = contexts,
		.tries = TRIES,
		.len = 64,
		.discard = discard,
	};
	struct producer_stat stat;

	EXPECT_EQ(0, producer_call(fd, PRODUCER_RUN, &run));
	stat = producer_stat(fd);
	EXPECT_EQ((uint64_t)TRIES * __builtin_popcount(contexts),
		  stat.sent + stat.discarded + producer_dropped(&stat));
	TH_LOG("sent %llu, discarded %llu, full %llu, busy %llu, no slot %llu; %llu NMIs",
	       stat.sent, stat.discarded, stat.dropped[RRING_DROP_FULL],
	       stat.dropped[RRING_DROP_BUSY], stat.dropped[RRING_DROP_NO_SLOT],
	       stat.nmis);
	return stat;
}

FIXTURE_VARIANT(writer_contexts)
{
	enum rring_kind kind;
	uint32_t capacity;
	uint32_t discard;
};

FIXTURE_VARIANT_ADD(writer_contexts, inline) {
	.kind = RRING_INLINE,
	.capacity = 4096,
};

FIXTURE_VARIANT_ADD(writer_contexts, inline_tight) {
	.kind = RRING_INLINE,
	.capacity = 5,
	.discard = 3,
};

FIXTURE_VARIANT_ADD(writer_contexts, handles) {
	.kind = RRING_HANDLES,
	.capacity = 512,
};

FIXTURE_VARIANT_ADD(writer_contexts, handles_tight) {
	.kind = RRING_HANDLES,
	.capacity = 5,
	.discard = 3,
};

TEST_F_TIMEOUT(writer_contexts, all_contexts_at_once_and_two_readers, 100)
{
	struct task task[2];
	struct producer_stat stat;
	uint32_t ring, i;
	pid_t pid[2];
	int fd;

	fd = open_producer(self->arena, variant->kind, RRING_FAIL,
			   variant->capacity, 128, &ring);
	for (i = 0; i < 2; i++) {
		task[i] = (struct task) {
			.arena = self->arena,
			.fd = fd,
			.ring = ring,
			.keeps = i && variant->kind == RRING_HANDLES,
		};
		pid[i] = start_reader(&task[i]);
	}
	stat = storm(_metadata, fd, self->contexts, variant->discard);
	EXPECT_EQ(self->has_nmi ? (uint64_t)TRIES : 0, stat.nmis);
	close(fd);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, reap(pid[i]));
		EXPECT_EQ(-EPIPE, task[i].result->err);
		EXPECT_EQ(stat.sent, task[i].result->found.events);
	}
}

TEST_F_TIMEOUT(writer_contexts, overwriting_loses_what_it_says, 100)
{
	struct task task = {
		.arena = self->arena,
		.flags = RRING_JOIN_OBSERVER,
	};
	struct producer_stat stat;
	pid_t pid;

	task.fd = open_producer(self->arena, variant->kind, RRING_OVERWRITE,
				variant->capacity, 128, &task.ring);
	pid = start_reader(&task);
	stat = storm(_metadata, task.fd, self->contexts, 0);
	close(task.fd);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EPIPE, task.result->err);
	EXPECT_EQ(stat.sent, task.result->found.events + task.result->lost);
}

/*
 * Repeat until an NMI has met another context. In a ring of one entry, each
 * reservation has to look for room, which takes the lock.
 */
TEST_F_TIMEOUT(writer_contexts, nmi_that_meets_somebody_is_a_counted_drop, 100)
{
	uint32_t contexts = 1 << PRODUCER_TASK | 1 << PRODUCER_OTHER_TASK |
			    1 << PRODUCER_NMI;
	struct producer_stat stat;
	uint64_t tried = 0;
	uint32_t ring;
	int fd;

	if (!self->has_nmi)
		SKIP(return, "no interrupt is an NMI: on arm64 that takes CONFIG_ARM64_PSEUDO_NMI, irqchip.gicv3_pseudo_nmi=1 and a PMU");
	fd = open_producer(self->arena, variant->kind, RRING_OVERWRITE, 1, 128,
			   &ring);
	do {
		struct producer_run run = {
			.contexts = contexts,
			.tries = TRIES / 4,
			.len = 64,
			.discard = variant->discard,
		};

		ASSERT_EQ(0, producer_call(fd, PRODUCER_RUN, &run));
		tried += 3 * run.tries;
		stat = producer_stat(fd);
		ASSERT_EQ(tried, stat.sent + stat.discarded +
				 producer_dropped(&stat));
	} while (!stat.dropped[RRING_DROP_BUSY]);
	close(fd);
}

/*
 * The ring is inline and the room is known, so no reservation takes the lock
 * and no NMI is dropped.
 */
TEST_F_TIMEOUT(writer_contexts, nothing_is_dropped_while_there_is_room, 100)
{
	struct producer_run run = {
		.contexts = self->contexts,
		.tries = 2500,
		.len = 64,
		.first = 1,
	};
	uint32_t sent = 1 + run.tries *
			(uint32_t)__builtin_popcount(self->contexts);
	struct task task = { .arena = self->arena };
	struct producer_stat stat;
	pid_t pid;

	task.fd = open_producer(self->arena, RRING_INLINE, RRING_FAIL, sent, 0,
				&task.ring);
	pid = start_reader(&task);
	ASSERT_EQ(0, producer_put(task.fd, 0, 64));
	ASSERT_EQ(0, producer_call(task.fd, PRODUCER_RUN, &run));
	stat = producer_stat(task.fd);
	EXPECT_EQ(0, producer_dropped(&stat));
	EXPECT_EQ(sent, stat.sent);
	close(task.fd);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EPIPE, task.result->err);
	EXPECT_EQ(sent, task.result->found.events);
}

#define VICTIMS_SHARE	1000	/* events read before the kill */

struct victim {
	pid_t pid;
	volatile struct found *found;
	int fd;
};

static int kill_in_the_storm(void *arg)
{
	struct victim *victim = arg;

	close(victim->fd);
	while (victim->found->events < VICTIMS_SHARE)
		sched_yield();
	return kill(victim->pid, SIGKILL);
}

TEST_F_TIMEOUT(writer_contexts, killed_reader_costs_nobody_anything, 100)
{
	struct task task[2];
	struct producer_stat stat;
	struct victim victim;
	uint32_t ring, i;
	pid_t pid[2], killer;
	int fd;

	fd = open_producer(self->arena, variant->kind, RRING_FAIL,
			   variant->capacity, 128, &ring);
	for (i = 0; i < 2; i++) {
		task[i] = (struct task) {
			.arena = self->arena,
			.fd = fd,
			.ring = ring,
		};
		pid[i] = start_reader(&task[i]);
	}
	victim = (struct victim) {
		.pid = pid[0],
		.found = &task[0].result->found,
		.fd = fd,
	};
	killer = spawn(kill_in_the_storm, &victim);
	storm(_metadata, fd, self->contexts, variant->discard);
	/* write until the reader has read enough to be killed */
	for (i = 0; victim.found->events < VICTIMS_SHARE; i++)
		producer_put(fd, TRIES + i, 64);
	EXPECT_EQ(0, reap(killer));
	EXPECT_EQ(128 + SIGKILL, reap(pid[0]));
	stat = producer_stat(fd);
	close(fd);
	EXPECT_EQ(0, reap(pid[1]));
	EXPECT_EQ(-EPIPE, task[1].result->err);
	EXPECT_EQ(stat.sent, task[1].result->found.events);
}

TEST_HARNESS_MAIN
