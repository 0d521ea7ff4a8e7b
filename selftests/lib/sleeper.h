/* SPDX-License-Identifier: MPL-2.0 */
/* Waiting until a process sleeps, by polling its state instead of a delay. */
#ifndef SELFTESTS_SLEEPER_H
#define SELFTESTS_SLEEPER_H

#include <stddef.h>
#include <sys/types.h>

#include <rusted_ring.h>

/* Allocate zeroed memory that children share, or exit. */
void *shared_new(size_t size);

/*
 * Wait until the first thread of @pid is in one of @states, letters of ps(1),
 * or @pid does not exist.
 */
void until_state(pid_t pid, const char *states);

/* Does the thread, or the first thread of process, @pid sleep in the kernel? */
int is_asleep(pid_t pid);

/* Wait until process @pid sleeps in the kernel, or has ended. */
void until_asleep(pid_t pid);

/* Wait until process @pid sleeps in the ioctl @request, or has ended. */
void until_asleep_in(pid_t pid, unsigned int request);

/*
 * Wait until @pid, whose state is stopped or asleep, has left its CPU: between
 * the change of state and the switch, it may be interrupted. Exits if @pid does
 * not exist.
 */
void until_off_cpu(pid_t pid);

/* Wait until process @pid sleeps for a slot of @pool, or has ended. */
void until_starving(const struct rring_client *client, enum rring_class pool,
		    pid_t pid);

#endif /* SELFTESTS_SLEEPER_H */
