// SPDX-License-Identifier: MPL-2.0
#include <string.h>

#include "arena.h"
#include "xxl_event.h"
#include "sleeper.h"
#include "stream.h"
#include "killed_client.h"

#define LEN	64	/* bytes of a small event */

/* ---- preparation ---- */

void victim_find_nothing(struct victim *self)
{
	struct rring_writer *writer = self->writer;

	writer->claimed = writer->head;
	if (writer->headers)
		memset(writer->headers, 0,
		       writer->capacity * sizeof(*writer->headers));
}

void victim_make(struct victim *self)
{
	uint64_t number = self->writer ? self->writer->head : 0;
	int i;

	for (i = 0; i < EVENTS; i++)
		self->event[i] = xxl_make(self->client, self->len, number + i);
}

void victim_make_shared(struct victim *self)
{
	int i;

	victim_make(self);
	for (i = 0; i < EVENTS; i++)
		rring_share(self->client, &self->event[i]);
}

void victim_park(struct victim *self)
{
	victim_make(self);
	MUST(!rring_drop(self->client, &self->event[0]));
}

void victim_park_and_share(struct victim *self)
{
	victim_park(self);
	rring_share(self->client, &self->event[1]);
}

/* The ring has no readers, so the next publish has to settle its entries. */
void victim_fill_own(struct victim *self)
{
	struct rring_ring_config config = {
		.name = "own",
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = EVENTS,
	};
	int i;

	self->writer = writer_of(self->client, &config);
	victim_make(self);
	for (i = 0; i < EVENTS; i++)
		MUST(!rring_publish(self->writer, &self->event[i]));
	victim_make(self);
}

void victim_keep_two(struct victim *self)
{
	MUST(rring_peek(self->reader, 1) == 1);
	MUST(!rring_entry(self->reader, 0, &self->event[0]));
	MUST(!rring_keep(self->reader, &self->event[0]));
	MUST(!rring_hold(self->client, &self->event[0]));
	MUST(!rring_release(self->reader, 1));
}

void victim_take_the_rest(struct victim *self)
{
	struct rring_event event;

	while (!rring_alloc(self->client, self->len, 7, &event))
		;
}

void victim_until_read(struct victim *self)
{
	until_waiting(self->writer->info, RRING_READERS_WAIT);
	until_asleep(self->survivor->pid);
}

void victim_until_written(struct victim *self)
{
	until_waiting(self->reader->info, RRING_WRITER_WAITS);
	until_asleep(self->survivor->pid);
}

void victim_until_starving(struct victim *self)
{
	until_starving(self->client, rring_class_for(self->len),
		       self->survivor->pid);
}

/* ---- operations, which are single-stepped ---- */

void victim_alloc(struct victim *self)
{
	MUST(!rring_alloc(self->client, self->len, 7, &self->event[0]));
}

void victim_alloc_batch(struct victim *self)
{
	MUST(rring_alloc_batch(self->client, RRING_XS, LEN, 7, self->event,
			       EVENTS) == EVENTS);
}

void victim_hold(struct victim *self)
{
	MUST(!rring_hold(self->client, &self->event[0]));
}

void victim_drop(struct victim *self)
{
	MUST(!rring_drop(self->client, &self->event[0]));
}

void victim_trim(struct victim *self)
{
	rring_trim(self->client);
}

void victim_publish(struct victim *self)
{
	MUST(!rring_publish(self->writer, &self->event[0]));
}

void victim_publish_batch(struct victim *self)
{
	MUST(rring_publish_batch(self->writer, self->event, EVENTS) == EVENTS);
}

void victim_reserve_and_commit(struct victim *self)
{
	struct rring_event event = { .len = LEN };
	uint32_t i;

	MUST(!rring_reserve(self->writer, 2));
	for (i = 0; i < 2; i++) {
		event.data = rring_reserved(self->writer, i, LEN, 7);
		xxl_fill(&event, self->writer->head + i);
	}
	rring_commit(self->writer, 2);
}

void victim_receive(struct victim *self)
{
	MUST(rring_peek(self->reader, 1) == 1);
	MUST(!rring_entry(self->reader, 0, &self->event[0]));
	MUST(!rring_release(self->reader, 1));
}

void victim_try_read(struct victim *self)
{
	MUST(!rring_try_read(self->reader, &self->event[0]));
	MUST(!rring_try_read(self->reader, &self->event[0]));
}

static int take(void *context, const struct rring_event *event)
{
	struct victim *self = context;

	return rring_keep(self->reader, event);
}

void victim_read_batch(struct victim *self)
{
	MUST(rring_read_batch(self->reader, take, self, 2) == 2);
}

void victim_keep_and_drop(struct victim *self)
{
	MUST(rring_peek(self->reader, 1) == 1);
	MUST(!rring_entry(self->reader, 0, &self->event[0]));
	MUST(!rring_keep(self->reader, &self->event[0]));
	MUST(!rring_release(self->reader, 1));
	MUST(!rring_drop(self->client, &self->event[0]));
}

void victim_forward(struct victim *self)
{
	MUST(rring_peek(self->reader, 1) == 1);
	MUST(!rring_entry(self->reader, 0, &self->event[0]));
	MUST(!rring_keep(self->reader, &self->event[0]));
	MUST(!rring_publish(self->writer, &self->event[0]));
	MUST(!rring_release(self->reader, 1));
}

void victim_upgrade(struct victim *self)
{
	MUST(!rring_upgrade(self->client, self->survivor->held.handle,
			    &self->event[0]));
}

void victim_upgrade_stale(struct victim *self)
{
	MUST(rring_upgrade(self->client, self->survivor->stale,
			   &self->event[0]) == -ESTALE);
}

void victim_open_client(struct victim *self)
{
	self->client = client_of(self->survivor->arena_fd, RRING_PRODUCER);
}

void victim_close_client(struct victim *self)
{
	rring_close(self->client);
}

void victim_open_writer(struct victim *self)
{
	struct rring_ring_config config = {
		.name = "own",
		.kind = RRING_HANDLES,
		.capacity = EVENTS,
	};

	self->writer = writer_of(self->client, &config);
}

void victim_take_over(struct victim *self)
{
	self->writer = survivor_out(self->client, RRING_HANDLES);
}

void victim_close_writer(struct victim *self)
{
	rring_writer_close(self->writer);
}

void victim_leave_writer(struct victim *self)
{
	rring_writer_leave(self->writer);
}

void victim_open_reader(struct victim *self)
{
	self->reader = survivor_narrow(self->client, RRING_HANDLES);
}

void victim_close_reader(struct victim *self)
{
	rring_reader_close(self->reader, 0);
}

void victim_open_named_reader(struct victim *self)
{
	self->reader = survivor_in(self->client, RRING_HANDLES);
}

void victim_forget_reader(struct victim *self)
{
	rring_reader_close(self->reader, 1);
}

const struct rring_pipe_config victim_pipe = {
	.name = "pipe",
	.kind = RRING_HANDLES,
	.capacity = EVENTS,
};

void victim_create_pipe(struct victim *self)
{
	struct rring_pipe *pipe;

	MUST(!rring_pipe_create(self->client, &victim_pipe, &pipe));
}
