// SPDX-License-Identifier: MPL-2.0
/*
 * `topics [TOPICS [EVENTS [AT_ONCE [KILLS]]]]`: topics that come and go. AT_ONCE
 * publishers open TOPICS rings with names that begin with "topics/", one after
 * another. Each waits until its topic has a reader, publishes EVENTS events, and
 * closes the ring. A subscriber that knows no name in advance watches for topics,
 * reads each from its first event to its last, and so must find all of them, and all
 * events. KILLS publishers end in their work, and others go on: on the device they
 * are processes that are killed, without the module they are threads.
 */
#include <poll.h>
#include <sys/mman.h>

#include <rusted_ring.h>

#define PROGRAM		"topics"
#include "actors.h"

#define PREFIX		"topics/"
#define PUBLISHERS_MAX	100u
#define NEVER		~0u

static unsigned int topics = 1000, events = 100, at_once = 20, kills = 50;
static unsigned int killed;
static int arena;
static int on_device;

/*
 * By publisher: the topic that it publishes, or is to publish next. Publisher I has
 * the topics I, I + AT_ONCE, I + 2 * AT_ONCE and so on. A publisher that goes on for a
 * dead one finds here with which topic. The processes share this memory.
 */
static unsigned int *next_topic;

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

/*
 * Publish the next topic of publisher @i: all its events, or those that a dead
 * publisher has not published, which the ring has counted. Return 1, or 0 if it is
 * to end before event @last, as by a death.
 */
static int publish_topic(struct rring_client *client, unsigned int i,
			 unsigned int last)
{
	char name[RRING_NAME_MAX];
	const struct rring_ring_config config = {
		.name = name, .kind = RRING_INLINE, .policy = RRING_BLOCK,
		.capacity = 16, .stride = 64,
	};
	struct rring_writer *writer;
	unsigned int event;

	snprintf(name, sizeof(name), PREFIX "%u", next_topic[i]);
	must(rring_writer_open(client, &config, &writer), "open a topic");
	await_reader(writer, name);
	while ((event = (unsigned int)rring_writer_position(writer)) < events) {
		if (event == last)
			return 0;
		must(rring_add(writer, &event, sizeof(event), 0), "publish");
	}
	/* a death after this ends the stream, too */
	next_topic[i] += at_once;
	rring_writer_close(writer);
	return 1;
}

/* Be publisher @i. Return 1 if all its topics are published, else 0. */
static int be_publisher(unsigned int i, unsigned int last)
{
	struct rring_client *client = attach();
	int goes_on = 1;

	while (goes_on && next_topic[i] < topics)
		goes_on = publish_topic(client, i, last);
	rring_close(client);
	return goes_on;
}

/* ---- start and kill them ---- */

static struct actor publisher[PUBLISHERS_MAX];

static void publish(unsigned int i)
{
	be_publisher(i, NEVER);
}

/* The kills are shared out among the publishers. */
static void publish_with_ends(unsigned int i)
{
	unsigned int last;

	for (last = i; last < kills; last += at_once)
		if (!be_publisher(i, last % events))
			__atomic_fetch_add(&killed, 1, __ATOMIC_RELAXED);
	publish(i);
}

static void launch(unsigned int i)
{
	next_topic[i] = i;
	publisher[i] = (struct actor) {
		.number = i,
		.is_process = on_device,
		.work = publish,
		.work_with_ends = publish_with_ends,
	};
	actor_start(&publisher[i]);
}

/* Kill a publisher at work, and let another one go on. */
static void kill_one(void)
{
	unsigned int i = (unsigned int)rand() % at_once;

	if (next_topic[i] >= topics)
		return;
	actor_kill(&publisher[i]);
	killed++;
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
	unsigned char *is_open;	/* by number of the topic */
	unsigned char *has_ended;
	unsigned int ended;
};

/*
 * A topic is opened again when the next publisher goes on for a dead one. If the
 * dead one had no reader yet, its ring has gone, and the next one makes another.
 */
