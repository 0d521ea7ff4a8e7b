/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The short paths of the functions that event.h and ring.h declare. A short
 * path only loads and stores. For all other work it calls the library.
 */
#ifndef _RUSTED_RING_INLINE_H
#define _RUSTED_RING_INLINE_H

#include <rusted_ring/internal/accessor.h>
#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/cast.h>
#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/ledger.h>
#include <rusted_ring/internal/object.h>
#include <rusted_ring/internal/window.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The library defines these functions. They do what the inline functions below
 * cannot do, and are called by the inline functions. A program must not call
 * them.
 */
int rring_alloc_slow(struct rring_client *client, enum rring_class pool,
		     uint32_t len, uint32_t event_type,
		     struct rring_event *event);
int rring_hold_slow(struct rring_client *client,
		    const struct rring_event *event);
int rring_drop_slow(struct rring_client *client,
		    const struct rring_event *event);
int rring_publish_threads(struct rring_writer *writer,
			  const struct rring_event *event);
int rring_publish_slow(struct rring_writer *writer,
		       const struct rring_event *event);
int rring_writer_make_room(struct rring_writer *writer, uint32_t n);
int rring_in_flight_slow(struct rring_writer *writer,
			 const struct rring_event *event);
long rring_peek_slow(struct rring_reader *reader, uint32_t n);
int rring_entry_slow(struct rring_reader *reader, uint32_t i,
		     struct rring_event *event);
int rring_release_slow(struct rring_reader *reader, uint32_t n);
int rring_generation_is(const struct rring_client *client, uint64_t handle);
void rring_wake_ring(struct rring_client *client, uint32_t ring,
		     uint32_t waiters);
void rring_wake_pools(struct rring_client *client);
void rring_unpark(struct rring_client *client, enum rring_class pool);
/*
 * Clear this thread's detail, the text that explains an earlier error, and
 * return @err. rring_error_detail() then returns the text of rring_strerror()
 * for @err.
 */
int rring_refuse_slow(int err);
/*
 * Refuse @event, which is not of @client or cannot be in a ring without handles.
 * Return -EINVAL.
 */
int rring_foreign_slow(struct rring_client *client,
		       const struct rring_event *event);

#define rring_unlikely(x) __builtin_expect(!!(x), 0)

/*
 * Return 1 if @handle names an existing slot of the arena, and has a generation
 * that a slot can have. Else return 0. @handle may be stale even if the result
 * is 1: this function does not read the slot's present generation.
 */
RRING_IN_LINE int rring_handle_valid(const struct rring_client *client,
				     uint64_t handle)
{
	uint32_t pool = rring_handle_class(handle);

	return pool < RRING_POOLS && rring_handle_has_generation(handle) &&
	       rring_handle_index(handle) < client->pool[pool].capacity;
}

/*
 * Return 1 if rring_handle_valid() returns 1 for @handle, and the class of
 * @handle is below XXL. Else return 0. The payloads of classes below XXL lie in
 * the PAYLOAD region.
 */
RRING_IN_LINE int rring_handle_short(const struct rring_client *client,
				     uint64_t handle)
{
	uint32_t pool = rring_handle_class(handle);

	return pool < RRING_XXL && rring_handle_has_generation(handle) &&
	       rring_handle_index(handle) < client->pool[pool].capacity;
}

/*
 * Fill @event for @handle. The caller ensures that @handle names an existing
 * slot of a class below XXL, and passes this class as @class_. @payload is .own
 * of this class's view for an event that the client allocates, and .payload for
 * any other. If @class_ is a constant, the compiler computes the addresses with
 * fewer instructions.
 */
RRING_IN_LINE void rring_event_in(const struct rring_client *client,
				  uint32_t class_, const char *payload,
				  uint64_t handle, uint32_t len,
				  uint32_t event_type,
				  struct rring_event *event)
{
	const struct rring_pool_view *pool = &client->pool[class_];
	uint32_t index = rring_handle_index(handle);

	event->handle = handle;
	event->data = RRING_WRITABLE(payload) +
		      (RRING_CAST(size_t, index) << rring_slot_shift(class_));
	event->len = len;
	event->event_type = event_type;
	event->word = &pool->ledger[index];
	event->client = client;
}

/*
 * Fill @event for @handle, an event that this client reads. The caller has
 * checked that rring_handle_short() returns 1 for @handle.
 */
