/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A factory: opens writers and readers of named rings that have the same
 * geometry. None of these functions waits or may be called in a signal handler.
 */
#ifndef _RUSTED_RING_FACTORY_H
#define _RUSTED_RING_FACTORY_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The caller fills this structure, and keeps and closes the client. */
struct rring_factory {
	struct rring_client *client;
	struct rring_ring_config defaults;	/* .name is ignored */
};

/*
 * Open the ring @name as writer, with the geometry of the factory, like
 * rring_writer_open(), and store the writer in *@writer. The caller ends it
 * with rring_writer_close() or rring_writer_leave(). Returns 0 or an error of
 * rring_writer_open(). -EBUSY can also mean that rring_factory_reader() is
 * creating the ring just now: try again.
 */
int rring_factory_writer(const struct rring_factory *factory, const char *name,
			 struct rring_writer **writer);

/*
 * Join the ring @name at the oldest entry kept, as @reader_name or, if that is
 * NULL, nameless, and store the reader in *@reader. If there is no such ring,
 * create one, which awaits a writer of the same user: readers get -EAGAIN until
 * that writer publishes. If the policy of the factory is RRING_OVERWRITE, the
 * reader is an observer. The caller ends it with rring_reader_close().
 *
 * Returns 0, or:
 *   -EPERM: there is no such ring, and the client is no producer; or its role
 *	is RRING_OBSERVER, and the reader would gate
 *   -EINVAL: @name is NULL or empty; an observer with a name; or like
 *	rring_writer_open() or rring_reader_open()
 *   else: errors of rring_reader_open() but -ENOENT; if the ring is created,
 *	also those of rring_writer_open() but -EBUSY
 */
int rring_factory_reader(const struct rring_factory *factory, const char *name,
			 const char *reader_name, struct rring_reader **reader);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_FACTORY_H */
