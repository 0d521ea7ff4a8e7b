/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Write and read rings. Only these functions wait: those with a deadline and, if
 * a ring of policy RRING_BLOCK is full, the functions that publish, reserve or add
 * entries.
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
	/* check for some microseconds, then sleep in the kernel */
	RRING_WAIT_BLOCK,
	/* check again and again without pause: this takes a whole CPU */
	RRING_WAIT_SPIN,
	/* call sched_yield() between checks; sleep instead after 1024 checks */
	RRING_WAIT_YIELD,
};

/*
 * The type of the events of a ring. A call that opens a ring and gives a type is
 * refused (-EPROTOTYPE) unless the ring was created with the same name and size.
 * A call that gives no type, which is no name and a size of 0, opens any ring.
 * The library compares no event with the type: the writer promises events of
 * .size bytes or more, and RRING_EVENT() checks the length.
 */
struct rring_type {
	const char *name;	/* up to 63 characters; NULL: no type */
	uint32_t size;		/* bytes; at most the stride of an inline ring */
};

/* The struct rring_type of a type in C or C++: RRING_TYPE(struct tick). */
#ifdef __cplusplus
#define RRING_TYPE(type)	(rring_type { #type, sizeof(type) })
#else
#define RRING_TYPE(type)	((struct rring_type) { #type, sizeof(type) })
#endif

/* ---- open a ring for writing: rring_writer_open(3) ---- */

/*
 * All fields but .name, .strategy and .type are the geometry of the ring. The
 * geometry and the type never change, with one exception: the arena's owner or
 * an administrator may change a nonzero .stall_ns to another nonzero value.
 */
struct rring_ring_config {
	const char *name;	/* up to 63 characters; NULL: no name */
	enum rring_kind kind;
	enum rring_policy policy;
	uint32_t capacity;	/* entries, 1 to RRING_RING_CAPACITY_MAX */
	uint32_t stride;	/* RRING_INLINE: largest payload in bytes, a
				 * multiple of 64 up to 16384; RRING_HANDLES: 0
				 */
	uint32_t retain;	/* how many of its newest entries the ring keeps
				 * for readers that join later, < capacity; must
				 * be 0 for RRING_OVERWRITE
				 */
	uint64_t stall_ns;	/* stall limit in ns, up to INT64_MAX: a gating
				 * reader that keeps the ring full for so long
				 * without a move is lapped; 0: no limit; must
				 * be 0 for RRING_OVERWRITE
				 */
	enum rring_strategy strategy;	/* how this writer waits */
	struct rring_type type;		/* of the events; zeros: not given */
};

/*
 * Make @client the writer of the ring config->name, and store the writer in
 * *@writer. If the ring exists, the writer goes on at the position where the
 * last writer stopped. Otherwise create the ring. Return 0 or a negative errno.
 * The caller ends the writer with rring_writer_close() or rring_writer_leave().
 */
int rring_writer_open(struct rring_client *client,
		      const struct rring_ring_config *config,
		      struct rring_writer **writer);

/*
 * End the stream, and free @writer. Readers still get the entries that are
 * left, and then -EPIPE.
 */
void rring_writer_close(struct rring_writer *writer);

/*
 * Free @writer, but do not end the stream. Readers that have read all entries
 * get -EAGAIN until the next writer of the ring publishes.
 */
void rring_writer_leave(struct rring_writer *writer);

RRING_IN_LINE struct rring_client *
rring_writer_client(const struct rring_writer *writer);

/*
 * Return the number of the ring, 1 to 1023. A program can join the ring with
 * this number, in .ring of struct rring_reader_config.
 */
RRING_IN_LINE uint32_t rring_writer_ring_id(const struct rring_writer *writer);

/*
 * Return the position of the next entry. The position is the number of entries
 * that were published since the ring was created.
 */
RRING_IN_LINE uint64_t rring_writer_position(const struct rring_writer *writer);

/*
 * Return a number that tells the ring apart from those that had its name before:
 * a later ring has a higher one. An epoch and a position name an entry for ever.
 * Return 0 if the module is older and knows no epochs.
 */
uint64_t rring_writer_epoch(const struct rring_writer *writer);

/* Return the capacity of the ring: the number of its entries. */
RRING_IN_LINE uint32_t rring_writer_capacity(const struct rring_writer *writer);

/* Return the largest payload in bytes, or 0 for a ring of RRING_HANDLES. */
RRING_IN_LINE uint32_t rring_writer_stride(const struct rring_writer *writer);

/*
 * The largest allowed product of stride and capacity of an RRING_STATIC_RING(),
 * in bytes. A program may define another number before it includes this header.
 */
