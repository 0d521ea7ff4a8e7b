// SPDX-License-Identifier: MPL-2.0
/*
 * Groups of slots in an owned arena: which arenas can be created, how many
 * groups each producer gets, and what becomes of the groups of those that die.
 */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "device.h"
#include "kernel_writer.h"
#include "kselftest_harness.h"
#include "netlink.h"
#include "owned_arena.h"
#include "page.h"
#include "region.h"
#include "sleeper.h"
#include "stream.h"

#define GROUPS	16
#define SLOTS	(GROUPS * OWNED_GROUP_SLOTS_MAX)	/* of a pool, at most */
#define NAME	"owned-groups"

/* ---- creation ---- */

static struct rring_arena_config config_of(uint32_t producers)
{
	return (struct rring_arena_config) {
		.flags = RRING_CREATE_OWNED,
		.producers = producers,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.backend = RRING_BACKEND_DEVICE,
	};
}

static int refusal(const struct rring_arena_config *config, const char *text)
{
	int err = rring_arena_create(config);

	if (err >= 0) {
		close(err);
		return 0;
	}
	if (!strstr(rring_error_detail(err), text))
		printf("# no \"%s\" in: %s\n", text, rring_error_detail(err));
	return strstr(rring_error_detail(err), text) ? err : 1;
}

TEST(pool_with_too_few_groups_is_refused)
{
	enum rring_class pool;

	for (pool = RRING_XS; pool < RRING_XXL; pool++) {
		struct rring_arena_config config = config_of(2);
		uint32_t slots = owned_group_slots(pool);
		int fd;

		config.capacity[pool] = 5 * slots;
		EXPECT_EQ(-EINVAL, refusal(&config, "too small for an owned"));
		/* rounded up, this is the sixth group */
		config.capacity[pool] = 5 * slots + 1;
		fd = rring_arena_create(&config);
		EXPECT_LE(0, fd);
		close(fd);
		/* the kernel needs two, and a producer as well */
		config.producers = 0;
		config.capacity[pool] = 3 * slots;
		EXPECT_EQ(-EINVAL, refusal(&config, "too small for an owned"));
	}
}

TEST(number_of_producers_is_checked)
{
	struct rring_arena_config config = config_of(5);

	config.capacity[RRING_L] = 64;
	config.max_clients = 4;
	EXPECT_GT(0, rring_arena_create(&config));
	config.max_clients = 0;
	config.producers = 32;
	EXPECT_EQ(-EINVAL, refusal(&config, "too small for an owned"));
	config.producers = 1;
	config.flags = 0;
	EXPECT_EQ(-EINVAL, refusal(&config, "producers is 1"));
}

TEST(process_has_no_owned_arenas)
{
	struct rring_arena_config config = config_of(1);

	config.capacity[RRING_L] = 64;
	config.backend = RRING_BACKEND_PROCESS;
	EXPECT_EQ(-EOPNOTSUPP, refusal(&config, "needs the device"));
}

TEST(capacities_are_raised_to_whole_groups)
{
	struct rring_arena_config config = config_of(1);
	struct rring_client *client;
	enum rring_class pool;
	int fd;

	for (pool = RRING_XS; pool < RRING_XXL; pool++)
		config.capacity[pool] = 3 * owned_group_slots(pool) + 1;
	config.capacity[RRING_XXL] = 1;
	fd = rring_arena_create(&config);
	ASSERT_LE(0, fd);
	client = client_of(fd, RRING_PRODUCER);
	for (pool = RRING_XS; pool < RRING_XXL; pool++)
		EXPECT_EQ(4 * owned_group_slots(pool),
			  client->arena->pool[pool].capacity);
	EXPECT_EQ(1, client->arena->pool[RRING_XXL].capacity);
	EXPECT_TRUE(all_free(client));
	rring_close(client);
	close(fd);
}

/* ---- how many groups a producer gets ---- */

FIXTURE(groups)
{
	int arena;
	struct rring_client *a, *b, *reader;
	struct rring_event event[SLOTS];
	int n;
	uint32_t slots;		/* of a group */
	uint32_t minimum;	/* groups */
};

FIXTURE_VARIANT(groups)
{
	enum rring_class pool;
};

FIXTURE_VARIANT_ADD(groups, xs) { .pool = RRING_XS };
FIXTURE_VARIANT_ADD(groups, s) { .pool = RRING_S };
FIXTURE_VARIANT_ADD(groups, m) { .pool = RRING_M };
FIXTURE_VARIANT_ADD(groups, l) { .pool = RRING_L };
FIXTURE_VARIANT_ADD(groups, xl) { .pool = RRING_XL };

