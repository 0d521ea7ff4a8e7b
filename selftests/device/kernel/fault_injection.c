// SPDX-License-Identifier: MPL-2.0
/*
 * Each allocation and user copy of a call fails once: the n-th one, for every n
 * until the call has no n-th one. The call then returns an error, has changed
 * nothing, and succeeds when repeated. When the process has ended, nothing of
 * it is left. Leaks outside of arenas are left to kmemleak.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "ioctl_calls.h"
#include "device.h"
#include "fault_injection.h"
#include "netlink.h"
#include "kernel_writer.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define NAME		"failing"
#define LARGE		40000	/* bytes: ten pages */

/* ---- inventory of the module ---- */

#define KINDS	5	/* arenas, pools, clients, rings, readers */

struct inventory {
	uint32_t known[KINDS];
	uint32_t free[RRING_POOLS];
};

/* Count all objects, and the free slots of @client's arena unless NULL. */
static struct inventory inventory(struct rring_client *client)
{
	struct inventory all = { .known = { 0 } };
	struct nl nl = nl_open();
	struct nl_answer answer;
	unsigned int i;

	for (i = 0; i < KINDS; i++) {
		answer = nl_dump(&nl, (uint8_t)(RRING_CMD_ARENA_GET + i), NULL);
		MUST(!answer.err);
		all.known[i] = answer.n;
		nl_free(&answer);
	}
	for (i = 0; client && i < RRING_POOLS; i++)
		all.free[i] = free_slots(client, i);
	nl_close(&nl);
	return all;
}

static int same(const struct inventory *a, const struct inventory *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* ---- calls ---- */

/* State of a call, created for each n in a new process. */
struct stage {
	const struct call *call;
	struct subject subject;
	union args args;
	struct nl nl;
	uint32_t arena;
	struct rring_client *other;
	struct rring_writer *writer;
	struct rring_event event;
	uint32_t reader;		/* id of an absent named reader */
	int is_away;
	char message[512];
	int fd;
};

struct action {
	/* prepare a try, without faults; may be NULL */
	void (*ready)(struct stage *stage);
	/* return a negative errno or a result */
	int (*run)(struct stage *stage);
	int number;	/* of the ioctl or the dump */
	int never;	/* must not fail */
};

/* Every ioctl, with the arguments of selftests/lib/ioctl_calls.c. */

static void ready_call(struct stage *stage)
{
	memset(&stage->args, 0, sizeof(stage->args));
	stage->call->good(&stage->subject, &stage->args);
	stage->args.size = stage->call->size;
}

static int run_call(struct stage *stage)
{
	return device_call(stage->subject.fd, stage->call->request,
			   &stage->args);
}

/* The device file, and calls of the library. */

static int run_open(struct stage *stage)
{
	stage->fd = open(RRING_DEVICE, O_RDWR | O_CLOEXEC);
	return stage->fd < 0 ? -errno : 0;
}

/* A client and all its mappings. */
static int run_client(struct stage *stage)
{
	return rring_open_arena(&stage->other, stage->subject.arena_fd,
				RRING_PRODUCER, RRING_SINGLE_THREADED);
}

static int run_writer(struct stage *stage)
{
	static const struct rring_ring_config config = {
		.name = "failing",
		.kind = RRING_HANDLES,
		.capacity = 16,
		.stall_ns = 3600 * NS_PER_S,
	};

	return rring_writer_open(stage->subject.client, &config,
				 &stage->writer);
}

static void ready_reader(struct stage *stage)
{
	if (!stage->writer)
		MUST(!run_writer(stage));
}

static const struct rring_reader_config reader_config = {
	.ring_name = "failing",
	.name = "reader",
};

static int run_reader(struct stage *stage)
{
	struct rring_reader *reader;

	return rring_reader_open(stage->subject.client, &reader_config,
				 &reader);
}

/* An XXL event and its mapping. */
static int run_large(struct stage *stage)
{
	struct rring_event event;

	return rring_alloc(stage->subject.client, LARGE, 1, &event);
}

static void ready_poll(struct stage *stage)
{
	close(stage->fd);
	stage->fd = epoll_create1(EPOLL_CLOEXEC);
	MUST(stage->fd >= 0);
}

static int run_poll(struct stage *stage)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(stage->fd, EPOLL_CTL_ADD, stage->subject.fd, &event) ?
	       -errno : 0;
}

