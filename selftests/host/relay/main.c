// SPDX-License-Identifier: MPL-2.0
/*
 * rring-relay with an arena in this process, beside a thread that writes or reads its
 * ring:
 *
 *     relay source EVENTS KIND DEATHS ARGUMENT...
 *     relay sink EVENTS KIND DEATHS ARGUMENT...
 *
 * source publishes EVENTS events, of 8 to 4000 bytes, in the ring `ring', and ends its
 * stream. sink reads so many from it, and checks that each one is that of its position.
 * KIND is handles, inline or overwrite, or one of these, with handles:
 *
 *     late     half of the events are published before the relay joins
 *     typed    the ring has a type
 *     absent   for sink: the relay creates the ring, with that type
 *     stall    the ring laps a reader after a millisecond
 *
 * The relay dies DEATHS times, before or after a call of the broker or a publication, as by
 * SIGKILL: its connection is closed, and its client, and nothing else is done. Then it
 * starts again. Each of these points has a number: the first half of the deaths is at
 * point 1, at point 2 and so on, the other half at random ones, which $RRING_SEED chooses.
 * Exits with the status of the relay.
 *
 * $RELAY_GATE is a file: after half of its events the source waits until it is there. It
 * removes the file when 16 more are published, or all that a ring which does not wait is
 * to get. With $RELAY_BUSY the relay always has another event to send. $RELAY_MOVED is the
 * URL after the first death.
 */
#include <argp.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "../../../tools/relay/relay.h"
#include "../../../tools/relay/session.h"
#include "../../../tools/rring/output/report.h"
#include "rng.h"
#include "stream.h"

#define MAX	4000		/* bytes of an event */
#define SPAN	300		/* a relay dies within so many points */

int __real_rring_open(struct rring_client **client, const char *name,
		      enum rring_role role, unsigned int flags);
int __wrap_rring_open(struct rring_client **client, const char *name,
		      enum rring_role role, unsigned int flags);
struct broker *__real_redis_new(const struct url *url, uint64_t most);
struct broker *__wrap_redis_new(const struct url *url, uint64_t most);
int __real_rring_reader_open(struct rring_client *client,
			     const struct rring_reader_config *config,
			     struct rring_reader **reader);
int __wrap_rring_reader_open(struct rring_client *client,
			     const struct rring_reader_config *config,
			     struct rring_reader **reader);
void __real_rring_reader_close(struct rring_reader *reader, int forget);
void __wrap_rring_reader_close(struct rring_reader *reader, int forget);
int __real_rring_publish_until(struct rring_writer *writer,
			       const struct rring_event *event,
			       uint64_t deadline);
int __wrap_rring_publish_until(struct rring_writer *writer,
			       const struct rring_event *event,
			       uint64_t deadline);
int __real_rring_add(struct rring_writer *writer, const void *data,
		     uint32_t len, uint32_t event_type);
int __wrap_rring_add(struct rring_writer *writer, const void *data,
		     uint32_t len, uint32_t event_type);
int __real_rring_add_until(struct rring_writer *writer, const void *data,
			   uint32_t len, uint32_t event_type,
			   uint64_t deadline);
int __wrap_rring_add_until(struct rring_writer *writer, const void *data,
			   uint32_t len, uint32_t event_type,
			   uint64_t deadline);

const char *argp_program_version = "relay";

/* ---- death ---- */

static uint32_t fuse;			/* points until the relay dies; 0: never */
static struct rring_client *client;	/* of the relay */
static struct broker *broker;		/* of the relay */
static const struct broker_ops *real;
static struct rring_writer *writer;	/* of the source */

static void point(void)
{
	if (!fuse || --fuse)
		return;
	if (broker)
		real->disconnect(broker);
	pthread_exit(&fuse);
}

/* Call @call between two points. */
#define MORTAL(type, call) ({						\
	type result_;							\
									\
	point();							\
	result_ = (call);						\
	point();							\
	result_;							\
})

static int mortal_connect(struct broker *b)
{
	return MORTAL(int, real->connect(b));
}

static void mortal_disconnect(struct broker *b)
{
	point();
	real->disconnect(b);
}

static int mortal_last(struct broker *b, struct broker_id *id,
		       uint64_t *entries)
{
	return MORTAL(int, real->last(b, id, entries));
}

static uint64_t appended;	/* position of an entry; 0: none but perhaps that */

static int mortal_append(struct broker *b, const struct broker_entry *entry)
{
	__atomic_store_n(&appended, entry->id.position, __ATOMIC_RELEASE);
	return MORTAL(int, real->append(b, entry));
}

static int mortal_commit(struct broker *b)
{
	while (getenv("RELAY_BUSY") &&
	       rring_writer_position(writer) <= appended + 1)
		sched_yield();
	return MORTAL(int, real->commit(b));
}

