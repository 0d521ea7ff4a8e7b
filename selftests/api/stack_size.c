// SPDX-License-Identifier: MPL-2.0
/* No call of the library needs more than 4 KiB of stack. */
#include <fcntl.h>
#include <sys/mman.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define LIMIT		4096
#define STACK		(512 << 10)
#define PAINT		0xa5
#define SOON_OVER	rring_deadline(NS_PER_S / 1000)

/* Without optimization, stack frames are larger, and with a sanitizer. */
#ifndef __OPTIMIZE__
#undef LIMIT
#define LIMIT		(16 << 10)
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef LIMIT
#define LIMIT		(64 << 10)
#endif
#endif

#define LARGE		100000		/* bytes: needs class XXL */

/* Objects in every state that makes calls behave differently. */
struct scene {
	int arena;
	unsigned int flags;
	struct rring_client *client;
	struct rring_client *other;	/* for close and upgrade */
	struct rring_writer *writer;	/* inline, 2 of 8 */
	struct rring_reader *reader;	/* of that */
	struct rring_writer *handles;	/* 2 of 8 */
	struct rring_reader *taker;	/* of that */
	struct rring_reader *observer;	/* of that, peeked at one */
	struct rring_writer *full;	/* 1 of 1 */
	struct rring_reader *empty;
	struct rring_set *set;		/* of .reader and .empty */
	struct rring_set *idle;		/* empty set */
	struct rring_set *sorted;	/* of .taker, by timestamp */
	struct rring_pipe *pipe[2];	/* [1] has an event to receive */
	struct rring_watch *watch;	/* has changes to report */
	struct rring_listener *listener;
	struct rring_caller *caller;	/* has a session with .listener */
	struct rring_call call;		/* the first request of .caller */
	struct rring_factory factory;
	struct rring_event event;	/* held, shared */
	struct rring_event fresh;	/* held */
	struct rring_event large;	/* held, of class XXL */
	struct rring_event seen;	/* peeked by .taker */
	uint64_t handle;		/* of .event */
};

static struct rring_ring_config ring_config(enum rring_kind kind,
					    enum rring_policy policy,
					    uint32_t capacity)
{
	return (struct rring_ring_config) {
		.kind = kind,
		.policy = policy,
		.capacity = capacity,
		.stride = kind == RRING_INLINE ? 64 : 0,
	};
}

static struct rring_writer *ring_of(struct rring_client *client,
				    enum rring_kind kind, uint32_t capacity,
				    int events)
{
	struct rring_ring_config config = ring_config(kind, RRING_FAIL,
						      capacity);
	struct rring_writer *writer = writer_of(client, &config);

	while (events--)
		MUST(!stream_put(writer, 64));
	return writer;
}

static struct rring_client *open_in(struct scene *scene, enum rring_role role)
{
	struct rring_client *client;

	MUST(!rring_open_arena(&client, scene->arena, role, scene->flags));
	return client;
}

static const struct rring_pipe_config pipe_config = {
	.name = "pipe",
	.kind = RRING_INLINE,
	.capacity = 4,
	.stride = 64,
};

static const struct rring_reader_config observing = {
	.flags = RRING_JOIN_OBSERVER,
	.start = RRING_START_OLDEST,
};

static void open_rings(struct scene *scene)
{
	struct rring_client *client = scene->client;
	struct rring_reader_config config = observing;

	scene->writer = ring_of(client, RRING_INLINE, 8, 0);
	scene->reader = reader_at(client, rring_writer_ring_id(scene->writer));
	scene->handles = ring_of(client, RRING_HANDLES, 8, 0);
	scene->taker = reader_at(client, rring_writer_ring_id(scene->handles));
	config.ring = rring_writer_ring_id(scene->handles);
	scene->observer = reader_of(client, &config);
	scene->full = ring_of(client, RRING_INLINE, 1, 0);
	reader_at(client, rring_writer_ring_id(scene->full));
	MUST(!stream_put(scene->full, 64));
	scene->empty = reader_at(client, ring_of(client, RRING_INLINE, 8,
						 0)->id);
	MUST(!stream_put(scene->writer, 64) && !stream_put(scene->writer, 64));
	MUST(!stream_put(scene->handles, 64) &&
	     !stream_put(scene->handles, 64));
	MUST(rring_peek(scene->taker, 1) == 1);
	MUST(!rring_entry(scene->taker, 0, &scene->seen));
	MUST(rring_peek(scene->observer, 1) == 1);
	MUST(rring_peek(scene->reader, 1) == 1);
}

