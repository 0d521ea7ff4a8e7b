// SPDX-License-Identifier: MPL-2.0
/* Write events to a ring. */
#include <stdlib.h>
#include <string.h>

#include <rusted_ring/internal/layout.h>

#include "../backoff.h"
#include "../client/client.h"
#include "../client/ledger.h"
#include "../debug/debug.h"
#include "../wait.h"
#include "room.h"
#include "writer.h"

/* claim_ahead() returns capacity / CLAIM_PART, but at most CLAIM_AHEAD_MAX */
#define CLAIM_PART	64
#define CLAIM_AHEAD_MAX	64	/* entries */

/*
 * Settle the ring of @writer and, in a single-threaded client, all rings that
 * the client writes. The caller has found in_flight of the slot of @event, the
 * count of ring entries that name the slot, at its maximum. Return 0 if
 * in_flight is below the maximum now, or -EOVERFLOW if it is not.
 */
int rring_in_flight_slow(struct rring_writer *writer,
			 const struct rring_event *event)
{
	ulib_writer_settle(writer);
	ulib_settle_writers(writer->client);
	return rring_ledger_in_flight(rring_word_load(event->word)) >=
	       RRING_IN_FLIGHT_MAX ? rring_refuse_slow(-EOVERFLOW) : 0;
}

/*
 * Raise in_flight of @event by 1, write @event into the entry at the head, and
 * move the head past this entry. The caller has found a hold in @word, the
 * value of the ledger word of @event. Return 0: then the caller drops that
 * hold, and wakes the readers. Return -EOVERFLOW if in_flight is at its
 * maximum even after the writer has settled, or an error of rring_room() if
 * there is no room; then nothing was published.
 */
static inline int publish_held(struct rring_writer *writer,
			       const struct rring_event *event, uint64_t word)
{
	int err = 0;

	if (rring_ledger_in_flight(word) >= RRING_IN_FLIGHT_MAX)
		err = rring_in_flight_slow(writer, event);
	if (!err)
		err = rring_room(writer, 1);
	if (err)
		return err;
	ulib_ledger_raise_threads(writer->client, event->word, RRING_IN_FLIGHT);
	rring_entry_write(writer, event);
	rring_writer_advance(writer, 1);
	return 0;
}

int ulib_publish_threads(struct rring_writer *writer,
			 const struct rring_event *event)
{
	uint64_t word = rring_word_load(event->word);
	int err;

	if (word & RRING_ASIDE)
		return rring_publish_slow(writer, event);
	if (!rring_ledger_holds(word))
		return ulib_not_held(writer->client);
	err = publish_held(writer, event, word);
	if (err)
		return err;
	/*
	 * G: the ring names the slot before the hold falls. Otherwise a sweep
	 * could find the slot named nowhere, and free it.
	 */
	ulib_ledger_drop_threads(writer->client, event->word);
	rring_published(writer);
	rring_freed(writer->client);
	return 0;
}

int rring_publish_threads(struct rring_writer *writer,
			  const struct rring_event *event)
{
	return ulib_is_checked(writer->client) ?
	       ulib_checked_publish(writer, event) :
	       ulib_publish_threads(writer, event);
}

int rring_publish_slow(struct rring_writer *writer,
		       const struct rring_event *event)
{
	uint64_t word = rring_word_load(event->word);
	int err;

	if (rring_handle_class(event->handle) != RRING_XXL ||
	    !rring_ledger_holds(word))
		return ulib_not_held(writer->client);
	err = publish_held(writer, event, word);
	if (err)
		return err;
	rring_published(writer);
	/*
	 * G: the ring names the slot before the hold falls. Otherwise a sweep
	 * could find the slot named nowhere, and free it.
	 */
	ulib_xxl_drop(writer->client, event);
	rring_freed(writer->client);
	return 0;
}

int rring_add(struct rring_writer *writer, const void *data, uint32_t len,
	      uint32_t event_type)
{
	return rring_add_batch(writer, data, len, event_type, 1);
}

/* ---- batches ---- */

/*
 * Copy @n payloads of @len bytes each, which lie one after the other at @from,
 * into @n reserved entries. The first of these entries has index @index, and
 * the others follow it in memory.
 */
