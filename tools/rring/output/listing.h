/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_LISTING_H
#define RRING_LISTING_H

#include "../netlink/schema.h"
#include "table.h"

/* A command that only lists the objects of one kind. */
struct listing {
	const struct object *object;
	const struct column *columns;
	const char *doc;
};

int listing_run(const struct listing *listing, int argc, char **argv);

extern const struct column arena_columns[];
extern const struct column pool_columns[];
extern const struct column client_columns[];
extern const struct column ring_columns[];
extern const struct column reader_columns[];

/* A cell: the bytes of a slot. */
char *pool_size(const json_t *pool, const void *context);

/* A cell: the largest part of a quota that @client uses, and its class. */
char *client_share(const json_t *client, const void *context);

#endif /* RRING_LISTING_H */
