/* SPDX-License-Identifier: MPL-2.0 */
/* Rings: write and read. */
#ifndef _RUSTED_RING_RING_H
#define _RUSTED_RING_RING_H

#include <assert.h>

#include <rusted_ring/event.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * How a thread waits for a ring, each time that it waits. Deadlines, the end of
 * a stream, a reader that is lapped and a new writer end a wait in every one
 * of them. Only the kernel's sleep is ended by a signal (-EINTR): SPIN and
 * YIELD are not. A reader that is opened with another one than SPIN, and keeps
 * up with a writer that does not pause, lets it get ahead by a microsecond or
 * two now and then: both pass several times as many events.
 */
enum rring_strategy {
	RRING_WAIT_BLOCK,	/* spin for some microseconds, then sleep */
	RRING_WAIT_SPIN,	/* the shortest wait; takes a whole CPU */
	RRING_WAIT_YIELD,	/* spin, then let others run in between */
};

/* ---- rings: write ---- */

struct rring_ring_config {
	const char *name;	/* NULL: only by number */
	enum rring_kind kind;
	enum rring_policy policy;
	uint32_t capacity;	/* entries; need not be a power of two */
	uint32_t stride;	/* RRING_INLINE: payload bytes, a multiple of 64 */
	uint32_t retain;	/* entries kept for late joiners, < capacity */
	uint64_t stall_ns;	/* lap a reader that stalls longer; 0: never */
	enum rring_strategy strategy;	/* of this writer */
};

/* The most payload that RRING_STATIC_RING() takes, in bytes. */
#ifndef RRING_STATIC_RING_BYTES
#define RRING_STATIC_RING_BYTES	(1u << 20)
#endif

/*
 * Define @name_, the configuration of a nameless inline ring under RRING_BLOCK
 * that is known when the program is compiled; what rring_writer_open() would
 * refuse, or what takes more than RRING_STATIC_RING_BYTES, does not compile.
 * To be used at file or block scope, with constants.
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

struct rring_writer {
	struct rring_client *client;
	struct rring_ring_head *ring;
	struct rring_entry *entries;		/* RRING_HANDLES */
	struct rring_event_header *headers;	/* RRING_INLINE */
	char *data;
	const struct rring_ring_info *info;
	uint64_t head;		/* next position */
	uint64_t limit;		/* no writing at or beyond without a look */
	uint64_t settled;	/* in_flight was taken back below */
	uint64_t lap;		/* where head's lap through the entries began */
	uint64_t claimed;	/* as the ring has it */
	uint32_t claim_ahead;	/* by how much it is more than is needed */
	uint32_t capacity;
	uint32_t stride;
	uint32_t id;		/* of the ring */
	size_t size;		/* of the mapping */
	struct rring_writer *next;
	uint32_t strategy;
};

/*
 * Become the writer of a ring: of a new one, or, if a ring of this name is
 * without a writer and has the same geometry and owner, of that one, where its
 * last writer left off. -EBUSY: it has a writer; -EEXIST: it differs.
 */
int rring_writer_open(struct rring_client *client,
		      const struct rring_ring_config *config,
		      struct rring_writer **writer);

/* End of stream for its readers, once they have drained it. */
void rring_writer_close(struct rring_writer *writer);

/*
 * Close the writer, not the stream: the ring awaits its next writer, and its
 * readers wait with it. It goes when its last reader goes before that. A
 * writer that takes over and then closes, or dies, ends the stream as ever.
 */
void rring_writer_leave(struct rring_writer *writer);

/*
 * Publish @event into a ring of handles, and with it one of the caller's
 * holds, which is dropped. A full ring: waits without end under RRING_BLOCK,
 * else -EAGAIN; the hold then stays the caller's. -EOVERFLOW: it stands 4095
 * times in this client's rings, unread.
 */
RRING_IN_LINE int rring_publish(struct rring_writer *writer,
				const struct rring_event *event);

/*
 * Reserve @n entries of an inline ring, to be filled in place and committed.
 * A full ring: as for rring_publish(). -EINVAL: more than the ring has beside
 * what it retains; or a ring of handles.
 */
RRING_IN_LINE int rring_reserve(struct rring_writer *writer, uint32_t n);

/* The payload of reserved entry @i, with its length and type. */
RRING_IN_LINE void *rring_reserved(struct rring_writer *writer, uint32_t i,
				   uint32_t len, uint32_t event_type);

/* Publish the first @n reserved entries. */
RRING_IN_LINE void rring_commit(struct rring_writer *writer, uint32_t n);

/* Reserve, copy, commit. -E2BIG: longer than the stride. */
int rring_add(struct rring_writer *writer, const void *data, uint32_t len,
	      uint32_t event_type);

/*
 * The same for @n events of @len bytes each, which lie one after another at
 * @data, with one move of the head: all of them, or none. Where payloads fill
 * the stride they are copied at once, which other CPUs' caches like better
 * than to be filled in place.
 */
int rring_add_batch(struct rring_writer *writer, const void *data, uint32_t len,
		    uint32_t event_type, uint32_t n);

/*
 * Publish up to @n events of @events, in order and with one move of the head:
 * as many as there is room for. Returns how many; each took a hold. If the
 * first one cannot be published: what rring_publish() says, which waits for
 * room for one under RRING_BLOCK. An event that is not held (-EINVAL), or not
 * to be published more often (-EOVERFLOW), ends the batch before it.
 */
long rring_publish_batch(struct rring_writer *writer,
			 const struct rring_event *events, uint32_t n);

/*
 * Back-pressure, by a look at every reader: which part of the entries that the
 * writer could have are taken by what its slowest gating reader has not
 * released. 0.0: none; 1.0: all, there is no room. What the ring retains does
 * not count; without readers, and under RRING_OVERWRITE, it is 0.0.
 */