static void open_topic(struct subscriber *subscriber, const char *name)
{
	const struct rring_reader_config config = {
		.ring_name = name, .start = RRING_START_OLDEST,
	};
	unsigned int number = (unsigned int)strtoul(name + strlen(PREFIX),
						    NULL, 10);
	struct rring_reader *reader;
	struct topic *topic;
	int err;

	must_be(number < topics, "a topic has a number");
	if (subscriber->is_open[number])
		return;
	err = rring_reader_open(subscriber->client, &config, &reader);
	if (err == -ENOENT)
		return;
	must(err, "join a topic");
	must_be(!subscriber->has_ended[number], "a topic comes once");
	must(rring_set_add(subscriber->set, reader, 0), "add a topic");
	topic = &subscriber->topic[rring_reader_ring_id(reader)];
	topic->reader = reader;
	topic->number = number;
	topic->received = 0;
	subscriber->is_open[number] = 1;
}

static void close_topic(struct subscriber *subscriber, struct topic *topic)
{
	must(rring_set_remove(subscriber->set, topic->reader), "remove");
	rring_reader_close(topic->reader, 0);
	topic->reader = NULL;
	subscriber->is_open[topic->number] = 0;
	subscriber->has_ended[topic->number] = 1;
	subscriber->ended++;
	/* in the first half of the work, so that there is a publisher to kill */
	if (on_device && killed < kills &&
	    subscriber->ended * kills >= killed * (topics / 2))
		kill_one();
}

static void read_changes(struct subscriber *subscriber)
{
	struct rring_change change;
	int err;

	while (!(err = rring_watch_next(subscriber->watch, &change, 0)))
		if (change.kind == RRING_CHANGE_OPENED)
			open_topic(subscriber, change.ring_name);
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

/*
 * Close the topics whose stream has ended, after all their events were read. If
 * events are missing, the publisher has died, and the next one goes on.
 */
static void close_ended(struct subscriber *subscriber)
{
	unsigned int i;

	for (i = 1; i <= RRING_RINGS_MAX; i++) {
		struct topic *topic = &subscriber->topic[i];

		if (topic->reader && topic->received == events &&
		    rring_peek(topic->reader, 1) == -EPIPE)
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
	subscriber->is_open = calloc(topics + 1, 1);
	subscriber->has_ended = calloc(topics + 1, 1);
	must_be(subscriber->is_open && subscriber->has_ended,
		"there is memory");
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
	on_device = rring_backend() == RRING_BACKEND_DEVICE;
	next_topic = mmap(NULL, PUBLISHERS_MAX * sizeof(*next_topic),
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);
	must_be(next_topic != MAP_FAILED, "there is memory");
}

static void parse(int argc, char **argv)
{
	unsigned int *const values[] = { &topics, &events, &at_once, &kills };
	int i;

	must_be(argc <= 5, "topics [TOPICS [EVENTS [AT_ONCE [KILLS]]]]");
	for (i = 1; i < argc; i++)
		*values[i - 1] = (unsigned int)number_in(argv[i],
							 1000000);
	must_be(at_once && at_once <= PUBLISHERS_MAX, "1 to 100 publishers");
	must_be(events, "a topic has an event");
}

int main(int argc, char **argv)
{
	static struct subscriber subscriber;
	unsigned int i;

	parse(argc, argv);
	create_arena();
	begin(&subscriber);
	for (i = 0; i < at_once; i++)
		launch(i);
	subscribe(&subscriber);
	for (i = 0; i < at_once; i++)
		actor_end(&publisher[i]);
	rring_set_close(subscriber.set);
	rring_close(subscriber.client);
	free(subscriber.is_open);
	free(subscriber.has_ended);
	printf("topics: %u topics came and went, each with its %u events; %u publishers ended in their work\n",
	       topics, events, killed);
	return 0;
}
