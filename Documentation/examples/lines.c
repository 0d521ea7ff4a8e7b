// SPDX-License-Identifier: MPL-2.0
/* `lines write` shares lines of text; `lines`, as often as you like, reads. */
#include <rusted_ring.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct rring_ring_config ring = { .name = "lines", .capacity = 256,
		.kind = RRING_HANDLES, .policy = RRING_BLOCK, .retain = 40 };
	struct rring_reader_config from = { .ring_name = "lines",
		.start = RRING_START_OLDEST };
	enum rring_role role = argc > 1 && !strcmp(argv[1], "write") ?
		RRING_PRODUCER : RRING_CONSUMER;
	struct rring_client *client;
	struct rring_reader *reader;
	struct rring_writer *writer;
	struct rring_event event;
	char line[1000];

	if (rring_open(&client, "default", role, RRING_SINGLE_THREADED))
		return 1;
	if (role == RRING_CONSUMER && rring_reader_open(client, &from, &reader))
		return 2;	/* nobody writes */
	if (role == RRING_PRODUCER && rring_writer_open(client, &ring, &writer))
		return 3;	/* somebody else does */
	while (role == RRING_PRODUCER && fgets(line, sizeof(line), stdin)) {
		if (rring_alloc_until(client, strlen(line), 0, RRING_FOREVER,
				      &event))
			return 4;
		memcpy(event.data, line, event.len);
		if (rring_publish(writer, &event))
			return 5;
	}
	while (role == RRING_CONSUMER &&
	       !rring_wait_readable(reader, RRING_FOREVER) &&
	       !rring_try_read(reader, &event)) {
		printf("%.*s", (int)event.len, (char *)event.data);
		fflush(stdout);
	}
	return 0;		/* readers see the end of the stream */
}
