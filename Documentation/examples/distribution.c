// SPDX-License-Identifier: MPL-2.0
/*
 * `distribution [EVENTS]`: an event is written once and shared by four actors,
 * each a thread that is a client of its own: one stores it, one indexes it, one
 * counts, one keeps an audit trail. They work at their own pace. A slot is
 * free again when the last of them is done with it, and at the end all are.
 */
#include <stddef.h>

#include <rusted_ring.h>

#define PROGRAM		"distribution"
#include "actors.h"

#define TYPES	4
#define USERS	97
#define KEPT	32	/* by the indexer, at a time */
#define SLOTS	600

struct edit {
	uint64_t number;
	uint64_t timestamp;
	uint32_t user;
	char text[];
};

static const struct rring_ring_config edits_ring = {
	.name = "edits", .kind = RRING_HANDLES, .policy = RRING_BLOCK,
	.capacity = 256,
};

static uint64_t events = 100000;
static int arena;
static pthread_barrier_t barrier;

/* What the actors have made of the events. */
static FILE *database;
static uint64_t stored;
static uint64_t edits_of[USERS];	/* the index */
static uint64_t indexed;
static uint64_t counted[TYPES], counted_bytes;
static uint64_t trail;

/* What they should have. */
static uint64_t sent_edits_of[USERS];
static uint64_t sent[TYPES], sent_bytes;
static uint64_t sent_trail;

static struct rring_client *attach(enum rring_role role)
{
	struct rring_client *client;

	must(rring_open_arena(&client, arena, role, RRING_SINGLE_THREADED),
	     "attach");
	return client;
}

/* ---- the incoming events ---- */

static uint32_t edit_len(uint64_t number)
{
	return (uint32_t)(offsetof(struct edit, text) + 300 + number % 600);
}

static void edit_fill(struct edit *edit, uint32_t len, uint64_t number)
{
	uint32_t i;

	edit->number = number;
	edit->timestamp = 1000 * number;
	edit->user = (uint32_t)(number * 31 % USERS);
	for (i = 0; i < len - offsetof(struct edit, text); i++)
		edit->text[i] = (char)('a' + (number + i) % 26);
}

/* Depends on every byte, and on the order. */
static uint64_t chain(uint64_t so_far, const void *data, uint32_t len)
{
	const unsigned char *bytes = data;
	uint32_t i;

	for (i = 0; i < len; i++)
		so_far = (so_far ^ bytes[i]) * 0x100000001b3ull;
	return so_far;
}

static void send_edit(struct rring_client *client, struct rring_writer *writer,
		      uint64_t number)
{
	uint32_t type = (uint32_t)(number % TYPES);
	uint32_t len = edit_len(number);
	struct rring_event event;

	must(rring_alloc_until(client, len, type, RRING_FOREVER, &event),
	     "allocate");
	edit_fill(event.data, len, number);
	sent[type]++;
	sent_bytes += len;
	sent_edits_of[((struct edit *)event.data)->user]++;
	sent_trail = chain(sent_trail, event.data, len);
	/* the ring has it now, for all that read there */
	must(rring_publish(writer, &event), "publish");
}

/* ---- the actors ---- */

static void store(struct rring_reader *reader, const struct rring_event *event)
{
	const struct edit *edit = event->data;

	(void)reader;
	must_be(edit->number == stored++, "the database gets all in order");
	must_be(fwrite(&event->len, sizeof(event->len), 1, database) == 1 &&
		fwrite(edit, event->len, 1, database) == 1,
		"the database can be written");
}

static struct rring_event kept[KEPT];
static int n_kept;

static void index_kept(struct rring_client *client)
{
	while (n_kept) {
		const struct edit *edit = kept[--n_kept].data;

		edits_of[edit->user]++;
		indexed++;
		must(rring_drop(client, &kept[n_kept]), "drop");
	}
}

/* The slow one: it keeps events beyond its turn, and so their slots. */
static void index_later(struct rring_reader *reader,
			const struct rring_event *event)
{
	must(rring_keep(reader, event), "keep");
	kept[n_kept++] = *event;
	if (n_kept == KEPT)
		index_kept(rring_reader_client(reader));
}

