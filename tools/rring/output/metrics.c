// SPDX-License-Identifier: MPL-2.0
/* A snapshot as text for Prometheus: all samples of a metric are together. */
#include <stdbool.h>
#include <string.h>

#include "../netlink/inquiry.h"
#include "label.h"
#include "metrics.h"

enum kind { ARENA, POOL, CLIENT, RING, READER };

static const struct metric {
	enum kind kind;
	bool counter;
	const char *key;
	const char *name;
	const char *unit;
	const char *help;
} metrics[] = {
	{ ARENA, false, "nr_clients", "rring_arena_clients", NULL,
	  "Clients that are attached." },
	{ ARENA, false, "max_clients", "rring_arena_clients_max", NULL,
	  "Places for clients." },
	{ ARENA, false, "nr_rings", "rring_arena_rings", NULL, "Rings." },
	{ ARENA, false, "max_rings", "rring_arena_rings_max", NULL,
	  "Places for rings." },
	{ ARENA, false, "bytes", "rring_arena_bytes", "bytes",
	  "Pages of the arena, of its clients and of its rings." },
	{ ARENA, true, "deaths", "rring_arena_deaths", NULL,
	  "Clients that ended, however." },
	{ ARENA, true, "dead_holds", "rring_arena_dead_holds", NULL,
	  "Slots that ended clients still held." },
	{ ARENA, true, "evictions", "rring_arena_evictions", NULL,
	  "Clients that an administrator ended." },
	{ ARENA, true, "laps", "rring_arena_laps", NULL,
	  "Gating readers that were lapped." },
	{ ARENA, true, "wakes", "rring_arena_wakes", NULL,
	  "Calls that wake somebody." },
	{ POOL, false, "capacity", "rring_pool_slots", "slots",
	  "Slots that the pool has." },
	{ POOL, false, "free", "rring_pool_free_slots", "slots",
	  "Slots that are in use for nothing, and not lent." },
	{ POOL, false, "reclaimable", "rring_pool_reclaimable_slots", "slots",
	  "Free slots that wait for the next sweep." },
	{ POOL, false, "in_magazines", "rring_pool_magazine_slots", "slots",
	  "Slots lent to clients that have not allocated them yet." },
	{ POOL, false, "held", "rring_pool_held_slots", "slots",
	  "Slots that clients hold." },
	{ POOL, false, "in_flight", "rring_pool_in_flight_slots", "slots",
	  "Slots that rings name; clients may hold them, too." },
	{ POOL, false, "high_water", "rring_pool_high_water_slots", "slots",
	  "The most slots that were not free at once." },
	{ POOL, false, "waited_for", "rring_pool_waited_for", NULL,
	  "1 if somebody waits for a slot." },
	{ POOL, true, "refills", "rring_pool_refills", NULL,
	  "Requests that were lent slots." },
	{ POOL, true, "lent", "rring_pool_lent", NULL, "Slots lent." },
	{ POOL, true, "reclaimed", "rring_pool_reclaimed", NULL,
	  "Slots that sweeps have freed." },
	{ POOL, true, "failures", "rring_pool_failures", NULL,
	  "Requests that were lent nothing." },
	{ POOL, true, "dry_spells", "rring_pool_dry_spells", NULL,
	  "How often the pool ran dry." },
	{ CLIENT, false, "held", "rring_client_held_slots", "slots",
	  "Slots that the client holds." },
	{ CLIENT, true, "refills", "rring_client_refills", NULL,
	  "Requests that were lent slots." },
	{ CLIENT, true, "wakes", "rring_client_wakes", NULL,
	  "Calls that wake somebody." },
	{ RING, false, "capacity", "rring_ring_capacity_entries", "entries",
	  "Entries that the ring has room for." },
	{ RING, false, "fill", "rring_ring_fill_entries", "entries",
	  "Entries that it keeps." },
	{ RING, false, "nr_readers", "rring_ring_readers", NULL,
	  "Readers, those that are away included." },
	{ RING, true, "head", "rring_ring_events", NULL,
	  "Entries published." },
	{ RING, true, "drops", "rring_ring_drops", NULL,
	  "Entries for which the writer found no room." },
	{ RING, true, "laps", "rring_ring_laps", NULL,
	  "Gating readers that were lapped." },
	{ RING, true, "wakes", "rring_ring_wakes", NULL,
	  "Wake-ups of readers or the writer." },
	{ READER, false, "lag", "rring_reader_lag_entries", "entries",
	  "Entries that the reader has not released." },
	{ READER, true, "lost", "rring_reader_lost", NULL,
	  "Entries that it missed by being lapped." },
	{ READER, true, "laps", "rring_reader_laps", NULL,
	  "How often it was lapped." },
};

/* The objects that a sample is about; .ring is NULL if it is not about one. */
struct about {
	const json_t *arena;
	const json_t *ring;
	const json_t *object;
};

