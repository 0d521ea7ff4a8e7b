/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rings: write and read. None of these functions may be called in a signal
 * handler. These wait: rring_wait_writable(), rring_wait_readable(), and, if
 * the ring is full under RRING_BLOCK, those that publish, reserve or add.
 */
#ifndef _RUSTED_RING_RING_H
#define _RUSTED_RING_RING_H

#include <assert.h>

#include <rusted_ring/event.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * How a thread waits for events or for room. With each strategy a wait ends at
 * its deadline, at the end of the stream, and when the reader is lapped. A
 * signal ends only the sleep of RRING_WAIT_BLOCK; see <rusted_ring.h>.
 *
 * With BLOCK and YIELD, rring_peek() pauses a reader that has caught up with a
 * busy writer for a microsecond or two, so that the writer gets ahead: then
 * both pass several times as many events.
 */
enum rring_strategy {
	RRING_WAIT_BLOCK,	/* look for some microseconds, then sleep */
	RRING_WAIT_SPIN,	/* look without pause: takes a whole CPU */
	RRING_WAIT_YIELD,	/* look, and let others run in between */
};

/* ---- rings: write ---- */

/*
 * All but .name and .strategy are the ring's geometry, which does not change.
 * RRING_OVERWRITE demands .retain and .stall_ns 0, and has observers only. A
 * name has printable ASCII characters, no space and no slash.
 */
struct rring_ring_config {
	const char *name;	/* up to 31 characters; NULL: nameless */
	enum rring_kind kind;
	enum rring_policy policy;
	uint32_t capacity;	/* entries, 1 to RRING_RING_CAPACITY_MAX */
	uint32_t stride;	/* RRING_INLINE: payload bytes, a multiple of
				 * 64 up to 16384; RRING_HANDLES: 0
				 */
	uint32_t retain;	/* entries kept for late joiners, < capacity */
	uint64_t stall_ns;	/* lap a gating reader that keeps the ring
				 * full, and does not move, for longer;
				 * 0: never; up to INT64_MAX
				 */
	enum rring_strategy strategy;	/* of this writer */
};

/* Largest payload memory of an RRING_STATIC_RING(), in bytes. */
#ifndef RRING_STATIC_RING_BYTES
#define RRING_STATIC_RING_BYTES	(1u << 20)
#endif

/*
 * Define the constant @name_: a struct rring_ring_config of a nameless inline
 * ring under RRING_BLOCK with @capacity_ entries of @stride_ bytes. It does not
 * compile if rring_writer_open() would refuse these, or if the payloads take
 * more than RRING_STATIC_RING_BYTES. For file or block scope; the arguments are
 * constants.
 */
