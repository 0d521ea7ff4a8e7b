// SPDX-License-Identifier: MPL-2.0
#include <stddef.h>

#include "schema.h"

static const char *const may_words[] = {
	"observe", "consume", "produce", "administer", NULL
};

static const char *const client_state_words[] = {
	"attached", "live", "dead", NULL
};

static const char *const hold_action_words[] = {
	"notice", "evict", NULL
};

const char *const role_words[] = { "observer", "consumer", "producer", NULL };
const char *const class_words[] = { "xs", "s", "m", "l", "xl", "xxl", NULL };
const char *const kind_words[] = { "inline", "handles", NULL };
const char *const policy_words[] = { "block", "fail", "overwrite", NULL };

static const char *const ring_state_words[] = {
	"none", "open", "ended", "awaited", NULL
};

static const char *const reader_state_words[] = {
	"none", "joining", "live", "frozen", "lapped", "observer", NULL
};

#define U32(attribute, key)	{ attribute, FIELD_U32, key, NULL, NULL, 0 }
#define U64(attribute, key)	{ attribute, FIELD_U64, key, NULL, NULL, 0 }
#define STRING(attribute, key)	{ attribute, FIELD_STRING, key, NULL, NULL, 0 }
#define FLAG(attribute, key)	{ attribute, FIELD_FLAG, key, NULL, NULL, 0 }
#define MODE(attribute, key)	{ attribute, FIELD_MODE, key, NULL, NULL, 0 }
#define WORD(attribute, key, words) \
	{ attribute, FIELD_WORD, key, words, NULL, 0 }
#define WORDS(attribute, key, words) \
	{ attribute, FIELD_WORDS, key, words, NULL, 0 }
#define OBJECTS(attribute, key, object) \
	{ attribute, FIELD_OBJECTS, key, NULL, object, 0 }
#define U32S(attribute, key)	{ attribute, FIELD_U32S, key, NULL, NULL, 0 }
#define EVENT_U32(attribute, key) { attribute, FIELD_U32, key, NULL, NULL, 1 }
#define EVENT_WORD(attribute, key, words) \
	{ attribute, FIELD_WORD, key, words, NULL, 1 }
#define END { 0, FIELD_U32, NULL, NULL, NULL, 0 }

static const struct field arena_fields[] = {
	U32(RRING_A_ARENA_ID, "id"),
	STRING(RRING_A_ARENA_NAME, "name"),
	FLAG(RRING_A_ARENA_PERSISTENT, "persistent"),
	U32(RRING_A_ARENA_UID, "uid"),
	U32(RRING_A_ARENA_GID, "gid"),
	MODE(RRING_A_ARENA_MODE, "mode"),
	WORDS(RRING_A_ARENA_MAY, "may", may_words),
	U32(RRING_A_ARENA_QUOTA, "quota"),
	U32(RRING_A_ARENA_HOLD_LIMIT_OBSERVER, "hold_limit_observer"),
	U32(RRING_A_ARENA_HOLD_LIMIT_CONSUMER, "hold_limit_consumer"),
	U32(RRING_A_ARENA_HOLD_LIMIT_PRODUCER, "hold_limit_producer"),
	WORD(RRING_A_ARENA_ON_HOLD_LIMIT, "on_hold_limit", hold_action_words),
	FLAG(RRING_A_ARENA_OWNED, "owned"),
	U32(RRING_A_ARENA_MAX_CLIENTS, "max_clients"),
	U32(RRING_A_ARENA_CLIENTS, "clients"),
	U32(RRING_A_ARENA_MAX_RINGS, "max_rings"),
	U32(RRING_A_ARENA_RINGS, "rings"),
	U32(RRING_A_ARENA_SLOTS, "slots"),
	U64(RRING_A_ARENA_BYTES, "bytes"),
	U64(RRING_A_ARENA_DEATHS, "deaths"),
	U64(RRING_A_ARENA_DEAD_HOLDS, "dead_holds"),
	U64(RRING_A_ARENA_EVICTIONS, "evictions"),
	U64(RRING_A_ARENA_LAPS, "laps"),
	U64(RRING_A_ARENA_WAKES, "wakes"),
	U32S(RRING_A_ARENA_BANNED, "banned"),
	EVENT_U32(RRING_A_ARENA_MISSED, "missed"),
	END
};

