// SPDX-License-Identifier: MPL-2.0
#include <unistd.h>

#include "thread.h"

void ulib_mutex_init(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attributes;
	int err;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	err = pthread_mutex_init(mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	if (err)
		pthread_mutex_init(mutex, NULL);
}

void ulib_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attributes);
	pthread_condattr_destroy(&attributes);
}

void ulib_close(int fd)
{
	int state = ulib_cancel_hold();

	close(fd);
	ulib_cancel_release(state);
}