RRING_IN_LINE void rring_event_at(const struct rring_client *client,
				  uint64_t handle, uint32_t len,
				  uint32_t event_type,
				  struct rring_event *event)
{
	uint32_t class_ = rring_handle_class(handle);

	rring_event_in(client, class_, client->pool[class_].payload, handle,
		       len, event_type, event);
}

/*
 * Store @len and @event_type in the header of the slot of @handle. This client
 * has just allocated the slot. Always return 0, so that the caller can end with
 * a call of this function.
 */
RRING_IN_LINE int rring_header_init(const struct rring_pool_view *pool,
				    uint64_t handle, uint32_t len,
				    uint32_t event_type)
{
	struct rring_event_header *header =
		&pool->header[rring_handle_index(handle)];

	header->len = len;
	header->event_type = event_type;
	return 0;
}

/*
 * Return 1 if the kernel has recalled the slots of @pool that this client has
 * in its magazine or has parked (kept for its next allocation), and the client
 * has not yet noticed this recall. Else return 0. A client that takes a slot
 * first stores the slot's ledger word, then calls this function, and does not
 * use the slot if the result is 1.
 * L: pairs with K in the recall. Without this pair the floor could be loaded
 * before the ledger word is stored. Then the kernel would not see that the slot
 * is taken, and the client would not see that the slot was recalled.
 */
RRING_IN_LINE int rring_recalled(const struct rring_pool_view *pool)
{
	rring_fence_light();
	return rring_seq_load(&pool->magazine->floor) != pool->floor;
}

RRING_IN_LINE int rring_alloc_class(struct rring_client *client,
				    enum rring_class pool_class, uint32_t len,
				    uint32_t event_type,
				    struct rring_event *event)
{
	struct rring_pool_view *pool = &client->pool[pool_class];
	uint64_t handle;

	if (rring_unlikely(RRING_CAST(uint32_t, pool_class) >= RRING_POOLS ||
			   !rring_slot_takes(pool_class, len) ||
			   !pool->parked))
		return rring_alloc_slow(client, pool_class, len, event_type,
					event);
	handle = pool->parked_handle[--pool->parked];
	rring_event_in(client, pool_class, pool->own, handle, len, event_type,
		       event);
	rring_word_store_release(event->word, rring_word_load(event->word) &
					      ~RRING_ASIDE);
	if (rring_unlikely(rring_recalled(pool))) {
		pool->parked++;
		return rring_alloc_slow(client, pool_class, len, event_type,
					event);
	}
	return rring_header_init(pool, handle, len, event_type);
}

/*
 * Return the smallest class that takes @len bytes. Return RRING_XXL for each
 * @len above 16384, even above RRING_XXL_MAX, although no class takes such a
 * length. Up to XL, a slot of each class is four times as large as a slot of
 * the class before. So a logarithm gives the class.
 */
RRING_IN_LINE enum rring_class rring_class_unchecked(size_t len)
{
	unsigned long lines = (len - !!len) / 64;
	unsigned int above = 8 * sizeof(lines) - 1;

	if (!lines)
		return RRING_XS;
	above = (above - RRING_CAST(unsigned int, __builtin_clzl(lines))) / 2;
	return above < RRING_XL ? RRING_CAST(enum rring_class, above + 1) :
				  RRING_XXL;
}

RRING_IN_LINE int rring_alloc(struct rring_client *client, size_t len,
			      uint32_t event_type, struct rring_event *event)
{
	enum rring_class pool = rring_class_unchecked(len);

	if (rring_unlikely(len > RRING_XXL_MAX))
		return rring_refuse_slow(-E2BIG);
	return rring_alloc_class(client, pool, RRING_CAST(uint32_t, len),
				 event_type, event);
}

/*
 * Return @len as a 32-bit number, or UINT32_MAX if @len is larger. No class
 * takes UINT32_MAX bytes, so the allocation fails with -E2BIG. A cast alone
 * would cut off the upper bits, and could leave a length that a class takes.
 */
#define RRING_LEN32(len) \
	((len) > UINT32_MAX ? UINT32_MAX : RRING_CAST(uint32_t, len))

RRING_IN_LINE int rring_alloc_xs(struct rring_client *client, size_t len,
				 uint32_t event_type,
				 struct rring_event *event)
{
	return rring_alloc_class(client, RRING_XS, RRING_LEN32(len),
				 event_type, event);
}

