// SPDX-License-Identifier: MPL-2.0
/* The allocator: profiles, private arenas, events by class and length. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <rusted_ring/internal/profile.h>

/* the library does not export its internal symbols */
#include "../../ulib/client/battery.c"
#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define THREADS	3
#define ROUNDS	2000

static const uint32_t sizes[] = { 64, 256, 1024, 4096, 16384 };

/* ---- profiles ---- */

TEST(profiles_have_the_capacities_that_they_are_known_for)
{
	static const uint32_t expected[][5] = {
		[RRING_PROFILE_MOBILE] = { 500, 250, 100, 20, 5 },
		[RRING_PROFILE_DESKTOP] = { 2000, 1000, 300, 60, 15 },
		[RRING_PROFILE_SERVER] = { 4000, 2000, 600, 120, 30 },
	};
	struct rring_arena_config config;
	int p, i;

	for (p = RRING_PROFILE_MOBILE; p <= RRING_PROFILE_SERVER; p++) {
		memset(&config, 0xff, sizeof(config));
		ASSERT_EQ(0, rring_arena_profile(&config,
						 (enum rring_profile)p));
		for (i = 0; i <= RRING_XL; i++)
			EXPECT_EQ(expected[p][i], config.capacity[i]);
		EXPECT_EQ((void *)NULL, (void *)config.name);
		EXPECT_EQ(0700, config.mode);
		EXPECT_EQ(~0u, config.uid);
		EXPECT_EQ(~0u, config.gid);
		EXPECT_EQ(0, config.max_clients | config.max_rings |
			     config.quota | config.flags);
	}
	EXPECT_EQ(-EINVAL, rring_arena_profile(&config, (enum rring_profile)p));
}

static char power_root[64];	/* of this test alone: others run meanwhile */

static void put_file(const char *supply, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", power_root, supply);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", power_root, supply, name);
	file = fopen(path, "w");
	MUST(file);
	fputs(text, file);
	MUST(!fclose(file));
}

static void make_supplies(void)
{
	snprintf(power_root, sizeof(power_root), "/tmp/power_supply.XXXXXX");
	MUST(mkdtemp(power_root));
}

static void remove_supplies(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", power_root);
	MUST(!system(command));
}

TEST(a_battery_is_one_that_the_machine_runs_on)
{
	make_supplies();
	EXPECT_EQ(0, ulib_battery_in(power_root));
	put_file("AC", "type", "Mains\n");
	EXPECT_EQ(0, ulib_battery_in(power_root));
	put_file("mouse", "type", "Battery\n");
	put_file("mouse", "scope", "Device\n");
	EXPECT_EQ(0, ulib_battery_in(power_root));
	put_file("empty", "type", "");
	EXPECT_EQ(0, ulib_battery_in(power_root));
	put_file("BAT0", "type", "Battery\n");
	EXPECT_EQ(1, ulib_battery_in(power_root));
	put_file("BAT0", "scope", "System\n");
	EXPECT_EQ(1, ulib_battery_in(power_root));
	put_file("BAT0", "type", "Batteries\n");
	EXPECT_EQ(0, ulib_battery_in(power_root));
	remove_supplies();
}

/* Is not a cancellation point: else it would leave files open. */
static void *look_when_cancelled(void *found)
{
	MUST(!pthread_cancel(pthread_self()));
	*(int *)found = ulib_battery_in(power_root);
	return NULL;
}

TEST(a_cancelled_thread_finishes_its_look_for_a_battery)
{
	int found = 0;

	make_supplies();
	put_file("BAT0", "type", "Battery\n");
	thread_end(thread_start(look_when_cancelled, &found));
	EXPECT_EQ(1, found);
	remove_supplies();
}

static enum rring_profile expected_here(int cpus)
{
	uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) *
			 (uint64_t)sysconf(_SC_PAGESIZE);

	int battery = ulib_battery_in("/sys/class/power_supply");

	return (enum rring_profile)rring_profile_detect(bytes, (uint32_t)cpus,
							battery);
}

TEST(this_machine_has_the_profile_that_the_rule_gives_it)
{
	cpu_set_t all, one;
	int i = 0;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(all), &all));
	EXPECT_EQ(expected_here(CPU_COUNT(&all)), rring_detect_profile());
	/* a process that is bound to one CPU gets the smallest profile */
	while (!CPU_ISSET(i, &all))
		i++;
	CPU_ZERO(&one);
	CPU_SET(i, &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	EXPECT_EQ(RRING_PROFILE_MOBILE, rring_detect_profile());
}

/* ---- private arenas ---- */

