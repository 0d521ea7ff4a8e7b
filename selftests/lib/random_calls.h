/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Calls and messages that are almost right: of each ioctl and netlink command,
 * with every field mostly within its bounds, so that what is wrong with one of
 * them is reached. What comes out follows from the rng, and from descriptors.
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
	uint32_t size;		/* of the struct that the kernel knows; 0: none */
	int answers;
	union args args;
};

/* One of @fds, or none at all, wherever a descriptor goes. */
void forge_call(struct rng *rng, const volatile int *fds, uint32_t nr_fds,
		struct forged_call *call);

/* A request of @family, about arenas from @arena on; returns its length. */
size_t forge_message(struct rng *rng, uint16_t family, uint32_t arena,
		     void *buffer, size_t size);

/* 0, 1, near @limit, near where sums overflow, or anything. */
uint64_t forge_number(struct rng *rng, uint64_t limit);

#endif /* SELFTESTS_RANDOM_CALLS_H */
