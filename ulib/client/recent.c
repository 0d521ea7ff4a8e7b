// SPDX-License-Identifier: MPL-2.0
/*
 * Write the lists of recent drops: slots that this client has just stopped
 * using. Sweeps look at these slots first, see kmod/core/recent.c.
 */
#include "client.h"

void ulib_recent_open(struct rring_client *client)
{
	struct rring_client_private *own = client->own;
	uint32_t i;

	for (i = 0; i < RRING_XXL; i++)
		own->recent[i] = (struct ulib_recent_view) {
			.end = own->ledger->recent[i],
			.slot = (uint32_t *)((char *)own->ledger +
					     client->arena->recent_offset[i]),
			.entries = client->arena->recent_entries[i],
		};
}

/*
 * Return the number of the list that this thread writes. The number depends on
 * pthread_self(), so that two threads seldom write the same cache line. Threads
 * that share a list may overwrite each other's entries. A lost entry costs a
 * sweep only time.
 */
static __attribute__((noinline)) uint32_t list_of_thread(void)
{
	uint64_t self = (uint64_t)(uintptr_t)pthread_self();

	return (uint32_t)(self * 0x9e3779b97f4a7c15ull >> 32) %
	       RRING_RECENT_LISTS;
}

/*
 * Enter the slot of @handle in a list of recent drops, so that a sweep looks at
 * the slot soon. The caller has just given away a hold on the slot or an
 * in_flight, and this client has no more of either; or the caller has returned
 * the slot unused from the magazine. The class of @handle is not XXL. The stores
 * need no order, because a wrong entry costs a sweep only time.
 */
void ulib_recent_add(struct rring_client *client, uint64_t handle)
{
	const struct ulib_recent_view *view =
		&client->own->recent[rring_handle_class(handle)];
	uint32_t list = client->shared ? list_of_thread() : 0;
	rring_seq_t *end = &view->end[list].pos;
	uint64_t pos = rring_seq_load(end);

	RRING_STORE(&view->slot[list * view->entries +
				(pos & (view->entries - 1))],
		    rring_handle_index(handle));
	rring_seq_store(end, pos + 1);
}
