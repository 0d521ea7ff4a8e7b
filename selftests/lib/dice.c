// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "dice.h"

struct dice dice_new(const char *what)
{
	const char *given = getenv("RRING_SEED");
	struct dice dice = { .state = 1 };

	if (given)
		dice.state = strtoull(given, NULL, 0);
	else if (getrandom(&dice.state, sizeof(dice.state), 0) < 0)
		perror("# getrandom");
	printf("# %s: RRING_SEED=%llu\n", what,
	       (unsigned long long)dice.state);
	return dice;
}

struct dice dice_of(struct dice dice, uint64_t id)
{
	dice.state += (id + 1) * 0x632be59bd9b4e019ull;
	dice_roll(&dice);
	return dice;
}

/* SplitMix64: Steele, Lea and Flood, OOPSLA 2014. */
uint64_t dice_roll(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint32_t dice_below(struct dice *dice, uint32_t n)
{
	return (uint32_t)((dice_roll(dice) >> 32) * n >> 32);
}
