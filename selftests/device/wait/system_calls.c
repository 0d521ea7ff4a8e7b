// SPDX-License-Identifier: MPL-2.0
/*
 * A publisher and a consumer that never wait make no system call except REFILL,
 * and at most one REFILL in 32 allocations. Both run under ptrace(2), which
 * counts the calls between two markers.
 */
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "rng.h"
#include "held_events.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define CAPACITY	256	/* slots: its batch is 32 */
#define WINDOW		64
#define WARM_UP		1000
#define EVENTS		20000
#define MARKER		SYS_getppid
#define LEN_MAX		64

struct part {
	int arena_fd;
	struct baton ready;
	struct baton go;
	struct rng rng;
	struct held_events held_events;
};

/* Publish @events events. On -EAGAIN, try again instead of waiting. */
static void publish(struct rring_writer *writer, int events)
{
	struct rring_client *client = writer->client;
	struct rring_event event;
	uint32_t len;
	int err;

	while (events--) {
		len = stream_len(writer->head, LEN_MAX);
		MUST(!rring_alloc(client, len, (uint32_t)writer->head,
				  &event));
		stream_fill(event.data, len, writer->head);
		while ((err = rring_publish(writer, &event)) == -EAGAIN)
			;
		MUST(!err);
	}
}

static int publish_steadily(void *arg)
{
	struct rring_ring_config config = {
		.name = "steady",
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = WINDOW,
	};
	struct part *part = arg;
	struct rring_writer *writer = writer_of(client_of(part->arena_fd,
							  RRING_PRODUCER),
						&config);

	baton_pass(&part->ready);
	baton_wait(&part->go);
	MUST(!ptrace(PTRACE_TRACEME));
	raise(SIGSTOP);
	publish(writer, WARM_UP);
	syscall(MARKER);
	publish(writer, EVENTS);
	syscall(MARKER);
	publish(writer, WARM_UP);
	return 0;
}

/* Keep one event and never drop it. */
static void keep_one(struct rring_reader *reader)
{
	struct rring_event event;

	while (rring_peek(reader, 1) == -EAGAIN)
		;
	MUST(!rring_entry(reader, 0, &event));
	MUST(!rring_keep(reader, &event));
	MUST(!rring_release(reader, 1));
}

/*
 * Hold events for a while and drop them in another order. Some of the first
 * events are never dropped, so that sweeps find odd numbers of slots.
 */
static void consume(struct part *part, struct rring_reader *reader, int events)
{
	int err;

	while (events--) {
		if (reader->pos < 200 && reader->pos % 3 == 0) {
			keep_one(reader);
			continue;
		}
		while ((err = held_events_take(
				&part->held_events,
				rng_below(&part->rng, HELD_EVENTS), reader)) ==
		       -EAGAIN)
			;
		MUST(!err);
	}
}

static int consume_steadily(void *arg)
{
	struct rring_reader_config config = { .ring_name = "steady" };
	struct part *part = arg;
	struct rring_reader *reader = reader_of(client_of(part->arena_fd,
							  RRING_CONSUMER),
						&config);

	part->held_events.client = reader->client;
	part->held_events.max = LEN_MAX;
	baton_pass(&part->ready);
	baton_wait(&part->go);
	MUST(!ptrace(PTRACE_TRACEME));
	raise(SIGSTOP);
	consume(part, reader, WARM_UP);
	syscall(MARKER);
	consume(part, reader, EVENTS);
	syscall(MARKER);
	consume(part, reader, WARM_UP);
	return 0;
}

/* System calls of a traced process between its markers. */
struct trace {
	pid_t pid;
	int begun;		/* markers seen */
	int refills;
	int others;
	long last_other;
	int status;		/* final wait status */
};

static void count_call(struct trace *trace)
{
	struct __ptrace_syscall_info info = { .op = 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, trace->pid, sizeof(info),
		   &info) < 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	if (info.entry.nr == MARKER) {
		trace->begun++;
	} else if (trace->begun != 1) {
		return;
	} else if (info.entry.nr == SYS_ioctl &&
		   info.entry.args[1] == RRING_IOC_REFILL) {
		trace->refills++;
	} else {
		trace->others++;
		trace->last_other = (long)info.entry.nr;
	}
}

/* Follow the @n processes of @trace until they have ended. */
static void follow(struct trace *trace, int n)
{
	int left = n;
	int status, i;

	while (left) {
		pid_t pid = waitpid(-1, &status, __WALL);

		for (i = 0; i < n && trace[i].pid != pid; i++)
			;
		if (i == n)
			continue;
		if (!WIFSTOPPED(status)) {
			trace[i].status = status;
			left--;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			count_call(&trace[i]);
		else
			ptrace(PTRACE_SETOPTIONS, pid, 0,
			       PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
	}
}

static pid_t start(struct part *part, int arena_fd, int (*run)(void *arg))
{
	pid_t pid;

	part->arena_fd = arena_fd;
	baton_init(&part->ready);
	baton_init(&part->go);
	pid = spawn(run, part);
	baton_wait(&part->ready);
	return pid;
}

TEST(nobody_calls_the_kernel_but_for_refills)
{
	static const uint32_t capacity[RRING_POOLS] = { CAPACITY };
	int arena_fd = arena_with(capacity, 0);
	struct rring_client *watcher = client_of(arena_fd, RRING_OBSERVER);
	struct trace trace[2] = { { .status = -1 }, { .status = -1 } };
	struct part part[2] = { { .rng = rng_new("steady") } };

	part[1].rng = part[0].rng;
	trace[0].pid = start(&part[0], arena_fd, publish_steadily);
	trace[1].pid = start(&part[1], arena_fd, consume_steadily);
	baton_pass(&part[1].go);
	baton_pass(&part[0].go);
	follow(trace, 2);
	printf("# %d allocations, %d refills\n", EVENTS, trace[0].refills);
	EXPECT_EQ(0, trace[0].status);
	EXPECT_EQ(0, trace[1].status);
	EXPECT_EQ(2, trace[0].begun);
	EXPECT_EQ(2, trace[1].begun);
	EXPECT_EQ(0, trace[0].others) {
		TH_LOG("the publisher made call %ld", trace[0].last_other);
	}
	EXPECT_EQ(0, trace[1].others + trace[1].refills) {
		TH_LOG("the consumer made call %ld", trace[1].last_other);
	}
	EXPECT_LT(0, trace[0].refills);
	EXPECT_LE(trace[0].refills, EVENTS / 32);
	EXPECT_TRUE(all_free(watcher));
}

/* A slot that was never shared is reused without a system call. */
TEST(nobody_calls_the_kernel_to_reuse_what_was_never_shared)
{
	int arena_fd = arena_small();
	struct rring_client *client = client_of(arena_fd, RRING_PRODUCER);
	struct rring_event event;
	uint64_t refills;
	int i;

	ASSERT_EQ(0, rring_alloc(client, 8, 1, &event));
	ASSERT_EQ(0, rring_drop(client, &event));
	refills = client->arena->pool[RRING_XS].refills;
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, rring_alloc(client, 8, 1, &event));
		ASSERT_EQ(0, rring_drop(client, &event));
	}
	ASSERT_EQ(refills, client->arena->pool[RRING_XS].refills);
	ASSERT_EQ(0ull, client->arena->pool[RRING_XS].failures);
}

TEST_HARNESS_MAIN
