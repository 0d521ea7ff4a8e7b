// SPDX-License-Identifier: MPL-2.0
/*
 * Pipes. rring_pipe_create() opens the first end, and rring_pipe_connect() the
 * second end. The first end writes the ring NAME.a, and reads the ring NAME.b
 * under the reader name "a". The second end writes NAME.b, and reads NAME.a
 * under the reader name "b". A named reader gates even while its process is
 * away: the writer does not overwrite what this reader has not released. So no
 * event is lost before the second end connects, or before an end that died is
 * opened again. A ring that waits for its first or next writer is in the state
 * AWAITED. The state ENDED tells the reader that the other end has closed its
 * ring or died.
 */
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "debug/debug.h"
#include "pipe.h"
#include "wait.h"

#define SUFFIX	2	/* length of ".a" */

/* Names of the rings: NAME.a and NAME.b. */
struct ring_names {
	char a[RRING_NAME_MAX];
	char b[RRING_NAME_MAX];
};

static int make_names(struct ring_names *names, const char *name)
{
	size_t len = name ? strlen(name) : 0;
	int err;

	ulib_error_forget();
	if (!len)
		return ulib_error(-EINVAL, "the name of the pipe is missing or empty");
	err = ulib_name_check(name);
	if (err)
		return err;
	if (len + SUFFIX >= RRING_NAME_MAX)
		return ulib_error(-ENAMETOOLONG, "the name has %zu characters; that of a pipe may have up to %d",
				  len, RRING_NAME_MAX - 1 - SUFFIX);
	memset(names, 0, sizeof(*names));
	memcpy(names->a, name, len);
	memcpy(names->b, name, len);
	memcpy(names->a + len, ".a", SUFFIX);
	memcpy(names->b + len, ".b", SUFFIX);
	return 0;
}

static int open_source(struct rring_client *client, const char *ring,
		       const struct rring_pipe_config *config,
		       struct rring_writer **source)
{
	struct rring_ring_config ring_config = {
		.name = ring,
		.kind = config->kind,
		.policy = RRING_FAIL,
		.capacity = config->capacity,
		.stride = config->stride,
		.strategy = config->strategy,
		.type = config->type,
	};

	return rring_writer_open(client, &ring_config, source);
}

static int open_sink(struct rring_client *client, const char *ring,
		     const char *name, const struct rring_pipe_config *config,
		     struct rring_reader **sink)
{
	struct rring_reader_config reader_config = {
		.ring_name = ring,
		.name = name,
		.start = RRING_START_OLDEST,
		.strategy = config->strategy,
		.type = config->type,
	};

	return rring_reader_open(client, &reader_config, sink);
}

void ulib_pipe_enlist(struct rring_pipe *pipe)
{
	struct rring_client_private *own = pipe->client->own;

	ulib_clients_lock();
	pipe->next = own->pipes;
	own->pipes = pipe;
	ulib_clients_unlock();
}

static struct rring_pipe *pipe_new(struct rring_client *client,
				   const char *peer)
{
	struct rring_pipe *pipe = calloc(1, sizeof(*pipe));

	if (!pipe)
		return NULL;
	pipe->client = client;
	pipe->peer = peer;
	ulib_pipe_enlist(pipe);
	return pipe;
}

void ulib_pipe_free(struct rring_pipe *pipe)
{
	struct rring_client_private *own = pipe->client->own;
	struct rring_pipe **link = &own->pipes;

	ulib_clients_lock();
	while (*link != pipe)
		link = &(*link)->next;
	*link = pipe->next;
	ulib_clients_unlock();
	free(pipe);
}

/* ---- the first end ---- */

/*
 * Create the ring NAME.b as its writer, and join it as the reader "a". Then
 * give the writer up, so that the ring is AWAITED: the second end becomes its
 * next writer. Return 0, with the reader in .sink of @pipe, or a negative
 * errno.
 */
