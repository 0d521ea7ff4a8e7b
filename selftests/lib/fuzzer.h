/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A process that makes random calls in random order: ioctls, mmap and other
 * calls on mappings and descriptors, and netlink requests.
 */
#ifndef SELFTESTS_FUZZER_H
#define SELFTESTS_FUZZER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "rng.h"
#include "netlink.h"

#define FUZZER_STEPS	2500u		/* per run */
#define FUZZER_ARENAS	3
#define FUZZER_FDS	9
#define FUZZER_MAPS	12	/* without the ledger of each descriptor */

struct fuzzer_counts {
	volatile uint64_t calls;
	volatile uint64_t good;		/* ioctls that returned no error */
	volatile uint64_t maps;
	volatile uint64_t messages;
};

struct fuzzer {
	int arena_fd;			/* shared with the honest clients */
	uid_t uid;
	int threads;
	struct fuzzer_counts *counts;
	struct baton ready;
	struct rng rng;
	/* state of one run */
	volatile int fd[FUZZER_FDS];	/* arenas, then device files */
	volatile size_t size[FUZZER_MAPS + FUZZER_FDS];
	struct rring_attach attach;	/* the last successful one */
	int pair[2];			/* socket pair that passes fds */
	struct nl nl;
	uint32_t arena;
};

/*
 * One run, as the body of a child. The child exits with a status other than 0
 * if a check fails.
 */
int fuzzer_live(void *fuzzer);

#endif /* SELFTESTS_FUZZER_H */
