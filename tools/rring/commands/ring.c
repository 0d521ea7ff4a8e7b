// SPDX-License-Identifier: MPL-2.0
/* Rings and their readers: list them, set limits, forget readers. */
#include <stdlib.h>
#include <string.h>

#include "../input/number.h"
#include "../netlink/inquiry.h"
#include "../output/listing.h"
#include "../output/report.h"
#include "../output/text.h"
#include "command.h"

/* A cell: the name and the size of the type of the ring's events. */
static char *type_of(const json_t *ring, const void *context)
{
	const char *name = string_of(ring, "type");
	char *text, *cell;
	int n;

	(void)context;
	if (!*name)
		return strdup("-");
	text = text_escape(name, strlen(name));
	n = asprintf(&cell, "%s (%" JSON_INTEGER_FORMAT ")", text,
		     integer_of(ring, "type_size"));
	free(text);
	return n < 0 ? NULL : cell;
}

const struct column ring_columns[] = {
	{ "ARENA", "arena", true, NULL },
	{ "ID", "id", true, NULL },
	{ "NAME", "name", false, NULL },
	{ "KIND", "kind", false, NULL },
	{ "POLICY", "policy", false, NULL },
	{ "STATE", "state", false, NULL },
	{ "WRITER", "writer", true, NULL },
	{ "CAPACITY", "capacity", true, NULL },
	{ "FILL", "fill", true, NULL },
	{ "HEAD", "head", true, NULL },
	{ "READERS", "readers", true, NULL },
	{ "DROPS", "drops", true, NULL },
	{ "LAPS", "laps", true, NULL },
	{ "WAKES", "wakes", true, NULL },
	{ "TYPE", NULL, false, type_of },
	{ NULL, NULL, false, NULL },
};

const struct column reader_columns[] = {
	{ "ARENA", "arena", true, NULL },
	{ "RING", "ring", true, NULL },
	{ "ID", "id", true, NULL },
	{ "NAME", "name", false, NULL },
	{ "CLIENT", "client", true, NULL },
	{ "STATE", "state", false, NULL },
	{ "POSITION", "position", true, NULL },
	{ "LAG", "lag", true, NULL },
	{ "LOST", "lost", true, NULL },
	{ "LAPS", "laps", true, NULL },
	{ NULL, NULL, false, NULL },
};

static const struct listing ring_listing = {
	.object = &ring_object,
	.columns = ring_columns,
	.doc = "List the rings of all arenas, or of one.\vOther verbs are "
	       "readers, set and forget: `rring ring set --help' has the "
	       "options of that.",
};

static const struct listing reader_listing = {
	.object = &reader_object,
	.columns = reader_columns,
	.doc = "List the readers of all rings, or of one arena's.",
};

static int list(int argc, char **argv)
{
	return listing_run(&ring_listing, argc, argv);
}

static int list_readers(int argc, char **argv)
{
	return listing_run(&reader_listing, argc, argv);
}

/* ---- set, forget ---- */

struct arguments {
	struct words words;	/* a ring; for `forget', also its reader */
	uint64_t stall_ns;
};

/*
 * Returns the ring whose name is @name, else the one whose number it is. Ends
 * the program if there is neither.
 */
static json_t *find_ring(json_t *rings, const char *name)
{
	json_t *ring;
	size_t i;

	json_array_foreach(rings, i, ring)
		if (!strcmp(string_of(ring, "name"), name))
			return ring;
	json_array_foreach(rings, i, ring) {
		char id[16];

		snprintf(id, sizeof(id), "%" JSON_INTEGER_FORMAT,
			 integer_of(ring, "id"));
		if (!strcmp(id, name))
			return ring;
	}
	fail("there is no ring '%s' in this arena (`rring ring' lists them)",
	     name);
}

/* Word @i of the command line; "" if there are not as many. */
static const char *word_or_empty(const struct arguments *arguments, uint32_t i)
{
	return i < arguments->words.n ? arguments->words.word[i] : "";
}

static const struct argp_option set_options[] = {
	{ "stall-ms", 's', "MS", 0, "how long a reader may hold its writer "
	  "back before it is lapped", 0 },
	{ 0 },
};

static error_t parse_set(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case 's':
		arguments->stall_ns = number(arg, 1, INT64_MAX / 1000000,
					     state) * 1000000;
		return 0;
	case ARGP_KEY_END:
		if (!*word_or_empty(arguments, 0) ||
		    arguments->stall_ns == UINT64_MAX)
			refuse(state, "a ring and its --stall-ms are wanted");
		return 0;
	default:
		return words_parse(key, arg, state);
	}
}

