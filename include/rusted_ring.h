/* SPDX-License-Identifier: MPL-2.0 */
/*
 * librusted_ring: events shared between processes through /dev/rusted_ring.
 *
 * Calls return 0 (or what they say) or a negative errno; nothing prints and
 * nothing touches errno. A client may be used by all threads of its process,
 * a writer or a reader by one thread at a time. No call but those that say
 * "waits" blocks, and none is safe in a signal handler. A deadline is an
 * absolute CLOCK_MONOTONIC time in nanoseconds: 0 does not wait, RRING_FOREVER
 * waits without end; rring_deadline() makes one.
 */
#ifndef _RUSTED_RING_H
#define _RUSTED_RING_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/rusted_ring.h>
#include <rusted_ring/atomic.h>
#include <rusted_ring/handle.h>
#include <rusted_ring/ledger.h>
#include <rusted_ring/window.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RRING_DEVICE		"/dev/rusted_ring"
#define RRING_PARKED_SLOTS	64

/* ---- arenas ---- */

enum rring_profile {
	RRING_PROFILE_MOBILE,
	RRING_PROFILE_DESKTOP,
	RRING_PROFILE_SERVER,
};

struct rring_arena_config {
	const char *name;	/* NULL: anonymous, to be passed as descriptor */
	uint32_t capacity[RRING_POOLS];	/* slots per size class, 0 allowed */
	uint32_t max_clients;	/* 0: 64 */
	uint32_t max_rings;	/* 0: 64 */
	uint32_t quota;		/* percent of a pool for one client; 0: 100 */
	uint32_t mode;		/* like a file's: r observe, x consume, w produce */
	uint32_t uid, gid;	/* ~0: the caller's */
	uint32_t flags;		/* RRING_CREATE_PERSIST: until removed by name */
};

/* Capacities of @profile, as the arena `default` has them. */
int rring_profile(enum rring_profile profile, uint32_t capacity[RRING_POOLS]);

/* The smallest class that takes @len bytes; RRING_XXL above 16 KiB. */
enum rring_class rring_class_for(size_t len);

/*
 * Create an arena. Returns a descriptor that keeps it alive and that may be
 * passed to other processes, for rring_open_arena() there. The caller closes
 * it. Without RRING_CREATE_PERSIST a name goes when nobody uses the arena.
 * -EEXIST, -EINVAL, -ENOMEM, -ENOSPC (the module's max_bytes), -ENOENT or
 * -EACCES (the device).
 */
int rring_arena_create(const struct rring_arena_config *config);

/* Take the name off an arena; it ends when its last client goes. */
int rring_arena_remove(const char *name);

/* ---- clients ---- */

/* rring_open(): every call on the client comes from one thread. */
#define RRING_SINGLE_THREADED	(1u << 0)

/* An event: a slot and what is in it. Held, or peeked at in a ring. */
struct rring_event {
	uint64_t handle;	/* 0: the event lies in an inline ring */
	void *data;		/* 64-byte aligned; const for non-producers */
	uint32_t len;
	uint32_t event_type;
	rring_word_t *word;	/* the own ledger's word of the slot */
};

/* A pool as one client sees it. */
struct rring_pool_view {
	rring_word_t *ledger;
	const rring_flag_t *generation;
	char *payload;
	struct rring_event_header *header;
	uint32_t capacity;
	uint32_t parked;	/* handles in parked_handle[] */
	uint64_t *parked_handle; /* dropped unshared, still held: reuse */
	const struct rring_magazine *magazine;
	rring_seq_t *tail;
	uint64_t parked_max;	/* so that an idle client keeps but a batch */
};

struct rring_client {
	struct rring_pool_view pool[RRING_POOLS];
	const struct rring_arena_info *arena;
	uint32_t shared;	/* not RRING_SINGLE_THREADED */
	uint32_t id;
	uint32_t role;
	int fd;
	struct rring_client_private *own;
};

