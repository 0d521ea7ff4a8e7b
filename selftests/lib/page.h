/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Pages of the machine, which have 4, 16 or 64 KiB: what mmap(2) maps, a fault
 * brings, and one group of an owned arena has at least. Sizes in the ABI are in
 * units of RRING_PAGE, which has 4 KiB everywhere.
 */
#ifndef SELFTESTS_PAGE_H
#define SELFTESTS_PAGE_H

#include <stddef.h>
#include <unistd.h>

/* Bytes of a page, and the most that they can be. */
#define PAGE		((size_t)sysconf(_SC_PAGESIZE))
#define PAGE_MAX	65536

/* Return @bytes, rounded up to pages: so much a mapping of them has. */
static inline size_t whole_pages(size_t bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE;
}

#endif /* SELFTESTS_PAGE_H */
