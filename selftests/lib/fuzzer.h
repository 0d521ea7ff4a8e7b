/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A process that makes all calls there are, in any order: ioctl, mmap and what
 * else a mapping or a descriptor can be asked for, and netlink.
 */
#ifndef SELFTESTS_FUZZER_H
#define SELFTESTS_FUZZER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "rng.h"
#include "netlink.h"

#define FUZZER_STEPS	2500u		/* in a life */
#define FUZZER_ARENAS	3
#define FUZZER_FDS	9
#define FUZZER_MAPS	12	/* and a ledger for each descriptor */

struct fuzzer_counts {
	volatile uint64_t calls;
	volatile uint64_t good;		/* ioctls that returned no error */
	volatile uint64_t maps;
	volatile uint64_t messages;
};

struct fuzzer {
	int arena_fd;			/* of the others, too */
	uid_t uid;
	int threads;
	struct fuzzer_counts *counts;
	struct baton ready;
	struct rng rng;
	/* of one life */
	volatile int fd[FUZZER_FDS];		/* FUZZER_ARENAS, then files of the device */
	volatile size_t size[FUZZER_MAPS + FUZZER_FDS];
	struct rring_attach attach;	/* one that went well */
	int pair[2];			/* for descriptors on their way */
	struct nl nl;
	uint32_t arena;
};

/* A life, in a child: the exit status, which is not 0 if anything is wrong. */
int fuzzer_live(void *fuzzer);

#endif /* SELFTESTS_FUZZER_H */