/* Calls that release something must not fail. */

static void ready_unmap(struct stage *stage)
{
	MUST(!rring_alloc(stage->subject.client, LARGE, 1, &stage->event));
}

static int run_unmap(struct stage *stage)
{
	return rring_drop(stage->subject.client, &stage->event);
}

static void ready_close(struct stage *stage)
{
	MUST(!run_client(stage));
}

static int run_close(struct stage *stage)
{
	rring_close(stage->other);
	return 0;
}

/*
 * The process has all kinds of objects when it is killed. Its death releases
 * them in the kernel, without its code.
 */
static void ready_end(struct stage *stage)
{
	ready_reader(stage);
	MUST(!run_reader(stage));
	ready_unmap(stage);
	MUST(!rring_publish(stage->writer, &stage->event));
}

static int run_end(struct stage *stage)
{
	kill(getpid(), SIGKILL);
	return 0;
}

/* Netlink requests and their answers. */

static void ready_message(struct stage *stage, uint8_t command, uint16_t flags,
			  const struct nl_value *values)
{
	nl_close(&stage->nl);
	stage->nl = nl_open();
	nl_request(&stage->nl, stage->message, command, flags, values);
}

static int run_message(struct stage *stage)
{
	const struct nlmsghdr *message = (const void *)stage->message;

	return nl_raw(&stage->nl, message, message->nlmsg_len);
}

static void ready_dump(struct stage *stage)
{
	ready_reader(stage);
	ready_message(stage, (uint8_t)stage->fd, NLM_F_DUMP, NULL);
}

static void ready_quota(struct stage *stage)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_ARENA_ID, stage->arena),
		NL_U32(RRING_A_ARENA_QUOTA, 50),
		{ 0 }
	};

	ready_message(stage, RRING_CMD_ARENA_SET, NLM_F_ACK, values);
}

static void ready_stall(struct stage *stage)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_RING_ARENA, stage->arena),
		NL_U32(RRING_A_RING_ID, 0),
		NL_U64(RRING_A_RING_STALL_NS, NS_PER_S),
		{ 0 }
	};

	ready_reader(stage);
	values[1].number = stage->writer->id;
	ready_message(stage, RRING_CMD_RING_SET, NLM_F_ACK, values);
}

static void ready_client_quota(struct stage *stage)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_CLIENT_ARENA, stage->arena),
		NL_U32(RRING_A_CLIENT_ID, stage->subject.client->id),
		NL_U32(RRING_A_CLIENT_QUOTA, 50),
		{ 0 }
	};

	ready_message(stage, RRING_CMD_CLIENT_SET, NLM_F_ACK, values);
}

static void ready_forget(struct stage *stage)
{
	struct rring_reader *reader;
	struct nl_value values[] = {
		NL_U32(RRING_A_READER_ARENA, stage->arena),
		NL_U32(RRING_A_READER_RING, 0),
		NL_U32(RRING_A_READER_ID, 0),
		{ 0 }
	};

	ready_reader(stage);
	if (!stage->is_away) {
		MUST(!rring_reader_open(stage->subject.client, &reader_config,
					&reader));
		stage->reader = reader->id;
		stage->is_away = 1;
		rring_reader_close(reader, 0);
	}
	values[1].number = stage->writer->id;
	values[2].number = stage->reader;
	ready_message(stage, RRING_CMD_READER_FORGET, NLM_F_ACK, values);
}

static void ready_watch(struct stage *stage)
{
	ready_message(stage, RRING_CMD_WATCH, NLM_F_ACK, NULL);
}

