// SPDX-License-Identifier: MPL-2.0
/* rring doctor: checks the arenas. */
#include <stdio.h>
#include <string.h>

#include "../netlink/inquiry.h"
#include "finding.h"

#define N	JSON_INTEGER_FORMAT

/* A name for an arena, ring or reader that may have none. */
struct label {
	char text[48];
};

static struct label label_of(const json_t *object)
{
	const char *name = string_of(object, "name");
	struct label label;

	if (*name)
		snprintf(label.text, sizeof(label.text), "%s", name);
	else
		snprintf(label.text, sizeof(label.text), "%" N,
			 integer_of(object, "id"));
	return label;
}

static void check_places(struct findings *findings, const json_t *arena)
{
	struct label name = label_of(arena);

	if (integer_of(arena, "nr_clients") >= integer_of(arena, "max_clients"))
		finding_warn(findings, "clients",
			     "end some, or create an arena with more --clients",
			     "arena %s: all %" N " places are taken",
			     name.text, integer_of(arena, "max_clients"));
	if (integer_of(arena, "nr_rings") >= integer_of(arena, "max_rings"))
		finding_warn(findings, "rings",
			     "close some, or create an arena with more --rings",
			     "arena %s: all %" N " places are taken",
			     name.text, integer_of(arena, "max_rings"));
}

/* ---- pools ---- */

static void check_pool(struct findings *findings, const json_t *arena,
		       const json_t *pool)
{
	struct label name = label_of(arena);

	if (json_is_true(json_object_get(pool, "waited_for")))
		finding_bad(findings, "pools",
			    "`rring client' shows who holds the slots; `rring evict' ends that one",
			    "arena %s: the pool %s is dry, and somebody waits for a slot",
			    name.text, string_of(pool, "class"));
	else if (integer_of(pool, "dry_spells") &&
		 !integer_of(pool, "free"))
		finding_warn(findings, "pools",
			     "`rring client' shows who holds the slots; or create an arena with a larger --capacity",
			     "arena %s: the pool %s ran dry %" N " times, and has no free slot now",
			     name.text, string_of(pool, "class"),
			     integer_of(pool, "dry_spells"));
}

/* ---- clients ---- */

/*
 * Returns whether a client's quota in @pool is less than the whole pool. If it
 * is not, check_pool() is enough.
 */
static bool is_share(const json_t *arena, const json_t *pool)
{
	json_t *of;
	size_t i;

	json_array_foreach(json_object_get(arena, "pools"), i, of)
		if (!strcmp(string_of(of, "class"), string_of(pool, "class")))
			return integer_of(pool, "quota") <
			       integer_of(of, "capacity");
	return false;
}

static void check_quota(struct findings *findings, const json_t *arena,
			const json_t *client, const json_t *pool)
{
	struct label name = label_of(arena);

	if (integer_of(pool, "charged") < integer_of(pool, "quota") ||
	    !is_share(arena, pool))
		return;
	finding_warn(findings, "clients",
		     "if it does not let go: `rring evict', or `rring client set --quota'",
		     "arena %s: client %" N " (process %" N ", %s) has all %" N " slots of class %s that it may have",
		     name.text, integer_of(client, "id"),
		     integer_of(client, "pid"), string_of(client, "comm"),
		     integer_of(pool, "quota"), string_of(pool, "class"));
}

/* Report @client if the kernel has named it because of its hold limit. */
static void check_hold_limit(struct findings *findings, const json_t *arena,
			     const json_t *client, const json_t *pool)
{
	struct label name = label_of(arena);

	if (!json_is_true(json_object_get(pool, "over_limit")))
		return;
	finding_bad(findings, "clients",
		    "`rring evict' ends it; `rring arena set --hold-limit' changes the limit",
		    "arena %s: client %" N " (process %" N ", %s) holds %" N " slots of class %s while others find none; its limit is %" N,
		    name.text, integer_of(client, "id"),
		    integer_of(client, "pid"), string_of(client, "comm"),
		    integer_of(pool, "held"), string_of(pool, "class"),
		    integer_of(pool, "hold_limit"));
}

static void check_client(struct findings *findings, const json_t *arena,
			 const json_t *client)
{
	struct label name = label_of(arena);
	json_t *pool;
	size_t i;

	if (!strcmp(string_of(client, "state"), "attached"))
		finding_warn(findings, "clients",
			     "it takes a place and does nothing: end its process",
			     "arena %s: client %" N " (process %" N ", %s) has attached, but not mapped its ledger",
			     name.text, integer_of(client, "id"),
			     integer_of(client, "pid"),
			     string_of(client, "comm"));
	json_array_foreach(json_object_get(client, "pool"), i, pool) {
		check_quota(findings, arena, client, pool);
		check_hold_limit(findings, arena, client, pool);
	}
}

/* ---- rings ---- */

