// SPDX-License-Identifier: MPL-2.0
/* The producer: publishes every record of the status file, pass by pass. */
#include "producer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "complaint.h"
#include "plan.h"
#include "record.h"
#include "stage.h"

struct producer {
	struct rring_client *client;
	struct rring_writer *writer;
	struct stage *stage;
};

static int producer_open(struct producer *producer, const char *arena)
{
	const struct rring_ring_config config = {
		.name = RING_NAME,
		.kind = RRING_HANDLES,
		.policy = RRING_BLOCK,
		.capacity = RING_CAPACITY,
	};
	int err;

	err = rring_open(&producer->client, arena, RRING_PRODUCER,
			 RRING_SINGLE_THREADED);
	if (err) {
		complain(-err, "producer: cannot attach to arena %s", arena);
		return err;
	}
	err = rring_writer_open(producer->client, &config, &producer->writer);
	if (err)
		complain(-err, "producer: cannot open ring %s", config.name);
	return err;
}

/* Wait until all actors have joined: a later reader could miss events. */
static void await_readers(struct stage *stage)
{
	const struct timespec pause = { .tv_nsec = 1000 * 1000 };

	RRING_STORE_RELEASE(&stage->ring_open, 1);
	while (!RRING_LOAD_ACQUIRE(&stage->start))
		nanosleep(&pause, NULL);
}

static int fill(struct producer *producer, const struct record *record,
		uint32_t i, uint32_t pass, struct rring_event *event)
{
	struct text piece = record_piece(record, i);
	uint32_t type = event_type(pass, record_piece_kind(record, i));
	int err;

	do {
		err = rring_alloc_until(producer->client, piece.len, type,
					RRING_FOREVER, event);
	} while (err == -EINTR);
	if (!err)
		memcpy(event->data, piece.at, piece.len);
	return err;
}

static void count(struct stage *stage, const struct rring_event *event)
{
	uint32_t pool = rring_handle_class(event->handle);

	RRING_STORE(&stage->published, stage->published + 1);
	RRING_STORE(&stage->class_events[pool], stage->class_events[pool] + 1);
	RRING_STORE(&stage->class_bytes[pool],
		    stage->class_bytes[pool] + event->len);
}

/*
 * Publish all pieces of @record. All of them are allocated before the first one
 * is published. So a reader that has seen one never waits for a free slot for
 * the next, however many slots readers hold.
 */
static int publish_record(struct producer *producer,
			  const struct record *record, uint32_t pass)
{
	struct rring_event event[PIECES_MAX];
	uint32_t i;
	int err;

	for (i = 0; i < record->pieces; i++) {
		err = fill(producer, record, i, pass, &event[i]);
		if (err)
			return err;
	}
	for (i = 0; i < record->pieces; i++) {
		do {
			err = rring_publish(producer->writer, &event[i]);
		} while (err == -EINTR);
		if (err)
			return err;
		count(producer->stage, &event[i]);
	}
	return 0;
}

static int publish_passes(struct producer *producer,
			  const struct records *records, uint32_t passes)
{
	uint32_t pass, i;
	int err;

	for (pass = 0; pass < passes; pass++) {
		for (i = 0; i < records->count; i++) {
			err = publish_record(producer, &records->record[i],
					     pass);
			if (!err)
				continue;
			complain(-err, "producer: record %u of pass %u", i,
				 pass);
			return err;
		}
	}
	return 0;
}

int producer_main(const struct plan *plan, struct stage *stage)
{
	struct producer producer = { .stage = stage };
	struct records records;
	int err;

	if (records_load(&records, plan->fd, plan->path))
		return EXIT_FAILURE;
	err = producer_open(&producer, plan->arena);
	if (!err) {
		await_readers(stage);
		err = publish_passes(&producer, &records, plan->passes);
		rring_writer_close(producer.writer);
	}
	if (producer.client)
		rring_close(producer.client);
	records_free(&records);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