static const struct field pool_fields[] = {
	U32(RRING_A_POOL_ARENA, "arena"),
	WORD(RRING_A_POOL_CLASS, "class", class_words),
	U32(RRING_A_POOL_SLOT_SIZE, "slot_size"),
	U32(RRING_A_POOL_CAPACITY, "capacity"),
	U32(RRING_A_POOL_QUOTA, "quota"),
	U32(RRING_A_POOL_FREE, "free"),
	U32(RRING_A_POOL_RECLAIMABLE, "reclaimable"),
	U32(RRING_A_POOL_IN_MAGAZINES, "in_magazines"),
	U32(RRING_A_POOL_HELD, "held"),
	U32(RRING_A_POOL_IN_FLIGHT, "in_flight"),
	U32(RRING_A_POOL_HIGH_WATER, "high_water"),
	FLAG(RRING_A_POOL_WAITED_FOR, "waited_for"),
	U64(RRING_A_POOL_REFILLS, "refills"),
	U64(RRING_A_POOL_LENT, "lent"),
	U64(RRING_A_POOL_RECLAIMED, "reclaimed"),
	U64(RRING_A_POOL_FAILURES, "failures"),
	U64(RRING_A_POOL_DRY_SPELLS, "dry_spells"),
	EVENT_U32(RRING_A_POOL_CLIENT, "client"),
	EVENT_U32(RRING_A_POOL_MISSED, "missed"),
	END
};

static const struct field client_pool_fields[] = {
	WORD(RRING_A_CLIENT_POOL_CLASS, "class", class_words),
	U32(RRING_A_CLIENT_POOL_HELD, "held"),
	U32(RRING_A_CLIENT_POOL_IN_MAGAZINE, "in_magazine"),
	U32(RRING_A_CLIENT_POOL_CHARGED, "charged"),
	U32(RRING_A_CLIENT_POOL_QUOTA, "quota"),
	U32(RRING_A_CLIENT_POOL_HOLD_LIMIT, "hold_limit"),
	FLAG(RRING_A_CLIENT_POOL_OVER_LIMIT, "over_limit"),
	END
};

static const struct object client_pool_object = {
	.name = "client-pool",
	.plural = "pool",
	.fields = client_pool_fields,
};

static const struct field client_fields[] = {
	U32(RRING_A_CLIENT_ARENA, "arena"),
	U32(RRING_A_CLIENT_ID, "id"),
	U32(RRING_A_CLIENT_SERIAL, "serial"),
	U32(RRING_A_CLIENT_PID, "pid"),
	U32(RRING_A_CLIENT_UID, "uid"),
	STRING(RRING_A_CLIENT_COMM, "comm"),
	WORD(RRING_A_CLIENT_ROLE, "role", role_words),
	WORD(RRING_A_CLIENT_STATE, "state", client_state_words),
	U32(RRING_A_CLIENT_QUOTA, "quota"),
	U32(RRING_A_CLIENT_HELD, "held"),
	OBJECTS(RRING_A_CLIENT_POOL, "pool", &client_pool_object),
	U32(RRING_A_CLIENT_RINGS, "rings"),
	U32(RRING_A_CLIENT_READERS, "readers"),
	U64(RRING_A_CLIENT_REFILLS, "refills"),
	U64(RRING_A_CLIENT_WAKES, "wakes"),
	EVENT_WORD(RRING_A_CLIENT_CLASS, "class", class_words),
	EVENT_U32(RRING_A_CLIENT_CLAIMED, "claimed"),
	EVENT_U32(RRING_A_CLIENT_HOLD_LIMIT, "hold_limit"),
	EVENT_U32(RRING_A_CLIENT_MISSED, "missed"),
	END
};

