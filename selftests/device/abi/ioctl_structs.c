// SPDX-License-Identifier: MPL-2.0
/*
 * Checks that every ioctl makes of its struct: size, pointer, reserved fields
 * and ranges. One variant per ioctl.
 */
#include "ioctl_fixture.h"

TEST_F(call, good_call_succeeds)
{
	good(self->call->size);
	EXPECT_LE(0, call_at(self->args));
	EXPECT_EQ(self->call->size, self->args->size);
}

static uint32_t first_size(const struct call *call)
{
	return call->first ? call->first : call->size;
}

TEST_F(call, struct_below_the_first_version_is_refused)
{
	uint32_t size = first_size(self->call);
	uint32_t sizes[] = { 0, 1, 4, size - 4, size - 1 };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		good(sizes[i]);
		EXPECT_EQ(-EINVAL, call_at(self->args));
	}
}

/* The kernel reads no byte beyond the struct, and takes fields there as 0. */
TEST_F(call, struct_of_the_first_version_is_taken)
{
	uint32_t size = first_size(self->call);
	char *last = (char *)self->args + ARGS_MAX - size;

	good(size);
	memset(self->args->byte + size, 0xff, self->call->size - size);
	memmove(last, self->args, size);
	EXPECT_LE(0, call_at(last));
	EXPECT_EQ(size, *(uint32_t *)last);
}

TEST_F(call, larger_struct_with_zeros_is_taken)
{
	good(self->call->size + 8);
	EXPECT_LE(0, call_at(self->args));
	EXPECT_EQ(self->call->size + 8, self->args->size);
}

TEST_F(call, struct_of_4_kib_is_taken)
{
	good(ARGS_MAX);
	EXPECT_LE(0, call_at(self->args));
}

TEST_F(call, larger_struct_that_says_more_is_refused)
{
	uint32_t size = self->call->size;
	uint32_t tails[] = { size, size + 7, ARGS_MAX - 1 };
	size_t i;

	for (i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		good(tails[i] + 1);
		self->args->byte[tails[i]] = 1;
		EXPECT_EQ(-E2BIG, call_at(self->args));
	}
}

TEST_F(call, struct_above_4_kib_is_refused)
{
	good(ARGS_MAX + 1);
	EXPECT_EQ(-E2BIG, call_at(self->args));
	good(~0u);
	EXPECT_EQ(-E2BIG, call_at(self->args));
}

TEST_F(call, bad_pointer_is_refused)
{
	char *end = (char *)self->args + ARGS_MAX;
	char *last;

	good(self->call->size);
	EXPECT_EQ(-EFAULT, call_at(NULL));
	EXPECT_EQ(-EFAULT, call_at(end));
	EXPECT_EQ(-EFAULT, call_at((void *)-4096));
	EXPECT_EQ(-EFAULT, call_at((void *)(1ull << 63)));
	/* all bytes but the last can be read */
	last = end - self->call->size + 1;
	memcpy(last, self->args, self->call->size - 1);
	EXPECT_EQ(-EFAULT, call_at(last));
}

TEST_F(call, result_that_cannot_be_written_is_reported)
{
	good(self->call->size);
	ASSERT_EQ(0, mprotect(self->page, PAGE, PROT_READ));
	if (_IOC_DIR(self->call->request) & _IOC_READ) {
		EXPECT_EQ(-EFAULT, call_at(self->args));
	} else {
		EXPECT_LE(0, call_at(self->args));
	}
}

/* A bad field is refused, and nothing is written. */
TEST_F(call, bad_field_is_refused)
{
	const struct call_bad *bad;
	union args before;
	int ret;

	for (bad = self->call->bad; bad->offset; bad++) {
		good(self->call->size);
		memcpy(self->args->byte + bad->offset, &bad->value, 4);
		before = *self->args;
		ret = call_at(self->args);
		EXPECT_EQ(bad->err, ret) {
			TH_LOG("offset %u value %u", bad->offset, bad->value);
		}
		EXPECT_EQ(0, memcmp(&before, self->args, ARGS_MAX));
	}
	/* without the bad field the call succeeds */
	good(self->call->size);
	EXPECT_LE(0, call_at(self->args));
}

/* ---- commands ---- */

TEST_F(call, size_bits_of_the_command_do_not_matter)
{
	good(self->call->size);
	EXPECT_LE(0, device_call(self->subject.fd,
				 _IOC(_IOC_DIR(self->call->request), 0xb9,
				      _IOC_NR(self->call->request), 4),
				 self->args));
}

TEST_F(call, other_magic_is_unknown)
{
	unsigned long request;
	unsigned int magic;

	good(self->call->size);
	for (magic = 0xb0; magic < 0xc0; magic++) {
		if (magic == RRING_IOC_MAGIC)
			continue;
		request = _IOC(_IOC_DIR(self->call->request), magic,
			       _IOC_NR(self->call->request), self->call->size);
		EXPECT_EQ(-ENOTTY, device_call(self->subject.fd, request,
					       self->args));
	}
}

TEST(other_numbers_are_unknown)
{
	struct rring_client *client = client_of(arena_small(), RRING_PRODUCER);
	union args args = { .size = 64 };
	int bare = device_open();
	unsigned int nr;

	for (nr = CALLS; nr < 256; nr++) {
		EXPECT_EQ(-ENOTTY, device_call(bare, _IOWR(0xb9, nr, args),
					       &args));
		EXPECT_EQ(-ENOTTY, device_call(client->fd, _IO(0xb9, nr),
					       NULL));
	}
	rring_close(client);
}

TEST_HARNESS_MAIN
