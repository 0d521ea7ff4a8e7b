/* SPDX-License-Identifier: MPL-2.0 */
/* Threads, each a client of its own, as an in-process arena has them. */
#ifndef SELFTESTS_THREAD_H
#define SELFTESTS_THREAD_H

#include <pthread.h>

#include <rusted_ring.h>

/* Exits on failure. */
pthread_t thread_start(void *(*run)(void *arg), void *arg);
void thread_end(pthread_t thread);

/* A step that one thread takes and another one waits for. */
void step_take(uint32_t *step);
void step_wait(uint32_t *step);

/* A 64-byte inline event with @value as its payload; what reserve says. */
int put_value(struct rring_writer *writer, uint64_t value);
uint64_t value_of(const struct rring_event *event);

#endif /* SELFTESTS_THREAD_H */