/*
 * Attach this process to the arena @name ("default" if NULL) as @role.
 * The client ends with rring_close() or with the process, whichever way that
 * goes; a child after fork() does not have it. -ENOENT: no such arena, or no
 * module; -EACCES: not permitted; -ENOSPC: all client places are taken.
 */
int rring_open(struct rring_client **client, const char *name,
	       enum rring_role role, unsigned int flags);

/* The same for an arena's descriptor. It may be closed afterwards. */
int rring_open_arena(struct rring_client **client, int arena_fd,
		     enum rring_role role, unsigned int flags);

/* Ends its writers and readers, drops its holds, frees @client. */
void rring_close(struct rring_client *client);

/*
 * For poll() and epoll, level- or edge-triggered: POLLIN when one of the
 * client's readers has something to say (events, end, lapped), POLLOUT when
 * one of its writers has room. Drain until -EAGAIN before waiting again.
 */
int rring_client_fd(const struct rring_client *client);

int rring_pool_stat(struct rring_client *client, enum rring_class pool,
		    unsigned int flags, struct rring_pool_stat *stat);

uint64_t rring_deadline(uint64_t nanoseconds_from_now);

/* ---- events: allocate, hold, drop ---- */

/*
 * Allocate a slot of the smallest class that takes @len, held once by this
 * client, for the caller to fill @event->data. Producers only. Calls the
 * kernel when the client's magazine is empty; waits until @deadline for a slot.
 * -E2BIG: no class is that large; -ENOSPC or, with a deadline, -ETIMEDOUT: the
 * pool is dry; -EDQUOT: the client's quota is used up; -EINTR; -EPERM.
 */
int rring_alloc_until(struct rring_client *client, size_t len,
		      uint32_t event_type, uint64_t deadline,
		      struct rring_event *event);

/* The same from the class @pool, at once or not at all; @len <= its size. */
static inline int rring_alloc_class(struct rring_client *client,
				    enum rring_class pool, uint32_t len,
				    uint32_t event_type,
				    struct rring_event *event);

/* The same by @len. */
static inline int rring_alloc(struct rring_client *client, size_t len,
			      uint32_t event_type, struct rring_event *event);

/* Change the length of an event that was not published yet. */
int rring_resize(struct rring_client *client, struct rring_event *event,
		 uint32_t len);

/*
 * One more hold on an event that something keeps alive already: an own hold,
 * or the window of a gating reader that cannot be lapped. -EOVERFLOW beyond
 * 65,535 holds.
 */
static inline int rring_hold(struct rring_client *client,
			     const struct rring_event *event);

/*
 * One hold less; the last one of all clients frees the slot. -EINVAL: none. Of
 * what nobody else ever knew, a single-threaded client keeps up to a batch per
 * pool for its own next allocations; rring_trim() gives that back, too.
 */
static inline int rring_drop(struct rring_client *client,
			     const struct rring_event *event);

/*
 * Hold by @handle, whatever channel brought it: the weak upgrade. -ESTALE if
 * its use of the slot is over (then nothing is held), -EBADMSG if it can be no
 * handle. A full fence.
 */
int rring_upgrade(struct rring_client *client, uint64_t handle,
		  struct rring_event *event);

/* Look at @handle, which this client holds; -ESTALE if it does not. */
int rring_find(struct rring_client *client, uint64_t handle,
	       struct rring_event *event);

/*
 * The handle of an own event, to be sent over another channel and upgraded
 * there. To be called before it leaves: a slot whose handle nobody knows is
 * reused without a new generation.
 */
uint64_t rring_share(struct rring_client *client,
		     const struct rring_event *event);

/* Give back the free slots that this client keeps: lent to it, or reused. */
void rring_trim(struct rring_client *client);

/* ---- rings: write ---- */

