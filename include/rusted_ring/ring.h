/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Write and read rings. Only these functions wait: rring_wait_writable(),
 * rring_wait_readable() and, if a ring of policy RRING_BLOCK is full, the
 * functions that publish, reserve or add.
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
	/* look for some microseconds, then sleep in the kernel */
	RRING_WAIT_BLOCK,
	/* look again and again without pause: takes a whole CPU */
	RRING_WAIT_SPIN,
	/* call sched_yield() between looks; after about 1000 looks, nap */
	RRING_WAIT_YIELD,
};

/* ---- open a ring for writing: rring_writer_open(3) ---- */

/*
 * All fields but .name and .strategy are the geometry of the ring. It never
 * changes, except that the arena's owner or an administrator may change a
 * .stall_ns that is not 0.
 */
struct rring_ring_config {
	const char *name;	/* up to 31 characters; NULL: nameless */
	enum rring_kind kind;
	enum rring_policy policy;
	uint32_t capacity;	/* entries, 1 to RRING_RING_CAPACITY_MAX */
	uint32_t stride;	/* RRING_INLINE: the most bytes of a payload, a
				 * multiple of 64 up to 16384; RRING_HANDLES: 0
				 */
	uint32_t retain;	/* how many of the last entries the ring keeps
				 * for readers that join later, < capacity;
				 * RRING_OVERWRITE: 0
				 */
	uint64_t stall_ns;	/* limit in ns: the kernel laps a gating reader
				 * that keeps the ring full and has not moved
				 * for this long; up to INT64_MAX; 0: no limit
				 */
	enum rring_strategy strategy;	/* of this writer */
};

/*
 * Make @client the writer of the ring config->name, and store the new writer in
 * *@writer. If that ring exists, the writer goes on at the position where its
 * last writer stopped; else the ring is created. Return 0 or a negative errno.
 * The caller ends the writer with rring_writer_close() or rring_writer_leave().
 */
int rring_writer_open(struct rring_client *client,
		      const struct rring_ring_config *config,
		      struct rring_writer **writer);

/*
 * End the stream, and free @writer. Readers get the entries that are left, then
 * -EPIPE.
 */
void rring_writer_close(struct rring_writer *writer);

/*
 * Free @writer, but do not end the stream: readers that have read all entries
 * get -EAGAIN until the ring's next writer publishes.
 */
void rring_writer_leave(struct rring_writer *writer);

RRING_IN_LINE struct rring_client *
rring_writer_client(const struct rring_writer *writer);

/*
 * Return the number of the ring, 1 to 255. A reader can name the ring by it, in
 * .ring of struct rring_reader_config.
 */
RRING_IN_LINE uint32_t rring_writer_ring_id(const struct rring_writer *writer);

/*
 * Return the position of the next entry, which is the number of entries that
 * were published since the ring's creation.
 */
RRING_IN_LINE uint64_t rring_writer_position(const struct rring_writer *writer);

/* Return how many entries the ring has, used and free together. */
RRING_IN_LINE uint32_t rring_writer_capacity(const struct rring_writer *writer);

/* Return the most bytes of a payload; in a ring of RRING_HANDLES: 0. */
RRING_IN_LINE uint32_t rring_writer_stride(const struct rring_writer *writer);

/*
 * The most bytes that stride times capacity of an RRING_STATIC_RING() may be. A
 * program may define another number before it includes this header.
 */
#ifndef RRING_STATIC_RING_BYTES
#define RRING_STATIC_RING_BYTES	(1u << 20)
#endif

/*
 * Define the constant @name for rring_writer_open(): the configuration of a
 * nameless inline ring of policy RRING_BLOCK. It compiles only if @stride and
 * @capacity are in range, and their product is at most RRING_STATIC_RING_BYTES:
 * RRING_STATIC_RING(3).
 */
#define RRING_STATIC_RING(name, stride, capacity)			\
	RRING_STATIC_RING_AS(name, stride, capacity)

/* ---- write handles: rring_publish(3), rring_publish_batch(3) ---- */

/*
 * Append @event, which the writer's client holds, to a ring of handles. Return
 * 0: the client has given one hold away; to use the event afterwards, it must
 * take another hold before the call. Return a negative errno: the client keeps
 * the hold. If the ring is full, RRING_BLOCK waits without limit, RRING_FAIL
 * returns -EAGAIN, and RRING_OVERWRITE overwrites the oldest entry.
 */
RRING_IN_LINE int rring_publish(struct rring_writer *writer,
				const struct rring_event *event);

/*
 * Append the first of the @n events, as many as there is room for. Readers see
 * them all at once. The client gives one hold away for each. If there is no
 * room for any, RRING_BLOCK waits for room for one, and RRING_FAIL returns
 * -EAGAIN. Return how many events were appended, or a negative errno if none.
 */
