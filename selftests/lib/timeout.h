/* SPDX-License-Identifier: MPL-2.0 */
/* Limits of waits that succeed unless the system is broken. */
#ifndef SELFTESTS_TIMEOUT_H
#define SELFTESTS_TIMEOUT_H

/*
 * Factor for all time limits: $RRING_TEST_PATIENCE, at least 1. A kernel with
 * KASAN, or a busy machine, needs more time.
 */
unsigned int timeout_factor(void);

/* Limit in milliseconds that a working system never reaches. */
#define SOON_MS		(60000 * (int)timeout_factor())

#endif /* SELFTESTS_TIMEOUT_H */
