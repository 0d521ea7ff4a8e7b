/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two honest processes that run beside a hostile client. One writes three
 * rings. The other reads them, holds some events for a while, and checks all
 * content. Every event has to arrive once, in order and unchanged.
 */
#ifndef SELFTESTS_HONEST_CLIENTS_H
#define SELFTESTS_HONEST_CLIENTS_H

#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "rng.h"

/*
 * Names of the rings by number: 0 is inline, 1 and 2 are rings of handles.
 * Hostile clients of the tests may use ring 2.
 */
#define HONEST_RINGS	3
#define HONEST_WINDOW 16
extern const char *const honest_ring[HONEST_RINGS];

struct honest_shared {
	volatile int stop;
	volatile uint64_t written[HONEST_RINGS];
	volatile uint64_t read[HONEST_RINGS];
	volatile uint64_t kept;
};

struct honest_clients {
	int arena_fd;
	int overwritten;	/* hostile producers overwrite payloads */
	struct honest_shared *shared;
	struct rng rng;
	struct baton ready;
	pid_t writer, reader;
};

/* Start both processes. Return when both have opened their rings. */
void honest_clients_start(struct honest_clients *self, int arena_fd,
			  int overwritten, struct rng rng);

/*
 * Wait until @n more events of ring @i were read. Return 1, or 0 if one of the
 * processes has ended.
 */
int honest_clients_go_on(const struct honest_clients *self, int i, uint64_t n);

/*
 * Stop the writer, and wait until the reader has read all events, dropped all
 * slots, and both processes have ended. Return 1 if both exit with status 0.
 */
int honest_clients_end(struct honest_clients *self);

/* Number of events that the reader has read, of all rings. */
uint64_t honest_clients_read(const struct honest_clients *self);

#endif /* SELFTESTS_HONEST_CLIENTS_H */