static void copy_entries(struct rring_writer *writer, uint32_t index,
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

/*
 * Copy @n payloads of @len bytes each into the reserved entries from the head
 * on. If these entries wrap, first fill the entries up to the end of the ring's
 * memory, and then the entries at its start.
 */
static void copy_payloads(struct rring_writer *writer, const char *from,
			  uint32_t len, uint32_t n)
{
	uint32_t index = rring_writer_index(writer, 0);
	uint32_t first = writer->capacity - index;

	if (first > n)
		first = n;
	copy_entries(writer, index, from, len, first);
	copy_entries(writer, 0, from + (size_t)len * first, len, n - first);
}

static int refuse_len(const struct rring_writer *writer, uint32_t len)
{
	if (!writer->headers)
		return ulib_error(-EINVAL, "the ring is of handles; use rring_publish()");
	return ulib_error(-E2BIG, "%u bytes are more than the stride of the ring, which is %u",
			  len, writer->stride);
}

int rring_add_batch(struct rring_writer *writer, const void *data, uint32_t len,
		    uint32_t event_type, uint32_t n)
{
	uint32_t i;
	int err;

	if (len > writer->stride)
		return refuse_len(writer, len);
	err = rring_reserve(writer, n);
	if (err)
		return err;
	for (i = 0; i < n; i++)
		rring_reserved(writer, i, len, event_type);
	if (len && n)
		copy_payloads(writer, data, len, n);
	rring_commit(writer, n);
	return 0;
}

/*
 * Store the ledger word of a single-threaded client, whose value is @value, with
 * @delta added, and 1 to moves, the count of changes in the word. Clear
 * RRING_PRIVATE, because other clients can now read the slot's handle in a ring.
 * The word is empty neither before nor after this change.
 */
static inline void add_to_word(rring_word_t *word, uint64_t value,
			       uint64_t delta)
{
	rring_word_store_release(word, (value & ~RRING_PRIVATE) + RRING_MOVE +
				       delta);
}

/*
 * Raise in_flight of @event by 1. Return 0. Return -EINVAL if @event belongs to
 * another client, is parked, or is not held. Return -EOVERFLOW if in_flight is at
 * its maximum, and has not fallen after rring_in_flight_slow() has settled rings.
 */
static __attribute__((noinline)) int
raise_in_flight(struct rring_writer *writer, const struct rring_event *event)
{
	uint64_t word;

	if (!rring_event_is_of(event, writer->client))
		return rring_foreign_slow(writer->client, event);
	word = rring_word_load(event->word);
	if (!rring_ledger_holds(word) ||
	    (word & RRING_ASIDE &&
	     rring_handle_class(event->handle) != RRING_XXL))
		return ulib_not_held(writer->client);
	if (rring_unlikely(rring_ledger_in_flight(word) >=
			   RRING_IN_FLIGHT_MAX)) {
		int err = rring_in_flight_slow(writer, event);

		if (err)
			return err;
		word = rring_word_load(event->word);
	}
	if (rring_unlikely(writer->client->shared))
		ulib_ledger_raise_threads(writer->client, event->word,
					  RRING_IN_FLIGHT);
	else
		add_to_word(event->word, word, RRING_IN_FLIGHT);
	return 0;
}

/*
 * Return 1 if the ledger word @word has one hold and nothing else, but perhaps
 * RRING_PRIVATE: that of an event that was just allocated.
 */
static inline int is_held_once(uint64_t word)
{
	return (uint32_t)(word & ~RRING_PRIVATE) == RRING_HOLD;
}

/*
 * Write @n events into the entries from the head on, for which the caller has
 * claimed room, and raise their in_flight. No reader sees the entries until the
 * head moves. Return how many were written: fewer if raise_in_flight() fails, and
 * then *@err is its error.
 */
static inline uint32_t write_entries(struct rring_writer *writer,
				     const struct rring_event *events,
				     uint32_t n, int *err)
{
	const struct rring_client *client = writer->client;
	const int shared = client->shared;
	struct rring_entry *first = writer->entries;
	struct rring_entry *end = first + writer->capacity;
	struct rring_entry *entry = first + rring_writer_index(writer, 0);
	const struct rring_event *event;

	for (event = events; event < events + n; event++) {
		uint64_t word = rring_event_is_of(event, client) ?
				rring_word_load(event->word) : 0;

		if (rring_unlikely(!is_held_once(word))) {
			*err = raise_in_flight(writer, event);
			if (*err)
				break;
		} else if (shared) {
			ulib_ledger_raise_threads(client, event->word,
						  RRING_IN_FLIGHT);
		} else {
			add_to_word(event->word, word, RRING_IN_FLIGHT);
		}
		RRING_STORE(&entry->handle, event->handle);
		RRING_STORE(&entry->header.len, event->len);
		RRING_STORE(&entry->header.event_type, event->event_type);
		if (++entry == end)
			entry = first;
	}
	return (uint32_t)(event - events);
}

/*
 * Drop one hold of @event, which was just published. If a batch contains the same
 * event more often than the client holds it, do nothing once no hold is left to
 * drop. The slot stays in use, because in_flight counts each of its entries.
 */
static __attribute__((noinline)) void
drop_one(struct rring_client *client, const struct rring_event *event)
{
	uint64_t word = rring_word_load(event->word);

	if (word & RRING_ASIDE)
		ulib_xxl_drop(client, event);
	else if (client->shared)
		ulib_ledger_drop_threads(client, event->word);
	else if (rring_ledger_holds(word))
		add_to_word(event->word, word, -RRING_HOLD);
}

/*
 * Drop one hold for each of the @n events that were just published. G: the ring
 * names the slots before the holds fall.
 */
static void drop_published(struct rring_client *client,
			   const struct rring_event *events, uint32_t n)
{
	const int shared = client->shared;
	uint32_t i;

	for (i = 0; i < n; i++) {
		uint64_t word = rring_word_load(events[i].word);

		/* write_entries() leaves one hold, and an entry in flight */
		if (rring_unlikely((uint32_t)word !=
				   RRING_HOLD + RRING_IN_FLIGHT))
			drop_one(client, &events[i]);
		else if (shared)
			ulib_ledger_drop_threads(client, events[i].word);
		else
			add_to_word(events[i].word, word, -RRING_HOLD);
	}
}

long ulib_publish_batch(struct rring_writer *writer,
			const struct rring_event *events, uint32_t n)
{
	int err = 0;
	long room;

	room = n ? ulib_writer_find_room(writer, n) : 0;
	if (room <= 0)
		return room;
	rring_writer_claim(writer, (uint32_t)room);
	n = write_entries(writer, events, (uint32_t)room, &err);
	if (!n) {
		/* to make room, this call may have settled other events */
		rring_freed(writer->client);
		return err;
	}
	rring_writer_advance(writer, n);
	drop_published(writer->client, events, n);
	rring_published(writer);
	rring_freed(writer->client);
	return n;
}

long rring_publish_batch(struct rring_writer *writer,
			 const struct rring_event *events, uint32_t n)
{
	if (!writer->entries)
		return ulib_error(-EINVAL, "the ring is inline; use rring_add_batch()");
	return ulib_is_checked(writer->client) ?
	       ulib_checked_publish_batch(writer, events, n) :
	       ulib_publish_batch(writer, events, n);
}

/* ---- open and close ---- */

static int map_ring(struct rring_writer *writer)
{
	const struct rring_ring_info *info = writer->info;
	int err = 0;

	writer->size = info->size;
	writer->ring = ulib_map(writer->client, RRING_REGION_RING,
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
 * Return how many entries a writer claims (marks as about to be overwritten)
 * beyond the entries that it needs, so that it has to raise the claim less
 * often. Observers lose the old entries that are claimed. The claim is at most
 * .limit of the writer, so no entry that the ring retains is lost, except under
 * RRING_OVERWRITE.
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
	writer->waiters = &writer->info->waiters;
}

static void enlist(struct rring_writer *writer)
{
	struct rring_client_private *own = writer->client->own;

	ulib_clients_lock();
	writer->next = own->writers;
	own->writers = writer;
	ulib_clients_unlock();
}

static void delist(struct rring_writer *writer)
{
	struct rring_client_private *own = writer->client->own;
	struct rring_writer **link = &own->writers;

	ulib_clients_lock();
	while (*link != writer)
		link = &(*link)->next;
	*link = writer->next;
	ulib_clients_unlock();
}

static int close_ring(struct rring_client *client, uint32_t id, uint32_t flags)
{
	struct rring_ring_close args = {
		.size = sizeof(args),
		.ring = id,
		.flags = flags,
	};

	return ulib_call(client, RRING_IOC_RING_CLOSE, &args);
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
		.type_size = config->type.size,
	};
	struct rring_writer *writer;
	int err;

	ulib_error_forget();
	if (!ulib_strategy_valid(config->strategy))
		return ulib_refuse_strategy(config->strategy);
	err = ulib_name_copy(args.name, config->name);
	if (!err)
		err = ulib_type_copy(args.type_name, &config->type);
	if (err)
		return err;
	writer = calloc(1, sizeof(*writer));
	if (!writer)
		return -ENOMEM;
	err = ulib_call(client, RRING_IOC_RING_OPEN, &args);
	if (err) {
		ulib_explain_ring_open(client, &args, err);
		goto fail;
	}
	writer->client = client;
	writer->id = args.ring;
	writer->info = ulib_ring_info(client, args.ring);
	err = map_ring(writer);
	if (err)
		goto fail_ring;
	set_up(writer, &args);
	writer->strategy = ulib_strategy_for(client, config->strategy);
	ulib_backoff_init(&writer->backoff);
	if (ulib_is_checked(client)) {
		err = ulib_checked_writer_open(writer);
		if (err)
			goto fail_map;
	}
	enlist(writer);
	ulib_poll_again(client, 0);
	*out = writer;
	return 0;

fail_map:
	ulib_unmap(client, writer->ring, writer->size);
fail_ring:
	close_ring(client, args.ring, 0);
fail:
	free(writer);
	return err;
}

static void close_writer(struct rring_writer *writer, uint32_t flags)
{
	if (ulib_is_inherited(writer->client)) {
		delist(writer);
		free(writer->use);
		free(writer);
		return;
	}
	/*
	 * RING_CLOSE makes the kernel adopt the window (count the slots that
	 * its entries name). Only then may this client take back in_flight, so
	 * that at any time something names these slots. After -EOWNERDEAD the
	 * client is evicted and must not store: its ledger would raise SIGBUS.
	 */
	if (close_ring(writer->client, writer->id, flags) != -EOWNERDEAD) {
		ulib_room_settle(writer, writer->head);
		rring_freed(writer->client);
	}
	delist(writer);
	ulib_unmap(writer->client, writer->ring, writer->size);
	/* the client's poll descriptor must not report this writer any more */
	ulib_poll_again(writer->client, 0);
	free(writer->use);
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

uint64_t rring_writer_epoch(const struct rring_writer *writer)
{
	return rring_ring_epoch(writer->client->arena, writer->info);
}
