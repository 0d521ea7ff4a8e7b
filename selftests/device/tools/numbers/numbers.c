// SPDX-License-Identifier: MPL-2.0
/*
 * Numbered events of mixed sizes, for a ring whose writer is killed, and for one that
 * has to have each of them once:
 *
 *     numbers write ARENA RING N
 *     numbers read ARENA RING N COUNT
 *
 * write waits for a reader. Then it publishes the events whose numbers are the positions
 * of the ring, from its head on, up to N, and leaves the ring. read creates the ring, so
 * that it is there before its writer, and checks N events; the file COUNT has how many
 * there were, and COUNT.ready says that it has joined.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rusted_ring.h>

#define MAX	3000		/* bytes of an event */
#define STEP	64		/* events between two writes of COUNT */

static const struct rring_ring_config config = {
	.kind = RRING_HANDLES,
	.capacity = 256,
	.retain = 64,
};

static void must(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "numbers: %s: %s\n", what, rring_error_detail(err));
	exit(1);
}

static uint32_t len_of(uint64_t number)
{
	return 8 + (uint32_t)(number * 5 % (MAX / 8)) * 8;
}

static uint64_t word_of(uint64_t number, uint32_t i)
{
	return number * 0x9e3779b97f4a7c15ull + i;
}

static struct rring_writer *open_ring(struct rring_client *client,
				      const char *ring)
{
	struct rring_ring_config named = config;
	struct rring_writer *writer;

	named.name = ring;
	must(rring_writer_open(client, &named, &writer), "cannot write");
	return writer;
}

static void write_one(struct rring_writer *writer, uint64_t number)
{
	struct rring_client *client = rring_writer_client(writer);
	struct rring_event event;
	uint64_t *words;
	uint32_t i;

	must(rring_alloc_until(client, len_of(number), (uint32_t)number,
			       RRING_FOREVER, &event), "cannot allocate");
	words = event.data;
	for (i = 0; i < event.len / 8; i++)
		words[i] = word_of(number, i);
	must(rring_publish(writer, &event), "cannot publish");
}

static bool has_reader(const struct rring_ring_info *info)
{
	uint32_t end = rring_flag_load_acquire(&info->readers_end);
	bool found = false;
	uint32_t i;

	for (i = 0; i < end; i++)
		found |= rring_ref_state(rring_word_load_acquire(
				&info->readers[i].ref)) == RRING_READER_LIVE;
	return found;
}

static void write_all(struct rring_client *client, const char *ring, uint64_t n)
{
	struct rring_writer *writer = open_ring(client, ring);

	/* without a reader that is waited for, the ring would keep 64 events */
	while (!rring_writer_position(writer) && !has_reader(writer->info))
		usleep(1000);
	while (rring_writer_position(writer) < n)
		write_one(writer, rring_writer_position(writer));
	rring_writer_leave(writer);
}

static void check(const struct rring_event *event, uint64_t number)
{
	const uint64_t *words = event->data;
	uint32_t i;

	must(event->len == len_of(number) &&
	     event->event_type == (uint32_t)number ? 0 : -EBADMSG,
	     "another event");
	for (i = 0; i < event->len / 8; i++)
		must(words[i] == word_of(number, i) ? 0 : -EBADMSG,
		     "another payload");
}

/* Returns false if the file cannot be written. */
static void note(const char *name, uint64_t n)
{
	char new[4096];
	FILE *file;

	snprintf(new, sizeof(new), "%s.new", name);
	file = fopen(new, "w");
	must(file ? 0 : -errno, name);
	fprintf(file, "%" PRIu64 "\n", n);
	fclose(file);
	must(rename(new, name) ? -errno : 0, name);
}

static void read_all(struct rring_client *client, const char *ring, uint64_t n,
		     const char *count)
{
	const struct rring_reader_config join = {
		.ring_name = ring,
		.start = RRING_START_OLDEST,
	};
	struct rring_writer *writer = open_ring(client, ring);
	struct rring_reader *reader;
	struct rring_event event;
	char ready[4096];
	uint64_t i;
	int err;

	must(rring_reader_open(client, &join, &reader), "cannot read");
	rring_writer_leave(writer);
	snprintf(ready, sizeof(ready), "%s.ready", count);
	note(ready, 0);
	for (i = 0; i < n; i++) {
		do {
			err = rring_receive(reader, &event, RRING_FOREVER);
			if (err == -EPIPE)
				rring_wait_readable(reader, RRING_FOREVER);
		} while (err == -EPIPE);
		must(err, "cannot receive");
		check(&event, i);
		if (i % STEP == 0)
			note(count, i);
	}
}

int main(int argc, char **argv)
{
	struct rring_client *client;
	bool reads;
	uint64_t n;

	if (argc < 5)
		return 2;
	reads = !strcmp(argv[1], "read") && argc == 6;
	n = strtoull(argv[4], NULL, 10);
	must(rring_open(&client, argv[2], RRING_PRODUCER,
			RRING_SINGLE_THREADED | RRING_ON_DEVICE),
	     "cannot attach");
	if (reads)
		read_all(client, argv[3], n, argv[5]);
	else
		write_all(client, argv[3], n);
	rring_close(client);
	return 0;
}
