// SPDX-License-Identifier: MPL-2.0
/* Read events from a ring. */
#include <stdlib.h>

#include <rusted_ring/internal/layout.h>

#include "../client/client.h"
#include "../debug/debug.h"
#include "../wait.h"
#include "head.h"
#include "reader.h"

/*
 * Return the entries or, in an inline ring, the headers of the ring that @reader
 * has mapped. They are not at .entries if the client is checked.
 */
static const void *mapped_entries(const struct rring_reader *reader)
{
	return (const char *)reader->ring + reader->info->entry_offset;
}

/*
 * Copy the entry @i entries above the reader's position to @to. The ring is one
 * of handles. Return 1 if the handle names an existing slot and, for a class
 * below XXL, the length of the entry fits into the slot. Otherwise return 0,
 * because no event can have this handle or length.
 */
static int read_entry(const struct rring_reader *reader, uint32_t i,
		      struct rring_entry *to)
{
	const struct rring_entry *entries = mapped_entries(reader);
	const struct rring_entry *from =
		&entries[rring_reader_index(reader, i)];

	to->handle = RRING_LOAD(&from->handle);
	to->header.len = RRING_LOAD(&from->header.len);
	to->header.event_type = RRING_LOAD(&from->header.event_type);
	if (!rring_handle_valid(reader->client, to->handle))
		return 0;
	return !rring_handle_short(reader->client, to->handle) ||
	       rring_slot_takes(rring_handle_class(to->handle), to->header.len);
}

/* Return 1 if the writer reserved the entry and discarded it, else 0. */
static int is_discarded(const struct rring_entry *entry)
{
	return !entry->handle && entry->header.len == RRING_LEN_NONE;
}

/*
 * Fill @event from the entry @i entries above the reader's position, in a ring
 * of handles. rring_entry() has read the entry before, but the entry may have
 * changed, so read it again. Return 0. Return -ENODATA if the writer has
 * discarded the entry, and -ESTALE if the handle or length is not valid, or the
 * slot was freed after the entry was written. For an XXL event return what
 * ulib_xxl_pin() returns.
 */
static int load_event(struct rring_reader *reader, uint32_t i,
		      struct rring_event *event)
{
	struct rring_entry entry;

	if (!read_entry(reader, i, &entry))
		return is_discarded(&entry) ? -ENODATA : -ESTALE;
	if (!rring_handle_short(reader->client, entry.handle))
		return ulib_xxl_pin(reader, reader->pos + i, &entry, event);
	rring_event_at(reader->client, entry.handle, entry.header.len,
		       entry.header.event_type, event);
	return rring_generation_is(reader->client, entry.handle) ? 0 : -ESTALE;
}

static int read_handle(struct rring_reader *reader, uint32_t i,
		       struct rring_event *event)
{
	int err = load_event(reader, i, event);

	if (err == -ESTALE || err == -EBADMSG)
		return reader->lappable ? -ESTALE : -EBADMSG;
	return err;
}

int ulib_entry(struct rring_reader *reader, uint32_t i,
	       struct rring_event *event)
{
	struct rring_reader plain;

	if (!reader->stride)
		return read_handle(reader, i, event);
	plain = *reader;
	plain.headers = mapped_entries(reader);
	plain.data = (const char *)reader->ring + reader->info->data_offset;
	return rring_entry(&plain, i, event);
}

int rring_entry_slow(struct rring_reader *reader, uint32_t i,
		     struct rring_event *event)
{
	return ulib_is_checked(reader->client) ?
	       ulib_checked_entry(reader, i, event) :
	       read_handle(reader, i, event);
}

/*
 * Return 1 if each of the next @n entries either was discarded by the writer,
 * or has a handle of the present generation of its slot. Return 0 if the slot
 * of an entry was freed after the entry was written, or if an entry has an
 * invalid handle or length.
 */
static int generations_match(struct rring_reader *reader, uint32_t n)
{
	struct rring_entry entry;
	uint32_t i;

	for (i = 0; i < n; i++)
		if (read_entry(reader, i, &entry) ?
		    !rring_generation_is(reader->client, entry.handle) :
		    !is_discarded(&entry))
			return 0;
	return 1;
}

/*
 * Return 1 if what @reader has read in the next @n entries is valid: the writer
 * has not begun to overwrite these entries, and the slots that they name have
 * not been freed. Otherwise return 0. The writer does not wait for @reader,
 * which is an observer, or stands below .gates_from after a lap.
 */
static int entries_still_valid(struct rring_reader *reader, uint32_t n)
{
	uint64_t claim;

	/* N: pairs with M in rring_writer_claim(): reads come before */
	rring_fence_acquire();
	if (!reader->stride && !generations_match(reader, n))
		return 0;
	/* N: the second reads of the entries come before, too */
	rring_fence_acquire();
	claim = rring_seq_load(&reader->ring->claim);
	return claim - reader->pos <= reader->capacity ||
	       claim < reader->pos;
}

