// SPDX-License-Identifier: MPL-2.0
/* Rings: write. */
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <rusted_ring/layout.h>

#include "client.h"
#include "scan.h"
#include "wait.h"

#define CLAIM_PART	64	/* of a ring */
#define CLAIM_AHEAD_MAX	64	/* entries */

/* Returns the word of what was settled. */
static uint64_t settle_entry(struct rring_writer *writer, uint32_t index)
{
	uint64_t handle = writer->entries[index].handle;
	struct rring_client *client = writer->client;
	rring_word_t *word = &client->pool[rring_handle_class(handle)]
			     .ledger[rring_handle_index(handle)];
	const uint64_t change = RRING_MOVE - RRING_IN_FLIGHT;
	uint64_t value;

	/* G: the cursors were seen beyond the entry before this */
	if (client->shared) {
		value = rring_word_fetch_add(word, change) + change;
	} else {
		value = rring_word_load(word) + change;
		rring_word_store_release(word, value);
	}
	if (!(uint32_t)value)
		rring_recent_add(client, handle);
	return value;
}

/* Take back in_flight for what lies below @low. */
static void settle_below(struct rring_writer *writer, uint64_t low)
{
	uint32_t index = (uint32_t)(writer->settled % writer->capacity);
	uint64_t seen = 0;

	if (!writer->entries)
		return;
	for (; writer->settled < low; writer->settled++) {
		seen |= settle_entry(writer, index);
		index = rring_window_wrap(index + 1, writer->capacity);
	}
	/* what is in flight is not parked */
	if (seen & RRING_ASIDE)
		rring_xxl_settled(writer->client);
}

