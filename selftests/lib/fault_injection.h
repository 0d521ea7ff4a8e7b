/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The n-th allocation, or copy from or to the process, that fails because the
 * kernel was told so. Only the kasan kernel of tools/kernel can be.
 */
#ifndef SELFTESTS_FAULT_INJECTION_H
#define SELFTESTS_FAULT_INJECTION_H

#include <sys/types.h>

/*
 * Whoever may sleep for memory can fail, too; and nobody is told in the log. 0
 * or a negative errno.
 */
int failure_prepare(void);

/* Where this thread says which one is to fail; exits on failure. */
int failure_fd(void);

/* From here on, the @n-th of this thread fails. */
void failure_at(int fd, unsigned int n);

/*
 * Has it failed? It may be the very answer that does, or what is said now, and
 * then it had not. None fails from here on.
 */
int failure_came(int fd);

/* The same for a process that has ended in the middle, and was not reaped. */
int failure_came_in(pid_t pid);

#endif /* SELFTESTS_FAULT_INJECTION_H */
