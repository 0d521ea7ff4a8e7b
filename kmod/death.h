/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_DEATH_H
#define RRING_DEATH_H

#include <linux/rusted_ring.h>

#include "compat.h"

struct rring_client;

/* What a client has, or what it had. */
struct rring_estate {
	u32 held[RRING_POOLS];		/* slots */
	u32 lent[RRING_POOLS];		/* in its magazine */
	u32 charged[RRING_POOLS];
	u32 rings;
	u32 readers;
};

void rring_client_die(struct rring_client *client);
u32 rring_estate_holds(const struct rring_estate *estate);
void rring_estate_take(struct rring_client *client,
		       struct rring_estate *estate);

#endif /* RRING_DEATH_H */
