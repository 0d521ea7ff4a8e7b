/* SPDX-License-Identifier: MPL-2.0 */
/* Every ioctl, with valid arguments and a list of invalid values. */
#ifndef SELFTESTS_IOCTL_CALLS_H
#define SELFTESTS_IOCTL_CALLS_H

#include <stdint.h>

#include <rusted_ring.h>

/* The largest .size that the kernel takes. */
#define ARGS_MAX	RRING_PAGE

/* So large that .size can exceed the size of the struct. */
union args {
	uint32_t size;
	uint8_t byte[ARGS_MAX];
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
	struct rring_seal seal;
};

/* State from which a valid call is made; set up for each call. */
struct subject {
	int arena_fd;
	int fd;				/* the file that is called */
	struct rring_client *client;
};

struct call_bad {
	uint32_t offset;		/* offset of a u32; 0 ends the list */
	uint32_t value;
	int err;
};

struct call {
	unsigned long request;
	uint32_t size;
	uint32_t first;		/* size of the first version; 0: .size */
	int needs_client;
	/* fill zeroed @args except .size; may replace what is in @self */
	void (*good)(struct subject *self, union args *args);
	struct call_bad bad[24];
};

/* Indexed by _IOC_NR(). */
#define CALLS	14
extern const struct call calls[CALLS];

/* Remove the arena that a refused RRING_IOC_REMOVE has left. */
void calls_end(void);

#endif /* SELFTESTS_IOCTL_CALLS_H */