static bool has_state(const json_t *object, const char *state)
{
	return !strcmp(string_of(object, "state"), state);
}

/* Returns advice about readers that hold @ring back. */
static const char *slow_advice(const json_t *ring)
{
	return integer_of(ring, "stall_ns") ?
	       "see to its program, or lower the ring's limit: `rring ring set --stall-ms'" :
	       "see to its program, or have the writer open the ring with a limit (stall_ns)";
}

/* Returns whether a client waits for a slot of @arena. */
static bool is_in_want(const json_t *arena)
{
	json_t *pool;
	size_t i;

	json_array_foreach(json_object_get(arena, "pools"), i, pool)
		if (json_is_true(json_object_get(pool, "waited_for")))
			return true;
	return false;
}

/*
 * Returns whether @reader is away and keeps half of @ring, so that the writer
 * will soon wait; or is away and keeps entries while a client waits for a slot.
 */
static bool is_in_the_way(const json_t *arena, const json_t *ring,
			  const json_t *reader)
{
	json_int_t lag = integer_of(reader, "lag");

	return has_state(reader, "frozen") &&
	       (2 * lag >= integer_of(ring, "capacity") ||
		(lag && is_in_want(arena)));
}

static void check_reader(struct findings *findings, const json_t *arena,
			 const json_t *ring, const json_t *reader)
{
	struct label in = label_of(arena), of = label_of(ring),
		     name = label_of(reader);

	if (is_in_the_way(arena, ring, reader))
		finding_warn(findings, "readers",
			     "start its program again, or `rring ring forget'",
			     "arena %s, ring %s: the reader %s is away, and keeps %" N " of %" N " entries",
			     in.text, of.text, name.text,
			     integer_of(reader, "lag"),
			     integer_of(ring, "capacity"));
	if (has_state(reader, "lapped"))
		finding_warn(findings, "readers",
			     "it was too slow for the ring's limit: see to its program, or raise that: `rring ring set --stall-ms'",
			     "arena %s, ring %s: the reader %s was lapped and lost %" N " entries",
			     in.text, of.text, name.text,
			     integer_of(reader, "lost"));
}

static bool is_gating(const json_t *reader)
{
	return has_state(reader, "live") || has_state(reader, "joining") ||
	       has_state(reader, "frozen");
}

static json_t *slowest_of(const json_t *ring)
{
	json_t *slowest = NULL, *reader;
	size_t i;

	json_array_foreach(json_object_get(ring, "readers"), i, reader)
		if (is_gating(reader) &&
		    (!slowest || integer_of(reader, "lag") >
				 integer_of(slowest, "lag")))
			slowest = reader;
	return slowest;
}

/*
 * Report @ring if its slowest gating reader has not released any entry of a
 * full ring. Entries that are only retained do not hold the writer back.
 */
static void check_full(struct findings *findings, const json_t *arena,
		       const json_t *ring)
{
	json_int_t capacity = integer_of(ring, "capacity");
	const json_t *slowest = slowest_of(ring);
	struct label in, of, name;

	if (!slowest || has_state(ring, "ended") ||
	    integer_of(slowest, "lag") < capacity)
		return;
	in = label_of(arena);
	of = label_of(ring);
	name = label_of(slowest);
	finding_warn(findings, "rings", slow_advice(ring),
		     "arena %s, ring %s: all %" N " entries wait for the reader %s (client %" N ")",
		     in.text, of.text, capacity, name.text,
		     integer_of(slowest, "client"));
}

static void check_ring(struct findings *findings, const json_t *arena,
		       const json_t *ring)
{
	json_t *reader;
	size_t i;

	check_full(findings, arena, ring);
	json_array_foreach(json_object_get(ring, "readers"), i, reader)
		check_reader(findings, arena, ring, reader);
}

/* ---- all ---- */

static void check_arena(struct findings *findings, const json_t *arena)
{
	struct label name = label_of(arena);
	unsigned int wrong = findings->wrong;
	json_t *object;
	size_t i;

	check_places(findings, arena);
	json_array_foreach(json_object_get(arena, "pools"), i, object)
		check_pool(findings, arena, object);
	json_array_foreach(json_object_get(arena, "clients"), i, object)
		check_client(findings, arena, object);
	json_array_foreach(json_object_get(arena, "rings"), i, object)
		check_ring(findings, arena, object);
	if (findings->wrong == wrong)
		finding_ok(findings, "arena",
			   "%s: %" N " clients, %" N " rings, nobody in want",
			   name.text, integer_of(arena, "nr_clients"),
			   integer_of(arena, "nr_rings"));
}

void health_check(struct findings *findings, const json_t *snapshot)
{
	json_t *arena;
	size_t i;

	json_array_foreach(json_object_get(snapshot, "arenas"), i, arena)
		check_arena(findings, arena);
}
