/* SPDX-License-Identifier: MPL-2.0 */
/* Dropped slots that wait for a check: see struct ulib_quarantine. */
#ifndef ULIB_QUARANTINE_H
#define ULIB_QUARANTINE_H

#include <rusted_ring.h>

#include "record.h"

/*
 * Keep the slot of @record, which the client has dropped. Return 1, or 0 if the
 * slots of this class are not kept: then the caller drops the slot.
 */
int ulib_quarantine_add(struct rring_client *client,
			struct ulib_record *record);

/* Return 1 if a slot of any class is kept, else 0. */
int ulib_quarantine_has_slots(const struct rring_client *client);

/* Check all slots, and really drop them. */
void ulib_quarantine_drop(struct rring_client *client);

/* Check all slots. The client ends. */
void ulib_quarantine_check(struct rring_client *client);

#endif /* ULIB_QUARANTINE_H */
