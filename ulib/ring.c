// SPDX-License-Identifier: MPL-2.0
/* Rings: write. */
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <rusted_ring/layout.h>

#include "client.h"

/* The lowest position that some reader stands at, from a look at all. */
struct scan {
	uint64_t low;
	int joining;	/* who stands there is JOINING: look again soon */
};

/*
 * Where reader @i stands, if it gates. Its .ref changes whenever anything else
 * about it does: what was read between two equal looks belongs together.
 */
static int reader_position(struct rring_writer *writer, uint32_t i,
			   uint64_t *position, int *joining)
{
	const struct rring_reader_info *reader = &writer->info->readers[i];
	uint64_t ref, pos, cursor;

	do {
		/* P: pairs with O in the kernel */
		ref = rring_word_load_acquire(&reader->ref);
		if (!rring_ref_gates(ref))
			return 0;
		pos = rring_seq_load(&reader->start);
		if (rring_ref_state(ref) != RRING_READER_LIVE)
			continue;
		cursor = rring_peer_cursor(writer->client,
					   rring_ref_client(ref),
					   rring_ref_cursor(ref));
		if (cursor > pos)
			pos = cursor;
	} while (rring_fence_acquire(), rring_word_load(&reader->ref) != ref);
	*position = pos;
	*joining = rring_ref_state(ref) == RRING_READER_JOINING;
	return 1;
}

static struct scan scan_readers(struct rring_writer *writer)
{
	const struct rring_ring_info *info = writer->info;
	struct scan scan = {
		.low = rring_window_retained(writer->head, info->retain),
	};
	uint32_t end = rring_flag_load_acquire(&info->readers_end);
	uint32_t i;

	for (i = 0; i < end && i < RRING_READERS; i++) {
		uint64_t pos;
		int joining;

		if (!reader_position(writer, i, &pos, &joining))
			continue;
		if (pos < scan.low) {
			scan.low = pos;
			scan.joining = joining;
		}
	}
	return scan;
}

static void settle_entry(struct rring_writer *writer, uint32_t index)
{
	uint64_t handle = writer->entries[index].handle;
	struct rring_client *client = writer->client;
	rring_word_t *word = &client->pool[rring_handle_class(handle)]
			     .ledger[rring_handle_index(handle)];

	/* G: the cursors were seen beyond the entry before this */
	if (client->shared)
		rring_word_fetch_add(word, RRING_MOVE - RRING_IN_FLIGHT);
	else
		rring_word_store_release(word, rring_word_load(word) +
					       RRING_MOVE - RRING_IN_FLIGHT);
}

/* Take back in_flight for what lies below @low. */
static void settle_below(struct rring_writer *writer, uint64_t low)
{
	uint32_t index = (uint32_t)(writer->settled % writer->capacity);

	if (!writer->entries)
		return;
	for (; writer->settled < low; writer->settled++) {
		settle_entry(writer, index);
		index = rring_window_wrap(index + 1, writer->capacity);
	}
}

void rring_writer_settle(struct rring_writer *writer)
{
	if (writer->entries)
		settle_below(writer, scan_readers(writer).low);
}

/*
 * Nobody needs what @n more entries overwrite: so the policy has it, or so the
 * kernel says, whose word is final. A look of one's own could find a liar's
 * cursor back where it was.
 */
static void grant(struct rring_writer *writer, uint32_t n)
{
	uint64_t next = writer->head + n;

	if (next > writer->capacity)
		settle_below(writer, next - writer->capacity);
	if (writer->limit < next)
		writer->limit = next;
}

/* Nobody is waited for; handles are settled just before they are lost. */
static int make_room_by_overwriting(struct rring_writer *writer, uint32_t n)
{
	if (writer->entries)
		grant(writer, n);
	else
		writer->limit = UINT64_MAX;
	return 0;
}

/* Is there room for @n? -EAGAIN: no. */
static int look_for_room(struct rring_writer *writer, uint32_t n)
{
	struct scan scan;

	for (;;) {
		scan = scan_readers(writer);
		settle_below(writer, scan.low);
		writer->limit = scan.low + writer->capacity;
		if (writer->limit >= writer->head + n)
			return 0;
		if (!scan.joining)
			break;
		sched_yield();
	}
	/* a liar's cursor, more than a lap behind, must not open the ring */
	if (writer->limit < writer->head)
		writer->limit = writer->head;
	rring_poll_again(writer->client, POLLOUT);
	return -EAGAIN;
}

static int wait_writable(struct rring_writer *writer, uint32_t n,
			 uint64_t deadline)
{
	struct rring_wait args = {
		.size = sizeof(args),
		.what = RRING_WAIT_WRITABLE,
		.ring = writer->id,
		.position = writer->head + n - 1 - writer->capacity,
		.deadline = deadline,
	};
	int err = rring_call(writer->client, RRING_IOC_WAIT, &args);

	if (!err)
		grant(writer, n);
	return err;
}