/*
 * Check the next @n entries, which the program has used and now releases.
 * Return 0 if these entries were valid until now. Return -ESTALE if the kernel
 * has lapped @reader, a gating reader, and entries were lost; or if one of the
 * @n entries was not valid. Then this function has moved @reader up, and .lost
 * has grown. If the kernel has lapped @reader and READER_REJOIN fails, return
 * its error.
 */
static int check_release(struct rring_reader *reader, uint32_t n)
{
	int err;

	if (!reader->lappable)
		return 0;
	if (!reader->observer) {
		/* N: pairs with M in rring_writer_claim(): reads come before */
		rring_fence_acquire();
		err = ulib_head_rejoin(reader);
		if (err || reader->pos >= reader->gates_from)
			return err;
	}
	/* @n is 0: no entry to check; the next peek skips overwritten ones */
	if (!n || entries_still_valid(reader, n))
		return 0;
	return ulib_head_lose(reader, n);
}

int rring_release_slow(struct rring_reader *reader, uint32_t n)
{
	int err;

	if (ulib_is_checked(reader->client))
		ulib_checked_release(reader, n);
	if (n > reader->head - reader->pos)
		return rring_refuse_slow(-EINVAL);
	err = check_release(reader, n);
	if (!err)
		rring_reader_advance(reader, n);
	if (!err && !reader->observer)
		rring_after_release(reader);
	ulib_xxl_unpin(reader, reader->pos);
	reader->slow_release = reader->lappable || reader->pins ||
			       reader->use;
	return err;
}

int rring_release_to(struct rring_reader *reader, uint64_t position)
{
	long n = ulib_release_peeked(reader);
	uint64_t left;

	while (n >= 0 && reader->pos < position) {
		left = position - reader->pos;
		n = rring_peek(reader, left > UINT32_MAX ? UINT32_MAX :
							   (uint32_t)left);
		if (n > 0)
			n = rring_release(reader, (uint32_t)n);
	}
	return (int)n;
}

/*
 * Fill @event from the entry at the reader's position. Return what
 * rring_entry() returns. Set .peeked to 1, so that the next read call releases
 * this entry first. But after -ENOMEM set .peeked to 0, so that the next read
 * call reads this entry again.
 */
int ulib_reader_next(struct rring_reader *reader, struct rring_event *event)
{
	int err = rring_entry(reader, 0, event);

	reader->peeked = err != -ENOMEM;
	return err;
}

int rring_keep(struct rring_reader *reader, const struct rring_event *event)
{
	struct rring_event held;

	if (!rring_event_is_of(event, reader->client))
		return rring_foreign_slow(reader->client, event);
	if (reader->lappable)
		return rring_upgrade(reader->client, event->handle, &held);
	return rring_hold(reader->client, event);
}

/*
 * Return the position at which a read call gives up, and returns -EAGAIN, if it
 * has found only discarded entries: two laps above the position of @reader. An
 * honest writer has at most a lap of discarded entries above a reader. A
 * hostile writer could discard entries for ever, and without this limit the
 * call would not return.
 */
static uint64_t last_skip(const struct rring_reader *reader)
{
	return reader->pos + 2ull * reader->capacity;
}

int rring_try_read(struct rring_reader *reader, struct rring_event *event)
{
	uint64_t end = last_skip(reader);
	int err;
	long n;

	if (ulib_is_checked(reader->client))
		ulib_checked_use(reader);
	do {
		err = ulib_release_peeked(reader);
		if (err)
			return err;
		n = rring_peek(reader, 1);
		if (n < 0)
			return (int)n;
		err = ulib_reader_next(reader, event);
		if (err != -ENODATA)
			return err;
	} while (reader->pos < end);
	return -EAGAIN;
}

static int next_is_discarded(const struct rring_reader *reader)
{
	const struct rring_event_header *header = mapped_entries(reader);
	uint32_t index = rring_reader_index(reader, 0);
	struct rring_entry entry;

	if (reader->stride)
		return RRING_LOAD(&header[index].len) == RRING_LEN_NONE;
	read_entry(reader, 0, &entry);
	return is_discarded(&entry);
}

long ulib_peek_event(struct rring_reader *reader)
{
	uint64_t end = last_skip(reader);
	long n;
	int err;

	while (reader->pos < end) {
		n = rring_peek(reader, 1);
		if (n != 1 || !next_is_discarded(reader))
			return n;
		err = rring_release(reader, 1);
		if (err)
			return err;
	}
	return -EAGAIN;
}

/* ---- wait ---- */