RRING_IN_LINE int rring_alloc_s(struct rring_client *client, size_t len,
				uint32_t event_type,
				struct rring_event *event)
{
	return rring_alloc_class(client, RRING_S, RRING_LEN32(len),
				 event_type, event);
}

RRING_IN_LINE int rring_alloc_m(struct rring_client *client, size_t len,
				uint32_t event_type,
				struct rring_event *event)
{
	return rring_alloc_class(client, RRING_M, RRING_LEN32(len),
				 event_type, event);
}

RRING_IN_LINE int rring_alloc_l(struct rring_client *client, size_t len,
				uint32_t event_type,
				struct rring_event *event)
{
	return rring_alloc_class(client, RRING_L, RRING_LEN32(len),
				 event_type, event);
}

RRING_IN_LINE int rring_alloc_xl(struct rring_client *client, size_t len,
				 uint32_t event_type,
				 struct rring_event *event)
{
	return rring_alloc_class(client, RRING_XL, RRING_LEN32(len),
				 event_type, event);
}

RRING_IN_LINE void *rring_payload(const struct rring_event *event, size_t size)
{
	return event->len < size ? NULL : event->data;
}

/*
 * Return 1 if a call with @client has filled @event, so that event->word lies
 * in the ledger of @client. Return 0 if @event is of another client, or is an
 * entry of an inline ring.
 */
RRING_IN_LINE int rring_event_is_of(const struct rring_event *event,
				    const struct rring_client *client)
{
	return event->client == client;
}

RRING_IN_LINE int rring_hold(struct rring_client *client,
			     const struct rring_event *event)
{
	uint64_t word;

	if (rring_unlikely(!rring_event_is_of(event, client)))
		return rring_foreign_slow(client, event);
	word = rring_word_load(event->word);
	/*
	 * The condition is true also if the word is empty: the subtraction
	 * wraps. Its first hold takes more than a store, see ulib/client/ledger.h.
	 */
	if (rring_unlikely(RRING_CAST(uint32_t, word) - 1 >= client->short_holds))
		return rring_hold_slow(client, event);
	rring_word_store_release(event->word, word + RRING_MOVE + RRING_HOLD);
	return 0;
}

/*
 * Wake the clients that wait for a slot, if there are any. The caller has just
 * stored a ledger word or a cursor, which may have made a slot free.
 * L: pairs with K in the sleeper. Without this pair .pool_waiters could be
 * loaded before the caller's store, and the sleeper would not be woken.
 */
RRING_IN_LINE void rring_freed(struct rring_client *client)
{
	rring_fence_light();
	if (rring_unlikely(rring_flag_load(&client->arena->pool_waiters)))
		rring_wake_pools(client);
}

/*
 * Park the slot of @event: keep it for the next allocation of this client. The
 * caller has loaded the slot's ledger word into @word, and has found one hold,
 * RRING_PRIVATE and no in_flight in @word. A parked slot keeps its hold, so no
 * sweep frees the slot unless the kernel recalls it or this client dies. Return
 * 1 if the slot was parked. If clients wait for a slot, of any class, this
 * function then drops all parked slots of the class of @event, including the
 * slot of @event, and wakes these clients. Return 0 and do nothing if
 * .parked_max slots of the class are parked already.
 * L: pairs with K in the sleeper. Without this pair .pool_waiters could be
 * loaded before the slot is parked. Then the sleeper could see the slot still
 * in use and sleep, and this client would not wake it.
 */
RRING_IN_LINE int rring_park(struct rring_client *client,
			     const struct rring_event *event, uint64_t word)
{
	uint32_t class_ = rring_handle_class(event->handle);
	struct rring_pool_view *pool = &client->pool[class_];

	if (pool->parked >= pool->parked_max)
		return 0;
	rring_word_store_release(event->word, word | RRING_ASIDE);
	pool->parked_handle[pool->parked++] = event->handle;
	rring_fence_light();
	if (rring_unlikely(rring_flag_load(&client->arena->pool_waiters)))
		rring_unpark(client, RRING_CAST(enum rring_class, class_));
	return 1;
}

