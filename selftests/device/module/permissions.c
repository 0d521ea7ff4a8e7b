// SPDX-License-Identifier: MPL-2.0
/*
 * Permissions of a named arena: to observe (r), consume (x) and produce (w), to
 * create it for a user, and to remove it.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "arena.h"
#include "kselftest_harness.h"
#include "user.h"

#define OWNER		1000
#define GROUP		2000
#define NAME		"of-somebody"

static int create(uint32_t mode, uint32_t uid, uint32_t gid)
{
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { 4 },
		.mode = mode,
		.uid = uid,
		.gid = gid,
	};

	return rring_arena_create(&config);
}

/* Open the arena as @role. Return 0 or a positive errno, an exit status. */
static int open_as(enum rring_role role)
{
	struct rring_client *client;
	int err = rring_open(&client, NAME, role, RRING_SINGLE_THREADED);

	if (!err)
		rring_close(client);
	return -err;
}

static int open_run(void *arg)
{
	return open_as(*(enum rring_role *)arg);
}

FIXTURE(mode) {
	int arena_fd;
};

/* Shift of the mode bits that apply to these ids; negative: all rights. */
FIXTURE_VARIANT(mode) {
	uid_t uid;
	gid_t gid;
	int shift;
};

FIXTURE_VARIANT_ADD(mode, owner) {
	.uid = OWNER,
	.gid = NOBODY,
	.shift = 6,
};

FIXTURE_VARIANT_ADD(mode, owner_in_the_group) {
	.uid = OWNER,
	.gid = GROUP,
	.shift = 6,
};

FIXTURE_VARIANT_ADD(mode, group) {
	.uid = STRANGER,
	.gid = GROUP,
	.shift = 3,
};

FIXTURE_VARIANT_ADD(mode, others) {
	.uid = STRANGER,
	.gid = STRANGER,
	.shift = 0,
};

FIXTURE_VARIANT_ADD(mode, nobody) {
	.uid = NOBODY,
	.gid = NOBODY,
	.shift = 0,
};

FIXTURE_VARIANT_ADD(mode, root) {
	.uid = 0,
	.gid = 0,
	.shift = -1,
};

FIXTURE_SETUP(mode)
{
	self->arena_fd = -1;
}

FIXTURE_TEARDOWN(mode)
{
	close(self->arena_fd);
}

static const uint32_t bit_of_role[] = {
	[RRING_OBSERVER] = 04,
	[RRING_CONSUMER] = 01,
	[RRING_PRODUCER] = 02,
};

/* Try 8 values of the class's bits; the other classes have them inverted. */
TEST_F(mode, bit_of_the_class_decides)
{
	uint32_t bits;

	for (bits = 0; bits < 8; bits++) {
		uint32_t mode = 0;
		enum rring_role role;
		int shift;

		for (shift = 0; shift <= 6; shift += 3)
			mode |= (shift == variant->shift ? bits : bits ^ 7) <<
				shift;
		self->arena_fd = create(mode, OWNER, GROUP);
		ASSERT_LE(0, self->arena_fd);
		for (role = RRING_OBSERVER; role <= RRING_PRODUCER; role++)
			EXPECT_EQ(variant->shift < 0 ||
				  bits & bit_of_role[role] ? 0 : EACCES,
				  run_as(variant->uid, variant->gid, open_run,
					 &role)) {
				TH_LOG("mode %o role %d", mode, role);
			}
		close(self->arena_fd);
	}
}

static int open_without_override(void *arg)
{
	drop_capability(CAP_DAC_OVERRIDE);
	return open_run(arg);
}

TEST(root_has_no_right_but_by_its_capability)
{
	enum rring_role role = RRING_PRODUCER;
	int fd = create(0000, OWNER, GROUP);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, reap(spawn(open_run, &role)));
	EXPECT_EQ(EACCES, reap(spawn(open_without_override, &role)));
	close(fd);
}

/* A descriptor from root gives access without a check of the mode. */
static int attach_by_fd(void *arg)
{
	struct rring_client *client;
	int err = rring_open_arena(&client, *(int *)arg, RRING_PRODUCER,
				   RRING_SINGLE_THREADED);

	return -err;
}