struct rring_ring_config {
	const char *name;	/* NULL: only by number */
	enum rring_kind kind;
	enum rring_policy policy;
	uint32_t capacity;	/* entries; need not be a power of two */
	uint32_t stride;	/* RRING_INLINE: payload bytes, a multiple of 64 */
	uint32_t retain;	/* entries kept for late joiners, < capacity */
	uint64_t stall_ns;	/* lap a reader that stalls longer; 0: never */
};

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
	uint32_t index;		/* head modulo capacity */
	uint32_t capacity;
	uint32_t stride;
	uint32_t id;		/* of the ring */
	size_t size;		/* of the mapping */
	struct rring_writer *next;
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
 * Publish @event into a ring of handles, and with it one of the caller's
 * holds, which is dropped. A full ring: waits without end under RRING_BLOCK,
 * else -EAGAIN; the hold then stays the caller's. -EOVERFLOW: it stands 4095
 * times in this client's rings, unread.
 */
static inline int rring_publish(struct rring_writer *writer,
				const struct rring_event *event);

/*
 * Reserve @n entries of an inline ring, to be filled in place and committed.
 * A full ring: as for rring_publish(). -EINVAL: more than the ring has beside
 * what it retains; or a ring of handles.
 */
static inline int rring_reserve(struct rring_writer *writer, uint32_t n);

/* The payload of reserved entry @i, with its length and type. */
static inline void *rring_reserved(struct rring_writer *writer, uint32_t i,
				   uint32_t len, uint32_t event_type);

/* Publish the first @n reserved entries. */
static inline void rring_commit(struct rring_writer *writer, uint32_t n);

/* Reserve, copy, commit. -E2BIG: longer than the stride. */
int rring_add(struct rring_writer *writer, const void *data, uint32_t len,
	      uint32_t event_type);

/* Waits until @n entries fit: 0, -ETIMEDOUT, -EINTR; -EINVAL: they never do. */
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
	uint32_t index;		/* pos modulo capacity */
	uint32_t capacity;
	uint32_t stride;
	uint32_t lappable;	/* validate what was read */
	uint32_t observer;
	uint32_t incarnation;
	uint32_t ring_id;
	uint32_t id;		/* in info->readers */
	uint32_t resumed;	/* the name was known */
	uint32_t cursor_id;
	uint64_t peeked;	/* by rring_try_read(), to be released */
	const void *old;	/* mapping of the last incarnation */
	size_t size;		/* of a mapping */
	struct rring_reader *next;
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
 * ->lost has grown by what it missed, and the next call goes on behind that.
 */
static inline long rring_peek(struct rring_reader *reader, uint32_t n);

/*
 * Peeked entry @i, in place. -EBADMSG: the writer left nonsense there;
 * -ESTALE: gone already (only who can be lapped sees that). Either way it is
 * to be released like any other.
 */
static inline int rring_entry(struct rring_reader *reader, uint32_t i,
			      struct rring_event *event);

/*
 * Done with the first @n peeked entries. -ESTALE: the reader was lapped
 * meanwhile; none of the @n is to be trusted and all count as lost.
 */
static inline int rring_release(struct rring_reader *reader, uint32_t n);

/* Keep a peeked event beyond its release: a hold. -ESTALE as above. */
int rring_keep(struct rring_reader *reader, const struct rring_event *event);

/*
 * Release the event that the last call gave, and look at the next one:
 * 0, or what peek, entry and release say. An event that is not released when
 * its reader ends is seen again under that reader's name. After -ESTALE, on a
 * ring whose readers can be lapped, the event before may be among the lost:
 * who has to know peeks and releases by hand.
 */
int rring_try_read(struct rring_reader *reader, struct rring_event *event);

/*
 * Waits until rring_peek() has something to say but -EAGAIN: 0, -ETIMEDOUT,
 * -EINTR. The event that rring_try_read() gave last is released first, with
 * what rring_release() says.
 */
int rring_wait_readable(struct rring_reader *reader, uint64_t deadline);

/* ---- inlines; the slow halves are in the library ---- */

int rring_alloc_slow(struct rring_client *client, enum rring_class pool,
		     uint32_t len, uint32_t event_type,
		     struct rring_event *event);
