// SPDX-License-Identifier: MPL-2.0
/*
 * The calls of a trace. Each is written once, and runs on both sides with equal
 * random numbers. No call waits, and none depends on the time.
 */
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "traced_side.h"

#define BATCH		8
#define WRITTEN		32	/* bytes of each payload */
#define LARGE		70000	/* bytes; an event of class XXL */

static const char long_name[] =
	"a-name-that-is-longer-than-any-name-may-be-as-it-has-66-characters";
static const char *const bad_names[] = { long_name, "a//b", "a b", "\x7f" };

/* ---- random choices ---- */

static int one_in(struct rng *rng, uint32_t n)
{
	return !rng_below(rng, n);
}

static const char *some_name(struct rng *rng, const char *const names[3])
{
	if (one_in(rng, 12))
		return bad_names[rng_below(rng, 4)];
	return one_in(rng, 4) ? NULL : names[rng_below(rng, 3)];
}

static uint32_t some_len(struct rng *rng)
{
	static const uint32_t limit[] = { 1, 65, 65, 257, 1025, 4097, 16385,
					  LARGE };

	return rng_below(rng, limit[rng_below(rng, 8)]);
}

static uint32_t some_client(struct side *side, struct rng *rng)
{
	uint32_t i = rng_below(rng, SIDE_CLIENTS), n = SIDE_CLIENTS;

	while (n-- && !side->client[i].client)
		i = (i + 1) % SIDE_CLIENTS;
	side_say(side, "client", side->client[i].client ? (int)i : -1);
	return i;
}

static struct side_writer *some_writer(struct side *side, struct rng *rng)
{
	uint32_t i = rng_below(rng, SIDE_WRITERS), n = SIDE_WRITERS;

	while (n-- && !side->writer[i].writer)
		i = (i + 1) % SIDE_WRITERS;
	side_say(side, "writer", side->writer[i].writer ? (int)i : -1);
	return side->writer[i].writer ? &side->writer[i] : NULL;
}

/* A reader that no set has. */
static struct side_reader *some_reader(struct side *side, struct rng *rng)
{
	uint32_t i = rng_below(rng, SIDE_READERS), n = SIDE_READERS;

	while (n-- && (!side->reader[i].reader || side->reader[i].in_set))
		i = (i + 1) % SIDE_READERS;
	if (!side->reader[i].reader || side->reader[i].in_set) {
		side_say(side, "reader", -1);
		return NULL;
	}
	side_say(side, "reader", i);
	return &side->reader[i];
}

static struct side_pipe *some_pipe(struct side *side, struct rng *rng)
{
	uint32_t i = rng_below(rng, SIDE_PIPES), n = SIDE_PIPES;

	while (n-- && !side->pipe[i].pipe)
		i = (i + 1) % SIDE_PIPES;
	side_say(side, "pipe", side->pipe[i].pipe ? (int)i : -1);
	return side->pipe[i].pipe ? &side->pipe[i] : NULL;
}

static struct side_event *some_event(struct side *side, struct rng *rng)
{
	uint32_t i = rng_below(rng, SIDE_EVENTS), n = SIDE_EVENTS;

	while (n-- && !side->event[i].holds)
		i = (i + 1) % SIDE_EVENTS;
	side_say(side, "event", side->event[i].holds ? (int)i : -1);
	return side->event[i].holds ? &side->event[i] : NULL;
}

/* Mostly an event that client @owner holds. */
static struct side_event *event_of(struct side *side, uint32_t owner,
				   struct rng *rng)
{
	uint32_t i = rng_below(rng, SIDE_EVENTS), n = SIDE_EVENTS;
	int any = one_in(rng, 10);

	while (n-- && (!side->event[i].holds ||
		       (!any && side->event[i].owner != owner)))
		i = (i + 1) % SIDE_EVENTS;
	side_say(side, "event", side->event[i].holds ? (int)i : -1);
	return side->event[i].holds ? &side->event[i] : NULL;
}

/* Mostly a writer of a ring of @kind. */
static struct side_writer *writer_for(struct side *side, enum rring_kind kind,
				      struct rng *rng)
{
	uint32_t i = rng_below(rng, SIDE_WRITERS), n = SIDE_WRITERS;
	int any = one_in(rng, 10);