static int make_inbound(struct rring_pipe *pipe, const char *ring,
			const struct rring_pipe_config *config)
{
	struct rring_writer *writer;
	int err = open_source(pipe->client, ring, config, &writer);

	if (err)
		return err;
	err = open_sink(pipe->client, ring, "a", config, &pipe->sink);
	if (err)
		rring_writer_close(writer);
	else
		rring_writer_leave(writer);
	return err;
}

/*
 * Make the ring NAME.b AWAITED if it has no writer: become its writer, then
 * give the writer up. The ring existed before, and the first end has joined it
 * as a reader. If the ring stayed ENDED, this reader would be told that an
 * earlier writer has gone. If the second end is the ring's writer,
 * rring_writer_open() returns -EBUSY, and this function returns 0. Return any
 * other result of rring_writer_open().
 */
static int resume_inbound(struct rring_pipe *pipe, const char *ring,
			  const struct rring_pipe_config *config)
{
	struct rring_writer *writer;
	int err = open_source(pipe->client, ring, config, &writer);

	if (!err)
		rring_writer_leave(writer);
	return err == -EBUSY ? 0 : err;
}

static int open_inbound(struct rring_pipe *pipe, const char *ring,
			const struct rring_pipe_config *config)
{
	int err = open_sink(pipe->client, ring, "a", config, &pipe->sink);

	if (err == -ENOENT)
		return make_inbound(pipe, ring, config);
	return err ? err : resume_inbound(pipe, ring, config);
}

/*
 * Make the ring NAME.a keep all events for the second end: join it under the
 * reader name of the second end, then close this reader. The kernel keeps the
 * position of a named reader, which gates the writer from then on. If the
 * second end is reading the ring, rring_reader_open() returns -EBUSY, and this
 * function returns 0. Return any other result of rring_reader_open().
 */
static int keep_for_peer(struct rring_pipe *pipe, const char *ring,
			 const struct rring_pipe_config *config)
{
	struct rring_reader *place;
	int err = open_sink(pipe->client, ring, pipe->peer, config, &place);

	if (!err)
		rring_reader_close(place, 0);
	return err == -EBUSY ? 0 : err;
}

int rring_pipe_create(struct rring_client *client,
		      const struct rring_pipe_config *config,
		      struct rring_pipe **out)
{
	struct rring_pipe *pipe;
	struct ring_names names;
	int err = make_names(&names, config->name);

	if (err)
		return err;
	pipe = pipe_new(client, "b");
	if (!pipe)
		return -ENOMEM;
	/* first NAME.b: the second end opens it as soon as NAME.a exists */
	err = open_inbound(pipe, names.b, config);
	if (err)
		goto fail;
	err = open_source(client, names.a, config, &pipe->source);
	if (err)
		goto fail;
	err = keep_for_peer(pipe, names.a, config);
	if (err)
		goto fail;
	*out = pipe;
	return 0;

fail:
	if (pipe->source)
		rring_writer_close(pipe->source);
	if (pipe->sink)
		rring_reader_close(pipe->sink, !pipe->sink->resumed);
	ulib_pipe_free(pipe);
	return err;
}

/* ---- the second end ---- */

/*
 * Become the writer of @ring, which has the kind, the capacity and the stride
 * of the ring that .sink reads. Return 0 or an error of rring_writer_open().
 */
static int open_outbound(struct rring_pipe *pipe, const char *ring,
			 enum rring_strategy strategy)
{
	const struct rring_ring_info *info = pipe->sink->info;
	struct rring_pipe_config config = {
		.kind = (enum rring_kind)info->kind,
		.capacity = info->capacity,
		.stride = info->stride,
		.strategy = strategy,
	};

	return open_source(pipe->client, ring, &config, &pipe->source);
}

int rring_pipe_connect(struct rring_client *client,
		       const struct rring_pipe_config *config,
		       struct rring_pipe **out)
{
	struct rring_pipe *pipe;
	struct ring_names names;
	int err = make_names(&names, config->name);

