// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* The type of a ring: kernel writers and readers, and commands. */
#include "../kclient/reader.h"
#include "../kclient/writer.h"
#include "fixture.h"

static struct rring_kwriter_config writer_config(const char *type, u32 size)
{
	return (struct rring_kwriter_config) {
		.arena = FIXTURE_NAME,
		.ring = "ring",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
		.type = type,
		.type_size = size,
	};
}

static struct rring_kwriter *write_as(const char *type, u32 size)
{
	struct rring_kwriter_config config = writer_config(type, size);

	return rring_kwriter_open(&config);
}

/* Return 0 or the error with which a kernel reader of this type is refused. */
static long read_as(const char *type, u32 size)
{
	struct rring_kreader_config config = {
		.arena = FIXTURE_NAME,
		.ring = "ring",
		.type = type,
		.type_size = size,
	};
	struct rring_kreader *kr = rring_kreader_open(&config);

	if (IS_ERR(kr))
		return PTR_ERR(kr);
	rring_kreader_close(kr, RRING_LEAVE_FORGET);
	return 0;
}

static int join_as(struct kring_client *client, const char *type, u32 size)
{
	struct rring_reader_join args = {
		.size = sizeof(args),
		.ring_name = "ring",
		.type_size = size,
	};

	strscpy(args.type_name, type, sizeof(args.type_name));
	return fixture_command(client, RRING_IOC_READER_JOIN, &args,
			       sizeof(args));
}

static void reader_has_the_type_of_the_ring(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct rring_kwriter *kw = write_as("struct tick", 24);

	KUNIT_ASSERT_FALSE(test, IS_ERR(kw));
	KUNIT_EXPECT_STREQ(test, kw->info->type_name, "struct tick");
	KUNIT_EXPECT_EQ(test, kw->info->type_size, 24u);
	KUNIT_EXPECT_EQ(test, read_as(NULL, 0), 0l);
	KUNIT_EXPECT_EQ(test, read_as("struct tick", 24), 0l);
	KUNIT_EXPECT_EQ(test, read_as("struct tick", 25), (long)-EPROTOTYPE);
	KUNIT_EXPECT_EQ(test, read_as("struct tock", 24), (long)-EPROTOTYPE);
	KUNIT_EXPECT_EQ(test, join_as(client, "struct tock", 24), -EPROTOTYPE);
	KUNIT_EXPECT_EQ(test, kw->ring->nr_readers, 0u);
	KUNIT_EXPECT_EQ(test, join_as(client, "struct tick", 24), 0);
	KUNIT_EXPECT_EQ(test, kw->ring->nr_readers, 1u);
	rring_kwriter_close(kw, 0);
}

static void next_writer_has_the_type_of_the_ring(struct kunit *test)
{
	struct kring_client *client = fixture_client(test, RRING_CONSUMER);
	struct rring_kwriter *kw = write_as("struct tick", 24);
	struct kring_ring *ring;

	KUNIT_ASSERT_FALSE(test, IS_ERR(kw));
	ring = kw->ring;
	KUNIT_ASSERT_EQ(test, join_as(client, "", 0), 0);
	rring_kwriter_close(kw, RRING_CLOSE_AWAIT);
	KUNIT_EXPECT_EQ(test, PTR_ERR(write_as("struct tock", 24)),
			(long)-EPROTOTYPE);
	KUNIT_EXPECT_NULL(test, ring->writer);
	KUNIT_EXPECT_FALSE(test, ring->has_heir);
	kw = write_as(NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kw));
	KUNIT_EXPECT_STREQ(test, ring->info->type_name, "struct tick");
	rring_kwriter_close(kw, RRING_CLOSE_AWAIT);
	kw = write_as("struct tick", 24);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kw));
	rring_kwriter_close(kw, 0);
}

static void bad_type_is_refused(struct kunit *test)
{
	char longest[RRING_NAME_MAX + 1] = {};

	memset(longest, 'x', RRING_NAME_MAX);
	KUNIT_EXPECT_EQ(test, PTR_ERR(write_as(longest, 8)), (long)-EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(write_as("tick", 0)), (long)-EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(write_as(NULL, 8)), (long)-EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(write_as("", 8)), (long)-EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(write_as("ti\nck", 8)), (long)-EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(write_as("tick", 65)), (long)-EINVAL);
	KUNIT_EXPECT_NULL(test, kring_ring_find(fixture_arena(test), "ring"));
	KUNIT_EXPECT_EQ(test, read_as("tick", 0), (long)-EINVAL);
	KUNIT_EXPECT_EQ(test, read_as(NULL, 8), (long)-EINVAL);
}

static struct kunit_case type_cases[] = {
	KUNIT_CASE(reader_has_the_type_of_the_ring),
	KUNIT_CASE(next_writer_has_the_type_of_the_ring),
	KUNIT_CASE(bad_type_is_refused),
	{}
};

static struct kunit_suite type_suite = {
	.name = "type",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = fixture_exit,
	.test_cases = type_cases,
};

kunit_test_suite(type_suite);