	while (n-- && (!side->writer[i].writer ||
		       (!any && side->writer[i].kind != kind)))
		i = (i + 1) % SIDE_WRITERS;
	side_say(side, "writer", side->writer[i].writer ? (int)i : -1);
	return side->writer[i].writer ? &side->writer[i] : NULL;
}

static void fill(void *data, uint32_t len, struct rng *rng)
{
	memset(data, (int)rng_below(rng, 256), len < WRITTEN ? len : WRITTEN);
}

/* ---- clients ---- */

static void open_client(struct side *side, struct rng *rng)
{
	uint32_t i = rng_below(rng, SIDE_CLIENTS);
	enum rring_role role = (enum rring_role)(one_in(rng, 20) ? 3 :
			one_in(rng, 4) ? rng_below(rng, 3) : RRING_PRODUCER);
	unsigned int flags = one_in(rng, 3) ? RRING_SINGLE_THREADED : 0;
	unsigned int by_name = side->backend == RRING_BACKEND_DEVICE ?
				RRING_ON_DEVICE : RRING_IN_PROCESS;
	int bad = one_in(rng, 20), named = one_in(rng, 2), err;
	struct rring_client *client = NULL;

	if (side->client[i].client)
		return;
	flags |= bad ? 1u << 3 : 0;
	if (named)
		err = rring_open(&client, one_in(rng, 8) ? long_name :
				 side->name, role, flags | by_name);
	else
		err = rring_open_arena(&client, one_in(rng, 8) ? -1 :
				       side->arena, role, flags);
	side_say(side, "place", i);
	side_say(side, "role", role);
	side_say(side, "flags", flags);
	side_say(side, "ret", err);
	side_say(side, "opened", !!client);
	if (!client)
		return;
	side->client[i].client = client;
	side_say(side, "id", rring_client_id(client));
	side_say(side, "has role", rring_client_role(client));
}

static void close_client(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng);

	if (side->client[i].client)
		side_end_client(side, i);
}

static void create_again(struct side *side, struct rng *rng)
{
	struct rring_arena_config config = {
		.name = one_in(rng, 2) ? side->name : bad_names[rng_below(rng, 4)],
		.capacity = { rng_below(rng, 2) },
		.mode = one_in(rng, 4) ? 01000 : 0700,
		.uid = ~0u,
		.gid = ~0u,
		.max_clients = one_in(rng, 4) ? 256 : 2,
		.quota = one_in(rng, 4) ? 101 : 50,
		.flags = one_in(rng, 4) ? 1u << 7 : 0,
		.backend = side->backend,
	};
	int fd = rring_arena_create(&config);

	side_say(side, "ret", fd < 0 ? fd : 0);
	if (fd >= 0)
		close(fd);
}

/* A client with an arena of its own. */
static void open_config(struct side *side, struct rng *rng)
{
	struct rring_arena_config config = {
		.capacity = { rng_below(rng, 3), rng_below(rng, 3) },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.backend = side->backend,
	};
	struct rring_client *client = NULL;
	struct rring_event event;
	int err = rring_open_config(&client, &config, one_in(rng, 4) ?
				    RRING_ON_DEVICE : RRING_SINGLE_THREADED);

	side_say(side, "ret", err);
	if (err)
		return;
	side_say(side, "id", rring_client_id(client));
	side_say(side, "role", rring_client_role(client));
	side_say(side, "alloc", rring_alloc(client, some_len(rng), 0, &event));
	rring_close(client);
}

static void count_pool(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng);
	enum rring_class pool = (enum rring_class)rng_below(rng,
							    RRING_POOLS + 1);
	unsigned int flags = one_in(rng, 10) ? 2 : rng_below(rng, 2);
	struct rring_pool_stat stat = { .size = 0 };
	int err;

	if (!side->client[i].client)
		return;
	err = rring_pool_stat(side->client[i].client, pool, flags, &stat);
	side_say(side, "pool", pool);
	side_say(side, "ret", err);
	if (err)
		return;
	side_say(side, "capacity", stat.capacity);
	side_say(side, "free", stat.free);
	side_say(side, "lent", stat.lent);
	side_say(side, "held", stat.held);
	side_say(side, "charged", stat.charged);
	side_say(side, "in flight", stat.in_flight);
	side_say(side, "high water", stat.high_water);
	side_say(side, "failures", (long long)stat.failures);
}

