// SPDX-License-Identifier: MPL-2.0
#include <sched.h>

#include "stream.h"
#include "thread.h"

pthread_t thread_start(void *(*run)(void *arg), void *arg)
{
	pthread_t thread;

	MUST(!pthread_create(&thread, NULL, run, arg));
	return thread;
}

void thread_end(pthread_t thread)
{
	MUST(!pthread_join(thread, NULL));
}

void step_take(uint32_t *step)
{
	__atomic_store_n(step, 1, __ATOMIC_RELEASE);
}

void step_wait(uint32_t *step)
{
	while (!__atomic_load_n(step, __ATOMIC_ACQUIRE))
		sched_yield();
}

int put_value(struct rring_writer *writer, uint64_t value)
{
	int err = rring_reserve(writer, 1);

	if (err)
		return err;
	*(uint64_t *)rring_reserved(writer, 0, sizeof(value), 1) = value;
	rring_commit(writer, 1);
	return 0;
}

uint64_t value_of(const struct rring_event *event)
{
	MUST(event->len == sizeof(uint64_t));
	return *(const uint64_t *)event->data;
}
