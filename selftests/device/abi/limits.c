// SPDX-License-Identifier: MPL-2.0
/* The largest arenas and rings work; larger ones are refused. */

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"

#define MILLION		(1u << 20)

static struct rring_create create_args(void)
{
	return (struct rring_create) {
		.size = sizeof(struct rring_create),
		.capacity = { 1 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
}

static int create(struct rring_create *args)
{
	int device = device_open();
	int fd = device_call(device, RRING_IOC_CREATE, args);

	close(device);
	return fd;
}

TEST(arena_above_the_limit_is_refused)
{
	struct rring_create args = create_args();
	int pool;

	for (pool = 0; pool < RRING_XXL; pool++) {
		args.capacity[pool] = RRING_POOL_CAPACITY_MAX;
		EXPECT_EQ(-ENOSPC, create(&args));
	}
	/* all five at once: 340 GiB */
	EXPECT_EQ(-ENOSPC, create(&args));
	args.capacity[0] = RRING_POOL_CAPACITY_MAX + 1;
	EXPECT_EQ(-EINVAL, create(&args));
	args.capacity[0] = ~0u;
	EXPECT_EQ(-EINVAL, create(&args));
}

/* Capacities whose sum, or whose bytes, wrap in 32 bits. */
TEST(overflowing_geometry_is_refused)
{
	struct rring_create args = create_args();
	int pool;

	for (pool = 0; pool < RRING_POOLS; pool++)
		args.capacity[pool] = 0x33333334;
	EXPECT_EQ(-EINVAL, create(&args));
	memset(args.capacity, 0, sizeof(args.capacity));
	args.capacity[0] = 0x80000000;
	args.capacity[1] = 0x80000000;
	EXPECT_EQ(-EINVAL, create(&args));
	memset(args.capacity, 0, sizeof(args.capacity));
	args.capacity[RRING_XL] = 1u << 18;	/* 2^32 bytes */
	EXPECT_EQ(-ENOSPC, create(&args));
}

/* A refused arena is not charged: a good one can be created later. */
TEST(refused_arena_costs_nothing)
{
	struct rring_create large = create_args();
	struct rring_create small = create_args();
	int i, fd;

	large.capacity[RRING_XL] = RRING_POOL_CAPACITY_MAX;
	small.capacity[RRING_XL] = 1024;
	for (i = 0; i < 100; i++)
		ASSERT_EQ(-ENOSPC, create(&large));
	fd = create(&small);
	EXPECT_LE(0, fd);
	close(fd);
}

/* A closed arena is uncharged: 64 arenas of 16 MiB fit one after the other. */
TEST(closed_arena_gives_its_memory_back)
{
	struct rring_create args = create_args();
	int i;

	args.capacity[RRING_XL] = 1024;
	for (i = 0; i < 64; i++) {
		int fd = create(&args);

		ASSERT_LE(0, fd);
		close(fd);
	}
}

/* The creation fails for want of a descriptor, and leaves no name. */
TEST(name_of_an_arena_without_descriptor_goes)
{
	struct rring_create args = create_args();
	struct rring_remove remove = { .size = sizeof(remove) };
	int device = device_open();
	int last;

	args.flags = RRING_CREATE_PERSIST;
	strcpy(args.name, "no-descriptor");
	strcpy(remove.name, "no-descriptor");
	do {
		last = dup(device);
	} while (last >= 0);
	EXPECT_EQ(-EMFILE, device_call(device, RRING_IOC_CREATE, &args));
	EXPECT_EQ(-ENOENT, device_call(device, RRING_IOC_REMOVE, &remove));
}

/* ---- a million slots ---- */

FIXTURE(million) {
	int arena_fd;
	struct rring_client *client;
	uint64_t *handle;
};

FIXTURE_SETUP(million)
{
	static const uint32_t capacity[RRING_POOLS] = { MILLION };

	self->arena_fd = arena_with(capacity, 0);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->handle = calloc(MILLION, sizeof(*self->handle));
	ASSERT_NE(NULL, self->handle);
}

FIXTURE_TEARDOWN(million)
{
	free(self->handle);
	rring_close(self->client);
	close(self->arena_fd);
}

static uint32_t allocate_all(struct rring_client *client, uint64_t *handle)
{
	struct rring_event event;
	uint32_t n;

	for (n = 0; n < MILLION; n++) {
		if (rring_alloc_class(client, RRING_XS, 64, n, &event))
			break;
		*(uint64_t *)event.data = event.handle;
		((uint64_t *)event.data)[7] = ~event.handle;
		handle[n] = event.handle;
	}
	return n;
}

/* Number of @handle whose slots have the content that was written. */
static uint32_t count_good(struct rring_client *client, const uint64_t *handle)
{
	struct rring_event event;
	uint32_t good = 0;
	uint32_t n;

	for (n = 0; n < MILLION; n++) {
		const uint64_t *data;

		if (rring_find(client, handle[n], &event))
			continue;
		data = event.data;
		good += data[0] == handle[n] && data[7] == ~handle[n] &&
			event.event_type == n;
	}
	return good;
}

static uint32_t drop_all(struct rring_client *client, const uint64_t *handle)
{
	struct rring_event event;
	uint32_t n;

	for (n = 0; n < MILLION; n++)
		if (rring_find(client, handle[n], &event) ||
		    rring_drop(client, &event))
			break;
	return n;
}

TEST_F_TIMEOUT(million, slots_are_all_different, 120)
{
	struct rring_event event;

	ASSERT_EQ(MILLION, allocate_all(self->client, self->handle));
	EXPECT_EQ(-ENOSPC, rring_alloc_class(self->client, RRING_XS, 1, 0,
					     &event));
	EXPECT_EQ(MILLION, count_good(self->client, self->handle));
	EXPECT_EQ(MILLION, drop_all(self->client, self->handle));
	rring_trim(self->client);
	EXPECT_EQ(MILLION, free_slots(self->client, RRING_XS));
}

static int hold_all_and_die(void *arg)
{
	struct rring_client *client = client_of(*(int *)arg, RRING_PRODUCER);
	uint64_t *handle = calloc(MILLION, sizeof(*handle));

	if (allocate_all(client, handle) == MILLION)
		raise(SIGKILL);
	return 1;
}

TEST_F_TIMEOUT(million, slots_of_the_dead_come_back, 120)
{
	ASSERT_EQ(128 + SIGKILL, reap(spawn(hold_all_and_die,
					    &self->arena_fd)));
	EXPECT_EQ(MILLION, self->client->arena->dead_holds);
	EXPECT_EQ(MILLION, free_slots(self->client, RRING_XS));
}

/* ---- clients and rings ---- */

FIXTURE(many) {
	int arena_fd;
	struct rring_client *client;
};

FIXTURE_VARIANT(many) {
	uint32_t asked;
	uint32_t places;
};

FIXTURE_VARIANT_ADD(many, by_default) {
	.asked = 0,
	.places = 64,
};

FIXTURE_VARIANT_ADD(many, one) {
	.asked = 1,
	.places = 1,
};

FIXTURE_VARIANT_ADD(many, at_most) {
	.asked = RRING_CLIENTS_MAX,
	.places = RRING_CLIENTS_MAX,
};

FIXTURE_SETUP(many)
{
	struct rring_create args = create_args();

	args.capacity[RRING_XS] = 1024;
	args.max_clients = variant->asked;
	args.max_rings = variant->asked;
	self->arena_fd = create(&args);
	ASSERT_LE(0, self->arena_fd);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	ASSERT_EQ(variant->places, self->client->arena->max_clients);
	ASSERT_EQ(variant->places, self->client->arena->max_rings);
}

FIXTURE_TEARDOWN(many)
{
	rring_close(self->client);
	close(self->arena_fd);
}

/* Every client has a place and can allocate. */
TEST_F(many, clients_have_a_place_and_no_more)
{
	struct rring_client *client[RRING_CLIENTS_MAX] = { self->client };
	struct rring_client *late = NULL;
	struct rring_event event;
	uint32_t i;

	for (i = 1; i < variant->places; i++) {
		client[i] = client_of(self->arena_fd, RRING_PRODUCER);
		EXPECT_EQ(i + 1, client[i]->id);
	}
	EXPECT_EQ(-ENOSPC, rring_open_arena(&late, self->arena_fd,
					    RRING_OBSERVER,
					    RRING_SINGLE_THREADED));
	for (i = 0; i < variant->places; i++) {
		struct rring_refill refill = {
			.size = sizeof(refill),
			.count = 1,
		};

		ASSERT_EQ(0, device_call(client[i]->fd, RRING_IOC_REFILL,
					 &refill));
		EXPECT_EQ(0, rring_alloc(client[i], 64, i, &event));
	}
	for (i = 1; i < variant->places; i++)
		rring_close(client[i]);
	EXPECT_EQ(0, rring_open_arena(&late, self->arena_fd, RRING_OBSERVER,
				      RRING_SINGLE_THREADED) -
		     (variant->places == 1 ? -ENOSPC : 0));
	if (late)
		rring_close(late);
}

TEST_F(many, rings_have_a_place_and_no_more)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 2,
		.stride = 64,
	};
	struct rring_writer *writer[RRING_RINGS_MAX];
	struct rring_reader *reader;
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < variant->places; i++) {
		ASSERT_EQ(0, rring_writer_open(self->client, &config,
					       &writer[i]));
		EXPECT_EQ(i + 1, writer[i]->id);
		EXPECT_EQ(0, rring_add(writer[i], &i, sizeof(i), 0));
	}
	EXPECT_EQ(-ENOSPC, rring_writer_open(self->client, &config,
					     &writer[0] + variant->places - 1));
	for (i = 0; i < variant->places && i < RRING_CURSORS; i++) {
		struct rring_reader_config at = {
			.ring = i + 1,
			.start = RRING_START_AT,
		};

		EXPECT_EQ(0, rring_reader_open(self->client, &at, &reader));
		EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
	}
}

