// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Places: who may become a client of an arena or a reader of a ring, and how
 * many arenas a user may create.
 *
 * An arena has .max_clients places for clients, and a ring has RRING_READERS
 * places for readers. The arena's owner and an administrator (CAP_SYS_ADMIN in
 * the initial user namespace) may take any free place. For other users:
 *
 *   - At least one place in 8 stays free, for the owner.
 *   - Observers leave at least one place in 4 free. So consumers and producers
 *     find a place even if many users observe.
 *   - Of the places that the others leave, one user takes at most
 *     kring_user_places percent. So one user cannot take all of them.
 *
 * An arena with fewer than 8 places has none of these limits, and no arena has
 * them if kring_user_places is 100 or more. The limits count user ids: they do
 * not stop a person who has many of these, such as subordinate ids.
 *
 * The owner or an administrator can also ban a user from an arena. A banned
 * user cannot attach, even with capabilities.
 */
#include "compat.h"

#include "arena.h"
#include "client.h"
#include "places.h"
#include "reader.h"
#include "ring.h"

#define FREE_OF_OBSERVERS	4	/* observers leave one place in 4 free */
#define FREE_OF_OTHERS		8	/* others leave one place in 8 free */

unsigned int kring_user_places = 50;
unsigned int kring_user_arenas = 256;

/* ---- bans ---- */

/* Copy @from, the bans of an arena, to @to. The caller needs no lock. */
void kring_bans_copy(struct kring_bans *to, const struct kring_bans *from)
{
	u32 i;

	/* pairs with the release in kring_places_ban() */
	to->n = smp_load_acquire(&from->n);
	for (i = 0; i < to->n; i++)
		to->uid[i] = READ_ONCE(from->uid[i]);
}

/* Return true if @uid is in @bans. The caller needs no lock. */
bool kring_bans_has(const struct kring_bans *bans, kuid_t uid)
{
	u32 n, i;

	/* pairs with the release in kring_places_ban() */
	n = smp_load_acquire(&bans->n);
	for (i = 0; i < n; i++)
		if (uid_eq(READ_ONCE(bans->uid[i]), uid))
			return true;
	return false;
}

/*
 * Ban @uid from @arena: from now on kring_places_admit_client() refuses it. Its
 * clients that are attached stay. Return 0, also if @uid is banned already,
 * -EINVAL if @uid owns @arena, or -ENOSPC if RRING_BANS_MAX other users are
 * banned. The caller holds the arena's lock.
 */
int kring_places_ban(struct kring_arena *arena, kuid_t uid)
{
	struct kring_bans *bans = &arena->bans;

	if (uid_eq(uid, arena->uid))
		return -EINVAL;
	if (kring_bans_has(bans, uid))
		return 0;
	if (bans->n == RRING_BANS_MAX)
		return -ENOSPC;
	WRITE_ONCE(bans->uid[bans->n], uid);
	/* pairs with the acquire in kring_bans_has() and kring_bans_copy() */
	smp_store_release(&bans->n, bans->n + 1);
	kring_arena_changed(arena);
	return 0;
}

/*
 * Lift the ban of @uid from @arena. Return 0, or -ESRCH if @uid is not banned.
 * The caller holds the arena's lock.
 */
int kring_places_unban(struct kring_arena *arena, kuid_t uid)
{
	struct kring_bans *bans = &arena->bans;
	u32 i;

	for (i = 0; i < bans->n; i++) {
		if (!uid_eq(bans->uid[i], uid))
			continue;
		WRITE_ONCE(bans->uid[i], bans->uid[bans->n - 1]);
		WRITE_ONCE(bans->n, bans->n - 1);
		kring_arena_changed(arena);
		return 0;
	}
	return -ESRCH;
}

/* ---- arenas ---- */

/*
 * Check whether the calling task, whose user has created @own arenas that still
 * exist, may create one more. Return 0, or -EDQUOT if @own is
 * kring_user_arenas or more. An administrator has no limit.
 */
int kring_places_admit_arena(u32 own)
{
	if (own < READ_ONCE(kring_user_arenas) || capable(CAP_SYS_ADMIN))
		return 0;
	return -EDQUOT;
}

/* ---- shares ---- */

struct places {
	u32 all;
	u32 taken;
	u32 own;	/* taken by the user of the calling task */
};

/*
 * Return 0 if a user who does not own the arena may take one of @places, as an
 * observer if @observer is true. Return -EDQUOT if the user has its share, or
 * -ENOSPC if the free places are for others.
 */
static int check_share(const struct places *places, bool observer)
{
	u32 percent = READ_ONCE(kring_user_places);
	u32 one_in = observer ? FREE_OF_OBSERVERS : FREE_OF_OTHERS;
	u32 usable = places->all - DIV_ROUND_UP(places->all, one_in);

	if (places->all < FREE_OF_OTHERS || percent >= 100)
		return 0;
	if (places->taken >= usable)
		return -ENOSPC;
	usable -= places->taken - places->own;
	if (places->own >= max(DIV_ROUND_UP(usable * percent, 100), 1u))
		return -EDQUOT;
	return 0;
}

/*
 * Return 0 if the calling task may take one of @places, or the error of
 * check_share(). Security modules log each check of a capability. So this
 * function checks it last, and not if no place is free.
 */
static int admit(const struct kring_arena *arena, const struct places *places,
		 bool observer)
{
	int err = check_share(places, observer);

	if (!err || uid_eq(current_euid(), arena->uid))
		return 0;
	if (places->taken < places->all && capable(CAP_SYS_ADMIN))
		return 0;
	return err;
}

static void count(struct places *places, kuid_t user)
{
	places->taken++;
	places->own += uid_eq(user, current_euid());
}

/*
 * Check whether the calling task may become a client of @arena as @role, if a
 * client id is free. Return 0, -EACCES if the task's user is banned, or an error
 * of check_share(). The caller holds the arena's lock.
 */
int kring_places_admit_client(const struct kring_arena *arena, u32 role)
{
	struct places places = { .all = arena->info->max_clients };
	u32 i;

	if (kring_bans_has(&arena->bans, current_euid()))
		return -EACCES;
	kring_work_add(KRING_WORK_CLIENTS, places.all);
	for (i = 1; i <= places.all; i++)
		if (arena->clients[i])
			count(&places, arena->clients[i]->uid);
	return admit(arena, &places, role == RRING_OBSERVER);
}

/*
 * Check whether @client may have one more reader of @ring, an observer if
 * @observer is true, if a place is free. Return 0 or an error of check_share().
 * The kernel itself has no limit. The caller holds the arena's lock.
 */
int kring_places_admit_reader(const struct kring_ring *ring,
			      const struct kring_client *client, bool observer)
{
	struct places places = { .all = RRING_READERS };
	u32 i;

	if (client == client->arena->kernel)
		return 0;
	kring_work_add(KRING_WORK_READERS, RRING_READERS);
	for (i = 0; i < RRING_READERS; i++)
		if (ring->readers[i])
			count(&places, ring->readers[i]->owner);
	return admit(client->arena, &places, observer);
}