#ifndef RRING_STATIC_RING_BYTES
#define RRING_STATIC_RING_BYTES	(1u << 20)
#endif

/*
 * Define the constant @name for rring_writer_open(): the configuration of a
 * nameless inline ring of policy RRING_BLOCK. This compiles only if @stride and
 * @capacity are in range and their product is at most RRING_STATIC_RING_BYTES.
 * See RRING_STATIC_RING(3).
 */
#define RRING_STATIC_RING(name, stride, capacity)			\
	RRING_STATIC_RING_AS(name, stride, capacity)

/* ---- write handles: rring_publish(3), rring_publish_batch(3) ---- */

/*
 * Append @event to a ring of handles. Return 0 or a negative errno. After 0 the
 * client has given one hold away, and may use the event only if it has another
 * hold. After an error the client keeps the hold. If the ring is full,
 * RRING_BLOCK waits without limit, RRING_FAIL returns -EAGAIN, and
 * RRING_OVERWRITE overwrites the oldest entry.
 */
RRING_IN_LINE int rring_publish(struct rring_writer *writer,
				const struct rring_event *event);

/*
 * Append as many of the @n events, from the first on, as the ring has room for.
 * Readers see all appended events at once. The client gives one hold on each
 * away. Without room, RRING_BLOCK waits for one free entry, RRING_FAIL returns
 * -EAGAIN. Return how many were appended, or a negative errno if none was.
 */
long rring_publish_batch(struct rring_writer *writer,
			 const struct rring_event *events, uint32_t n);

/* ---- write payloads inline: rring_reserve(3) ---- */

/*
 * Make room for the next @n entries of an inline ring. Publish nothing. If
 * there is no room for all, RRING_BLOCK waits, RRING_FAIL returns -EAGAIN, and
 * RRING_OVERWRITE overwrites the oldest entries. Return 0 or a negative errno.
 */
RRING_IN_LINE int rring_reserve(struct rring_writer *writer, uint32_t n);

/*
 * Set the length and the type of the reserved entry @i, counted from 0. Return
 * its payload, which the caller may write until rring_commit(). @i must be
 * below the number of reserved entries, and @len at most the stride; neither is
 * checked.
 */
RRING_IN_LINE void *rring_reserved(struct rring_writer *writer, uint32_t i,
				   uint32_t len, uint32_t event_type);

/*
 * Publish the first @n reserved entries. Readers see all of them at once. @n
 * must be at most the number of reserved entries; this is not checked.
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
 * Copy the payloads, which lie one after the other at @data. If there is no
 * room for all, RRING_BLOCK waits, RRING_FAIL returns -EAGAIN, and
 * RRING_OVERWRITE overwrites the oldest entries. Return 0 or a negative errno.
 */
int rring_add_batch(struct rring_writer *writer, const void *data, uint32_t len,
		    uint32_t event_type, uint32_t n);

/* ---- write with a deadline: rring_publish_until(3) ---- */

/*
 * Do as the functions of these names without _until, but wait for room until
 * @deadline, also under RRING_FAIL; RRING_OVERWRITE waits for nothing. Return
 * -ETIMEDOUT if there was no room until @deadline (also if @deadline is 0). Then
 * nothing has changed: the caller still has the events.
 */
int rring_publish_until(struct rring_writer *writer,
			const struct rring_event *event, uint64_t deadline);
long rring_publish_batch_until(struct rring_writer *writer,
			       const struct rring_event *events, uint32_t n,
			       uint64_t deadline);
int rring_reserve_until(struct rring_writer *writer, uint32_t n,
			uint64_t deadline);
int rring_add_until(struct rring_writer *writer, const void *data, uint32_t len,
		    uint32_t event_type, uint64_t deadline);
int rring_add_batch_until(struct rring_writer *writer, const void *data,
			  uint32_t len, uint32_t event_type, uint32_t n,
			  uint64_t deadline);

/* ---- back-pressure: rring_writer_pressure(3), rring_wait_readable(3) ---- */

/*
 * Return the part of the ring that the slowest gating reader has not released,
 * from 0.0 to 1.0 (no room). Entries that the ring retains do not count.
 */
double rring_writer_pressure(struct rring_writer *writer);

/* Return 1 if rring_writer_pressure() is 0.8 or more, else 0. */
int rring_writer_under_pressure(struct rring_writer *writer);

/* Return 1 if rring_writer_pressure() is 0.9 or more, else 0. */
int rring_writer_should_throttle(struct rring_writer *writer);

/*
 * Return how many readers the ring has: also observers, and named readers that no
 * client uses now. A reader counts as soon as it is sure to get the next entry.
 */