static void count(struct rring_reader *reader, const struct rring_event *event)
{
	(void)reader;
	counted[event->event_type % TYPES]++;
	counted_bytes += event->len;
}

static void audit(struct rring_reader *reader, const struct rring_event *event)
{
	(void)reader;
	trail = chain(trail, event->data, event->len);
}

typedef void (*actor)(struct rring_reader *, const struct rring_event *);

static const actor actors[] = { store, index_later, count, audit };
#define ACTORS	(sizeof(actors) / sizeof(actors[0]))

static void *act(void *arg)
{
	struct rring_reader_config from = { .ring_name = edits_ring.name };
	struct rring_client *client = attach(RRING_CONSUMER);
	struct rring_reader *reader;
	struct rring_event event;
	int err;

	must(rring_reader_open(client, &from, &reader), "reader");
	pthread_barrier_wait(&barrier);		/* all of them have joined */
	while ((err = rring_try_read(reader, &event)) != -EPIPE) {
		if (err == -EAGAIN)
			err = rring_wait_readable(reader, RRING_FOREVER);
		else if (!err)
			(*(const actor *)arg)(reader, &event);
		must(err, "read");
	}
	if (*(const actor *)arg == index_later)
		index_kept(client);
	rring_close(client);
	return NULL;
}

/* ---- the result ---- */

static void check_database(void)
{
	union {
		struct edit edit;
		char bytes[1024];
	} is, should;
	uint64_t number;
	uint32_t len;

	rewind(database);
	for (number = 0; number < events; number++) {
		must_be(fread(&len, sizeof(len), 1, database) == 1 &&
			len == edit_len(number) &&
			fread(&is, len, 1, database) == 1,
			"the database has every event, in its length");
		edit_fill(&should.edit, len, number);
		must_be(!memcmp(is.bytes, should.bytes, len),
			"the database has what was sent");
	}
	must_be(fgetc(database) == EOF, "the database has nothing else");
}

static void check_slots(void)
{
	struct rring_client *client = attach(RRING_OBSERVER);
	struct rring_pool_stat stat;

	must(rring_pool_stat(client, RRING_M, RRING_STAT_SWEEP, &stat),
	     "statistics");
	must_be(stat.free == SLOTS && !stat.held,
		"every slot is free when all are done");
	rring_close(client);
}

static void check(void)
{
	check_database();
	must_be(indexed == events &&
		!memcmp(edits_of, sent_edits_of, sizeof(edits_of)),
		"the index has every event, under its user");
	must_be(!memcmp(counted, sent, sizeof(counted)) &&
		counted_bytes == sent_bytes, "the counts are right");
	must_be(trail == sent_trail, "the trail has all bytes in order");
	check_slots();
}

int main(int argc, char **argv)
{
	struct rring_arena_config config = {
		.capacity = { [RRING_M] = SLOTS },
		.uid = ~0u, .gid = ~0u,
	};
	struct rring_client *client;
	struct rring_writer *writer;
	pthread_t threads[ACTORS];
	uint64_t number;
	size_t i;

	if (argc > 1)
		events = strtoull(argv[1], NULL, 0);
	database = tmpfile();
	must_be(!!database, "there is a place for the database");
	arena = rring_arena_create(&config);
	must(arena, "arena");
	client = attach(RRING_PRODUCER);
	must(rring_writer_open(client, &edits_ring, &writer), "writer");
	pthread_barrier_init(&barrier, NULL, ACTORS + 1);
	for (i = 0; i < ACTORS; i++)
		must(-pthread_create(&threads[i], NULL, act,
				     (void *)&actors[i]), "thread");
	pthread_barrier_wait(&barrier);
	for (number = 0; number < events; number++)
		send_edit(client, writer, number);
	rring_close(client);			/* the end of the stream */
	for (i = 0; i < ACTORS; i++)
		pthread_join(threads[i], NULL);
	check();
	printf("distribution: %llu events shared by %zu actors, all accounted for, every slot free\n",
	       (unsigned long long)events, ACTORS);
	return 0;
}
