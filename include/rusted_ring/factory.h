/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A factory: opens writers and readers of named rings that have the same
 * geometry. See rring_factory(3). None of these functions waits.
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

/* Open the ring @name as writer, like rring_writer_open(). */
int rring_factory_writer(const struct rring_factory *factory, const char *name,
			 struct rring_writer **writer);

/*
 * Join the ring @name at the oldest entry kept. If the ring does not exist, the
 * factory creates it; the ring then awaits a writer of the same user.
 */
int rring_factory_reader(const struct rring_factory *factory, const char *name,
			 const char *reader_name, struct rring_reader **reader);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_FACTORY_H */
