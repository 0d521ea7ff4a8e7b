/* SPDX-License-Identifier: MPL-2.0 */
/* How long to wait for what comes anyway. */
#ifndef SELFTESTS_TIMEOUT_H
#define SELFTESTS_TIMEOUT_H

/*
 * How many times as long a test may take, and waits before it gives up, as
 * where nothing but the test runs: $RRING_TEST_PATIENCE, at least 1. A kernel
 * that checks each of its accesses is that much slower.
 */
unsigned int timeout_factor(void);

/* A working system never takes that long. */
#define SOON_MS		(60000 * (int)timeout_factor())

#endif /* SELFTESTS_TIMEOUT_H */
