/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Fixture with one variant per ioctl. A test program includes this file once.
 */
#ifndef SELFTESTS_IOCTL_FIXTURE_H
#define SELFTESTS_IOCTL_FIXTURE_H

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "ioctl_calls.h"
#include "device.h"
#include "kselftest_harness.h"
#include "page.h"

FIXTURE(call) {
	struct subject subject;
	char *page;		/* .args lie at its end */
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

FIXTURE_VARIANT_ADD(call, seal) {
	.call = &calls[13],
};

/* An inaccessible page follows @args: a read beyond them faults. */
FIXTURE_SETUP(call)
{
	self->page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->page);
	ASSERT_EQ(0, mprotect(self->page + PAGE, PAGE, PROT_NONE));
	self->args = (union args *)(self->page + PAGE - ARGS_MAX);
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
	calls_end();
}

/* Fill @args with valid arguments and set .size; the rest is zero. */
#define good(size_) ({						\
	memset(self->args, 0, sizeof(*self->args));		\
	self->call->good(&self->subject, self->args);		\
	self->args->size = (size_);				\
})

#define call_at(pointer) \
	device_call(self->subject.fd, self->call->request, pointer)

#endif /* SELFTESTS_IOCTL_FIXTURE_H */
