/* SPDX-License-Identifier: MPL-2.0 */
/* Number of repetitions of randomized steps. */
#ifndef SELFTESTS_REPETITION_H
#define SELFTESTS_REPETITION_H

#include <stdint.h>

/*
 * Return @n / $RRING_TEST_SCALE, at least 1, for slow runs, such as under
 * valgrind. Use it only if the test is valid with any number of repetitions.
 */
uint32_t rounds(uint32_t n);

/* Return 1 if rounds() scales down. */
int is_scaled(void);

/* Return 1 if $TORTURE is set, as in `make torture`: run time is unlimited. */
int is_torture(void);

#endif /* SELFTESTS_REPETITION_H */
