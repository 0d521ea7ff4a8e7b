/* SPDX-License-Identifier: MPL-2.0 */
/* Read events without the checks of a client that is checked. */
#ifndef ULIB_READER_H
#define ULIB_READER_H

#include <rusted_ring.h>

/*
 * Describe the entry @i in @event, in a ring of either kind, even if the entries
 * at .entries are not those of the ring. Return what rring_entry() returns.
 */
int ulib_entry(struct rring_reader *reader, uint32_t i,
	       struct rring_event *event);

/* These do what rring_wait_readable() and rring_read_batch() do. */
int ulib_wait_readable(struct rring_reader *reader, uint64_t deadline);
long ulib_read_batch(struct rring_reader *reader, rring_handler_t handler,
		     void *context, uint32_t max);

#endif /* ULIB_READER_H */
