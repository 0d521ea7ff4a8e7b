// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The magazines of a client: which slots are in them, and how the kernel recalls
 * these slots, and the ones that the client has parked.
 */
#include "compat.h"

#include <rusted_ring/internal/handle.h>

#include "client.h"
#include "pool.h"

/*
 * Return the tail of @client's magazine for @pool as the client has stored it,
 * without a check.
 *
 * F: pairs with E in the library's pop. Without this pair, the sweep could see
 * that a slot has left the magazine, but not the client's hold on it.
 */
static u64 load_tail(struct kring_client *client, u32 pool)
{
	return rring_seq_load_acquire(&kring_client_tails(client)
				       ->tail[pool].pos);
}

/*
 * Return the tail of @client's magazine for @pool, and store it in .tail of
 * @client. The client has taken the slots at positions below the tail, or the
 * kernel has recalled these slots. The client writes the tail. If a hostile
 * client sets the tail back, or beyond the head, the kernel treats the magazine
 * as empty. So a hostile client can only lose its own slots. The caller holds
 * the arena's lock.
 */
u32 kring_client_tail(struct kring_client *client, u32 pool)
{
	struct rring_magazine *magazine = kring_client_magazine(client, pool);
	u32 head = rring_seq_load(&magazine->head);
	u64 floor = rring_seq_load(&magazine->floor);
	u32 tail = max(load_tail(client, pool), floor);
	u32 seen = client->tail[pool];

	if (tail - seen > head - seen)
		tail = head;
	client->tail[pool] = tail;
	return tail;
}

/*
 * Return how many slots are in @client's magazine for @pool. The caller holds
 * the arena's lock.
 */
u32 kring_client_lent(struct kring_client *client, u32 pool)
{
	u32 head = rring_seq_load(&kring_client_magazine(client, pool)->head);

	return head - kring_client_tail(client, pool);
}

/*
 * Return RRING_PARKED if the kernel has recalled the parked slots of @pool from
 * the client, and the client has not noticed the recall yet: then a ledger word
 * with these low 32 bits does not count as a hold. Otherwise return 0: each
 * ledger word with a hold counts.
 *
 * A parked slot is one that the client has dropped, but keeps for its next
 * allocation. When the client notices a recall, it first drops all parked
 * slots, and then raises its tail to the floor of the magazine. So the client
 * has not noticed the recall while its tail is below the floor. The caller
 * holds the arena's lock, or @client is dead.
 */
u32 kring_client_parked(struct kring_client *client, u32 pool)
{
	struct rring_magazine *magazine = kring_client_magazine(client, pool);

	if (!(client->recalled & BIT(pool)))
		return 0;
	if (load_tail(client, pool) < rring_seq_load(&magazine->floor))
		return RRING_PARKED;
	client->recalled &= ~BIT(pool);
	return 0;
}

/*
 * Return true if the slot that @client takes next from its magazine for @pool
 * is the first slot that the last refill has lent. Then the client has taken no
 * slot of that refill. Return false if the magazine is empty. The caller holds
 * the arena's lock.
 */
bool kring_client_has_untouched_refill(struct kring_client *client, u32 pool)
{
	return kring_client_lent(client, pool) &&
	       client->tail[pool] == client->refilled[pool];
}

/*
 * Return true if a recall can take a slot of @pool from @client. Return false
 * in three cases: the kernel has never lent @client a slot of @pool; the
 * magazine is empty, and @client has not noticed the last recall, which has
 * taken its parked slots, too; or @client has not noticed it, and the magazine
 * has a single slot, the first one of the last refill, which
 * kring_client_spare() would lend again. The caller holds the arena's lock.
 */
bool kring_client_may_recall(struct kring_client *client, u32 pool)
{
	u32 n = kring_client_lent(client, pool);

	if (!rring_seq_load(&kring_client_magazine(client, pool)->head))
		return false;	/* the kernel never lent it a slot */
	if (!kring_client_parked(client, pool))
		return true;	/* it may have parked slots since */
	return n > 1 ||
	       (n && !kring_client_has_untouched_refill(client, pool));
}

