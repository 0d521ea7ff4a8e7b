/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Write protection by userfaultfd that the kernel itself lifts at a store. Since
 * Linux 6.7 a process may ask for it in memory of any type. Where a page is
 * missing, the kernel then puts a marker into the page table.
 */
#ifndef SELFTESTS_WRITE_PROTECTION_H
#define SELFTESTS_WRITE_PROTECTION_H

#include <stddef.h>

/*
 * Protect the mapping of @size bytes at @addr until the descriptor that this
 * function returns is closed. Return -ENOSYS if this kernel cannot do that, or
 * what the kernel answers about this mapping.
 */
int write_protect(void *addr, size_t size);

#endif /* SELFTESTS_WRITE_PROTECTION_H */