static void trim(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng);

	if (side->client[i].client)
		rring_trim(side->client[i].client);
}

/* ---- events ---- */

static void got(struct side *side, uint32_t owner, int err,
		struct rring_event *event, struct rng *rng)
{
	side_say(side, "ret", err);
	if (err)
		return;
	fill(event->data, event->len, rng);
	side_say_event(side, event);
	side_note_hold(side, owner, event, 1);
}

static void alloc(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng), type = rng_below(rng, 100);
	uint32_t len = some_len(rng), way = rng_below(rng, 4);
	struct rring_client *client = side->client[i].client;
	enum rring_class pool = (enum rring_class)rng_below(rng,
							    RRING_POOLS + 1);
	static const char copied[LARGE];
	struct rring_event event;
	int err;

	if (!client)
		return;
	if (way == 0)
		err = rring_alloc(client, len, type, &event);
	else if (way == 1)
		err = rring_alloc_class(client, pool, len, type, &event);
	else if (way == 2)
		err = rring_alloc_copy(client, copied, len, type, &event);
	else
		err = rring_alloc_until(client, one_in(rng, 9) ? SIZE_MAX :
					len, type, 0, &event);
	side_say(side, "way", way);
	side_say(side, "of", len);
	got(side, i, err, &event, rng);
}

static void alloc_batch(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng), j, n = rng_below(rng, BATCH + 1);
	enum rring_class pool = (enum rring_class)rng_below(rng,
							    RRING_POOLS + 1);
	struct rring_client *client = side->client[i].client;
	struct rring_event event[BATCH];
	long count;

	if (!client)
		return;
	count = rring_alloc_batch(client, pool, some_len(rng), 7, event, n);
	side_say(side, "count", count);
	for (j = 0; count > 0 && j < (uint32_t)count; j++)
		got(side, i, 0, &event[j], rng);
}

static void resize(struct side *side, struct rng *rng)
{
	struct side_event *event = some_event(side, rng);
	uint32_t len = some_len(rng);
	int err;

	if (!event || !event->is_private)
		return;
	err = rring_resize(side->client[event->owner].client, &event->event,
			   len);
	if (!err)
		fill(event->event.data, len, rng);
	side_say(side, "ret", err);
	side_say_event(side, &event->event);
}

static void hold(struct side *side, struct rng *rng)
{
	struct side_event *event = some_event(side, rng);
	int err;

	if (!event)
		return;
	err = rring_hold(side->client[event->owner].client, &event->event);
	side_say(side, "ret", err);
	event->holds += !err;
}

static void drop(struct side *side, struct rng *rng)
{
	struct side_event *event = some_event(side, rng);
	uint32_t i = some_client(side, rng);
	int err;

	if (!event)
		return;
	if (!one_in(rng, 6))
		i = event->owner;
	err = rring_drop(side->client[i].client, &event->event);
	side_say(side, "ret", err);
	event->holds -= !err;
}

static void share(struct side *side, struct rng *rng)
{
	struct side_event *event = some_event(side, rng);
	uint32_t i = some_client(side, rng);
	uint64_t handle;

	if (!event)
		return;
	if (!one_in(rng, 6))
		i = event->owner;
	handle = rring_share(side->client[i].client, &event->event);
	side_say_handle(side, handle);
	event->is_private = 0;
}

/* Handles of events that live, of events that are gone, or of none. */
static uint64_t some_handle(struct side *side, struct rng *rng)
{
	uint32_t i = rng_below(rng, SIDE_HANDLES);

	if (one_in(rng, 12))
		return (uint64_t)RRING_POOLS << RRING_HANDLE_CLASS_SHIFT;
	return side->handles ? side->handle[i % side->handles] : 0;
}

static void upgrade(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng);
	uint64_t handle = some_handle(side, rng);
	struct rring_event event;
	int err;

	if (!side->client[i].client)
		return;
	err = rring_upgrade(side->client[i].client, handle, &event);
	side_say_handle(side, handle);
	side_say(side, "ret", err);
	if (err)
		return;
	side_say_event(side, &event);
	side_note_hold(side, i, &event, 0);
}

