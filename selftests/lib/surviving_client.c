// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "xxl_event.h"
#include "stream.h"
#include "surviving_client.h"

#define LEN	64	/* stride of the inline rings, in bytes */
#define SLOTS	64	/* capacity of the largest pool */

static struct rring_ring_config ring(const char *name, enum rring_kind kind,
				     uint32_t capacity)
{
	return (struct rring_ring_config) {
		.name = name,
		.kind = kind,
		.policy = RRING_FAIL,
		.capacity = capacity,
		.stride = kind == RRING_INLINE ? LEN : 0,
	};
}

static const char *out_name(enum rring_kind kind)
{
	return kind == RRING_INLINE ? "out_inline" : "out_handles";
}

static const char *in_name(enum rring_kind kind)
{
	return kind == RRING_INLINE ? "in_inline" : "in_handles";
}

static const char *narrow_name(enum rring_kind kind)
{
	return kind == RRING_INLINE ? "narrow_inline" : "narrow_handles";
}

struct rring_writer *survivor_out(struct rring_client *victim,
				  enum rring_kind kind)
{
	struct rring_ring_config config =
		ring(out_name(kind), kind, SURVIVOR_RING);

	return writer_of(victim, &config);
}

struct rring_reader *survivor_in(struct rring_client *victim,
				 enum rring_kind kind)
{
	struct rring_reader_config config = {
		.ring_name = in_name(kind),
		.name = "victim",
		.start = RRING_START_OLDEST,
	};

	return reader_of(victim, &config);
}

/* The reader has no name, so it stops to gate when the victim dies. */
struct rring_reader *survivor_narrow(struct rring_client *victim,
				     enum rring_kind kind)
{
	struct rring_reader_config config = {
		.ring_name = narrow_name(kind),
	};

	return reader_of(victim, &config);
}

static void open_rings(struct survivor *survivor, enum rring_kind kind)
{
	struct rring_ring_config in = ring(in_name(kind), kind, SURVIVOR_RING);
	struct rring_ring_config narrow =
		ring(narrow_name(kind), kind, SURVIVOR_NARROW);
	struct rring_writer *writer = survivor_out(survivor->client, kind);

	survivor->out[kind] = reader_at(survivor->client, writer->id);
	rring_writer_close(writer);
	survivor->in[kind] = writer_of(survivor->client, &in);
	rring_reader_close(survivor_in(survivor->client, kind), 0);
	survivor->narrow[kind] = writer_of(survivor->client, &narrow);
}