double rring_writer_pressure(struct rring_writer *writer);

/* 1: the pressure is 0.8 or more. */
int rring_writer_under_pressure(struct rring_writer *writer);

/* 1: the pressure is 0.9 or more. */
int rring_writer_should_throttle(struct rring_writer *writer);

/*
 * Waits until @n entries fit, by the writer's strategy: 0, -ETIMEDOUT, -EINTR;
 * -EINVAL: they never do.
 */
int rring_wait_writable(struct rring_writer *writer, uint32_t n,
			uint64_t deadline);

/* ---- rings: read ---- */

struct rring_reader_config {
	const char *ring_name;	/* NULL: by .ring */
	uint32_t ring;
	const char *name;	/* outlives the process; NULL: nameless */
	unsigned int flags;	/* RRING_JOIN_OBSERVER */
	enum rring_start start;
	uint64_t position;	/* RRING_START_AT */
	enum rring_strategy strategy;
};

struct rring_reader {
	struct rring_client *client;
	const struct rring_ring_head *ring;
	const struct rring_entry *entries;
	const struct rring_event_header *headers;
	const char *data;
	const struct rring_ring_info *info;
	rring_seq_t *cursor;
	uint64_t pos;		/* next entry */
	uint64_t head;		/* entries below are known to be there */
	uint64_t lost;		/* entries that this reader never got */
	uint64_t ref;
	uint64_t lap;		/* where pos' lap through the entries began */
	uint32_t capacity;
	uint32_t stride;
	uint32_t lappable;	/* validate what was read */
	uint32_t aside;		/* release the long way: lappable, or pins */
	uint32_t observer;
	uint32_t incarnation;
	uint32_t ring_id;
	uint32_t id;		/* in info->readers */
	uint32_t cursor_id;
	uint64_t peeked;	/* by rring_try_read(), to be released */
	struct rring_pages *old; /* of earlier incarnations */
	size_t size;		/* of a mapping */
	struct rring_reader *next;
	struct rring_pin *pins;	/* peeked events of class XXL */
	uint32_t strategy;
	uint32_t resumed;	/* the name was known */
	uint32_t prompt;	/* so many looks for events do not rest */
	uint32_t patience;	/* and so many after a rest that brought little */
};

/*
 * Join a ring. A named reader goes on exactly where its name stood, if its
 * owner is the same; -EBUSY while another process has it. -ENOENT: no such
 * ring; -EACCES; -EPERM: an observer cannot gate; -ENOSPC.
 */
int rring_reader_open(struct rring_client *client,
		      const struct rring_reader_config *config,
		      struct rring_reader **reader);

/* Leave. A name stays, gating, unless @forget. */
void rring_reader_close(struct rring_reader *reader, int forget);

/*
 * How many entries, up to @n, can be looked at from here on. -EAGAIN: none
 * yet; -EPIPE: none, and the writer is gone; -ESTALE: the reader was lapped,
 * ->lost has grown by what it missed, and the next call goes on behind that. (Who
 * cannot be lapped sees that of a liar's ring alone, whose head has jumped.)
 */
RRING_IN_LINE long rring_peek(struct rring_reader *reader, uint32_t n);

/*
 * Peeked entry @i, in place. -EBADMSG: the writer left nonsense there;
 * -ESTALE: gone already (only who can be lapped sees that); -ENODATA: the
 * kernel, as the writer, reserved and discarded it. In any case it is to be
 * released like any other. rring_try_read() and rring_read_batch() pass over
 * what was discarded. -ENOMEM: an event above 16 KiB could not be mapped;
 * another time it may be.
 */
RRING_IN_LINE int rring_entry(struct rring_reader *reader, uint32_t i,
			      struct rring_event *event);

/*
 * Done with the first @n peeked entries. -ESTALE: the reader was lapped
 * meanwhile; none of the @n is to be trusted and all count as lost.
 */
RRING_IN_LINE int rring_release(struct rring_reader *reader, uint32_t n);

/* Keep a peeked event beyond its release: a hold. -ESTALE as above. */
int rring_keep(struct rring_reader *reader, const struct rring_event *event);

/*
 * Release the event that the last call gave, and look at the next one:
 * 0, or what peek, entry and release say. After -ENOMEM the next call tries the
 * same event again; rring_release() of 1 gives it up. An event that is not
 * released when its reader ends is seen again under that reader's name. After
 * -ESTALE, on a ring whose readers can be lapped, the event before may be among
 * the lost: who has to know peeks and releases by hand.
 */
int rring_try_read(struct rring_reader *reader, struct rring_event *event);

/*
 * What to do with an event: 0, done; positive, done, but stop after it;
 * a negative error, not done: stop before it. It may hold the event, and must
 * not touch its reader.
 */
typedef int (*rring_handler_t)(void *context, const struct rring_event *event);

/*
 * Call @handler for each of up to @max events that are there, then release
 * those that it was done with, all at once. Returns how many, or what peek and
 * release say; if it was none, the handler's error. An event that
 * rring_entry() has an error for ends the batch before it, or, as the first
 * one, is released (not so after -ENOMEM), and the error returned.
 */
long rring_read_batch(struct rring_reader *reader, rring_handler_t handler,
		      void *context, uint32_t max);

/* How many entries are published that this reader has not released. */
uint64_t rring_reader_lag(struct rring_reader *reader);

/*
 * Waits until rring_peek() has something to say but -EAGAIN, by the reader's
 * strategy: 0, -ETIMEDOUT, -EINTR. The event that rring_try_read() gave last is
 * released first, with what rring_release() says.
 */
int rring_wait_readable(struct rring_reader *reader, uint64_t deadline);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_RING_H */