uint32_t rring_writer_readers(const struct rring_writer *writer);

/*
 * Return the position of the slowest observer that stands at @from or above, or
 * rring_writer_position() if there is none. The library never makes a writer
 * wait for observers. But a program can compare this result with
 * rring_writer_position(), and wait before the writer overwrites entries that
 * an observer has not released.
 */
uint64_t rring_writer_observed(struct rring_writer *writer, uint64_t from);

/*
 * Wait, by the writer's .strategy, until the ring has room for @n entries.
 * Return 0 if there is so much room, -ETIMEDOUT if there was less until
 * @deadline (also if @deadline is 0), or another negative errno.
 */
int rring_wait_writable(struct rring_writer *writer, uint32_t n,
			uint64_t deadline);

/* ---- join a ring: rring_reader_open(3) ---- */

struct rring_reader_config {
	const char *ring_name;	/* NULL: .ring names the ring */
	uint32_t ring;		/* number of the ring, from 1; used only if
				 * .ring_name is NULL
				 */
	const char *name;	/* name of the reader; NULL: no name */
	unsigned int flags;	/* 0, or RRING_JOIN_OBSERVER: never gate, or
				 * RRING_JOIN_RESUME: fail with -ENOENT if the
				 * ring does not know .name
				 */
	enum rring_start start;	/* ignored if the ring knows .name */
	uint64_t position;	/* for RRING_START_AT */
	enum rring_strategy strategy;	/* for rring_wait_readable() */
	struct rring_type type;	/* that the ring must have; zeros: any */
};

/*
 * Make @client a reader of a ring, and store the new reader in *@reader. If the
 * ring knows config->name, the reader goes on at the position where the last
 * reader of that name stopped. The position of a named reader holds the writer
 * back even after its client has ended, until a new reader opens the name, a
 * program forgets the name, or the kernel laps the reader. Return 0 or a
 * negative errno. The caller ends the reader with rring_reader_close().
 */
int rring_reader_open(struct rring_client *client,
		      const struct rring_reader_config *config,
		      struct rring_reader **reader);

/*
 * Leave the ring, and free @reader. If the reader has a name and @forget is 0,
 * the ring keeps the name, and its position still holds the writer back.
 */
void rring_reader_close(struct rring_reader *reader, int forget);

RRING_IN_LINE struct rring_client *
rring_reader_client(const struct rring_reader *reader);

/* Return the number of the reader's ring in the arena, 1 to 1023. */
RRING_IN_LINE uint32_t rring_reader_ring_id(const struct rring_reader *reader);

/* Return the position of the first entry that this reader has not released. */
RRING_IN_LINE uint64_t rring_reader_position(const struct rring_reader *reader);

/* Return what rring_writer_epoch() returns to the writer of the reader's ring. */
uint64_t rring_reader_epoch(const struct rring_reader *reader);

/*
 * Return how many entries this reader has lost. An entry is lost if its memory
 * may have been reused for another event before the program released the entry.
 */
RRING_IN_LINE uint64_t rring_reader_lost(const struct rring_reader *reader);

/*
 * Move @reader to the newest entries. Release the event of the last
 * rring_try_read() and all entries but the last @keep. If @keep is 0, the
 * reader next gets the entry that is published next; if 1, it gets the newest
 * entry. Return how many entries were released unread (these do not count as
 * lost), or a negative errno.
 */
long rring_reader_skip(struct rring_reader *reader, uint32_t keep);

/* Return how many published entries this reader has not released. */
uint64_t rring_reader_lag(struct rring_reader *reader);

/*
 * Return how many events the kernel, as the writer of this ring, has dropped
 * for @reason. A writer in a process drops none.
 */
RRING_IN_LINE uint64_t rring_reader_dropped(const struct rring_reader *reader,
					    enum rring_drop_reason reason);

/*
 * Return 1 if rring_reader_open() found a position under the reader's name and
 * the reader continued there, or 0 if the reader is new in the ring.
 */
RRING_IN_LINE int rring_reader_resumed(const struct rring_reader *reader);

/*
 * Return 1 if the writer can overwrite entries that this reader has peeked at and
 * not released: it is an observer, or its ring has a .stall_ns. Else return 0.
 */
RRING_IN_LINE int
rring_reader_can_be_lapped(const struct rring_reader *reader);

/* Return the capacity of the ring: the number of its entries. */
RRING_IN_LINE uint32_t rring_reader_capacity(const struct rring_reader *reader);

RRING_IN_LINE enum rring_kind
rring_reader_kind(const struct rring_reader *reader);

/* Return the largest payload in bytes, or 0 for a ring of RRING_HANDLES. */
RRING_IN_LINE uint32_t rring_reader_stride(const struct rring_reader *reader);

