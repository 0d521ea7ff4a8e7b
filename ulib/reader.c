// SPDX-License-Identifier: MPL-2.0
/* Rings: read. */
#include <poll.h>
#include <stdlib.h>

#include "client.h"

static void move_to(struct rring_reader *reader, uint64_t position)
{
	reader->pos = position;
	reader->index = (uint32_t)(position % reader->capacity);
	if (reader->head < position)
		reader->head = position;
}

/* The pages of the ring's present incarnation. */
static int map_ring(struct rring_reader *reader)
{
	const struct rring_ring_info *info = reader->info;
	/* P: pairs with O in the kernel: the pages are at least of this one */
	uint32_t incarnation = rring_flag_load_acquire(&info->incarnation);
	const char *ring;
	int err = 0;

	ring = rring_map(reader->client, RRING_REGION_RING,
			 reader->ring_id, reader->size, 0, &err);
	if (err)
		return err;
	/* what was peeked at in the last one stays until the one after */
	rring_unmap(reader->client, reader->old, reader->size);
	reader->old = reader->ring;
	reader->ring = (const struct rring_ring_head *)ring;
	reader->incarnation = incarnation;
	if (info->kind == RRING_HANDLES) {
		reader->entries = (const struct rring_entry *)
			(ring + info->entry_offset);
	} else {
		reader->headers = (const struct rring_event_header *)
			(ring + info->entry_offset);
		reader->data = ring + info->data_offset;
	}
	return 0;
}

static int is_lapped(const struct rring_reader *reader)
{
	return !reader->observer &&
	       rring_word_load(&reader->info->readers[reader->id].ref) !=
	       reader->ref;
}

/* -ESTALE if that cost events. */
static int rejoin(struct rring_reader *reader)
{
	struct rring_reader_rejoin args = {
		.size = sizeof(args),
		.ring = reader->ring_id,
		.reader = reader->id,
	};
	int err = rring_call(reader->client, RRING_IOC_READER_REJOIN,
			      &args);

	if (err)
		return err;
	reader->ref = args.ref;
	if (!args.lost)
		return 0;
	reader->lost += args.lost;
	reader->head = args.position;
	move_to(reader, args.position);
	return -ESTALE;
}

/*
 * An observer that the writer has overtaken goes on with what will last for a
 * while: three quarters of a lap.
 */
static int skip_overwritten(struct rring_reader *reader, uint64_t head)
{
	uint32_t keep = reader->capacity - reader->capacity / 4;
	uint64_t position = head - keep;

	reader->lost += position - reader->pos;
	move_to(reader, position);
	rring_seq_store_release(reader->cursor, position);
	return -ESTALE;
}

long rring_peek_slow(struct rring_reader *reader, uint32_t n)
{
	const struct rring_ring_info *info = reader->info;
	uint64_t head, avail;
	int ended, err;

	if (reader->lappable && is_lapped(reader)) {
		err = rejoin(reader);
		if (err)
			return err;
	}
	while (reader->incarnation !=
	       rring_flag_load_acquire(&info->incarnation)) {
		err = map_ring(reader);
		if (err)
			return err;
	}
	/* P: pairs with O in the kernel: once ended, the head is final */
	ended = rring_flag_load_acquire(&info->state) == RRING_RING_ENDED;
	/* B: pairs with A in the writer's publish and commit */
	head = rring_seq_load_acquire(&reader->ring->head);
	if (ended && head > rring_seq_load(&info->end))
		head = rring_seq_load(&info->end);
	avail = head > reader->pos ? head - reader->pos : 0;
	if (reader->observer && avail > reader->capacity)
		return skip_overwritten(reader, head);
	/* a liar's head; or just lapped, which the release will see */
	if (avail > reader->capacity)
		avail = reader->capacity;
	reader->head = reader->pos + avail;
	if (avail)
		return (long)(avail < n ? avail : n);
	if (!n)
		return 0;
	if (ended)
		return -EPIPE;
	rring_poll_again(reader->client, POLLIN);
	return -EAGAIN;
}

/* Are the handles of the next @n entries still what their slots are? */
static int generations_hold(struct rring_reader *reader, uint32_t n)
{
	struct rring_event event;
	uint32_t i;

	for (i = 0; i < n; i++)
		if (rring_entry(reader, i, &event) == -ESTALE)
			return 0;
	return 1;
}

static int observed_in_time(struct rring_reader *reader, uint32_t n)
{
	uint64_t claim;

	/* N: pairs with M in the writer's claim */
	rring_fence_acquire();
	if (reader->entries && !generations_hold(reader, n))
		return 0;
	claim = rring_seq_load(&reader->ring->claim);
	return claim - reader->pos <= reader->capacity ||
	       claim < reader->pos;
}

