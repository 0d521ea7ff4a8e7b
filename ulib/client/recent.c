// SPDX-License-Identifier: MPL-2.0
/* Open the lists of recent drops, and choose one: see recent.h. */
#include "recent.h"

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
static uint32_t list_of_thread(void)
{
	uint64_t self = (uint64_t)(uintptr_t)pthread_self();

	return (uint32_t)(self * 0x9e3779b97f4a7c15ull >> 32) %
	       RRING_RECENT_LISTS;
}

static uint32_t list_of(const struct rring_client *client)
{
	return client->shared ? list_of_thread() : 0;
}

struct ulib_recent_run ulib_recent_begin(const struct rring_client *client,
					 uint32_t pool)
{
	/* in a run of XXL nothing is entered, so any list will do */
	const struct ulib_recent_view *view =
		&client->own->recent[pool < RRING_XXL ? pool : 0];
	uint32_t list = list_of(client);

	return (struct ulib_recent_run) {
		.end = &view->end[list].pos,
		.slot = view->slot + (size_t)list * view->entries,
		.mask = view->entries - 1,
		.pos = rring_seq_load(&view->end[list].pos),
	};
}

/*
 * Enter the slot of @handle in a list of recent drops. The caller has just given
 * away a hold on the slot or an in_flight, and this client has no more of either;
 * or the caller has returned the slot unused from the magazine.
 */
void ulib_recent_add(const struct rring_client *client, uint64_t handle)
{
	ulib_recent_enter(client, handle, list_of(client));
}
