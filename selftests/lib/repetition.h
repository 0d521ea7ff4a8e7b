/* SPDX-License-Identifier: MPL-2.0 */
/* How often to do what chance decides about. */
#ifndef SELFTESTS_REPETITION_H
#define SELFTESTS_REPETITION_H

#include <stdint.h>

/*
 * @n, or its $RRING_TEST_SCALE-th part, at least 1: under valgrind, say, all
 * takes twenty times as long. Only for repetitions, whose number is no promise.
 */
uint32_t rounds(uint32_t n);

/* Is it a part only? */
int is_scaled(void);

/* $TORTURE is set: as long as it takes, as in `make torture`. */
int is_torture(void);

#endif /* SELFTESTS_REPETITION_H */
