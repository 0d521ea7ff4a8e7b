// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../rring/input/attach.h"
#include "../rring/output/report.h"
#include "session.h"
#include "source.h"

/* ---- join and leave ---- */

static void refuse_reader(const struct source *source, int err)
{
	if (err == -EBUSY)
		fail("another program reads the ring '%s' as '%s': give a --name",
		     source->ring, source->name);
	fail_with(err, "cannot read the ring '%s'", source->ring);
}

/* Returns NULL if the ring does not know the name, and @config wants that. */
static struct rring_reader *join(const struct source *source, uint32_t ring,
				 struct rring_reader_config config)
{
	struct rring_reader *reader;
	int err;

	config.ring = ring;
	err = rring_reader_open(source->client, &config, &reader);
	if (err == -ENOENT && config.flags & RRING_JOIN_RESUME)
		return NULL;
	if (err)
		refuse_reader(source, err);
	return reader;
}

static struct rring_reader *observe(const struct source *source, uint32_t ring,
				    uint64_t position)
{
	return join(source, ring, (struct rring_reader_config) {
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_AT,
		.position = position,
	});
}

static struct rring_reader *resume(const struct source *source, uint32_t ring,
				   const char *name)
{
	return join(source, ring, (struct rring_reader_config) {
		.name = name,
		.flags = RRING_JOIN_RESUME,
	});
}

/* A predecessor may have died before it gave this name up. */
static void forget(const struct source *source, uint32_t ring, const char *name)
{
	struct rring_reader *reader = resume(source, ring, name);

	if (reader)
		rring_reader_close(reader, 1);
}

/* Another relay may settle, and give .begun up, between the first two looks. */
static void join_by_name(struct source *source, uint32_t ring)
{
	struct rring_reader *begun;

	source->reader = resume(source, ring, source->name);
	if (source->reader) {
		forget(source, ring, source->begun);
		return;
	}
	begun = join(source, ring, (struct rring_reader_config) {
		.name = source->begun,
		.start = RRING_START_OLDEST,
	});
	source->reader = resume(source, ring, source->name);
	source->is_new = !source->reader;
	if (source->is_new)
		source->reader = begun;
	else
		rring_reader_close(begun, 1);
}

/* Only a ring that does not overwrite has readers with a name. */
void source_open(struct source *source, const struct relay *relay)
{
	struct rring_reader_config config = {
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_OLDEST,
	};
	struct rring_reader *observer;

	source->ring = relay->ring;
	source->client = attach(relay->arena, RRING_CONSUMER);
	observer = attach_reader(source->client, relay->ring, &config,
				 relay->wait);
	source->reader = observer;
	source->is_new = observer->info->policy == RRING_OVERWRITE;
	if (!source->is_new) {
		source->name = relay->name;
		snprintf(source->begun, sizeof(source->begun),
			 "%s" SOURCE_BEGUN, relay->name);
		join_by_name(source, rring_reader_ring_id(observer));
		rring_reader_close(observer, 1);
	}
	source->copies = rring_reader_can_be_lapped(source->reader);
	source->epoch = rring_reader_epoch(source->reader);
	if (!source->epoch)
		fail("the module is older than this program: its rings have no epoch");
}

void source_close(struct source *source)
{
	rring_close(source->client);
	free(source->copy);
}

/* ---- positions ---- */

uint64_t source_position(const struct source *source)
{
	return rring_reader_position(source->reader);
}

uint64_t source_head(const struct source *source)
{
	return source_position(source) + rring_reader_lag(source->reader);
}

static void end_again(struct source *source)
{
	rring_reader_close(source->again, 1);
	source->again = NULL;
}

void source_seek(struct source *source, uint64_t position)
{
	uint32_t ring = rring_reader_ring_id(source->reader);
	struct rring_reader *before = source->reader;

	if (source->again)
		end_again(source);
	if (!source->name) {
		source->reader = observe(source, ring, position);
		rring_reader_close(before, 1);
	} else if (position < source_position(source)) {
		source->again = observe(source, ring, position);
	} else if (source->copies) {
		rring_release_to(source->reader, position);
	}
}

/* ---- read ---- */

