// SPDX-License-Identifier: MPL-2.0
/*
 * The fast paths execute the same number of instructions in an owned arena as in
 * any other: a producer allocates, fills and publishes an event, a reader takes
 * it, and keeps and drops it.
 */
#include <unistd.h>

#include "arena.h"
#include "kselftest_harness.h"
#include "owned_arena.h"
#include "single_step.h"
#include "stream.h"

#define GROUPS	8
#define EVENTS	16

/* Create an arena that is not owned, with the slots of an owned one. */
static int plain_arena(void)
{
	uint32_t capacity[RRING_POOLS] = { [RRING_XXL] = 8 };
	uint32_t i;

	for (i = 0; i < RRING_XXL; i++)
		capacity[i] = GROUPS * owned_group_slots((enum rring_class)i);
	return arena_with(capacity, 0);
}

static void pass_event(struct rring_writer *writer, struct rring_reader *reader)
{
	struct rring_event event;

	/* a slot from the magazine, then the same one, which was parked */
	MUST(!rring_alloc_s(writer->client, 200, 1, &event));
	MUST(!rring_drop(writer->client, &event));
	MUST(!rring_alloc_s(writer->client, 200, 1, &event));
	*(uint64_t *)event.data = 7;
	MUST(!rring_hold(writer->client, &event));
	MUST(!rring_publish(writer, &event));
	MUST(!rring_drop(writer->client, &event));
	MUST(!rring_try_read(reader, &event));
	MUST(!rring_keep(reader, &event));
	MUST(*(const uint64_t *)event.data == 7);
	MUST(!rring_drop(reader->client, &event));
}

static int pass_events(void *owned)
{
	static const struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.capacity = 2 * EVENTS,
	};
	int arena = owned ? owned_arena(GROUPS, 0) : plain_arena();
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_reader *reader =
		reader_at(client_of(arena, RRING_CONSUMER), writer->id);
	int i;

	/* the first events map pages, and refill the magazine */
	for (i = 0; i < EVENTS; i++)
		pass_event(writer, reader);
	traced_begin();
	pass_event(writer, reader);
	traced_end();
	return 0;
}

static long count(void *owned)
{
	struct way way = way_new();
	pid_t pid = traced_spawn(pass_events, owned);
	int err = traced_note(pid, &way);

	slay(pid);
	return err ? err : way.length;
}

TEST(the_fast_paths_are_the_same)
{
	int owned = 1;
	long plain;

	traced_setup();
	plain = count(NULL);
	EXPECT_LT(100, plain);
	EXPECT_EQ(plain, count(&owned));
}

TEST_HARNESS_MAIN