static const struct rring_listener_config listener_config = {
	.name = "service",
	.capacity = 4,
	.stride = 64,
};

static void *open_caller(void *arg)
{
	struct scene *scene = arg;
	uint64_t number;

	MUST(!rring_caller_open(scene->other, "service", RRING_WAIT_BLOCK,
				RRING_FOREVER, &scene->caller));
	MUST(!rring_caller_send(scene->caller, "a", 1, 1, 0, &number));
	return NULL;
}

/* Open a listener and a caller, with a request that the listener has got. */
static void open_service(struct scene *scene)
{
	pthread_t thread;

	MUST(!rring_listener_open(scene->client, &listener_config,
				  &scene->listener));
	thread = thread_start(open_caller, scene);
	do {
		MUST(!rring_listener_next(scene->listener, &scene->call,
					  RRING_FOREVER));
	} while (scene->call.kind != RRING_CALL_REQUEST);
	thread_end(thread);
	MUST(!rring_caller_send(scene->caller, "b", 1, 1, 0,
				&scene->call.number));
	scene->call.number = 1;
}

static void open_sets(struct scene *scene)
{
	struct rring_set_config config = { .order = RRING_FAIR };
	struct rring_client *client = scene->client;

	MUST(!rring_set_open(client, &config, &scene->set));
	MUST(!rring_set_open(client, &config, &scene->idle));
	MUST(!rring_set_add(scene->set, scene->reader, 0));
	MUST(!rring_set_add(scene->set, scene->empty, 0));
	config.order = RRING_BY_TIMESTAMP;
	MUST(!rring_set_open(client, &config, &scene->sorted));
	MUST(!rring_set_add(scene->sorted, scene->taker, 0));
	MUST(!rring_watch_open(client, NULL, &scene->watch));
	open_service(scene);
	MUST(!rring_pipe_create(client, &pipe_config, &scene->pipe[0]));
	MUST(!rring_pipe_connect(client, &pipe_config, &scene->pipe[1]));
	MUST(!rring_pipe_send(scene->pipe[0], "abc", 4, 1, 0));
	scene->factory = (struct rring_factory) {
		.client = client,
		.defaults = ring_config(RRING_INLINE, RRING_BLOCK, 4),
	};
}

/* Create the objects. The L pool is exhausted. */
static void open_scene(struct scene *scene, unsigned int flags)
{
	static const uint32_t capacity[RRING_POOLS] = { 64, 32, 16, 8, 4, 4 };
	struct rring_event event;

	memset(scene, 0, sizeof(*scene));
	scene->flags = flags;
	scene->arena = arena_with(capacity, 0);
	scene->client = open_in(scene, RRING_PRODUCER);
	scene->other = open_in(scene, RRING_PRODUCER);
	open_rings(scene);
	open_sets(scene);
	/* gives rring_close() of the client something to do */
	reader_at(scene->other, ring_of(scene->other, RRING_HANDLES, 4, 2)->id);
	while (!rring_alloc_class(scene->client, RRING_L, 8, 0, &event))
		rring_share(scene->client, &event);
	MUST(!rring_alloc(scene->client, 64, 1, &scene->event));
	scene->handle = rring_share(scene->client, &scene->event);
	MUST(!rring_alloc(scene->client, 64, 1, &scene->fresh));
	MUST(!rring_alloc(scene->client, LARGE, 1, &scene->large));
}

static void close_scene(struct scene *scene)
{
	if (scene->idle)
		rring_set_close(scene->idle);
	rring_set_close(scene->sorted);
	rring_set_close(scene->set);
	if (scene->watch)
		rring_watch_close(scene->watch);
	if (scene->caller)
		rring_caller_close(scene->caller);
	if (scene->listener)
		rring_listener_close(scene->listener);
	if (scene->pipe[1])
		rring_pipe_close(scene->pipe[1]);
	rring_pipe_close(scene->pipe[0]);
	if (scene->other)
		rring_close(scene->other);
	rring_close(scene->client);
	close(scene->arena);
}