/*
 * Decide whether a wait for an event is over (.check of struct ulib_waiter).
 * Return what ulib_reader_check() returns: 0 if the wait is over, -EAGAIN if it
 * goes on, or an error. At the end of the stream (-EPIPE) return 0 instead, so
 * that the next read tells the program of the end. If a read has already told
 * the program of this end, return -EAGAIN: the wait goes on.
 */
static int check_readable(void *context)
{
	int err = ulib_reader_check(context);

	if (err != -EPIPE)
		return err;
	return ulib_reader_knows_end(context) ? -EAGAIN : 0;
}

static int sleep_readable(void *context, uint64_t deadline)
{
	struct rring_reader *reader = context;
	struct rring_wait args = {
		.size = sizeof(args),
		.what = RRING_WAIT_READABLE,
		.ring = reader->ring_id,
		.reader = reader->id,
		.position = reader->pos,
		.deadline = deadline,
	};

	return ulib_sleep(reader->client, &args);
}

int ulib_wait_readable(struct rring_reader *reader, uint64_t deadline)
{
	struct ulib_waiter waiter = {
		.strategy = (enum rring_strategy)reader->strategy,
		.check = check_readable,
		.sleep = sleep_readable,
		.context = reader,
	};
	int err = ulib_release_peeked(reader);

	if (err || reader->head > reader->pos)
		return err;
	return rring_wait(&waiter, deadline);
}

int rring_wait_readable(struct rring_reader *reader, uint64_t deadline)
{
	return ulib_is_checked(reader->client) ?
	       ulib_checked_wait_readable(reader, deadline) :
	       ulib_wait_readable(reader, deadline);
}

/* ---- batches ---- */

/*
 * Release the first entry of a batch, which could not be read, so that the next
 * call goes on behind this entry. @bad is the error of reading. If @bad is
 * -ENOMEM, release nothing, because a later call may be able to read the entry.
 * Return @bad or, if the release fails, the error of the release.
 */
static long release_bad(struct rring_reader *reader, int bad)
{
	int err = bad == -ENOMEM ? 0 : rring_release(reader, 1);

	return err ? err : bad;
}

/* How far the handler of a batch has come. */
struct batch {
	uint32_t seen;	/* it has answered for so many events */
	uint32_t done;	/* the first so many are done */
	int stop;	/* its negative answer, which ends the batch, or 0 */
};

/*
 * Call @handler for the next event of @batch, which is @event, or NULL at the end
 * of the batch. Return 1 if the batch goes on, else 0.
 */
static int handle(struct batch *batch, rring_handler_t handler, void *context,
		  const struct rring_event *event)
{
	int answer = handler(context, event);

	if (answer < 0 && answer != RRING_LATER) {
		batch->stop = answer;
		return 0;
	}
	if (event)
		batch->seen++;
	if (answer != RRING_LATER)
		batch->done = batch->seen;
	return answer <= 0;
}

/*
 * End @batch: ask the handler for the events that were to be done later, release
 * those that are done, and return how many they are. If there is none, return the
 * answer of the handler; if the release fails, its error.
 */
static long end_batch(struct rring_reader *reader, struct batch *batch,
		      rring_handler_t handler, void *context)
{
	int err;

	if (batch->done < batch->seen)
		handle(batch, handler, context, NULL);
	if (!batch->done)
		return batch->stop;
	err = rring_release(reader, batch->done);
	return err ? err : (long)batch->done;
}

long ulib_read_batch(struct rring_reader *reader, rring_handler_t handler,
		     void *context, uint32_t max)
{
	int err = ulib_release_peeked(reader);
	struct batch batch = {};
	struct rring_event event;
	long n, i;

	if (err)
		return err;
	n = max ? ulib_peek_event(reader) : 0;
	if (n > 0)
		n = rring_peek(reader, max);
	if (n <= 0)
		return n;
	for (i = 0; i < n; i++) {
		err = rring_entry(reader, (uint32_t)i, &event);
		if (err && !i)
			return release_bad(reader, err);
		if (err || !handle(&batch, handler, context, &event))
			break;
	}
	return end_batch(reader, &batch, handler, context);
}

