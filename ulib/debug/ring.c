// SPDX-License-Identifier: MPL-2.0
/* Calls with writers and readers of a checked client: see debug.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <rusted_ring/internal/inline.h>

#include "../reader/reader.h"
#include "../writer/room.h"
#include "../writer/writer.h"
#include "payload.h"
#include "state.h"

/* ---- one thread at a time ---- */

/* A call with a writer or a reader, by .use. */
struct scope {
	struct rring_client *client;
	struct ulib_use *use;	/* NULL: another thread uses it, too */
};

/*
 * Begin @call. Report it if another thread is within a call with the same writer
 * or reader.
 */
static struct scope begin(struct rring_client *client, struct ulib_use *use,
			  const char *call, const void *caller)
{
	struct scope scope = { client, use };
	struct ulib_place place;
	struct ulib_finding finding = {
		.kind = ULIB_WRONG_THREAD,
		.call = call,
		.what = " while another thread uses the same writer or reader",
		.client = client,
		.place = &place,
		.other = &use->place,
	};

	ulib_debug_enter(client, call, caller);
	ulib_place_take(&place, caller);
	if (!use->depth)
		use->place = place;
	if (use->place.thread == place.thread) {
		use->depth++;
	} else {
		scope.use = NULL;
		/* the call makes others, which need no report of their own */
		if (use->second != place.thread)
			ulib_report(&finding);
		use->second = place.thread;
	}
	ulib_debug_leave(client);
	return scope;
}

/* End a call. Also called if the thread is cancelled during the call. */
static void end(void *context)
{
	const struct scope *scope = context;

	if (!scope->use)
		return;
	pthread_mutex_lock(&ulib_debug_of(scope->client)->lock);
	scope->use->depth--;
	pthread_mutex_unlock(&ulib_debug_of(scope->client)->lock);
}

/* ---- publish ---- */

/*
 * Return 1 if the client has more than @times holds on @event, to publish it. Then
 * others may access the whole slot. Otherwise report @call, and return 0.
 */
static int may_publish(struct rring_client *client,
		       const struct rring_event *event, uint32_t times,
		       const char *call, const void *caller)
{
	struct ulib_record *record;
	int may;

	ulib_debug_enter(client, call, caller);
	ulib_debug_check_given(client);
	record = ulib_debug_held(client, event, call, 0, caller);
	may = record && record->holds > times;
	if (may) {
		ulib_debug_check_end(client, record, call, caller);
		ulib_payload_open(client, record);
	} else if (record) {
		ulib_debug_report(client, ULIB_NOT_HELD, call,
				  " of an event more often than the client holds it",
				  caller);
	}
	ulib_debug_leave(client);
	return may;
}

static void note_published(struct rring_client *client,
			   struct ulib_record *record, const void *caller)
{
	ulib_debug_give(client, record, caller);
	record->given_away = !--record->holds;
	ulib_place_take(&record->given, caller);
}

/* Nobody knows the event of @record, because it could not be published. */
static void note_kept(const struct rring_client *client,
		      const struct ulib_record *record)
{
	if (record->allocated && !record->given.thread)
		ulib_payload_begin(client, record);
}

/* After the call: a hold on @event was published, if @published is not 0. */
static void note_result(struct rring_client *client,
			const struct rring_event *event, int published,
			const void *caller)
{
	struct ulib_debug *debug = ulib_debug_of(client);
	struct ulib_record *record;

	pthread_mutex_lock(&debug->lock);
	record = ulib_record_find(&debug->records, event->handle);
	if (record && record->handle == event->handle && record->holds) {
		if (published)
			note_published(client, record, caller);
		else
			note_kept(client, record);
	}
	pthread_mutex_unlock(&debug->lock);
}

int ulib_checked_publish(struct rring_writer *writer,
			 const struct rring_event *event)
{
	const char *call = "rring_publish()";
	const void *caller = ULIB_CALLER;
	struct rring_client *client = writer->client;
	struct scope scope;
	int err;

	if (!may_publish(client, event, 0, call, caller))
		return ulib_not_held(client);
	scope = begin(client, writer->use, call, caller);
	pthread_cleanup_push(end, &scope);
	err = ulib_publish_threads(writer, event);
	note_result(client, event, !err, caller);
	pthread_cleanup_pop(1);
	return err;
}

