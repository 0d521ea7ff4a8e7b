// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "honest_clients.h"
#include "sleeper.h"
#include "stream.h"

#define LEN_MAX	256
#define KEPT	4

const char *const honest_ring[HONEST_RINGS] = {
	"payloads",
	"handles",
	"open",
};

/* ---- the writer ---- */

static struct rring_writer *open_ring(struct rring_client *client, int i)
{
	struct rring_ring_config config = {
		.name = honest_ring[i],
		.kind = i ? RRING_HANDLES : RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = HONEST_WINDOW,
		.stride = i ? 0 : LEN_MAX,
	};

	return writer_of(client, &config);
}

/* Never waits: the ledger of a hostile client may hold every slot. */
static int put_handle(struct rring_writer *writer)
{
	uint64_t number = writer->head;
	struct rring_event event;
	int err;

	err = rring_alloc(writer->client, stream_len(number, LEN_MAX),
			  (uint32_t)number, &event);
	if (err)
		return err;
	stream_fill(event.data, event.len, number);
	err = rring_publish(writer, &event);
	if (err)
		MUST(!rring_drop(writer->client, &event));
	return err;
}

static int write_on(void *arg)
{
	struct honest_clients *self = arg;
	struct rring_client *client = client_of(self->arena_fd,
						RRING_PRODUCER);
	struct rring_writer *writer[HONEST_RINGS];
	int i, err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < HONEST_RINGS; i++)
		writer[i] = open_ring(client, i);
	baton_pass(&self->ready);
	while (!self->shared->stop)
		for (i = 0; i < HONEST_RINGS; i++) {
			err = i ? put_handle(writer[i]) :
				  stream_put(writer[i], LEN_MAX);
			MUST(!err || err == -EAGAIN || (i && err == -ENOSPC));
		}
	for (i = 0; i < HONEST_RINGS; i++)
		self->shared->written[i] = writer[i]->head;
	rring_close(client);
	return 0;
}

/* ---- the reader ---- */

struct kept {
	struct rring_event event;
	uint64_t number;
	int used;
};

struct reading {
	struct honest_clients *self;
	struct rring_reader *reader[HONEST_RINGS];
	struct kept kept[KEPT];
};

static int is_right(const struct reading *reading,
		    const struct rring_event *event, uint64_t number)
{
	if (event->handle && reading->self->overwritten)
		return event->event_type == (uint32_t)number &&
		       event->len == stream_len(number, LEN_MAX);
	return stream_intact(event, number, LEN_MAX);
}

/* The held event is unchanged, and so is the generation of its slot. */
static void drop_kept(struct reading *reading, struct kept *kept)
{
	struct rring_client *client = reading->reader[0]->client;
	struct rring_event again;
	int err;

	if (!kept->used)
		return;
	MUST(is_right(reading, &kept->event, kept->number));
	err = rring_upgrade(client, kept->event.handle, &again);
	/* hostile producers may overwrite the header, too */
	MUST(!err || (err == -EBADMSG && reading->self->overwritten));
	MUST(err || !rring_drop(client, &again));
	MUST(!rring_drop(client, &kept->event));
	kept->used = 0;
}

static void keep(struct reading *reading, struct rring_reader *reader,
		 const struct rring_event *event)
{
	struct kept *kept =
		&reading->kept[rng_below(&reading->self->rng, KEPT)];

	drop_kept(reading, kept);
	MUST(!rring_keep(reader, event));
	*kept = (struct kept) {
		.event = *event, .number = reader->pos, .used = 1,
	};
	reading->self->shared->kept++;
}

/* Read one event of ring @i. Return 0, or the error of peek. */
static int read_one(struct reading *reading, int i)
{
	struct rring_reader *reader = reading->reader[i];
	struct rring_event event;
	long n = rring_peek(reader, 1);

	if (n < 0)
		return (int)n;
	MUST(!rring_entry(reader, 0, &event));
	MUST(is_right(reading, &event, reader->pos));
	if (event.handle && rng_below(&reading->self->rng, 2))
		keep(reading, reader, &event);
	MUST(!rring_release(reader, 1));
	reading->self->shared->read[i] = reader->pos;
	return 0;
}

static int read_on(void *arg)
{
	struct honest_clients *self = arg;
	struct rring_client *client = client_of(self->arena_fd,
						RRING_CONSUMER);
	struct reading reading = { .self = self };
	uint32_t ended = 0;
	int i, err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < HONEST_RINGS; i++) {
		struct rring_reader_config config = {
			.ring_name = honest_ring[i],
		};

		reading.reader[i] = reader_of(client, &config);
	}
	baton_pass(&self->ready);
	while (ended != (1u << HONEST_RINGS) - 1)
		for (i = 0; i < HONEST_RINGS; i++) {
			err = read_one(&reading, i);
			MUST(!err || err == -EAGAIN || err == -EPIPE);
			if (err == -EPIPE)
				ended |= 1u << i;
		}
	for (i = 0; i < HONEST_RINGS; i++)
		MUST(self->shared->read[i] == self->shared->written[i]);
	for (i = 0; i < KEPT; i++)
		drop_kept(&reading, &reading.kept[i]);
	rring_close(client);
	return 0;
}

/* ---- both ---- */

/* The reader does not see events that are written before it joins. */
void honest_clients_start(struct honest_clients *self, int arena_fd,
			  int overwritten, struct rng rng)
{
	*self = (struct honest_clients){
		.arena_fd = arena_fd,
		.overwritten = overwritten,
		.shared = shared_new(sizeof(*self->shared)),
		.rng = rng,
	};
	baton_init(&self->ready);
	self->writer = spawn(write_on, self);
	baton_wait(&self->ready);
	self->reader = spawn(read_on, self);
	baton_wait(&self->ready);
}

int honest_clients_go_on(const struct honest_clients *self, int i, uint64_t n)
{
	uint64_t until = self->shared->read[i] + n;

	while (self->shared->read[i] < until) {
		if (has_ended(self->writer) || has_ended(self->reader))
			return 0;
		sched_yield();
	}
	return 1;
}

int honest_clients_end(struct honest_clients *self)
{
	int writer, reader;

	self->shared->stop = 1;
	writer = reap(self->writer);
	reader = reap(self->reader);
	if (writer || reader)
		printf("# the writer ended with %d, the reader with %d\n",
		       writer, reader);
	return !writer && !reader;
}

uint64_t honest_clients_read(const struct honest_clients *self)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < HONEST_RINGS; i++)
		n += self->shared->read[i];
	return n;
}
