// SPDX-License-Identifier: MPL-2.0
#include <errno.h>

#include <rusted_ring.h>

#include "error.h"

int rring_factory_writer(const struct rring_factory *factory, const char *name,
			 struct rring_writer **writer)
{
	struct rring_ring_config config = factory->defaults;

	config.name = name;
	return rring_writer_open(factory->client, &config, writer);
}

static int join(const struct rring_factory *factory, const char *name,
		const char *reader_name, struct rring_reader **reader)
{
	struct rring_reader_config config = {
		.ring_name = name,
		.name = reader_name,
		.flags = factory->defaults.policy == RRING_OVERWRITE ?
			 RRING_JOIN_OBSERVER : 0,
		.start = RRING_START_OLDEST,
		.strategy = factory->defaults.strategy,
		.type = factory->defaults.type,
	};

	return rring_reader_open(factory->client, &config, reader);
}

/*
 * Create the ring @name as its writer, and join it as a reader. Then give the
 * writer up, so that the ring awaits its next writer. Return 0, with the reader
 * in *@reader; -ENOENT if another writer has opened the ring in the meantime,
 * so that the caller tries to join again; or another error of
 * rring_writer_open() or rring_reader_open().
 */
static int join_first(const struct rring_factory *factory, const char *name,
		      const char *reader_name, struct rring_reader **reader)
{
	struct rring_writer *writer;
	int err = rring_factory_writer(factory, name, &writer);

	if (err)
		return err == -EBUSY ? -ENOENT : err;
	err = join(factory, name, reader_name, reader);
	rring_writer_leave(writer);
	return err;
}

int rring_factory_reader(const struct rring_factory *factory, const char *name,
			 const char *reader_name, struct rring_reader **reader)
{
	int err;

	/* with an empty name, join_first() would create a nameless ring */
	if (!name || !name[0])
		return ulib_error(-EINVAL, "the name of the ring is missing or empty");
	do {
		err = join(factory, name, reader_name, reader);
		if (err == -ENOENT)
			err = join_first(factory, name, reader_name, reader);
	} while (err == -ENOENT);
	return err;
}
