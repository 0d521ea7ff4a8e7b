// SPDX-License-Identifier: MPL-2.0
/* Seal an event, so that not even its producer can write the payload. */
#include "../debug/debug.h"
#include "client.h"
#include "ledger.h"

static int explain(int err)
{
	switch (err) {
	case -EOPNOTSUPP:
		return ulib_error(err, "only events of an owned arena (RRING_CREATE_OWNED) can be sealed");
	case -EPERM:
		return ulib_error_unless_known(err, "only the producer that allocated the event seals it");
	case -ESTALE:
		return ulib_error(err, "the event is gone: nobody holds it any more");
	}
	return err;
}

/* Let the kernel seal the event of @handle. Return 0 or a negative errno. */
static int call_seal(struct rring_client *client, uint64_t handle)
{
	struct rring_seal args = { .size = sizeof(args), .handle = handle };
	int err = ulib_call(client, RRING_IOC_SEAL, &args);

	return err ? explain(err) : 0;
}

/* The payload leaves its writable mapping; a read-only one is made before. */
static int seal_xxl(struct rring_client *client, struct rring_event *event)
{
	void *data = event->data;
	int err = 0;

	if (client->own->owners)
		data = ulib_xxl_read_only(client, event->handle, &err);
	if (!err)
		err = call_seal(client, event->handle);
	if (!err)
		event->data = data;
	return err;
}

/* The payload leaves OWN; from now on it is read in PAYLOAD. */
static int seal_slot(struct rring_client *client, struct rring_event *event)
{
	int err;

	/* not parked when it is dropped: a parked slot would stay sealed */
	if (!client->shared)
		ulib_clear_private(event);
	err = call_seal(client, event->handle);
	if (!err)
		rring_event_at(client, event->handle, event->len,
			       event->event_type, event);
	return err;
}

int rring_seal(struct rring_client *client, struct rring_event *event)
{
	uint32_t pool = rring_handle_class(event->handle);
	int err;

	ulib_error_forget();
	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	if (!rring_event_is_of(event, client))
		return rring_foreign_slow(client, event);
	if (pool < RRING_L || pool > RRING_XXL)
		return ulib_error(-EINVAL, "the event is below class RRING_L: a copy costs less than to seal");
	if (pool < RRING_XXL &&
	    rring_group_slots(rring_group_bytes(client->arena), pool) > 1)
		return ulib_error(-EINVAL, "a page of this machine has several slots of the event's class; events of RRING_XXL can be sealed");
	if (ulib_is_checked(client) && !ulib_checked_seal(client, event))
		return ulib_not_held(client);
	err = pool == RRING_XXL ? seal_xxl(client, event) :
				  seal_slot(client, event);
	if (!err && ulib_is_checked(client))
		ulib_checked_sealed(client, event);
	return err;
}

int rring_is_sealed(const struct rring_client *client,
		    const struct rring_event *event)
{
	const struct rring_client_private *own = client->own;

	if (!rring_event_is_of(event, client) || !own->owners)
		return 0;
	/*
	 * I: pairs with J in a sweep that frees the slot: the caller's hold came
	 * before. So either the sweep sees the hold, or the last load here sees
	 * that the slot has another generation, or none.
	 */
	rring_fence_full();
	return ulib_header_is_sealed(client, event->handle) &&
	       rring_generation_is(client, event->handle);
}