static void find(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng);
	uint64_t handle = some_handle(side, rng);
	struct rring_event event;
	int err;

	if (!side->client[i].client)
		return;
	err = rring_find(side->client[i].client, handle, &event);
	side_say_handle(side, handle);
	side_say(side, "ret", err);
	if (!err)
		side_say_event(side, &event);
}

/* ---- writers ---- */

static const char *const ring_names[3] = { "red", "green", "blue" };

static void make_bad(struct rring_ring_config *config, struct rng *rng)
{
	switch (rng_below(rng, 7)) {
	case 0:
		config->capacity = 0;
		break;
	case 1:
		config->stride += 1;
		break;
	case 2:
		config->retain = config->capacity;
		break;
	case 3:
		config->stall_ns = ~0ull;
		break;
	case 4:
		config->kind = (enum rring_kind)2;
		break;
	case 5:
		config->policy = (enum rring_policy)3;
		break;
	default:
		config->capacity = RRING_RING_CAPACITY_MAX + 1;
	}
}

/* A name nearly always has one geometry, so that rings are taken over. */
static struct rring_ring_config some_ring(struct rng *rng)
{
	const char *name = some_name(rng, ring_names);
	uint32_t shape = name && !one_in(rng, 10) ? (uint32_t)name[0] * 7 :
						    rng_below(rng, 1000);
	struct rring_ring_config config = {
		.name = name,
		.kind = (enum rring_kind)(shape % 2),
		.policy = (enum rring_policy)(shape % 3),
		.capacity = 1 + shape % 13,
		.stride = shape % 2 ? 0 : 64 * (1 + shape % 5),
		.strategy = (enum rring_strategy)rng_below(rng, 3),
	};

	if (config.policy != RRING_OVERWRITE) {
		config.retain = shape % 4 % config.capacity;
		/* readers can be lapped in principle, but not in this test */
		config.stall_ns = shape % 5 ? 0 : INT64_MAX;
	}
	if (one_in(rng, 10))
		make_bad(&config, rng);
	return config;
}

static void say_writer(struct side *side, struct rring_writer *writer)
{
	side_say(side, "ring", rring_writer_ring_id(writer));
	side_say(side, "at", (long long)rring_writer_position(writer));
	side_say(side, "full", (int)(1000 * rring_writer_pressure(writer)));
}

static void open_writer(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng), j = rng_below(rng, SIDE_WRITERS);
	struct rring_ring_config config = some_ring(rng);
	struct side_writer *place = &side->writer[j];
	int err;

	if (!side->client[i].client || place->writer)
		return;
	err = rring_writer_open(side->client[i].client, &config,
				&place->writer);
	side_say(side, "place", j);
	side_say(side, "kind", config.kind);
	side_say(side, "policy", config.policy);
	side_say(side, "capacity", config.capacity);
	side_say(side, "retain", config.retain);
	side_say(side, "ret", err);
	if (err)
		return;
	place->owner = i;
	place->kind = config.kind;
	place->policy = config.policy;
	say_writer(side, place->writer);
}

static void close_writer(struct side *side, struct rng *rng)
{
	struct side_writer *place = some_writer(side, rng);
	int leave = one_in(rng, 2);

	if (!place)
		return;
	side_say(side, "leave", leave);
	if (leave)
		rring_writer_leave(place->writer);
	else
		rring_writer_close(place->writer);
	place->writer = NULL;
}

/* Say if @n entries fit. Returns 0 if a call that writes them would wait. */
static int may_write(struct side *side, struct side_writer *place, uint32_t n)
{
	int err;

	if (place->policy != RRING_BLOCK)
		return 1;
	err = rring_wait_writable(place->writer, n, 0);
	side_say(side, "writable", err);
	return err != -ETIMEDOUT;
}

static void publish(struct side *side, struct rng *rng)
{
	struct side_writer *place = writer_for(side, RRING_HANDLES, rng);
	struct side_event *event = place ? event_of(side, place->owner, rng) :
					   NULL;
	int err;

	if (!event || !may_write(side, place, 1))
		return;
	err = rring_publish(place->writer, &event->event);
	side_say(side, "ret", err);
	if (!err) {
		event->holds--;
		event->is_private = 0;
	}
	say_writer(side, place->writer);
}