/*
 * Return the type with which the ring was created; zeros if it has none. The
 * name is valid as long as the reader is open.
 */
struct rring_type rring_reader_type(const struct rring_reader *reader);

/* ---- read one by one, or by a function: rring_peek(3) ---- */

/*
 * Release the event of the previous call. Then describe the next event in
 * @event; event->data is valid until the next call. Never wait. Return 0,
 * -EAGAIN if there is no event yet, -EPIPE if there is none and the stream has
 * ended, or another negative errno.
 */
int rring_try_read(struct rring_reader *reader, struct rring_event *event);

/*
 * Release the event of the last rring_try_read(). Copy the payload of the next
 * event to @buffer, which has @size bytes, release its entry, and describe the
 * copy in @event. Never wait. Return 0 only if the copy is whole: -ESTALE if the
 * writer has overwritten it, -EMSGSIZE if it does not fit (event->len says what
 * it needs, and the next read gets this event again), or another negative errno
 * as rring_try_read() returns it.
 */
int rring_read_copy(struct rring_reader *reader, void *buffer, size_t size,
		    struct rring_event *event);

/*
 * Release the event of the last rring_try_read(). Take a hold on the next event
 * of a ring of handles, release its entry, and describe the event in @event: it
 * stays until the caller drops it. Never wait. Return 0 only if the client holds
 * the event, or a negative errno as rring_try_read() and rring_keep() do.
 */
int rring_read_keep(struct rring_reader *reader, struct rring_event *event);

/*
 * Handle one event for rring_read_batch(). Return 0 if the event is done, or a
 * positive number if it is done and the batch ends after it. Return a negative
 * errno if it is not done: the batch ends before it. Return RRING_LATER if it is
 * done when a later event is. If the last events of a batch are to be done later,
 * the handler is called for them once more, with NULL: 0 means that they are done.
 */
typedef int (*rring_handler_t)(void *context, const struct rring_event *event);

/* Answer of a handler: this event is done when a later one is. */
#define RRING_LATER	(-4096)

/*
 * Release the event of the last rring_try_read(). Call @handler with @context
 * for the next events, at most @max. Release those that @handler reports done,
 * all at once. Never wait. Return how many these are, or a negative errno if there
 * is none.
 * But if the reader was lapped, return -ESTALE: no event of this call is valid.
 */
long rring_read_batch(struct rring_reader *reader, rring_handler_t handler,
		      void *context, uint32_t max);

/*
 * Release the event of the last rring_try_read(). Then wait, by the reader's
 * .strategy, until the reader has an event or was lapped, or its stream has
 * ended. If a read has returned -EPIPE for this end of the stream, wait until
 * the next writer publishes or ends the stream. Return 0, -ETIMEDOUT if
 * @deadline passed, or another negative errno.
 */
int rring_wait_readable(struct rring_reader *reader, uint64_t deadline);

/* ---- read in steps: rring_peek(3) ---- */

/*
 * Return how many entries, at most @n, @reader can read now. If there is none,
 * return -EAGAIN, -EPIPE if the stream has ended, or another errno. Never wait.
 * The writer overwrites none of these entries before rring_release(), unless
 * the reader can be lapped: it is an observer, or its ring has a .stall_ns.
 */
RRING_IN_LINE long rring_peek(struct rring_reader *reader, uint32_t n);

/*
 * Describe the peeked entry @i (0: the first) in @event. Return 0 or a negative
 * errno. @i is not checked: it must be below the result of rring_peek().
 */
RRING_IN_LINE int rring_entry(struct rring_reader *reader, uint32_t i,
			      struct rring_event *event);

/*
 * Take a hold on @event, at which the reader has peeked in a ring of handles,
 * so that the event outlives the entry. Call this before the entry is released.
 * Return 0, or a negative errno if no hold was taken.
 */
int rring_keep(struct rring_reader *reader, const struct rring_event *event);

/*
 * Release the first @n peeked entries: the writer may now overwrite them.
 * Return 0 or a negative errno. If the reader can be lapped (see rring_peek()),
 * the data that it read from these entries are valid only after a result of 0.
 */
RRING_IN_LINE int rring_release(struct rring_reader *reader, uint32_t n);

/*
 * Release all entries below @position, which need not have been peeked at: a
 * program that stores positions with its results begins with this after it has
 * died. Never wait. Return 0, also if the reader stands at @position or above.
 * Return -EAGAIN if not so many entries are published: those that are have been
 * released. Or return another errno as rring_peek() or rring_release() does.
 */
int rring_release_to(struct rring_reader *reader, uint64_t position);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_RING_H */
