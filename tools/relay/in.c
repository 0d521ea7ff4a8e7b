// SPDX-License-Identifier: MPL-2.0
/*
 * From a stream to a ring.
 *
 * The relay reads the entries above the last one that is in the ring, and publishes
 * their events in order. Bookmarks (bookmark.h) say which one that is. If a position is
 * not in the stream, the relay asks again for a while (--patience) before it says so. A
 * relay that appends leaves no such gap, but a person may repair a stream.
 *
 * A ring that is not there is created with the first event, as this says which type the
 * ring has.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../rring/input/attach.h"
#include "../rring/input/geometry.h"
#include "../rring/output/report.h"
#include "bookmark.h"
#include "session.h"

#define BLOCK_MS	1000		/* the broker waits for an entry */
#define FIRST_BATCH	16		/* entries, until their size is known */
#define BYTES_MAX	(2u << 20)	/* of a batch */
#define GAP_MS		10		/* before a second look; doubles with each */
#define GAP_MAX_MS	5000

struct in {
	struct relay *relay;
	struct rring_client *client;
	struct rring_writer *writer;	/* NULL: the ring is not there yet */
	struct rring_reader *keeper;	/* so that the ring stays; or NULL */
	struct bookmark bookmark;
	struct broker_id next;	/* the entry that comes next */
	bool known;		/* .next is; else the oldest entry is next */
	bool told;		/* that the stream ends before .next */
	uint32_t batch;		/* entries to ask for */
	uint32_t taken;		/* entries of the last answer */
	size_t bytes;		/* of these */
	bool gap;		/* .next is not in the stream, and later ones are */
	uint32_t pause;		/* ms that the relay has rested last for that */
	uint64_t waited;	/* ms for .next, in all */
};

/* ---- the ring ---- */

static const char *advice(int err)
{
	switch (err) {
	case -EBUSY:
		return "it has a writer, and takes no second one (`rring ring' shows which)";
	case -EEXIST:
		return "it is there with another geometry";
	case -EACCES:
		return "it is another user's";
	default:
		return rring_error_detail(err);
	}
}

/* A ring that is there has its geometry and type, whatever the user says. */
static bool take_geometry(const struct in *in, struct rring_ring_config *config,
			  struct rring_reader **reader)
{
	const struct rring_reader_config join = {
		.ring_name = config->name,
		.flags = RRING_JOIN_OBSERVER,
	};
	const struct rring_ring_info *info;

	if (rring_reader_open(in->client, &join, reader))
		return false;
	info = (*reader)->info;
	config->kind = info->kind;
	config->policy = info->policy;
	config->capacity = info->capacity;
	config->stride = info->stride;
	config->retain = info->policy == RRING_OVERWRITE ? 0 : info->retain;
	config->stall_ns = info->stall_ns;
	config->type = rring_reader_type(*reader);
	return true;
}

/* Open the ring. Without @type, do not create it: returns false if it is not there. */
static bool open_ring(struct in *in, const struct rring_type *type)
{
	struct rring_ring_config config = in->relay->config;
	struct rring_reader *reader = NULL;
	int err;

	if (!take_geometry(in, &config, &reader)) {
		if (!type)
			return false;
		geometry_choose(&config, in->client);
		config.type = *type;
	}
	err = rring_writer_open(in->client, &config, &in->writer);
	if (err)
		fail("cannot write the ring '%s': %s", config.name,
		     advice(err));
	if (reader)
		rring_reader_close(reader, 1);
	return true;
}

/*
 * A ring without writer and reader is removed. So that it waits for the next relay, this
 * one reads it, too, and lets go of each event at once. A ring that overwrites has no
 * such readers.
 */
static void keep_ring(struct in *in)
{
	const struct rring_reader_config config = {
		.ring_name = in->relay->ring,
		.name = BOOKMARK_READER,
		.start = RRING_START_NEWEST,
	};
	int err;

	if (in->writer->info->policy == RRING_OVERWRITE)
		return;
	err = rring_reader_open(in->client, &config, &in->keeper);
	if (err)
		fail_with(err, "cannot read the ring '%s'", in->relay->ring);
	rring_reader_skip(in->keeper, 0);
}

/* Open the ring with all that belongs to it, as open_ring() does. */
static void open_all(struct in *in, const struct rring_type *type)
{
	if (!open_ring(in, type))
		return;
	keep_ring(in);
	bookmark_open(&in->bookmark, in->writer, in->relay->ring,
		      in->relay->url.text, in->relay->moved);
	in->known = in->bookmark.valid;
	if (in->known)
		in->next = bookmark_next(&in->bookmark);
}