/*
 * Return the ledger word of @client for the first slot that its last refill has
 * lent. The caller holds the arena's lock.
 */
static u64 refilled_word(struct kring_client *client,
			 const struct kring_pool *pool)
{
	const struct rring_magazine *magazine =
		kring_client_magazine(client, pool->index);
	const rring_word_t *words = kring_client_ledger(client) + pool->base;
	u32 first = client->refilled[pool->index] % RRING_MAGAZINE_SLOTS;
	u32 slot = rring_handle_index(magazine->handle[first]);

	return rring_word_load_acquire(&words[slot]);
}

/*
 * Recall the slots in the magazine of @client for @pool, and the slots of @pool
 * that the client has parked (dropped, but kept for its next allocation): these
 * slots no longer belong to the client. Return true if they were recalled. The
 * caller must then pass barrier K (kring_barrier()), and afterwards call
 * kring_client_spare(). If kring_client_may_recall() returns false, recall
 * nothing and return false. The caller holds the arena's lock.
 */
bool kring_client_recall(struct kring_client *client, struct kring_pool *pool)
{
	u32 index = pool->index;
	struct rring_magazine *magazine = kring_client_magazine(client, index);
	u64 floor = rring_seq_load(&magazine->head) + 1;
	/*
	 * Load the moves (the count of changes) of a ledger word: that of the
	 * first slot of the last refill. kring_client_spare() lends this slot
	 * again only if the moves have not changed since this load. Load them
	 * before kring_client_may_recall() loads the tail. If the client has
	 * taken the slot and given up its hold before this load, the moves do
	 * not show this. But then the tail is already above the slot's
	 * position, so this function does not set .spared, and
	 * kring_client_spare() lends nothing.
	 */
	u32 moves = rring_ledger_moves(refilled_word(client, pool));

	if (!kring_client_may_recall(client, index))
		return false;
	if (kring_client_has_untouched_refill(client, index)) {
		client->spared |= BIT(index);
		client->spared_moves[index] = moves;
	}
	client->recalled |= BIT(index);
	pool->arena->recalled |= BIT(index);
	rring_seq_store(&magazine->floor, floor);
	/*
	 * Store with release, as lend() does. Otherwise the client could see
	 * the new head with the old floor, and take a handle from a position at
	 * which the kernel has lent no slot.
	 */
	rring_seq_store_release(&magazine->head, floor);
	return true;
}

/*
 * If kring_client_recall() has set the bit of @pool in .spared, lend one
 * recalled slot to @client again: the first slot of its last refill. Do this
 * only if the client has not taken that slot. Without this function, two
 * clients could recall each other's slots again and again, and neither client
 * could take a slot.
 *
 * The caller has passed barrier K after kring_client_recall() raised the floor
 * of the magazine (the slots below the floor are recalled). If the slot's
 * ledger word has no hold, and has the same moves as before the recall, then
 * the client has not taken the slot from its old position. The client cannot
 * take it there later, because the client sees the new floor. The caller holds
 * the arena's lock.
 */
void kring_client_spare(struct kring_client *client, struct kring_pool *pool)
{
	u32 index = pool->index;
	struct rring_magazine *magazine = kring_client_magazine(client, index);
	u32 *first = &client->refilled[index];
	u64 handle = magazine->handle[*first % RRING_MAGAZINE_SLOTS];
	u64 head = rring_seq_load(&magazine->head);
	u64 word;

	if (!(client->spared & BIT(index)))
		return;
	client->spared &= ~BIT(index);
	word = refilled_word(client, pool);
	if (rring_ledger_holds(word) ||
	    rring_ledger_moves(word) != client->spared_moves[index])
		return;
	pool->lease[rring_handle_index(handle)].position = head;
	WRITE_ONCE(magazine->handle[head % RRING_MAGAZINE_SLOTS], handle);
	*first = head;
	rring_seq_store_release(&magazine->head, head + 1); /* as in lend() */
}
