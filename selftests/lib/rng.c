// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "rng.h"

struct rng rng_new(const char *what)
{
	const char *given = getenv("RRING_SEED");
	struct rng rng = { .state = 1 };

	if (given)
		rng.state = strtoull(given, NULL, 0);
	else if (getrandom(&rng.state, sizeof(rng.state), 0) < 0)
		perror("# getrandom");
	printf("# %s: RRING_SEED=%llu\n", what, (unsigned long long)rng.state);
	return rng;
}

struct rng rng_for(struct rng rng, uint64_t id)
{
	rng.state += (id + 1) * 0x632be59bd9b4e019ull;
	rng_next(&rng);
	return rng;
}

/* SplitMix64: Steele, Lea and Flood, OOPSLA 2014. */
uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint32_t rng_below(struct rng *rng, uint32_t n)
{
	return (uint32_t)((rng_next(rng) >> 32) * n >> 32);
}