/* All events of a ring have its type. */
static void check_type(const struct in *in, const struct broker_entry *entry)
{
	const struct rring_ring_info *info = in->writer->info;
	const struct rring_type *type = &entry->ring_type;

	if (info->type_size == type->size &&
	    (!type->size || !strcmp(info->type_name, type->name)))
		return;
	fail("the ring '%s' has %s%.*s, and the event %" PRIu64 "-%" PRIu64 " of the stream has %s%s: give another ring",
	     in->relay->ring, info->type_size ? "the type " : "no type",
	     RRING_NAME_MAX, info->type_size ? info->type_name : "",
	     entry->id.epoch, entry->id.position,
	     type->size ? "the type " : "none", type->size ? type->name : "");
}

/* ---- how far the stream is ahead ---- */

/*
 * The entries up to @last that are not in the ring. Of those of a later ring nobody
 * knows where they begin: at least one waits, and no more than the stream has.
 */
static uint64_t lag(const struct in *in, struct broker_id last, uint64_t entries)
{
	struct broker_id before = broker_id_before(in->next);
	uint64_t n = last.position + 1;

	if (!in->known)
		return entries;
	if (last.epoch < before.epoch)
		return 0;
	if (last.epoch == before.epoch)
		n = last.position > before.position ?
		    last.position - before.position : 0;
	return n < entries ? n : entries;
}

static void tell_end(struct in *in, struct broker_id last)
{
	const struct broker_id before = broker_id_before(in->next);

	if (in->told || last.epoch > before.epoch ||
	    (last.epoch == before.epoch && last.position >= before.position))
		return;
	warn("%s: the stream ends before %" PRIu64 "-%" PRIu64 ", which is in the ring already: waiting for what comes after that",
	     in->relay->url.text, before.epoch, before.position);
	in->told = true;
}

static int look(struct in *in)
{
	struct broker *broker = in->relay->broker;
	struct broker_id last;
	uint64_t entries;
	int error = broker->ops->last(broker, &last, &entries);

	if (error)
		return error;
	in->relay->counts.lag = lag(in, last, entries);
	if (in->known)
		tell_end(in, last);
	return 0;
}

/* ---- an event ---- */

/* Allocate, fill and publish an event. Returns 0 or an error. */
static int publish_handle(struct in *in, const struct broker_entry *entry,
			  uint64_t deadline)
{
	enum rring_class pool = geometry_class(in->client, entry->len);
	struct rring_event event;
	size_t room = entry->len;
	int err;

	if (pool == RRING_POOLS)
		return -E2BIG;
	if (pool != RRING_XXL)
		room = in->client->arena->pool[pool].slot_size;
	err = rring_alloc_until(in->client, room, entry->type, deadline, &event);
	if (err)
		return err;
	err = rring_resize(in->client, &event, (uint32_t)entry->len);
	if (!err && entry->len)
		memcpy(event.data, entry->data, entry->len);
	if (!err)
		err = rring_publish_until(in->writer, &event, deadline);
	if (err)
		rring_drop(in->client, &event);
	return err;
}

static int publish_once(struct in *in, const struct broker_entry *entry)
{
	uint64_t deadline = rring_deadline(SESSION_REST_NS);

	if (rring_writer_stride(in->writer))
		return entry->len > rring_writer_stride(in->writer) ? -E2BIG :
		       rring_add_until(in->writer, entry->data,
				       (uint32_t)entry->len, entry->type,
				       deadline);
	return publish_handle(in, entry, deadline);
}

/* Wait for room in the ring, and for a slot. Returns false if a signal came first. */
static bool publish(struct in *in, const struct broker_entry *entry)
{
	int err;

	for (;;) {
		err = publish_once(in, entry);
		if (err != -ETIMEDOUT && err != -EINTR && err != -EDQUOT)
			break;
		if (session_is_over())
			return false;
		/* an error comes again with the next read */
		if (session_is_due(in->relay))
			look(in);
		session_tell(in->relay);
	}
	if (err == -ENOSPC)
		fail("the event %" PRIu64 "-%" PRIu64 " has %zu bytes, and all arenas together have no memory for it: raise the module's max_bytes (`rring pool' shows what is used)",
		     entry->id.epoch, entry->id.position, entry->len);
	if (err == -E2BIG)
		fail("the event %" PRIu64 "-%" PRIu64 " has %zu bytes: neither ring nor arena takes one that large (`rring ring' and `rring pool' show what they take)",
		     entry->id.epoch, entry->id.position, entry->len);
	if (err)
		fail_with(err, "cannot publish in the ring '%s'",
			  in->relay->ring);
	if (in->keeper)
		rring_reader_skip(in->keeper, 0);
	return true;
}

