/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rings: write and read. Only these functions wait: rring_wait_writable(),
 * rring_wait_readable() and, if a ring of policy RRING_BLOCK is full, those
 * that publish, reserve or add.
 */
#ifndef _RUSTED_RING_RING_H
#define _RUSTED_RING_RING_H

#include <rusted_ring/event.h>
#include <rusted_ring/internal/static_ring.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rring_writer;
struct rring_reader;

/* How a thread waits for events or for room: rring_wait_readable(3). */
enum rring_strategy {
	RRING_WAIT_BLOCK,	/* poll for some microseconds, then sleep */
	RRING_WAIT_SPIN,	/* poll without pause: takes a whole CPU */
	RRING_WAIT_YIELD,	/* poll, yield in between, and nap after that */
};

/* ---- open a ring for writing: rring_writer_open(3) ---- */

/*
 * All fields but .name and .strategy are the geometry of the ring. It never
 * changes; only an administrator may change a .stall_ns that is not 0.
 */
struct rring_ring_config {
	const char *name;	/* up to 31 characters; NULL: nameless */
	enum rring_kind kind;
	enum rring_policy policy;
	uint32_t capacity;	/* entries, 1 to RRING_RING_CAPACITY_MAX */
	uint32_t stride;	/* RRING_INLINE: payload bytes, a multiple of
				 * 64 up to 16384; RRING_HANDLES: 0
				 */
	uint32_t retain;	/* entries kept for late joiners, < capacity;
				 * RRING_OVERWRITE: 0
				 */
	uint64_t stall_ns;	/* the kernel laps a gating reader that keeps
				 * the ring full and does not move for longer;
				 * 0: never; up to INT64_MAX
				 */
	enum rring_strategy strategy;	/* of this writer */
};

/*
 * Become the writer of the ring config->name. If that ring exists, goes on at
 * the position where its last writer stopped; else creates the ring. The caller
 * ends the writer with rring_writer_close() or rring_writer_leave().
 */
int rring_writer_open(struct rring_client *client,
		      const struct rring_ring_config *config,
		      struct rring_writer **writer);

/* End the stream: readers drain the ring, then get -EPIPE. */
void rring_writer_close(struct rring_writer *writer);

/* Free @writer, but do not end the stream: readers await the next writer. */
void rring_writer_leave(struct rring_writer *writer);

RRING_IN_LINE struct rring_client *
rring_writer_client(const struct rring_writer *writer);

/*
 * Returns the number of the ring, 1 to 255, for .ring of a reader's
 * configuration.
 */
RRING_IN_LINE uint32_t rring_writer_ring_id(const struct rring_writer *writer);

/* Returns the position of the next entry, counted from the ring's creation. */
RRING_IN_LINE uint64_t rring_writer_position(const struct rring_writer *writer);

/* Returns the number of entries of the ring. */
RRING_IN_LINE uint32_t rring_writer_capacity(const struct rring_writer *writer);

/* Returns the payload bytes of an entry; RRING_HANDLES: 0. */
RRING_IN_LINE uint32_t rring_writer_stride(const struct rring_writer *writer);

/* Limit of stride times capacity of an RRING_STATIC_RING(), in bytes. */
#ifndef RRING_STATIC_RING_BYTES
#define RRING_STATIC_RING_BYTES	(1u << 20)
#endif

/*
 * Define the constant @name: the configuration of a nameless inline ring under
 * RRING_BLOCK. It compiles only if rring_writer_open() would accept it:
 * RRING_STATIC_RING(3).
 */
#define RRING_STATIC_RING(name, stride, capacity)			\
	RRING_STATIC_RING_AS(name, stride, capacity)

/* ---- write handles: rring_publish(3), rring_publish_batch(3) ---- */

/*
 * Append @event. On success the ring has taken over one hold of the client: to
 * use the event afterwards, the client takes another hold before. If the ring
 * is full, RRING_BLOCK waits without limit, RRING_FAIL returns -EAGAIN,
 * RRING_OVERWRITE overwrites the oldest entry. On an error the client keeps the
 * hold.
 */
RRING_IN_LINE int rring_publish(struct rring_writer *writer,
				const struct rring_event *event);

/*
 * Append as many of the first @n events as there is room for; readers see them
 * all at once. Takes over holds, and may wait, like rring_publish(). Returns
 * how many events it has appended, or a negative errno.
 */
long rring_publish_batch(struct rring_writer *writer,
			 const struct rring_event *events, uint32_t n);

/* ---- write payloads inline: rring_reserve(3) ---- */

/* Make room for the next @n entries. May wait like rring_publish(). */
RRING_IN_LINE int rring_reserve(struct rring_writer *writer, uint32_t n);

/*
 * Set length and type of the reserved entry @i, counted from 0. Returns its
 * payload, which the caller may write until rring_commit(). Checks no argument.
 */
RRING_IN_LINE void *rring_reserved(struct rring_writer *writer, uint32_t i,
				   uint32_t len, uint32_t event_type);

/* Publish the first @n reserved entries at once. Does not check @n. */
RRING_IN_LINE void rring_commit(struct rring_writer *writer, uint32_t n);

/* Append a copy of the @len bytes at @data. May wait like rring_publish(). */
int rring_add(struct rring_writer *writer, const void *data, uint32_t len,
	      uint32_t event_type);

/*
 * Append @n entries of @len bytes each, all at once or none. Copies the
 * payloads, which lie one after the other at @data. May wait like
 * rring_publish().
 */
int rring_add_batch(struct rring_writer *writer, const void *data, uint32_t len,
		    uint32_t event_type, uint32_t n);

/* ---- back-pressure: rring_writer_pressure(3), rring_wait_readable(3) ---- */