/* ---- labels ---- */

static void put_number(FILE *file, const char *name, const json_t *object,
		       const char *key)
{
	fprintf(file, "%s=\"%" JSON_INTEGER_FORMAT "\"", name,
		integer_of(object, key));
}

static void put_arena(FILE *file, const struct about *about)
{
	label_print(file, "arena", string_of(about->arena, "name"));
	fputc(',', file);
	put_number(file, "arena_id", about->arena, "id");
}

static void put_client(FILE *file, const json_t *client)
{
	fputc(',', file);
	put_number(file, "client", client, "id");
	fputc(',', file);
	put_number(file, "pid", client, "pid");
	fputc(',', file);
	label_print(file, "comm", string_of(client, "comm"));
	fputc(',', file);
	label_print(file, "role", string_of(client, "role"));
}

static void put_ring(FILE *file, const json_t *ring)
{
	fputc(',', file);
	label_print(file, "ring", string_of(ring, "name"));
	fputc(',', file);
	put_number(file, "ring_id", ring, "id");
}

static void put_reader(FILE *file, const json_t *reader)
{
	fputc(',', file);
	label_print(file, "reader", string_of(reader, "name"));
	fputc(',', file);
	put_number(file, "reader_id", reader, "id");
	fputc(',', file);
	put_number(file, "client", reader, "client");
	fputc(',', file);
	label_print(file, "state", string_of(reader, "state"));
}

static void put_labels(FILE *file, enum kind kind, const struct about *about)
{
	fputc('{', file);
	put_arena(file, about);
	if (kind == POOL) {
		fputc(',', file);
		label_print(file, "class", string_of(about->object, "class"));
	}
	if (kind == CLIENT)
		put_client(file, about->object);
	if (about->ring)
		put_ring(file, about->ring);
	if (kind == READER)
		put_reader(file, about->object);
	fputc('}', file);
}

/* ---- samples ---- */

static void put_sample(FILE *file, const struct metric *metric,
		       const struct about *about)
{
	const json_t *value = json_object_get(about->object, metric->key);
	json_int_t number = json_is_true(value) ? 1 :
			    json_integer_value(value);

	/* an older kernel may not report this value */
	if (!value || json_is_null(value))
		return;
	fprintf(file, "%s%s", metric->name, metric->counter ? "_total" : "");
	put_labels(file, metric->kind, about);
	fprintf(file, " %" JSON_INTEGER_FORMAT "\n", number);
}

static void put_list(FILE *file, const struct metric *metric,
		     struct about about, const json_t *list)
{
	json_t *object;
	size_t i;

	json_array_foreach(list, i, object) {
		about.object = object;
		if (metric->kind == RING)
			about.ring = object;
		put_sample(file, metric, &about);
	}
}

static void put_readers(FILE *file, const struct metric *metric,
			struct about about)
{
	json_t *ring;
	size_t i;

	json_array_foreach(json_object_get(about.arena, "rings"), i, ring) {
		about.ring = ring;
		put_list(file, metric, about, json_object_get(ring, "readers"));
	}
}

static void put_samples(FILE *file, const struct metric *metric,
			const json_t *arena)
{
	struct about about = { .arena = arena, .object = arena };

	switch (metric->kind) {
	case ARENA:
		put_sample(file, metric, &about);
		return;
	case POOL:
		put_list(file, metric, about, json_object_get(arena, "pools"));
		return;
	case CLIENT:
		put_list(file, metric, about,
			 json_object_get(arena, "clients"));
		return;
	case RING:
		put_list(file, metric, about, json_object_get(arena, "rings"));
		return;
	case READER:
		put_readers(file, metric, about);
	}
}

/* Only Prometheus' own form has the end of a counter's samples here, too. */
static void put_head(FILE *file, enum metrics_form form,
		     const struct metric *metric)
{
	bool own = form == METRICS_PROMETHEUS;
	const char *end = own && metric->counter ? "_total" : "";

	fprintf(file, "# TYPE %s%s %s\n", metric->name, end,
		metric->counter ? "counter" : "gauge");
	if (metric->unit && !own)
		fprintf(file, "# UNIT %s %s\n", metric->name, metric->unit);
	fprintf(file, "# HELP %s%s %s\n", metric->name, end, metric->help);
}

void metrics_print(FILE *file, enum metrics_form form, const json_t *snapshot)
{
	const json_t *arenas = json_object_get(snapshot, "arenas");
	json_t *arena;
	size_t m, i;

	for (m = 0; m < sizeof(metrics) / sizeof(metrics[0]); m++) {
		put_head(file, form, &metrics[m]);
		json_array_foreach(arenas, i, arena)
			put_samples(file, &metrics[m], arena);
	}
	if (form == METRICS_OPENMETRICS)
		fputs("# EOF\n", file);
}