long rring_publish_batch(struct rring_writer *writer,
			 const struct rring_event *events, uint32_t n);

/* ---- write payloads inline: rring_reserve(3) ---- */

/*
 * Make room for the next @n entries of an inline ring; publish nothing. If
 * there is no room, RRING_BLOCK waits, RRING_FAIL returns -EAGAIN, and
 * RRING_OVERWRITE overwrites the oldest entries. Return 0 or a negative errno.
 */
RRING_IN_LINE int rring_reserve(struct rring_writer *writer, uint32_t n);

/*
 * Set length and type of the reserved entry @i, counted from 0. Return its
 * payload, which the caller may write until rring_commit(). @i and @len are not
 * checked: @i must be below the number of reserved entries, and @len at most
 * the stride.
 */
RRING_IN_LINE void *rring_reserved(struct rring_writer *writer, uint32_t i,
				   uint32_t len, uint32_t event_type);

/*
 * Publish the first @n reserved entries: readers see all of them at the same
 * time. @n is not checked: it must be at most the number of reserved entries.
 */
RRING_IN_LINE void rring_commit(struct rring_writer *writer, uint32_t n);

/*
 * Append an entry with a copy of the @len bytes at @data to an inline ring. If
 * the ring is full, RRING_BLOCK waits, RRING_FAIL returns -EAGAIN, and
 * RRING_OVERWRITE overwrites the oldest entry. Return 0 or a negative errno.
 */
int rring_add(struct rring_writer *writer, const void *data, uint32_t len,
	      uint32_t event_type);

/*
 * Append @n entries of @len bytes each to an inline ring, all at once or none.
 * The payloads are copied; they lie one after the other at @data. If the ring
 * has no room for all, RRING_BLOCK waits, RRING_FAIL returns -EAGAIN, and
 * RRING_OVERWRITE overwrites the oldest. Return 0 or a negative errno.
 */
int rring_add_batch(struct rring_writer *writer, const void *data, uint32_t len,
		    uint32_t event_type, uint32_t n);

/* ---- back-pressure: rring_writer_pressure(3), rring_wait_readable(3) ---- */

/*
 * Return the part of the ring, 0.0 to 1.0, that the slowest gating reader has
 * not released. Entries that the ring retains do not count. 1.0: no room.
 */
double rring_writer_pressure(struct rring_writer *writer);

/* Return 1 if rring_writer_pressure() is 0.8 or more, else 0. */
int rring_writer_under_pressure(struct rring_writer *writer);

/* Return 1 if rring_writer_pressure() is 0.9 or more, else 0. */
int rring_writer_should_throttle(struct rring_writer *writer);

/*
 * Return the position of the slowest observer that stands at @from or above:
 * all these observers have released the entries below that position. If there
 * are none, return rring_writer_position(). The library never makes a writer
 * wait for observers. But a program can compare this position with the
 * writer's, and wait before the writer laps an observer.
 */
uint64_t rring_writer_observed(struct rring_writer *writer, uint64_t from);

/*
 * Wait until the ring has room for @n entries, or until @deadline. The writer's
 * .strategy says how. Return 0: there is room; -ETIMEDOUT: there was none until
 * @deadline, also if that is 0; or another negative errno.
 */
int rring_wait_writable(struct rring_writer *writer, uint32_t n,
			uint64_t deadline);

/* ---- join a ring: rring_reader_open(3) ---- */

struct rring_reader_config {
	const char *ring_name;	/* NULL: .ring says which */
	uint32_t ring;		/* if .ring_name is NULL: the ring's number,
				 * from 1; 0 is no ring
				 */
	const char *name;	/* the reader's: up to 31 characters, or NULL */
	unsigned int flags;	/* RRING_JOIN_OBSERVER: never gates */
	enum rring_start start;	/* ignored if the ring knows .name */
	uint64_t position;	/* for RRING_START_AT */
	enum rring_strategy strategy;	/* of rring_wait_readable() */
};

/*
 * Make @client a reader of a ring, and store the new reader in *@reader. If the
 * ring knows config->name, the reader goes on at the position where the last
 * reader of that name stopped. A named reader outlives its client: its position
 * gates until the name is opened again or forgotten, or the kernel laps it.
 * Return 0 or a negative errno. The caller ends the reader with
 * rring_reader_close().
 */
int rring_reader_open(struct rring_client *client,
		      const struct rring_reader_config *config,
		      struct rring_reader **reader);

/*
 * Leave the ring, and free @reader. If the reader has a name and @forget is 0,
 * the ring keeps the name, and its position gates; else nothing is kept.
 */
void rring_reader_close(struct rring_reader *reader, int forget);

RRING_IN_LINE struct rring_client *
rring_reader_client(const struct rring_reader *reader);