/* ---- entries of the stream ---- */

/* Returns true if the relay goes on behind the gap, at @id. */
static bool is_missing(struct in *in, struct broker_id id)
{
	struct relay *relay = in->relay;

	if (in->waited < 1000ull * relay->patience)
		return false;
	warn("%s: positions %" PRIu64 " to %" PRIu64 " are not in the stream%s",
	     relay->url.text, in->next.position, id.position - 1,
	     relay->skip_missing ? "" : "; --skip-missing goes on without them");
	relay->counts.missing += id.position - in->next.position;
	if (relay->skip_missing)
		return true;
	exit(STATUS_LOST);
}

/* Publish the event of @entry. Returns false if that has to wait for another read. */
static bool put(struct in *in, const struct broker_entry *entry)
{
	if (!in->writer) {
		open_all(in, &entry->ring_type);
		/* somebody has created it meanwhile, and it has events */
		if (in->bookmark.valid)
			return false;
	}
	check_type(in, entry);
	bookmark_set(&in->bookmark, entry->id);
	return publish(in, entry);
}

/* Handler of the broker. Returns 1 to stop. */
static int take(void *context, const struct broker_entry *entry)
{
	struct in *in = context;
	struct relay *relay = in->relay;

	if (in->known && entry->id.epoch == in->next.epoch &&
	    entry->id.position > in->next.position &&
	    !is_missing(in, entry->id)) {
		in->gap = true;
		return 1;
	}
	in->gap = false;
	in->taken++;
	in->bytes += entry->len;
	relay->counts.sent++;
	relay->counts.empty += entry->empty;
	if (!entry->empty && !put(in, entry))
		return 1;
	relay->counts.acknowledged++;
	relay->counts.lag -= !!relay->counts.lag;
	in->known = true;
	in->next = (struct broker_id) { entry->id.epoch,
					entry->id.position + 1 };
	return 0;
}

/* Ask for as many entries as are of a moderate size together, if they are as the last. */
static void adapt(struct in *in)
{
	uint64_t most = 2ull * in->batch;
	uint64_t fit;

	if (!in->taken)
		return;
	fit = BYTES_MAX / (in->bytes / in->taken + 1) + 1;
	if (most > fit)
		most = fit;
	in->batch = most < in->relay->batch ? (uint32_t)most : in->relay->batch;
}

/* Give the position that is not there some time. */
static void wait_for_gap(struct in *in)
{
	if (!in->gap) {
		in->pause = 0;
		in->waited = 0;
		return;
	}
	in->pause = in->pause ? 2 * in->pause : GAP_MS;
	if (in->pause > GAP_MAX_MS)
		in->pause = GAP_MAX_MS;
	session_rest(in->pause);
	in->waited += in->pause;
}

static int read_some(struct in *in)
{
	struct broker *broker = in->relay->broker;
	struct broker_id after = { 0 };
	int result;

	if (in->known)
		after = broker_id_before(in->next);
	in->taken = 0;
	in->bytes = 0;
	result = broker->ops->read(broker, after, in->batch, BLOCK_MS, take,
				   in);
	if (result < 0)
		return result;
	session_goes_on(in->relay);
	wait_for_gap(in);
	adapt(in);
	return 0;
}

static int step(struct in *in)
{
	struct relay *relay = in->relay;
	bool connects = !relay->counts.connected;
	int error = connects ? session_connect(relay) : 0;

	if (!error && (connects || session_is_due(relay)))
		error = look(in);
	return error ? error : read_some(in);
}

int in_run(struct relay *relay)
{
	struct in in = { .relay = relay, .batch = FIRST_BATCH };
	int error;

	if (in.batch > relay->batch)
		in.batch = relay->batch;
	in.client = attach(relay->arena, RRING_PRODUCER);
	relay->config.name = relay->ring;
	open_all(&in, NULL);
	session_begin(relay);
	while (!session_is_over()) {
		error = step(&in);
		if (error)
			session_pause(relay, error);
		session_tell(relay);
	}
	session_end(relay);
	if (in.writer) {
		rring_writer_leave(in.bookmark.writer);
		rring_writer_leave(in.writer);
	}
	rring_close(in.client);
	return relay->counts.missing ? STATUS_LOST : STATUS_DONE;
}
