/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * /dev/rring_consumer: kernel readers for tests. An open file has one, which
 * knows streams of numbered events (selftests/lib/stream.h) if it sees them.
 */
#ifndef SELFTESTS_CONSUMER_H
#define SELFTESTS_CONSUMER_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct consumer_open {
	char arena[64];		/* empty: by .arena_fd */
	char ring[64];		/* empty: by .ring_id */
	char name[64];		/* of the reader; empty: none */
	__s32 arena_fd;
	__u32 ring_id;
	__u32 flags;		/* RRING_JOIN_OBSERVER */
	__u32 start;
	__u64 position;
	__u32 thread;		/* 1: it reads by itself */
	__u32 max;		/* bytes of the stream's events, at most */
};

/* What the thread has been given so far, which is nothing while it is held. */
struct consumer_seen {
	__u64 events;
	__u64 wrong;		/* were not what their position says */
	__u64 bytes;
	__u64 large;		/* that it copied itself */
	__u64 next;		/* the last one's position, and 1 */
	__u64 backwards;	/* came where an earlier one had been */
	__u64 ends;
};

struct consumer_entry {
	__u32 len;
	__u32 event_type;
	__u64 position;
	__u64 handle;
};

struct consumer_copy {
	__u32 offset;
	__u32 len;
	__u64 to;		/* a pointer */
};

struct consumer_stat {
	__u64 received;
	__u64 lost;
	__u64 skipped;
	__u64 refused[4];
	__u64 position;
};

#define CONSUMER_OPEN		_IOW('c', 0, struct consumer_open)
#define CONSUMER_SEEN		_IOR('c', 1, struct consumer_seen)
#define CONSUMER_HOLD		_IOW('c', 2, __u32)	/* 1: the next event; 0 */
#define CONSUMER_PEEK		_IOR('c', 3, struct consumer_entry)
#define CONSUMER_COPY		_IOW('c', 4, struct consumer_copy)
#define CONSUMER_RELEASE	_IO('c', 5)
#define CONSUMER_WAIT		_IOW('c', 6, __u64)	/* deadline */
#define CONSUMER_STAT		_IOR('c', 7, struct consumer_stat)
#define CONSUMER_CLOSE		_IOW('c', 8, __u32)	/* RRING_LEAVE_* */
#define CONSUMER_LEAVE		_IO('c', 9)	/* it ends with the module */

#endif /* SELFTESTS_CONSUMER_H */