static void publish_batch(struct side *side, struct rng *rng)
{
	struct side_writer *place = writer_for(side, RRING_HANDLES, rng);
	struct rring_event events[BATCH];
	struct side_event *from[BATCH];
	uint32_t i, n = 0;
	long count;

	for (i = 0; place && i < SIDE_EVENTS && n < BATCH; i++)
		if (side->event[i].holds && (side->event[i].owner ==
					     place->owner || one_in(rng, 20))) {
			from[n] = &side->event[i];
			events[n++] = side->event[i].event;
		}
	if (!place || !may_write(side, place, 1))
		return;
	count = rring_publish_batch(place->writer, events, n);
	side_say(side, "of", n);
	side_say(side, "count", count);
	for (i = 0; count > 0 && i < (uint32_t)count; i++) {
		from[i]->holds--;
		from[i]->is_private = 0;
	}
	say_writer(side, place->writer);
}

static void reserve(struct side *side, struct rng *rng)
{
	struct side_writer *place = writer_for(side, RRING_INLINE, rng);
	uint32_t i, n = rng_below(rng, BATCH), m = rng_below(rng, n + 1);
	int err;

	if (!place || !may_write(side, place, n))
		return;
	err = rring_reserve(place->writer, n);
	side_say(side, "of", n);
	side_say(side, "ret", err);
	if (err)
		return;
	for (i = 0; i < n; i++) {
		uint32_t len = rng_below(rng,
				rring_writer_stride(place->writer) + 1);

		fill(rring_reserved(place->writer, i, len, i), len, rng);
	}
	rring_commit(place->writer, m);
	say_writer(side, place->writer);
}

static void add(struct side *side, struct rng *rng)
{
	struct side_writer *place = writer_for(side, RRING_INLINE, rng);
	uint32_t len = one_in(rng, 9) ? some_len(rng) : rng_below(rng, 65);
	uint32_t n = rng_below(rng, 4);
	static char data[3 * LARGE];

	if (!place || !may_write(side, place, n ? n : 1))
		return;
	fill(data, WRITTEN, rng);
	side_say(side, "n", n);
	if (n)
		side_say(side, "ret", rring_add_batch(place->writer, data, len,
						      n, n));
	else
		side_say(side, "ret", rring_add(place->writer, data, len, 9));
	say_writer(side, place->writer);
}

static void wait_writable(struct side *side, struct rng *rng)
{
	struct side_writer *place = some_writer(side, rng);
	uint32_t n = rng_below(rng, 2 * BATCH);

	if (place)
		side_say(side, "ret", rring_wait_writable(place->writer, n, 0));
}

/* ---- readers ---- */

static const char *const reader_names[3] = { "anna", "bert", "carl" };

static uint32_t some_ring_id(struct side *side, struct rng *rng)
{
	struct side_writer *place = some_writer(side, rng);

	if (!place || one_in(rng, 12))
		return rng_below(rng, 10);
	return rring_writer_ring_id(place->writer);
}

static void say_reader(struct side *side, struct rring_reader *reader)
{
	side_say(side, "at", (long long)rring_reader_position(reader));
	side_say(side, "lost", (long long)rring_reader_lost(reader));
	side_say(side, "lag", (long long)rring_reader_lag(reader));
}

static void open_reader(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng), j = rng_below(rng, SIDE_READERS);
	struct rring_reader_config config = {
		.ring_name = one_in(rng, 4) ? some_name(rng, ring_names) : NULL,
		.ring = some_ring_id(side, rng),
		.name = one_in(rng, 2) ? some_name(rng, reader_names) : NULL,
		.flags = one_in(rng, 15) ? 1u << 5 :
			 one_in(rng, 3) ? RRING_JOIN_OBSERVER : 0,
		.start = (enum rring_start)(one_in(rng, 15) ? 3 :
					    rng_below(rng, 3)),
		.position = rng_below(rng, 30),
		.strategy = (enum rring_strategy)rng_below(rng, 3),
	};
	struct side_reader *place = &side->reader[j];
	int err;

	if (!side->client[i].client || place->reader)
		return;
	err = rring_reader_open(side->client[i].client, &config,
				&place->reader);
	side_say(side, "place", j);
	side_say(side, "flags", config.flags);
	side_say(side, "ret", err);
	if (err)
		return;
	place->owner = i;
	place->in_set = 0;
	side_say(side, "ring", rring_reader_ring_id(place->reader));
	side_say(side, "resumed", rring_reader_resumed(place->reader));
	side_say(side, "kind", rring_reader_kind(place->reader));
	side_say(side, "capacity", rring_reader_capacity(place->reader));
	say_reader(side, place->reader);
}