TEST(an_arena_by_profile_is_opened_in_one_call)
{
	struct rring_arena_config config;
	struct rring_client *client;
	struct rring_event event;
	int i;

	ASSERT_EQ(0, rring_arena_profile(&config, RRING_PROFILE_MOBILE));
	ASSERT_EQ(0, rring_open_config(&client, &config,
				       RRING_SINGLE_THREADED));
	for (i = 0; i <= RRING_XL; i++)
		EXPECT_EQ(config.capacity[i], client->pool[i].capacity);
	EXPECT_EQ(0, rring_alloc_m(client, 1024, 1, &event));
	EXPECT_EQ(0, rring_drop(client, &event));
	rring_close(client);
}

TEST(an_arena_with_a_name_is_found_by_it_while_it_lives)
{
	struct rring_arena_config config;
	struct rring_client *first, *second, *third;

	ASSERT_EQ(0, rring_arena_profile(&config, RRING_PROFILE_MOBILE));
	config.name = "allocators-own";
	ASSERT_EQ(0, rring_open_config(&first, &config, 0));
	EXPECT_EQ(-EEXIST, rring_open_config(&third, &config, 0));
	ASSERT_EQ(0, rring_open(&second, "allocators-own", RRING_PRODUCER, 0));
	rring_close(first);
	rring_close(second);
	EXPECT_EQ(-ENOENT, rring_open(&second, "allocators-own",
				      RRING_PRODUCER, 0));
}

TEST(a_configuration_that_is_none_is_refused)
{
	struct rring_arena_config config;
	struct rring_client *client;

	ASSERT_EQ(0, rring_arena_profile(&config, RRING_PROFILE_MOBILE));
	EXPECT_EQ(-EINVAL, rring_open_config(&client, &config, 1u << 31));
	memset(config.capacity, 0, sizeof(config.capacity));
	EXPECT_EQ(-EINVAL, rring_open_config(&client, &config, 0));
	config.capacity[RRING_XS] = 1;
	config.quota = 101;
	EXPECT_EQ(-EINVAL, rring_open_config(&client, &config, 0));
}

/* ---- events ---- */

FIXTURE(allocator)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_SETUP(allocator)
{
	self->arena = arena_small();
	self->client = client_of(self->arena, RRING_PRODUCER);
}

FIXTURE_TEARDOWN(allocator)
{
	rring_close(self->client);
	close(self->arena);
}

TEST_F(allocator, a_length_has_a_class)
{
	uint32_t i;

	EXPECT_EQ(RRING_XS, rring_class_for(0));
	for (i = RRING_XS; i <= RRING_XL; i++) {
		EXPECT_EQ(i, rring_class_for(sizes[i] - 1));
		EXPECT_EQ(i, rring_class_for(sizes[i]));
		EXPECT_EQ(i + 1, rring_class_for(sizes[i] + 1));
	}
}

typedef int (*alloc_t)(struct rring_client *client, size_t len,
		       uint32_t event_type, struct rring_event *event);

/* A class-specific function accepts any length that fits its class. */
TEST_F(allocator, a_class_has_a_name)
{
	static const alloc_t alloc[] = {
		rring_alloc_xs, rring_alloc_s, rring_alloc_m, rring_alloc_l,
		rring_alloc_xl,
	};
	struct rring_event event;
	uint32_t i;

	for (i = RRING_XS; i <= RRING_XL; i++) {
		ASSERT_EQ(0, alloc[i](self->client, 1, 7, &event));
		EXPECT_EQ(i, rring_handle_class(event.handle));
		EXPECT_EQ(1, event.len);
		EXPECT_EQ(7, event.event_type);
		EXPECT_EQ(0, (uintptr_t)event.data % 64);
		EXPECT_EQ(0, rring_drop(self->client, &event));
		ASSERT_EQ(0, alloc[i](self->client, sizes[i], 7, &event));
		EXPECT_EQ(i, rring_handle_class(event.handle));
		memset(event.data, 0x5a, sizes[i]);
		EXPECT_EQ(0, rring_drop(self->client, &event));
		EXPECT_EQ(-E2BIG, alloc[i](self->client, sizes[i] + 1, 7,
					   &event));
		EXPECT_EQ(-E2BIG, alloc[i](self->client,
					   ((size_t)1 << 32) + 1, 7, &event));
		EXPECT_EQ(-E2BIG, alloc[i](self->client, SIZE_MAX, 7, &event));
	}
	rring_trim(self->client);
	EXPECT_TRUE(all_free(self->client));
}

