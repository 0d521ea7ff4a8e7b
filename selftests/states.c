// SPDX-License-Identifier: MPL-2.0
/*
 * Which states of a file, and which processes, an ioctl is refused in. One
 * variant per ioctl.
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

TEST_F(call, unattached_file_is_no_client)
{
	good(self->call->size);
	self->subject.fd = device_open();
	if (self->call->needs_client) {
		EXPECT_EQ(-ENOTCONN, call_at(self->args));
	} else {
		EXPECT_LE(0, call_at(self->args));
	}
}

TEST_F(call, client_without_its_ledger_is_none)
{
	struct rring_attach attach;

	good(self->call->size);
	self->subject.fd = device_open();
	ASSERT_EQ(0, device_attach(self->subject.fd, self->subject.arena_fd,
				   RRING_PRODUCER, &attach));
	if (self->call->needs_client) {
		EXPECT_EQ(-ENOTCONN, call_at(self->args));
	} else if (self->call->request == RRING_IOC_ATTACH) {
		EXPECT_EQ(-EBUSY, call_at(self->args));
	} else {
		EXPECT_LE(0, call_at(self->args));
	}
}

struct borrowed {
	int fd;
	unsigned long request;
	void *args;
};

static int call_borrowed(void *arg)
{
	struct borrowed *call = arg;
	int ret = device_call(call->fd, call->request, call->args);

	return ret < 0 ? -ret : 0;
}

TEST_F(call, child_cannot_act_for_its_parent)
{
	struct borrowed call;
	int expected;

	good(self->call->size);
	call = (struct borrowed) {
		.fd = self->subject.fd,
		.request = self->call->request,
		.args = self->args,
	};
	expected = self->call->needs_client ? EPERM : 0;
	EXPECT_EQ(expected, reap(spawn(call_borrowed, &call)));
}

TEST_F(call, client_ends_with_its_ledger)
{
	const struct rring_client *client = self->subject.client;

	good(self->call->size);
	ASSERT_EQ(0, munmap(ledger_of(client), ledger_size(client)));
	if (self->call->needs_client) {
		EXPECT_EQ(-EOWNERDEAD, call_at(self->args));
	} else {
		EXPECT_LE(0, call_at(self->args));
	}
}

TEST_HARNESS_MAIN