FIXTURE_SETUP(groups)
{
	self->arena = owned_arena(GROUPS, 3);
	self->a = client_of(self->arena, RRING_PRODUCER);
	self->b = client_of(self->arena, RRING_PRODUCER);
	self->reader = client_of(self->arena, RRING_CONSUMER);
	self->slots = owned_group_slots(variant->pool);
	self->minimum = self->a->arena->group_minimum[variant->pool];
	ASSERT_EQ((uint32_t)(GROUPS / 8), self->minimum);
}

FIXTURE_TEARDOWN(groups)
{
	struct rring_client *last = client_of(self->arena, RRING_OBSERVER);

	if (self->a)
		rring_close(self->a);
	rring_close(self->b);
	rring_close(self->reader);
	EXPECT_TRUE(all_free(last));
	rring_close(last);
	close(self->arena);
}

/* Allocate until it fails. Return the number. */
static int take(struct rring_client *client, enum rring_class pool,
		struct rring_event *event, int most)
{
	int n = 0;

	while (n < most &&
	       !rring_alloc_class(client, pool, 64, 1, &event[n])) {
		memset(event[n].data, n, 64);
		n++;
	}
	return n;
}

static uint32_t group_of(const struct rring_event *event, uint32_t slots)
{
	return (event->handle & 0xffffff) / slots;
}

/* Drop all of @event but the first of each group. Return how many are left. */
static int keep_one_of_each(struct rring_client *client,
			    struct rring_event *event, int n, uint32_t slots)
{
	int is_kept[GROUPS] = { 0 };
	int i, left = 0;

	for (i = 0; i < n; i++) {
		if (is_kept[group_of(&event[i], slots)]++)
			MUST(!rring_drop(client, &event[i]));
		else
			event[left++] = event[i];
	}
	return left;
}

/* The hog gets all but the minimum of the other and of the kernel. */
TEST_F(groups, hog_leaves_each_its_minimum)
{
	int all = (int)((GROUPS - 2 * self->minimum) * self->slots);
	struct rring_event other[SLOTS];
	struct rring_client *later;
	int n;

	self->n = take(self->a, variant->pool, self->event, SLOTS);
	EXPECT_EQ(all, self->n);
	self->n = keep_one_of_each(self->a, self->event, self->n, self->slots);
	EXPECT_EQ(GROUPS - 2 * (int)self->minimum, self->n);
	n = take(self->b, variant->pool, other, SLOTS);
	EXPECT_EQ((int)(self->minimum * self->slots), n);
	EXPECT_EQ(-ENOSPC, rring_alloc_class(self->b, variant->pool, 64, 1,
					     &other[n]));
	/* no minimum is left for another producer: the library says ENOSPC */
	EXPECT_EQ(-ENOSPC, rring_open_arena(&later, self->arena,
					    RRING_PRODUCER, 0));
	while (n--)
		rring_drop(self->b, &other[n]);
	while (self->n--)
		rring_drop(self->a, &self->event[self->n]);
}

/* A reader holds one event of each group of a producer that has died. */
TEST_F(groups, orphans_leave_each_its_minimum)
{
	struct rring_event held[GROUPS], other[SLOTS];
	struct rring_client *later;
	int i, n;

	self->n = take(self->a, variant->pool, self->event, SLOTS);
	self->n = keep_one_of_each(self->a, self->event, self->n, self->slots);
	for (i = 0; i < self->n; i++) {
		uint64_t handle = rring_share(self->a, &self->event[i]);

		ASSERT_EQ(0, rring_upgrade(self->reader, handle, &held[i]));
	}
	rring_close(self->a);
	self->a = NULL;
	n = take(self->b, variant->pool, other, SLOTS);
	EXPECT_LE((int)(self->minimum * self->slots), n);
	EXPECT_EQ(-ENOSPC, rring_open_arena(&later, self->arena,
					    RRING_PRODUCER, 0));
	/* consumers and observers need no groups */
	EXPECT_EQ(0, rring_open_arena(&later, self->arena, RRING_CONSUMER, 0));
	rring_close(later);
	while (n--)
		rring_drop(self->b, &other[n]);
	for (i = 0; i < self->n; i++)
		rring_drop(self->reader, &held[i]);
	rring_close(client_of(self->arena, RRING_PRODUCER));
}

/* The slots of the dead, which nobody holds, do not keep a producer out. */
TEST_F(groups, producer_joins_after_the_death_of_a_hog)
{
	rring_close(self->b);
	self->n = take(self->a, variant->pool, self->event, SLOTS);
	EXPECT_EQ((int)((GROUPS - self->minimum) * self->slots), self->n);
	rring_close(self->a);
	self->a = client_of(self->arena, RRING_PRODUCER);
	self->b = client_of(self->arena, RRING_PRODUCER);
}

