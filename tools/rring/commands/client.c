// SPDX-License-Identifier: MPL-2.0
/* Clients: list them, set their quotas. */
#include <stdio.h>
#include <string.h>

#include "../input/number.h"
#include "../netlink/inquiry.h"
#include "../output/listing.h"
#include "../output/report.h"
#include "command.h"

static int percent_of(const json_t *pool)
{
	json_int_t quota = integer_of(pool, "quota");
	json_int_t charged = integer_of(pool, "charged");

	if (quota <= 0 || charged >= quota)
		return 100;
	return charged > 0 ? (int)(100 * charged / quota) : 0;
}

char *client_share(const json_t *client, const void *context)
{
	const json_t *most = NULL;
	json_t *pool;
	char *cell;
	size_t i;

	(void)context;
	json_array_foreach(json_object_get(client, "pool"), i, pool)
		if (integer_of(pool, "charged") > 0 &&
		    (!most || percent_of(pool) > percent_of(most)))
			most = pool;
	if (!most)
		return strdup("-");
	if (asprintf(&cell, "%d%% %s", percent_of(most),
		     string_of(most, "class")) < 0)
		return NULL;
	return cell;
}

/* A cell: how many slots of each class @client holds, as "xs 3, m 1". */
static char *held_by_class(const json_t *client, const void *context)
{
	const char *between = "";
	char *cell = NULL;
	size_t size;
	json_t *pool;
	FILE *out;
	size_t i;

	(void)context;
	out = open_memstream(&cell, &size);
	if (!out)
		return NULL;
	json_array_foreach(json_object_get(client, "pool"), i, pool) {
		if (integer_of(pool, "held") <= 0)
			continue;
		fprintf(out, "%s%s %lld", between, string_of(pool, "class"),
			(long long)integer_of(pool, "held"));
		between = ", ";
	}
	if (!*between)
		fputs("-", out);
	fclose(out);
	return cell;
}

/* A cell: the class of which @client holds more than its hold limit. */
static char *over_limit(const json_t *client, const void *context)
{
	json_t *pool;
	size_t i;

	(void)context;
	json_array_foreach(json_object_get(client, "pool"), i, pool)
		if (json_is_true(json_object_get(pool, "over_limit")))
			return strdup(string_of(pool, "class"));
	return strdup("-");
}

const struct column client_columns[] = {
	{ "ARENA", "arena", true, NULL },
	{ "ID", "id", true, NULL },
	{ "PID", "pid", true, NULL },
	{ "UID", "uid", true, NULL },
	{ "COMMAND", "comm", false, NULL },
	{ "ROLE", "role", false, NULL },
	{ "STATE", "state", false, NULL },
	{ "HELD", "held", true, NULL },
	{ "BY CLASS", NULL, false, held_by_class },
	{ "QUOTA", "quota", true, NULL },
	{ "OF QUOTA", NULL, true, client_share },
	{ "OVER LIMIT", NULL, false, over_limit },
	{ "RINGS", "rings", true, NULL },
	{ "READERS", "readers", true, NULL },
	{ "REFILLS", "refills", true, NULL },
	{ "WAKES", "wakes", true, NULL },
	{ NULL, NULL, false, NULL },
};

static const struct listing listing = {
	.object = &client_object,
	.columns = client_columns,
	.doc = "List the clients of all arenas, or of one.\vAnother verb is set: `rring client set "
	       "--help'.",
};

static int list(int argc, char **argv)
{
	return listing_run(&listing, argc, argv);
}

/* ---- set ---- */

struct set_arguments {
	struct selection selection;
	uint32_t client;
	uint32_t quota;
};

static const struct argp_option set_options[] = {
	{ "quota", 'q', "PERCENT", 0,
	  "of each pool, that it may have; 0: what the arena says", 0 },
	{ 0 },
};

static error_t parse_set(int key, char *arg, struct argp_state *state)
{
	struct set_arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		arguments->quota = UINT32_MAX;
		state->child_inputs[0] = &arguments->selection;
		return 0;
	case 'q':
		arguments->quota = (uint32_t)number(arg, 0, 100, state);
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->client)
			refuse(state, "%s: what is this?", arg);
		arguments->client = (uint32_t)number(arg, 1, RRING_CLIENTS_MAX,
						     state);
		return 0;
	case ARGP_KEY_END:
		if (!arguments->client || arguments->quota == UINT32_MAX)
			refuse(state, "a client and its --quota are wanted");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp set_argp = {
	.options = set_options,
	.parser = parse_set,
	.args_doc = "CLIENT",
	.doc = "Set the quota of one client (its id), in the arena `default' "
	       "if no other is named.",
	.children = selection_children,
};

static int set(int argc, char **argv)
{
	struct set_arguments arguments = { .client = 0 };
	struct nlmsghdr *nlh;
	struct link *link;
	uint32_t arena;

	argp_parse(&set_argp, argc, argv, 0, NULL, &arguments);
	link = inquiry_open();
	arena = inquiry_one_arena(link, &arguments.selection);
	nlh = link_request(link, RRING_CMD_CLIENT_SET, 0);
	mnl_attr_put_u32(nlh, RRING_A_CLIENT_ARENA, arena);
	mnl_attr_put_u32(nlh, RRING_A_CLIENT_ID, arguments.client);
	mnl_attr_put_u32(nlh, RRING_A_CLIENT_QUOTA, arguments.quota);
	inquiry_change(link, "set the quota of this client");
	link_close(link);
	return STATUS_DONE;
}

static const struct command verbs[] = {
	{ "list", "who is attached, and holds what", list },
	{ "set", "set the quota of one", set },
	{ 0 },
};

int client_run(int argc, char **argv)
{
	return command_run_verb(verbs, argc, argv);
}