/* Return the number of the reader's ring in the arena, 1 to 255. */
RRING_IN_LINE uint32_t rring_reader_ring_id(const struct rring_reader *reader);

/* Return the position of the first entry that this reader has not released. */
RRING_IN_LINE uint64_t rring_reader_position(const struct rring_reader *reader);

/*
 * Return how many entries this reader has lost. It never got them, or cannot
 * trust what it read, because they may have been overwritten meanwhile.
 */
RRING_IN_LINE uint64_t rring_reader_lost(const struct rring_reader *reader);

/*
 * Go on at the newest entries: release the event of the last rring_try_read(),
 * and, unread, all entries but the last @keep. @keep 0: the reader next gets
 * what is published from now on; 1: it next gets the newest entry. Return how
 * many entries were released unread, which do not count as lost, or a negative
 * errno.
 */
long rring_reader_skip(struct rring_reader *reader, uint32_t keep);

/* Return how many published entries this reader has not released. */
uint64_t rring_reader_lag(struct rring_reader *reader);

/*
 * Return how many events of this ring the kernel, as its writer, has dropped
 * for @reason. A writer in a process drops none.
 */
RRING_IN_LINE uint64_t rring_reader_dropped(const struct rring_reader *reader,
					    enum rring_drop_reason reason);

/*
 * Return 1: rring_reader_open() found a position under the reader's name, and
 * the reader went on there; 0: the reader is new in the ring.
 */
RRING_IN_LINE int rring_reader_resumed(const struct rring_reader *reader);

/* Return how many entries the ring has, used and free together. */
RRING_IN_LINE uint32_t rring_reader_capacity(const struct rring_reader *reader);

RRING_IN_LINE enum rring_kind
rring_reader_kind(const struct rring_reader *reader);

/* Return the most bytes of a payload; in a ring of RRING_HANDLES: 0. */
RRING_IN_LINE uint32_t rring_reader_stride(const struct rring_reader *reader);

/* ---- read one by one, or by a function: rring_peek(3) ---- */

/*
 * Release the event of the previous call, then describe the next event in
 * @event, whose .data points at the payload until the next call. Never wait.
 * Return 0; -EAGAIN: there is no event yet; -EPIPE: there is none, and the
 * stream has ended; or another negative errno.
 */
int rring_try_read(struct rring_reader *reader, struct rring_event *event);

/*
 * Handle one event for rring_read_batch(). Return 0: the event is done;
 * positive: the event is done, and the batch ends after it; a negative errno:
 * the event is not done, and the batch ends before it.
 */
typedef int (*rring_handler_t)(void *context, const struct rring_event *event);

/*
 * Release the event of the last rring_try_read(). Call @handler with @context
 * for each of up to @max events, then release together those that are done.
 * Never wait. Return how many were done. Return a negative errno if none was;
 * -ESTALE also if the reader was lapped: then no event of this call is valid.
 */
long rring_read_batch(struct rring_reader *reader, rring_handler_t handler,
		      void *context, uint32_t max);

/*
 * Release the event of the last rring_try_read(). Then wait, by the reader's
 * .strategy, until there is something to read, the reader was lapped, or the
 * stream has ended, or until @deadline. If a read has already returned -EPIPE
 * for that end, wait until the next writer publishes or ends the stream. Return
 * 0, -ETIMEDOUT, or another negative errno.
 */
int rring_wait_readable(struct rring_reader *reader, uint64_t deadline);

/* ---- read in steps: rring_peek(3) ---- */

/*
 * Return how many entries, up to @n, can be read from the reader's position on;
 * if none: -EAGAIN, -EPIPE or another negative errno. Never wait. The writer
 * overwrites none of them before rring_release(), unless the reader can be
 * lapped: it is an observer, or its ring has a .stall_ns that is not 0.
 */
RRING_IN_LINE long rring_peek(struct rring_reader *reader, uint32_t n);

/*
 * Describe the peeked entry @i, counted from 0, in @event. @i is not checked:
 * it must be below what rring_peek() returned. Return 0 or a negative errno.
 */
RRING_IN_LINE int rring_entry(struct rring_reader *reader, uint32_t i,
			      struct rring_event *event);

/*
 * Take a hold on @event, which the reader has peeked at in a ring of handles,
 * so that the event stays when the entry is released. Call this before that
 * release. Return 0, or a negative errno: no hold was taken.
 */
int rring_keep(struct rring_reader *reader, const struct rring_event *event);

/*
 * Release the first @n peeked entries: the writer may overwrite them from now
 * on. Return 0 or a negative errno. If the reader can be lapped (see
 * rring_peek()), what it has read from them is valid only if this returns 0.
 */
RRING_IN_LINE int rring_release(struct rring_reader *reader, uint32_t n);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_RING_H */