/* Slots that a producer has parked, or not taken yet, keep no other out. */
TEST_F(groups, producer_joins_beside_idle_slots)
{
	rring_close(self->b);
	self->n = take(self->a, variant->pool, self->event, SLOTS);
	while (self->n--)
		rring_drop(self->a, &self->event[self->n]);
	self->b = client_of(self->arena, RRING_PRODUCER);
	self->n = take(self->b, variant->pool, self->event, SLOTS);
	EXPECT_LE((int)(self->minimum * self->slots), self->n);
}

/* ---- seals ---- */

/*
 * A producer cannot seal a slot that is free, of whose next event it can know
 * the handle. So the next owner of the group can write the event.
 */
TEST_F(groups, seal_does_not_outlast_the_event)
{
	struct rring_seal args = { .size = sizeof(args) };
	const rring_word_t *next = self->a->pool[variant->pool].generation;
	uint32_t i;

	if (self->slots > 1)
		SKIP(return, "this class has no seals");
	self->n = take(self->a, variant->pool, self->event, SLOTS);
	while (self->n--) {
		rring_seal(self->a, &self->event[self->n]);
		rring_drop(self->a, &self->event[self->n]);
	}
	rring_trim(self->a);
	free_slots(self->reader, variant->pool);
	for (i = 0; i < GROUPS; i++) {
		args.handle = rring_handle_of_next(rring_word_load(&next[i]),
						   variant->pool);
		EXPECT_GT(0, device_call(self->a->fd, RRING_IOC_SEAL, &args));
	}
	self->n = take(self->b, variant->pool, self->event, SLOTS);
	EXPECT_LE(8, self->n);
}

TEST_F(groups, slot_of_a_sealed_event_can_be_allocated_at_once)
{
	struct rring_event event;

	if (self->slots > 1)
		SKIP(return, "this class has no seals");
	ASSERT_EQ(1, take(self->a, variant->pool, &event, 1));
	ASSERT_EQ(0, rring_seal(self->a, &event));
	ASSERT_EQ(0, rring_drop(self->a, &event));
	EXPECT_LE(8, take(self->a, variant->pool, self->event, SLOTS));
}

/* ---- quota ---- */

TEST(quota_counts_whole_groups)
{
	struct rring_arena_config config = config_of(2);
	uint32_t slots = owned_group_slots(RRING_M);
	int most = (int)(GROUPS / 2 * slots);
	struct rring_event event[SLOTS];
	struct rring_pool_stat stat;
	struct rring_client *client;
	int fd, n, again;

	config.capacity[RRING_M] = GROUPS * slots;
	config.quota = 50;
	fd = rring_arena_create(&config);
	ASSERT_LE(0, fd);
	client = client_of(fd, RRING_PRODUCER);
	n = take(client, RRING_M, event, SLOTS);
	EXPECT_EQ(most, n);
	EXPECT_EQ(-EDQUOT, rring_alloc_class(client, RRING_M, 64, 1,
					     &event[n]));
	n = keep_one_of_each(client, event, n, slots);
	EXPECT_EQ(GROUPS / 2, n);
	ASSERT_EQ(0, rring_pool_stat(client, RRING_M, RRING_STAT_SWEEP,
				     &stat));
	EXPECT_EQ((uint32_t)most, stat.charged);
	/* the rest of its groups is still its own, and no more */
	again = take(client, RRING_M, &event[n], SLOTS - n);
	EXPECT_EQ(most - GROUPS / 2, again);
	EXPECT_EQ(-EDQUOT, rring_alloc_class(client, RRING_M, 64, 1,
					     &event[n + again]));
	rring_close(client);
	close(fd);
}

TEST(quota_is_never_below_the_minimum)
{
	struct rring_arena_config config = config_of(1);
	uint32_t slots = owned_group_slots(RRING_M);
	struct rring_event event[SLOTS];
	struct rring_client *client;
	int fd;

	config.capacity[RRING_M] = GROUPS * slots;
	config.quota = 1;
	fd = rring_arena_create(&config);
	ASSERT_LE(0, fd);
	client = client_of(fd, RRING_PRODUCER);
	EXPECT_EQ((int)(GROUPS / 4 * slots),
		  take(client, RRING_M, event, SLOTS));
	rring_close(client);
	close(fd);
}

/* ---- the kernel as a producer ---- */