long rring_read_batch(struct rring_reader *reader, rring_handler_t handler,
		      void *context, uint32_t max)
{
	return ulib_is_checked(reader->client) ?
	       ulib_checked_read_batch(reader, handler, context, max) :
	       ulib_read_batch(reader, handler, context, max);
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
		.type_size = config->type.size,
	};
	int err = ulib_name_copy(args.ring_name, config->ring_name);

	if (!err)
		err = ulib_name_copy(args.name, config->name);
	if (!err)
		err = ulib_type_copy(args.type_name, &config->type);
	if (err)
		return err;
	pthread_mutex_lock(&client->own->cursors_lock);
	err = ulib_call(client, RRING_IOC_READER_JOIN, &args);
	pthread_mutex_unlock(&client->own->cursors_lock);
	if (err)
		return ulib_explain_join(client, config, err);
	reader->ring_id = args.ring;
	reader->id = args.reader;
	reader->cursor_id = args.cursor;
	reader->cursor = &client->own->cursors->cursor[args.cursor].pos;
	reader->ref = args.ref;
	reader->incarnation = args.incarnation;
	reader->lost = args.lost;
	reader->resumed = args.resumed;
	reader->info = ulib_ring_info(client, args.ring);
	reader->capacity = reader->info->capacity;
	reader->stride = reader->info->stride;
	reader->size = reader->info->size;
	reader->observer = config->flags & RRING_JOIN_OBSERVER;
	reader->strategy = ulib_strategy_for(client, config->strategy);
	reader->lappable = reader->observer || reader->info->stall_ns;
	reader->slow_release = reader->lappable || reader->use;
	reader->slow_look = reader->lappable ? ULIB_LOOK_LAPPABLE : 0;
	reader->pos = args.position;
	/* then zeros were read from the information about the ring */
	return ulib_is_lost(client) ? ulib_refuse_lost(client) : 0;
}

/*
 * Leave the ring, then set the cursor's .told and .pos to 0. .pos comes last:
 * the kernel gives a cursor to a new reader only if .pos of this cursor is 0.
 * .pos is 0 all the time if the reader has released nothing, so no other thread
 * may join meanwhile. If @forget is not 0, the kernel also removes the reader's
 * name.
 */
static void leave(struct rring_reader *reader, int forget)
{
	struct rring_client_private *own = reader->client->own;
	struct rring_cursor *cursor =
		&own->cursors->cursor[reader->cursor_id];
	struct rring_reader_leave args = {
		.size = sizeof(args),
		.flags = forget ? RRING_LEAVE_FORGET : 0,
		.ring = reader->ring_id,
		.reader = reader->id,
	};

	pthread_mutex_lock(&own->cursors_lock);
	/* after an eviction a store to the client's cursors raises SIGBUS */
	if (ulib_call(reader->client, RRING_IOC_READER_LEAVE, &args) !=
	    -EOWNERDEAD) {
		rring_word_store_release(&cursor->told, 0);
		rring_seq_store_release(&cursor->pos, 0);
	}
	pthread_mutex_unlock(&own->cursors_lock);
}

static void enlist(struct rring_reader *reader)
{
	struct rring_client_private *own = reader->client->own;

	ulib_clients_lock();
	reader->next = own->readers;
	own->readers = reader;
	ulib_poll_reader(reader);
	ulib_clients_unlock();
}

static void delist(struct rring_reader *reader)
{
	struct rring_client_private *own = reader->client->own;
	struct rring_reader **link = &own->readers;

	ulib_clients_lock();
	while (*link != reader)
		link = &(*link)->next;
	*link = reader->next;
	ulib_clients_unlock();
}

int rring_reader_open(struct rring_client *client,
		      const struct rring_reader_config *config,
		      struct rring_reader **out)
{
	struct rring_reader *reader;
	int err;

	ulib_error_forget();
	if (!ulib_strategy_valid(config->strategy))
		return ulib_refuse_strategy(config->strategy);
	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return -ENOMEM;
	reader->client = client;
	if (ulib_is_checked(client)) {
		err = ulib_checked_reader_open(reader);
		if (err)
			goto fail;
	}
	err = join(reader, config);
	if (err)
		goto fail;
	err = ulib_head_open(reader);
	if (err)
		goto fail_join;
	enlist(reader);
	ulib_poll_again(client, 0);
	*out = reader;
	return 0;

fail_join:
	leave(reader, !reader->resumed);
fail:
	free(reader->use);
	free(reader);
	return err;
}

void rring_reader_close(struct rring_reader *reader, int forget)
{
	if (ulib_is_inherited(reader->client)) {
		delist(reader);
		ulib_inherited_reader_free(reader);
		return;
	}
	leave(reader, forget);
	ulib_xxl_unpin(reader, UINT64_MAX);
	delist(reader);
	ulib_head_close(reader);
	/* the client's poll descriptor must not report this reader any more */
	ulib_poll_again(reader->client, 0);
	free(reader->use);
	free(reader);
}

uint64_t rring_reader_epoch(const struct rring_reader *reader)
{
	return rring_ring_epoch(reader->client->arena, reader->info);
}

struct rring_type rring_reader_type(const struct rring_reader *reader)
{
	const struct rring_ring_info *info = reader->info;

	return (struct rring_type) {
		.name = info->type_size ? info->type_name : NULL,
		.size = info->type_size,
	};
}
