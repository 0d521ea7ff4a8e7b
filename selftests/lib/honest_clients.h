/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Honest clients, beside whatever a hostile one does: two processes, of which
 * one writes and the other reads three rings, holds some events for a while,
 * and takes nothing for granted. All that was written has to arrive, once, in
 * order, as it was.
 */
#ifndef SELFTESTS_HONEST_CLIENTS_H
#define SELFTESTS_HONEST_CLIENTS_H

#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "rng.h"

/* By number, and so named: of payloads; of handles; of handles, for strangers. */
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
	int overwritten;	/* producers among the others fill payloads */
	struct honest_shared *shared;
	struct rng rng;
	struct baton ready;
	pid_t writer, reader;
};

/* Once both are at it. */
void honest_clients_start(struct honest_clients *self, int arena_fd,
			  int overwritten, struct rng rng);

/* Until @n more events of ring @i were read: 0 if one of them ended. */
int honest_clients_go_on(const struct honest_clients *self, int i, uint64_t n);

/* Until all was read, the slots dropped, and both have ended: 1 if all was. */
int honest_clients_end(struct honest_clients *self);

/* How many events were read of all rings. */
uint64_t honest_clients_read(const struct honest_clients *self);

#endif /* SELFTESTS_HONEST_CLIENTS_H */
