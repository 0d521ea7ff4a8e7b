/* SPDX-License-Identifier: MPL-2.0 */
/* Helpers of all tests: arenas, clients and child processes. */
#ifndef SELFTESTS_ARENA_H
#define SELFTESTS_ARENA_H

#include <stdint.h>
#include <sys/types.h>

#include <rusted_ring.h>

#include "timeout.h"

#define NS_PER_S	1000000000ull

/* Deadline for waits that succeed unless the system is broken. */
#define SOON()		rring_deadline(60 * NS_PER_S * timeout_factor())

/* Pool capacities so small that a test can exhaust them. */
#define SMALL_CAPACITY	{ 64, 32, 16, 8, 4 }

/* Create an anonymous arena with SMALL_CAPACITY. Return its fd, or exit. */
int arena_small(void);

/*
 * Create an anonymous arena with these capacities and @quota in percent (0: no
 * quota). Return its fd, or exit.
 */
int arena_with(const uint32_t capacity[RRING_POOLS], uint32_t quota);

/* Open a single-threaded client, or exit. */
struct rring_client *client_of(int arena_fd, enum rring_role role);

/* Open a client with @flags of rring_open_arena(), or exit. */
struct rring_client *client_with(int arena_fd, enum rring_role role,
				 unsigned int flags);

/* Return nonzero if the arena's clients fence, so that a sleeper interrupts no CPU. */
int is_fenced(const struct rring_client *client);

/* Sweep @pool. Return the number of slots in its free set, or exit. */
uint32_t free_slots(struct rring_client *client, enum rring_class pool);

/* Sweep all pools. Return 1 if all their slots are free. */
int all_free(struct rring_client *client);

/* Fork. The child calls @run and exits with the value that @run returns. */
pid_t spawn(int (*run)(void *arg), void *arg);

/*
 * Wait for a child. Return its exit status, 128 + the signal that killed it, or
 * -1 if @pid is no child.
 */
int reap(pid_t pid);

/* Return nonzero if the child has exited. Does not reap the child. */
int has_ended(pid_t pid);

/* Send SIGKILL to a child and reap it. */
void slay(pid_t pid);

/* Pipe by which one process waits for another. */
struct baton {
	int fd[2];
};

void baton_init(struct baton *baton);
void baton_pass(struct baton *baton);
void baton_wait(struct baton *baton);

#endif /* SELFTESTS_ARENA_H */