int rring_writer_make_room(struct rring_writer *writer, uint32_t n)
{
	const struct rring_ring_info *info = writer->info;
	int err;

	if (info->policy == RRING_OVERWRITE)
		return make_room_by_overwriting(writer, n);
	if (n > writer->capacity - info->retain)
		return -EINVAL;
	err = look_for_room(writer, n);
	if (err != -EAGAIN)
		return err;
	if (info->policy == RRING_BLOCK)
		return wait_writable(writer, n, RRING_FOREVER);
	if (info->stall_ns)
		err = wait_writable(writer, n, 0);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

int rring_wait_writable(struct rring_writer *writer, uint32_t n,
			uint64_t deadline)
{
	const struct rring_ring_info *info = writer->info;
	int err;

	if (n > writer->capacity)
		return -EINVAL;
	if (!n || writer->limit - writer->head >= n ||
	    info->policy == RRING_OVERWRITE)
		return 0;
	if (n > writer->capacity - info->retain)
		return -EINVAL;
	err = look_for_room(writer, n);
	return err == -EAGAIN ? wait_writable(writer, n, deadline) : err;
}

/* Unread as often as a ledger word can count, or has it just not settled? */
int rring_in_flight_slow(struct rring_writer *writer,
			 const struct rring_event *event)
{
	rring_writer_settle(writer);
	rring_settle_writers(writer->client);
	return rring_ledger_in_flight(rring_word_load(event->word)) >=
	       RRING_IN_FLIGHT_MAX ? -EOVERFLOW : 0;
}

int rring_publish_threads(struct rring_writer *writer,
			  const struct rring_event *event)
{
	uint64_t word = rring_word_load(event->word);
	int err = 0;

	if (!rring_ledger_holds(word) || word & RRING_PARKED)
		return -EINVAL;
	if (rring_ledger_in_flight(word) >= RRING_IN_FLIGHT_MAX)
		err = rring_in_flight_slow(writer, event);
	if (!err)
		err = rring_room(writer, 1);
	if (err)
		return err;
	rring_word_fetch_add(event->word, RRING_MOVE + RRING_IN_FLIGHT);
	rring_entry_write(writer, event);
	rring_writer_advance(writer, 1);
	/* G: the ring names the slot before the hold falls */
	rring_word_fetch_add(event->word, RRING_MOVE - RRING_HOLD);
	rring_published(writer);
	rring_freed(writer->client);
	return 0;
}

int rring_add(struct rring_writer *writer, const void *data, uint32_t len,
	      uint32_t event_type)
{
	int err;

	if (len > writer->stride)
		return writer->headers ? -E2BIG : -EINVAL;
	err = rring_reserve(writer, 1);
	if (err)
		return err;
	memcpy(rring_reserved(writer, 0, len, event_type), data, len);
	rring_commit(writer, 1);
	return 0;
}

/* ---- open and close ---- */

static int map_ring(struct rring_writer *writer)
{
	const struct rring_ring_info *info = writer->info;
	int err = 0;

	writer->size = info->size;
	writer->ring = rring_map(writer->client, RRING_REGION_RING,
				 writer->id, writer->size, 1, &err);
	if (err)
		return err;
	if (info->kind == RRING_HANDLES) {
		writer->entries = (struct rring_entry *)
			((char *)writer->ring + info->entry_offset);
	} else {
		writer->headers = (struct rring_event_header *)
			((char *)writer->ring + info->entry_offset);
		writer->data = (char *)writer->ring + info->data_offset;
	}
	return 0;
}

static void set_up(struct rring_writer *writer,
		   const struct rring_ring_open *args)
{
	writer->head = args->head;
	writer->limit = args->head;
	writer->settled = args->head;
	writer->index = (uint32_t)(args->head % args->capacity);
	writer->capacity = args->capacity;
	writer->stride = args->stride;
}

static void enlist(struct rring_writer *writer)
{
	struct rring_client_private *own = writer->client->own;

	pthread_mutex_lock(&own->lock);
	writer->next = own->writers;
	own->writers = writer;
	pthread_mutex_unlock(&own->lock);
}

static void delist(struct rring_writer *writer)
{
	struct rring_client_private *own = writer->client->own;
	struct rring_writer **link = &own->writers;

	pthread_mutex_lock(&own->lock);
	while (*link != writer)
		link = &(*link)->next;
	*link = writer->next;
	pthread_mutex_unlock(&own->lock);
}

static void close_ring(struct rring_client *client, uint32_t id)
{
	struct rring_ring_close args = { .size = sizeof(args), .ring = id };

	rring_call(client, RRING_IOC_RING_CLOSE, &args);
}

int rring_writer_open(struct rring_client *client,
		      const struct rring_ring_config *config,
		      struct rring_writer **out)
{
	struct rring_ring_open args = {
		.size = sizeof(args),
		.kind = config->kind,
		.policy = config->policy,
		.capacity = config->capacity,
		.stride = config->stride,
		.retain = config->retain,
		.stall_ns = config->stall_ns,
	};
	struct rring_writer *writer;
	int err;

	err = rring_name_copy(args.name, config->name);
	if (err)
		return err;
	writer = calloc(1, sizeof(*writer));
	if (!writer)
		return -ENOMEM;
	err = rring_call(client, RRING_IOC_RING_OPEN, &args);
	if (err)
		goto fail;
	writer->client = client;
	writer->id = args.ring;
	writer->info = (const struct rring_ring_info *)
		((const char *)client->arena +
		 client->arena->ring_info_offset) + args.ring;
	err = map_ring(writer);
	if (err)
		goto fail_ring;
	set_up(writer, &args);
	enlist(writer);
	rring_poll_again(client, 0);
	*out = writer;
	return 0;

fail_ring:
	close_ring(client, args.ring);
fail:
	free(writer);
	return err;
}

void rring_writer_close(struct rring_writer *writer)
{
	/* the kernel takes the window over, then the own ledger lets go */
	close_ring(writer->client, writer->id);
	settle_below(writer, writer->head);
	rring_freed(writer->client);
	delist(writer);
	rring_unmap(writer->client, writer->ring, writer->size);
	free(writer);
}
