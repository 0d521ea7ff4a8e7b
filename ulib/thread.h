/* SPDX-License-Identifier: MPL-2.0 */
/* How the library initializes mutexes, and when pthread_cancel(3) acts. */
#ifndef ULIB_THREAD_H
#define ULIB_THREAD_H

#include <pthread.h>

/*
 * Initialize @mutex with priority inheritance: a thread that has it locked runs
 * at least with the priority of each thread that waits for it. If the kernel
 * does not support that, @mutex is an ordinary mutex.
 */
void ulib_mutex_init(pthread_mutex_t *mutex);

/* Initialize @cond. The deadline of a wait for it is a CLOCK_MONOTONIC time. */
void ulib_cond_init(pthread_cond_t *cond);

/*
 * Disable cancellation of this thread. Return the previous state, which the
 * caller passes to ulib_cancel_release(). The library encloses each
 * cancellation point in a pair of these calls, except where a thread waits: in
 * .wait of struct ulib_backend_calls, and between two checks of a spinning
 * wait. If pthread_cancel(3) ended a thread that holds a lock or owns memory,
 * no other thread could release the lock or the memory.
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

/* Close @fd. Unlike close(2), this function is no cancellation point. */
void ulib_close(int fd);

#endif /* ULIB_THREAD_H */
