// SPDX-License-Identifier: MPL-2.0
/*
 * From one ring to another, by two relays and a broker, beside two plain programs that
 * pass the same entries by the broker's own client, XADD and XREAD: how many events/s
 * arrive, and how long one event is on its way while nothing else is.
 *
 *     journey SOCKET ROUNDS EVENTS
 */
#include <argp.h>
#include <err.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "../../../tools/relay/relay.h"
#include "../lib/sample.h"

#define WINDOW	256
#define STREAM	"journey"
#define ALONE	1000		/* events that are sent one by one */

int __real_rring_open(struct rring_client **client, const char *name,
		      enum rring_role role, unsigned int flags);
int __wrap_rring_open(struct rring_client **client, const char *name,
		      enum rring_role role, unsigned int flags);

const char *argp_program_version = "journey";

static const char *path;
static uint64_t events;
static uint32_t size;
static char payload[1024];

struct result {
	double rate;		/* events/s */
	double alone[ALONE];	/* us */
};

/* What passes events: from send() to receive(), which waits for one. */
struct way {
	const char *name;
	void (*begin)(void);
	void (*send)(bool flush);
	void (*receive)(void);
};

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

static redisContext *connect_to_broker(void)
{
	redisContext *context = redisConnectUnix(path);

	if (!context || context->err)
		errx(1, "%s: no broker", path);
	return context;
}

static redisReply *get_reply(redisContext *context)
{
	void *answer;
	redisReply *reply;

	if (redisGetReply(context, &answer))
		errx(1, "%s", context->errstr);
	reply = answer;
	if (reply->type == REDIS_REPLY_ERROR)
		errx(1, "%s", reply->str);
	return reply;
}

/* ---- two relays ---- */

static struct rring_writer *writer;
static struct rring_reader *reader;

static struct rring_writer *make_ring(struct rring_client *client,
				      const char *name, const char *reader_name,
				      struct rring_reader **to)
{
	const struct rring_ring_config config = {
		.name = name,
		.kind = RRING_INLINE,
		.capacity = 4096,
		.stride = 1024,
	};
	const struct rring_reader_config join = {
		.ring_name = name,
		.name = reader_name,
		.start = RRING_START_OLDEST,
	};
	struct rring_writer *made;

	if (rring_writer_open(client, &config, &made) ||
	    rring_reader_open(client, &join, to))
		errx(1, "no ring");
	return made;
}

static void *run_relay(void *arg)
{
	char **words = arg;

	relay_run(4, words);
	errx(1, "a relay has ended");
}

static void relays_begin(void)
{
	static char name[] = "relay", out[] = "out", in[] = "in", ring[] = "ring";
	static char copy[] = "copy", url[4096];
	static char *out_words[] = { name, out, ring, url, NULL };
	static char *in_words[] = { name, in, url, copy, NULL };
	struct rring_client *client;
	struct rring_reader *relay;
	pthread_t thread;

	snprintf(url, sizeof(url), "redis+unix://%s?stream=" STREAM, path);
	if (rring_open(&client, NULL, RRING_PRODUCER, RRING_IN_PROCESS))
		errx(1, "no arena");
	writer = make_ring(client, "ring", "relay", &relay);
	rring_reader_close(relay, 0);
	rring_writer_leave(make_ring(client, copy, NULL, &reader));
	if (pthread_create(&thread, NULL, run_relay, out_words) ||
	    pthread_create(&thread, NULL, run_relay, in_words))
		errx(1, "no thread");
}

static void relays_send(bool flush)
{
	(void)flush;
	if (rring_add(writer, payload, size, 0))
		errx(1, "cannot publish");
}

static void relays_receive(void)
{
	struct rring_event event;

	if (rring_receive(reader, &event, RRING_FOREVER))
		errx(1, "cannot receive");
}

/* ---- two plain programs ---- */

static redisContext *from, *to;
static uint64_t sent, answered;
static redisReply *batch;	/* what was read last */
static size_t taken;		/* entries of it */
static char last[64] = "0-0";

static void plain_begin(void)
{
	from = connect_to_broker();
	to = connect_to_broker();
}

