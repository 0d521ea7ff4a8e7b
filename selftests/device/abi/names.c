// SPDX-License-Identifier: MPL-2.0
/*
 * Valid names, and calls that each role may make. One variant per field that is
 * a name.
 */
#include <sys/ioctl.h>

#include "arena.h"
#include "ioctl_calls.h"
#include "device.h"
#include "kselftest_harness.h"

FIXTURE(name) {
	struct subject subject;
	union args args;
};

FIXTURE_VARIANT(name) {
	int call;
	size_t offset;
	int unknown;		/* result for an unknown name */
};

#define AT(type, member) offsetof(struct rring_##type, member)

FIXTURE_VARIANT_ADD(name, create) {
	.call = _IOC_NR(RRING_IOC_CREATE),
	.offset = AT(create, name),
};

FIXTURE_VARIANT_ADD(name, remove) {
	.call = _IOC_NR(RRING_IOC_REMOVE),
	.offset = AT(remove, name),
	.unknown = -ENOENT,
};

FIXTURE_VARIANT_ADD(name, attach) {
	.call = _IOC_NR(RRING_IOC_ATTACH),
	.offset = AT(attach, name),
	.unknown = -ENOENT,
};

FIXTURE_VARIANT_ADD(name, ring_open) {
	.call = _IOC_NR(RRING_IOC_RING_OPEN),
	.offset = AT(ring_open, name),
};

FIXTURE_VARIANT_ADD(name, joined_ring) {
	.call = _IOC_NR(RRING_IOC_READER_JOIN),
	.offset = AT(reader_join, ring_name),
	.unknown = -ENOENT,
};

FIXTURE_VARIANT_ADD(name, reader) {
	.call = _IOC_NR(RRING_IOC_READER_JOIN),
	.offset = AT(reader_join, name),
};

FIXTURE_SETUP(name)
{
	self->subject.arena_fd = arena_small();
	self->subject.client = client_of(self->subject.arena_fd,
					 RRING_PRODUCER);
	self->subject.fd = self->subject.client->fd;
}

FIXTURE_TEARDOWN(name)
{
	rring_close(self->subject.client);
	calls_end();
}

/* Make a good call with @len bytes of @name as the name. */
static int call_named(struct subject *subject, union args *args,
		      int nr, size_t offset, const char *name, size_t len)
{
	const struct call *call = &calls[nr];

	memset(args, 0, sizeof(*args));
	call->good(subject, args);
	args->size = call->size;
	if (nr == _IOC_NR(RRING_IOC_ATTACH))
		args->attach.arena_fd = -1;
	memset(args->byte + offset, 0, RRING_NAME_MAX);
	memcpy(args->byte + offset, name, len);
	return device_call(subject->fd, call->request, args);
}

#define call_with(name, len) \
	call_named(&self->subject, &self->args, variant->call, \
		   variant->offset, name, len)

/* Map a descriptor to 0, as both mean success. */
static int no_more_than_0(int ret)
{
	return ret > 0 ? 0 : ret;
}

TEST_F(name, of_63_characters_is_good)
{
	static const char longest[RRING_NAME_MAX] =
		"!\"#$%&'()*+,-.0123456789:;<=>?@/ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`";

	ASSERT_EQ(RRING_NAME_MAX - 1, strlen(longest));
	EXPECT_EQ(variant->unknown,
		  no_more_than_0(call_with(longest, strlen(longest))));
}

TEST_F(name, letters_are_good)
{
	EXPECT_EQ(variant->unknown,
		  no_more_than_0(call_with("ABCXYZ[\\]^_`abcxyz{|}~", 22)));
}

TEST_F(name, without_an_end_is_bad)
{
	char name[RRING_NAME_MAX];

	memset(name, 'n', sizeof(name));
	EXPECT_EQ(-EINVAL, call_with(name, sizeof(name)));
}

