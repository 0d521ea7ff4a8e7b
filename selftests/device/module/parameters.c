// SPDX-License-Identifier: MPL-2.0
/* Effects of module parameters, and refused values. */
#include <sys/stat.h>

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"
#include "module.h"
#include "user.h"

/* Setup unloads the module; teardown loads it with its old parameters. */
FIXTURE(parameters) {
	char parameters[1024];
};

FIXTURE_SETUP(parameters)
{
	ASSERT_TRUE(module_is_loaded());
	module_parameters(self->parameters, sizeof(self->parameters));
	ASSERT_EQ(0, module_unload_soon());
}

FIXTURE_TEARDOWN(parameters)
{
	if (module_is_loaded()) {
		EXPECT_EQ(0, module_unload_soon());
	}
	ASSERT_EQ(0, module_load(self->parameters));
}

TEST_F(parameters, refuses_bad_parameters)
{
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{ "profile=foo", -EINVAL },
		{ "profile=", -EINVAL },
		{ "capacity=1,2,3", -EINVAL },
		{ "capacity=1", -EINVAL },
		{ "capacity=0,0,0,0,0,0", -EINVAL },
		{ "capacity=1,1,1,1", -EINVAL },
		{ "capacity=1,1,1,1,1,4097", -EINVAL },
		{ "capacity=1,1,1,1,1,1,1", -EINVAL },
		{ "profile=foo capacity=1,1,1,1,1,1", -EINVAL },
		{ "capacity=16777217,0,0,0,0", -EINVAL },
		{ "capacity=4294967295,1,1,1,1", -EINVAL },
		{ "capacity=x,1,1,1,1", -EINVAL },
		{ "capacity=0,0,0,0,16777216", -ENOSPC },
		{ "quota=101", -EINVAL },
		{ "quota=-1", -EINVAL },
		{ "default_mode=01000", -EINVAL },
		{ "default_gid=-1", -EINVAL },
		{ "max_bytes=4096", -ENOSPC },
		{ "max_bytes=x", -EINVAL },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		EXPECT_EQ(bad[i].err, module_load(bad[i].text)) {
			TH_LOG("%s", bad[i].text);
		}
		EXPECT_FALSE(module_is_loaded());
		EXPECT_EQ(-1, access(RRING_DEVICE, F_OK));
	}
}

static void get_capacities(uint32_t *capacity)
{
	struct rring_client *client;
	int i;

	memset(capacity, 0xa5, RRING_POOLS * sizeof(*capacity));
	if (rring_open(&client, NULL, RRING_OBSERVER, 0))
		return;
	for (i = 0; i < RRING_POOLS; i++)
		capacity[i] = client->arena->pool[i].capacity;
	rring_close(client);
}

TEST_F(parameters, sizes_the_default_arena)
{
	static const struct {
		const char *text;
		uint32_t capacity[RRING_POOLS];
	} good[] = {
		{ "profile=mobile", { 500, 250, 100, 20, 5, 8 } },
		{ "profile=desktop", { 2000, 1000, 300, 60, 15, 64 } },
		{ "profile=server", { 4000, 2000, 600, 120, 30, 256 } },
		{ "capacity=5,4,3,2,1,6", { 5, 4, 3, 2, 1, 6 } },
		{ "capacity=0,0,7,0,0,0", { 0, 0, 7, 0, 0, 0 } },
		{ "profile=mobile capacity=1,1,1,1,1", { 1, 1, 1, 1, 1, 8 } },
		{ "capacity=1,1,1,1,1 profile=server", { 1, 1, 1, 1, 1, 256 } },
	};
	uint32_t capacity[RRING_POOLS];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		ASSERT_EQ(0, module_load(good[i].text));
		get_capacities(capacity);
		EXPECT_EQ(0, memcmp(capacity, good[i].capacity,
				    sizeof(capacity))) {
			TH_LOG("%s", good[i].text);
		}
		ASSERT_EQ(0, module_unload_soon());
	}
}

