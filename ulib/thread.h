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

/*
 * Cancellation. A thread that pthread_cancel(3) ends must not have a lock, nor
 * own what nobody else frees. So the calls of the library act on it only while
 * they wait: by .wait of the backend, and between looks. All other places where
 * the C library would act on it are between these two functions. The first one
 * returns what the second one takes.
 */
static inline int ulib_cancel_hold(void)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	return state;
}

static inline void ulib_cancel_release(int state)
{
	pthread_setcancelstate(state, &state);
}

/* close(2), but no cancellation point. */
void ulib_close(int fd);

#endif /* ULIB_THREAD_H */
