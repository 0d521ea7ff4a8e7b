/* SPDX-License-Identifier: MPL-2.0 */
/* Publish events without the checks of a client that is checked. */
#ifndef ULIB_WRITER_H
#define ULIB_WRITER_H

#include <rusted_ring.h>

/*
 * Publish like rring_publish() in a client with several threads. The caller has
 * checked that the ring is one of handles, and that @event is of the client.
 */
int ulib_publish_threads(struct rring_writer *writer,
			 const struct rring_event *event);

/* Publish like rring_publish_batch(), in a ring of handles. */
long ulib_publish_batch(struct rring_writer *writer,
			const struct rring_event *events, uint32_t n);

#endif /* ULIB_WRITER_H */
