// SPDX-License-Identifier: MPL-2.0
/*
 * Refused calls of mmap(2). Each variant is a region that is mapped properly
 * and then asked for in wrong ways.
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"
#include "fd_passing.h"
#include "page.h"
#include "region.h"
#include "region_variants.h"

FIXTURE(mapping) {
	struct region region;
};

FIXTURE_REGIONS(mapping);

FIXTURE_SETUP(mapping)
{
	region_init(&self->region, variant->kind);
}

/* After refused calls, the client works and its mapping is unchanged. */
FIXTURE_TEARDOWN(mapping)
{
	struct region *region = &self->region;

	EXPECT_TRUE(region_is_whole(region));
	EXPECT_TRUE(region_is_unchanged(region));
	EXPECT_TRUE(region_works(region));
	region_end(region);
}

/* Return 0, after an munmap, or the negative errno of mmap(2). */
static int map_errno(void *addr, size_t size)
{
	if (addr == MAP_FAILED)
		return -errno;
	munmap(addr, size);
	return 0;
}

#define try_map(size, prot, flags) \
	map_errno(region_map(&self->region, size, prot, flags), size)

static int try_offset(const struct region *region, uint64_t offset)
{
	return map_errno(mmap(NULL, region->size, PROT_READ, MAP_SHARED,
			      region->client->fd, (off_t)offset),
			 region->size);
}

TEST_F(mapping, wrong_size_is_refused)
{
	size_t size = self->region.size;

	EXPECT_EQ(-EINVAL, try_map(size + PAGE, PROT_READ, MAP_SHARED));
	EXPECT_EQ(-EINVAL, try_map(2 * size, PROT_READ, MAP_SHARED));
	if (size > PAGE) {
		EXPECT_EQ(-EINVAL, try_map(size - PAGE, PROT_READ, MAP_SHARED));
		EXPECT_EQ(-EINVAL, try_map(PAGE, PROT_READ, MAP_SHARED));
	}
}

TEST_F(mapping, offset_within_a_region_is_refused)
{
	const struct region *region = &self->region;
	uint64_t offset = RRING_OFF(region->type, region->index);
	int bit;

	for (bit = 12; bit < RRING_OFF_INDEX_SHIFT; bit++)
		EXPECT_EQ(-EINVAL, try_offset(region, offset | 1ull << bit));
}

TEST_F(mapping, unknown_region_is_refused)
{
	const struct region *region = &self->region;
	uint64_t type;

	EXPECT_EQ(-EINVAL, try_offset(region, 0));
	for (type = RRING_REGION_HEADERS + 1; type < 0x800; type++)
		EXPECT_EQ(-EINVAL, try_offset(region, RRING_OFF(type, 0)));
}

/* No offset names another client's ledger or magazine. */
TEST_F(mapping, index_of_nothing_is_refused)
{
	const struct region *region = &self->region;
	int expected = -EINVAL;
	uint64_t index;

	if (region->type == RRING_REGION_CURSORS ||
	    region->type == RRING_REGION_HEADERS ||
	    region->type == RRING_REGION_RING)
		expected = -ENXIO;
	for (index = 1; index < 4096; index++) {
		/* skip the cursors, headers and rings that exist */
		if (expected == -ENXIO && index <= 2)
			continue;
		EXPECT_EQ(expected, try_offset(region, RRING_OFF(region->type,
								 index)));
	}
}

TEST_F(mapping, private_mapping_is_refused)
{
	size_t size = self->region.size;

	EXPECT_EQ(-EINVAL, try_map(size, PROT_READ, MAP_PRIVATE));
	EXPECT_EQ(-EINVAL, try_map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE));
}

TEST_F(mapping, executable_mapping_is_refused)
{
	size_t size = self->region.size;

	EXPECT_EQ(-EACCES, try_map(size, PROT_READ | PROT_EXEC, MAP_SHARED));
	EXPECT_EQ(-EACCES, try_map(size, PROT_EXEC, MAP_SHARED));
}

TEST_F(mapping, only_the_owner_maps_for_writing)
{
	const struct region *region = &self->region;
	int expected = region->writable ? 0 : -EACCES;

	if (region->kind == LEDGER)
		expected = -EBUSY;
	EXPECT_EQ(expected, try_map(region->size, PROT_READ | PROT_WRITE,
				    MAP_SHARED));
	EXPECT_EQ(expected, try_map(region->size, PROT_WRITE, MAP_SHARED));
}