int rring_release_check(struct rring_reader *reader, uint32_t n)
{
	if (!reader->observer) {
		/* N: pairs with M in the writer's claim */
		rring_fence_acquire();
		return is_lapped(reader) ? rejoin(reader) : 0;
	}
	if (observed_in_time(reader, n))
		return 0;
	reader->lost += n;
	rring_reader_advance(reader, n);
	return -ESTALE;
}

int rring_keep(struct rring_reader *reader, const struct rring_event *event)
{
	struct rring_event held;

	if (!event->handle)
		return -EINVAL;
	if (reader->lappable)
		return rring_upgrade(reader->client, event->handle, &held);
	return rring_hold(reader->client, event);
}

int rring_try_read(struct rring_reader *reader, struct rring_event *event)
{
	int err = rring_release(reader, (uint32_t)reader->peeked);
	long n;

	if (err)
		return err;
	n = rring_peek(reader, 1);
	if (n < 0)
		return (int)n;
	reader->peeked = 1;
	return rring_entry(reader, 0, event);
}

int rring_wait_readable(struct rring_reader *reader, uint64_t deadline)
{
	int err = rring_release(reader, (uint32_t)reader->peeked);
	struct rring_wait args = {
		.size = sizeof(args),
		.what = RRING_WAIT_READABLE,
		.ring = reader->ring_id,
		.reader = reader->id,
		.position = reader->pos,
		.deadline = deadline,
	};

	if (err || reader->head > reader->pos)
		return err;
	return rring_call(reader->client, RRING_IOC_WAIT, &args);
}

/* ---- open and close ---- */

static int join(struct rring_reader *reader,
		const struct rring_reader_config *config)
{
	struct rring_client *client = reader->client;
	struct rring_reader_join args = {
		.size = sizeof(args),
		.flags = config->flags,
		.ring = config->ring,
		.start = config->start,
		.position = config->position,
	};
	int err = rring_name_copy(args.ring_name, config->ring_name);

	if (!err)
		err = rring_name_copy(args.name, config->name);
	if (!err)
		err = rring_call(client, RRING_IOC_READER_JOIN, &args);
	if (err)
		return err;
	reader->ring_id = args.ring;
	reader->id = args.reader;
	reader->cursor_id = args.cursor;
	reader->cursor = &client->own->cursors->cursor[args.cursor].pos;
	reader->ref = args.ref;
	reader->lost = args.lost;
	reader->resumed = args.resumed;
	reader->info = (const struct rring_ring_info *)
		((const char *)client->arena +
		 client->arena->ring_info_offset) + args.ring;
	reader->capacity = reader->info->capacity;
	reader->stride = reader->info->stride;
	reader->size = reader->info->size;
	reader->observer = config->flags & RRING_JOIN_OBSERVER;
	reader->lappable = reader->observer || reader->info->stall_ns;
	move_to(reader, args.position);
	return 0;
}

/* The cursor's word goes back to 0: the kernel takes no other for a reader. */
static void leave(struct rring_reader *reader, int forget)
{
	struct rring_reader_leave args = {
		.size = sizeof(args),
		.flags = forget ? RRING_LEAVE_FORGET : 0,
		.ring = reader->ring_id,
		.reader = reader->id,
	};

	rring_call(reader->client, RRING_IOC_READER_LEAVE, &args);
	rring_seq_store(reader->cursor, 0);
}

static void enlist(struct rring_reader *reader)
{
	struct rring_client_private *own = reader->client->own;

	pthread_mutex_lock(&own->lock);
	reader->next = own->readers;
	own->readers = reader;
	pthread_mutex_unlock(&own->lock);
}

static void delist(struct rring_reader *reader)
{
	struct rring_client_private *own = reader->client->own;
	struct rring_reader **link = &own->readers;

	pthread_mutex_lock(&own->lock);
	while (*link != reader)
		link = &(*link)->next;
	*link = reader->next;
	pthread_mutex_unlock(&own->lock);
}

int rring_reader_open(struct rring_client *client,
		      const struct rring_reader_config *config,
		      struct rring_reader **out)
{
	struct rring_reader *reader = calloc(1, sizeof(*reader));
	int err;

	if (!reader)
		return -ENOMEM;
	reader->client = client;
	err = join(reader, config);
	if (err)
		goto fail;
	err = map_ring(reader);
	if (err)
		goto fail_join;
	enlist(reader);
	rring_poll_again(client, 0);
	*out = reader;
	return 0;

fail_join:
	leave(reader, !reader->resumed);
fail:
	free(reader);
	return err;
}

void rring_reader_close(struct rring_reader *reader, int forget)
{
	leave(reader, forget);
	delist(reader);
	rring_unmap(reader->client, reader->old, reader->size);
	rring_unmap(reader->client, reader->ring, reader->size);
	free(reader);
}