/* Returns how full the ring is, 0.0 to 1.0; at 1.0 it has no room. */
double rring_writer_pressure(struct rring_writer *writer);

/* Returns 1 if rring_writer_pressure() is 0.8 or more, else 0. */
int rring_writer_under_pressure(struct rring_writer *writer);

/* Returns 1 if rring_writer_pressure() is 0.9 or more, else 0. */
int rring_writer_should_throttle(struct rring_writer *writer);

/*
 * Returns the position of the slowest observer: all observers have released the
 * entries below. Without observers, returns rring_writer_position(). An
 * observer does not hold the writer back; a writer that can wait may do so by
 * this position.
 */
uint64_t rring_writer_observed(struct rring_writer *writer);

/* Wait, by the writer's .strategy, until @n entries fit, or until @deadline. */
int rring_wait_writable(struct rring_writer *writer, uint32_t n,
			uint64_t deadline);

/* ---- join a ring: rring_reader_open(3) ---- */

struct rring_reader_config {
	const char *ring_name;	/* NULL: .ring says which */
	uint32_t ring;		/* number of the ring, from 1; 0: none */
	const char *name;	/* up to 31 characters; NULL: nameless */
	unsigned int flags;	/* RRING_JOIN_OBSERVER: never gates */
	enum rring_start start;	/* ignored if the ring knows .name */
	uint64_t position;	/* for RRING_START_AT */
	enum rring_strategy strategy;	/* of rring_wait_readable() */
};

/*
 * Join a ring. If the ring knows the reader's name, the reader goes on at the
 * position where that name stopped. A named reader outlives its client: unless
 * it was lapped, its position gates until the name is opened again or
 * forgotten. The caller ends the reader with rring_reader_close().
 */
int rring_reader_open(struct rring_client *client,
		      const struct rring_reader_config *config,
		      struct rring_reader **reader);

/* Leave the ring, and free @reader. @forget not 0: remove its name, too. */
void rring_reader_close(struct rring_reader *reader, int forget);

RRING_IN_LINE struct rring_client *
rring_reader_client(const struct rring_reader *reader);

/* Returns the number of the ring, 1 to 255. */
RRING_IN_LINE uint32_t rring_reader_ring_id(const struct rring_reader *reader);

/* Returns the position of the next entry: the first that is not released. */
RRING_IN_LINE uint64_t rring_reader_position(const struct rring_reader *reader);

/* Returns how many entries this reader has lost: never got, or cannot trust. */
RRING_IN_LINE uint64_t rring_reader_lost(const struct rring_reader *reader);

/*
 * Release the event of the last rring_try_read() and all other entries but the
 * newest @keep ones, unread: 0: to get only what is published from now on; 1:
 * to get the newest event next. Returns how many entries it has passed over,
 * which do not count as lost, or a negative errno.
 */
long rring_reader_skip(struct rring_reader *reader, uint32_t keep);

/* Returns how many entries are published that this reader has not released. */
uint64_t rring_reader_lag(struct rring_reader *reader);

/* Returns how many events the kernel dropped for @reason as the writer. */
RRING_IN_LINE uint64_t rring_reader_dropped(const struct rring_reader *reader,
					    enum rring_drop_reason reason);

/* Returns 1 if the ring already knew the reader's name at its open, else 0. */
RRING_IN_LINE int rring_reader_resumed(const struct rring_reader *reader);

/* Returns the number of entries of the ring. */
RRING_IN_LINE uint32_t rring_reader_capacity(const struct rring_reader *reader);

RRING_IN_LINE enum rring_kind
rring_reader_kind(const struct rring_reader *reader);

/* Returns the payload bytes of an entry; RRING_HANDLES: 0. */
RRING_IN_LINE uint32_t rring_reader_stride(const struct rring_reader *reader);

/* ---- read one by one, or by a function: rring_peek(3) ---- */

/*
 * Release the event of the previous call, then describe the next event in
 * @event. Its payload is used in place, and is valid until the next call. Never
 * waits.
 */
int rring_try_read(struct rring_reader *reader, struct rring_event *event);

/*
 * Handles one event of rring_read_batch(). Returns 0: done; positive: done, end
 * the batch after this event; a negative errno: not done, end the batch before
 * it.
 */
typedef int (*rring_handler_t)(void *context, const struct rring_event *event);

/*
 * Call @handler with @context for each of up to @max events, then release those
 * that the handler has done, all at once. Never waits. Returns how many were
 * done, or a negative errno if none.
 */
long rring_read_batch(struct rring_reader *reader, rring_handler_t handler,
		      void *context, uint32_t max);

/*
 * Release the event of the last rring_try_read(). Then wait, by .strategy,
 * until there is something to read or the stream has ended, or until @deadline.
 * After a read has returned -EPIPE: until the next writer publishes or ends.
 */
int rring_wait_readable(struct rring_reader *reader, uint64_t deadline);

/* ---- read in steps: rring_peek(3) ---- */

/*
 * Returns how many entries, up to @n, can be read; a negative errno if none.
 * The writer overwrites none of them before rring_release(), unless the reader
 * can be lapped. Never waits.
 */
RRING_IN_LINE long rring_peek(struct rring_reader *reader, uint32_t n);

/* Fill @event for the peeked entry @i, counted from 0. Does not check @i. */
RRING_IN_LINE int rring_entry(struct rring_reader *reader, uint32_t i,
			      struct rring_event *event);

/* Take a hold on a peeked event of a ring of handles, before its release. */
int rring_keep(struct rring_reader *reader, const struct rring_event *event);

/*
 * Release the first @n peeked entries: the writer may overwrite them now. If
 * the reader can be lapped, what it has read is valid only if this returns 0.
 */
RRING_IN_LINE int rring_release(struct rring_reader *reader, uint32_t n);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_RING_H */