RRING_IN_LINE int rring_drop(struct rring_client *client,
			     const struct rring_event *event)
{
	uint64_t word;
	uint32_t more;

	if (rring_unlikely(!rring_event_is_of(event, client)))
		return rring_foreign_slow(client, event);
	word = rring_word_load(event->word);
	more = RRING_CAST(uint32_t, word - 2 * RRING_HOLD);
	/*
	 * The condition is true if the word has two holds or more, so that one
	 * is left, and has no RRING_ASIDE. It is false if the word has fewer
	 * holds, because the subtraction wraps. In a client of several threads
	 * it is always false, because .short_holds is 0.
	 */
	if (more < client->short_holds) {
		/*
		 * G: pairs with H in the sweep. The reads of the payload come
		 * before the hold falls.
		 */
		rring_word_store_release(event->word,
					 word + RRING_MOVE - RRING_HOLD);
		return 0;
	}
	if (RRING_CAST(uint32_t, word) == (RRING_HOLD | RRING_PRIVATE) &&
	    rring_park(client, event, word))
		return 0;
	return rring_drop_slow(client, event);
}

/*
 * Return the index of the entry that is @i entries after the entry at index
 * @at. The caller ensures that @i is at most @capacity. If @i is the constant
 * 0, the compiler leaves out the comparison.
 */
RRING_IN_LINE uint32_t rring_index_after(uint64_t at, uint32_t i,
					 uint32_t capacity)
{
	return __builtin_constant_p(i) && !i ? RRING_CAST(uint32_t, at) :
	       rring_window_wrap(at + i, capacity);
}

/*
 * Return the index of the entry at position .head + @i. The writer computes the
 * index each time instead of keeping it in memory, because each store before
 * the store of the head delays the moment at which another CPU sees the event.
 */
RRING_IN_LINE uint32_t rring_writer_index(const struct rring_writer *writer,
					  uint32_t i)
{
	return rring_index_after(writer->head - writer->lap, i,
				 writer->capacity);
}

/* Return the index of the entry at position .pos + @i. */
RRING_IN_LINE uint32_t rring_reader_index(const struct rring_reader *reader,
					  uint32_t i)
{
	return rring_index_after(reader->pos - reader->lap, i,
				 reader->capacity);
}

/*
 * Publish the next @n entries: move the head past them. The caller then calls
 * rring_published().
 * A: pairs with B in load_head() and events_fast() of the reader (head.c).
 * Without this pair a reader could see the new head, but the old content of the
 * entries below it.
 */
RRING_IN_LINE void rring_writer_advance(struct rring_writer *writer,
					uint32_t n)
{
	writer->head += n;
	if (rring_unlikely(writer->head - writer->lap >= writer->capacity))
		writer->lap += writer->capacity;
	rring_seq_store_release(&writer->ring->head, writer->head);
}

/*
 * Wake the readers that sleep, if there are any. The caller has just moved the
 * head.
 * L: pairs with K in the sleeper. Without this pair .waiters could be loaded
 * before the head is stored, and the sleeper would not be woken.
 */
RRING_IN_LINE void rring_published(struct rring_writer *writer)
{
	uint32_t waiters;

	rring_fence_light();
	waiters = rring_flag_load(writer->waiters);
	if (rring_unlikely(waiters & RRING_READERS_WAIT))
		rring_wake_ring(writer->client, writer->id,
				RRING_READERS_WAIT);
}

/*
 * Raise the claim, the position up to which the writer may have begun to write.
 * If the claim is below the end of the next @n entries, raise it to this end
 * plus .claim_ahead entries, but at most to .limit, the end of the writer's
 * room. The caller has made room for the @n entries, and then writes them.
 * M: pairs with N in the release of a reader that can be lapped. Without this
 * pair the reader could read an overwritten entry and not see the new claim.
 * The claim never goes back, even if the writer never commits what it reserved:
 * it may have overwritten the old content of the reserved entries.
 */
RRING_IN_LINE void rring_writer_claim(struct rring_writer *writer, uint32_t n)
{
	uint64_t claim = writer->head + n;

	if (claim <= writer->claimed)
		return;
	claim += writer->claim_ahead;
	if (claim > writer->limit)
		claim = writer->limit;
	writer->claimed = claim;
	rring_seq_store(&writer->ring->claim, claim);
	rring_fence_release();
}

