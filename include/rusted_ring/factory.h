/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A factory opens writers and readers of named rings that have the same
 * geometry. See rring_factory(3). None of its functions waits for another
 * client.
 */
#ifndef _RUSTED_RING_FACTORY_H
#define _RUSTED_RING_FACTORY_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The caller fills this structure. The caller opens .client before, and closes
 * it afterwards; the library only uses it.
 */
struct rring_factory {
	struct rring_client *client;
	struct rring_ring_config defaults;	/* .name is ignored */
};

/*
 * Become the writer of the ring @name: rring_writer_open() with .defaults of
 * @factory, and with this name.
 */
int rring_factory_writer(const struct rring_factory *factory, const char *name,
			 struct rring_writer **writer);

/*
 * Join the ring @name at the oldest entry kept, as the reader @reader_name;
 * NULL: nameless. A reader whose name the ring knows goes on at its position.
 * If the ring does not exist, creates it with .defaults of @factory; the ring
 * then awaits a writer of the same user, and the reader gets -EAGAIN, not
 * -EPIPE.
 */
int rring_factory_reader(const struct rring_factory *factory, const char *name,
			 const char *reader_name, struct rring_reader **reader);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_FACTORY_H */