/* ---- the largest rings ---- */

TEST(ring_above_the_limit_is_refused)
{
	struct rring_client *client = client_of(arena_small(), RRING_PRODUCER);
	struct rring_ring_open args = {
		.size = sizeof(args),
		.kind = RRING_INLINE,
		.capacity = RRING_RING_CAPACITY_MAX,
		.stride = RRING_STRIDE_MAX,
	};

	EXPECT_EQ(-ENOSPC, device_call(client->fd, RRING_IOC_RING_OPEN,
				       &args));
	args.capacity = 1u << 18;		/* 2^32 bytes */
	EXPECT_EQ(-ENOSPC, device_call(client->fd, RRING_IOC_RING_OPEN,
				       &args));
	args.capacity = 1;
	EXPECT_EQ(0, device_call(client->fd, RRING_IOC_RING_OPEN, &args));
	EXPECT_EQ(1, args.ring);
	rring_close(client);
}

TEST(ring_of_a_million_entries_keeps_their_order)
{
	struct rring_client *client = client_of(arena_small(), RRING_PRODUCER);
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = MILLION,
		.stride = 64,
	};
	struct rring_reader_config at = { .start = RRING_START_OLDEST };
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct rring_event event;
	uint32_t i;

	ASSERT_EQ(0, rring_writer_open(client, &config, &writer));
	at.ring = rring_writer_ring_id(writer);
	ASSERT_EQ(0, rring_reader_open(client, &at, &reader));
	for (i = 0; i < MILLION; i++)
		ASSERT_EQ(0, rring_add(writer, &i, sizeof(i), 0));
	EXPECT_EQ(-EAGAIN, rring_add(writer, &i, sizeof(i), 0));
	for (i = 0; i < MILLION; i++) {
		ASSERT_EQ(0, rring_try_read(reader, &event));
		ASSERT_EQ(i, *(uint32_t *)event.data);
	}
	EXPECT_EQ(-EAGAIN, rring_try_read(reader, &event));
	rring_close(client);
}

TEST_HARNESS_MAIN