/* ---- helpers of the calls ---- */

static void open_and_close(const char *name)
{
	struct rring_client *client;

	MUST(!rring_open(&client, name, RRING_PRODUCER, 0));
	rring_close(client);
}

static void create_and_close(uint32_t flags)
{
	struct rring_arena_config config;
	int fd;

	MUST(!rring_arena_profile(&config, RRING_PROFILE_MOBILE));
	config.name = flags ? "to-be-removed" : NULL;
	config.flags = flags;
	fd = rring_arena_create(&config);
	MUST(fd >= 0);
	close(fd);
}

static void open_new_arena(void)
{
	struct rring_arena_config config;
	struct rring_client *client;

	MUST(!rring_arena_profile(&config, RRING_PROFILE_MOBILE));
	MUST(!rring_open_config(&client, &config, 0));
	rring_close(client);
}

static void join(struct rring_client *client, uint32_t ring)
{
	reader_at(client, ring);
}

static void open_writer(struct rring_client *client)
{
	ring_of(client, RRING_HANDLES, 8, 0);
}

static void open_set(struct rring_client *client)
{
	struct rring_set_config config = { .order = RRING_BY_TIMESTAMP };
	struct rring_set *set;

	MUST(!rring_set_open(client, &config, &set));
	rring_set_close(set);
}

static void make_pipe(struct rring_client *client)
{
	struct rring_pipe_config config = pipe_config;
	struct rring_pipe *end[2];

	config.name = "another";
	MUST(!rring_pipe_create(client, &config, &end[0]));
	MUST(!rring_pipe_connect(client, &config, &end[1]));
	rring_pipe_close(end[0]);
	rring_pipe_close(end[1]);
}

static int take_one(void *context, const struct rring_event *event)
{
	return event->len ? 0 : *(int *)context;
}

static long read_batch(struct rring_reader *reader)
{
	int err = -EBADMSG;

	return rring_read_batch(reader, take_one, &err, 10);
}

static struct rring_event *out(void)
{
	static struct rring_event event[4];

	return event;
}

static struct rring_reader **from(void)
{
	static struct rring_reader *reader;

	return &reader;
}

static uint64_t *position(void)
{
	static uint64_t position;

	return &position;
}

/* Begin to write a ring of an arena that does not exist before, and end it. */
static int begin_writing(void)
{
	struct rring_writer *writer;

	MUST(!rring_writer_begin("stack-size", "ring", &writer));
	rring_close(rring_writer_client(writer));
	return 1;
}

static int begin_reading(void)
{
	struct rring_reader *reader;
	struct rring_writer *writer;

	MUST(!rring_writer_begin("stack-size", "ring", &writer));
	MUST(!rring_reader_begin("stack-size", "ring", NULL, &reader));
	rring_close(rring_reader_client(reader));
	rring_close(rring_writer_client(writer));
	return 1;
}

static struct rring_change *change_out(void)
{
	static struct rring_change change;

	return &change;
}

static void make_watch(struct rring_client *client)
{
	struct rring_watch *watch;

	MUST(!rring_watch_open(client, "a", &watch));
	rring_watch_close(watch);
}

static int read_changes(struct rring_watch *watch)
{
	int err;

	do {
		err = rring_watch_next(watch, change_out(), 0);
	} while (!err);
	return err;
}

static struct rring_call *call_out(void)
{
	static struct rring_call call;

	return &call;
}

static uint64_t *number_out(void)
{
	static uint64_t number;

	return &number;
}

static void make_listener(struct rring_client *client)
{
	struct rring_listener_config config = listener_config;
	struct rring_listener *listener;

	config.name = "another-service";
	MUST(!rring_listener_open(client, &config, &listener));
	rring_listener_close(listener);
}

static int reply(struct scene *scene)
{
	return rring_listener_reply(scene->listener, scene->call.session,
				    scene->call.number, "c", 1, 1, 0);
}

static int receive(struct scene *scene)
{
	MUST(!reply(scene));
	return rring_caller_receive(scene->caller, out(), number_out(), 0);
}

/* The reply to request 3 is there before the request. */
static int call(struct scene *scene)
{
	scene->call.number = 3;
	MUST(!reply(scene));
	return rring_caller_call(scene->caller, "d", 1, 1, out(), 0);
}

