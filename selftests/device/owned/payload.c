// SPDX-License-Identifier: MPL-2.0
/*
 * In an owned arena, only the producer that allocated an event can write its
 * payload and its header, and everybody can read both.
 */
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"
#include "owned_arena.h"
#include "region.h"
#include "stream.h"

#define GROUPS	16
#define SLOTS	(GROUPS * OWNED_GROUP_SLOTS_MAX)	/* of a pool, at most */

FIXTURE(owned_payload)
{
	int arena;
	struct rring_client *a, *b, *reader;
};

FIXTURE_VARIANT(owned_payload)
{
	enum rring_class pool;
};

FIXTURE_VARIANT_ADD(owned_payload, xs) { .pool = RRING_XS };
FIXTURE_VARIANT_ADD(owned_payload, s) { .pool = RRING_S };
FIXTURE_VARIANT_ADD(owned_payload, m) { .pool = RRING_M };
FIXTURE_VARIANT_ADD(owned_payload, l) { .pool = RRING_L };
FIXTURE_VARIANT_ADD(owned_payload, xl) { .pool = RRING_XL };
FIXTURE_VARIANT_ADD(owned_payload, xxl) { .pool = RRING_XXL };

FIXTURE_SETUP(owned_payload)
{
	self->arena = owned_arena(GROUPS, 3);
	self->a = client_of(self->arena, RRING_PRODUCER);
	self->b = client_of(self->arena, RRING_PRODUCER);
	self->reader = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(owned_payload)
{
	struct rring_client *last = client_of(self->arena, RRING_OBSERVER);

	rring_close(self->a);
	rring_close(self->b);
	rring_close(self->reader);
	EXPECT_TRUE(all_free(last));
	rring_close(last);
	close(self->arena);
}

TEST_F(owned_payload, is_read_by_all)
{
	struct rring_event made = owned_make(self->a, variant->pool, 7);
	struct rring_event by_peer, by_reader, by_itself;
	uint64_t handle = rring_share(self->a, &made);

	EXPECT_TRUE(owned_is(&made, 7));
	ASSERT_EQ(0, rring_upgrade(self->b, handle, &by_peer));
	ASSERT_EQ(0, rring_upgrade(self->reader, handle, &by_reader));
	ASSERT_EQ(0, rring_upgrade(self->a, handle, &by_itself));
	EXPECT_TRUE(owned_is(&by_peer, 7));
	EXPECT_TRUE(owned_is(&by_reader, 7));
	EXPECT_TRUE(owned_is(&by_itself, 7));
}

TEST_F(owned_payload, cannot_be_written_by_another_producer)
{
	struct rring_event made = owned_make(self->a, variant->pool, 7);
	struct rring_event seen;

	ASSERT_EQ(0, rring_upgrade(self->b, rring_share(self->a, &made),
				   &seen));
	EXPECT_EQ(SIGSEGV, signal_of_store(seen.data));
	EXPECT_EQ(SIGSEGV, signal_of_store((char *)seen.data + seen.len - 1));
	if (variant->pool < RRING_XXL)
		EXPECT_EQ(SIGBUS, signal_of_store(
				owned_write_view(self->b, &made)));
	EXPECT_TRUE(owned_is(&made, 7));
	EXPECT_EQ(-EPERM, rring_resize(self->b, &seen, 8));
	EXPECT_EQ(0, rring_resize(self->a, &made, 8));
}

/* What another producer stores as the header of a slot changes no event. */
TEST_F(owned_payload, has_the_header_of_its_producer)
{
	struct rring_event made = owned_make(self->a, variant->pool, 7);
	uint32_t slot = made.handle & 0xffffff;
	struct rring_event seen;

	self->b->pool[variant->pool].header[slot] =
		(struct rring_event_header) { .len = 1, .event_type = 99 };
	ASSERT_EQ(0, rring_upgrade(self->reader, rring_share(self->a, &made),
				   &seen));
	EXPECT_TRUE(owned_is(&seen, 7));
	EXPECT_EQ(made.len, seen.len);
}

TEST_F(owned_payload, outlives_its_producer)
{
	struct rring_event before = owned_make(self->a, variant->pool, 7);
	struct rring_event after = owned_make(self->a, variant->pool, 8);
	uint64_t first = rring_share(self->a, &before);
	uint64_t second = rring_share(self->a, &after);
	struct rring_event seen, kept, again;

	/* the headers of the producer are mapped before, and not mapped */
	ASSERT_EQ(0, rring_upgrade(self->b, first, &seen));
	ASSERT_EQ(0, rring_upgrade(self->b, second, &kept));
	rring_close(self->a);
	EXPECT_TRUE(owned_is(&seen, 7));
	ASSERT_EQ(0, rring_upgrade(self->b, first, &again));
	EXPECT_TRUE(owned_is(&again, 7));
	ASSERT_EQ(0, rring_upgrade(self->reader, second, &again));
	EXPECT_TRUE(owned_is(&again, 8));
	EXPECT_EQ(SIGSEGV, signal_of_store(again.data));
	/* the next client gets the dead producer's id, and headers of its own */
	self->a = client_of(self->arena, RRING_PRODUCER);
	self->a->pool[variant->pool].header[first & 0xffffff].len = 1;
	ASSERT_EQ(0, rring_upgrade(self->b, first, &again));
	EXPECT_TRUE(owned_is(&again, 7));
}

/*
 * Allocate and write all slots that @client can get. Return how many. Count in
 * *@moved the groups that @writer says another client has written before, and
 * store @client in @writer for each group.
 */
static int fill_pool(struct rring_client *client, enum rring_class pool,
		     struct rring_event *event, struct rring_client **writer,
		     int *moved)
{
	int n, group;

	for (n = 0; n < SLOTS; n++) {
		if (rring_alloc_class(client, pool, 64, 1, &event[n]))
			break;
		*(uint64_t *)event[n].data = event[n].handle;
		group = (event[n].handle & 0xffffff) / owned_group_slots(pool);
		*moved += writer[group] && writer[group] != client;
		writer[group] = client;
	}
	return n;
}

/*
 * Each producer in turn takes every slot that it may have, writes it, and drops
 * it. So groups move, and the producer before loses their pages.
 */
TEST_F(owned_payload, moves_with_its_group)
{
	struct rring_client *writer[GROUPS] = { NULL };
	uint32_t slots = owned_group_slots(variant->pool);
	struct rring_client *now, *other;
	struct rring_event event[SLOTS];
	int turn, n, i, moved;

	if (variant->pool == RRING_XXL)
		SKIP(return, "XXL has no groups");
	for (turn = 0; turn < 6; turn++) {
		now = turn % 2 ? self->b : self->a;
		other = turn % 2 ? self->a : self->b;
		moved = 0;
		n = fill_pool(now, variant->pool, event, writer, &moved);
		EXPECT_EQ(!!turn, !!moved);
		for (i = 0; i < n; i++) {
			EXPECT_EQ(event[i].handle, *(uint64_t *)event[i].data);
			if ((event[i].handle & 0xffffff) % slots == 0)
				EXPECT_EQ(SIGBUS, signal_of_store(
					owned_write_view(other, &event[i])));
			rring_drop(now, &event[i]);
		}
	}
}

TEST_F(owned_payload, cannot_be_mapped_writable)
{
	size_t size = self->a->arena->payload_size;
	struct rring_client *client[] = { self->a, self->reader };
	char *view;
	int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(MAP_FAILED, device_map(client[i]->fd,
						 RRING_REGION_PAYLOAD, 0, size,
						 PROT_READ | PROT_WRITE));
		EXPECT_EQ(EACCES, errno);
		view = device_map(client[i]->fd, RRING_REGION_PAYLOAD, 0, size,
				  PROT_READ);
		ASSERT_NE(MAP_FAILED, view);
		EXPECT_EQ(-1, mprotect(view, size, PROT_READ | PROT_WRITE));
		EXPECT_EQ(EACCES, errno);
		munmap(view, size);
	}
	EXPECT_EQ(MAP_FAILED, device_map(self->reader->fd, RRING_REGION_OWN, 0,
					 size, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, device_map(self->a->fd, RRING_REGION_HEADERS,
					 self->b->id,
					 rring_headers_size(self->a->arena),
					 PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
}

TEST_HARNESS_MAIN
