/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_COMMAND_H
#define KRING_COMMAND_H

#include <linux/rusted_ring.h>

struct kring_client;

/* The argument of any ioctl. The struct of each ioctl begins with .size. */
union kring_args {
	u32 size;
	struct rring_create create;
	struct rring_remove remove;
	struct rring_attach attach;
	struct rring_refill refill;
	struct rring_ring_open ring_open;
	struct rring_ring_close ring_close;
	struct rring_reader_join reader_join;
	struct rring_reader_leave reader_leave;
	struct rring_reader_rejoin reader_rejoin;
	struct rring_wait wait;
	struct rring_wake wake;
	struct rring_pool_stat pool_stat;
	struct rring_reclaim reclaim;
	struct rring_seal seal;
};

/* Describes one ioctl. */
struct kring_command {
	u32 size;		/* bytes of the ioctl's struct */
	u32 least;		/* bytes of the first version of the struct */
	bool attached;		/* the ioctl needs a live client */
	bool answers;		/* the process gets the struct back */
	/*
	 * Run the command for @client. @args is a copy in kernel memory. Return
	 * 0, or a negative errno if the command fails. CREATE returns a file
	 * descriptor instead of 0. The caller does not hold the arena's lock.
	 */
	int (*run)(struct kring_client *client, union kring_args *args);
};

int kring_command_check_name(const char *name);
const struct kring_command *kring_command_find(unsigned int cmd);
int kring_command_check(const struct kring_command *command,
			struct kring_client *client);

#endif /* KRING_COMMAND_H */
