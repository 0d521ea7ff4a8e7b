// SPDX-License-Identifier: MPL-2.0
/*
 * ticker ARENA RING [TYPE SIZE]: creates a ring whose type is struct tick, or
 * TYPE of SIZE bytes. Publishes two ticks, the second with 8 bytes more, and an
 * event of 3 bytes. Ends the stream when standard input ends. Exits with 0, or
 * with 1 and a line that says what failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rusted_ring.h>

struct tick {
	uint64_t time;
	int32_t price;
	uint16_t volume[2];
};

static struct rring_type type_of(int argc, char **argv)
{
	if (argc < 5)
		return RRING_TYPE(struct tick);
	return (struct rring_type) { argv[3], (uint32_t)atoi(argv[4]) };
}

static int publish(struct rring_writer *writer)
{
	const struct {
		struct tick tick;
		uint64_t more;
	} data = { .tick = { 1700000000, -25, { 3, 4 } } };
	int err = rring_add(writer, &data, sizeof(struct tick), 7);

	if (!err)
		err = rring_add(writer, &data, sizeof(data), 7);
	return err ? err : rring_add(writer, &data, 3, 7);
}

int main(int argc, char **argv)
{
	struct rring_ring_config config = {
		.name = argc > 2 ? argv[2] : NULL,
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
		.retain = 3,
		.type = type_of(argc, argv),
	};
	struct rring_client *client;
	struct rring_writer *writer;
	char byte;
	int err;

	if (argc < 3)
		return 2;
	err = rring_open(&client, argv[1], RRING_PRODUCER, RRING_ON_DEVICE);
	if (!err)
		err = rring_writer_open(client, &config, &writer);
	if (!err)
		err = publish(writer);
	if (err) {
		fprintf(stderr, "ticker: %s\n", rring_error_detail(err));
		return 1;
	}
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	rring_writer_close(writer);
	rring_close(client);
	return 0;
}