int rring_hold_threads(const struct rring_event *event);
int rring_drop_threads(struct rring_client *client,
		       const struct rring_event *event);
int rring_publish_threads(struct rring_writer *writer,
			  const struct rring_event *event);
int rring_writer_make_room(struct rring_writer *writer, uint32_t n);
int rring_in_flight_slow(struct rring_writer *writer,
			 const struct rring_event *event);
long rring_peek_slow(struct rring_reader *reader, uint32_t n);
int rring_release_check(struct rring_reader *reader, uint32_t n);
int rring_generation_is(const struct rring_client *client, uint64_t handle);
void rring_wake_ring(struct rring_client *client, uint32_t ring,
		     uint32_t waiters);
void rring_wake_pools(struct rring_client *client);

#define rring_unlikely(x) __builtin_expect(!!(x), 0)

/* @handle can be one: not so a forged one that names no slot, or no use. */
static inline int rring_handle_valid(const struct rring_client *client,
				     uint64_t handle)
{
	uint32_t pool = rring_handle_class(handle);

	return pool < RRING_POOLS && rring_handle_generation(handle) &&
	       rring_handle_index(handle) < client->pool[pool].capacity;
}

/* Fill @event for a valid @handle. */
static inline void rring_event_at(const struct rring_client *client,
				  uint64_t handle, uint32_t len,
				  uint32_t event_type,
				  struct rring_event *event)
{
	uint32_t class_ = rring_handle_class(handle);
	const struct rring_pool_view *pool = &client->pool[class_];
	uint32_t index = rring_handle_index(handle);

	event->handle = handle;
	event->data = pool->payload + ((size_t)index << (6 + 2 * class_));
	event->len = len;
	event->event_type = event_type;
	event->word = &pool->ledger[index];
}

static inline int rring_alloc_class(struct rring_client *client,
				    enum rring_class pool_class, uint32_t len,
				    uint32_t event_type,
				    struct rring_event *event)
{
	struct rring_pool_view *pool = &client->pool[pool_class];
	struct rring_event_header *header;
	uint64_t handle;

	if (rring_unlikely((unsigned int)pool_class >= RRING_POOLS ||
			   len > 64u << 2 * pool_class || !pool->parked))
		return rring_alloc_slow(client, pool_class, len, event_type,
					event);
	handle = pool->parked_handle[--pool->parked];
	rring_event_at(client, handle, len, event_type, event);
	rring_word_store_release(event->word, rring_word_load(event->word) &
					      ~RRING_PARKED);
	header = &pool->header[rring_handle_index(handle)];
	header->len = len;
	header->event_type = event_type;
	return 0;
}

static inline int rring_alloc(struct rring_client *client, size_t len,
			      uint32_t event_type, struct rring_event *event)
{
	enum rring_class pool = rring_class_for(len);

	if (rring_unlikely(pool >= RRING_POOLS))
		return -E2BIG;
	return rring_alloc_class(client, pool, (uint32_t)len, event_type,
				 event);
}

static inline int rring_hold(struct rring_client *client,
			     const struct rring_event *event)
{
	uint64_t word;

	if (rring_unlikely(client->shared))
		return rring_hold_threads(event);
	word = rring_word_load(event->word);
	/* a parked one is not the caller's any more */
	if (rring_unlikely((word & (RRING_HOLDS_MASK | RRING_PARKED)) >=
			   RRING_HOLDS_MAX))
		return word & RRING_PARKED ? -EINVAL : -EOVERFLOW;
	rring_word_store_release(event->word, word + RRING_MOVE + RRING_HOLD);
	return 0;
}

/* Slots were freed: L, then wake who sleeps for one. */
static inline void rring_freed(struct rring_client *client)
{
	rring_fence_compiler();
	if (rring_unlikely(rring_flag_load(&client->arena->pool_waiters)))
		rring_wake_pools(client);
}

/*
 * Keep a slot that nobody else knows for the next allocation. It stays held,
 * so that it goes back like any other if this process dies.
 */
