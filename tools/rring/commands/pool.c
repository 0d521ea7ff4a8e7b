// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <string.h>

#include "../netlink/inquiry.h"
#include "../output/listing.h"
#include "command.h"

/* XXL has no slot size: an event has as many pages as it needs. */
char *pool_size(const json_t *pool, const void *context)
{
	json_int_t size = integer_of(pool, "slot_size");
	char *cell;

	(void)context;
	if (!size)
		return strdup("any");
	if (asprintf(&cell, "%" JSON_INTEGER_FORMAT, size) < 0)
		return NULL;
	return cell;
}

const struct column pool_columns[] = {
	{ "ARENA", "arena", true, NULL },
	{ "CLASS", "class", false, NULL },
	{ "SIZE", NULL, true, pool_size },
	{ "CAPACITY", "capacity", true, NULL },
	{ "FREE", "free", true, NULL },
	{ "MAGAZINES", "in_magazines", true, NULL },
	{ "HELD", "held", true, NULL },
	{ "IN FLIGHT", "in_flight", true, NULL },
	{ "HIGH", "high_water", true, NULL },
	{ "QUOTA", "quota", true, NULL },
	{ "LENT", "lent", true, NULL },
	{ "RECLAIMED", "reclaimed", true, NULL },
	{ "FAILURES", "failures", true, NULL },
	{ "DRY", "dry_spells", true, NULL },
	{ "WAITED FOR", "waited_for", false, NULL },
	{ NULL, NULL, false, NULL },
};

static const struct listing listing = {
	.object = &pool_object,
	.columns = pool_columns,
	.doc = "List the pools of all arenas, or of one.",
};

static int list(int argc, char **argv)
{
	return listing_run(&listing, argc, argv);
}

static const struct command verbs[] = {
	{ "list", "how many slots there are, and how many are free", list },
	{ 0 },
};

int pool_run(int argc, char **argv)
{
	return command_run_verb(verbs, argc, argv);
}
