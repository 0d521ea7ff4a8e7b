// SPDX-License-Identifier: MPL-2.0
/* Keep dropped slots, and check them: see quarantine.h. */
#include <rusted_ring/internal/inline.h>

#include "../client/pool.h"
#include "payload.h"
#include "quarantine.h"
#include "state.h"

/* a client keeps at most this part of a pool, so that others find slots */
#define POOL_PART	8

/* Return how many slots of class @pool the client keeps. */
static uint32_t most_of(const struct rring_client *client, uint32_t pool)
{
	uint32_t most = client->pool[pool].capacity / POOL_PART;

	return most < ULIB_QUARANTINE_MAX ? most : ULIB_QUARANTINE_MAX;
}

/* Report that the slot of @record was written after its drop. */
static void check(struct rring_client *client, const struct ulib_record *record)
{
	struct rring_event event = ulib_record_event(record, client);
	struct ulib_place place;
	struct ulib_finding finding = {
		.kind = ULIB_WRITE_AFTER_DROP,
		.what = "an event was written after its last hold was dropped",
		.client = client,
		.event = &event,
		.record = record,
		.place = &place,
		.once = &record->dropped,
	};

	if (ulib_payload_is_untouched(client, record))
		return;
	ulib_place_take(&place, ULIB_CALLER);
	ulib_report(&finding);
}

/* Take the oldest slot out, check it, and return its record. */
static struct ulib_record *take_oldest(struct rring_client *client,
				       struct ulib_quarantine *quarantine)
{
	struct ulib_record *record = quarantine->slot[quarantine->first];

	quarantine->first = (quarantine->first + 1) % ULIB_QUARANTINE_MAX;
	quarantine->count--;
	record->kept = 0;
	check(client, record);
	return record;
}

static void drop_oldest(struct rring_client *client,
			struct ulib_quarantine *quarantine)
{
	const struct ulib_record *record = take_oldest(client, quarantine);
	struct rring_event event = ulib_record_event(record, client);

	ulib_drop(client, &event);
}

int ulib_quarantine_add(struct rring_client *client,
			struct ulib_record *record)
{
	uint32_t pool = rring_handle_class(record->handle);
	struct ulib_quarantine *quarantine;
	uint32_t last;

	/* other clients wait for a slot: keep none */
	if (rring_flag_load(&client->arena->pool_waiters))
		ulib_quarantine_drop(client);
	if (pool >= RRING_XXL || !most_of(client, pool) ||
	    rring_flag_load(&client->arena->pool_waiters))
		return 0;
	quarantine = &ulib_debug_of(client)->quarantine[pool];
	if (quarantine->count == most_of(client, pool))
		drop_oldest(client, quarantine);
	ulib_payload_end(client, record);
	record->kept = 1;
	last = (quarantine->first + quarantine->count++) % ULIB_QUARANTINE_MAX;
	quarantine->slot[last] = record;
	return 1;
}

int ulib_quarantine_has_slots(const struct rring_client *client)
{
	const struct ulib_debug *debug = ulib_debug_of(client);
	uint32_t i;

	for (i = 0; i < RRING_XXL; i++)
		if (debug->quarantine[i].count)
			return 1;
	return 0;
}

void ulib_quarantine_drop(struct rring_client *client)
{
	struct ulib_debug *debug = ulib_debug_of(client);
	uint32_t i;

	for (i = 0; i < RRING_XXL; i++)
		while (debug->quarantine[i].count)
			drop_oldest(client, &debug->quarantine[i]);
}

void ulib_quarantine_check(struct rring_client *client)
{
	struct ulib_debug *debug = ulib_debug_of(client);
	uint32_t i;

	for (i = 0; i < RRING_XXL; i++)
		while (debug->quarantine[i].count)
			take_oldest(client, &debug->quarantine[i]);
}
