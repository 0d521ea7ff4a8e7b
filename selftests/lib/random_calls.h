/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Random ioctls and netlink messages that are almost valid. Most fields are
 * within their bounds, so that the check of a bad field is reached. The rng and
 * the descriptors determine the result.
 */
#ifndef SELFTESTS_RANDOM_CALLS_H
#define SELFTESTS_RANDOM_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "ioctl_calls.h"
#include "rng.h"
#include "netlink.h"

struct forged_call {
	unsigned long request;
	uint32_t size;		/* of the kernel's struct; 0: no such call */
	int answers;
	union args args;
};

/* Fill @call. Fields for descriptors get one of @fds, or -1. */
void forge_call(struct rng *rng, const volatile int *fds, uint32_t nr_fds,
		struct forged_call *call);

/*
 * Build a request of @family in @buffer, about arenas whose ids are @arena or a
 * little higher. Return its length in bytes.
 */
size_t forge_message(struct rng *rng, uint16_t family, uint32_t arena,
		     void *buffer, size_t size);

/* 0, 1, about @limit, a value near an integer overflow, or any value. */
uint64_t forge_number(struct rng *rng, uint64_t limit);

#endif /* SELFTESTS_RANDOM_CALLS_H */
