// SPDX-License-Identifier: MPL-2.0
/* Results of the ioctls, in structs that were filled with other values. */
#include <fcntl.h>
#include <sys/mman.h>

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "device.h"
#include "page.h"
#include "kselftest_harness.h"

#define POISON	0xa5a5a5a5a5a5a5a5ull
#define POISON4	0xa5a5a5a5u

FIXTURE(output) {
	int arena_fd;
	struct rring_client *client;
};

FIXTURE_SETUP(output)
{
	self->arena_fd = arena_small();
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(output)
{
	rring_close(self->client);
	close(self->arena_fd);
}

static const struct rring_ring_info *
ring_info(const struct rring_client *client, uint32_t ring)
{
	return (const struct rring_ring_info *)
		((const char *)client->arena +
		 client->arena->ring_info_offset) + (ring - 1);
}

TEST_F(output, arena_fd_closes_on_exec)
{
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->arena_fd, F_GETFD));
}

TEST_F(output, attach_says_who_and_how_large)
{
	struct rring_attach args = {
		.size = sizeof(args),
		.role = RRING_CONSUMER,
		.arena_fd = self->arena_fd,
		.client = POISON4,
		.serial = POISON4,
		.arena_size = POISON,
		.payload_size = POISON,
		.ledger_size = POISON,
		.magazine_size = POISON,
	};
	const struct rring_arena_info *arena = self->client->arena;

	ASSERT_EQ(0, device_call(device_open(), RRING_IOC_ATTACH, &args));
	EXPECT_EQ(2, args.client);
	EXPECT_EQ(args.serial, arena->client_serial[2].value);
	EXPECT_NE(0, args.serial);
	EXPECT_NE(args.serial, arena->client_serial[1].value);
	EXPECT_EQ(whole_pages(arena->size), args.arena_size);
	EXPECT_EQ(whole_pages(arena->payload_size), args.payload_size);
	EXPECT_EQ(whole_pages(arena->ledger_size), args.ledger_size);
	EXPECT_EQ(whole_pages(sizeof(struct rring_magazines)),
		  args.magazine_size);
}

TEST_F(output, attach_twice_is_refused)
{
	struct rring_attach args;

	EXPECT_EQ(-EBUSY, device_attach(self->client->fd, self->arena_fd,
					RRING_PRODUCER, &args));
}

TEST_F(output, attach_wants_a_file_for_reading_and_writing)
{
	static const int modes[] = { O_RDONLY, O_WRONLY };
	struct rring_attach args;
	size_t i;

	for (i = 0; i < 2; i++) {
		int fd = open(RRING_DEVICE, modes[i]);

		ASSERT_LE(0, fd);
		EXPECT_EQ(-EACCES, device_attach(fd, self->arena_fd,
						 RRING_OBSERVER, &args));
	}
}

/* A client id is reused, lowest first; a serial is never reused. */
TEST_F(output, place_is_used_again_and_serial_is_not)
{
	struct rring_attach args;
	uint32_t serial;
	int fd = device_open();

	ASSERT_EQ(0, device_attach(fd, self->arena_fd, RRING_OBSERVER, &args));
	EXPECT_EQ(2, args.client);
	serial = args.serial;
	close(fd);
	EXPECT_EQ(0, self->client->arena->client_serial[2].value);
	ASSERT_EQ(0, device_attach(device_open(), self->arena_fd,
				   RRING_OBSERVER, &args));
	EXPECT_EQ(2, args.client);
	EXPECT_NE(serial, args.serial);
}

TEST_F(output, refill_says_how_many_it_lent)
{
	struct rring_refill args = {
		.size = sizeof(args),
		.pool = RRING_S,
		.count = 5,
	};
	const struct rring_pool_info *pool =
		&self->client->arena->pool[RRING_S];
	struct rring_event event;
	int n = 0;

	EXPECT_EQ(0, device_call(self->client->fd, RRING_IOC_REFILL, &args));
	EXPECT_EQ(5, args.count);
	args.count = ~0u;
	EXPECT_EQ(0, device_call(self->client->fd, RRING_IOC_REFILL, &args));
	EXPECT_EQ(27, args.count);
	args.count = 1;
	EXPECT_EQ(0, device_call(self->client->fd, RRING_IOC_REFILL, &args));
	EXPECT_EQ(0, args.count);
	while (!rring_alloc_class(self->client, RRING_S, 8, 0, &event))
		n++;
	EXPECT_EQ(32, n);
	EXPECT_EQ(32, pool->lent);
	EXPECT_EQ(2, pool->refills);
	EXPECT_EQ(1, pool->failures);
}

TEST_F(output, refill_of_a_full_magazine_lends_nothing)
{
	static const uint32_t capacity[RRING_POOLS] = { 200 };
	struct rring_refill args = { .size = sizeof(args), .count = 200 };
	struct rring_client *client = client_of(arena_with(capacity, 0),
						RRING_PRODUCER);

	EXPECT_EQ(0, device_call(client->fd, RRING_IOC_REFILL, &args));
	EXPECT_EQ(RRING_MAGAZINE_SLOTS, args.count);
	EXPECT_EQ(0, device_call(client->fd, RRING_IOC_REFILL, &args));
	EXPECT_EQ(0, args.count);
	args.count = 1;
	args.pool = RRING_XL;
	EXPECT_EQ(-ENOSPC, device_call(client->fd, RRING_IOC_REFILL, &args));
	rring_close(client);
}