static void ready_evict(struct stage *stage)
{
	struct nl_answer clients;
	const struct nl_object *found;
	struct nl_value values[] = {
		NL_U32(RRING_A_CLIENT_ARENA, stage->arena),
		NL_U32(RRING_A_CLIENT_ID, 0),
		NL_U32(RRING_A_CLIENT_SERIAL, 0),
		{ 0 }
	};

	if (!stage->other)
		MUST(!run_client(stage));
	clients = nl_of_arena(&stage->nl, RRING_CMD_CLIENT_GET, stage->arena);
	found = nl_find(&clients, RRING_A_CLIENT_ID, stage->other->id);
	MUST(found);
	values[1].number = stage->other->id;
	values[2].number = nl_u32(found, RRING_A_CLIENT_SERIAL);
	nl_free(&clients);
	ready_message(stage, RRING_CMD_CLIENT_EVICT, NLM_F_ACK, values);
}

/* A kernel writer. */

static void ready_kwriter(struct stage *stage)
{
	if (stage->fd >= 0)
		close(stage->fd);
	stage->fd = producer_new();
}

static int run_kwriter(struct stage *stage)
{
	struct producer_open open = {
		.arena_fd = stage->subject.arena_fd,
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 16,
		.stock = { 4, 4 },
	};

	return producer_call(stage->fd, PRODUCER_OPEN, &open);
}

static void ready_kwriter_close(struct stage *stage)
{
	ready_kwriter(stage);
	MUST(!run_kwriter(stage));
}

static int run_kwriter_close(struct stage *stage)
{
	return close(stage->fd);
}

/* ---- a try with a fault and a try without ---- */

/* Result of the call with the n-th fault. */
struct outcome {
	int failed;	/* the fault was injected */
	int err;	/* result of the call */
	int changed;	/* an error, but a change */
	int again;	/* result without faults */
};

struct trial {
	const struct action *action;
	unsigned int n;
	struct outcome *outcome;
};

static void stage_init(struct stage *stage, const struct action *action)
{
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { 64, 32, 16, 8, 4, [RRING_XXL] = 4 },
		.quota = 90,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	memset(stage, 0, sizeof(*stage));
	stage->subject.arena_fd = rring_arena_create(&config);
	MUST(stage->subject.arena_fd >= 0);
	stage->subject.client = client_of(stage->subject.arena_fd,
					  RRING_PRODUCER);
	stage->subject.fd = stage->subject.client->fd;
	stage->nl = nl_open();
	stage->arena = nl_arena(&stage->nl, NAME);
	stage->fd = action->run == run_message ? action->number : -1;
	if (action->run == run_call)
		stage->call = &calls[action->number];
}

static int try(void *arg)
{
	const struct trial *trial = arg;
	const struct action *action = trial->action;
	struct outcome *outcome = trial->outcome;
	struct inventory before, after;
	int fail = failure_fd();
	struct stage stage;

	stage_init(&stage, action);
	if (action->ready)
		action->ready(&stage);
	before = inventory(stage.subject.client);
	failure_at(fail, trial->n);
	outcome->err = action->run(&stage);
	outcome->failed = failure_came(fail);
	after = inventory(stage.subject.client);
	outcome->changed = outcome->err < 0 && !same(&before, &after);
	/*
	 * after a change only the answer was lost: there is nothing to repeat
	 */
	if (outcome->err < 0 && !outcome->changed) {
		if (action->ready)
			action->ready(&stage);
		outcome->again = action->run(&stage);
	}
	return 0;
}

/* ---- all of them ---- */

FIXTURE(failures)
{
	struct inventory nothing;
	struct outcome *outcome;
};

FIXTURE_VARIANT(failures)
{
	struct action action;
};

#define ACTION(name, ...) \
	FIXTURE_VARIANT_ADD(failures, name) { .action = { __VA_ARGS__ } }

#define CALL(name, number_) \
	ACTION(name, .ready = ready_call, .run = run_call, .number = (number_))

#define DUMP(name, command) \
	ACTION(name, .ready = ready_dump, .run = run_message,	\
	       .number = (command))

