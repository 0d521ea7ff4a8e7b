// SPDX-License-Identifier: MPL-2.0
/*
 * `mixed_c feed RING COUNT NAME...`: creates the arena "mixed" and in it the ring
 * RING, and publishes COUNT events of 64 bytes, whose first 8 bytes are their number, 0
 * and up. The ring waits for the readers NAME from the first event on. Ends when all
 * have released all events.
 *
 * `mixed_c read RING NAME COUNT`: reads these events under the name NAME, and prints
 * "NAME COUNT SUM" at the end. It can be killed at any instant and started again: it
 * keeps its position and its sum in the file NAME.state.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rusted_ring.h>

#define ARENA	"mixed"
#define BATCH	64

#define MUST(x) do {							\
	if (!(x)) {							\
		fprintf(stderr, "mixed_c: not so: %s\n", #x);		\
		exit(1);						\
	}								\
} while (0)

struct numbered {
	uint64_t number;
	uint64_t rest[7];
};

/* ---- feed ---- */

/* The ring, and the position of each reader, are there before the first event. */
static void make_names(struct rring_client *client,
		       const struct rring_ring_config *ring, char **names)
{
	const struct rring_factory factory = {
		.client = client, .defaults = *ring,
	};
	struct rring_reader *reader;

	for (; *names; names++) {
		MUST(!rring_factory_reader(&factory, ring->name, *names,
					   &reader));
		rring_reader_close(reader, 0);
	}
}

static void feed(const char *name, uint64_t count, char **names)
{
	const struct rring_arena_config arena = {
		.name = ARENA, .capacity = { 64 }, .mode = 0700,
		.uid = ~0u, .gid = ~0u,
	};
	const struct rring_ring_config ring = {
		.name = name, .kind = RRING_INLINE, .policy = RRING_BLOCK,
		.capacity = 256, .stride = sizeof(struct numbered),
	};
	struct numbered event = { 0 };
	struct rring_client *client;
	struct rring_writer *writer;
	int fd = rring_arena_create(&arena);

	MUST(fd >= 0);
	MUST(!rring_open_arena(&client, fd, RRING_PRODUCER, 0));
	make_names(client, &ring, names);
	MUST(!rring_writer_open(client, &ring, &writer));
	for (; event.number < count; event.number++)
		MUST(!rring_add(writer, &event, sizeof(event), 0));
	MUST(!rring_wait_writable(writer, ring.capacity, RRING_FOREVER));
	rring_close(client);
}

/* ---- read ---- */

/* What a reader keeps: two records, which are written in turn. */
struct record {
	uint64_t next;		/* all events below are in .sum */
	uint64_t sum;
};

static int state_file;
static unsigned int turn;	/* the record that is stored next */

/* A kill does not cut a write of 16 bytes in two: the record with more is right. */
static struct record load(void)
{
	struct record both[2] = { { 0 } };

	MUST(pread(state_file, both, sizeof(both), 0) >= 0);
	turn = both[0].next >= both[1].next;
	return both[!turn];
}

static void store(const struct record *record)
{
	MUST(pwrite(state_file, record, sizeof(*record),
		    (off_t)(turn * sizeof(*record))) == sizeof(*record));
	turn = !turn;
}

static void add(struct record *record, struct rring_reader *reader, uint32_t n)
{
	const struct numbered *event;
	struct rring_event raw;
	uint32_t i;

	for (i = 0; i < n; i++) {
		MUST(!rring_entry(reader, i, &raw));
		event = RRING_EVENT_AS(struct numbered, &raw);
		MUST(event && event->number == record->next);
		record->sum += event->number;
		record->next++;
	}
}

static int join(const char *ring, const char *name, struct rring_client **client,
		struct rring_reader **reader)
{
	const struct rring_reader_config config = {
		.ring_name = ring, .name = name, .flags = RRING_JOIN_RESUME,
	};
	int err = rring_open(client, ARENA, RRING_CONSUMER, RRING_ON_DEVICE);

	return err ? err : rring_reader_open(*client, &config, reader);
}

static void go_on(const char *ring, const char *name, struct record *record,
		  uint64_t count)
{
	struct rring_reader *reader;
	struct rring_client *client;
	int err = join(ring, name, &client, &reader);
	long n;

	/* the last run has released all, and was killed before it could print */
	if (err == -ENOENT && record->next == count)
		return;
	MUST(!err);
	/* what the last run has stored, and not released */
	MUST(!rring_release_to(reader, record->next));
	while (record->next < count) {
		MUST(!rring_wait_readable(reader, RRING_FOREVER));
		n = rring_peek(reader, BATCH);
		MUST(n > 0);
		add(record, reader, (uint32_t)n);
		store(record);
		MUST(!rring_release(reader, (uint32_t)n));
	}
	rring_close(client);
}

static void read_all(const char *ring, const char *name, uint64_t count)
{
	struct record record;
	char file[80];

	snprintf(file, sizeof(file), "%s.state", name);
	state_file = open(file, O_RDWR | O_CREAT, 0600);
	MUST(state_file >= 0);
	record = load();
	go_on(ring, name, &record, count);
	printf("%s %llu %llu\n", name, (unsigned long long)count,
	       (unsigned long long)record.sum);
}

int main(int argc, char **argv)
{
	MUST(argc > 4);
	if (!strcmp(argv[1], "feed"))
		feed(argv[2], strtoull(argv[3], NULL, 10), argv + 4);
	else
		read_all(argv[2], argv[3], strtoull(argv[4], NULL, 10));
	return 0;
}
