/* SPDX-License-Identifier: MPL-2.0 */
/* Random numbers. The seed is printed, so that a run can be repeated. */
#ifndef SELFTESTS_RNG_H
#define SELFTESTS_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

/* Seed from $RRING_SEED, or with a new seed. Prints @what and the seed. */
struct rng rng_new(const char *what);

/* Derive an independent sequence for process @id. */
struct rng rng_for(struct rng rng, uint64_t id);

uint64_t rng_next(struct rng *rng);

/* A number from 0 to @n - 1. */
uint32_t rng_below(struct rng *rng, uint32_t n);

#endif /* SELFTESTS_RNG_H */
