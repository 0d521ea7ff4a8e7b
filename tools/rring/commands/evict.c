// SPDX-License-Identifier: MPL-2.0
/* rring evict: ends a client, so that others can go on. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../input/number.h"
#include "../netlink/inquiry.h"
#include "../output/report.h"
#include "../output/table.h"
#include "../output/text.h"
#include "command.h"

struct arguments {
	struct selection selection;
	uint32_t client;
	uint32_t pid;
};

static const struct argp_option options[] = {
	{ "pid", 'p', "PID", 0, "the client of that process instead", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->selection;
		return 0;
	case 'p':
		arguments->pid = (uint32_t)number(arg, 1, INT32_MAX, state);
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->client)
			refuse(state, "%s: what is this?", arg);
		arguments->client = (uint32_t)number(arg, 1, RRING_CLIENTS_MAX,
						     state);
		return 0;
	case ARGP_KEY_END:
		if (!arguments->client == !arguments->pid)
			refuse(state, "a client's id is wanted, or --pid");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[CLIENT]",
	.doc = "End a client (its id), in the arena `default' if no other is "
	       "named, as if its process had died: its holds are gone, its "
	       "readers leave, its rings end. Its process goes on, and gets "
	       "SIGBUS when it touches the arena.",
	.children = selection_children,
};

static json_t *by_pid(json_t *clients, uint32_t pid)
{
	json_t *found = NULL, *client;
	size_t i;

	json_array_foreach(clients, i, client) {
		if (integer_of(client, "pid") != pid)
			continue;
		if (found)
			fail("process %" PRIu32 " is several clients there: name one by its id (`rring client')",
			     pid);
		found = client;
	}
	return found;
}

static json_t *choose(json_t *clients, const struct arguments *arguments)
{
	json_t *client;

	if (arguments->pid)
		client = by_pid(clients, arguments->pid);
	else
		client = inquiry_find(clients, "id", arguments->client);
	if (!client)
		fail("there is no such client in this arena (`rring client' lists them)");
	return client;
}

static void tell(const json_t *client)
{
	printf("evicted client %" JSON_INTEGER_FORMAT " (process %"
	       JSON_INTEGER_FORMAT ", ", integer_of(client, "id"),
	       integer_of(client, "pid"));
	text_print(stdout, string_of(client, "comm"),
		   strlen(string_of(client, "comm")));
	printf("), which held %" JSON_INTEGER_FORMAT " slots\n",
	       integer_of(client, "held"));
}

void evict_request(struct link *link, uint32_t arena, const json_t *client)
{
	struct nlmsghdr *nlh = link_request(link, RRING_CMD_CLIENT_EVICT, 0);

	mnl_attr_put_u32(nlh, RRING_A_CLIENT_ARENA, arena);
	mnl_attr_put_u32(nlh, RRING_A_CLIENT_ID,
			 (uint32_t)integer_of(client, "id"));
	/* the serial protects a newer client with this id */
	mnl_attr_put_u32(nlh, RRING_A_CLIENT_SERIAL,
			 (uint32_t)integer_of(client, "serial"));
}

int evict_run(int argc, char **argv)
{
	struct arguments arguments = { .client = 0 };
	json_t *clients, *client;
	struct link *link;
	uint32_t arena;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	link = inquiry_open();
	arena = inquiry_one_arena(link, &arguments.selection);
	clients = inquiry_dump(link, &client_object, arena);
	client = choose(clients, &arguments);
	evict_request(link, arena, client);
	inquiry_change(link, "evict this client");
	if (arguments.selection.json)
		table_print_json(client);
	else
		tell(client);
	json_decref(clients);
	link_close(link);
	return STATUS_DONE;
}
