/* SPDX-License-Identifier: MPL-2.0 */
/* Random choices that can be made again: the seed is printed. */
#ifndef SELFTESTS_DICE_H
#define SELFTESTS_DICE_H

#include <stdint.h>

struct dice {
	uint64_t state;
};

/* From RRING_SEED in the environment, else a new one; says which. */
struct dice dice_new(const char *what);

/* Another sequence for process @id. */
struct dice dice_of(struct dice dice, uint64_t id);

uint64_t dice_roll(struct dice *dice);

/* 0 to @n - 1 */
uint32_t dice_below(struct dice *dice, uint32_t n);

#endif /* SELFTESTS_DICE_H */
