// SPDX-License-Identifier: MPL-2.0
/*
 * rring-relay beside a plain program that uses the same library of the broker with the
 * same window: events/s that the broker has acknowledged.
 *
 *     contest SOCKET ROUNDS EVENTS
 */
#include <argp.h>
#include <err.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rusted_ring.h>

#include "../../../tools/relay/relay.h"
#include "../lib/sample.h"

#define WINDOW	256
#define STREAM	"contest"

int __real_rring_open(struct rring_client **client, const char *name,
		      enum rring_role role, unsigned int flags);
int __wrap_rring_open(struct rring_client **client, const char *name,
		      enum rring_role role, unsigned int flags);

const char *argp_program_version = "contest";

static const char *path;
static uint64_t events;
static char payload[1024];
static struct rring_writer *writer;

/* The tool asks for the device. */
int __wrap_rring_open(struct rring_client **client, const char *name,
		      enum rring_role role, unsigned int flags)
{
	return __real_rring_open(client, name, role,
				 (flags & ~RRING_ON_DEVICE) | RRING_IN_PROCESS);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- the plain program ---- */

static void must_answer(redisContext *context)
{
	void *answer;
	redisReply *reply;

	if (redisGetReply(context, &answer))
		errx(1, "%s", context->errstr);
	reply = answer;
	if (reply->type == REDIS_REPLY_ERROR)
		errx(1, "%s", reply->str);
	freeReplyObject(reply);
}

static void append(redisContext *context, uint64_t number, size_t size)
{
	char id[64];
	const char *words[] = { "XADD", STREAM, id, "type", "0", "time",
				"1796000000000000000", "data", payload };
	const size_t lens[] = { 4, strlen(STREAM),
				(size_t)snprintf(id, sizeof(id), "1-%lu",
						 number), 4, 1, 4, 19, 4, size };

	if (redisAppendCommandArgv(context, 9, words, lens))
		errx(1, "%s", context->errstr);
}

/* Half of the window is on the way while the other half is written. */
static double run_plain(size_t size)
{
	redisContext *context = redisConnectUnix(path);
	double begin = now();
	uint64_t sent, answered = 0;

	if (!context || context->err)
		errx(1, "%s: no broker", path);
	for (sent = 0; sent < events; sent++) {
		append(context, sent + 1, size);
		if (sent + 1 - answered < WINDOW)
			continue;
		while (sent + 1 - answered > WINDOW / 2) {
			must_answer(context);
			answered++;
		}
	}
	for (; answered < events; answered++)
		must_answer(context);
	redisFree(context);
	return (double)events / (now() - begin);
}

/* ---- the relay ---- */

static void *write_events(void *arg)
{
	uint32_t size = *(const uint32_t *)arg;
	uint64_t i;

	for (i = 0; i < events; i++)
		if (rring_add(writer, payload, size, 0))
			errx(1, "cannot publish");
	rring_writer_close(writer);
	return NULL;
}

/* Under the name of the relay, so that the writer waits for it from the first event on. */
static struct rring_reader *join(struct rring_client *client)
{
	const struct rring_reader_config config = {
		.ring_name = "ring",
		.name = "relay",
		.start = RRING_START_OLDEST,
	};
	struct rring_reader *reader;

	if (rring_reader_open(client, &config, &reader))
		errx(1, "no reader");
	return reader;
}

static double run_relay(uint32_t size)
{
	const struct rring_ring_config config = {
		.name = "ring",
		.kind = RRING_INLINE,
		.capacity = 4096,
		.stride = 1024,
	};
	static char name[] = "relay", out[] = "out", ring[] = "ring";
	static char end[] = "--end";
	char url[4096];
	char *words[] = { name, out, ring, url, end, NULL };
	struct rring_client *client;
	pthread_t thread;
	double rate, begin;

	snprintf(url, sizeof(url), "redis+unix://%s?stream=" STREAM, path);
	if (rring_open(&client, NULL, RRING_PRODUCER, RRING_IN_PROCESS) ||
	    rring_writer_open(client, &config, &writer))
		errx(1, "no ring");
	rring_reader_close(join(client), 0);
	begin = now();
	if (pthread_create(&thread, NULL, write_events, &size))
		errx(1, "no thread");
	if (relay_run(5, words))
		errx(1, "the relay has failed");
	rate = (double)events / (now() - begin);
	pthread_join(thread, NULL);
	rring_reader_close(join(client), 1);
	rring_close(client);
	return rate;
}

/* ---- both ---- */

static void remove_stream(void)
{
	redisContext *context = redisConnectUnix(path);

	if (!context || context->err ||
	    redisAppendCommand(context, "DEL " STREAM))
		errx(1, "%s: no broker", path);
	must_answer(context);
	redisFree(context);
}

static void print(const char *who, uint32_t size, uint32_t round, double value)
{
	const struct sample sample = {
		.figure = "relay",
		.size = size,
		.batch = WINDOW,
		.placement = "any",
		.who = who,
		.unit = "events/s",
		.value = value,
		.round = round,
	};

	sample_print(&sample);
}

static void run_round(uint32_t size, uint32_t round)
{
	remove_stream();
	print("rusted_ring", size, round, run_relay(size));
	remove_stream();
	print("hiredis", size, round, run_plain(size));
}

int main(int argc, char **argv)
{
	uint32_t rounds, i;

	if (argc != 4)
		errx(2, "contest SOCKET ROUNDS EVENTS");
	path = argv[1];
	rounds = (uint32_t)strtoul(argv[2], NULL, 10);
	events = strtoull(argv[3], NULL, 10);
	memset(payload, 'x', sizeof(payload));
	for (i = 0; i < rounds; i++) {
		run_round(64, i);
		run_round(1024, i);
	}
	return 0;
}