/* Return how many of the @n events at @events are @event. */
static uint32_t times_among(const struct rring_event *events, uint32_t n,
			    const struct rring_event *event)
{
	uint32_t i, times = 0;

	for (i = 0; i < n; i++)
		times += events[i].handle == event->handle;
	return times;
}

/* Return how many of the first @n events the client can publish at once. */
static uint32_t count_publishable(struct rring_client *client,
				  const struct rring_event *events, uint32_t n,
				  const void *caller)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (!rring_event_is_of(&events[i], client) ||
		    !may_publish(client, &events[i],
				 times_among(events, i, &events[i]),
				 "rring_publish_batch()", caller))
			break;
	return i;
}

static long publish_some(struct rring_writer *writer,
			 const struct rring_event *events, uint32_t n,
			 const void *caller)
{
	struct scope scope = begin(writer->client, writer->use,
				   "rring_publish_batch()", caller);
	long done;

	pthread_cleanup_push(end, &scope);
	done = ulib_publish_batch(writer, events, n);
	pthread_cleanup_pop(1);
	return done;
}

long ulib_checked_publish_batch(struct rring_writer *writer,
				const struct rring_event *events, uint32_t n)
{
	const void *caller = ULIB_CALLER;
	struct rring_client *client = writer->client;
	uint32_t may = count_publishable(client, events, n, caller);
	long i, done;

	if (n && !may)
		return rring_event_is_of(events, client) ?
		       ulib_not_held(client) :
		       rring_foreign_slow(client, events);
	done = publish_some(writer, events, may, caller);
	for (i = 0; i < may; i++)
		note_result(client, &events[i], i < done, caller);
	return done;
}

/* ---- reserve and commit ---- */

/* The flags of a ring whose readers always wait: each commit wakes them. */
static const rring_flag_t always_waiting = { RRING_READERS_WAIT };

int ulib_checked_writer_open(struct rring_writer *writer)
{
	writer->use = calloc(1, sizeof(*writer->use));
	if (!writer->use)
		return -ENOMEM;
	writer->waiters = &always_waiting;
	writer->use->reserved = writer->head;
	writer->use->committed = writer->head;
	return 0;
}

void ulib_checked_shut(struct rring_writer *writer)
{
	writer->limit = writer->head;
}

/*
 * Make room, and claim it. Then the caller has nothing to claim, and does not
 * look at the room again.
 */
int ulib_checked_make_room(struct rring_writer *writer, uint32_t n)
{
	struct scope scope = begin(writer->client, writer->use,
				   "rring_reserve()", ULIB_CALLER);
	int err;

	pthread_cleanup_push(end, &scope);
	err = ulib_make_room(writer, n);
	if (!err) {
		rring_writer_claim(writer, n);
		writer->use->reserved = writer->head + n;
	}
	ulib_checked_shut(writer);
	pthread_cleanup_pop(1);
	return err;
}

int ulib_checked_wait_writable(struct rring_writer *writer, uint32_t n,
			       uint64_t deadline)
{
	struct scope scope = begin(writer->client, writer->use,
				   "rring_wait_writable()", ULIB_CALLER);
	int err;

	pthread_cleanup_push(end, &scope);
	err = ulib_wait_writable(writer, n, deadline);
	ulib_checked_shut(writer);
	pthread_cleanup_pop(1);
	return err;
}

static struct rring_writer *writer_of(const struct rring_client *client,
				      uint32_t ring)
{
	struct rring_writer *writer;

	ulib_clients_lock();
	writer = client->own->writers;
	while (writer && writer->id != ring)
		writer = writer->next;
	ulib_clients_unlock();
	return writer;
}

/* Return 1 if an entry since the last commit is longer than the stride. */
static int has_too_long(const struct rring_writer *writer)
{
	uint64_t at = writer->use->committed;

	if (writer->head - at > writer->capacity)
		at = writer->head - writer->capacity;
	for (; at < writer->head; at++)
		if (RRING_LOAD(&writer->headers[at % writer->capacity].len) >
		    writer->stride)
			return 1;
	return 0;
}

