// SPDX-License-Identifier: MPL-2.0
/* Take XXL slots from the magazine. Several threads may do it concurrently. */
#include <time.h>
#include <unistd.h>

#include "../thread.h"
#include "client.h"
#include "xxl.h"

static struct ulib_xxl_table *table_of(const struct rring_client *client)
{
	return &client->own->xxl;
}

static int is_taken(const struct ulib_xxl_table *table, uint64_t position)
{
	uint32_t bit = position % RRING_MAGAZINE_SLOTS;

	return table->taken[bit / 64] >> bit % 64 & 1;
}

static void flip_taken(struct ulib_xxl_table *table, uint64_t position)
{
	uint32_t bit = position % RRING_MAGAZINE_SLOTS;

	table->taken[bit / 64] ^= 1ull << bit % 64;
}

/*
 * Move the magazine's tail past slots that threads have taken: to the first
 * slot that is not taken, or to @head if all are taken. Return how many slots
 * this call has moved the tail past. The caller holds .lock of the table.
 */
static uint64_t move_tail(struct rring_client *client, uint64_t head)
{
	struct rring_pool_view *pool = &client->pool[RRING_XXL];
	uint64_t from = rring_seq_load(pool->tail);
	uint64_t tail = from;

	while (tail != head && is_taken(table_of(client), tail))
		flip_taken(table_of(client), tail++);
	/* E: pairs with F in load_tail(): the ledger has the holds already */
	rring_seq_store_release(pool->tail, tail);
	return tail - from;
}

/*
 * Take and hold a slot whose region has exactly @bytes. Return its handle, or 0
 * if the magazine has no such slot. Several threads may refill at the same
 * time. A thread finds its slot by the size, because the kernel has lent each
 * slot in the magazine for a thread that asked for the size of the slot's
 * region. The hold is stored before the tail passes the slot, so a sweep finds
 * the slot in the ledger or in the magazine. The tail passes a slot only when
 * all slots before it are taken. The caller holds .lock of the table.
 */
uint64_t ulib_xxl_take_slot(struct rring_client *client, uint64_t bytes,
			    uint64_t *passed)
{
	struct rring_pool_view *pool = &client->pool[RRING_XXL];
	/* P: pairs with O in lend(): the handles below .head are written */
	uint64_t head = rring_seq_load_acquire(&pool->magazine->head);
	uint64_t position = rring_seq_load(pool->tail);
	uint64_t size = rring_align(bytes, (uint64_t)getpagesize());
	uint64_t handle;

	for (; position != head; position++) {
		if (is_taken(table_of(client), position))
			continue;
		handle = RRING_LOAD(&pool->magazine->handle[
				    position % RRING_MAGAZINE_SLOTS]);
		if (ulib_xxl_bytes(client, handle) != size)
			continue;
		rring_word_fetch_add(&pool->ledger[rring_handle_index(handle)],
				     RRING_MOVE + RRING_HOLD);
		flip_taken(table_of(client), position);
		table_of(client)->takes++;
		pthread_cond_broadcast(&table_of(client)->taken_one);
		*passed = move_tail(client, head);
		return handle;
	}
	return 0;
}

uint64_t ulib_xxl_takes(struct rring_client *client)
{
	uint64_t takes;

	pthread_mutex_lock(&table_of(client)->lock);
	takes = table_of(client)->takes;
	pthread_mutex_unlock(&table_of(client)->lock);
	return takes;
}

/*
 * Sleep until a thread signals .taken_one, because it has taken a slot, or
 * until @deadline (0: without limit). Return 0, perhaps without a signal, or
 * -ETIMEDOUT. The caller holds .lock of @table, which is unlocked during the
 * sleep.
 */
static int await_taken_one(struct ulib_xxl_table *table, uint64_t deadline)
{
	struct timespec at = {
		.tv_sec = (time_t)(deadline / 1000000000u),
		.tv_nsec = (long)(deadline % 1000000000u),
	};

	if (!deadline)
		return -pthread_cond_wait(&table->taken_one, &table->lock);
	return -pthread_cond_timedwait(&table->taken_one, &table->lock, &at);
}

int ulib_xxl_await_take(struct rring_client *client, uint64_t takes,
			uint64_t deadline)
{
	const struct rring_pool_view *pool = &client->pool[RRING_XXL];
	struct ulib_xxl_table *table = table_of(client);
	int state = ulib_cancel_hold();
	int ret = 0;

	pthread_mutex_lock(&table->lock);
	/* a tail below the head stands at a slot that is not taken */
	while (!ret && table->takes == takes &&
	       rring_seq_load(pool->tail) !=
	       rring_seq_load_acquire(&pool->magazine->head))
		ret = await_taken_one(table, deadline);
	if (table->takes != takes)
		ret = 1;
	pthread_mutex_unlock(&table->lock);
	ulib_cancel_release(state);
	return ret;
}