static uint32_t *capacities(void)
{
	static uint32_t capacity[RRING_POOLS];

	return capacity;
}

static struct rring_pool_stat *stat_of(void)
{
	static struct rring_pool_stat stat;

	return &stat;
}

static struct rring_writer **written(void)
{
	static struct rring_writer *writer;

	return &writer;
}

static struct rring_arena_config *config_out(void)
{
	static struct rring_arena_config config;

	return &config;
}

/* ---- the calls ----
 *
 * All functions of the public headers, each on its longest path: X(call, how,
 * expected). selftests/host/stack_frames.sh checks that none is missing.
 */
#define s	scene
#define CALLS(X)							\
X(rring_add, usual, !rring_add(s->writer, "abcdefgh", 8, 1))		\
X(rring_add, full, rring_add(s->full, "abcdefgh", 8, 1) == -EAGAIN)	\
X(rring_add_batch, usual, !rring_add_batch(s->writer, "abcdefgh", 4, 1, 2)) \
X(rring_alloc, usual, !rring_alloc(s->client, 300, 1, out()))		\
X(rring_alloc, dry, rring_alloc(s->client, 4096, 1, out()) == -ENOSPC)	\
X(rring_alloc, large, !rring_alloc(s->client, LARGE, 1, out()))		\
X(rring_alloc_batch, usual, rring_alloc_batch(s->client, RRING_S, 8, 1,	\
					      out(), 4) == 4)		\
X(rring_alloc_class, usual, !rring_alloc_class(s->client, RRING_XL, 8, 1, \
					       out()))			\
X(rring_alloc_copy, usual, !rring_alloc_copy(s->client, "abc", 4, 1, out())) \
X(rring_alloc_l, dry, rring_alloc_l(s->client, 8, 1, out()) == -ENOSPC)	\
X(rring_alloc_m, usual, !rring_alloc_m(s->client, 8, 1, out()))		\
X(rring_alloc_s, usual, !rring_alloc_s(s->client, 8, 1, out()))		\
X(rring_alloc_xl, usual, !rring_alloc_xl(s->client, 8, 1, out()))	\
X(rring_alloc_xs, usual, !rring_alloc_xs(s->client, 8, 1, out()))	\
X(rring_alloc_until, waits, rring_alloc_until(s->client, 4096, 1,	\
				SOON_OVER, out()) == -ETIMEDOUT)	\
X(rring_arena_create, usual, (create_and_close(0), 1))			\
X(rring_arena_profile, usual, !rring_arena_profile(config_out(),	\
						   RRING_PROFILE_SERVER)) \
X(rring_arena_remove, usual, (create_and_close(RRING_CREATE_PERSIST),	\
			      !rring_arena_remove("to-be-removed")))	\
X(rring_await_ring, usual, !rring_await_ring(s->client, "pipe.a", 0))	\
X(rring_await_ring, waits, rring_await_ring(s->client, "none",		\
					    SOON_OVER) == -ETIMEDOUT)	\
X(rring_backend, usual, rring_backend() != RRING_BACKEND_AUTO)		\
X(rring_caller_call, usual, !call(s))					\
X(rring_caller_close, usual, (rring_caller_close(s->caller),		\
			      s->caller = NULL, 1))			\
X(rring_caller_open, waits, rring_caller_open(s->other, "service",	\
				RRING_WAIT_BLOCK, SOON_OVER,		\
				&s->caller) == -ETIMEDOUT)		\
X(rring_caller_receive, usual, !receive(s))				\
X(rring_caller_receive, waits, rring_caller_receive(s->caller, out(),	\
				number_out(), SOON_OVER) == -ETIMEDOUT)	\
X(rring_caller_send, usual, !rring_caller_send(s->caller, "b", 1, 1, 0,	\
					       number_out()))		\
X(rring_class_for, usual, rring_class_for(1000) == RRING_M)		\
X(rring_client_backend, usual, rring_client_backend(s->client) !=	\
			       RRING_BACKEND_AUTO)			\
X(rring_client_evicted, usual, !rring_client_evicted(s->client))	\
X(rring_client_fd, usual, rring_client_fd(s->client) >= 0)		\
X(rring_client_id, usual, rring_client_id(s->client) == 1)		\
X(rring_client_role, usual, rring_client_role(s->client) ==		\
			   RRING_PRODUCER)				\
