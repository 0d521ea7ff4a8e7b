/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The payload of an event that a checked client has allocated, and that no other
 * client knows yet. What is behind the payload in the slot has a pattern, and
 * the whole slot has one after the drop. AddressSanitizer, if the program has
 * it, reports each access to bytes with a pattern. Events of class XXL have no
 * patterns: their pages are unmapped after the drop.
 */
#ifndef ULIB_PAYLOAD_H
#define ULIB_PAYLOAD_H

#include <rusted_ring.h>

#include "record.h"

/* Fill what is behind the payload of @record. */
void ulib_payload_begin(const struct rring_client *client,
			const struct ulib_record *record);

/* Return 1 if nothing was written behind the payload of @record, else 0. */
int ulib_payload_is_in_bounds(const struct rring_client *client,
			      const struct ulib_record *record);

/* Other clients get to know the event: the whole slot may be accessed. */
void ulib_payload_open(const struct rring_client *client,
		       const struct ulib_record *record);

/* Fill the slot of @record, which was dropped. */
void ulib_payload_end(const struct rring_client *client,
		      const struct ulib_record *record);

/*
 * Return 1 if nothing was written into the slot of @record since
 * ulib_payload_end(), else 0. From now on the slot may be accessed.
 */
int ulib_payload_is_untouched(const struct rring_client *client,
			      const struct ulib_record *record);

/* Return a sum of the bytes of the payload of @record; 0 for class XXL. */
uint64_t ulib_payload_sum(const struct rring_client *client,
			  const struct ulib_record *record);

#endif /* ULIB_PAYLOAD_H */
