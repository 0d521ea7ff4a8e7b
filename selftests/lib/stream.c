// SPDX-License-Identifier: MPL-2.0
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "stream.h"

uint32_t stream_len(uint64_t number, uint32_t max)
{
	return 8 + (uint32_t)(number * 5 % (max / 8)) * 8;
}

static uint64_t word_of(uint64_t number, uint32_t i)
{
	return number * 0x9e3779b97f4a7c15ull + i;
}

void stream_fill(void *data, uint32_t len, uint64_t number)
{
	uint64_t *words = data;
	uint32_t i;

	for (i = 0; i < len / 8; i++)
		words[i] = word_of(number, i);
}

int stream_intact(const struct rring_event *event, uint64_t number,
		  uint32_t max)
{
	const volatile uint64_t *words = event->data;
	uint32_t i;

	if (event->len != stream_len(number, max) ||
	    event->event_type != (uint32_t)number)
		return 0;
	for (i = 0; i < event->len / 8; i++)
		if (words[i] != word_of(number, i))
			return 0;
	return 1;
}

static int put_inline(struct rring_writer *writer, uint32_t max)
{
	uint64_t number = writer->head;
	uint32_t len = stream_len(number, max);
	int err = rring_reserve(writer, 1);

	if (err)
		return err;
	stream_fill(rring_reserved(writer, 0, len, (uint32_t)number), len,
		    number);
	rring_commit(writer, 1);
	return 0;
}

static int put_handle(struct rring_writer *writer, uint32_t max)
{
	uint64_t number = writer->head;
	struct rring_event event;
	int err;

	err = rring_alloc_until(writer->client, stream_len(number, max),
				(uint32_t)number, SOON(), &event);
	if (err)
		return err;
	stream_fill(event.data, event.len, number);
	err = rring_publish(writer, &event);
	if (err)
		rring_drop(writer->client, &event);
	return err;
}

int stream_put(struct rring_writer *writer, uint32_t max)
{
	return writer->headers ? put_inline(writer, max) :
				 put_handle(writer, max);
}

int stream_take(struct rring_reader *reader, uint32_t max)
{
	struct rring_event event;
	long n = rring_peek(reader, 1);
	int err, intact;

	if (n != 1)
		return n < 0 ? (int)n : -EBADMSG;
	err = rring_entry(reader, 0, &event);
	intact = !err && stream_intact(&event, reader->pos, max);
	err = rring_release(reader, 1);
	if (err)
		return err;
	return intact ? 0 : -EBADMSG;
}

int stream_take_soon(struct rring_reader *reader, uint32_t max)
{
	int err;

	while ((err = stream_take(reader, max)) == -EAGAIN) {
		err = rring_wait_readable(reader, SOON());
		if (err)
			return err;
	}
	return err;
}

long stream_drain(struct rring_reader *reader, uint32_t max)
{
	long n = 0;
	int err;

	while (!(err = stream_take(reader, max)))
		n++;
	return err == -EAGAIN || err == -EPIPE ? n : err;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "# %s: %s\n", what, strerror(-err));
	_exit(1);
}

struct rring_writer *writer_of(struct rring_client *client,
			       const struct rring_ring_config *config)
{
	struct rring_writer *writer;
	int err = rring_writer_open(client, config, &writer);

	if (err)
		die("cannot open a writer", err);
	return writer;
}

struct rring_writer *small_writer_of(struct rring_client *client,
				     const char *name)
{
	struct rring_ring_config config = {
		.name = name,
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
	};

	return writer_of(client, &config);
}

struct rring_reader *reader_of(struct rring_client *client,
			       const struct rring_reader_config *config)
{
	struct rring_reader *reader;
	int err = rring_reader_open(client, config, &reader);

	if (err)
		die("cannot open a reader", err);
	return reader;
}

struct rring_reader *reader_at(struct rring_client *client, uint32_t ring)
{
	struct rring_reader_config config = {
		.ring = ring,
		.start = RRING_START_OLDEST,
	};

	return reader_of(client, &config);
}

void until_waiting(const struct rring_ring_info *info, uint32_t bit)
{
	while (!(rring_flag_load_acquire(&info->waiters) & bit))
		sched_yield();
}

void until_slot_wanted(const struct rring_client *client, enum rring_class pool)
{
	while (!(rring_flag_load_acquire(&client->arena->pool_waiters) &
		 1u << pool))
		sched_yield();
}

int is_readable(const struct rring_client *client)
{
	struct pollfd pollfd = {
		.fd = rring_client_fd(client),
		.events = POLLIN,
	};

	return poll(&pollfd, 1, 0);
}
