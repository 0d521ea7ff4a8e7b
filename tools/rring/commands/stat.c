// SPDX-License-Identifier: MPL-2.0
/* rring stat: lists all objects at once. */
#include <stdio.h>
#include <string.h>

#include "../input/number.h"
#include "../netlink/inquiry.h"
#include "../netlink/snapshot.h"
#include "../output/listing.h"
#include "../output/metrics.h"
#include "../output/report.h"
#include "command.h"

struct arguments {
	struct words words;
	bool openmetrics;
	bool prometheus;
};

static const struct argp_option options[] = {
	{ "openmetrics", 'o', NULL, 0,
	  "print OpenMetrics text", 0 },
	{ "prometheus", 'p', NULL, 0,
	  "print Prometheus' own text, also for its textfile collector", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case 'o':
		arguments->openmetrics = true;
		return 0;
	case 'p':
		arguments->prometheus = true;
		return 0;
	case ARGP_KEY_END:
		if (arguments->openmetrics + arguments->prometheus +
		    arguments->words.selection.json > 1)
			refuse(state, "--json, --openmetrics or --prometheus, not two of them");
		return 0;
	default:
		return words_parse(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Show the arenas that you may see, or one, with their pools, "
	       "clients, rings and readers.",
	.children = selection_children,
};

static const struct column short_arena_columns[] = {
	{ "ARENA", "id", true, NULL },
	{ "NAME", "name", false, NULL },
	{ "MODE", "mode", false, NULL },
	{ "CLIENTS", "nr_clients", true, NULL },
	{ "RINGS", "nr_rings", true, NULL },
	{ "SLOTS", "slots", true, NULL },
	{ "BYTES", "bytes", true, NULL },
	{ "DEATHS", "deaths", true, NULL },
	{ "DEAD HOLDS", "dead_holds", true, NULL },
	{ "EVICTIONS", "evictions", true, NULL },
	{ "LAPS", "laps", true, NULL },
	{ "WAKES", "wakes", true, NULL },
	{ NULL, NULL, false, NULL },
};

/* Returns a new list of the readers of all rings of @arena. */
static json_t *readers_of(const json_t *arena)
{
	json_t *all = must(json_array()), *ring;
	size_t i;

	json_array_foreach(json_object_get(arena, "rings"), i, ring)
		json_array_extend(all, json_object_get(ring, "readers"));
	return all;
}

static void print_list(const struct column *columns, const json_t *list)
{
	if (!json_array_size(list))
		return;
	putchar('\n');
	table_print(stdout, columns, list, "  ", NULL);
}

/* Leaves out the first column of each list, ARENA. */
static void print_arena(json_t *arena)
{
	json_t *readers = readers_of(arena);
	json_t *one = must(json_pack("[O]", arena));

	table_print(stdout, short_arena_columns, one, "", NULL);
	print_list(pool_columns + 1, json_object_get(arena, "pools"));
	print_list(client_columns + 1, json_object_get(arena, "clients"));
	print_list(ring_columns + 1, json_object_get(arena, "rings"));
	print_list(reader_columns + 1, readers);
	json_decref(one);
	json_decref(readers);
}

static void print(const json_t *snapshot)
{
	json_t *arena;
	size_t i;

	json_array_foreach(json_object_get(snapshot, "arenas"), i, arena) {
		if (i)
			putchar('\n');
		print_arena(arena);
	}
}

int stat_run(int argc, char **argv)
{
	struct arguments arguments = { .openmetrics = false };
	struct link *link;
	json_t *snapshot;
	uint32_t arena;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	link = inquiry_open();
	arena = inquiry_arena(link, &arguments.words.selection);
	snapshot = snapshot_take(link, arena);
	if (arguments.openmetrics)
		metrics_print(stdout, METRICS_OPENMETRICS, snapshot);
	else if (arguments.prometheus)
		metrics_print(stdout, METRICS_PROMETHEUS, snapshot);
	else if (arguments.words.selection.json)
		table_print_json(snapshot);
	else
		print(snapshot);
	json_decref(snapshot);
	link_close(link);
	return STATUS_DONE;
}
