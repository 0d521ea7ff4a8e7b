/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/* A sweep that calls a test between its steps: see sweep.c. */
#ifndef KRING_TESTS_SWEEP_H
#define KRING_TESTS_SWEEP_H

#include <rusted_ring/internal/atomic.h>

#include "../core/reclaim.h"

struct kring_arena;

/* The points of a sweep at which it calls the test. */
enum point {
	LOAD,		/* about to load a word of a ledger, or a summary */
	MARK,		/* about to read the window of a ring */
	MARKED,		/* has read it */
	CONFIRMED,	/* two collects agree: about to hide a generation */
	HIDDEN,		/* no generation of the batch can be seen */
};

/* What a suite does at @point. At LOAD, @loading is about to be loaded. */
typedef void (*sweep_action_t)(enum point point, const rring_word_t *loading);

/*
 * Sweep the first batch of XS of @arena, and call @action meanwhile. Return how
 * many slots were freed.
 */
u32 sweep_with(struct kring_arena *arena, sweep_action_t action,
	       enum kring_depth depth);

/* For an action: from now on, this sweep has taken too long. */
void sweep_delay(void);

#endif /* KRING_TESTS_SWEEP_H */