CALL(ioctl_create, 0);
CALL(ioctl_remove, 1);
CALL(ioctl_attach, 2);
CALL(ioctl_refill, 3);
CALL(ioctl_ring_open, 4);
CALL(ioctl_ring_close, 5);
CALL(ioctl_reader_join, 6);
CALL(ioctl_reader_leave, 7);
CALL(ioctl_reader_rejoin, 8);
CALL(ioctl_wait, 9);
CALL(ioctl_wake, 10);
CALL(ioctl_pool_stat, 11);
CALL(ioctl_reclaim, 12);
ACTION(open, .run = run_open);
ACTION(client, .run = run_client);
ACTION(client_close, .ready = ready_close, .run = run_close, .never = 1);
ACTION(writer, .run = run_writer);
ACTION(reader, .ready = ready_reader, .run = run_reader);
ACTION(large_event, .run = run_large);
ACTION(large_event_drop, .ready = ready_unmap, .run = run_unmap, .never = 1);
ACTION(poll, .ready = ready_poll, .run = run_poll);
ACTION(end, .ready = ready_end, .run = run_end, .never = 1);
DUMP(dump_arenas, RRING_CMD_ARENA_GET);
DUMP(dump_pools, RRING_CMD_POOL_GET);
DUMP(dump_clients, RRING_CMD_CLIENT_GET);
DUMP(dump_rings, RRING_CMD_RING_GET);
DUMP(dump_readers, RRING_CMD_READER_GET);
ACTION(set_quota, .ready = ready_quota, .run = run_message);
ACTION(set_stall, .ready = ready_stall, .run = run_message);
ACTION(set_client_quota, .ready = ready_client_quota, .run = run_message);
ACTION(forget, .ready = ready_forget, .run = run_message);
ACTION(watch, .ready = ready_watch, .run = run_message);
ACTION(evict, .ready = ready_evict, .run = run_message);
ACTION(kwriter, .ready = ready_kwriter, .run = run_kwriter);
ACTION(kwriter_close, .ready = ready_kwriter_close, .run = run_kwriter_close,
       .never = 1);

FIXTURE_SETUP(failures)
{
	ASSERT_EQ(0, failure_prepare());
	ASSERT_EQ(0, producer_load());
	self->outcome = shared_new(sizeof(*self->outcome));
	self->nothing = inventory(NULL);
}

FIXTURE_TEARDOWN(failures)
{
	EXPECT_EQ(0, producer_unload());
}

/* Return 1 for success, or for an errno that the fault explains. */
static int is_documented(const struct trial *trial)
{
	int err = trial->outcome->err;

	if (err >= 0)
		return 1;
	return trial->outcome->failed && !trial->action->never &&
	       (err == -ENOMEM || err == -EFAULT || err == -ENOBUFS);
}

/* Wait until the dead process has released all its objects. */
static void until_nothing_is_left(const struct inventory *nothing)
{
	struct inventory left;

	do {
		left = inventory(NULL);
	} while (!same(nothing, &left));
}

/* Wait for the child. Return 0 if it ended as expected. */
static int ended(pid_t pid, const struct trial *trial)
{
	if (trial->action->run != run_end)
		return reap(pid);
	trial->outcome->failed = failure_came_in(pid);
	return reap(pid) - (128 + SIGKILL);
}

TEST_F_TIMEOUT(failures, each_is_told_and_costs_nothing, 100)
{
	struct trial trial = {
		.action = &variant->action,
		.outcome = self->outcome,
	};
	const struct outcome *outcome = self->outcome;
	unsigned int told = 0;

	do {
		trial.n++;
		memset(self->outcome, 0, sizeof(*self->outcome));
		ASSERT_EQ(0, ended(spawn(try, &trial), &trial));
		told += outcome->err < 0;
		EXPECT_TRUE(is_documented(&trial)) {
			TH_LOG("%u: %d", trial.n, outcome->err);
		}
		/* if only the answer was lost, the errno is not -ENOMEM */
		EXPECT_FALSE(outcome->changed && outcome->err == -ENOMEM) {
			TH_LOG("%u: %d, but a change", trial.n, outcome->err);
		}
		EXPECT_LE(0, outcome->again) {
			TH_LOG("%u: %d, again: %d", trial.n, outcome->err,
			       outcome->again);
		}
		until_nothing_is_left(&self->nothing);
	} while (outcome->failed);
	TH_LOG("%u points of failure, of which %u fail the call", trial.n - 1,
	       told);
}

TEST_HARNESS_MAIN
