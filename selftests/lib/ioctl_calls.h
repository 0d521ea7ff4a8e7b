/* SPDX-License-Identifier: MPL-2.0 */
/* Every ioctl: how a good call of it looks, and what makes it a bad one. */
#ifndef SELFTESTS_IOCTL_CALLS_H
#define SELFTESTS_IOCTL_CALLS_H

#include <stdint.h>

#include <rusted_ring.h>

#define CALL_PAGE	4096

/* A page, so that a struct can be said to be longer than it is. */
union args {
	uint32_t size;
	uint8_t byte[CALL_PAGE];
	struct rring_create create;
	struct rring_remove remove;
	struct rring_attach attach;
	struct rring_refill refill;
	struct rring_ring_open ring_open;
	struct rring_ring_close ring_close;
	struct rring_reader_join join;
	struct rring_reader_leave leave;
	struct rring_reader_rejoin rejoin;
	struct rring_wait wait;
	struct rring_wake wake;
	struct rring_pool_stat pool_stat;
	struct rring_reclaim reclaim;
};

/* What a good call is made from, anew for each. */
struct subject {
	int arena_fd;
	int fd;				/* where the call goes */
	struct rring_client *client;
};

struct call_bad {
	uint32_t offset;		/* of a u32; 0: the end of the list */
	uint32_t value;
	int err;
};

struct call {
	unsigned long request;
	uint32_t size;
	int needs_client;
	/* fill zeroed @args but for .size; may exchange @self->fd */
	void (*good)(struct subject *self, union args *args);
	struct call_bad bad[16];
};

/* By number. */
#define CALLS	13
extern const struct call calls[CALLS];

/* Nothing is left of a good call that was spoiled, and so refused. */
void calls_end(void);

#endif /* SELFTESTS_IOCTL_CALLS_H */
