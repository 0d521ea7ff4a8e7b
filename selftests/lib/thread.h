/* SPDX-License-Identifier: MPL-2.0 */
/* Threads, each of which is a client of an in-process arena. */
#ifndef SELFTESTS_THREAD_H
#define SELFTESTS_THREAD_H

#include <pthread.h>

#include <rusted_ring.h>

/* Start a thread or wait for its end, or exit. */
pthread_t thread_start(void *(*run)(void *arg), void *arg);
void thread_end(pthread_t thread);

/* One thread takes the step; another thread waits until it is taken. */
void step_take(uint32_t *step);
void step_wait(uint32_t *step);

/*
 * Write a 64-byte inline event whose payload is @value. Return 0 or the error
 * of rring_reserve().
 */
int put_value(struct rring_writer *writer, uint64_t value);
uint64_t value_of(const struct rring_event *event);

#endif /* SELFTESTS_THREAD_H */
