/* SPDX-License-Identifier: MPL-2.0 */
/* A factory: writers and readers of named rings that are all made alike. */
#ifndef _RUSTED_RING_FACTORY_H
#define _RUSTED_RING_FACTORY_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Both are the caller's, and stay as long as the factory is used. */
struct rring_factory {
	struct rring_client *client;
	struct rring_ring_config defaults;	/* but for the name */
};

/*
 * The writer of the ring @name; what rring_writer_open() says. -EBUSY also
 * while a reader that is there first is making the ring: then it has no writer
 * a moment later.
 */
int rring_factory_writer(const struct rring_factory *factory, const char *name,
			 struct rring_writer **writer);

/*
 * A reader of the ring @name, from the oldest event that is kept on, under
 * @reader_name if that is not NULL. It may come before its writer: then the
 * ring is made as the factory makes them (by producers only, else -EPERM), and
 * awaits that, a process of the same user. On a ring that overwrites it is an
 * observer, and has no name (-EINVAL). What rring_reader_open() says, and
 * rring_writer_open().
 */
int rring_factory_reader(const struct rring_factory *factory, const char *name,
			 const char *reader_name, struct rring_reader **reader);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_FACTORY_H */