static int mortal_acknowledged(struct broker *b)
{
	return MORTAL(int, real->acknowledged(b));
}

static int mortal_forget(struct broker *b)
{
	return MORTAL(int, real->forget(b));
}

static int mortal_read(struct broker *b, struct broker_id after, uint32_t n,
		       uint32_t ms, broker_handler_t handler, void *context)
{
	return MORTAL(int, real->read(b, after, n, ms, handler, context));
}

static int mortal_range(struct broker *b, struct broker_id first,
			struct broker_id last, uint32_t n,
			broker_handler_t handler, void *context)
{
	return MORTAL(int, real->range(b, first, last, n, handler, context));
}

static bool mortal_has_hung_up(struct broker *b)
{
	return MORTAL(bool, real->has_hung_up(b));
}

static const struct broker_ops mortal_ops = {
	.connect = mortal_connect,
	.disconnect = mortal_disconnect,
	.last = mortal_last,
	.append = mortal_append,
	.commit = mortal_commit,
	.acknowledged = mortal_acknowledged,
	.forget = mortal_forget,
	.read = mortal_read,
	.range = mortal_range,
	.has_hung_up = mortal_has_hung_up,
};

struct broker *__wrap_redis_new(const struct url *url, uint64_t most)
{
	broker = __real_redis_new(url, most);
	real = broker->ops;
	broker->ops = &mortal_ops;
	return broker;
}

/* The tool asks for the device. */
int __wrap_rring_open(struct rring_client **to, const char *name,
		      enum rring_role role, unsigned int flags)
{
	int err = __real_rring_open(to, name, role, (flags & ~RRING_ON_DEVICE) |
						    RRING_IN_PROCESS);

	client = err ? NULL : *to;
	return err;
}

int __wrap_rring_reader_open(struct rring_client *of,
			     const struct rring_reader_config *config,
			     struct rring_reader **to)
{
	return MORTAL(int, __real_rring_reader_open(of, config, to));
}

void __wrap_rring_reader_close(struct rring_reader *of, int forget)
{
	point();
	__real_rring_reader_close(of, forget);
	point();
}

int __wrap_rring_publish_until(struct rring_writer *writer,
			       const struct rring_event *event,
			       uint64_t deadline)
{
	return MORTAL(int, __real_rring_publish_until(writer, event, deadline));
}

int __wrap_rring_add(struct rring_writer *writer, const void *data,
		     uint32_t len, uint32_t event_type)
{
	return MORTAL(int, __real_rring_add(writer, data, len, event_type));
}

int __wrap_rring_add_until(struct rring_writer *writer, const void *data,
			   uint32_t len, uint32_t event_type,
			   uint64_t deadline)
{
	return MORTAL(int, __real_rring_add_until(writer, data, len, event_type,
						  deadline));
}

/* ---- the relay ---- */

struct run {
	int argc;
	char **argv;
	int status;
};

static void *run_relay(void *arg)
{
	struct run *run = arg;

	run->status = relay_run(run->argc, run->argv);
	client = NULL;
	return NULL;
}

/* Returns 1 if the relay has died. */
static int run_once(struct run *run)
{
	pthread_t thread;
	void *died;

	broker = NULL;
	MUST(!pthread_create(&thread, NULL, run_relay, run));
	MUST(!pthread_join(thread, &died));
	if (died && client)
		rring_close(client);
	client = NULL;
	return !!died;
}

static void move(const struct run *run)
{
	char *url = getenv("RELAY_MOVED");
	int i;

	for (i = 0; i < run->argc; i++)
		if (url && strstr(run->argv[i], "://"))
			run->argv[i] = url;
}

static int run_all(struct run *run, uint32_t deaths)
{
	const char *seed = getenv("RRING_SEED");
	struct rng rng = { .state = seed ? strtoull(seed, NULL, 0) : 1 };
	uint32_t n = 0;

	do {
		n++;
		fuse = n <= deaths / 2 ? n :
		       n <= deaths ? 1 + rng_below(&rng, SPAN) : 0;
		if (n == 2)
			move(run);
	} while (run_once(run));
	return run->status;
}

/* ---- the other side of the ring ---- */

static struct rring_ring_config config = {
	.name = "ring",
	.kind = RRING_HANDLES,
	.capacity = 64,
	.retain = 32,
};

static uint64_t events;
static struct rring_client *own;
static struct rring_reader *reader;
static bool late, absent;