static inline int rring_park(struct rring_client *client,
			     const struct rring_event *event, uint64_t word)
{
	uint32_t class_ = rring_handle_class(event->handle);
	struct rring_pool_view *pool = &client->pool[class_];

	if (pool->parked >= pool->parked_max ||
	    rring_flag_load(&client->arena->pool_waiters))
		return 0;
	rring_word_store_release(event->word, word | RRING_PARKED);
	pool->parked_handle[pool->parked++] = event->handle;
	return 1;
}

static inline int rring_drop(struct rring_client *client,
			     const struct rring_event *event)
{
	uint64_t word;

	if (rring_unlikely(client->shared))
		return rring_drop_threads(client, event);
	word = rring_word_load(event->word);
	if (rring_unlikely(!rring_ledger_holds(word) || word & RRING_PARKED))
		return -EINVAL;
	if ((word & (RRING_HOLDS_MASK | RRING_PRIVATE)) ==
	    (RRING_HOLD | RRING_PRIVATE)) {
		if (rring_park(client, event, word))
			return 0;
		word &= ~RRING_PRIVATE;
	}
	/* G: the payload was read before the hold falls */
	rring_word_store_release(event->word, word + RRING_MOVE - RRING_HOLD);
	rring_freed(client);
	return 0;
}

/* A: entries below the new head are complete. L: who sleeps is woken. */
static inline void rring_writer_advance(struct rring_writer *writer,
					uint32_t n)
{
	writer->head += n;
	writer->index = rring_window_wrap((uint64_t)writer->index + n,
					  writer->capacity);
	rring_seq_store_release(&writer->ring->head, writer->head);
}

static inline void rring_published(struct rring_writer *writer)
{
	uint32_t waiters;

	rring_fence_compiler();
	waiters = rring_flag_load(&writer->info->waiters);
	if (rring_unlikely(waiters & RRING_READERS_WAIT))
		rring_wake_ring(writer->client, writer->id,
				RRING_READERS_WAIT);
}

/*
 * M: readers that see any of what follows see the claim. It never goes back:
 * what was reserved and not committed may have been overwritten, too.
 */
static inline void rring_writer_claim(struct rring_writer *writer, uint32_t n)
{
	uint64_t claim = writer->head + n;

	if (claim > rring_seq_load(&writer->ring->claim))
		rring_seq_store(&writer->ring->claim, claim);
	rring_fence_release();
}

static inline int rring_room(struct rring_writer *writer, uint32_t n)
{
	if (rring_unlikely(writer->limit - writer->head < n)) {
		int err = rring_writer_make_room(writer, n);

		if (err)
			return err;
	}
	rring_writer_claim(writer, n);
	return 0;
}

static inline void rring_entry_write(struct rring_writer *writer,
				     const struct rring_event *event)
{
	struct rring_entry *entry = &writer->entries[writer->index];

	RRING_STORE(&entry->handle, event->handle);
	RRING_STORE(&entry->header.len, event->len);
	RRING_STORE(&entry->header.event_type, event->event_type);
}

static inline int rring_publish(struct rring_writer *writer,
				const struct rring_event *event)
{
	uint64_t word;
	int err;

	if (rring_unlikely(!writer->entries))
		return -EINVAL;
	if (rring_unlikely(writer->client->shared))
		return rring_publish_threads(writer, event);
	word = rring_word_load(event->word);
	if (rring_unlikely(!rring_ledger_holds(word) || word & RRING_PARKED))
		return -EINVAL;
	if (rring_unlikely(rring_ledger_in_flight(word) >=
			   RRING_IN_FLIGHT_MAX)) {
		err = rring_in_flight_slow(writer, event);
		if (err)
			return err;
	}
	err = rring_room(writer, 1);
	if (rring_unlikely(err))
		return err;
	/* making room may have settled this very slot */
	word = (rring_word_load(event->word) & ~RRING_PRIVATE) + RRING_MOVE +
	       RRING_IN_FLIGHT;
	rring_word_store_release(event->word, word);
	rring_entry_write(writer, event);
	rring_writer_advance(writer, 1);
	/* G: the ring names the slot before the hold falls */
	rring_word_store_release(event->word, word + RRING_MOVE - RRING_HOLD);
	rring_published(writer);
	/* the readers may be past it already; or it pushed out an older one */
	rring_freed(writer->client);
	return 0;
}