void rring_writer_settle(struct rring_writer *writer)
{
	if (writer->entries)
		settle_below(writer, rring_scan_readers(writer).low);
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

int rring_writer_look(struct rring_writer *writer, uint32_t n)
{
	struct rring_scan scan;

	for (;;) {
		scan = rring_scan_readers(writer);
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

int rring_writer_sleep(struct rring_writer *writer, uint32_t n,
		       const struct rring_reader *peer, uint64_t deadline)
{
	struct rring_wait args = {
		.size = sizeof(args),
		.what = peer ? RRING_WAIT_PEER : RRING_WAIT_WRITABLE,
		.ring = writer->id,
		.reader = peer ? peer->cursor_id : 0,
		.position = writer->head + n - 1 - writer->capacity,
		.deadline = deadline,
	};
	int err = rring_call(writer->client, RRING_IOC_WAIT, &args);

	if (!err)
		grant(writer, n);
	return err;
}

struct wanted {
	struct rring_writer *writer;
	uint32_t n;
};

static int look(void *context)
{
	const struct wanted *wanted = context;

	return rring_writer_look(wanted->writer, wanted->n);
}

static int sleep_writable(void *context, uint64_t deadline)
{
	const struct wanted *wanted = context;

	return rring_writer_sleep(wanted->writer, wanted->n, NULL, deadline);
}

static int wait_writable(struct rring_writer *writer, uint32_t n,
			 uint64_t deadline)
{
	struct wanted wanted = { .writer = writer, .n = n };
	struct rring_waiter waiter = {
		.strategy = (enum rring_strategy)writer->strategy,
		.ask = writer->info->stall_ns != 0,
		.look = look,
		.sleep = sleep_writable,
		.context = &wanted,
	};

	return rring_wait(&waiter, deadline);
}

/* One word more that tells who looks from outside what goes on. */
static int refuse(struct rring_writer *writer, uint32_t n)
{
	rring_seq_t *drops = &writer->ring->drops;

	rring_seq_store(drops, rring_seq_load(drops) + n);
	return -EAGAIN;
}

int rring_writer_make_room(struct rring_writer *writer, uint32_t n)
{
	const struct rring_ring_info *info = writer->info;
	int err;

	if (info->policy == RRING_OVERWRITE)
		return make_room_by_overwriting(writer, n);
	if (n > writer->capacity - info->retain)
		return -EINVAL;
	err = rring_writer_look(writer, n);
	if (err != -EAGAIN)
		return err;
	if (info->policy == RRING_BLOCK)
		return wait_writable(writer, n, RRING_FOREVER);
	if (info->stall_ns)
		err = rring_writer_sleep(writer, n, NULL, 0);
	return err == -ETIMEDOUT || err == -EAGAIN ? refuse(writer, n) : err;
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
	err = rring_writer_look(writer, n);
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

	if (word & RRING_ASIDE)
		return rring_publish_aside(writer, event);
	if (!rring_ledger_holds(word))
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
	return rring_add_batch(writer, data, len, event_type, 1);
}

/* ---- batches ---- */

/* Into reserved entries, @index and those that follow it in memory. */
static void copy_run(struct rring_writer *writer, uint32_t index,
		     const char *from, uint32_t len, uint32_t n)
{
	char *to = writer->data + (size_t)index * writer->stride;

	if (len == writer->stride) {
		memcpy(to, from, (size_t)len * n);
		return;
	}
	for (; n; n--) {
		memcpy(to, from, len);
		to += writer->stride;
		from += len;
	}
}

/* What lies before the end of the ring, and what from its start on. */
static void copy_in(struct rring_writer *writer, const char *from, uint32_t len,
		    uint32_t n)
{
	uint32_t index = rring_writer_index(writer, 0);
	uint32_t first = writer->capacity - index;

	if (first > n)
		first = n;
	copy_run(writer, index, from, len, first);
	copy_run(writer, 0, from + (size_t)len * first, len, n - first);
}

int rring_add_batch(struct rring_writer *writer, const void *data, uint32_t len,
		    uint32_t event_type, uint32_t n)
{
	uint32_t i;
	int err;

	if (len > writer->stride)
		return writer->headers ? -E2BIG : -EINVAL;
	err = rring_reserve(writer, n);
	if (err)
		return err;
	for (i = 0; i < n; i++)
		rring_reserved(writer, i, len, event_type);
	if (len && n)
		copy_in(writer, data, len, n);
	rring_commit(writer, n);
	return 0;
}

/* Room for at least one and up to @n: for how many; else the error. */
static long room_for_some(struct rring_writer *writer, uint32_t n)
{
	uint32_t most = writer->capacity;
	int err = 0;

	if (writer->info->policy != RRING_OVERWRITE)
		most -= writer->info->retain;
	if (n > most)
		n = most;
	if (writer->limit - writer->head >= n)
		return n;
	if (writer->info->policy == RRING_OVERWRITE)
		err = make_room_by_overwriting(writer, n);
	else if (rring_writer_look(writer, n) &&
		 writer->limit == writer->head)
		err = rring_writer_make_room(writer, 1);
	if (err)
		return err;
	if (writer->limit - writer->head < n)
		n = (uint32_t)(writer->limit - writer->head);
	return n;
}

/* Of a ledger word; an event that gets into a ring is private no longer. */
static void move_word(const struct rring_client *client, rring_word_t *word,
		      uint64_t delta)
{
	if (client->shared)
		rring_word_fetch_add(word, RRING_MOVE + delta);
	else
		rring_word_store_release(word, (rring_word_load(word) &
						~RRING_PRIVATE) +
					       RRING_MOVE + delta);
}

/* In flight, and in entry @i beyond the head, where nobody sees it yet. */
static int put_entry(struct rring_writer *writer, uint32_t i,
		     const struct rring_event *event)
{
	struct rring_entry *entry =
		&writer->entries[rring_writer_index(writer, i)];
	uint64_t word = rring_word_load(event->word);

	if (!rring_ledger_holds(word) ||
	    (word & RRING_ASIDE &&
	     rring_handle_class(event->handle) != RRING_XXL))
		return -EINVAL;
	if (rring_ledger_in_flight(word) >= RRING_IN_FLIGHT_MAX) {
		int err = rring_in_flight_slow(writer, event);

		if (err)
			return err;
	}
	move_word(writer->client, event->word, RRING_IN_FLIGHT);
	RRING_STORE(&entry->handle, event->handle);
	RRING_STORE(&entry->header.len, event->len);
	RRING_STORE(&entry->header.event_type, event->event_type);
	return 0;
}

/*
 * G: the ring names the slots before the holds fall. One that stands in the
 * batch more often than it was held has no more to fall, and is in flight.
 */
static void drop_published(struct rring_client *client,
			   const struct rring_event *events, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		uint64_t word = rring_word_load(events[i].word);

		if (word & RRING_ASIDE)
			rring_drop_aside(client, &events[i]);
		else if (rring_ledger_holds(word))
			move_word(client, events[i].word, -RRING_HOLD);
	}
}

long rring_publish_batch(struct rring_writer *writer,
			 const struct rring_event *events, uint32_t n)
{
	int err = 0;
	uint32_t i;
	long room;

	if (!writer->entries)
		return -EINVAL;
	room = n ? room_for_some(writer, n) : 0;
	if (room <= 0)
		return room;
	rring_writer_claim(writer, (uint32_t)room);
	for (i = 0; i < (uint32_t)room; i++) {
		err = put_entry(writer, i, &events[i]);
		if (err)
			break;
	}
	if (!i)
		return err;
	rring_writer_advance(writer, i);
	drop_published(writer->client, events, i);
	rring_published(writer);
	rring_freed(writer->client);
	return i;
}

/* ---- back-pressure ---- */

/*
 * Of the entries that could be free, how many are and are not. What the ring
 * retains is never free, and takes no room from anybody. A reader that is about
 * to join stands lower than it will.
 */
static void count_room(struct rring_writer *writer, uint64_t *used,
		       uint64_t *most)
{
	uint32_t retain = writer->info->retain;
	struct rring_scan scan;

	*used = 0;
	*most = writer->capacity;
	if (writer->info->policy == RRING_OVERWRITE)
		return;
	*most -= retain;
	while (scan = rring_scan_readers(writer), scan.joining)
		sched_yield();
	if (writer->head - scan.low > retain)
		*used = writer->head - scan.low - retain;
	/* a liar's cursor */
	if (*used > *most)
		*used = *most;
}

double rring_writer_pressure(struct rring_writer *writer)
{
	uint64_t used, most;

	count_room(writer, &used, &most);
	return (double)used / (double)most;
}

static int is_tenths_full(struct rring_writer *writer, uint32_t tenths)
{
	uint64_t used, most;

	count_room(writer, &used, &most);
	return used * 10 >= most * tenths;
}

int rring_writer_under_pressure(struct rring_writer *writer)
{
	return is_tenths_full(writer, 8);
}

int rring_writer_should_throttle(struct rring_writer *writer)
{
	return is_tenths_full(writer, 9);
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

/*
 * By how many entries more than it needs a writer raises its claim, so that it
 * does so now and then only: a few of those that observers could still see. Not
 * those that the ring retains, as its limit is where these begin.
 */
static uint32_t claim_ahead(const struct rring_ring_open *args)
{
	uint32_t ahead = args->capacity / CLAIM_PART;

	return ahead < CLAIM_AHEAD_MAX ? ahead : CLAIM_AHEAD_MAX;
}

static void set_up(struct rring_writer *writer,
		   const struct rring_ring_open *args)
{
	writer->head = args->head;
	writer->limit = args->head;
	writer->settled = args->head;
	writer->lap = args->head - args->head % args->capacity;
	writer->capacity = args->capacity;
	writer->stride = args->stride;
	writer->claimed = rring_seq_load(&writer->ring->claim);
	writer->claim_ahead = claim_ahead(args);
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

static int close_ring(struct rring_client *client, uint32_t id, uint32_t flags)
{
	struct rring_ring_close args = {
		.size = sizeof(args),
		.ring = id,
		.flags = flags,
	};

	return rring_call(client, RRING_IOC_RING_CLOSE, &args);
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

	if (!rring_strategy_valid(config->strategy))
		return -EINVAL;
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
	writer->strategy = config->strategy;
	enlist(writer);
	rring_poll_again(client, 0);
	*out = writer;
	return 0;

fail_ring:
	close_ring(client, args.ring, 0);
fail:
	free(writer);
	return err;
}

static void close_writer(struct rring_writer *writer, uint32_t flags)
{
	/*
	 * The kernel takes the window over, then the own ledger lets go; that
	 * of a client which was evicted is out of reach.
	 */
	if (close_ring(writer->client, writer->id, flags) != -EOWNERDEAD) {
		settle_below(writer, writer->head);
		rring_freed(writer->client);
	}
	delist(writer);
	rring_unmap(writer->client, writer->ring, writer->size);
	free(writer);
}

void rring_writer_close(struct rring_writer *writer)
{
	close_writer(writer, 0);
}

void rring_writer_leave(struct rring_writer *writer)
{
	close_writer(writer, RRING_CLOSE_AWAIT);
}
