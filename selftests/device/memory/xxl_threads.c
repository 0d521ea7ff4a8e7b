// SPDX-License-Identifier: MPL-2.0
/*
 * Threads of one client allocate events above 16 KiB, while one thread stops
 * between the call that lends it a place and the use of the place.
 */
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "arena.h"
#include "kselftest_harness.h"
#include "xxl_event.h"
#include "thread.h"

static _Thread_local int is_slow;
static uint32_t lent, needed;

/*
 * The slow thread stops after it was lent a place, until another thread gets
 * none.
 */
static void after_refill(int ret, const struct rring_refill *refill)
{
	if (is_slow) {
		step_take(&lent);
		step_wait(&needed);
	} else if (ret || !refill->count) {
		step_take(&needed);
	}
}

/* Replaces the function that the library calls. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *args;
	int ret;

	va_start(list, request);
	args = va_arg(list, void *);
	va_end(list);
	ret = (int)syscall(SYS_ioctl, fd, request, args);
	if (request == RRING_IOC_REFILL)
		after_refill(ret, args);
	return ret;
}

FIXTURE(xxl_threads)
{
	int arena;
	struct rring_client *client;
};

FIXTURE_VARIANT(xxl_threads)
{
	uint32_t places;
};

FIXTURE_VARIANT_ADD(xxl_threads, with_few_places)
{
	.places = 4,
};

/* More places than a magazine has. */
FIXTURE_VARIANT_ADD(xxl_threads, with_many_places)
{
	.places = 2 * RRING_MAGAZINE_SLOTS,
};

FIXTURE_SETUP(xxl_threads)
{
	self->arena = xxl_arena(variant->places, 0);
	ASSERT_EQ(0, rring_open_arena(&self->client, self->arena,
				      RRING_PRODUCER, 0));
}

FIXTURE_TEARDOWN(xxl_threads)
{
	rring_close(self->client);
	close(self->arena);
}

struct slow {
	struct rring_client *client;
	struct rring_event event;
};

static void *allocate_slowly(void *arg)
{
	struct slow *slow = arg;

	is_slow = 1;
	slow->event = xxl_make(slow->client, MIB, 1);
	return NULL;
}

TEST_F(xxl_threads, who_stands_still_takes_no_place_from_others)
{
	struct slow slow = { .client = self->client };
	pthread_t thread = thread_start(allocate_slowly, &slow);
	struct rring_event event;
	uint32_t i;

	step_wait(&lent);
	for (i = 0; i < 3 * variant->places; i++) {
		ASSERT_EQ(0, rring_alloc(self->client, 64 * KIB, 1, &event)) {
			TH_LOG("after %u", i);
		}
		xxl_fill(&event, 2);
		ASSERT_EQ(0, rring_drop(self->client, &event));
	}
	thread_end(thread);
	EXPECT_TRUE(xxl_is(&slow.event, 1));
	EXPECT_EQ(0, rring_drop(self->client, &slow.event));
	EXPECT_EQ(variant->places, xxl_free(self->client));
}

TEST_HARNESS_MAIN