TEST(descriptor_needs_no_mode)
{
	int fd = create(0000, OWNER, GROUP);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, run_as(STRANGER, STRANGER, attach_by_fd, &fd));
	close(fd);
}

/* Supplementary groups and the effective id count, the real id does not. */
static int open_by_groups(void *arg)
{
	gid_t group = GROUP;

	if (setgroups(1, &group) || setresgid(STRANGER, STRANGER, STRANGER) ||
	    setresuid(STRANGER, STRANGER, STRANGER))
		return 99;
	return open_run(arg);
}

static int open_by_effective_uid(void *arg)
{
	if (setresuid(STRANGER, OWNER, 0))
		return 99;
	return open_run(arg);
}

static int open_by_real_uid(void *arg)
{
	if (setresuid(OWNER, STRANGER, 0))
		return 99;
	return open_run(arg);
}

TEST(supplementary_group_counts)
{
	enum rring_role role = RRING_CONSUMER;
	int fd = create(0010, OWNER, GROUP);

	EXPECT_EQ(0, reap(spawn(open_by_groups, &role)));
	close(fd);
}

TEST(effective_uid_counts)
{
	enum rring_role role = RRING_PRODUCER;
	int fd = create(0200, OWNER, GROUP);

	EXPECT_EQ(0, reap(spawn(open_by_effective_uid, &role)));
	EXPECT_EQ(EACCES, reap(spawn(open_by_real_uid, &role)));
	close(fd);
}

/* ---- creation ---- */

struct owner {
	uint32_t uid;
	uint32_t gid;
};

static int create_run(void *arg)
{
	const struct owner *owner = arg;
	int fd = create(0700, owner->uid, owner->gid);

	return fd < 0 ? -fd : 0;
}

TEST(nobody_creates_in_anothers_name)
{
	static const struct owner foreign[] = {
		{ 0, ~0u }, { OWNER, ~0u }, { ~0u, 0 }, { ~0u, GROUP },
	};
	struct owner own[] = {
		{ ~0u, ~0u }, { STRANGER, STRANGER }, { STRANGER, ~0u },
	};
	int i;

	for (i = 0; i < 4; i++)
		EXPECT_EQ(EPERM, run_as(STRANGER, STRANGER, create_run,
					(void *)&foreign[i]));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, run_as(STRANGER, STRANGER, create_run, &own[i]));
}

static int create_without_chown(void *arg)
{
	drop_capability(CAP_CHOWN);
	return create_run(arg);
}

TEST(root_creates_for_others_by_its_capability)
{
	struct owner foreign = { OWNER, GROUP };

	EXPECT_EQ(0, reap(spawn(create_run, &foreign)));
	EXPECT_EQ(EPERM, reap(spawn(create_without_chown, &foreign)));
}

TEST(name_in_use_is_taken)
{
	int fd = create(0777, OWNER, GROUP);
	struct owner own = { ~0u, ~0u };

	EXPECT_EQ(-EEXIST, create(0777, OWNER, GROUP));
	EXPECT_EQ(EEXIST, run_as(STRANGER, STRANGER, create_run, &own));
	close(fd);
	/* the arena is closed, so its name is free */
	fd = create(0777, OWNER, GROUP);
	EXPECT_LE(0, fd);
	close(fd);
}

/* Creation without a free descriptor fails and leaves no name. */
static int create_without_descriptors(void *arg)
{
	struct rring_create args = {
		.size = sizeof(args),
		.flags = RRING_CREATE_PERSIST,
		.name = NAME,
		.capacity = { 1 },
		.uid = OWNER,
		.gid = ~0u,
	};
	int device = open(RRING_DEVICE, O_RDWR);

	(void)arg;
	drop_capability(CAP_SYS_ADMIN);
	while (dup(device) >= 0)
		;
	return ioctl(device, RRING_IOC_CREATE, &args) < 0 ? errno : 0;
}

TEST(failed_creation_leaves_no_name)
{
	EXPECT_EQ(EMFILE, reap(spawn(create_without_descriptors, NULL)));
	EXPECT_EQ(-ENOENT, rring_arena_remove(NAME));
}

/* ---- removal ---- */

static int remove_run(void *arg)
{
	(void)arg;
	return -rring_arena_remove(NAME);
}

