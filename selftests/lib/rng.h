/* SPDX-License-Identifier: MPL-2.0 */
/* Random choices that can be made again: the seed is printed. */
#ifndef SELFTESTS_RNG_H
#define SELFTESTS_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

/* From RRING_SEED in the environment, else a new one; says which. */
struct rng rng_new(const char *what);

/* Another sequence for process @id. */
struct rng rng_for(struct rng rng, uint64_t id);

uint64_t rng_next(struct rng *rng);

/* 0 to @n - 1 */
uint32_t rng_below(struct rng *rng, uint32_t n);

#endif /* SELFTESTS_RNG_H */