FIXTURE(beside_kernel)
{
	int arena, fd;
	uint32_t ring;
	struct rring_client *hog, *consumer;
	struct rring_reader *reader;
	struct rring_event event[SLOTS];
	int n;
	uint32_t slots;		/* of a group */
	uint32_t minimum;	/* slots that the kernel can have */
};

FIXTURE_SETUP(beside_kernel)
{
	self->slots = owned_group_slots(RRING_M);
	ASSERT_EQ(0, producer_load());
	self->arena = owned_arena(GROUPS, 3);
	self->hog = client_of(self->arena, RRING_PRODUCER);
	self->n = take(self->hog, RRING_M, self->event, SLOTS);
	self->n = keep_one_of_each(self->hog, self->event, self->n,
				   self->slots);
	self->minimum = self->hog->arena->group_minimum[RRING_M] * self->slots;
	self->fd = producer_of(self->arena, RRING_HANDLES, RRING_FAIL, 1024,
			       &self->ring);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
	self->reader = reader_at(self->consumer, self->ring);
}

FIXTURE_TEARDOWN(beside_kernel)
{
	rring_close(self->consumer);
	close(self->fd);
	rring_close(self->hog);
	self->hog = client_of(self->arena, RRING_OBSERVER);
	EXPECT_TRUE(all_free(self->hog));
	rring_close(self->hog);
	close(self->arena);
	EXPECT_EQ(0, producer_unload());
}

TEST_F(beside_kernel, kernel_writer_gets_its_minimum)
{
	struct found found = { 0 };
	uint32_t i;

	for (i = 0; i < self->minimum; i++)
		ASSERT_EQ(0, producer_put_soon(self->fd, i, 1000));
	ASSERT_EQ(0, found_now(&found, self->reader));
	EXPECT_EQ(self->minimum, found.events);
}

/* Groups go round between the kernel and two processes, and stay intact. */
TEST_F(beside_kernel, groups_move_to_the_kernel_and_back)
{
	struct rring_event seen, again;
	struct found found = { 0 };
	uint32_t round, i, sent = 0;
	uint64_t handle;

	for (round = 0; round < 20; round++) {
		while (self->n)
			rring_drop(self->hog, &self->event[--self->n]);
		rring_trim(self->hog);
		/* more than the kernel's minimum */
		for (i = 0; i < 3 * self->minimum; i++, sent++)
			ASSERT_EQ(0, producer_put_soon(self->fd, sent, 1000));
		ASSERT_EQ(0, rring_try_read(self->reader, &seen));
		ASSERT_EQ(0, rring_keep(self->reader, &seen));
		EXPECT_EQ(SIGBUS, signal_of_store(
				owned_write_view(self->hog, &seen)));
		EXPECT_EQ(SIGSEGV, signal_of_store(
				owned_read_view(self->hog, &seen)));
		ASSERT_EQ(0, found_now(&found, self->reader));
		self->n = take(self->hog, RRING_M, self->event, SLOTS);
		EXPECT_LE(2 * (int)self->slots, self->n);
		/* what is held is the kernel's, with its header */
		handle = rring_share(self->consumer, &seen);
		ASSERT_EQ(0, rring_upgrade(self->hog, handle, &again));
		EXPECT_EQ(1000u, again.len);
		EXPECT_EQ(PRODUCER_TASK, (int)again.event_type);
		EXPECT_EQ(0, rring_drop(self->hog, &again));
		EXPECT_EQ(0, found_add(&(struct found){ 0 }, &seen));
		EXPECT_EQ(0, rring_drop(self->consumer, &seen));
	}
}

/* ---- hostile and dead producers ---- */

struct looper {
	int arena_fd;
	uint32_t client;
	uint32_t serial;
	uint64_t handle;
	struct baton ready;
};

FIXTURE(looping)
{
	struct looper *looper;
	struct nl nl;
	uint32_t arena;
	struct rring_client *honest;
	pid_t pid;
};

/*
 * Own pages of class L, share an event, and then map OWN, touch its pages and
 * unmap it, until an eviction ends that.
 */
