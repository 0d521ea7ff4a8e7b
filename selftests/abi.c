// SPDX-License-Identifier: MPL-2.0
/*
 * How every ioctl takes its struct: sizes, pointers, reserved fields and
 * values out of range. One variant per ioctl.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "arena.h"
#include "calls.h"
#include "device.h"
#include "kselftest_harness.h"

FIXTURE(call) {
	struct subject subject;
	union args *args;
	const struct call *call;
};

FIXTURE_VARIANT(call) {
	const struct call *call;
};

FIXTURE_VARIANT_ADD(call, create) {
	.call = &calls[0],
};

FIXTURE_VARIANT_ADD(call, remove) {
	.call = &calls[1],
};

FIXTURE_VARIANT_ADD(call, attach) {
	.call = &calls[2],
};

FIXTURE_VARIANT_ADD(call, refill) {
	.call = &calls[3],
};

FIXTURE_VARIANT_ADD(call, ring_open) {
	.call = &calls[4],
};

FIXTURE_VARIANT_ADD(call, ring_close) {
	.call = &calls[5],
};

FIXTURE_VARIANT_ADD(call, reader_join) {
	.call = &calls[6],
};

FIXTURE_VARIANT_ADD(call, reader_leave) {
	.call = &calls[7],
};

FIXTURE_VARIANT_ADD(call, reader_rejoin) {
	.call = &calls[8],
};

FIXTURE_VARIANT_ADD(call, wait) {
	.call = &calls[9],
};

FIXTURE_VARIANT_ADD(call, wake) {
	.call = &calls[10],
};

FIXTURE_VARIANT_ADD(call, pool_stat) {
	.call = &calls[11],
};

FIXTURE_VARIANT_ADD(call, reclaim) {
	.call = &calls[12],
};

/* The args end where memory does: what is read beyond them faults. */
FIXTURE_SETUP(call)
{
	char *pages = mmap(NULL, 2 * CALL_PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)pages);
	ASSERT_EQ(0, mprotect(pages + CALL_PAGE, CALL_PAGE, PROT_NONE));
	self->args = (union args *)pages;
	self->subject.arena_fd = arena_small();
	self->subject.client = client_of(self->subject.arena_fd,
					 RRING_PRODUCER);
	self->subject.fd = self->subject.client->fd;
	self->call = variant->call;
	ASSERT_EQ(0xb9, _IOC_TYPE(self->call->request));
	ASSERT_EQ(self->call->size, _IOC_SIZE(self->call->request));
}

FIXTURE_TEARDOWN(call)
{
	rring_close(self->subject.client);
}

/* A good struct that says to be @size long, the rest being zeros. */
#define good(size_) ({						\
	memset(self->args, 0, sizeof(*self->args));		\
	self->call->good(&self->subject, self->args);		\
	self->args->size = (size_);				\
})

#define call_at(pointer) \
	device_call(self->subject.fd, self->call->request, pointer)

TEST_F(call, good_call_succeeds)
{
	good(self->call->size);
	EXPECT_LE(0, call_at(self->args));
	EXPECT_EQ(self->call->size, self->args->size);
}

TEST_F(call, smaller_struct_is_refused)
{
	uint32_t size = self->call->size;
	uint32_t sizes[] = { 0, 1, 4, size - 4, size - 1 };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		good(sizes[i]);
		EXPECT_EQ(-EINVAL, call_at(self->args));
	}
}

TEST_F(call, larger_struct_with_zeros_is_taken)
{
	good(self->call->size + 8);
	EXPECT_LE(0, call_at(self->args));
	EXPECT_EQ(self->call->size + 8, self->args->size);
}

TEST_F(call, struct_of_a_page_is_taken)
{
	good(CALL_PAGE);
	EXPECT_LE(0, call_at(self->args));
}

TEST_F(call, larger_struct_that_says_more_is_refused)
{
	uint32_t size = self->call->size;
	uint32_t tails[] = { size, size + 7, CALL_PAGE - 1 };
	size_t i;

	for (i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		good(tails[i] + 1);
		self->args->byte[tails[i]] = 1;
		EXPECT_EQ(-E2BIG, call_at(self->args));
	}
}

TEST_F(call, struct_above_a_page_is_refused)
{
	good(CALL_PAGE + 1);
	EXPECT_EQ(-E2BIG, call_at(self->args));
	good(~0u);
	EXPECT_EQ(-E2BIG, call_at(self->args));
}

TEST_F(call, bad_pointer_is_refused)
{
	char *end = (char *)self->args + CALL_PAGE;
	char *last;

	good(self->call->size);
	EXPECT_EQ(-EFAULT, call_at(NULL));
	EXPECT_EQ(-EFAULT, call_at(end));
	EXPECT_EQ(-EFAULT, call_at((void *)-4096));
	EXPECT_EQ(-EFAULT, call_at((void *)(1ull << 63)));
	/* all but its last byte can be read */
	last = end - self->call->size + 1;
	memcpy(last, self->args, self->call->size - 1);
	EXPECT_EQ(-EFAULT, call_at(last));
}

TEST_F(call, result_that_cannot_be_written_is_reported)
{
	good(self->call->size);
	ASSERT_EQ(0, mprotect(self->args, CALL_PAGE, PROT_READ));
	if (_IOC_DIR(self->call->request) & _IOC_READ) {
		EXPECT_EQ(-EFAULT, call_at(self->args));
	} else {
		EXPECT_LE(0, call_at(self->args));
	}
}

/* And a refused call writes nothing. */
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
		EXPECT_EQ(0, memcmp(&before, self->args, CALL_PAGE));
	}
	/* and it was the field */
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