/*
 * Make room for the next @n entries. Then raise the claim, the position up to
 * which the writer may have begun to write, past these entries, and return 0.
 * Under RRING_BLOCK this function waits for room. If it cannot make room, it
 * returns the error of rring_writer_make_room() and leaves the claim unchanged.
 * The error is -EAGAIN if the ring is full under RRING_FAIL.
 */
RRING_IN_LINE int rring_room(struct rring_writer *writer, uint32_t n)
{
	if (rring_unlikely(writer->limit - writer->head < n)) {
		int err = rring_writer_make_room(writer, n);

		if (err)
			return err;
	}
	rring_writer_claim(writer, n);
	return 0;
}

/*
 * Write @event into the entry at the head. Readers get the new entry only after
 * the caller has moved the head past it.
 */
RRING_IN_LINE void rring_entry_write(struct rring_writer *writer,
				     const struct rring_event *event)
{
	struct rring_entry *entry =
		&writer->entries[rring_writer_index(writer, 0)];

	RRING_STORE(&entry->handle, event->handle);
	RRING_STORE(&entry->header.len, event->len);
	RRING_STORE(&entry->header.event_type, event->event_type);
}

RRING_IN_LINE int rring_publish(struct rring_writer *writer,
				const struct rring_event *event)
{
	uint64_t word;
	int err;

	if (rring_unlikely(!writer->entries ||
			   !rring_event_is_of(event, writer->client)))
		return rring_foreign_slow(writer->client, event);
	if (rring_unlikely(writer->client->shared))
		return rring_publish_threads(writer, event);
	word = rring_word_load(event->word);
	if (rring_unlikely(!rring_ledger_holds(word) || word & RRING_ASIDE))
		return rring_publish_slow(writer, event);
	if (rring_unlikely(rring_ledger_in_flight(word) >=
			   RRING_IN_FLIGHT_MAX)) {
		err = rring_in_flight_slow(writer, event);
		if (err)
			return err;
	}
	err = rring_room(writer, 1);
	if (rring_unlikely(err))
		return err;
	/* load the word again: rring_room() may have lowered its in_flight */
	word = (rring_word_load(event->word) & ~RRING_PRIVATE) + RRING_MOVE +
	       RRING_IN_FLIGHT;
	rring_word_store_release(event->word, word);
	rring_entry_write(writer, event);
	rring_writer_advance(writer, 1);
	/*
	 * G: pairs with H in the sweep. The ring names the slot before the hold
	 * falls. In the other order the sweep could find the slot named
	 * nowhere, and free it.
	 */
	rring_word_store_release(event->word, word + RRING_MOVE - RRING_HOLD);
	rring_published(writer);
	/*
	 * A slot may be free now: the slot of this event, if all readers have
	 * released its entry already, or a slot of which rring_room() has taken
	 * back in_flight.
	 */
	rring_freed(writer->client);
	return 0;
}

RRING_IN_LINE int rring_reserve(struct rring_writer *writer, uint32_t n)
{
	if (rring_unlikely(!writer->headers || n > writer->capacity))
		return rring_refuse_slow(-EINVAL);
	return rring_room(writer, n);
}

RRING_IN_LINE void *rring_reserved(struct rring_writer *writer, uint32_t i,
				   uint32_t len, uint32_t event_type)
{
	uint32_t index = rring_writer_index(writer, i);
	struct rring_event_header *header = &writer->headers[index];

	/*
	 * Do not store a value that is there already: the store would take the
	 * cache line away from the readers.
	 */
	if (RRING_LOAD(&header->len) != len)
		RRING_STORE(&header->len, len);
	if (RRING_LOAD(&header->event_type) != event_type)
		RRING_STORE(&header->event_type, event_type);
	return writer->data + RRING_CAST(size_t, index) * writer->stride;
}

RRING_IN_LINE void rring_commit(struct rring_writer *writer, uint32_t n)
{
	rring_writer_advance(writer, n);
	rring_published(writer);
}

RRING_IN_LINE long rring_peek(struct rring_reader *reader, uint32_t n)
{
	if (rring_unlikely(reader->head - reader->pos < n))
		return rring_peek_slow(reader, n);
	return n;
}

/*
 * Return the error of rring_entry() for an entry of an inline ring whose length
 * @len exceeds the stride. Return -ENODATA if @len is RRING_LEN_NONE: the
 * kernel, as the writer, has discarded the entry. Return -EBADMSG for any other
 * @len, which only a hostile writer stores.
 */