X(rring_close, usual, (rring_close(s->other), s->other = NULL,		\
		       s->caller = NULL, 1))				\
X(rring_commit, usual, !rring_reserve(s->writer, 1) &&			\
		       rring_reserved(s->writer, 0, 8, 1) &&		\
		       (rring_commit(s->writer, 1), 1))			\
X(rring_deadline, usual, rring_deadline(1) > 1)				\
X(rring_detect_profile, usual, rring_detect_profile() <=		\
			       RRING_PROFILE_SERVER)			\
X(rring_drop, usual, !rring_drop(s->client, &s->fresh))			\
X(rring_drop, shared, !rring_drop(s->client, &s->event))		\
X(rring_drop, large, !rring_drop(s->client, &s->large))			\
X(rring_entry, usual, !rring_entry(s->taker, 0, out()))			\
X(rring_factory_reader, first, !rring_factory_reader(&s->factory, "ring", \
						     NULL, from()))	\
X(rring_factory_writer, usual, !rring_factory_writer(&s->factory, "ring", \
						     written()))	\
X(rring_find, usual, !rring_find(s->client, s->handle, out()))		\
X(rring_guard_evictions, usual, !rring_guard_evictions())		\
X(rring_hold, usual, !rring_hold(s->client, &s->event))			\
X(rring_hold, large, !rring_hold(s->client, &s->large))			\
X(rring_is_sealed, usual, !rring_is_sealed(s->client, &s->event))	\
X(rring_listener_close, usual, (rring_listener_close(s->listener),	\
				s->listener = NULL, 1))			\
X(rring_listener_next, usual, !rring_listener_next(s->listener,		\
						   call_out(), 0))	\
X(rring_listener_next, waits, (rring_listener_next(s->listener,		\
						   call_out(), 0),	\
			       rring_listener_next(s->listener, call_out(), \
						   SOON_OVER) == -ETIMEDOUT)) \
X(rring_listener_open, usual, (make_listener(s->client), 1))		\
X(rring_listener_reply, usual, !reply(s))				\
X(rring_listener_sessions, usual, rring_listener_sessions(s->listener) == 1) \
X(rring_keep, usual, !rring_keep(s->taker, &s->seen))			\
X(rring_keep, observer, !rring_keep(s->observer, &s->seen))		\
X(rring_on_misuse, usual, (rring_on_misuse(NULL, NULL), 1))		\
X(rring_open, usual, (open_and_close(NULL), 1))				\
X(rring_open_arena, usual, (rring_close(open_in(s, RRING_OBSERVER)), 1)) \
X(rring_open_config, usual, (open_new_arena(), 1))			\
X(rring_payload, usual, rring_payload(&s->event, 64) == s->event.data)	\
X(rring_peek, usual, rring_peek(s->reader, 2) == 2)			\
X(rring_peek, empty, rring_peek(s->empty, 1) == -EAGAIN)		\
X(rring_pipe_close, usual, (rring_pipe_close(s->pipe[1]),		\
			    s->pipe[1] = NULL, 1))			\
X(rring_pipe_connect, usual, (make_pipe(s->client), 1))			\
X(rring_pipe_create, usual, (make_pipe(s->other), 1))			\
X(rring_pipe_reader, usual, !!rring_pipe_reader(s->pipe[0]))		\
X(rring_pipe_receive, usual, !rring_pipe_receive(s->pipe[1], out(), 0))	\
X(rring_pipe_receive, waits, rring_pipe_receive(s->pipe[0], out(),	\
				SOON_OVER) == -ETIMEDOUT)		\
X(rring_pipe_send, usual, !rring_pipe_send(s->pipe[0], "a", 1, 1, 0))	\
X(rring_pipe_wait_writable, waits, !rring_pipe_wait_writable(s->pipe[1], 1, \
				SOON_OVER))				\
X(rring_pipe_writer, usual, !!rring_pipe_writer(s->pipe[0]))		\
X(rring_pool_stat, sweeps, !rring_pool_stat(s->client, RRING_L,		\
				RRING_STAT_SWEEP, stat_of()))		\
