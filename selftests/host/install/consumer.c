/* SPDX-License-Identifier: MPL-2.0 */
/* C11, from the installed package: share an event, stream three numbers. */
#include <rusted_ring.h>
#include <stdio.h>
#include <string.h>

#define MUST(x) do {						\
	if (!(x)) {						\
		fprintf(stderr, "not so: %s\n", #x);		\
		return 1;					\
	}							\
} while (0)

int main(void)
{
	struct rring_ring_config ring = { .kind = RRING_INLINE, .capacity = 3,
		.policy = RRING_FAIL, .stride = 64 };
	struct rring_reader_config from = { .start = RRING_START_OLDEST };
	struct rring_event event, again;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
	int i;

	MUST(!rring_open(&client, NULL, RRING_PRODUCER, 0));
	MUST(!rring_alloc(client, 6, 7, &event));
	memcpy(event.data, "hello", 6);
	MUST(!rring_upgrade(client, rring_share(client, &event), &again));
	MUST(again.event_type == 7 && !strcmp(again.data, "hello"));
	MUST(!rring_drop(client, &again) && !rring_drop(client, &event));
	MUST(!rring_writer_open(client, &ring, &writer));
	from.ring = rring_writer_ring_id(writer);
	MUST(!rring_reader_open(client, &from, &reader));
	for (i = 0; i < 3; i++)
		MUST(!rring_add(writer, &i, sizeof(i), 0));
	MUST(rring_add(writer, &i, sizeof(i), 0) == -EAGAIN);
	for (i = 0; i < 3; i++)
		MUST(!rring_try_read(reader, &event) &&
		     *(const int *)event.data == i);
	rring_close(client);
	return puts("consumed") < 0;
}
