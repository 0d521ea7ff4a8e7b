/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Fault injection: make the n-th allocation or user copy of a thread fail. Only
 * the kasan kernel of tools/kernel supports it.
 */
#ifndef SELFTESTS_FAULT_INJECTION_H
#define SELFTESTS_FAULT_INJECTION_H

#include <sys/types.h>

/*
 * Let allocations that may sleep fail, too, and do not log the faults. Return 0
 * or a negative errno.
 */
int failure_prepare(void);

/* Open the fail-nth file of this thread. Return the fd, or exit. */
int failure_fd(void);

/* Make the @n-th allocation or user copy of this thread from here on fail. */
void failure_at(int fd, unsigned int n);

/*
 * Return 1 if the fault was injected, and cancel it otherwise. If the fault
 * hits the read or write of this function, return 0.
 */
int failure_came(int fd);

/*
 * Wait until process @pid ends, without reaping it. Return 1 if the fault was
 * injected into it.
 */
int failure_came_in(pid_t pid);

#endif /* SELFTESTS_FAULT_INJECTION_H */