static inline int rring_reserve(struct rring_writer *writer, uint32_t n)
{
	if (rring_unlikely(!writer->headers || n > writer->capacity))
		return -EINVAL;
	return rring_room(writer, n);
}

static inline void *rring_reserved(struct rring_writer *writer, uint32_t i,
				   uint32_t len, uint32_t event_type)
{
	uint32_t index = rring_window_wrap((uint64_t)writer->index + i,
					   writer->capacity);
	struct rring_event_header *header = &writer->headers[index];

	RRING_STORE(&header->len, len);
	RRING_STORE(&header->event_type, event_type);
	return writer->data + (size_t)index * writer->stride;
}

static inline void rring_commit(struct rring_writer *writer, uint32_t n)
{
	rring_writer_advance(writer, n);
	rring_published(writer);
}

static inline long rring_peek(struct rring_reader *reader, uint32_t n)
{
	if (rring_unlikely(reader->head - reader->pos < n))
		return rring_peek_slow(reader, n);
	return n;
}

static inline int rring_entry(struct rring_reader *reader, uint32_t i,
			      struct rring_event *event)
{
	uint32_t index = rring_window_wrap((uint64_t)reader->index + i,
					   reader->capacity);
	const struct rring_event_header *header;
	uint32_t len, event_type;
	uint64_t handle;

	if (reader->headers) {
		header = &reader->headers[index];
		event->handle = 0;
		event->data = (void *)(reader->data +
				       (size_t)index * reader->stride);
		event->len = RRING_LOAD(&header->len);
		event->event_type = RRING_LOAD(&header->event_type);
		event->word = NULL;
		return event->len > reader->stride ? -EBADMSG : 0;
	}
	handle = RRING_LOAD(&reader->entries[index].handle);
	header = &reader->entries[index].header;
	len = RRING_LOAD(&header->len);
	event_type = RRING_LOAD(&header->event_type);
	if (rring_unlikely(!rring_handle_valid(reader->client, handle) ||
			   len > 64u << 2 * rring_handle_class(handle)))
		return reader->lappable ? -ESTALE : -EBADMSG;
	rring_event_at(reader->client, handle, len, event_type, event);
	if (rring_unlikely(rring_flag_load(
	    &reader->client->pool[rring_handle_class(handle)]
		.generation[rring_handle_index(handle)]) !=
	    rring_handle_generation(handle)) &&
	    !rring_generation_is(reader->client, handle))
		return reader->lappable ? -ESTALE : -EBADMSG;
	return 0;
}

/* C: what was read was read before; L: who sleeps is woken. */
static inline void rring_reader_advance(struct rring_reader *reader,
					uint32_t n)
{
	uint32_t waiters;

	reader->pos += n;
	reader->index = rring_window_wrap((uint64_t)reader->index + n,
					  reader->capacity);
	rring_seq_store_release(reader->cursor, reader->pos);
	if (reader->observer)
		return;
	rring_fence_compiler();
	waiters = rring_flag_load(&reader->info->waiters);
	if (rring_unlikely(waiters & RRING_WRITER_WAITS))
		rring_wake_ring(reader->client, reader->ring_id,
				RRING_WRITER_WAITS);
	if (reader->entries)
		rring_freed(reader->client);
}

static inline int rring_release(struct rring_reader *reader, uint32_t n)
{
	if (rring_unlikely(n > reader->head - reader->pos))
		return -EINVAL;
	reader->peeked = 0;
	if (rring_unlikely(reader->lappable)) {
		int err = rring_release_check(reader, n);

		if (err)
			return err;
	}
	rring_reader_advance(reader, n);
	return 0;
}

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_H */
