/* SPDX-License-Identifier: MPL-2.0 */
/* What every test needs: an arena of its own, clients, child processes. */
#ifndef SELFTESTS_ARENA_H
#define SELFTESTS_ARENA_H

#include <stdint.h>
#include <sys/types.h>

#include <rusted_ring.h>

#include "timeout.h"

#define NS_PER_S	1000000000ull

/* A deadline that a working system never reaches. */
#define SOON()		rring_deadline(60 * NS_PER_S * timeout_factor())

/* Small pools, so that they run dry soon. */
#define SMALL_CAPACITY	{ 64, 32, 16, 8, 4 }

/* Descriptor of a new anonymous arena with SMALL_CAPACITY; exits on failure. */
int arena_small(void);

/* The same with these capacities and this quota in percent (0: none). */
int arena_with(const uint32_t capacity[RRING_POOLS], uint32_t quota);

/* A single-threaded client; exits on failure. */
struct rring_client *client_of(int arena_fd, enum rring_role role);

/* The same with these flags of rring_open_arena(). */
struct rring_client *client_with(int arena_fd, enum rring_role role,
				 unsigned int flags);

/* Slots in the free set after a sweep of all that can be swept. */
uint32_t free_slots(struct rring_client *client, enum rring_class pool);

/* 1 if every pool of the arena is free to the last slot. */
int all_free(struct rring_client *client);

/* Fork; the child runs @run and exits with what it returns. */
pid_t spawn(int (*run)(void *arg), void *arg);

/* The child's exit status, or 128 + the signal that ended it. */
int reap(pid_t pid);

/* 1 if there is an exit status to reap. */
int has_ended(pid_t pid);

/* SIGKILL, and wait until it is gone. */
void slay(pid_t pid);

/* One process waits for another: a pipe. */
struct baton {
	int fd[2];
};

void baton_init(struct baton *baton);
void baton_pass(struct baton *baton);
void baton_wait(struct baton *baton);

#endif /* SELFTESTS_ARENA_H */