/* A virtual machine with less than 2 GiB gets the mobile profile. */
TEST_F(parameters, chooses_a_profile_by_itself)
{
	uint32_t capacity[RRING_POOLS], profile[RRING_POOLS];
	int found = 0;
	int i;

	ASSERT_EQ(0, module_load("profile=auto"));
	get_capacities(capacity);
	for (i = RRING_PROFILE_MOBILE; i <= RRING_PROFILE_SERVER; i++) {
		ASSERT_EQ(0, rring_profile(i, profile));
		found += !memcmp(capacity, profile, sizeof(capacity));
	}
	EXPECT_EQ(1, found);
}

TEST_F(parameters, sets_the_mode_of_the_device)
{
	static const struct {
		const char *text;
		mode_t mode;
	} good[] = {
		{ "", 0600 }, { "dev_mode=0666", 0666 },
		{ "dev_mode=0660", 0660 },
	};
	struct stat stat;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		ASSERT_EQ(0, module_load(good[i].text));
		ASSERT_EQ(0, lstat(RRING_DEVICE, &stat));
		EXPECT_EQ(S_IFCHR | good[i].mode, stat.st_mode);
		EXPECT_EQ(0, stat.st_uid);
		ASSERT_EQ(0, module_unload_soon());
	}
}

static int open_as_producer(void *arg)
{
	struct rring_client *client;
	int err = rring_open(&client, NULL, RRING_PRODUCER, 0);

	if (!err)
		rring_close(client);
	return -err;
}

TEST_F(parameters, opens_the_default_arena_to_a_group)
{
	static const struct {
		const char *text;
		gid_t gid;
		int err;
	} tries[] = {
		{ "dev_mode=0666", STRANGER, EACCES },
		{ "dev_mode=0666 default_mode=0770", STRANGER, EACCES },
		{ "dev_mode=0666 default_gid=1234", STRANGER, EACCES },
		{ "dev_mode=0666 default_mode=0770 default_gid=1234", STRANGER,
		  0 },
		{ "dev_mode=0666 default_mode=0770 default_gid=1234", NOBODY,
		  EACCES },
		{ "dev_mode=0666 default_mode=0777", NOBODY, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		ASSERT_EQ(0, module_load(tries[i].text));
		EXPECT_EQ(tries[i].err,
			  run_as(STRANGER, tries[i].gid, open_as_producer, NULL)) {
			TH_LOG("%s, group %u", tries[i].text, tries[i].gid);
		}
		ASSERT_EQ(0, module_unload_soon());
	}
}

TEST_F(parameters, bounds_the_memory_of_all_arenas)
{
	static const uint32_t capacity[RRING_POOLS] = { [RRING_XL] = 256 };
	struct rring_arena_config config = {
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int first, second;

	memcpy(config.capacity, capacity, sizeof(capacity));
	/* max_bytes has room for the default arena and one of 4 MiB, not two */
	ASSERT_EQ(0, module_load("profile=mobile max_bytes=7000000"));
	first = rring_arena_create(&config);
	EXPECT_LE(0, first);
	second = rring_arena_create(&config);
	EXPECT_EQ(-ENOSPC, second);
	close(first);
	second = rring_arena_create(&config);
	EXPECT_LE(0, second);
	close(second);
}

TEST_F(parameters, gives_the_default_arena_a_quota)
{
	struct rring_refill args = { .size = sizeof(args), .count = 100 };
	struct rring_client *client;
	struct rring_event event;
	int err, n = 0;

	ASSERT_EQ(0, module_load("capacity=100,1,1,1,1 quota=30"));
	ASSERT_EQ(0, rring_open(&client, NULL, RRING_PRODUCER, 0));
	EXPECT_EQ(0, device_call(client->fd, RRING_IOC_REFILL, &args));
	EXPECT_EQ(30, args.count);
	while (!(err = rring_alloc_class(client, RRING_XS, 1, 0, &event)))
		n++;
	EXPECT_EQ(-EDQUOT, err);
	EXPECT_EQ(30, n);
	rring_close(client);
}

TEST_HARNESS_MAIN
