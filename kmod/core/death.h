/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_DEATH_H
#define RRING_DEATH_H

#include <linux/rusted_ring.h>

#include "compat.h"

struct rring_client;

/* What a client has; after its death, what it had. */
struct rring_client_usage {
	u32 held[RRING_POOLS];		/* slots that it holds */
	u32 lent[RRING_POOLS];		/* slots in its magazine */
	u32 charged[RRING_POOLS];	/* slots charged to its quota */
	u32 rings;			/* that it writes */
	u32 readers;
};

void rring_client_die(struct rring_client *client);
u32 rring_client_usage_holds(const struct rring_client_usage *usage);
void rring_client_usage_take(struct rring_client *client,
			     struct rring_client_usage *usage);

#endif /* RRING_DEATH_H */
