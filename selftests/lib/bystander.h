/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Honest clients, beside whatever a hostile one does: two processes, of which
 * one writes and the other reads three rings, holds some events for a while,
 * and takes nothing for granted. All that was written has to arrive, once, in
 * order, as it was.
 */
#ifndef SELFTESTS_BYSTANDER_H
#define SELFTESTS_BYSTANDER_H

#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "dice.h"

/* By number, and so named: of payloads; of handles; of handles, for strangers. */
#define BYSTANDER_RINGS	3
#define BYSTANDER_WINDOW 16
extern const char *const bystander_ring[BYSTANDER_RINGS];

struct bystander_shared {
	volatile int stop;
	volatile uint64_t written[BYSTANDER_RINGS];
	volatile uint64_t read[BYSTANDER_RINGS];
	volatile uint64_t kept;
};

struct bystanders {
	int arena_fd;
	int overwritten;	/* producers among the others fill payloads */
	struct bystander_shared *shared;
	struct dice dice;
	struct baton ready;
	pid_t writer, reader;
};

/* Once both are at it. */
void bystanders_start(struct bystanders *self, int arena_fd, int overwritten,
		      struct dice dice);

/* Until @n more events of ring @i were read: 0 if one of them ended. */
int bystanders_go_on(const struct bystanders *self, int i, uint64_t n);

/* Until all was read, the slots dropped, and both have ended: 1 if all was. */
int bystanders_end(struct bystanders *self);

/* How many events were read of all rings. */
uint64_t bystanders_read(const struct bystanders *self);

#endif /* SELFTESTS_BYSTANDER_H */
