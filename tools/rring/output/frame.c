// SPDX-License-Identifier: MPL-2.0
/* A snapshot of all arenas as text. */
#include <stdarg.h>
#include <string.h>

#include "../netlink/inquiry.h"
#include "frame.h"
#include "listing.h"
#include "report.h"
#include "table.h"
#include "text.h"

#define BAR	10

/* ---- cells ---- */

static char *format(const char *text, ...)
	__attribute__((format(printf, 1, 2)));

static char *format(const char *text, ...)
{
	va_list args;
	char *cell;
	int n;

	va_start(args, text);
	n = vasprintf(&cell, text, args);
	va_end(args);
	return n < 0 ? NULL : cell;
}

/* A cell: @value in up to four digits, then k, M, G, T or P if it is larger. */
static char *short_number(double value)
{
	static const char units[] = " kMGTP";
	int unit = 0;

	while (value >= 9999.5 && units[unit + 1]) {
		value /= 1000;
		unit++;
	}
	return unit ? format("%.0f%c", value, units[unit]) :
		      format("%.0f", value);
}

static char *rate_cell(const json_t *row, const char *key)
{
	return short_number(json_real_value(json_object_get(row, key)));
}

static int percent_of(json_int_t part, json_int_t whole)
{
	double share = whole > 0 && part > 0 ? (double)part / (double)whole : 0;

	return share < 1 ? (int)(100 * share) : 100;
}

static char *in_use(const json_t *pool, const void *context)
{
	json_int_t capacity = integer_of(pool, "capacity");
	int percent = percent_of(capacity - integer_of(pool, "free") -
				 integer_of(pool, "in_magazines"), capacity);
	int full = percent * BAR / 100;

	(void)context;
	return format("%.*s%.*s %3d%%", full, "##########", BAR - full,
		      "..........", percent);
}

static char *lent(const json_t *pool, const void *context)
{
	(void)context;
	return rate_cell(pool, "lent_rate");
}

static char *reclaimed(const json_t *pool, const void *context)
{
	(void)context;
	return rate_cell(pool, "reclaimed_rate");
}

static char *refills(const json_t *client, const void *context)
{
	(void)context;
	return rate_cell(client, "refills_rate");
}

static char *wakes(const json_t *object, const void *context)
{
	(void)context;
	return rate_cell(object, "wakes_rate");
}

static char *events(const json_t *ring, const void *context)
{
	(void)context;
	return rate_cell(ring, "head_rate");
}

static char *fill(const json_t *ring, const void *context)
{
	(void)context;
	return format("%d%%", percent_of(integer_of(ring, "fill"),
					  integer_of(ring, "capacity")));
}

/* A cell: the largest lag of a reader, and the name or client of the reader. */
static char *slowest(const json_t *ring, const void *context)
{
	json_t *reader, *last = NULL;
	const char *name;
	size_t i;

	(void)context;
	json_array_foreach(json_object_get(ring, "readers"), i, reader)
		if (!last || integer_of(reader, "lag") >
			     integer_of(last, "lag"))
			last = reader;
	if (!last)
		return strdup("-");
	name = string_of(last, "name");
	if (*name)
		return format("%" JSON_INTEGER_FORMAT " %s",
			      integer_of(last, "lag"), name);
	return format("%" JSON_INTEGER_FORMAT " client %" JSON_INTEGER_FORMAT,
		      integer_of(last, "lag"), integer_of(last, "client"));
}

/* ---- tables ---- */

static const struct column pool_table[] = {
	{ "POOL", "class", false, NULL },
	{ "SIZE", NULL, true, pool_size },
	{ "SLOTS", "capacity", true, NULL },
	{ "IN USE", NULL, false, in_use },
	{ "FREE", "free", true, NULL },
	{ "LENT/s", NULL, true, lent },
	{ "FREED/s", NULL, true, reclaimed },
	{ "FAILED", "failures", true, NULL },
	{ "DRY", "dry_spells", true, NULL },
	{ NULL, NULL, false, NULL },
};

static const struct column client_table[] = {
	{ "CLIENT", "id", true, NULL },
	{ "PID", "pid", true, NULL },
	{ "COMMAND", "comm", false, NULL },
	{ "ROLE", "role", false, NULL },
	{ "HELD", "held", true, NULL },
	{ "OF QUOTA", NULL, true, client_share },
	{ "REFILLS/s", NULL, true, refills },
	{ "WAKES/s", NULL, true, wakes },
	{ NULL, NULL, false, NULL },
};

static const struct column ring_table[] = {
	{ "RING", "id", true, NULL },
	{ "NAME", "name", false, NULL },
	{ "STATE", "state", false, NULL },
	{ "WRITER", "writer", true, NULL },
	{ "FILL", NULL, true, fill },
	{ "EVENTS/s", NULL, true, events },
	{ "READERS", "readers", true, NULL },
	{ "DROPS", "drops", true, NULL },
	{ "LAPS", "laps", true, NULL },
	{ "LAG", NULL, false, slowest },
	{ NULL, NULL, false, NULL },
};

static void print_table(FILE *file, const struct column *columns,
			const json_t *list)
{
	if (!json_array_size(list))
		return;
	fputc('\n', file);
	table_print(file, columns, list, "  ", NULL);
}

static void print_arena(FILE *file, const json_t *arena)
{
	const char *name = string_of(arena, "name");
	char *bytes = must(short_number((double)integer_of(arena, "bytes")));

	fputs("arena ", file);
	text_print(file, name, strlen(name));
	fprintf(file, "%s(%" JSON_INTEGER_FORMAT "): %" JSON_INTEGER_FORMAT
		" of %" JSON_INTEGER_FORMAT " clients, %" JSON_INTEGER_FORMAT
		" of %" JSON_INTEGER_FORMAT " rings, %sB, %" JSON_INTEGER_FORMAT
		" deaths, %" JSON_INTEGER_FORMAT " evictions\n",
		*name ? " " : "", integer_of(arena, "id"),
		integer_of(arena, "nr_clients"),
		integer_of(arena, "max_clients"), integer_of(arena, "nr_rings"),
		integer_of(arena, "max_rings"), bytes,
		integer_of(arena, "deaths"), integer_of(arena, "evictions"));
	free(bytes);
	print_table(file, pool_table, json_object_get(arena, "pools"));
	print_table(file, client_table, json_object_get(arena, "clients"));
	print_table(file, ring_table, json_object_get(arena, "rings"));
}

void frame_print(FILE *file, const json_t *snapshot, double seconds)
{
	const json_t *arenas = json_object_get(snapshot, "arenas");
	json_t *arena;
	size_t i;

	fprintf(file, "rring top: %zu %s, rates over %.1f s\n",
		json_array_size(arenas),
		json_array_size(arenas) == 1 ? "arena" : "arenas", seconds);
	json_array_foreach(arenas, i, arena) {
		fputc('\n', file);
		print_arena(file, arena);
	}
}