static void must_read(const struct source *source, int err)
{
	if (err)
		fail_with(err, "cannot go on reading the ring '%s'",
			  source->ring);
}

/*
 * Fill @entry by @err, which rring_entry() has returned, and by @event. An entry
 * that a kernel writer has discarded, or that is nonsense, has no event.
 */
static void describe(const struct source *source, int err, uint64_t position,
		     const struct rring_event *event, struct broker_entry *entry)
{
	*entry = (struct broker_entry) {
		.id = { source->epoch, position },
		.empty = err,
		.time = source->time,
		.ring_type = rring_reader_type(source->reader),
	};
	if (err && err != -ENODATA && err != -EBADMSG && err != -ESTALE)
		must_read(source, err);
	if (err)
		return;
	entry->type = event->event_type;
	entry->data = event->data;
	entry->len = event->len;
}

static int no_entry(const struct source *source, long n)
{
	if (n == -EAGAIN || n >= 0)
		return SOURCE_DRY;
	if (n == -EPIPE)
		return SOURCE_ENDED;
	must_read(source, (int)n);
	return SOURCE_DRY;
}

/* The entry stays where it is until it is acknowledged. */
static int next_in_place(struct source *source, uint64_t position,
			 struct broker_entry *entry)
{
	uint32_t i = (uint32_t)(position - source_position(source));
	long n = rring_peek(source->reader, i + 1);
	struct rring_event event;
	int err;

	if (n <= (long)i)
		return no_entry(source, n);
	err = rring_entry(source->reader, i, &event);
	describe(source, err, position, &event, entry);
	return 0;
}

static void copy(struct source *source, struct broker_entry *entry)
{
	if (entry->len > source->room) {
		source->room = entry->len;
		source->copy = must(realloc(source->copy, source->room));
	}
	if (entry->len)
		memcpy(source->copy, entry->data, entry->len);
	entry->data = source->copy;
}

/* The copy counts only if the entry was not overwritten until the release. */
static int next_as_copy(struct source *source, struct rring_reader *reader,
			struct broker_entry *entry)
{
	struct rring_event event;
	int err = -ESTALE;
	long n = 0;

	while (err == -ESTALE) {
		n = rring_peek(reader, 1);
		if (n < 1 && n != -ESTALE)
			return no_entry(source, n);
		if (n < 1)
			continue;
		err = rring_entry(reader, 0, &event);
		describe(source, err, rring_reader_position(reader), &event,
			 entry);
		copy(source, entry);
		err = rring_release(reader, 1);
	}
	must_read(source, err);
	return 0;
}

/* Is there anything to be read again, below the reader? */
static bool reads_again(struct source *source)
{
	if (source->again && rring_reader_position(source->again) >=
			     source_position(source))
		end_again(source);
	return source->again;
}

int source_next(struct source *source, uint64_t position,
		struct broker_entry *entry)
{
	if (reads_again(source)) {
		int state = next_as_copy(source, source->again, entry);

		if (!state && entry->id.position < source_position(source))
			return 0;
		end_again(source);
	}
	if (source->copies)
		return next_as_copy(source, source->reader, entry);
	if (position < source_position(source))
		position = source_position(source);
	return next_in_place(source, position, entry);
}

/* The broker has an entry of this ring, so a successor can ask it where to go on. */
static void settle(struct source *source)
{
	struct rring_reader *begun = source->reader;

	source->reader = join(source, rring_reader_ring_id(begun),
			      (struct rring_reader_config) {
		.name = source->name,
		.start = RRING_START_AT,
		.position = rring_reader_position(begun),
	});
	source->is_new = false;
	rring_reader_close(begun, 1);
}

void source_acknowledge(struct source *source, uint64_t position)
{
	long n;

	if (source->is_new && source->name)
		settle(source);
	if (source->copies || position != source_position(source))
		return;
	n = rring_peek(source->reader, 1);
	must_read(source, n < 0 ? (int)n : rring_release(source->reader, 1));
}

void source_wait(struct source *source)
{
	int err = rring_wait_readable(source->reader,
				      rring_deadline(SESSION_REST_NS));

	if (err != -ETIMEDOUT && err != -EINTR)
		must_read(source, err);
}
