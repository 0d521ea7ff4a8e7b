// SPDX-License-Identifier: MPL-2.0
/* A snapshot of all objects. */
#include <string.h>

#include "../output/report.h"
#include "inquiry.h"
#include "snapshot.h"

/* ---- taking ---- */

/* Move the number in @key of @parent to "nr_KEY", and make @key a list. */
static void make_list(json_t *parent, const char *key)
{
	char number[32];

	snprintf(number, sizeof(number), "nr_%s", key);
	json_object_set(parent, number, json_object_get(parent, key));
	json_object_set_new(parent, key, json_array());
}

/*
 * Add the objects of @kind to their arenas. An object is left out if its arena
 * was created after the dump of the arenas.
 */
static void sort_into(json_t *arenas, struct link *link,
		      const struct object *kind, uint32_t id)
{
	json_t *array = inquiry_dump(link, kind, id);
	json_t *object, *arena;
	size_t i;

	json_array_foreach(array, i, object) {
		arena = inquiry_find(arenas, "id", integer_of(object, "arena"));
		if (arena)
			json_array_append(json_object_get(arena, kind->plural),
					  object);
	}
	json_decref(array);
}

static void sort_readers(json_t *arenas, struct link *link, uint32_t id)
{
	json_t *array = inquiry_dump(link, &reader_object, id);
	json_t *reader, *arena, *ring;
	size_t i;

	json_array_foreach(array, i, reader) {
		arena = inquiry_find(arenas, "id", integer_of(reader, "arena"));
		ring = inquiry_find(json_object_get(arena, "rings"), "id",
				    integer_of(reader, "ring"));
		if (ring)
			json_array_append(json_object_get(ring, "readers"),
					  reader);
	}
	json_decref(array);
}

json_t *snapshot_take(struct link *link, uint32_t id)
{
	json_t *arenas = inquiry_dump(link, &arena_object, id);
	json_t *arena, *ring;
	size_t i, j;

	json_array_foreach(arenas, i, arena) {
		json_object_set_new(arena, "pools", json_array());
		make_list(arena, "clients");
		make_list(arena, "rings");
	}
	sort_into(arenas, link, &pool_object, id);
	sort_into(arenas, link, &client_object, id);
	sort_into(arenas, link, &ring_object, id);
	json_array_foreach(arenas, i, arena)
		json_array_foreach(json_object_get(arena, "rings"), j, ring)
			make_list(ring, "readers");
	sort_readers(arenas, link, id);
	return must(json_pack("{s:o}", "arenas", arenas));
}

/* ---- rates ---- */

/* For each kind of object: keys that identify it, and keys of its counters. */
static const struct kind {
	const char *list;
	const char *identity[3];
	const char *grows[5];
} kinds[] = {
	{ "pools", { "class" }, { "lent", "reclaimed" } },
	{ "clients", { "id", "serial" }, { "refills", "wakes" } },
	{ "rings", { "id", "name" }, { "head", "drops", "wakes" } },
};

static bool is_same(const json_t *a, const json_t *b,
		    const char *const *identity)
{
	for (; *identity; identity++)
		if (!json_equal(json_object_get(a, *identity),
				json_object_get(b, *identity)))
			return false;
	return true;
}

static const json_t *find_same(const json_t *list, const json_t *object,
			       const char *const *identity)
{
	json_t *other;
	size_t i;

	json_array_foreach(list, i, other)
		if (is_same(other, object, identity))
			return other;
	return NULL;
}

static void rate(json_t *object, const json_t *before, const char *key,
		 double seconds)
{
	json_int_t now = integer_of(object, key);
	json_int_t then = before ? integer_of(before, key) : now;
	char name[32];

	snprintf(name, sizeof(name), "%s_rate", key);
	json_object_set_new(object, name,
			    json_real(now > then && seconds > 0 ?
				      (double)(now - then) / seconds : 0));
}

static void rate_list(const struct kind *kind, const json_t *now,
		      const json_t *before, double seconds)
{
	const json_t *list = json_object_get(now, kind->list);
	const json_t *old = json_object_get(before, kind->list);
	const char *const *key;
	json_t *object;
	size_t i;

	json_array_foreach(list, i, object)
		for (key = kind->grows; *key; key++)
			rate(object, find_same(old, object, kind->identity),
			     *key, seconds);
}

void snapshot_rate(json_t *now, const json_t *before, double seconds)
{
	static const char *const identity[] = { "id", NULL };
	const json_t *old = json_object_get(before, "arenas");
	json_t *arena;
	size_t i, k;

	json_array_foreach(json_object_get(now, "arenas"), i, arena)
		for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			rate_list(&kinds[k], arena,
				  find_same(old, arena, identity), seconds);
}