static void close_reader(struct side *side, struct rng *rng)
{
	struct side_reader *place = some_reader(side, rng);
	int forget = one_in(rng, 2);

	if (!place)
		return;
	side_say(side, "forget", forget);
	rring_reader_close(place->reader, forget);
	place->reader = NULL;
}

static void try_read(struct side *side, struct rng *rng)
{
	struct side_reader *place = some_reader(side, rng);
	struct rring_event event;
	int err;

	if (!place)
		return;
	err = rring_try_read(place->reader, &event);
	side_say(side, "ret", err);
	if (!err)
		side_say_event(side, &event);
	say_reader(side, place->reader);
}

struct batch {
	struct side *side;
	uint32_t left;		/* calls until the handler ends the batch */
	int ret;
};

static int handle_one(void *context, const struct rring_event *event)
{
	struct batch *batch = context;

	side_say_event(batch->side, event);
	return batch->left-- ? 0 : batch->ret;
}

static void read_batch(struct side *side, struct rng *rng)
{
	struct side_reader *place = some_reader(side, rng);
	struct batch batch = {
		.side = side,
		.left = rng_below(rng, BATCH),
		.ret = one_in(rng, 2) ? 1 : -ECANCELED,
	};

	if (!place)
		return;
	side_say(side, "count", rring_read_batch(place->reader, handle_one,
						 &batch,
						 rng_below(rng, BATCH)));
	say_reader(side, place->reader);
}

static void keep(struct side *side, struct side_reader *place,
		 struct rring_event *event)
{
	int err = rring_keep(place->reader, event);

	side_say(side, "keep", err);
	if (!err)
		side_note_hold(side, place->owner, event, 0);
}

static void peek(struct side *side, struct rng *rng)
{
	struct side_reader *place = some_reader(side, rng);
	struct rring_event event;
	long i, n;
	int err;

	if (!place)
		return;
	n = rring_peek(place->reader, rng_below(rng, BATCH));
	side_say(side, "count", n);
	for (i = 0; i < n; i++) {
		err = rring_entry(place->reader, (uint32_t)i, &event);
		side_say(side, "ret", err);
		if (err)
			continue;
		side_say_event(side, &event);
		if (one_in(rng, 2))
			keep(side, place, &event);
	}
	n = n < 0 ? 0 : n;
	side_say(side, "release",
		 rring_release(place->reader, rng_below(rng, (uint32_t)n + 1)));
	say_reader(side, place->reader);
}

static void wait_readable(struct side *side, struct rng *rng)
{
	struct side_reader *place = some_reader(side, rng);

	if (!place)
		return;
	side_say(side, "ret", rring_wait_readable(place->reader, 0));
	say_reader(side, place->reader);
}

/* ---- the set ---- */

static void open_set(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng);
	struct rring_set_config config = {
		.order = (enum rring_order)(one_in(rng, 9) ? 3 :
					    rng_below(rng, 3)),
	};

	if (!side->client[i].client || side->set)
		return;
	side_say(side, "ret", rring_set_open(side->client[i].client, &config,
					     &side->set));
	side->set_owner = i;
}

static void close_set(struct side *side, struct rng *rng)
{
	uint32_t i;

	(void)rng;
	if (!side->set)
		return;
	rring_set_close(side->set);
	side->set = NULL;
	for (i = 0; i < SIDE_READERS; i++)
		side->reader[i].in_set = 0;
}

static void add_to_set(struct side *side, struct rng *rng)
{
	uint32_t i = rng_below(rng, SIDE_READERS), n = SIDE_READERS;
	struct side_reader *place;
	int remove = one_in(rng, 4), err;

	while (n-- && (!side->reader[i].reader ||
		       (side->reader[i].owner != side->set_owner &&
			!one_in(rng, 10))))
		i = (i + 1) % SIDE_READERS;
	place = &side->reader[i];
	side_say(side, "reader", place->reader ? (int)i : -1);
	if (!side->set || !place->reader)
		return;
	err = remove ? rring_set_remove(side->set, place->reader) :
		       rring_set_add(side->set, place->reader,
				     rng_below(rng, 3));
	side_say(side, "remove", remove);
	side_say(side, "ret", err);
	if (!err)
		place->in_set = !remove;
}

