/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_DEATH_H
#define KRING_DEATH_H

#include <linux/rusted_ring.h>

#include "compat.h"

struct kring_client;

/*
 * What a live client has in its arena, or a dead client had when it died. Each
 * array has one count for each pool.
 */
struct kring_client_usage {
	u32 held[RRING_POOLS];		/* slots that the client holds */
	u32 lent[RRING_POOLS];		/* slots in the client's magazine */
	u32 charged[RRING_POOLS];	/* slots that count in the quota */
	u32 rings;			/* rings that the client writes */
	u32 readers;			/* the client's readers, of any ring */
};

void kring_client_die(struct kring_client *client);
u32 kring_client_usage_holds(const struct kring_client_usage *usage);
void kring_client_usage_take(struct kring_client *client,
			     struct kring_client_usage *usage);

#endif /* KRING_DEATH_H */
