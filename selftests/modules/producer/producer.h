/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * /dev/rring_producer: kernel writers for tests. An open file has one; what it
 * writes says who wrote it, and how manieth of his it is.
 */
#ifndef SELFTESTS_PRODUCER_H
#define SELFTESTS_PRODUCER_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* From where it writes: bits, and the index in .tried. */
enum producer_context {
	PRODUCER_TASK,		/* a kernel thread */
	PRODUCER_OTHER_TASK,	/* another, on the last CPU */
	PRODUCER_SOFTIRQ,	/* a tasklet */
	PRODUCER_HARDIRQ,	/* an hrtimer */
	PRODUCER_IRQ_WORK,
	PRODUCER_NMI,		/* where there is one, on each CPU in turn */
	PRODUCER_CONTEXTS,
};

/* What the payload begins with. The rest is .number in each byte. */
struct producer_event {
	__u64 source;		/* enum producer_context */
	__u64 number;		/* of the try: it grows */
};

struct producer_open {
	char arena[64];		/* empty: by .arena_fd */
	char ring[64];		/* empty: nameless */
	__s32 arena_fd;
	__u32 kind;
	__u32 policy;
	__u32 capacity;
	__u32 stride;
	__u32 retain;
	__u32 stock[5];
	__u32 ring_id;		/* out */
};

struct producer_run {
	__u32 contexts;		/* bits */
	__u32 tries;		/* for each */
	__u32 len;		/* of an event, at least 16 */
	__u32 discard;		/* every manieth is discarded; 0: none */
	__u64 first;		/* number of each one's first try */
};

/* By the caller itself, as fast as it can; in 64-bit words that count on. */
struct producer_stream {
	__u32 tries;
	__u32 len;		/* of an event, a multiple of 8 */
};

struct producer_stat {
	__u64 sent;
	__u64 discarded;
	__u64 dropped[4];
	__u64 nmis;		/* that came */
};

struct producer_place {
	__u32 place;		/* 0 to 7: of an event that stays reserved */
	__u32 len;
	__u32 number;
	__u32 reserved;
};

#define PRODUCER_OPEN		_IOWR('p', 0, struct producer_open)
#define PRODUCER_RUN		_IOW('p', 1, struct producer_run)
#define PRODUCER_STAT		_IOR('p', 2, struct producer_stat)
#define PRODUCER_CLOSE		_IOW('p', 3, __u32)	/* RRING_CLOSE_* */
#define PRODUCER_RESERVE	_IOW('p', 4, struct producer_place)
#define PRODUCER_COMMIT		_IOW('p', 5, struct producer_place)
#define PRODUCER_DISCARD	_IOW('p', 6, struct producer_place)
#define PRODUCER_LEAVE		_IO('p', 7)	/* it ends with the module */
#define PRODUCER_STREAM		_IOW('p', 8, struct producer_stream)
#define PRODUCER_AVAILABLE	_IOR('p', 9, __u32)	/* contexts: bits */

#endif /* SELFTESTS_PRODUCER_H */