static void parse_kind(const char *kind)
{
	late = !strcmp(kind, "late");
	absent = !strcmp(kind, "absent");
	if (!strcmp(kind, "stall"))
		config.stall_ns = 1000000;
	if (absent || !strcmp(kind, "typed"))
		config.type = (struct rring_type) { "struct number", 8 };
	if (!strcmp(kind, "inline") || !strcmp(kind, "overwrite")) {
		config.kind = RRING_INLINE;
		config.stride = (MAX + RRING_LINE - 1) / RRING_LINE * RRING_LINE;
	}
	if (!strcmp(kind, "overwrite")) {
		config.policy = RRING_OVERWRITE;
		config.retain = 0;
	}
}

static const struct timespec a_while = { .tv_nsec = 10000000 };

static void wait_at_gate(const char *gate)
{
	while (access(gate, F_OK))
		nanosleep(&a_while, NULL);
}

/* Does the ring wait for its readers? */
static bool waits(void)
{
	return config.policy != RRING_OVERWRITE && !config.stall_ns;
}

static void wait_for_relay(void)
{
	while (!__atomic_load_n(&appended, __ATOMIC_ACQUIRE))
		nanosleep(&a_while, NULL);
}

static void *publish(void *arg)
{
	const char *gate = getenv("RELAY_GATE");
	uint64_t i;
	int err;

	(void)arg;
	for (i = 0; i < events; i++) {
		if (gate && i == events / 2)
			wait_at_gate(gate);
		if (late && i == events / 2)
			wait_for_relay();
		if (gate && i == (waits() ? events / 2 + 16 : events - 1))
			unlink(gate);
		do {
			err = stream_put(writer, MAX);
		} while (err == -ETIMEDOUT);
		MUST(!err);
	}
	rring_writer_close(writer);
	return NULL;
}

static void join_later(void)
{
	const struct rring_reader_config join = {
		.ring_name = config.name,
		.start = RRING_START_OLDEST,
		.type = config.type,
	};
	int err;

	while ((err = __real_rring_reader_open(own, &join, &reader)) == -ENOENT)
		nanosleep(&a_while, NULL);
	MUST(!err);
}

/* The stream ends with each death of the relay. */
static void *consume(void *arg)
{
	uint64_t i;
	int err;

	(void)arg;
	if (absent)
		join_later();
	for (i = rring_reader_position(reader); i < events; i++) {
		while ((err = stream_take(reader, MAX)) == -EAGAIN ||
		       err == -EPIPE)
			MUST(!rring_wait_readable(reader, RRING_FOREVER));
		if (err)
			fprintf(stderr, "the event at %lu is another one\n", i);
		MUST(!err);
	}
	kill(getpid(), SIGTERM);
	return NULL;
}

static void begin(bool is_source)
{
	const struct rring_reader_config join = {
		.ring_name = config.name,
		.flags = config.policy == RRING_OVERWRITE ?
			 RRING_JOIN_OBSERVER : 0,
		.name = is_source && config.policy != RRING_OVERWRITE ?
			"relay" : NULL,
		.start = RRING_START_OLDEST,
	};

	MUST(!__real_rring_open(&own, NULL, RRING_PRODUCER, RRING_IN_PROCESS));
	if (absent)
		return;
	MUST(!rring_writer_open(own, &config, &writer));
	if (late)
		return;
	/* a reader keeps the ring and, under the name of the relay, its events */
	MUST(!__real_rring_reader_open(own, &join, &reader));
	if (is_source && join.name)
		__real_rring_reader_close(reader, 0);
	if (!is_source)
		rring_writer_leave(writer);
}

int main(int argc, char **argv)
{
	static char name[] = "rring-relay";
	struct run run = { .argc = argc - 4, .argv = argv + 4 };
	pthread_t thread;
	uint32_t deaths;
	bool is_source;
	int status;

	if (argc < 5)
		return STATUS_USAGE;
	argp_err_exit_status = STATUS_USAGE;
	program_invocation_short_name = name;
	is_source = !strcmp(argv[1], "source");
	events = strtoull(argv[2], NULL, 10);
	parse_kind(argv[3]);
	deaths = (uint32_t)strtoul(argv[4], NULL, 10);
	begin(is_source);
	run.argv[0] = name;
	MUST(!pthread_create(&thread, NULL, is_source ? publish : consume, NULL));
	/* what a ring overwrites is overwritten before it is relayed */
	if (config.policy == RRING_OVERWRITE && !getenv("RELAY_GATE"))
		pthread_join(thread, NULL);
	while ((late || (getenv("RELAY_GATE") && !waits())) &&
	       rring_writer_position(writer) < events / 2)
		sched_yield();
	status = run_all(&run, deaths);
	/* after a signal the source may wait for room for ever */
	if ((config.policy != RRING_OVERWRITE || getenv("RELAY_GATE")) &&
	    !(is_source && session_is_over()))
		pthread_join(thread, NULL);
	return status;
}