TEST_F(allocator, a_copy_is_what_was_copied)
{
	static char data[16384];
	struct rring_event event;
	uint32_t i, j;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7);
	for (i = RRING_XS; i <= RRING_XL; i++)
		for (j = 0; j < 2; j++) {
			uint32_t len = j ? sizes[i] : sizes[i] / 4 + 1;

			ASSERT_EQ(0, rring_alloc_copy(self->client, data, len,
						      i, &event));
			EXPECT_EQ(i, rring_handle_class(event.handle));
			EXPECT_EQ(len, event.len);
			EXPECT_EQ(i, event.event_type);
			EXPECT_EQ(0, memcmp(data, event.data, len));
			EXPECT_EQ(0, rring_drop(self->client, &event));
		}
	ASSERT_EQ(0, rring_alloc_copy(self->client, NULL, 0, 1, &event));
	EXPECT_EQ(0, event.len);
	EXPECT_EQ(0, rring_drop(self->client, &event));
}

TEST_F(allocator, a_full_pool_and_a_role_say_so)
{
	struct rring_client *consumer = client_of(self->arena, RRING_CONSUMER);
	struct rring_event events[8], event;
	long n;

	n = rring_alloc_batch(self->client, RRING_XL, 16384, 1, events, 8);
	ASSERT_EQ(4, n);
	EXPECT_EQ(-ENOSPC, rring_alloc_xl(self->client, 1, 1, &event));
	EXPECT_EQ(-ENOSPC, rring_alloc_copy(self->client, "", 16384, 1,
					    &event));
	EXPECT_EQ(-ETIMEDOUT, rring_alloc_until(self->client, 16384, 1,
						rring_deadline(NS_PER_S / 100),
						&event));
	while (n)
		EXPECT_EQ(0, rring_drop(self->client, &events[--n]));
	EXPECT_EQ(0, rring_alloc_xl(self->client, 1, 1, &event));
	EXPECT_EQ(0, rring_drop(self->client, &event));
	EXPECT_EQ(-EPERM, rring_alloc_copy(consumer, "x", 1, 1, &event));
	EXPECT_EQ(-EPERM, rring_alloc_batch(consumer, RRING_XS, 1, 1, events,
					    8));
	rring_close(consumer);
}

/* ---- threads ---- */

static void *allocate_and_check(void *arg)
{
	struct rring_client *client = client_of(*(int *)arg, RRING_PRODUCER);
	struct rring_event events[4];
	uint64_t i;
	long n, j;

	for (i = 0; i < ROUNDS; i++) {
		n = rring_alloc_batch(client, RRING_S, 200, 1, events, 4);
		MUST(n > 0);
		for (j = 0; j < n; j++)
			stream_fill(events[j].data, 200,
				    i * 4 + (uint64_t)j + (uintptr_t)client);
		for (j = 0; j < n; j++) {
			uint64_t word = (i * 4 + (uint64_t)j +
					 (uintptr_t)client) *
					0x9e3779b97f4a7c15ull;

			MUST(*(uint64_t *)events[j].data == word);
			MUST(!rring_drop(client, &events[j]));
		}
	}
	rring_close(client);
	return NULL;
}

TEST_F(allocator, threads_allocate_at_once_and_share_no_slot)
{
	pthread_t thread[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		thread[i] = thread_start(allocate_and_check, &self->arena);
	for (i = 0; i < THREADS; i++)
		thread_end(thread[i]);
	EXPECT_TRUE(all_free(self->client));
}

/* ---- errors ---- */

TEST(every_error_has_words_of_its_own)
{
	static const int errors[] = {
		0, EAGAIN, EPIPE, ESTALE, ENOSPC, EDQUOT, ETIMEDOUT, EINTR,
		E2BIG, EOVERFLOW, EBADMSG, ENODATA, EINVAL, EPERM, EACCES, ENOENT,
		EEXIST, EBUSY, ENXIO, ENOTCONN, EOWNERDEAD, ENOMEM, EBADF,
		ENAMETOOLONG, EPROTO, ENOTTY, EFAULT, EMFILE, ENFILE,
		ENOSYS, EPROTOTYPE,
	};
	const char *unknown = rring_strerror(-12345);
	unsigned int i, j;

	ASSERT_NE((void *)NULL, (void *)unknown);
	/* only negative errnos are known */
	EXPECT_STREQ(unknown, rring_strerror(EAGAIN));
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		EXPECT_STRNE(unknown, rring_strerror(-errors[i]));
		/* what it is; what to do */
		EXPECT_TRUE(!i || strchr(rring_strerror(-errors[i]), ';'));
		for (j = 0; j < i; j++)
			EXPECT_STRNE(rring_strerror(-errors[j]),
				     rring_strerror(-errors[i]));
	}
}

TEST_HARNESS_MAIN