X(rring_profile, usual, !rring_profile(RRING_PROFILE_SERVER, capacities())) \
X(rring_publish, usual, !rring_publish(s->handles, &s->event))		\
X(rring_publish, large, !rring_publish(s->handles, &s->large))		\
X(rring_publish_batch, usual, rring_publish_batch(s->handles, &s->event, 1) \
			      == 1)					\
X(rring_read_batch, usual, read_batch(s->reader) == 2)			\
X(rring_read_batch, large, !rring_publish(s->handles, &s->large) &&	\
	  read_batch(s->taker) == 3)					\
X(rring_read_copy, usual, !rring_read_copy(s->reader, capacities(),	\
					   sizeof(uint32_t[RRING_POOLS]), \
					   out()))			\
X(rring_read_copy, short, rring_read_copy(s->reader, NULL, 0, out()) ==	\
			  -EMSGSIZE)					\
X(rring_read_keep, usual, !rring_read_keep(s->taker, out()))		\
X(rring_read_keep, large, !rring_publish(s->handles, &s->large) &&	\
	  !rring_read_keep(s->taker, out()) &&				\
	  !rring_read_keep(s->taker, out()) &&				\
	  !rring_read_keep(s->taker, out()))				\
X(rring_reader_can_be_lapped, usual,					\
	  !rring_reader_can_be_lapped(s->reader) &&			\
	  rring_reader_can_be_lapped(s->observer))			\
X(rring_reader_capacity, usual, rring_reader_capacity(s->reader))	\
X(rring_reader_client, usual, rring_reader_client(s->reader) == s->client) \
X(rring_reader_close, usual, (rring_reader_close(s->taker, 1), 1))	\
X(rring_reader_dropped, usual, !rring_reader_dropped(s->reader,		\
						     RRING_DROP_FULL))	\
X(rring_reader_epoch, usual, rring_reader_epoch(s->reader) ==		\
			    rring_writer_epoch(s->writer))		\
X(rring_reader_kind, usual, rring_reader_kind(s->reader) == RRING_INLINE) \
X(rring_reader_lag, usual, rring_reader_lag(s->reader) == 2)		\
X(rring_reader_lost, usual, !rring_reader_lost(s->reader))		\
X(rring_reader_open, usual, (join(s->other,				\
				 rring_writer_ring_id(s->handles)), 1))	\
X(rring_reader_position, usual, !rring_reader_position(s->reader))	\
X(rring_reader_resumed, usual, !rring_reader_resumed(s->reader))	\
X(rring_reader_ring_id, usual, rring_reader_ring_id(s->reader) ==	\
			      rring_writer_ring_id(s->writer))		\
X(rring_reader_skip, usual, !rring_reader_skip(s->reader, 100))	\
X(rring_reader_stride, usual, rring_reader_stride(s->reader))		\
X(rring_reader_type, usual, !rring_reader_type(s->reader).name)		\
X(rring_release, usual, !rring_release(s->taker, 1))			\
X(rring_release, observer, !rring_release(s->observer, 1))		\
X(rring_release_to, usual, !rring_release_to(s->taker,			\
			rring_reader_position(s->taker) + 1))		\
X(rring_reserve, usual, !rring_reserve(s->writer, 3))			\
X(rring_reserve, full, rring_reserve(s->full, 1) == -EAGAIN)		\
X(rring_reserved, usual, !rring_reserve(s->writer, 1) &&		\
			 rring_reserved(s->writer, 0, 8, 1))		\
X(rring_resize, usual, !rring_resize(s->client, &s->fresh, 5))		\
X(rring_seal, usual, rring_seal(s->client, &s->event) < 0)		\
X(rring_reader_begin, usual, begin_reading())				\
X(rring_receive, usual, !rring_receive(s->reader, out(), 0))		\
X(rring_receive, waits, rring_receive(s->empty, out(), SOON_OVER) ==	\
			-ETIMEDOUT)					\
X(rring_send, usual, !rring_send(s->handles, "abc", 4, 1, 0))		\
X(rring_send, full, rring_send(s->full, "abc", 4, 1, SOON_OVER) == -ETIMEDOUT) \
X(rring_writer_begin, usual, begin_writing())				\
X(rring_publish_until, full, rring_publish_until(s->full, &s->fresh,	\
						  SOON_OVER) == -ETIMEDOUT) \
