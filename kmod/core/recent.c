// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Lists of recent drops. Each client writes the slots that it no longer uses
 * into lists of its own. A sweep looks at these slots first: then it need not
 * search a whole pool in which nearly all slots are held. The lists are hints:
 * a wrong or missing entry costs only time. Two threads of a client may
 * overwrite each other's entries. In a full list, the client overwrites the
 * oldest entries. No barrier orders the stores to a list and to the ledger: the
 * sweep may see an entry and still the slot's old ledger word. A hostile client
 * may write any value.
 */
#include "compat.h"

#include "arena.h"
#include "client.h"
#include "pool.h"
#include "recent.h"

/*
 * Find the unread entries of a list of recent drops. The list is circular and
 * has room for @entries entries. The client stores in *@end the position after
 * the last entry that it has written: return this position. *@seen is the
 * position of the first entry that the kernel has not read. If the client has
 * overwritten unread entries, raise *@seen to the oldest entry that is left. If
 * a hostile client has moved *@end back below *@seen, set *@seen to *@end: then
 * no entry is unread.
 */
static u64 find_unread(const rring_seq_t *end, u64 *seen, u32 entries)
{
	u64 pos = rring_seq_load(end);

	if (pos - *seen > ~0ull / 2)
		*seen = pos;
	else if (pos - *seen > entries)
		*seen = pos - entries;
	return pos;
}

static void copy_entries(u32 *to, const u32 *from, u32 n)
{
	for (; n; n--)
		*to++ = READ_ONCE(*from++);
}

static u32 take_unread(struct kring_client *client, struct kring_pool *pool,
		       u32 list, u32 *slots, u32 max)
{
	const struct rring_arena_info *info = pool->arena->info;
	const u32 *entry = client->ledger.addr +
			   info->recent_offset[pool->index];
	u32 entries = info->recent_entries[pool->index];
	struct rring_tails *tails = kring_client_tails(client);
	u64 *seen = &client->recent[pool->index][list];
	u64 pos = find_unread(&tails->recent[pool->index][list].pos, seen,
			      entries);
	u32 from = *seen & (entries - 1);
	u32 n, first;

	if (pos == *seen)
		return 0;
	n = min_t(u64, pos - *seen, max);
	entry += list * entries;
	first = min(n, entries - from);
	copy_entries(slots, entry + from, first);
	copy_entries(slots + first, entry, n - first);
	*seen += n;
	kring_work_add(KRING_WORK_WORDS, n);
	return n;
}

/*
 * Copy up to @max unread entries of the clients' lists of recent drops for
 * @pool to @slots, as indices in @pool. Return how many entries were copied.
 * These entries count as read: no later call copies them again. The caller must
 * check each slot in @slots: it may occur more than once, be in use, or be out
 * of range. The caller holds the arena's lock.
 */
u32 kring_recent_take(struct kring_pool *pool, u32 *slots, u32 max)
{
	struct kring_arena *arena = pool->arena;
	u32 n = 0;
	u32 i, j;

	if (!arena->info->recent_entries[pool->index])
		return 0;
	kring_work_add(KRING_WORK_CLIENTS, arena->last_client);
	for (i = 1; i <= arena->last_client; i++) {
		if (!arena->clients[i])
			continue;
		for (j = 0; j < RRING_RECENT_LISTS && n < max; j++)
			n += take_unread(arena->clients[i], pool, j, slots + n,
					 max - n);
	}
	return n;
}
