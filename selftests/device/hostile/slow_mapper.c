// SPDX-License-Identifier: MPL-2.0
/*
 * An observer maps the payload again and again, and gets little CPU time. While
 * it is stopped in the middle of a mapping, other clients can make calls; and it
 * can be evicted.
 */
#include <sched.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "device.h"
#include "netlink.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define SLOTS	4096	/* of 16 KiB: 64 MiB */
#define ROUNDS	20
#define HOG_NS	(NS_PER_S / 2)	/* less than the kernel leaves to others */

/* In shared memory. A round is one use of the CPU by the hog. */
struct shared {
	int arena_fd;
	struct baton ready;
	uint32_t client;	/* of the mapper */
	uint32_t is_mapping;	/* the mapper is in mmap() */
	uint32_t wanted;	/* round that the hog is to begin */
	uint32_t begun;		/* round in which the hog has the CPU */
	uint32_t called;	/* round in which the call has returned */
	uint32_t timeouts;	/* rounds that ended before the call returned */
};

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	MUST(!sched_setaffinity(0, sizeof(set), &set));
}

/* Map the payload until a mapping fails, because the client was evicted. */
static int map_for_ever(void *arg)
{
	struct shared *shared = arg;
	struct rring_client *client = client_of(shared->arena_fd,
						RRING_OBSERVER);
	size_t size = client->arena->payload_size;
	int fd = rring_client_fd(client);
	void *addr;

	shared->client = client->id;
	run_on(1);
	baton_pass(&shared->ready);
	do {
		__atomic_store_n(&shared->is_mapping, 1, __ATOMIC_SEQ_CST);
		addr = device_map(fd, RRING_REGION_PAYLOAD, 0, size, PROT_READ);
		__atomic_store_n(&shared->is_mapping, 0, __ATOMIC_SEQ_CST);
	} while (addr != MAP_FAILED && !munmap(addr, size));
	return 0;
}

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* In each round, take CPU 1 from the mapper until the call has returned. */
static int take_cpu(void *arg)
{
	const struct sched_param param = { .sched_priority = 1 };
	const struct timespec nap = { .tv_nsec = 100000 };
	struct shared *shared = arg;
	uint32_t round;

	run_on(1);
	MUST(!sched_setscheduler(0, SCHED_FIFO, &param));
	for (round = 1;; round++) {
		uint64_t end;

		while (load(&shared->wanted) != round)
			nanosleep(&nap, NULL);
		end = rring_deadline(HOG_NS);
		__atomic_store_n(&shared->begun, round, __ATOMIC_SEQ_CST);
		while (load(&shared->called) != round &&
		       rring_deadline(0) < end)
			;
		if (load(&shared->called) != round)
			shared->timeouts++;
	}
	return 0;
}

FIXTURE(slow_mapper)
{
	struct nl nl;
	uint32_t arena;
	struct rring_client *client;
	struct shared *shared;
	pid_t mapper;
};

FIXTURE_SETUP(slow_mapper)
{
	static const struct rring_arena_config config = {
		.name = "slow-mapper",
		.capacity = { [RRING_XL] = SLOTS },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	self->nl = nl_open();
	self->shared = shared_new(sizeof(*self->shared));
	self->shared->arena_fd = rring_arena_create(&config);
	ASSERT_LE(0, self->shared->arena_fd);
	self->arena = nl_arena(&self->nl, config.name);
	self->client = client_of(self->shared->arena_fd, RRING_PRODUCER);
	run_on(0);
	baton_init(&self->shared->ready);
	self->mapper = spawn(map_for_ever, self->shared);
	baton_wait(&self->shared->ready);
}

FIXTURE_TEARDOWN(slow_mapper)
{
	rring_close(self->client);
	close(self->shared->arena_fd);
	nl_close(&self->nl);
}

/* Make a call while the hog has the CPU. Was the mapper in a mapping? */
static int call_in_round(FIXTURE_DATA(slow_mapper) *self, uint32_t round)
{
	const struct timespec nap = { .tv_nsec = 2000000 };
	struct shared *shared = self->shared;
	struct rring_pool_stat stat = {
		.size = sizeof(stat),
		.pool = RRING_XL,
	};
	int is_mapping;

	__atomic_store_n(&shared->wanted, round, __ATOMIC_SEQ_CST);
	while (load(&shared->begun) != round)
		;
	is_mapping = (int)load(&shared->is_mapping);
	MUST(!device_call(rring_client_fd(self->client), RRING_IOC_POOL_STAT,
			  &stat));
	__atomic_store_n(&shared->called, round, __ATOMIC_SEQ_CST);
	nanosleep(&nap, NULL);	/* the mapper gets on */
	return is_mapping;
}

/*
 * The call needs the arena's lock, which the mapper does not hold while it maps
 * pages. Once or twice it may have been stopped just when it has the lock.
 */
TEST_F_TIMEOUT(slow_mapper, does_not_keep_others_waiting, 120)
{
	pid_t hog = spawn(take_cpu, self->shared);
	uint32_t round, calls = 0;

	for (round = 1; calls < ROUNDS; round++)
		calls += (uint32_t)call_in_round(self, round);
	EXPECT_GE(2u, self->shared->timeouts);
	slay(hog);
	slay(self->mapper);
}

TEST_F(slow_mapper, is_evicted)
{
	EXPECT_EQ(0, nl_evict(&self->nl, self->arena, self->shared->client, 0));
	EXPECT_EQ(0, reap(self->mapper));
}

TEST_HARNESS_MAIN