/* The limits are low, so that a lost client, ring or reader is noticed soon. */
int survivor_arena(void)
{
	struct rring_arena_config config = {
		.capacity = { SLOTS, 32, 16, 8, 4, 4 },
		.max_clients = 4,
		.max_rings = 10,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int fd = rring_arena_create(&config);

	if (fd < 0) {
		fprintf(stderr, "# no arena: %s\n", rring_strerror(fd));
		exit(1);
	}
	return fd;
}

void survivor_init(struct survivor *survivor)
{
	survivor->pid = getpid();
	survivor->client = client_of(survivor->arena_fd, RRING_PRODUCER);
	open_rings(survivor, RRING_INLINE);
	open_rings(survivor, RRING_HANDLES);
}

int survivor_end(struct survivor *survivor)
{
	struct rring_client *watcher =
		client_of(survivor->arena_fd, RRING_OBSERVER);
	int right;

	rring_close(survivor->client);
	right = CHECK(all_free(watcher));
	rring_close(watcher);
	close(survivor->arena_fd);
	return right;
}

static void feed_inline(struct rring_writer *writer)
{
	struct rring_event event = { .len = LEN };

	MUST(!rring_reserve(writer, 1));
	event.data = rring_reserved(writer, 0, event.len, 0);
	xxl_fill(&event, writer->head);
	rring_commit(writer, 1);
}

static void feed_handle(struct rring_writer *writer, uint32_t len)
{
	struct rring_event event = xxl_make(writer->client, len, writer->head);

	MUST(!rring_publish(writer, &event));
}

static void feed(struct rring_writer *writer, uint32_t len, int n)
{
	while (n--) {
		if (writer->headers)
			feed_inline(writer);
		else
			feed_handle(writer, len);
	}
}

/* @reader is NULL for a narrow ring, which has no reader yet. */
static void turn(struct rring_writer *writer, struct rring_reader *reader,
		 uint32_t at)
{
	while (writer->head % writer->capacity != at % writer->capacity) {
		feed(writer, LEN, 1);
		if (reader)
			MUST(!rring_release(reader, rring_peek(reader, 1)));
	}
}

void survivor_turn(struct survivor *survivor, enum rring_kind kind, uint32_t at)
{
	struct rring_writer *writer = survivor_out(survivor->client, kind);
	struct rring_reader *reader = survivor_in(survivor->client, kind);

	turn(writer, survivor->out[kind], at);
	turn(survivor->in[kind], reader, at);
	turn(survivor->narrow[kind], NULL, at);
	rring_writer_close(writer);
	rring_reader_close(reader, 0);
	rring_trim(survivor->client);
}

void survivor_feed(struct survivor *survivor, enum rring_kind kind,
		   uint32_t len)
{
	feed(survivor->in[kind], len, SURVIVOR_FED);
}

void survivor_hold(struct survivor *survivor, uint32_t len)
{
	struct rring_event gone = xxl_make(survivor->client, len, 0);

	survivor->stale = rring_share(survivor->client, &gone);
	survivor->held = xxl_make(survivor->client, len, 1);
	rring_share(survivor->client, &survivor->held);
	MUST(!rring_drop(survivor->client, &gone));
	rring_trim(survivor->client);
	free_slots(survivor->client, rring_class_for(len));
}

/* A sleeper also succeeds after its deadline: then nothing has woken it. */
static int was_woken(int err, uint64_t deadline)
{
	return CHECK(!err) && CHECK(rring_deadline(0) < deadline);
}

int survivor_awaits_event(struct survivor *survivor, enum rring_kind kind,
			  uint32_t len)
{
	uint64_t deadline = SOON();

	(void)len;
	return was_woken(rring_wait_readable(survivor->out[kind], deadline),
			 deadline);
}

int survivor_awaits_room(struct survivor *survivor, enum rring_kind kind,
			 uint32_t len)
{
	struct rring_writer *writer = survivor->narrow[kind];
	uint64_t deadline = SOON();

	feed(writer, len, SURVIVOR_NARROW);
	if (!was_woken(rring_wait_writable(writer, 1, deadline), deadline))
		return 0;
	feed(writer, len, 1);
	return 1;
}

int survivor_awaits_slot(struct survivor *survivor, enum rring_kind kind,
			 uint32_t len)
{
	uint64_t deadline = SOON();
	struct rring_event event;

	(void)kind;
	return was_woken(rring_alloc_until(survivor->client, len, 7, deadline,
					   &event),
			 deadline) &&
	       CHECK(!rring_drop(survivor->client, &event));
}

struct committed survivor_look(struct survivor *survivor, enum rring_kind kind)
{
	struct rring_writer *in = survivor->in[kind];
	double unread = rring_writer_pressure(in) * SURVIVOR_RING;

	return (struct committed){
		.out = rring_reader_lag(survivor->out[kind]),
		.in = in->head - (uint64_t)(unread + 0.5),
	};
}

/* Return 1 if the unread events are exactly @first to @first + @n - 1. */
static int has_events(struct rring_reader *reader, uint64_t first, uint64_t n)
{
	struct rring_event event;
	uint64_t i;
	long end;

	for (i = 0; i < n; i++)
		if (!CHECK(rring_peek(reader, 1) == 1) ||
		    !CHECK(!rring_entry(reader, 0, &event)) ||
		    !CHECK(xxl_is(&event, first + i)) ||
		    !CHECK(!rring_release(reader, 1)))
			return 0;
	end = rring_peek(reader, 1);
	return CHECK(end == -EPIPE || end == -EAGAIN);
}

static int reader_stands_at(struct survivor *survivor, enum rring_kind kind,
			    uint64_t position)
{
	struct rring_reader *reader = survivor_in(survivor->client, kind);
	int right = CHECK(reader->pos == position) &&
		    has_events(reader, position,
			       survivor->in[kind]->head - position);

	rring_reader_close(reader, 0);
	return right;
}

static int let_go(struct survivor *survivor)
{
	struct rring_event event;
	int right = 1;

	if (survivor->held.data) {
		right = CHECK(xxl_is(&survivor->held, 1)) &&
			CHECK(!rring_find(survivor->client,
					  survivor->held.handle, &event)) &&
			CHECK(!rring_drop(survivor->client, &survivor->held));
		survivor->held.data = NULL;
	}
	rring_trim(survivor->client);
	return right;
}

int survivor_agrees(struct survivor *survivor, enum rring_kind kind,
		    struct committed committed, uint64_t first)
{
	return has_events(survivor->out[kind], first, committed.out) &&
	       reader_stands_at(survivor, kind, committed.in) &&
	       let_go(survivor) && CHECK(all_free(survivor->client));
}

/* Return 1 if exactly as many slots can be allocated as @pool has. */
static int allocates_class(struct rring_client *client, enum rring_class pool)
{
	uint32_t n = client->arena->pool[pool].capacity;
	uint32_t len = 64u << 2 * pool;
	struct rring_event event[SLOTS + 1];
	long got = rring_alloc_batch(client, pool, len, 0, event, n + 1);
	long i;

	for (i = 0; i < got; i++)
		if (!CHECK(!rring_drop(client, &event[i])))
			return 0;
	return CHECK(got == (long)n);
}

/* Allocates as a new client, which has no slots yet. */
int survivor_allocates_all(struct survivor *survivor)
{
	struct rring_client *client =
		client_of(survivor->arena_fd, RRING_PRODUCER);
	int right = 1;
	int pool;

	for (pool = 0; pool < RRING_POOLS; pool++)
		right &= allocates_class(client, (enum rring_class)pool);
	rring_close(client);
	return right;
}