	if (err)
		return err;
	pipe = pipe_new(client, "a");
	if (!pipe)
		return -ENOMEM;
	err = open_sink(client, names.a, "b", config, &pipe->sink);
	if (err)
		goto fail;
	err = open_outbound(pipe, names.b, config->strategy);
	if (err)
		goto fail_sink;
	*out = pipe;
	return 0;

fail_sink:
	rring_reader_close(pipe->sink, 0);
fail:
	ulib_pipe_free(pipe);
	return err;
}

/*
 * Close the ring that this end writes. If the other end, the peer, is away and
 * has released all events, also forget the peer's reader name, because a ring
 * stays in the arena as long as it has a named reader. To see how far the peer
 * has read, join the ring under the peer's name. If the peer is still reading,
 * this join fails with -EBUSY, and the name stays.
 */
static void close_source(struct rring_pipe *pipe)
{
	struct rring_writer *source = pipe->source;
	struct rring_reader_config config = {
		.ring = source->id,
		.name = pipe->peer,
		.start = RRING_START_OLDEST,
	};
	struct rring_reader *place;

	if (!rring_reader_open(pipe->client, &config, &place))
		rring_reader_close(place, !rring_reader_lag(place));
	rring_writer_close(source);
}

void rring_pipe_close(struct rring_pipe *pipe)
{
	rring_reader_close(pipe->sink, 1);
	close_source(pipe);
	ulib_pipe_free(pipe);
}

/* ---- send ---- */

int ulib_pipe_has_ended(const struct rring_pipe *pipe)
{
	/* P: pairs with O in the kernel */
	return rring_flag_load_acquire(&pipe->sink->info->state) ==
	       RRING_RING_ENDED;
}

struct writable_wait {
	struct rring_pipe *pipe;
	uint32_t n;
	uint64_t deadline;
};

static int check_writable(void *context)
{
	const struct writable_wait *wait = context;

	if (ulib_pipe_has_ended(wait->pipe))
		return -EPIPE;
	return ulib_writer_check_room(wait->pipe->source, wait->n,
				      wait->deadline);
}

static int sleep_writable(void *context, uint64_t deadline)
{
	const struct writable_wait *wait = context;

	return ulib_writer_sleep(wait->pipe->source, wait->n,
				 wait->pipe->sink, deadline);
}

int rring_pipe_wait_writable(struct rring_pipe *pipe, uint32_t n,
			     uint64_t deadline)
{
	struct rring_writer *source = pipe->source;
	struct writable_wait wait = {
		.pipe = pipe,
		.n = n,
		.deadline = deadline,
	};
	struct ulib_waiter waiter = {
		.strategy = (enum rring_strategy)source->strategy,
		.check = check_writable,
		.sleep = sleep_writable,
		.context = &wait,
	};
	int err;

	if (n > source->capacity)
		return rring_refuse_slow(-EINVAL);
	if (ulib_pipe_has_ended(pipe))
		return -EPIPE;
	if (source->limit - source->head >= n)
		return 0;
	err = check_writable(&wait);
	if (err == -EAGAIN && deadline)
		err = rring_wait(&waiter, deadline);
	if (ulib_is_checked(pipe->client))
		ulib_checked_shut(source);
	return err;
}

int rring_pipe_send(struct rring_pipe *pipe, const void *data, size_t len,
		    uint32_t event_type, uint64_t deadline)
{
	struct rring_writer *source = pipe->source;
	int err;

	if (source->headers && len > source->stride)
		return ulib_error(-E2BIG, "%zu bytes are more than the stride of the pipe, which is %u",
				  len, source->stride);
	err = rring_pipe_wait_writable(pipe, 1, deadline);
	if (err)
		return err;
	/* no other thread uses this end, so the room is still there */
	return rring_send(source, data, len, event_type, deadline);
}

/* ---- receive ---- */

int rring_pipe_receive(struct rring_pipe *pipe, struct rring_event *event,
		       uint64_t deadline)
{
	return rring_receive(pipe->sink, event, deadline);
}

struct rring_writer *rring_pipe_writer(const struct rring_pipe *pipe)
{
	return pipe->source;
}

struct rring_reader *rring_pipe_reader(const struct rring_pipe *pipe)
{
	return pipe->sink;
}
