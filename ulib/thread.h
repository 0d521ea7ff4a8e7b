/* SPDX-License-Identifier: MPL-2.0 */
/* The library's mutexes, and the cancellation of threads. */
#ifndef ULIB_THREAD_H
#define ULIB_THREAD_H

#include <pthread.h>

/*
 * Initialize @mutex with priority inheritance: a thread that has it locked runs
 * with the priority of the highest thread that waits for it. If the kernel has
 * no such futexes, the mutex is an ordinary one.
 */
void ulib_mutex_init(pthread_mutex_t *mutex);

#endif /* ULIB_THREAD_H */