TEST_F(output, ring_open_says_where_and_what)
{
	struct rring_ring_open args = {
		.size = sizeof(args),
		.name = "ring",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 7,
		.stride = 128,
		.retain = 3,
		.stall_ns = 11,
		.ring = POISON4,
		.incarnation = POISON4,
		.head = POISON,
	};
	const struct rring_ring_info *info = ring_info(self->client, 1);

	ASSERT_EQ(0, device_call(self->client->fd, RRING_IOC_RING_OPEN, &args));
	EXPECT_EQ(1, args.ring);
	EXPECT_EQ(0, args.incarnation);
	EXPECT_EQ(0, args.head);
	EXPECT_STREQ("ring", info->name);
	EXPECT_EQ(RRING_INLINE, info->kind);
	EXPECT_EQ(RRING_FAIL, info->policy);
	EXPECT_EQ(7, info->capacity);
	EXPECT_EQ(128, info->stride);
	EXPECT_EQ(3, info->retain);
	EXPECT_EQ(11, info->stall_ns);
	EXPECT_EQ(RRING_RING_OPEN, info->state.value);
	EXPECT_EQ(self->client->id, info->writer);
}

TEST_F(output, overwriting_ring_keeps_a_lap_and_takes_no_limit)
{
	struct rring_ring_open args = {
		.size = sizeof(args),
		.kind = RRING_HANDLES,
		.policy = RRING_OVERWRITE,
		.capacity = 9,
	};
	int fd = self->client->fd;

	ASSERT_EQ(0, device_call(fd, RRING_IOC_RING_OPEN, &args));
	EXPECT_EQ(9, ring_info(self->client, args.ring)->retain);
	args.retain = 1;
	EXPECT_EQ(-EINVAL, device_call(fd, RRING_IOC_RING_OPEN, &args));
	args.retain = 0;
	args.stall_ns = 1;
	EXPECT_EQ(-EINVAL, device_call(fd, RRING_IOC_RING_OPEN, &args));
}

TEST_F(output, join_says_where_the_reader_stands)
{
	struct rring_ring_open open = {
		.size = sizeof(open),
		.kind = RRING_HANDLES,
		.capacity = 9,
	};
	struct rring_reader_join args = {
		.size = sizeof(args),
		.name = "reader",
		.ring = 1,
		.position = POISON,
		.reader = POISON4,
		.cursor = POISON4,
		.ref = POISON,
		.incarnation = POISON4,
		.resumed = POISON4,
		.lost = POISON,
	};
	int fd = self->client->fd;

	ASSERT_EQ(0, device_call(fd, RRING_IOC_RING_OPEN, &open));
	ASSERT_EQ(0, device_call(fd, RRING_IOC_READER_JOIN, &args));
	EXPECT_EQ(1, args.ring);
	EXPECT_EQ(0, args.position);
	EXPECT_EQ(0, args.reader);
	EXPECT_EQ(0, args.cursor);
	EXPECT_EQ(ring_info(self->client, 1)->readers[0].ref.value, args.ref);
	EXPECT_EQ(self->client->id, rring_ref_client(args.ref));
	EXPECT_EQ(RRING_READER_LIVE, rring_ref_state(args.ref));
	EXPECT_EQ(0, args.incarnation);
	EXPECT_EQ(0, args.resumed);
	EXPECT_EQ(0, args.lost);
}

TEST_F(output, pool_stat_counts_what_is_lent_and_held)
{
	struct rring_pool_stat stat;
	struct rring_event event;

	memset(&stat, 0xa5, sizeof(stat));
	ASSERT_EQ(0, rring_alloc_class(self->client, RRING_M, 1, 0, &event));
	ASSERT_EQ(0, rring_pool_stat(self->client, RRING_M, 0, &stat));
	EXPECT_EQ(sizeof(stat), stat.size);
	EXPECT_EQ(16, stat.capacity);
	EXPECT_EQ(1, stat.held);
	EXPECT_EQ(15, stat.free + stat.lent);
	EXPECT_EQ(stat.lent + 1, stat.charged);
	EXPECT_EQ(0, stat.in_flight);
	EXPECT_EQ(stat.lent + 1, stat.high_water);
	EXPECT_EQ(0, stat.failures);
}

/* ---- calls of 32-bit programs ---- */

#ifdef __x86_64__
#define I386_IOCTL	54

static long i386_ioctl(int fd, unsigned long request, void *args)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a" (ret)
			 : "a" (I386_IOCTL), "b" (fd), "c" (request), "d" (args)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static int stat_as_i386(void *arg)
{
	struct rring_pool_stat *stat = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS |
					    MAP_32BIT, -1, 0);
	struct rring_client *client = client_of(*(int *)arg, RRING_CONSUMER);

	if (stat == MAP_FAILED)
		return 1;
	stat->size = sizeof(*stat);
	stat->pool = RRING_L;
	return i386_ioctl(client->fd, RRING_IOC_POOL_STAT, stat) == -ENOTTY &&
	       !stat->capacity ? 0 : 2;
}

/* The header refuses to compile for them, see host/compile_errors. */
TEST_F(output, calls_of_32_bit_programs_are_refused)
{
	int status = reap(spawn(stat_as_i386, &self->arena_fd));

	if (status == 128 + SIGSEGV)
		SKIP(return, "this kernel runs no 32-bit programs");
	EXPECT_EQ(0, status);
}
#endif

TEST_HARNESS_MAIN