static int place_of(struct side *side, const struct rring_reader *reader)
{
	int i = SIDE_READERS - 1;

	while (i >= 0 && side->reader[i].reader != reader)
		i--;
	return reader ? i : -1;
}

static void read_set(struct side *side, struct rng *rng)
{
	struct rring_reader *from = NULL;
	struct rring_event event;
	int err;

	if (!side->set)
		return;
	if (one_in(rng, 4))
		side_say(side, "wait", rring_set_wait(side->set, 0));
	err = rring_set_try_read(side->set, &event, &from);
	side_say(side, "ret", err);
	side_say(side, "from", place_of(side, from));
	if (!err)
		side_say_event(side, &event);
}

/* ---- pipes ---- */

static const char *const pipe_names[3] = { "nile", "rhine", "po" };

static void open_pipe(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng), j = rng_below(rng, SIDE_PIPES);
	const char *name = some_name(rng, pipe_names);
	uint32_t shape = name ? (uint32_t)name[0] * 5 : 0;
	struct rring_pipe_config config = {
		.name = name,
		.kind = (enum rring_kind)(shape % 2),
		.capacity = one_in(rng, 15) ? 0 : 1 + shape % 7,
		.stride = shape % 2 ? 0 : 128,
	};
	int connect = one_in(rng, 2), err;

	if (!side->client[i].client || side->pipe[j].pipe)
		return;
	err = connect ? rring_pipe_connect(side->client[i].client, &config,
					   &side->pipe[j].pipe) :
			rring_pipe_create(side->client[i].client, &config,
					  &side->pipe[j].pipe);
	side_say(side, "place", j);
	side_say(side, "connect", connect);
	side_say(side, "ret", err);
	side->pipe[j].owner = i;
}

static void close_pipe(struct side *side, struct rng *rng)
{
	struct side_pipe *place = some_pipe(side, rng);

	if (!place)
		return;
	rring_pipe_close(place->pipe);
	place->pipe = NULL;
}

static void send(struct side *side, struct rng *rng)
{
	struct side_pipe *place = some_pipe(side, rng);
	static char data[LARGE];
	uint32_t len = one_in(rng, 3) ? some_len(rng) : rng_below(rng, 129);

	if (!place)
		return;
	fill(data, WRITTEN, rng);
	side_say(side, "of", len);
	side_say(side, "fits", rring_pipe_wait_writable(place->pipe,
							rng_below(rng, 9), 0));
	side_say(side, "ret", rring_pipe_send(place->pipe, data, len, 3, 0));
	say_writer(side, rring_pipe_writer(place->pipe));
}

static void receive(struct side *side, struct rng *rng)
{
	struct side_pipe *place = some_pipe(side, rng);
	struct rring_event event;
	int err;

	if (!place)
		return;
	err = rring_pipe_receive(place->pipe, &event, 0);
	side_say(side, "ret", err);
	if (!err)
		side_say_event(side, &event);
	say_reader(side, rring_pipe_reader(place->pipe));
}

/* ---- poll ---- */

/*
 * Read and look until each reader and writer of client @i has found nothing:
 * only then is a descriptor of a process sure to be up to date. Returns 0 if a
 * stream has ended, or if the readers are in a set.
 */
static int drain(struct side *side, uint32_t i)
{
	struct rring_event event;
	int err = -EAGAIN;
	uint32_t j;

	for (j = 0; j < SIDE_READERS && err == -EAGAIN; j++) {
		if (!side->reader[j].reader || side->reader[j].owner != i)
			continue;
		if (side->reader[j].in_set)
			return 0;
		do
			err = rring_try_read(side->reader[j].reader, &event);
		while (!err);
	}
	for (j = 0; j < SIDE_PIPES && err == -EAGAIN; j++)
		if (side->pipe[j].pipe && side->pipe[j].owner == i)
			do
				err = rring_pipe_receive(side->pipe[j].pipe,
							 &event, 0);
			while (!err);
	side_say(side, "drained", err);
	return err == -EAGAIN;
}