RRING_IN_LINE int rring_entry_error(uint32_t len)
{
	return len == RRING_LEN_NONE ? -ENODATA : -EBADMSG;
}

RRING_IN_LINE int rring_entry(struct rring_reader *reader, uint32_t i,
			      struct rring_event *event)
{
	uint32_t index = rring_reader_index(reader, i);
	const struct rring_event_header *header;
	uint32_t len, event_type;
	uint64_t handle;

	if (reader->headers) {
		header = &reader->headers[index];
		event->handle = 0;
		event->data = RRING_WRITABLE(reader->data) +
			      RRING_CAST(size_t, index) * reader->stride;
		event->len = RRING_LOAD(&header->len);
		event->event_type = RRING_LOAD(&header->event_type);
		event->word = NULL;
		event->client = NULL;
		if (rring_unlikely(event->len > reader->stride))
			return rring_entry_error(event->len);
		return 0;
	}
	handle = RRING_LOAD(&reader->entries[index].handle);
	header = &reader->entries[index].header;
	len = RRING_LOAD(&header->len);
	event_type = RRING_LOAD(&header->event_type);
	if (rring_unlikely(!rring_handle_short(reader->client, handle) ||
			   !rring_slot_takes(rring_handle_class(handle), len)))
		return rring_entry_slow(reader, i, event);
	rring_event_at(reader->client, handle, len, event_type, event);
	/*
	 * Only a reader that can be lapped compares the generation: no sweep
	 * frees the slot before any other reader has released the entry. The
	 * sweep has just stored this generation, so the load would take its
	 * cache line away from the CPU that sweeps.
	 */
	if (rring_unlikely(reader->lappable) &&
	    rring_word_load(&reader->client->pool[rring_handle_class(handle)]
			    .generation[rring_handle_index(handle)]) != handle &&
	    !rring_generation_is(reader->client, handle))
		return -ESTALE;
	return 0;
}

/*
 * Release the next @n entries: move the reader's position and its cursor past
 * them.
 * C: pairs with D in the writer's scan and in the sweep. Without this pair the
 * writer could overwrite an entry, or the sweep could free a slot, that this
 * reader still reads.
 */
RRING_IN_LINE void rring_reader_advance(struct rring_reader *reader,
					uint32_t n)
{
	reader->pos += n;
	if (rring_unlikely(reader->pos - reader->lap >= reader->capacity))
		reader->lap += reader->capacity;
	rring_seq_store_release(reader->cursor, reader->pos);
}

/*
 * Return 1 if the writer, which waits for room, may have enough of it where
 * @reader stands, else 0. In the pages of an earlier writer .wanted does not
 * count. The caller has found the flag up, so the loads come after that: a
 * writer stores .wanted before it raises the flag.
 */
RRING_IN_LINE int rring_writer_wants(const struct rring_reader *reader)
{
	rring_fence_acquire();
	return reader->pos > rring_seq_load(&reader->ring->wanted) ||
	       rring_flag_load(&reader->info->incarnation) !=
	       reader->incarnation;
}

/*
 * Wake the ring's writer if it waits for room. In a ring of handles, also wake
 * the clients that wait for a slot. The caller has just moved the cursor of
 * @reader, which gates.
 * L: pairs with K in the sleeper. Without this pair the waiters flags could be
 * loaded before the cursor is stored, and the sleeper would not be woken.
 */
RRING_IN_LINE void rring_after_release(struct rring_reader *reader)
{
	uint32_t waiters;

	rring_fence_light();
	waiters = rring_flag_load(&reader->info->waiters);
	if (rring_unlikely(waiters & RRING_WRITER_WAITS) &&
	    rring_writer_wants(reader))
		rring_wake_ring(reader->client, reader->ring_id,
				RRING_WRITER_WAITS);
	if (reader->entries)
		rring_freed(reader->client);
}

RRING_IN_LINE int rring_release(struct rring_reader *reader, uint32_t n)
{
	if (rring_unlikely(n > reader->head - reader->pos))
		return rring_release_slow(reader, n);
	reader->peeked = 0;
	if (rring_unlikely(reader->slow_release))
		return rring_release_slow(reader, n);
	rring_reader_advance(reader, n);
	rring_after_release(reader);
	return 0;
}

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_INLINE_H */
