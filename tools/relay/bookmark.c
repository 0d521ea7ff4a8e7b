// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../rring/output/report.h"
#include "bookmark.h"

#define CAPACITY	8
#define STRIDE		64
#define FORMAT		1	/* event type: of struct entry */

/* An event of the ring of bookmarks. */
struct entry {
	uint64_t ring_epoch;
	uint64_t ring_position;
	uint64_t epoch;
	uint64_t position;
	uint64_t stream;
};

/* FNV-1a */
static uint64_t hash(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3;
	return hash;
}

static void must_work(int err, const char *name)
{
	if (err)
		fail_with(err, "cannot keep bookmarks in the ring '%s'", name);
}

/* The last bookmark may be of an earlier ring of this name. */
static void use(struct bookmark *bookmark, const struct rring_event *event,
		const char *name)
{
	struct entry entry;

	if (event->event_type != FORMAT || event->len != sizeof(entry))
		fail("the ring '%s' has something else than bookmarks: another program writes it",
		     name);
	memcpy(&entry, event->data, sizeof(entry));
	bookmark->valid = entry.ring_epoch ==
			  rring_writer_epoch(bookmark->ring) &&
			  entry.ring_position <=
			  rring_writer_position(bookmark->ring);
	bookmark->moved = bookmark->valid && entry.stream != bookmark->stream;
	bookmark->from = entry.ring_position;
	bookmark->id = (struct broker_id) { entry.epoch, entry.position };
}

/* Use the last bookmark, and release those before it. */
static void find_last(struct bookmark *bookmark, const char *name)
{
	long n = rring_peek(bookmark->reader, CAPACITY);
	struct rring_event event;

	if (n == -EAGAIN || n == -EPIPE)
		return;
	must_work(n < 0 ? (int)n : 0, name);
	must_work(rring_entry(bookmark->reader, (uint32_t)n - 1, &event), name);
	use(bookmark, &event, name);
	must_work(rring_release(bookmark->reader, (uint32_t)n - 1), name);
}

/* The ring has room: the reader keeps no more than the last bookmark. */
static void write_entry(struct bookmark *bookmark)
{
	const struct entry entry = {
		.ring_epoch = rring_writer_epoch(bookmark->ring),
		.ring_position = bookmark->from,
		.epoch = bookmark->id.epoch,
		.position = bookmark->id.position,
		.stream = bookmark->stream,
	};
	int err = rring_add(bookmark->writer, &entry, sizeof(entry), FORMAT);
	long n = err ? err : rring_peek(bookmark->reader, CAPACITY);

	if (n > 1)
		err = rring_release(bookmark->reader, (uint32_t)n - 1);
	if (err || n < 0)
		fail_with(err ? err : (int)n, "cannot write a bookmark");
}

void bookmark_open(struct bookmark *bookmark, struct rring_writer *ring,
		   const char *name, const char *text, bool moved)
{
	char own[2 * RRING_NAME_MAX];
	const struct rring_ring_config config = {
		.name = own,
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stride = STRIDE,
	};
	const struct rring_reader_config reader = {
		.ring_name = own,
		.name = BOOKMARK_READER,
		.start = RRING_START_OLDEST,
	};
	struct rring_client *client = rring_writer_client(ring);

	snprintf(own, sizeof(own), "%s" BOOKMARK_SUFFIX, name);
	if (strlen(own) >= RRING_NAME_MAX)
		fail("the name '%s' is too long: '%s' has to be a name, too",
		     name, own);
	bookmark->ring = ring;
	bookmark->stream = hash(text);
	must_work(rring_writer_open(client, &config, &bookmark->writer), own);
	must_work(rring_reader_open(client, &reader, &bookmark->reader), own);
	find_last(bookmark, own);
	if (!bookmark->moved)
		return;
	if (!moved)
		fail("the events of the ring '%s' came from another URL than %s: give another ring or, if it is the same stream in another place, --moved",
		     name, text);
	write_entry(bookmark);
}

struct broker_id bookmark_next(const struct bookmark *bookmark)
{
	struct broker_id id = bookmark->id;

	id.position += rring_writer_position(bookmark->ring) - bookmark->from;
	return id;
}

void bookmark_set(struct bookmark *bookmark, struct broker_id id)
{
	struct broker_id next = bookmark_next(bookmark);

	if (bookmark->valid && next.epoch == id.epoch &&
	    next.position == id.position)
		return;
	bookmark->valid = true;
	bookmark->from = rring_writer_position(bookmark->ring);
	bookmark->id = id;
	write_entry(bookmark);
}