static int remove_without_admin(void *arg)
{
	drop_capability(CAP_SYS_ADMIN);
	return remove_run(arg);
}

TEST(stranger_removes_nothing)
{
	int fd = create(0777, OWNER, GROUP);

	EXPECT_EQ(EACCES, run_as(STRANGER, STRANGER, remove_run, NULL));
	EXPECT_EQ(EACCES, run_as(STRANGER, GROUP, remove_run, NULL));
	EXPECT_EQ(EACCES, reap(spawn(remove_without_admin, NULL)));
	EXPECT_EQ(0, open_as(RRING_PRODUCER));
	EXPECT_EQ(0, run_as(OWNER, NOBODY, remove_run, NULL));
	EXPECT_EQ(ENOENT, open_as(RRING_PRODUCER));
	close(fd);
}

TEST(root_removes_anything)
{
	int fd = create(0777, OWNER, GROUP);

	EXPECT_EQ(0, rring_arena_remove(NAME));
	EXPECT_EQ(-ENOENT, rring_arena_remove(NAME));
	close(fd);
}

/* Clients of a removed arena continue; its name is free for another one. */
TEST(removed_arena_lives_as_long_as_its_clients)
{
	struct rring_client *client;
	struct rring_event event;
	int fd = create(0777, ~0u, ~0u);
	int other;

	ASSERT_EQ(0, rring_open(&client, NAME, RRING_PRODUCER,
				RRING_SINGLE_THREADED));
	close(fd);
	ASSERT_EQ(0, rring_arena_remove(NAME));
	other = create(0777, ~0u, ~0u);
	EXPECT_LE(0, other);
	EXPECT_EQ(0, rring_alloc(client, 60, 0, &event));
	rring_close(client);
	EXPECT_EQ(0, open_as(RRING_PRODUCER));
	close(other);
	EXPECT_EQ(ENOENT, open_as(RRING_PRODUCER));
}

/* ---- user namespaces ---- */

static int write_map(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int err = fd < 0 || write(fd, text, strlen(text)) < 0;

	close(fd);
	return err;
}

/* Become root in a new user namespace, where root is STRANGER here. */
static int enter_user_namespace(int more)
{
	/* after a change of uid, /proc/self belongs to root */
	return prctl(PR_SET_DUMPABLE, 1) || unshare(CLONE_NEWUSER | more) ||
	       write_map("/proc/self/setgroups", "deny") ||
	       write_map("/proc/self/uid_map", "0 1234 1") ||
	       write_map("/proc/self/gid_map", "0 1234 1") || geteuid();
}

static int open_as_namespace_root(void *arg)
{
	return enter_user_namespace(0) ? 99 : open_run(arg);
}

static int remove_as_namespace_root(void *arg)
{
	return enter_user_namespace(0) ? 99 : remove_run(arg);
}

static int create_as_namespace_root(void *arg)
{
	return enter_user_namespace(0) ? 99 : create_run(arg);
}

static int open_in_own_network(void *arg)
{
	return enter_user_namespace(CLONE_NEWNET) ? 99 : open_run(arg);
}

TEST(namespace_root_has_no_right_outside)
{
	enum rring_role role = RRING_OBSERVER;
	int fd = create(0770, OWNER, GROUP);

	EXPECT_EQ(EACCES, run_as(STRANGER, STRANGER, open_as_namespace_root,
				 &role));
	EXPECT_EQ(EACCES, run_as(STRANGER, STRANGER, remove_as_namespace_root,
				 NULL));
	EXPECT_EQ(ENOENT, run_as(STRANGER, STRANGER, open_in_own_network,
				 &role));
	close(fd);
}

/* A namespace's root can create arenas for the ids that are mapped there. */
TEST(namespace_root_creates_for_itself)
{
	struct owner root = { 0, 0 }, own = { ~0u, ~0u };
	struct owner unknown = { OWNER, ~0u };

	EXPECT_EQ(0, run_as(STRANGER, STRANGER, create_as_namespace_root,
			    &root));
	EXPECT_EQ(0, run_as(STRANGER, STRANGER, create_as_namespace_root,
			    &own));
	EXPECT_EQ(EINVAL, run_as(STRANGER, STRANGER, create_as_namespace_root,
				 &unknown));
}

TEST_HARNESS_MAIN
