// SPDX-License-Identifier: MPL-2.0
/*
 * `topics [TOPICS [EVENTS [AT_ONCE]]]`: topics that come and go. AT_ONCE publishers
 * open TOPICS rings with names that begin with "topics/", one after another. Each
 * waits until its topic has a reader, publishes EVENTS events, and closes the ring.
 * A subscriber that knows no name in advance watches for topics, reads each from its
 * first event to its end, and so must find all of them, and all events.
 */
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rusted_ring.h>

#define PREFIX		"topics/"
#define PUBLISHERS_MAX	100u

static unsigned int topics = 1000, events = 100, at_once = 20;
static unsigned int next_topic;	/* changed by atomic operations */
static int arena;

static void must(long result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "topics: %s: %s\n", what, strerror((int)-result));
	exit(1);
}

static void must_be(int right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "topics: not so: %s\n", what);
	exit(1);
}

static struct rring_client *attach(void)
{
	struct rring_client *client;

	must(rring_open_arena(&client, arena, RRING_PRODUCER, 0), "attach");
	return client;
}

/* ---- publishers ---- */

/* Wait until the ring of @writer has a reader. */
static void await_reader(struct rring_writer *writer, const char *name)
{
	struct rring_change change;
	struct rring_watch *watch;

	must(rring_watch_open(rring_writer_client(writer), name, &watch),
	     "watch");
	while (!rring_writer_readers(writer))
		must(rring_watch_next(watch, &change, RRING_FOREVER),
		     "wait for a reader");
	rring_watch_close(watch);
}

static void publish_topic(struct rring_client *client, unsigned int number)
{
	char name[RRING_NAME_MAX];
	const struct rring_ring_config config = {
		.name = name, .kind = RRING_INLINE, .policy = RRING_BLOCK,
		.capacity = 16, .stride = 64,
	};
	struct rring_writer *writer;
	unsigned int i;

	snprintf(name, sizeof(name), PREFIX "%u", number);
	must(rring_writer_open(client, &config, &writer), "open a topic");
	await_reader(writer, name);
	for (i = 0; i < events; i++)
		must(rring_add(writer, &i, sizeof(i), 0), "publish");
	rring_writer_close(writer);
}

static void *publish(void *unused)
{
	struct rring_client *client = attach();
	unsigned int number;

	(void)unused;
	while ((number = __atomic_fetch_add(&next_topic, 1,
					    __ATOMIC_RELAXED)) < topics)
		publish_topic(client, number);
	rring_close(client);
	return NULL;
}

/* ---- the subscriber ---- */

struct topic {
	struct rring_reader *reader;	/* NULL: not open now */
	unsigned int number;
	unsigned int received;
};

struct subscriber {
	struct rring_client *client;
	struct rring_watch *watch;
	struct rring_set *set;
	struct topic topic[RRING_RINGS_MAX + 1];	/* by number of the ring */
	unsigned char *seen;	/* by number of the topic */
	unsigned int ended;
};

static void open_topic(struct subscriber *subscriber,
		       const struct rring_change *change)
{
	const struct rring_reader_config config = {
		.ring = change->ring, .start = RRING_START_OLDEST,
	};
	struct topic *topic = &subscriber->topic[change->ring];

	must(rring_reader_open(subscriber->client, &config, &topic->reader),
	     "join a topic");
	must(rring_set_add(subscriber->set, topic->reader, 0), "add a topic");
	topic->number = (unsigned int)strtoul(change->ring_name +
					      strlen(PREFIX), NULL, 10);
	topic->received = 0;
	must_be(topic->number < topics && !subscriber->seen[topic->number],
		"a topic comes once");
	subscriber->seen[topic->number] = 1;
}

static void close_topic(struct subscriber *subscriber, struct topic *topic)
{
	must_be(topic->received == events, "all events of a topic came");
	must(rring_set_remove(subscriber->set, topic->reader), "remove");
	rring_reader_close(topic->reader, 0);
	topic->reader = NULL;
	subscriber->ended++;
}

static void read_changes(struct subscriber *subscriber)
{
	struct rring_change change;
	int err;

	while (!(err = rring_watch_next(subscriber->watch, &change, 0)))
		if (change.kind == RRING_CHANGE_OPENED)
			open_topic(subscriber, &change);
	must(err == -EAGAIN ? 0 : err, "next change");
}

static void read_events(struct subscriber *subscriber)
{
	struct rring_reader *from;
	struct rring_event event;
	struct topic *topic;
	int err;

	while (!(err = rring_set_try_read(subscriber->set, &event, &from))) {
		topic = &subscriber->topic[rring_reader_ring_id(from)];
		must_be(*RRING_EVENT_AS(unsigned int, &event) ==
			topic->received++, "events come in their order");
	}
	must(err == -EAGAIN || err == -EPIPE ? 0 : err, "read");
}

/* Close the topics that have ended, after all their events were read. */
static void close_ended(struct subscriber *subscriber)
{
	unsigned int i;

	for (i = 1; i <= RRING_RINGS_MAX; i++) {
		struct topic *topic = &subscriber->topic[i];

		if (topic->reader && rring_peek(topic->reader, 1) == -EPIPE)
			close_topic(subscriber, topic);
	}
}

static void subscribe(struct subscriber *subscriber)
{
	struct pollfd pollfd = {
		.fd = rring_client_fd(subscriber->client), .events = POLLIN,
	};

	must(pollfd.fd, "descriptor");
	while (subscriber->ended < topics) {
		read_changes(subscriber);
		read_events(subscriber);
		close_ended(subscriber);
		if (subscriber->ended < topics)
			poll(&pollfd, 1, -1);
	}
	must_be(!rring_watch_missed(subscriber->watch), "no change was missed");
}

static void begin(struct subscriber *subscriber)
{
	const struct rring_set_config set = { .order = RRING_FAIR };

	subscriber->client = attach();
	subscriber->seen = calloc(topics + 1, 1);
	must_be(!!subscriber->seen, "there is memory");
	must(rring_watch_open(subscriber->client, PREFIX, &subscriber->watch),
	     "watch");
	must(rring_set_open(subscriber->client, &set, &subscriber->set),
	     "open a set");
}

/* ---- all of them ---- */

static void create_arena(void)
{
	struct rring_arena_config config = {
		.capacity = { 64 },
		.max_clients = PUBLISHERS_MAX + 1,
		.max_rings = PUBLISHERS_MAX + 1,
		.mode = 0700, .uid = ~0u, .gid = ~0u,
	};

	arena = rring_arena_create(&config);
	must(arena, "create an arena");
}

static unsigned int number_in(const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	must_be(!*end && end != text && number <= 1000000, "a number");
	return (unsigned int)number;
}

int main(int argc, char **argv)
{
	static struct subscriber subscriber;
	static pthread_t thread[PUBLISHERS_MAX];
	unsigned int i;

	if (argc > 1)
		topics = number_in(argv[1]);
	if (argc > 2)
		events = number_in(argv[2]);
	if (argc > 3)
		at_once = number_in(argv[3]);
	must_be(at_once && at_once <= PUBLISHERS_MAX, "1 to 100 publishers");
	create_arena();
	begin(&subscriber);
	for (i = 0; i < at_once; i++)
		must(-pthread_create(&thread[i], NULL, publish, NULL),
		     "start a thread");
	subscribe(&subscriber);
	for (i = 0; i < at_once; i++)
		must(-pthread_join(thread[i], NULL), "join a thread");
	rring_set_close(subscriber.set);
	rring_close(subscriber.client);
	free(subscriber.seen);
	printf("topics: %u topics came and went, each with its %u events\n",
	       topics, events);
	return 0;
}
