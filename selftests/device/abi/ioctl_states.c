// SPDX-License-Identifier: MPL-2.0
/*
 * States of a file, and processes, in which an ioctl is refused. One variant
 * per ioctl.
 */
#include "ioctl_fixture.h"

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
	const struct rring_client *client;

	good(self->call->size);
	client = self->subject.client;
	ASSERT_EQ(0, munmap(ledger_of(client), ledger_size(client)));
	if (self->call->needs_client) {
		EXPECT_EQ(-EOWNERDEAD, call_at(self->args));
	} else {
		EXPECT_LE(0, call_at(self->args));
	}
}

TEST_HARNESS_MAIN