static int map_for_ever(void *arg)
{
	struct looper *looper = arg;
	struct rring_client *client = client_of(looper->arena_fd,
						RRING_PRODUCER);
	size_t size = client->arena->payload_size;
	size_t at = client->arena->pool[RRING_L].payload_offset;
	struct rring_event event[SLOTS], shared;
	int n = take(client, RRING_L, event, SLOTS);
	int fd = client->fd;
	char *own;

	while (n--)
		rring_drop(client, &event[n]);
	shared = owned_make(client, RRING_XS, 7);
	looper->handle = rring_share(client, &shared);
	looper->client = client->id;
	looper->serial =
		rring_flag_load(&client->arena->client_serial[client->id]);
	baton_pass(&looper->ready);
	for (;;) {
		own = device_map(fd, RRING_REGION_OWN, 0, size,
				 PROT_READ | PROT_WRITE);
		if (own == MAP_FAILED)
			break;
		for (n = 0; n < GROUPS; n++)
			signal_of_store(own + at + (size_t)n * PAGE);
		MUST(!mprotect(own, size, PROT_READ));
		MUST(!munmap(own, size));
	}
	MUST(errno == EOWNERDEAD);
	/* when the eviction is complete, its headers are out of reach, too */
	while (signal_of_store((char *)client->pool[0].header) != SIGBUS)
		sched_yield();
	return 0;
}

FIXTURE_SETUP(looping)
{
	struct rring_arena_config config = config_of(3);
	int i;

	config.name = NAME;
	for (i = 0; i < RRING_XXL; i++)
		config.capacity[i] = GROUPS *
				     owned_group_slots((enum rring_class)i);
	self->looper = shared_new(sizeof(*self->looper));
	self->looper->arena_fd = rring_arena_create(&config);
	ASSERT_LE(0, self->looper->arena_fd);
	self->nl = nl_open();
	self->arena = nl_arena(&self->nl, NAME);
	baton_init(&self->looper->ready);
	self->pid = spawn(map_for_ever, self->looper);
	baton_wait(&self->looper->ready);
	self->honest = client_of(self->looper->arena_fd, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(looping)
{
	EXPECT_TRUE(all_free(self->honest));
	rring_close(self->honest);
	close(self->looper->arena_fd);
	nl_close(&self->nl);
}

/* A producer that maps and unmaps its pages cannot keep them by that. */
TEST_F(looping, producer_loses_its_groups)
{
	uint32_t minimum = self->honest->arena->group_minimum[RRING_L];
	struct rring_event event[SLOTS];
	int i, n, round;

	for (round = 0; round < 20; round++) {
		n = take(self->honest, RRING_L, event, SLOTS);
		EXPECT_EQ((int)((GROUPS - 2 * minimum) *
				owned_group_slots(RRING_L)), n);
		for (i = 0; i < n; i++) {
			EXPECT_EQ(i, ((char *)event[i].data)[63]);
			rring_drop(self->honest, &event[i]);
		}
		rring_trim(self->honest);
	}
	slay(self->pid);
}

TEST_F(looping, producer_is_evicted)
{
	struct rring_event event;

	ASSERT_EQ(0, rring_upgrade(self->honest, self->looper->handle,
				   &event));
	ASSERT_EQ(0, nl_evict(&self->nl, self->arena, self->looper->client,
			      self->looper->serial));
	EXPECT_EQ(0, reap(self->pid));
	EXPECT_TRUE(owned_is(&event, 7));
	EXPECT_EQ(0, rring_drop(self->honest, &event));
}

/*
 * A client dies when it unmaps its ledger. It keeps OWN and HEADERS, but writes
 * no event and no header any more.
 */
TEST_F(looping, dead_producer_changes_nothing)
{
	int arena = self->looper->arena_fd;
	struct rring_client *client = client_of(arena, RRING_PRODUCER);
	struct rring_client *reader = client_of(arena, RRING_CONSUMER);
	struct rring_event made = owned_make(client, RRING_XS, 9), seen, again;
	uint64_t handle = rring_share(client, &made);

	slay(self->pid);
	ASSERT_EQ(0, rring_upgrade(self->honest, handle, &seen));
	ASSERT_EQ(0, munmap(ledger_of(client), ledger_size(client)));
	memset(client->pool[0].header - client->arena->pool[0].slot_base, 0xff,
	       client->arena->slots * sizeof(struct rring_event_header));
	EXPECT_EQ(SIGBUS, signal_of_store(made.data));
	ASSERT_EQ(0, rring_upgrade(self->honest, handle, &again));
	EXPECT_TRUE(owned_is(&again, 9));
	EXPECT_EQ(64u, again.len);
	EXPECT_EQ(0, rring_drop(self->honest, &again));
	ASSERT_EQ(0, rring_upgrade(reader, handle, &again));
	EXPECT_TRUE(owned_is(&again, 9));
	EXPECT_EQ(64u, again.len);
	EXPECT_EQ(0, rring_drop(reader, &again));
	EXPECT_EQ(0, rring_drop(self->honest, &seen));
	rring_close(client);
	rring_close(reader);
}

TEST_HARNESS_MAIN