static void look_for_room(struct side *side, uint32_t i)
{
	uint32_t j;

	for (j = 0; j < SIDE_WRITERS; j++)
		if (side->writer[j].writer && side->writer[j].owner == i)
			side_say(side, "room", rring_wait_writable(
					side->writer[j].writer, 1, 0));
	for (j = 0; j < SIDE_PIPES; j++)
		if (side->pipe[j].pipe && side->pipe[j].owner == i)
			side_say(side, "room", rring_wait_writable(
				rring_pipe_writer(side->pipe[j].pipe), 1, 0));
}

/* The level: what the client has after it has looked. */
static void poll_client(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng);
	struct pollfd fd = { .events = POLLIN | POLLOUT };

	if (!side->client[i].client)
		return;
	fd.fd = rring_client_fd(side->client[i].client);
	if (!drain(side, i))
		return;
	look_for_room(side, i);
	side_say(side, "ret", poll(&fd, 1, 0));
	side_say(side, "mask", fd.revents);
}

static int watch(struct side_client *client)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD,
				   rring_client_fd(client->client), &event))
		return -1;
	client->epoll = epoll;
	return 0;
}

static uint32_t edge_of(const struct side_client *client)
{
	struct epoll_event event = { .events = 0 };

	epoll_wait(client->epoll, &event, 1, 0);
	return event.events;
}

/* After a client has found nothing, one entry raises one edge. */
static void take_edge(struct side *side, struct rng *rng)
{
	uint32_t i = some_client(side, rng);
	struct side_writer *place = writer_for(side, RRING_INLINE, rng);
	struct side_client *client = &side->client[i];

	if (!client->client || !place || place->policy == RRING_BLOCK)
		return;
	if (client->epoll < 0)
		side_say(side, "watch", watch(client));
	if (!drain(side, i))
		return;
	edge_of(client);
	side_say(side, "edge before", edge_of(client) & EPOLLIN);
	side_say(side, "ret", rring_add(place->writer, "", 1, 5));
	side_say(side, "edge", edge_of(client) & EPOLLIN);
	side_say(side, "edge after", edge_of(client) & EPOLLIN);
}

/* ---- all ---- */

static const struct call {
	const char *name;
	uint32_t weight;
	void (*run)(struct side *side, struct rng *rng);
} calls[] = {
	{ "open client", 14, open_client },
	{ "close client", 1, close_client },
	{ "create arena", 1, create_again },
	{ "open config", 1, open_config },
	{ "pool stat", 5, count_pool },
	{ "trim", 1, trim },
	{ "poll", 5, poll_client },
	{ "edge", 5, take_edge },
	{ "alloc", 12, alloc },
	{ "alloc batch", 3, alloc_batch },
	{ "resize", 2, resize },
	{ "hold", 3, hold },
	{ "drop", 6, drop },
	{ "share", 3, share },
	{ "upgrade", 4, upgrade },
	{ "find", 3, find },
	{ "open writer", 14, open_writer },
	{ "close writer", 2, close_writer },
	{ "publish", 12, publish },
	{ "publish batch", 3, publish_batch },
	{ "reserve", 6, reserve },
	{ "add", 10, add },
	{ "wait writable", 2, wait_writable },
	{ "open reader", 16, open_reader },
	{ "close reader", 2, close_reader },
	{ "try read", 10, try_read },
	{ "read batch", 4, read_batch },
	{ "peek", 8, peek },
	{ "wait readable", 2, wait_readable },
	{ "open set", 2, open_set },
	{ "close set", 1, close_set },
	{ "add to set", 6, add_to_set },
	{ "read set", 10, read_set },
	{ "open pipe", 7, open_pipe },
	{ "close pipe", 1, close_pipe },
	{ "send", 6, send },
	{ "receive", 6, receive },
};

#define NR_CALLS	(sizeof(calls) / sizeof(*calls))

static const struct call *some_call(struct rng *rng)
{
	uint32_t i, sum = 0, at;

	for (i = 0; i < NR_CALLS; i++)
		sum += calls[i].weight;
	at = rng_below(rng, sum);
	for (i = 0; at >= calls[i].weight; i++)
		at -= calls[i].weight;
	return &calls[i];
}

const char *side_call(struct side *side, struct rng rng)
{
	const struct call *call = some_call(&rng);

	side->answers = 0;
	call->run(side, &rng);
	return call->name;
}