static const struct argp set_argp = {
	.options = set_options,
	.parser = parse_set,
	.args_doc = "RING",
	.doc = "Change the limit of one ring (its name or id) that has one, in "
	       "the arena `default' if no other is named.",
	.children = selection_children,
};

static int set(int argc, char **argv)
{
	struct arguments arguments = {
		.words.most = 1,
		.stall_ns = UINT64_MAX,
	};
	json_t *rings, *ring;
	struct nlmsghdr *nlh;
	struct link *link;
	uint32_t arena;

	argp_parse(&set_argp, argc, argv, 0, NULL, &arguments);
	link = inquiry_open();
	arena = inquiry_one_arena(link, &arguments.words.selection);
	rings = inquiry_dump(link, &ring_object, arena);
	ring = find_ring(rings, arguments.words.word[0]);
	nlh = link_request(link, RRING_CMD_RING_SET, 0);
	mnl_attr_put_u32(nlh, RRING_A_RING_ARENA, arena);
	mnl_attr_put_u32(nlh, RRING_A_RING_ID,
			 (uint32_t)integer_of(ring, "id"));
	if (*string_of(ring, "name"))
		mnl_attr_put_strz(nlh, RRING_A_RING_NAME,
				  string_of(ring, "name"));
	mnl_attr_put_u64(nlh, RRING_A_RING_STALL_NS, arguments.stall_ns);
	inquiry_change(link, "set the limit of this ring");
	json_decref(rings);
	link_close(link);
	return STATUS_DONE;
}

static error_t parse_forget(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_END:
		if (!*word_or_empty(arguments, 0) ||
		    !*word_or_empty(arguments, 1))
			refuse(state, "a ring and a reader's name are wanted");
		return 0;
	default:
		return words_parse(key, arg, state);
	}
}

static const struct argp forget_argp = {
	.parser = parse_forget,
	.args_doc = "RING READER",
	.doc = "Forget a named reader that is away, so that it does not hold "
	       "the ring (its name or id) back; in the arena `default' if no "
	       "other is named.",
	.children = selection_children,
};

static json_t *find_reader(json_t *readers, json_int_t ring, const char *name)
{
	json_t *reader;
	size_t i;

	json_array_foreach(readers, i, reader)
		if (integer_of(reader, "ring") == ring &&
		    !strcmp(string_of(reader, "name"), name))
			return reader;
	fail("that ring has no reader '%s' (`rring ring readers' lists them)",
	     name);
}

void forget_request(struct link *link, uint32_t arena, const json_t *reader)
{
	struct nlmsghdr *nlh = link_request(link, RRING_CMD_READER_FORGET, 0);

	mnl_attr_put_u32(nlh, RRING_A_READER_ARENA, arena);
	mnl_attr_put_u32(nlh, RRING_A_READER_RING,
			 (uint32_t)integer_of(reader, "ring"));
	mnl_attr_put_u32(nlh, RRING_A_READER_ID,
			 (uint32_t)integer_of(reader, "id"));
	mnl_attr_put_u32(nlh, RRING_A_READER_SERIAL,
			 (uint32_t)integer_of(reader, "serial"));
}

static int forget(int argc, char **argv)
{
	struct arguments arguments = { .words.most = 2 };
	json_t *rings, *readers, *reader;
	struct link *link;
	json_int_t ring;
	uint32_t arena;

	argp_parse(&forget_argp, argc, argv, 0, NULL, &arguments);
	link = inquiry_open();
	arena = inquiry_one_arena(link, &arguments.words.selection);
	rings = inquiry_dump(link, &ring_object, arena);
	ring = integer_of(find_ring(rings, arguments.words.word[0]), "id");
	readers = inquiry_dump(link, &reader_object, arena);
	reader = find_reader(readers, ring, arguments.words.word[1]);
	forget_request(link, arena, reader);
	inquiry_change(link, "forget this reader");
	json_decref(readers);
	json_decref(rings);
	link_close(link);
	return STATUS_DONE;
}

static const struct command verbs[] = {
	{ "list", "which there are, and how full", list },
	{ "readers", "who reads them, and how far behind", list_readers },
	{ "set", "set how long a reader may stall", set },
	{ "forget", "forget a named reader that is away", forget },
	{ 0 },
};

int ring_run(int argc, char **argv)
{
	return command_run_verb(verbs, argc, argv);
}
