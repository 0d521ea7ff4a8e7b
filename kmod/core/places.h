/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_PLACES_H
#define KRING_PLACES_H

#include "compat.h"
#include <linux/rusted_ring_netlink.h>

struct kring_arena;
struct kring_client;
struct kring_ring;

/*
 * The users that may not attach to an arena, in any order. The arena's lock
 * protects changes. A task without the lock reads the fields only by
 * kring_bans_has() and kring_bans_copy(), and may miss a user while the ban of
 * another user is lifted.
 */
struct kring_bans {
	u32 n;
	kuid_t uid[RRING_BANS_MAX];
};

/*
 * Parameters of the module: the percentage of all places for one user, and how
 * many arenas one user may create.
 */
extern unsigned int kring_user_places;
extern unsigned int kring_user_arenas;

void kring_bans_copy(struct kring_bans *to, const struct kring_bans *from);
bool kring_bans_has(const struct kring_bans *bans, kuid_t uid);
int kring_places_ban(struct kring_arena *arena, kuid_t uid);
int kring_places_unban(struct kring_arena *arena, kuid_t uid);
int kring_places_admit_arena(u32 own);
int kring_places_admit_client(const struct kring_arena *arena, u32 role);
int kring_places_admit_reader(const struct kring_ring *ring,
			      const struct kring_client *client,
			      bool observer);

#endif /* KRING_PLACES_H */
