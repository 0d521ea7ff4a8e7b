// SPDX-License-Identifier: MPL-2.0
/* Seal an event, so that not even its producer can write the payload. */
#include "client.h"

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

int rring_seal(struct rring_client *client, struct rring_event *event)
{
	struct rring_seal args = {
		.size = sizeof(args),
		.handle = event->handle,
	};
	uint32_t pool = rring_handle_class(event->handle);
	int err;

	ulib_error_forget();
	if (!rring_event_is_of(event, client))
		return rring_refuse_slow(-EINVAL);
	if (pool != RRING_L && pool != RRING_XL)
		return ulib_error(-EINVAL, "the event is not of class RRING_L or RRING_XL; below, a copy costs less than to seal");
	/* not parked when it is dropped: a parked slot would stay sealed */
	rring_share(client, event);
	err = ulib_call(client, RRING_IOC_SEAL, &args);
	if (err)
		return explain(err);
	/* the payload has left OWN; from now on it is read in PAYLOAD */
	rring_event_at(client, event->handle, event->len, event->event_type,
		       event);
	return 0;
}

int rring_is_sealed(const struct rring_client *client,
		    const struct rring_event *event)
{
	const struct rring_client_private *own = client->own;

	return rring_event_is_of(event, client) && own->owners &&
	       rring_handle_class(event->handle) < RRING_XXL &&
	       ulib_header_is_sealed(client, event->handle);
}
