// SPDX-License-Identifier: MPL-2.0
/*
 * `binding LIBRARY NAME...`: what a binding of another language does. Loads the
 * library, finds every NAME in it, and calls every inline function through the
 * pointers that it got; nothing here is linked with, or inline.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rusted_ring.h>

static void *library;

static void *symbol(const char *name)
{
	void *found = dlsym(library, name);

	if (!found) {
		fprintf(stderr, "binding: %s\n", dlerror());
		exit(1);
	}
	return found;
}

#define CALL(name)	((__typeof__(&name))symbol(#name))
#define MUST(x) do {						\
	if (!(x)) {						\
		fprintf(stderr, "binding: not so: %s\n", #x);	\
		exit(1);					\
	}							\
} while (0)

static struct rring_reader *reader_of(struct rring_client *client,
				      const struct rring_writer *writer)
{
	struct rring_reader_config from = { .start = RRING_START_OLDEST,
		.ring = CALL(rring_writer_ring_id)(writer) };
	struct rring_reader *reader;

	MUST(!CALL(rring_reader_open)(client, &from, &reader));
	return reader;
}

static void allocate(struct rring_client *client)
{
	int (*const alloc[])(struct rring_client *client, size_t len,
			     uint32_t event_type, struct rring_event *event) = {
		CALL(rring_alloc_xs), CALL(rring_alloc_s), CALL(rring_alloc_m),
		CALL(rring_alloc_l), CALL(rring_alloc_xl), CALL(rring_alloc),
	};
	struct rring_event event;
	size_t i;

	for (i = 0; i < sizeof(alloc) / sizeof(alloc[0]); i++) {
		MUST(!alloc[i](client, 10, 0, &event));
		MUST(CALL(rring_payload)(&event, 10) == event.data);
		MUST(!CALL(rring_payload)(&event, 11));
		MUST(!CALL(rring_drop)(client, &event));
	}
}

static void share(struct rring_client *client)
{
	struct rring_ring_config ring = { .kind = RRING_HANDLES,
		.policy = RRING_FAIL, .capacity = 2 };
	struct rring_event event, read;
	struct rring_reader *reader;
	struct rring_writer *writer;

	MUST(!CALL(rring_writer_open)(client, &ring, &writer));
	reader = reader_of(client, writer);
	MUST(!CALL(rring_alloc_class)(client, RRING_S, 5, 3, &event));
	memcpy(event.data, "four", 5);
	MUST(!CALL(rring_hold)(client, &event));
	MUST(!CALL(rring_publish)(writer, &event));
	MUST(CALL(rring_peek)(reader, 2) == 1);
	MUST(!CALL(rring_entry)(reader, 0, &read));
	MUST(read.data == event.data && read.len == 5 && read.event_type == 3);
	MUST(!CALL(rring_release)(reader, 1));
	MUST(!strcmp(event.data, "four"));
	MUST(!CALL(rring_drop)(client, &event));
	MUST(CALL(rring_drop)(client, &event) == -EINVAL);
	CALL(rring_reader_close)(reader, 0);
	CALL(rring_writer_close)(writer);
}

static void stream(struct rring_client *client)
{
	struct rring_ring_config ring = { .kind = RRING_INLINE,
		.policy = RRING_FAIL, .capacity = 2, .stride = 64 };
	struct rring_event event;
	struct rring_reader *reader;
	struct rring_writer *writer;
	uint32_t i;

	MUST(!CALL(rring_writer_open)(client, &ring, &writer));
	reader = reader_of(client, writer);
	MUST(!CALL(rring_reserve)(writer, 2));
	for (i = 0; i < 2; i++)
		*(uint32_t *)CALL(rring_reserved)(writer, i, 4, i) = 10 + i;
	CALL(rring_commit)(writer, 2);
	MUST(CALL(rring_reserve)(writer, 1) == -EAGAIN);
	MUST(CALL(rring_peek)(reader, 2) == 2);
	for (i = 0; i < 2; i++) {
		MUST(!CALL(rring_entry)(reader, i, &event));
		MUST(event.event_type == i &&
		     *(const uint32_t *)event.data == 10 + i);
	}
	MUST(!CALL(rring_release)(reader, 2));
}

static void describe(struct rring_client *client)
{
	struct rring_ring_config ring = { .kind = RRING_INLINE,
		.policy = RRING_FAIL, .capacity = 2, .stride = 128 };
	struct rring_reader *reader;
	struct rring_writer *writer;

	MUST(CALL(rring_client_id)(client) == 1);
	MUST(CALL(rring_client_role)(client) == RRING_PRODUCER);
	MUST(!CALL(rring_writer_open)(client, &ring, &writer));
	reader = reader_of(client, writer);
	MUST(!CALL(rring_add)(writer, "event", 6, 0));
	MUST(CALL(rring_writer_client)(writer) == client);
	MUST(CALL(rring_writer_position)(writer) == 1);
	MUST(CALL(rring_writer_capacity)(writer) == 2);
	MUST(CALL(rring_writer_stride)(writer) == 128);
	MUST(CALL(rring_reader_client)(reader) == client);
	MUST(CALL(rring_reader_ring_id)(reader) ==
	     CALL(rring_writer_ring_id)(writer));
	MUST(CALL(rring_reader_kind)(reader) == RRING_INLINE);
	MUST(CALL(rring_reader_position)(reader) == 0);
	MUST(CALL(rring_reader_lost)(reader) == 0);
	MUST(CALL(rring_reader_dropped)(reader, RRING_DROP_FULL) == 0);
	MUST(CALL(rring_reader_resumed)(reader) == 0);
	MUST(CALL(rring_reader_capacity)(reader) == 2);
	MUST(CALL(rring_reader_stride)(reader) == 128);
}

int main(int argc, char **argv)
{
	struct rring_client *client;
	int i;

	MUST(argc > 2);
	library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		fprintf(stderr, "binding: %s\n", dlerror());
		return 1;
	}
	for (i = 2; i < argc; i++)
		symbol(argv[i]);
	MUST(CALL(rring_class_for)(257) == RRING_M);
	MUST(!CALL(rring_open)(&client, NULL, RRING_PRODUCER, 0));
	allocate(client);
	share(client);
	stream(client);
	describe(client);
	CALL(rring_close)(client);
	return 0;
}
