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
 * it afterwards; the library does not close it.
 */
struct rring_factory {
	struct rring_client *client;
	struct rring_ring_config defaults;	/* geometry; .name is ignored */
};

/*
 * Make .client of @factory the writer of the ring @name with .defaults, and
 * store the writer in *@writer. Return what rring_writer_open() returns.
 */
int rring_factory_writer(const struct rring_factory *factory, const char *name,
			 struct rring_writer **writer);

/*
 * Join the ring @name at the oldest entry kept, and store the reader in
 * *@reader. If the ring knows @reader_name (NULL: nameless), the reader goes on
 * at the position of this name. If the ring does not exist, create it with
 * .defaults of @factory: until a writer of the same user publishes, the reader
 * gets -EAGAIN, not -EPIPE. Return 0 or a negative errno.
 */
int rring_factory_reader(const struct rring_factory *factory, const char *name,
			 const char *reader_name, struct rring_reader **reader);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_FACTORY_H */
