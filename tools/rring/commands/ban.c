// SPDX-License-Identifier: MPL-2.0
/* rring ban: keeps a user out of an arena. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../input/number.h"
#include "../netlink/inquiry.h"
#include "../output/report.h"
#include "../output/table.h"
#include "command.h"

struct arguments {
	struct selection selection;
	uint32_t user;		/* ~0: not given */
	bool lift;
};

static const struct argp_option options[] = {
	{ "lift", 'l', NULL, 0, "let the user in again", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->selection;
		return 0;
	case 'l':
		arguments->lift = true;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->user != UINT32_MAX)
			refuse(state, "%s: what is this?", arg);
		arguments->user = number_user(arg, state);
		return 0;
	case ARGP_KEY_END:
		if (arguments->user == UINT32_MAX)
			refuse(state, "a user is wanted, by name or number");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "USER",
	.doc = "Keep a user out of an arena, `default' if no other is named: "
	       "let the user attach no more, evict all its clients, and "
	       "forget its named readers. `rring arena --json' shows who is "
	       "banned.",
	.children = selection_children,
};

static void change(struct link *link, uint32_t arena,
		   const struct arguments *arguments)
{
	struct nlmsghdr *nlh;

	nlh = link_request(link, arguments->lift ? RRING_CMD_ARENA_UNBAN :
						   RRING_CMD_ARENA_BAN, 0);
	mnl_attr_put_u32(nlh, RRING_A_ARENA_ID, arena);
	mnl_attr_put_u32(nlh, RRING_A_ARENA_BANNED, arguments->user);
	inquiry_change(link, arguments->lift ? "lift the ban" :
					       "ban this user");
}

/* Evict all clients of @user. Return those that were evicted, as an array. */
static json_t *evict_all(struct link *link, uint32_t arena, uint32_t user)
{
	json_t *clients = inquiry_dump(link, &client_object, arena);
	json_t *evicted = must(json_array());
	json_t *client;
	size_t i;

	json_array_foreach(clients, i, client) {
		if (integer_of(client, "uid") != user)
			continue;
		evict_request(link, arena, client);
		if (inquiry_change_if_there(link, "evict a client"))
			json_array_append(evicted, client);
	}
	json_decref(clients);
	return evicted;
}

/*
 * Forget all named readers of @user that are away: without this, rings would
 * wait for them, and @user cannot come back. Return how many.
 */
static unsigned int forget_all(struct link *link, uint32_t arena, uint32_t user)
{
	json_t *readers;
	unsigned int n = 0;
	json_t *reader;
	int err;
	size_t i;

	readers = inquiry_try(link, &reader_object, arena, &err);
	if (!readers)
		return 0;	/* the arena has ended with its last client */
	json_array_foreach(readers, i, reader) {
		if (integer_of(reader, "uid") != user ||
		    strcmp(string_of(reader, "state"), "frozen"))
			continue;
		forget_request(link, arena, reader);
		n += inquiry_change_if_there(link, "forget a reader");
	}
	json_decref(readers);
	return n;
}

static void ban(struct link *link, uint32_t arena,
		const struct arguments *arguments)
{
	/* none of the user's clients can attach now */
	json_t *evicted = evict_all(link, arena, arguments->user);
	unsigned int readers = forget_all(link, arena, arguments->user);

	if (arguments->selection.json)
		table_print_json(evicted);
	else
		printf("banned user %" PRIu32 ", evicted %zu clients, and forgot %u named readers\n",
		       arguments->user, json_array_size(evicted), readers);
	json_decref(evicted);
}

int ban_run(int argc, char **argv)
{
	struct arguments arguments = { .user = UINT32_MAX };
	struct link *link;
	uint32_t arena;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	link = inquiry_open();
	arena = inquiry_one_arena(link, &arguments.selection);
	change(link, arena, &arguments);
	if (!arguments.lift)
		ban(link, arena, &arguments);
	link_close(link);
	return STATUS_DONE;
}