X(rring_publish_batch_until, usual, rring_publish_batch_until(		\
	s->handles, &s->fresh, 1, SOON_OVER) == 1)			\
X(rring_reserve_until, full, rring_reserve_until(s->full, 1, SOON_OVER) == \
			     -ETIMEDOUT)				\
X(rring_add_until, usual, !rring_add_until(s->writer, "abc", 4, 1, 0))	\
X(rring_add_batch_until, full, rring_add_batch_until(s->full, "abc", 4, 1, 1, \
						      SOON_OVER) == -ETIMEDOUT) \
X(rring_set_add, usual, !rring_set_add(s->idle, s->taker, 1))		\
X(rring_set_close, usual, (rring_set_close(s->idle), s->idle = NULL, 1)) \
X(rring_set_open, usual, (open_set(s->client), 1))			\
X(rring_set_entry, usual, rring_set_peek(s->set, 1) == 1 &&			\
	!rring_set_entry(s->set, 0, out(), from(), position()))		\
X(rring_set_peek, usual, rring_set_peek(s->set, 8) == 2)		\
X(rring_set_peek, sorted, rring_set_peek(s->sorted, 8) == 2)		\
X(rring_set_release, usual, rring_set_peek(s->set, 1) == 1 &&		\
	!rring_set_release(s->set, 1))					\
X(rring_set_remove, usual, !rring_set_remove(s->set, s->empty))		\
X(rring_set_try_read, usual,						\
	!rring_set_try_read(s->set, out(), from()))			\
X(rring_set_wait, usual, !rring_set_wait(s->set, 0))			\
X(rring_set_wait, waits, read_batch(s->reader) == 2 &&			\
			 rring_set_wait(s->set, SOON_OVER) == -ETIMEDOUT) \
X(rring_share, usual, rring_share(s->client, &s->fresh) == s->fresh.handle) \
X(rring_error_detail, usual, rring_error_detail(-ENOSPC)[0])		\
X(rring_strerror, usual, rring_strerror(-ENOSPC)[0])			\
X(rring_trim, usual, (rring_trim(s->client), 1))			\
X(rring_try_read, usual, !rring_try_read(s->reader, out()))		\
X(rring_upgrade, large, !rring_upgrade(s->other, s->large.handle, out())) \
X(rring_upgrade, usual, !rring_upgrade(s->other, s->handle, out()))	\
X(rring_upgrade, stale, rring_upgrade(s->other, s->handle + (1ull << 32), \
				      out()) == -ESTALE)		\
X(rring_wait_readable, waits, rring_wait_readable(s->empty, SOON_OVER) == \
			      -ETIMEDOUT)				\
X(rring_wait_writable, waits, rring_wait_writable(s->full, 1, SOON_OVER) == \
			      -ETIMEDOUT)				\
X(rring_writer_capacity, usual, rring_writer_capacity(s->writer))	\
X(rring_writer_client, usual, rring_writer_client(s->writer) == s->client) \
X(rring_watch_close, usual, (rring_watch_close(s->watch),		\
			     s->watch = NULL, 1))			\
X(rring_watch_missed, usual, !rring_watch_missed(s->watch))		\
X(rring_watch_next, usual, !rring_watch_next(s->watch, change_out(), 0)) \
X(rring_watch_next, last, read_changes(s->watch) == -EAGAIN)		\
X(rring_watch_next, waits, (read_changes(s->watch),			\
			    rring_watch_next(s->watch, change_out(),	\
					     SOON_OVER) == -ETIMEDOUT))	\
X(rring_watch_open, usual, (make_watch(s->client), 1))			\
X(rring_watch_type, usual, !rring_watch_type(s->watch, change_out(),	\
					     (char[RRING_NAME_MAX]){ 0 })) \
X(rring_writer_close, usual, (rring_writer_close(s->handles), 1))	\
X(rring_writer_epoch, usual, rring_writer_epoch(s->writer))		\
X(rring_writer_leave, usual, (rring_writer_leave(s->handles), 1))	\
X(rring_writer_observed, usual, rring_writer_observed(s->handles, 0) < 2) \
X(rring_writer_open, usual, (open_writer(s->client), 1))		\
X(rring_writer_position, usual, rring_writer_position(s->writer))	\
X(rring_writer_pressure, usual, rring_writer_pressure(s->full) == 1.0)	\
X(rring_writer_readers, usual, rring_writer_readers(s->writer) < 9)	\
X(rring_writer_ring_id, usual, rring_writer_ring_id(s->writer) < 64)	\
X(rring_writer_should_throttle, usual,					\
	rring_writer_should_throttle(s->full))				\