TEST_F(mapping, second_mapping_is_for_all_but_the_ledger)
{
	const struct region *region = &self->region;

	EXPECT_EQ(region->kind == LEDGER ? -EBUSY : 0,
		  try_map(region->size, PROT_READ, MAP_SHARED));
}

static int map_as_child(void *arg)
{
	struct region *region = arg;
	int err = map_errno(region_map(region, region->size, PROT_READ,
				       MAP_SHARED), region->size);

	return -err;
}

TEST_F(mapping, inherited_descriptor_maps_nothing)
{
	EXPECT_EQ(EPERM, reap(spawn(map_as_child, &self->region)));
}

struct receiver {
	struct region *region;
	int socket;
};

static int map_received(void *arg)
{
	struct receiver *receiver = arg;
	const struct region *region = receiver->region;
	int fd = receive_fd(receiver->socket);
	void *addr;

	if (fd < 0)
		return 1;
	addr = device_map(fd, region->type, region->index, region->size,
			  PROT_READ);
	return -map_errno(addr, region->size);
}

TEST_F(mapping, passed_descriptor_maps_nothing)
{
	struct receiver receiver = { .region = &self->region };
	int pair[2];
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	receiver.socket = pair[1];
	child = spawn(map_received, &receiver);
	ASSERT_TRUE(send_fd(pair[0], self->region.client->fd));
	EXPECT_EQ(EPERM, reap(child));
}

TEST_F(mapping, file_that_is_no_client_maps_nothing)
{
	const struct region *region = &self->region;
	int fd = device_open();
	void *addr = device_map(fd, region->type, region->index, region->size,
				PROT_READ);

	EXPECT_EQ(-ENOTCONN, map_errno(addr, region->size));
	close(fd);
}

/* ---- beside the regions ---- */

TEST(ledger_has_to_be_writable)
{
	struct rring_attach args;
	int arena_fd = arena_small();
	int fd = device_open();
	void *addr;

	ASSERT_EQ(0, device_attach(fd, arena_fd, RRING_CONSUMER, &args));
	addr = device_map(fd, RRING_REGION_LEDGER, 0, args.ledger_size,
			  PROT_READ);
	EXPECT_EQ(-EACCES, map_errno(addr, args.ledger_size));
	/* the failed mmap did not end the attached client */
	addr = device_map(fd, RRING_REGION_LEDGER, 0, args.ledger_size,
			  PROT_READ | PROT_WRITE);
	EXPECT_NE(MAP_FAILED, addr);
}

TEST(dead_client_maps_nothing)
{
	struct rring_attach args;
	int fd = device_open();
	void *addr;

	ASSERT_EQ(0, device_attach(fd, arena_small(), RRING_PRODUCER, &args));
	addr = device_map(fd, RRING_REGION_LEDGER, 0, args.ledger_size,
			  PROT_READ | PROT_WRITE);
	ASSERT_EQ(0, munmap(addr, args.ledger_size));
	addr = device_map(fd, RRING_REGION_LEDGER, 0, args.ledger_size,
			  PROT_READ | PROT_WRITE);
	EXPECT_EQ(-EOWNERDEAD, map_errno(addr, args.ledger_size));
	addr = device_map(fd, RRING_REGION_PAYLOAD, 0, args.payload_size,
			  PROT_READ | PROT_WRITE);
	EXPECT_EQ(-EOWNERDEAD, map_errno(addr, args.payload_size));
	addr = device_map(fd, RRING_REGION_ARENA, 0, args.arena_size,
			  PROT_READ);
	EXPECT_EQ(-EOWNERDEAD, map_errno(addr, args.arena_size));
}

/* A client cannot map its closed ring writable. */
TEST(closed_ring_is_read_only)
{
	struct rring_client *client = client_of(arena_small(), RRING_PRODUCER);
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.capacity = 4,
	};
	struct rring_reader_config at = { 0 };
	struct rring_writer *writer;
	struct rring_reader *reader;
	size_t size;

	ASSERT_EQ(0, rring_writer_open(client, &config, &writer));
	at.ring = writer->id;
	ASSERT_EQ(0, rring_reader_open(client, &at, &reader));
	size = writer->size;
	rring_writer_close(writer);
	EXPECT_EQ(-EACCES,
		  map_errno(device_map(client->fd, RRING_REGION_RING, at.ring,
				       size, PROT_READ | PROT_WRITE), size));
	EXPECT_EQ(0, map_errno(device_map(client->fd, RRING_REGION_RING,
					  at.ring, size, PROT_READ), size));
	rring_close(client);
}

TEST_HARNESS_MAIN