static const struct field ring_fields[] = {
	U32(RRING_A_RING_ARENA, "arena"),
	U32(RRING_A_RING_ID, "id"),
	STRING(RRING_A_RING_NAME, "name"),
	U32(RRING_A_RING_UID, "uid"),
	WORD(RRING_A_RING_KIND, "kind", kind_words),
	WORD(RRING_A_RING_POLICY, "policy", policy_words),
	U32(RRING_A_RING_CAPACITY, "capacity"),
	U32(RRING_A_RING_STRIDE, "stride"),
	U32(RRING_A_RING_RETAIN, "retain"),
	U64(RRING_A_RING_STALL_NS, "stall_ns"),
	WORD(RRING_A_RING_STATE, "state", ring_state_words),
	U32(RRING_A_RING_INCARNATION, "incarnation"),
	U32(RRING_A_RING_WRITER, "writer"),
	U64(RRING_A_RING_HEAD, "head"),
	U64(RRING_A_RING_LOW, "low"),
	U32(RRING_A_RING_FILL, "fill"),
	U32(RRING_A_RING_READERS, "readers"),
	U64(RRING_A_RING_BYTES, "bytes"),
	U64(RRING_A_RING_DROPS, "drops"),
	U64(RRING_A_RING_LAPS, "laps"),
	U64(RRING_A_RING_WAKES, "wakes"),
	STRING(RRING_A_RING_TYPE, "type"),
	U32(RRING_A_RING_TYPE_SIZE, "type_size"),
	U32(RRING_A_RING_SERIAL, "serial"),
	U64(RRING_A_RING_EPOCH, "epoch"),
	EVENT_U32(RRING_A_RING_MISSED, "missed"),
	END
};

static const struct field reader_fields[] = {
	U32(RRING_A_READER_ARENA, "arena"),
	U32(RRING_A_READER_RING, "ring"),
	U32(RRING_A_READER_ID, "id"),
	U32(RRING_A_READER_SERIAL, "serial"),
	STRING(RRING_A_READER_NAME, "name"),
	U32(RRING_A_READER_UID, "uid"),
	U32(RRING_A_READER_CLIENT, "client"),
	WORD(RRING_A_READER_STATE, "state", reader_state_words),
	U64(RRING_A_READER_POSITION, "position"),
	U64(RRING_A_READER_LAG, "lag"),
	U64(RRING_A_READER_LOST, "lost"),
	U64(RRING_A_READER_LAPS, "laps"),
	EVENT_U32(RRING_A_READER_MISSED, "missed"),
	END
};

const struct object arena_object = {
	.name = "arena",
	.plural = "arenas",
	.get = RRING_CMD_ARENA_GET,
	.arena = RRING_A_ARENA_ID,
	.fields = arena_fields,
};

const struct object pool_object = {
	.name = "pool",
	.plural = "pools",
	.get = RRING_CMD_POOL_GET,
	.arena = RRING_A_POOL_ARENA,
	.fields = pool_fields,
};

const struct object client_object = {
	.name = "client",
	.plural = "clients",
	.get = RRING_CMD_CLIENT_GET,
	.arena = RRING_A_CLIENT_ARENA,
	.fields = client_fields,
};

const struct object ring_object = {
	.name = "ring",
	.plural = "rings",
	.get = RRING_CMD_RING_GET,
	.arena = RRING_A_RING_ARENA,
	.fields = ring_fields,
};

const struct object reader_object = {
	.name = "reader",
	.plural = "readers",
	.get = RRING_CMD_READER_GET,
	.arena = RRING_A_READER_ARENA,
	.fields = reader_fields,
};

const struct notification notifications[] = {
	{ RRING_CMD_ARENA_CREATED, "arena-created", &arena_object },
	{ RRING_CMD_ARENA_GONE, "arena-gone", &arena_object },
	{ RRING_CMD_CLIENT_DIED, "client-died", &client_object },
	{ RRING_CMD_CLIENT_EVICTED, "client-evicted", &client_object },
	{ RRING_CMD_POOL_DRY, "pool-dry", &pool_object },
	{ RRING_CMD_READER_LAPPED, "reader-lapped", &reader_object },
	{ RRING_CMD_CLIENT_OVER_LIMIT, "client-over-limit", &client_object },
	{ RRING_CMD_RING_OPENED, "ring-opened", &ring_object },
	{ RRING_CMD_RING_ENDED, "ring-ended", &ring_object },
	{ RRING_CMD_RING_GONE, "ring-gone", &ring_object },
	{ RRING_CMD_READER_JOINED, "reader-joined", &reader_object },
	{ RRING_CMD_READER_LEFT, "reader-left", &reader_object },
	{ 0, NULL, NULL },
};
