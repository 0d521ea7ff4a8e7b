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

/* Initialize @cond. Deadlines of waits for it are of CLOCK_MONOTONIC. */
void ulib_cond_init(pthread_cond_t *cond);

/*
 * Disable cancellation of this thread. Return the state for
 * ulib_cancel_release(), which restores it. If pthread_cancel(3) ended a thread
 * that holds a lock or owns memory, nobody would release these. So a thread in
 * the library can be cancelled only while it waits: in .wait of the backend,
 * and between two looks of a spinning wait. The library encloses every other
 * cancellation point in these two functions.
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

/* Close @fd. Not a cancellation point, unlike close(2). */
void ulib_close(int fd);

#endif /* ULIB_THREAD_H */