X(rring_writer_stride, usual, rring_writer_stride(s->writer))		\
X(rring_writer_under_pressure, usual, rring_writer_under_pressure(s->full))

#define DEFINE(call, how, so)						\
static void call##_##how(struct scene *scene)				\
{									\
	(void)scene;							\
	MUST(so);							\
}

#define ROW(call, how, so)	{ #call " (" #how ")", call##_##how },

CALLS(DEFINE)
#undef s

static const struct {
	const char *name;
	void (*run)(struct scene *scene);
} calls[] = { CALLS(ROW) };

#define NR_CALLS	(sizeof(calls) / sizeof(*calls))

/* ---- stack depth ---- */

struct dive {
	void (*run)(struct scene *scene);
	struct scene *scene;
	uintptr_t from;		/* caller's frame address */
};

static void *do_dive(void *arg)
{
	struct dive *dive = arg;

	dive->from = (uintptr_t)__builtin_frame_address(0);
	dive->run(dive->scene);
	return NULL;
}

/*
 * Return the lowest byte of the stack that has changed. The stack is read
 * through /proc/self/mem, as a sanitizer would reject direct access.
 */
static uintptr_t low_mark(const uint8_t *stack)
{
	static uint8_t copy[STACK];
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	size_t i = 0;

	MUST(fd >= 0);
	MUST(pread(fd, copy, STACK, (off_t)(uintptr_t)stack) == STACK);
	close(fd);
	while (i < STACK && copy[i] == PAINT)
		i++;
	return (uintptr_t)stack + i;
}

/* Return the bytes that @run uses below its caller's frame, on a new stack. */
static size_t depth_of(void (*run)(struct scene *scene), struct scene *scene)
{
	struct dive dive = { .run = run, .scene = scene };
	pthread_attr_t attr;
	pthread_t thread;
	uint8_t *stack;
	size_t depth;

	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(stack != MAP_FAILED);
	memset(stack, PAINT, STACK);
	MUST(!pthread_attr_init(&attr));
	MUST(!pthread_attr_setstack(&attr, stack, STACK));
	MUST(!pthread_create(&thread, &attr, do_dive, &dive));
	MUST(!pthread_join(thread, NULL));
	pthread_attr_destroy(&attr);
	depth = dive.from - low_mark(stack);
	munmap(stack, STACK);
	return depth;
}

FIXTURE(stack)
{
};

FIXTURE_VARIANT(stack)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(stack, single_threaded)
{
	.flags = RRING_SINGLE_THREADED,
};

FIXTURE_VARIANT_ADD(stack, multi_threaded)
{
	.flags = 0,
};

FIXTURE_SETUP(stack)
{
}

FIXTURE_TEARDOWN(stack)
{
}

TEST_F_TIMEOUT(stack, no_call_needs_more_than_4096_bytes, 100)
{
	size_t i, depth, most = 0;
	struct scene scene;
	const char *deepest = "";

	for (i = 0; i < NR_CALLS; i++) {
		open_scene(&scene, variant->flags);
		depth = depth_of(calls[i].run, &scene);
		close_scene(&scene);
		EXPECT_GE(LIMIT, depth) {
			TH_LOG("%s: %zu bytes", calls[i].name, depth);
		}
		if (depth <= most)
			continue;
		most = depth;
		deepest = calls[i].name;
	}
	TH_LOG("the most: %zu bytes, %s", most, deepest);
}

/* ---- test of the measurement ---- */

static void go_deep(struct scene *scene)
{
	char frame[LIMIT + 1];	/* no return address adds to it on arm64 */

	(void)scene;
	frame[0] = 1;
	/* keeps the compiler from removing the array */
	__asm__ __volatile__("" : : "r"(frame) : "memory");
}

TEST_F(stack, one_that_did_would_be_found)
{
	struct scene scene;

	EXPECT_LT(LIMIT, depth_of(go_deep, &scene));
}

TEST_HARNESS_MAIN