/* Half of the window is on the way while the other half is written. */
static void plain_send(bool flush)
{
	uint64_t most = flush ? 0 : WINDOW / 2;
	char id[64];
	const char *words[] = { "XADD", STREAM, id, "type", "0", "time",
				"1796000000000000000", "data", payload };
	const size_t lens[] = { 4, strlen(STREAM),
				(size_t)snprintf(id, sizeof(id), "1-%lu",
						 ++sent), 4, 1, 4, 19, 4, size };

	if (redisAppendCommandArgv(from, 9, words, lens))
		errx(1, "%s", from->errstr);
	if (!flush && sent - answered < WINDOW)
		return;
	for (; sent - answered > most; answered++)
		freeReplyObject(get_reply(from));
}

/* The reply is an array of one stream: its name, and the array of entries. */
static redisReply *entries(void)
{
	return batch->element[0]->element[1];
}

static void plain_receive(void)
{
	redisReply *newest;

	while (!batch || taken == entries()->elements) {
		if (batch)
			freeReplyObject(batch);
		redisAppendCommand(to, "XREAD COUNT %d BLOCK 0 STREAMS " STREAM
				   " %s", WINDOW, last);
		batch = get_reply(to);
		taken = 0;
		newest = entries()->element[entries()->elements - 1];
		snprintf(last, sizeof(last), "%s", newest->element[0]->str);
	}
	taken++;
}

static const struct way ways[] = {
	{ "rusted_ring", relays_begin, relays_send, relays_receive },
	{ "hiredis", plain_begin, plain_send, plain_receive },
};

/* ---- both ---- */

static sem_t arrived;
static double arrival;

static void *receive_all(void *arg)
{
	const struct way *way = arg;
	uint32_t i;
	uint64_t n;

	for (n = 0; n < events; n++)
		way->receive();
	sem_post(&arrived);
	for (i = 0; i < ALONE; i++) {
		way->receive();
		arrival = now();
		sem_post(&arrived);
	}
	return NULL;
}

static void wait_for_arrival(void)
{
	while (sem_wait(&arrived))
		;
}

static void measure(const struct way *way, struct result *result)
{
	pthread_t thread;
	double begin;
	uint64_t n;
	uint32_t i;

	way->begin();
	if (sem_init(&arrived, 0, 0) ||
	    pthread_create(&thread, NULL, receive_all, (void *)way))
		errx(1, "no thread");
	begin = now();
	for (n = 0; n < events; n++)
		way->send(n + 1 == events);
	wait_for_arrival();
	result->rate = (double)events / (now() - begin);
	for (i = 0; i < ALONE; i++) {
		begin = now();
		way->send(true);
		wait_for_arrival();
		result->alone[i] = (arrival - begin) * 1e6;
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void remove_stream(void)
{
	redisContext *context = connect_to_broker();

	redisAppendCommand(context, "DEL " STREAM);
	freeReplyObject(get_reply(context));
	redisFree(context);
}

static void print(const char *figure, const char *who, const char *unit,
		  uint32_t round, double value)
{
	const struct sample sample = {
		.figure = figure,
		.size = size,
		.batch = WINDOW,
		.placement = "any",
		.who = who,
		.unit = unit,
		.value = value,
		.round = round,
	};

	sample_print(&sample);
}

/* In a process of its own, which ends with all that runs in it. */
static void run(const struct way *way, uint32_t round)
{
	struct result *result = mmap(NULL, sizeof(*result),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	remove_stream();
	pid = result == MAP_FAILED ? -1 : fork();
	if (!pid) {
		measure(way, result);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		errx(1, "%s: the measurement has failed", way->name);
	qsort(result->alone, ALONE, sizeof(double), by_value);
	print("relay_journey", way->name, "events/s", round, result->rate);
	print("relay_alone", way->name, "us", round, result->alone[ALONE / 2]);
	print("relay_alone_99", way->name, "us", round,
	      result->alone[ALONE * 99 / 100]);
	munmap(result, sizeof(*result));
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = { 64, 1024 };
	uint32_t rounds, i, j;

	if (argc != 4)
		errx(2, "journey SOCKET ROUNDS EVENTS");
	path = argv[1];
	rounds = (uint32_t)strtoul(argv[2], NULL, 10);
	events = strtoull(argv[3], NULL, 10);
	memset(payload, 'x', sizeof(payload));
	for (i = 0; i < rounds; i++)
		for (j = 0; j < 4; j++) {
			size = sizes[j / 2];
			run(&ways[j % 2], i);
		}
	return 0;
}