#define RRING_STATIC_RING(name_, stride_, capacity_)			\
	static_assert((stride_) >= RRING_STRIDE_MIN &&			\
		      (stride_) <= RRING_STRIDE_MAX &&			\
		      (stride_) % RRING_LINE == 0,			\
		      #name_ ": a stride is a multiple of 64 up to 16384"); \
	static_assert((capacity_) >= 1 &&				\
		      (capacity_) <= RRING_RING_CAPACITY_MAX,		\
		      #name_ ": a capacity is 1 to 2^24 entries");	\
	static_assert((unsigned long long)(stride_) * (capacity_) <=	\
		      RRING_STATIC_RING_BYTES,				\
		      #name_ ": more than RRING_STATIC_RING_BYTES");	\
	static const struct rring_ring_config name_ = {			\
		NULL, RRING_INLINE, RRING_BLOCK, (capacity_), (stride_), \
		0, 0, RRING_WAIT_BLOCK,					\
	}

/* Programs may read .head, .capacity, .stride and .id, the ring's number. */
struct rring_writer {
	struct rring_client *client;
	struct rring_ring_head *ring;
	struct rring_entry *entries;		/* RRING_HANDLES */
	struct rring_event_header *headers;	/* RRING_INLINE */
	char *data;				/* RRING_INLINE */
	const struct rring_ring_info *info;
	uint64_t head;		/* position of the next entry */
	uint64_t limit;		/* there is room for entries below */
	uint64_t settled;	/* entries below are settled */
	uint64_t lap;		/* position at which .head's lap began */
	uint64_t claimed;	/* value of ->ring->claim */
	uint32_t claim_ahead;	/* entries claimed ahead of need */
	uint32_t capacity;
	uint32_t stride;
	uint32_t id;		/* of the ring */
	size_t size;		/* of the mapping, bytes */
	struct rring_writer *next; /* of the client */
	uint32_t strategy;
};

/*
 * Make @client, a producer, the writer of a ring, and store the writer in
 * *@writer. A nameless ring, or one whose name is not in use, is created. Else
 * the writer goes on at the position where the last one stopped; the ring must
 * have no writer, the same geometry, and the caller's user as owner. Never
 * waits. The caller ends the writer with rring_writer_close() or
 * rring_writer_leave().
 *
 * Returns 0, or:
 *   -EPERM: the client is no producer
 *   -EINVAL: a value in @config is out of its range, or the name has a
 *	character that is not allowed
 *   -ENAMETOOLONG: the name has more than 31 characters
 *   -EACCES: the ring of this name belongs to another user
 *   -EBUSY: the ring of this name has a writer
 *   -EOVERFLOW: a hostile writer left the head of this ring at 2^62 or above;
 *	the name becomes free when its readers have left
 *   -EEXIST: the ring of this name has another geometry
 *   -ENOSPC: the arena has no place for another ring, or the ring needs more
 *	memory than max_bytes allows
 *   -ENOMEM, -EMFILE, -ENFILE: out of memory; in-process, also of descriptors
 */
int rring_writer_open(struct rring_client *client,
		      const struct rring_ring_config *config,
		      struct rring_writer **writer);

/*
 * End the stream and free @writer. What is published stays: readers drain the
 * ring, then get -EPIPE, until another writer opens it. A ring that has neither
 * writer nor readers is removed; a named reader counts while its client is
 * away. Never waits.
 */
void rring_writer_close(struct rring_writer *writer);

/*
 * Free @writer, but do not end the stream: readers that have drained the ring
 * get -EAGAIN until the next writer opens it. If the ring has no reader, or its
 * last reader leaves before that, the ring is removed. Never waits.
 */
void rring_writer_leave(struct rring_writer *writer);

/*
 * Append @event to a ring of handles. This takes one hold from the client: to
 * use the event afterwards, take another hold before. From then on the ring
 * keeps the event while a gating reader has not released the entry, or the ring
 * retains the entry; under RRING_OVERWRITE, until the entry is overwritten. The
 * payload must not be written any more. If the ring is full: RRING_BLOCK waits
 * without limit, RRING_FAIL fails, RRING_OVERWRITE overwrites the oldest entry.
 * @event must not be an entry of an inline ring (.handle 0).
 *
 * Returns 0, or an error; then the client keeps the hold:
 *   -EAGAIN: RRING_FAIL, and the ring is full
 *   -EINTR: RRING_BLOCK, and a signal ended the wait
 *   -EINVAL: the client does not hold the event, or the ring is inline
 *   -EOVERFLOW: this client's rings keep 4095 entries that name the event; with
 *	several threads, released entries may count as well
 */
RRING_IN_LINE int rring_publish(struct rring_writer *writer,
				const struct rring_event *event);

/*
 * Make room for the next @n entries of an inline ring, for rring_reserved() and
 * rring_commit(). Nothing is published; what is not committed needs no undo. If
 * the ring is full: RRING_BLOCK waits without limit, RRING_FAIL fails,
 * RRING_OVERWRITE overwrites the oldest entries.
 *
 * Returns 0, or:
 *   -EAGAIN: RRING_FAIL, and there is no room for @n entries
 *   -EINTR: RRING_BLOCK, and a signal ended the wait
 *   -EINVAL: @n exceeds the capacity without the retained entries, or the ring
 *	is one of handles
 */
RRING_IN_LINE int rring_reserve(struct rring_writer *writer, uint32_t n);

/*
 * Set length and type of reserved entry @i, counted from 0. Returns its
 * payload: as many bytes as the stride, aligned to 64, not cleared, the
 * caller's until rring_commit(). Entries may not follow each other in memory.
 * Nothing is checked: @i is less than what was reserved, @len at most the
 * stride. Never waits.
 */
RRING_IN_LINE void *rring_reserved(struct rring_writer *writer, uint32_t i,
				   uint32_t len, uint32_t event_type);

/*
 * Publish the first @n reserved entries at once; @n is not checked. The caller
 * must not write them any more. Further ones have to be reserved again. Never
 * waits.
 */
RRING_IN_LINE void rring_commit(struct rring_writer *writer, uint32_t n);

/*
 * Append an entry with a copy of the @len bytes at @data to an inline ring. May
 * wait like rring_reserve(). Returns 0, or -E2BIG: @len exceeds the stride; or
 * an error of rring_reserve() for one entry.
 */
int rring_add(struct rring_writer *writer, const void *data, uint32_t len,
	      uint32_t event_type);

/*
 * Append @n entries to an inline ring, all at once or none: copies of @n times
 * @len bytes, which follow each other at @data. Fastest if @len is the stride.
 * May wait like rring_reserve(). Returns 0, or -E2BIG: @len exceeds the stride;
 * or an error of rring_reserve() for @n entries.
 */
int rring_add_batch(struct rring_writer *writer, const void *data, uint32_t len,
		    uint32_t event_type, uint32_t n);

/*
 * Append the first of the @n events to a ring of handles, in order and at once,
 * as many as there is room for. Each takes one hold from the client, like
 * rring_publish(). If there is no room for any: waits, fails or overwrites for
 * one, like rring_publish().
 *
 * Returns how many were published (0 only if @n is 0). An event that
 * rring_publish() would reject with -EINVAL or -EOVERFLOW ends the batch before
 * it. If none was published, returns an error of rring_publish(); the client
 * keeps the holds.
 */
long rring_publish_batch(struct rring_writer *writer,
			 const struct rring_event *events, uint32_t n);

/*
 * Back-pressure: how full the ring is now, from 0.0 to 1.0, which means no
 * room. That is the number of entries that the slowest gating reader has not
 * released, without the retained ones, divided by the capacity without them.
 * Without gating readers and under RRING_OVERWRITE it is 0.0. Looks at every
 * reader. Never waits, but may spin while a reader joins. Cannot fail.
 */
double rring_writer_pressure(struct rring_writer *writer);

/* Returns 1 if rring_writer_pressure() is 0.8 or more, else 0. */
int rring_writer_under_pressure(struct rring_writer *writer);

/* Returns 1 if rring_writer_pressure() is 0.9 or more, else 0. */
int rring_writer_should_throttle(struct rring_writer *writer);

/*
 * Wait until @n entries fit, or @deadline, by the writer's strategy. After 0,
 * publishing or reserving up to @n entries does not wait.
 *
 * Returns 0, or:
 *   -ETIMEDOUT: no room until @deadline, also if that is 0
 *   -EINTR: RRING_WAIT_BLOCK, and a signal ended the wait
 *   -EINVAL: @n exceeds the capacity without the retained entries
 */
int rring_wait_writable(struct rring_writer *writer, uint32_t n,
			uint64_t deadline);

/* ---- rings: read ---- */

/*
 * A named reader outlives its client: its position stays and gates until a
 * client of the same user opens a reader of that name. Positions count the
 * entries since the ring was created.
 */
struct rring_reader_config {
	const char *ring_name;	/* NULL: .ring says which */
	uint32_t ring;		/* number of the ring */
	const char *name;	/* up to 31 characters; NULL: nameless */
	unsigned int flags;	/* RRING_JOIN_OBSERVER: never gates */
	enum rring_start start;	/* ignored if the ring knows .name */
	uint64_t position;	/* for RRING_START_AT */
	enum rring_strategy strategy;	/* of rring_wait_readable() */
};

/*
 * Programs may read .pos, .lost, .resumed, .capacity, .stride, and .ring_id,
 * the ring's number.
 */
struct rring_reader {
	struct rring_client *client;
	const struct rring_ring_head *ring;
	const struct rring_entry *entries;	/* RRING_HANDLES */
	const struct rring_event_header *headers; /* RRING_INLINE */
	const char *data;	/* RRING_INLINE */
	const struct rring_ring_info *info;
	rring_seq_t *cursor;	/* own one, which the writer reads */
	uint64_t pos;		/* position of the next entry */
	uint64_t head;		/* entries below are known to be there */
	uint64_t lost;		/* entries that this reader never got */
	uint64_t ref;		/* own reader's word when it (re)joined */
	uint64_t lap;		/* position at which .pos' lap began */
	uint32_t capacity;
	uint32_t stride;
	uint32_t lappable;	/* what was read has to be validated */
	uint32_t slow_release;	/* 1: release out of line */
	uint32_t observer;
	uint32_t incarnation;	/* of the pages that are mapped */
	uint32_t ring_id;
	uint32_t id;		/* in info->readers */
	uint32_t cursor_id;	/* in the client's cursors */
	uint64_t peeked;	/* 1: the next call releases an entry */
	struct rring_pages *old; /* mappings of earlier incarnations */
	size_t size;		/* of one mapping, bytes */
	struct rring_reader *next; /* of the client */
	struct rring_pin *pins;	/* peeked events of class XXL */
	uint32_t strategy;
	uint32_t resumed;	/* 1: the name was known */
	uint32_t backoff_left;	/* looks left that do not pause */
	uint32_t backoff_len;	/* .backoff_left after a vain pause */
};

/*
 * Join a ring and store the reader in *@reader. A name that is known goes on at
 * the position where it stood (->resumed is 1), or, if it was lapped meanwhile,
 * at the oldest entry kept (->lost says how many it missed). Never waits. The
 * caller ends the reader with rring_reader_close().
 *
 * Returns 0, or:
 *   -ENOENT: the arena has no ring of this name
 *   -ENXIO: the arena has no ring of this number
 *   -EPERM: a client of role RRING_OBSERVER must join with RRING_JOIN_OBSERVER
 *   -EINVAL: unknown flag, start or strategy; a gating reader of a ring with
 *	RRING_OVERWRITE; an observer with a name; a name with a character that
 *	is not allowed
 *   -ENAMETOOLONG: a name has more than 31 characters
 *   -EACCES: the reader's name belongs to another user
 *   -EBUSY: a reader with this name is open
 *   -ENOSPC: the ring has 240 readers, or the client 64
 *   -ENOMEM: out of memory
 */
int rring_reader_open(struct rring_client *client,
		      const struct rring_reader_config *config,
		      struct rring_reader **reader);

/*
 * Leave the ring and free @reader. Peeked events are invalid afterwards; holds
 * stay. A named reader stays in the ring and gates, unless @forget is not 0. An
 * entry that was not released is read again under that name. A ring that has
 * neither writer nor readers is removed. Never waits.
 */
void rring_reader_close(struct rring_reader *reader, int forget);

/*
 * Returns how many entries, up to @n, can be read from the reader's position
 * on. They stay until rring_release(), unless the reader can be lapped. Only
 * observers and readers of a ring with a stall_ns can be lapped. Never waits,
 * but may pause (see enum rring_strategy).
 *
 * Errors:
 *   -EAGAIN: there is no entry yet
 *   -EPIPE: there is no entry, and the stream has ended
 *   -ESTALE: the reader was lapped, ->lost has grown by the entries that it
 *	missed, and the next call goes on behind them. If the reader cannot be
 *	lapped: a hostile writer moved its head too far
 *   -ENOMEM: the pages of a new writer cannot be mapped
 */
RRING_IN_LINE long rring_peek(struct rring_reader *reader, uint32_t n);

/*
 * Describe entry @i, counted from 0, in @event. @i is less than the result of
 * rring_peek(), which is not checked. The event is used in place until the
 * entry is released. Never waits, but may spin while a sweep decides about the
 * slot.
 *
 * Returns 0, or an error; then, too, the entry has to be released:
 *   -ENODATA: no event; the kernel, as the writer, discarded the entry
 *   -EBADMSG: a hostile writer left an invalid handle or length
 *   -ESTALE: the reader can be lapped, and the entry was overwritten or is
 *	invalid
 *   -ENOMEM: RRING_XXL: the event cannot be mapped now; a later call may
 *	succeed
 */
RRING_IN_LINE int rring_entry(struct rring_reader *reader, uint32_t i,
			      struct rring_event *event);

/*
 * Release the first @n peeked entries: the writer may reuse them, and their
 * events must not be used any more, unless the client holds them. A reader that
 * can be lapped may trust what it has read only after 0. Never waits.
 *
 * Returns 0, or:
 *   -EINVAL: @n is more than rring_peek() has found
 *   -ESTALE: the reader was lapped, and nothing that was read from these
 *	entries can be trusted. An observer has lost all @n. A gating reader
 *	goes on at the oldest entry kept, which may be one of the @n. ->lost
 *	has grown by the entries that are lost
 */
RRING_IN_LINE int rring_release(struct rring_reader *reader, uint32_t n);

/*
 * Take a hold on a peeked event of a ring of handles, before its release. The
 * caller drops the hold with rring_drop(). Never waits, but may spin while a
 * sweep decides about the slot.
 *
 * Returns 0, or:
 *   -EINVAL: the event is an entry of an inline ring
 *   -EOVERFLOW: the client holds the event 65,535 times
 *   -ESTALE, -EBADMSG: the reader can be lapped, and the event was reused
 *   -ENOMEM: RRING_XXL: the event cannot be mapped
 */
int rring_keep(struct rring_reader *reader, const struct rring_event *event);

/*
 * Release the event of the last call, and describe the next one in @event. The
 * event is used in place until the next rring_try_read(), rring_read_batch(),
 * rring_wait_readable() or rring_release(). Passes over entries that the kernel
 * discarded. Never waits, but may pause like rring_peek().
 *
 * Returns 0, or an error of rring_peek(), rring_entry() or rring_release():
 *   -EAGAIN: there is no event yet
 *   -EPIPE: there is no event, and the stream has ended
 *   -EBADMSG: the entry is invalid; the next call releases it
 *   -ESTALE: the reader was lapped. The event of the last call may be lost as
 *	well; a reader that has to know uses rring_peek() and rring_release()
 *   -ENOMEM: RRING_XXL: the event cannot be mapped. The next call tries it
 *	again; rring_release() of 1 skips it
 */
int rring_try_read(struct rring_reader *reader, struct rring_event *event);

/*
 * The caller's function for one event of a batch. Returns 0: done; positive:
 * done, end the batch after this event; a negative errno: not done, end the
 * batch before this event. The handler may hold the event with rring_keep();
 * otherwise it must not use the reader.
 */
typedef int (*rring_handler_t)(void *context, const struct rring_event *event);

/*
 * Call @handler with @context for up to @max events that are there, then
 * release those that are done, all at once. First releases the event of the
 * last rring_try_read(). Passes over entries that the kernel discarded. Never
 * waits.
 *
 * Returns how many are done (0 only if @max is 0); if none is done, the
 * handler's error; or an error of rring_peek() or rring_release(). -ESTALE of
 * the release means that the handled events cannot be trusted. An entry that
 * rring_entry() rejects ends the batch before it. If this is the first entry,
 * the error is returned, and the entry is released, but not after -ENOMEM.
 */
long rring_read_batch(struct rring_reader *reader, rring_handler_t handler,
		      void *context, uint32_t max);

/*
 * Returns how many entries are published that this reader has not released.
 * Never waits, cannot fail.
 */
uint64_t rring_reader_lag(struct rring_reader *reader);

/*
 * Wait until rring_peek() returns something else than -EAGAIN, or @deadline, by
 * the reader's strategy. First releases the event of the last rring_try_read().
 *
 * Returns 0, or:
 *   -ETIMEDOUT: nothing happened until @deadline, also if that is 0
 *   -EINTR: RRING_WAIT_BLOCK, and a signal ended the wait
 *   -ESTALE: from the release, see rring_release()
 *   -ENOMEM: the pages of a new writer cannot be mapped
 */
int rring_wait_readable(struct rring_reader *reader, uint64_t deadline);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_RING_H */
