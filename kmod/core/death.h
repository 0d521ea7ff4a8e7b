/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_DEATH_H
#define KRING_DEATH_H

#include <linux/rusted_ring.h>

#include "compat.h"

struct kring_client;

/* What a live client has in its arena, or a dead client had when it died. */
struct kring_client_usage {
	u32 held[RRING_POOLS];		/* slots that it holds */
	u32 lent[RRING_POOLS];		/* slots in its magazine */
	u32 charged[RRING_POOLS];	/* slots charged to its quota */
	u32 rings;			/* rings that it writes */
	u32 readers;			/* readers of any ring */
};

void kring_client_die(struct kring_client *client);
u32 kring_client_usage_holds(const struct kring_client_usage *usage);
void kring_client_usage_take(struct kring_client *client,
			     struct kring_client_usage *usage);

#endif /* KRING_DEATH_H */