static void check_commit(struct rring_writer *writer, const void *caller)
{
	if (writer->head > writer->use->reserved)
		ulib_debug_report(writer->client, ULIB_BEYOND_RESERVED,
				  "rring_commit()",
				  " of more entries than were reserved",
				  caller);
	else if (has_too_long(writer))
		ulib_debug_report(writer->client, ULIB_BEYOND_RESERVED,
				  "rring_commit()",
				  " of an entry that is longer than the stride",
				  caller);
}

int ulib_checked_published(struct rring_client *client, uint32_t ring)
{
	const void *caller = ULIB_CALLER;
	struct rring_writer *writer = writer_of(client, ring);
	struct scope scope;

	if (!writer)
		return 1;
	scope = begin(client, writer->use, "rring_commit()", caller);
	if (writer->headers)
		check_commit(writer, caller);
	writer->use->committed = writer->head;
	ulib_checked_shut(writer);
	end(&scope);
	return rring_flag_load(&writer->info->waiters) & RRING_READERS_WAIT;
}

/* ---- read ---- */

int ulib_checked_reader_open(struct rring_reader *reader)
{
	reader->use = calloc(1, sizeof(*reader->use));
	return reader->use ? 0 : -ENOMEM;
}

static const struct rring_entry *no_entries;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Map entries with the handle 0, as many as a ring can have. */
static void map_no_entries(void)
{
	void *addr = mmap(NULL, RRING_RING_CAPACITY_MAX *
				sizeof(struct rring_entry), PROT_READ,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	no_entries = addr == MAP_FAILED ? NULL : addr;
}

/*
 * Let @reader read entries that no event has: rring_entry() then calls the
 * library. If they cannot be mapped, rring_entry() is not checked.
 */
void ulib_checked_hide(struct rring_reader *reader)
{
	pthread_once(&once, map_no_entries);
	if (!no_entries)
		return;
	reader->entries = no_entries;
	reader->headers = NULL;
	reader->data = NULL;
}

int ulib_checked_entry(struct rring_reader *reader, uint32_t i,
		       struct rring_event *event)
{
	const void *caller = ULIB_CALLER;
	struct scope scope = begin(reader->client, reader->use,
				   "rring_entry()", caller);
	int err;

	if (i < reader->head - reader->pos) {
		err = ulib_entry(reader, i, event);
	} else {
		ulib_debug_report(reader->client, ULIB_BEYOND_PEEKED,
				  "rring_entry()",
				  " of an entry that was not peeked at",
				  caller);
		err = rring_refuse_slow(-EINVAL);
	}
	end(&scope);
	return err;
}

void ulib_checked_release(struct rring_reader *reader, uint32_t n)
{
	const void *caller = ULIB_CALLER;
	struct scope scope = begin(reader->client, reader->use,
				   "rring_release()", caller);

	if (n > reader->head - reader->pos)
		ulib_debug_report(reader->client, ULIB_BEYOND_PEEKED,
				  "rring_release()",
				  " of more entries than were peeked at",
				  caller);
	end(&scope);
}

void ulib_checked_use(struct rring_reader *reader)
{
	struct scope scope = begin(reader->client, reader->use,
				   "rring_try_read()", ULIB_CALLER);

	end(&scope);
}

int ulib_checked_wait_readable(struct rring_reader *reader, uint64_t deadline)
{
	struct scope scope = begin(reader->client, reader->use,
				   "rring_wait_readable()", ULIB_CALLER);
	int err;

	pthread_cleanup_push(end, &scope);
	err = ulib_wait_readable(reader, deadline);
	pthread_cleanup_pop(1);
	return err;
}

long ulib_checked_read_batch(struct rring_reader *reader,
			     rring_handler_t handler, void *context,
			     uint32_t max)
{
	struct scope scope = begin(reader->client, reader->use,
				   "rring_read_batch()", ULIB_CALLER);
	long n;

	pthread_cleanup_push(end, &scope);
	n = ulib_read_batch(reader, handler, context, max);
	pthread_cleanup_pop(1);
	return n;
}
