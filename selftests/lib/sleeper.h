/* SPDX-License-Identifier: MPL-2.0 */
/* Who sleeps, and until when: states that can be polled, instead of time. */
#ifndef SELFTESTS_SLEEPER_H
#define SELFTESTS_SLEEPER_H

#include <stddef.h>
#include <sys/types.h>

#include <rusted_ring.h>

/* Zeroed memory that children share; exits on failure. */
void *shared_new(size_t size);

/* Until the first thread of @pid is in one of @states, as ps(1) has them. */
void until_state(pid_t pid, const char *states);

/* Until process @pid sleeps in the kernel. */
void until_asleep(pid_t pid);

/*
 * Until @pid, which has stopped or sleeps, has left its CPU for that: it may be
 * on the way there, and be interrupted.
 */
void until_off_cpu(pid_t pid);

/* Until process @pid sleeps for a slot of @pool. */
void until_starving(const struct rring_client *client, enum rring_class pool,
		    pid_t pid);

#endif /* SELFTESTS_SLEEPER_H */