TEST_F(name, of_a_hierarchy_is_good)
{
	static const char *const names[] = {
		"a/b/c", "a.b.c", ".a/b.", "a/...", "a/..b", "a/.b",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_EQ(variant->unknown,
			  no_more_than_0(call_with(names[i],
						   strlen(names[i]))));
}

TEST_F(name, with_a_component_that_is_none_is_bad)
{
	static const char *const names[] = {
		"/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/..",
		"a/./b", "a/../b",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_EQ(-EINVAL, call_with(names[i], strlen(names[i])));
}

TEST_F(name, that_ends_in_a_component_without_end_is_bad)
{
	char name[RRING_NAME_MAX];

	memset(name, 'n', sizeof(name));
	name[RRING_NAME_MAX - 2] = '/';
	EXPECT_EQ(-EINVAL, call_with(name, sizeof(name)));
	EXPECT_EQ(-EINVAL, call_with(name, sizeof(name) - 1));
}

TEST_F(name, with_a_control_character_is_bad)
{
	char name[] = "ab?";
	int c;

	for (c = 1; c < 0x20; c++) {
		name[2] = (char)c;
		EXPECT_EQ(-EINVAL, call_with(name, 3));
	}
	EXPECT_EQ(-EINVAL, call_with("\x7f", 1));
}

TEST_F(name, beyond_ascii_is_bad)
{
	EXPECT_EQ(-EINVAL, call_with("\x80", 1));
	EXPECT_EQ(-EINVAL, call_with("\xff", 1));
	EXPECT_EQ(-EINVAL, call_with("ab\xa0", 3));
	EXPECT_EQ(-EINVAL, call_with("\xc3\xa9t\xc3\xa9", 5));
}

TEST(library_never_cuts_a_name)
{
	char name[RRING_NAME_MAX + 1] = "";
	struct rring_arena_config config = {
		.name = name,
		.capacity = { 1 },
		.uid = ~0u,
		.gid = ~0u,
	};
	struct rring_client *client;

	memset(name, 'n', RRING_NAME_MAX);
	EXPECT_EQ(-ENAMETOOLONG, rring_arena_create(&config));
	EXPECT_EQ(-ENAMETOOLONG, rring_arena_remove(name));
	EXPECT_EQ(-ENAMETOOLONG, rring_open(&client, name, RRING_PRODUCER,
					    RRING_SINGLE_THREADED));
}

/* ---- roles ---- */

FIXTURE(role) {
	struct rring_client *producer;
	struct rring_client *client;
	uint32_t ring;
};

FIXTURE_VARIANT(role) {
	enum rring_role role;
	int writes;
	int gates;
};

FIXTURE_VARIANT_ADD(role, observer) {
	.role = RRING_OBSERVER,
	.writes = -EPERM,
	.gates = -EPERM,
};

FIXTURE_VARIANT_ADD(role, consumer) {
	.role = RRING_CONSUMER,
	.writes = -EPERM,
};

FIXTURE_VARIANT_ADD(role, producer) {
	.role = RRING_PRODUCER,
};

FIXTURE_SETUP(role)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_BLOCK,
		.capacity = 4,
	};
	int arena_fd = arena_small();
	struct rring_writer *writer;

	self->producer = client_of(arena_fd, RRING_PRODUCER);
	ASSERT_EQ(0, rring_writer_open(self->producer, &config, &writer));
	self->ring = writer->id;
	self->client = client_of(arena_fd, variant->role);
}

FIXTURE_TEARDOWN(role)
{
	rring_close(self->client);
	rring_close(self->producer);
}

TEST_F(role, only_a_producer_refills)
{
	struct rring_refill args = { .size = sizeof(args), .count = 1 };

	EXPECT_EQ(variant->writes,
		  device_call(self->client->fd, RRING_IOC_REFILL, &args));
}

TEST_F(role, only_a_producer_opens_rings)
{
	struct rring_ring_open args = {
		.size = sizeof(args),
		.kind = RRING_HANDLES,
		.capacity = 1,
	};

	EXPECT_EQ(variant->writes,
		  device_call(self->client->fd, RRING_IOC_RING_OPEN, &args));
}

TEST_F(role, only_a_producer_allocates)
{
	struct rring_event event;

	EXPECT_EQ(variant->writes, rring_alloc(self->client, 1, 0, &event));
}

TEST_F(role, observer_never_gates)
{
	struct rring_reader_join args = {
		.size = sizeof(args),
		.ring = self->ring,
	};

	EXPECT_EQ(variant->gates,
		  device_call(self->client->fd, RRING_IOC_READER_JOIN, &args));
}

TEST_F(role, everybody_observes)
{
	struct rring_reader_join args = {
		.size = sizeof(args),
		.flags = RRING_JOIN_OBSERVER,
		.ring = self->ring,
	};

	EXPECT_EQ(0, device_call(self->client->fd, RRING_IOC_READER_JOIN,
				 &args));
}

TEST_F(role, everybody_asks_for_statistics)
{
	struct rring_pool_stat stat;

	memset(&stat, 0xa5, sizeof(stat));
	EXPECT_EQ(0, rring_pool_stat(self->client, RRING_L, RRING_STAT_SWEEP,
				     &stat));
	EXPECT_EQ(8, stat.capacity);
	EXPECT_EQ(8, stat.free);
	EXPECT_EQ(0, stat.lent);
	EXPECT_EQ(0, stat.held);
	EXPECT_EQ(0, stat.charged);
}

/* ---- many names ---- */

#define MANY	300

static int create_named(const char *name)
{
	struct rring_arena_config config = {
		.name = name,
		.flags = RRING_CREATE_PERSIST,
		.capacity = { 1 },
		.max_clients = 1,
		.max_rings = 1,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int fd = rring_arena_create(&config);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* Each of many arenas is found by its name, until the name is removed. */
TEST(each_of_many_names_is_found)
{
	struct rring_client *client;
	char name[RRING_NAME_MAX];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many%d", i);
		ASSERT_EQ(0, create_named(name));
	}
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "many%d", i);
		EXPECT_EQ(-EEXIST, create_named(name));
		ASSERT_EQ(0, rring_open(&client, name, RRING_OBSERVER, 0));
		/* the client keeps the arena, but not the name */
		EXPECT_EQ(0, rring_arena_remove(name));
		EXPECT_EQ(-ENOENT, rring_arena_remove(name));
		EXPECT_EQ(0, create_named(name));
		EXPECT_EQ(0, rring_arena_remove(name));
		rring_close(client);
	}
}

TEST_HARNESS_MAIN
