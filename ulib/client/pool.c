// SPDX-License-Identifier: MPL-2.0
/* Events: allocate, hold, drop. */
#include <string.h>

#include "../debug/debug.h"
#include "../probes.h"
#include "../wait.h"
#include "client.h"
#include "ledger.h"
#include "pool.h"
#include "recent.h"

/*
 * Drop all parked slots of @pool, which this client has kept for its next
 * allocations. The caller calls rring_freed() then: the sweep of a client that
 * waits for a slot may have skipped a dropped slot, because the slot's ledger
 * word changed during the sweep.
 */
static void unpark_all(struct rring_client *client,
		       struct rring_pool_view *pool)
{
	while (pool->parked) {
		uint64_t handle = pool->parked_handle[--pool->parked];
		rring_word_t *word = &pool->ledger[rring_handle_index(handle)];

		rring_word_store_release(word, (rring_word_load(word) &
						~(RRING_ASIDE |
						  RRING_PRIVATE)) +
					       RRING_MOVE - RRING_HOLD);
		ulib_ledger_emptied(client, word, handle);
	}
}

void rring_unpark(struct rring_client *client, enum rring_class pool)
{
	unpark_all(client, &client->pool[pool]);
	rring_freed(client);
}

/*
 * Give up the slots of @pool that the kernel has recalled: drop all parked
 * slots, then raise the magazine's tail to the floor, the position below which
 * the kernel has recalled all slots. The raised tail tells the kernel that this
 * client has noticed the recall. E: the tail is stored last. Before this store
 * the kernel counts a parked slot as unused; after it, the kernel counts a
 * parked slot as in use.
 */
static void yield_slots(struct rring_client *client,
			struct rring_pool_view *pool)
{
	/*
	 * The kernel stores .floor before .head. This function sets the tail to
	 * .floor, so the tail may be above .head for a moment.
	 */
	uint64_t floor = rring_seq_load(&pool->magazine->floor);

	unpark_all(client, pool);
	pool->floor = floor;
	if (rring_seq_load(pool->tail) < floor)
		rring_seq_store_release(pool->tail, floor);
	rring_freed(client);
}

/*
 * Store the first hold on a slot that the magazine has lent, in its ledger word
 * @word. The slot is private. The client is single-threaded.
 */
static inline void hold_lent(const struct rring_client *client,
			     rring_word_t *word)
{
	uint64_t before = rring_word_load(word);

	if (rring_ledger_is_empty(before))
		ulib_ledger_rises(client, word);
	rring_word_store_release(word, (before | RRING_PRIVATE) + RRING_MOVE +
				       RRING_HOLD);
}

/*
 * Take back the hold that hold_lent() has stored in *@word, because the kernel has
 * recalled the slot: another client may use it by now. The word has moved twice
 * then. Always return 0. This function is not inlined, so that pop_slot() needs
 * fewer registers.
 */
static __attribute__((noinline)) uint64_t
undo_lent(const struct rring_client *client, rring_word_t *word)
{
	uint64_t value = (rring_word_load(word) & ~RRING_PRIVATE) +
			 RRING_MOVE - RRING_HOLD;

	rring_word_store_release(word, value);
	if (rring_ledger_is_empty(value))
		ulib_ledger_fell(client, word);
	return 0;
}

/*
 * Take the next free slot of the magazine and hold it, in a single-threaded
 * client. Return the slot's handle. Return 0 if the magazine is empty or the
 * kernel has recalled its slots.
 *
 * E: pairs with F in the sweep. The hold is stored before the tail moves.
 * Otherwise the sweep could find the slot neither in the ledger nor in the
 * magazine. If the kernel has recalled the magazine, another client may use the
 * slot by now, so this function takes its hold back. The word can be in flight
 * still: a deep sweep frees a slot before its entry is settled.
 */
static inline uint64_t pop_slot(const struct rring_client *client,
				struct rring_pool_view *pool)
{
	uint64_t tail = rring_seq_load(pool->tail);
	/* P: pairs with O in the kernel: handles below .head are written */
	uint64_t head = rring_seq_load_acquire(&pool->magazine->head);
	rring_word_t *word;
	uint64_t handle;

	if (head <= tail)	/* head < tail only during a recall */
		return 0;
	handle = pool->magazine->handle[tail % RRING_MAGAZINE_SLOTS];
	word = &pool->ledger[rring_handle_index(handle)];
	hold_lent(client, word);
	if (rring_unlikely(rring_recalled(pool)))
		return undo_lent(client, word);
	rring_seq_store_release(pool->tail, tail + 1);
	return handle;
}

/*
 * Take a parked slot. The caller has checked that a slot is parked. Return the
 * slot's handle. Return 0 if the kernel has recalled the slots of @pool; then
 * .parked is unchanged, and the caller calls yield_slots(). The client is
 * single-threaded.
 */
static uint64_t pop_parked(struct rring_pool_view *pool)
{
	uint64_t handle = pool->parked_handle[--pool->parked];
	rring_word_t *word = &pool->ledger[rring_handle_index(handle)];

	rring_word_store_release(word, rring_word_load(word) & ~RRING_ASIDE);
	if (!rring_recalled(pool))
		return handle;
	pool->parked++;
	return 0;
}

/*
 * Take a parked slot or, if no slot is parked, a slot of the magazine. If the
 * kernel has recalled the slots of @pool, first give all of them up. Return the
 * slot's handle, or 0 if there is no slot and the caller has to refill. The
 * client is single-threaded.
 */
static uint64_t take_slot(struct rring_client *client,
			  struct rring_pool_view *pool)
{
	uint64_t handle;

	do {
		if (rring_recalled(pool))
			yield_slots(client, pool);
		handle = pool->parked ? pop_parked(pool) :
					 pop_slot(client, pool);
	} while (!handle && rring_recalled(pool));
	return handle;
}

/*
 * Move the magazine's tail from @tail past @n slots. If the kernel has recalled
 * them, move the tail to the floor instead, the position below which all slots
 * were recalled. Return 1 if this thread has taken the slots. Return 0 if another
 * thread has moved the tail before, or if the slots were recalled. The caller
 * stores its holds before this function loads the floor. So either the kernel sees
 * the holds, or this thread sees the recall.
 */
static int move_tail(struct rring_pool_view *pool, __u64 tail, uint32_t n)
{
	uint64_t floor;

	rring_fence_light();
	floor = rring_seq_load(&pool->magazine->floor);
	if (floor <= tail)
		return rring_seq_exchange(pool->tail, &tail, tail + n);
	rring_seq_exchange(pool->tail, &tail, floor);
	return 0;
}

/*
 * Take the next free slot of the magazine and hold it, in a client with several
 * threads. Return the slot's handle, or 0 if the magazine is empty. This thread
 * first stores its hold. If another thread takes the slot, or the kernel has
 * recalled it, this thread takes the hold back, and tries the next slot. The
 * short hold may have kept a sweep from freeing the slot, so rring_freed()
 * wakes the clients that wait for a slot.
 */
static __always_inline uint64_t
pop_slot_threads(struct rring_client *client, struct rring_pool_view *pool)
{
	rring_word_t *word;
	uint64_t tail, handle;

	for (;;) {
		tail = rring_seq_load(pool->tail);
		/* P: pairs with O in the kernel: the handle is written */
		if (rring_seq_load_acquire(&pool->magazine->head) <= tail)
			return 0;
		handle = RRING_LOAD(&pool->magazine->handle[
				    tail % RRING_MAGAZINE_SLOTS]);
		word = &pool->ledger[rring_handle_index(handle)];
		ulib_ledger_raise_threads(client, word, RRING_HOLD);
		if (move_tail(pool, tail, 1))
			return handle;
		ulib_ledger_drop_threads(client, word);
		rring_freed(client);
	}
}

/*
 * Settle all rings that this client writes: take back in_flight for the entries
 * that all gating readers have released. A shallow sweep, which looks at
 * ledgers only, then finds their slots free. Do nothing if the client is
 * inherited. Do nothing either if it has several threads, because each writer
 * may belong to another thread.
 */
void ulib_settle_writers(struct rring_client *client)
{
	struct rring_writer *writer;

	if (client->shared || ulib_is_lost(client))
		return;
	for (writer = client->own->writers; writer; writer = writer->next)
		ulib_writer_settle(writer);
}

static int refill(struct rring_client *client, uint32_t pool,
		  uint64_t deadline)
{
	struct rring_refill args = {
		.size = sizeof(args),
		.pool = pool,
		.count = client->arena->pool[pool].batch,
		.deadline = deadline,
	};
	int err;

	ulib_error_forget();
	ulib_settle_writers(client);
	/*
	 * If the thread is cancelled just after the kernel has lent slots,
	 * these slots stay in the magazine, and the next allocation takes one
	 * of them.
	 */
	err = ulib_call_until(client, RRING_IOC_REFILL, &args, deadline);
	ULIB_PROBE(refill, client->id, pool, err);
	if (err)
		ULIB_PROBE(dry, client->id, pool, err);
	return err ? ulib_explain_refill(client, pool, err) : 0;
}

static inline int init_event(const struct rring_client *client, uint32_t pool,
			     uint64_t handle, uint32_t len,
			     uint32_t event_type, struct rring_event *event)
{
	rring_event_in(client, pool, client->pool[pool].own, handle, len,
		       event_type, event);
	return rring_header_init(&client->pool[pool], handle, len, event_type);
}

/*
 * After a refill of class @index has failed with @err, because the class is dry:
 * if @client spills, allocate @event from a larger class. Return 0, or @err if
 * that is not possible either.
 */
static __attribute__((noinline, cold)) int
alloc_from_larger(struct rring_client *client, uint32_t index, uint32_t len,
		  uint32_t event_type, int err, struct rring_event *event)
{
	if (err != -ENOSPC || !client->own->spills || index + 1 >= RRING_XXL)
		return err;
	if (!ulib_alloc(client, index + 1, len, event_type, 0, event))
		return 0;
	return ulib_explain_refill(client, index, err);
}

int ulib_alloc(struct rring_client *client, uint32_t index, uint32_t len,
	       uint32_t event_type, uint64_t deadline,
	       struct rring_event *event)
{
	struct rring_pool_view *pool = &client->pool[index];
	uint64_t handle;
	int err;

	if (client->role != RRING_PRODUCER)
		return ulib_error(-EPERM, "only a client with the role RRING_PRODUCER allocates");
	if (index == RRING_XXL)
		return ulib_xxl_alloc(client, len, event_type, deadline,
				      event);
	for (;;) {
		handle = client->shared ? pop_slot_threads(client, pool) :
					  take_slot(client, pool);
		if (handle)
			return init_event(client, index, handle, len,
					  event_type, event);
		err = refill(client, index, deadline);
		if (rring_unlikely(err))
			return alloc_from_larger(client, index, len, event_type,
						 err, event);
	}
}

static int alloc_class_until(struct rring_client *client, uint32_t index,
			     uint32_t len, uint32_t event_type,
			     uint64_t deadline, struct rring_event *event)
{
	return ulib_is_checked(client) ?
	       ulib_checked_alloc(client, index, len, event_type, deadline,
				  event) :
	       ulib_alloc(client, index, len, event_type, deadline, event);
}

/*
 * Allocate an event for rring_alloc_slow() in a client with several threads. The
 * caller has checked that @len bytes fit a slot of class @index, which is not XXL.
 */
static __attribute__((noinline)) int
alloc_threads(struct rring_client *client, uint32_t index, uint32_t len,
	      uint32_t event_type, struct rring_event *event)
{
	uint64_t handle = pop_slot_threads(client, &client->pool[index]);

	return handle ? init_event(client, index, handle, len, event_type,
				   event) :
			alloc_class_until(client, index, len, event_type, 0,
					  event);
}

int rring_alloc_slow(struct rring_client *client, enum rring_class pool,
		     uint32_t len, uint32_t event_type,
		     struct rring_event *event)
{
	uint64_t handle;

	if ((unsigned int)pool >= RRING_POOLS)
		return ulib_error(-EINVAL, "there is no class %u; classes are RRING_XS to RRING_XXL",
				  pool);
	if (pool < RRING_XXL && rring_slot_takes(pool, len)) {
		if (client->shared == 1)
			return alloc_threads(client, pool, len, event_type,
					     event);
		handle = client->shared || client->pool[pool].parked ? 0 :
			 pop_slot(client, &client->pool[pool]);
		if (handle)
			return init_event(client, pool, handle, len, event_type,
					  event);
	}
	if (pool < RRING_XXL && !rring_slot_takes(pool, len))
		return ulib_error(-E2BIG, "%u bytes do not fit a slot of this class, which has %u; use rring_alloc(), which chooses the class",
				  len, 1u << rring_slot_shift(pool));
	return alloc_class_until(client, pool, len, event_type, 0, event);
}

int rring_alloc_until(struct rring_client *client, size_t len,
		      uint32_t event_type, uint64_t deadline,
		      struct rring_event *event)
{
	enum rring_class pool = rring_class_for(len);
	int err;

	if (pool >= RRING_POOLS)
		return rring_refuse_slow(-E2BIG);
	/* wait only if the larger classes are dry, too */
	if (client->own->spills && deadline) {
		err = alloc_class_until(client, pool, (uint32_t)len, event_type,
					0, event);
		if (err != -ENOSPC)
			return err;
	}
	return alloc_class_until(client, pool, (uint32_t)len, event_type,
				 deadline, event);
}

int rring_alloc_copy(struct rring_client *client, const void *data, size_t len,
		     uint32_t event_type, struct rring_event *event)
{
	int err = rring_alloc(client, len, event_type, event);

	if (!err && len)
		memcpy(event->data, data, len);
	return err;
}

/*
 * Fill @event for the slot of @handle, which is of @pool and has 1 << @shift
 * bytes.
 */
static inline void set_event(struct rring_client *client,
			     const struct rring_pool_view *pool, uint32_t shift,
			     struct rring_event_header header, uint64_t handle,
			     struct rring_event *event)
{
	uint32_t index = rring_handle_index(handle);

	*event = (struct rring_event) {
		.handle = handle,
		.data = pool->own + ((size_t)index << shift),
		.len = header.len,
		.event_type = header.event_type,
		.word = &pool->ledger[index],
		.client = client,
	};
}

/*
 * Store the headers of @n events, after the check whether their slots were
 * recalled: a recalled slot may already have an event of another client.
 */
static inline void set_headers(const struct rring_pool_view *pool,
			       struct rring_event_header header,
			       const struct rring_event *events, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		pool->header[rring_handle_index(events[i].handle)] = header;
}

/*
 * Allocate up to @n events from the parked slots of @pool, and fill @events.
 * Return how many events were allocated. If the kernel has recalled the parked
 * slots, give them up and return 0. A slot has 1 << @shift bytes. The caller
 * has checked that a slot is parked (so the client is single-threaded), and
 * that @header.len bytes fit in a slot.
 */
static __attribute__((noinline)) uint32_t
alloc_parked(struct rring_client *client, struct rring_pool_view *pool,
	     uint32_t shift, struct rring_event_header header,
	     struct rring_event *events, uint32_t n)
{
	const uint64_t *next = pool->parked_handle + pool->parked;
	struct rring_event *event;

	if (n > pool->parked)
		n = pool->parked;
	pool->parked -= n;
	for (event = events; event < events + n; event++) {
		set_event(client, pool, shift, header, *--next, event);
		rring_word_store_release(event->word,
					 rring_word_load(event->word) &
					 ~RRING_ASIDE);
	}
	if (rring_recalled(pool)) {
		pool->parked += n;
		yield_slots(client, pool);
		return 0;
	}
	set_headers(pool, header, events, n);
	return n;
}

/*
 * Fill @events for the @n slots of @pool from position @tail of the magazine on,
 * and store a hold for each: hold_lent() for many. The summary of all words counts
 * them all beforehand. Afterwards it no more counts those that it had counted
 * already, because their words were in flight still.
 */
static inline void hold_some_lent(struct rring_client *client,
				  const struct rring_pool_view *pool,
				  uint32_t shift,
				  struct rring_event_header header,
				  struct rring_event *events, uint32_t n,
				  uint64_t tail)
{
	/* in registers: the stores below could change them in memory */
	const struct rring_pool_view view = *pool;
	const uintptr_t summaries = client->summaries;
	rring_word_t *used = client->used;
	struct rring_event *event;
	uint64_t counted = 0;

	rring_word_store(used, rring_word_load(used) + n * ULIB_ONE_MORE);
	for (event = events; event < events + n; event++) {
		rring_word_t *word, *summary;
		uint64_t before;

		set_event(client, &view, shift, header,
			  view.magazine->handle[tail++ % RRING_MAGAZINE_SLOTS],
			  event);
		word = event->word;
		before = rring_word_load(word);
		summary = ulib_summary_at(summaries, word);
		if (rring_unlikely(!rring_ledger_is_empty(before)))
			counted++;
		else
			rring_word_store(summary, rring_word_load(summary) +
						  ULIB_ONE_MORE);
		rring_word_store_release(word, (before | RRING_PRIVATE) +
					       RRING_MOVE + RRING_HOLD);
	}
	if (rring_unlikely(counted))
		rring_word_store_release(used, rring_word_load(used) +
					       counted * ULIB_ONE_LESS);
}

/*
 * Allocate up to @n events from the magazine of @pool, and fill @events. Return
 * how many events were allocated: 0 if the magazine is empty, or if the kernel
 * has recalled its slots. A slot has 1 << @shift bytes. The caller has checked
 * that @header.len bytes fit in a slot. The client is single-threaded.
 *
 * E: pairs with F in the sweep. All holds are stored before the tail moves.
 * Otherwise the sweep could find a slot neither in the ledger nor in the
 * magazine.
 */
static __attribute__((noinline)) uint32_t
alloc_lent(struct rring_client *client, struct rring_pool_view *pool,
	   uint32_t shift, struct rring_event_header header,
	   struct rring_event *events, uint32_t n)
{
	uint64_t tail = rring_seq_load(pool->tail);
	/* P: pairs with O in the kernel: handles below .head are written */
	uint64_t head = rring_seq_load_acquire(&pool->magazine->head);
	struct rring_event *event;

	if (head <= tail)	/* head < tail only during a recall */
		return 0;
	if (n > head - tail)
		n = (uint32_t)(head - tail);
	hold_some_lent(client, pool, shift, header, events, n, tail);
	if (rring_unlikely(rring_recalled(pool))) {
		for (event = events; event < events + n; event++)
			undo_lent(client, event->word);
		return 0;
	}
	rring_seq_store_release(pool->tail, tail + n);
	set_headers(pool, header, events, n);
	return n;
}

/*
 * alloc_lent() for a client with several threads: pop_slot_threads() for many
 * slots. Return 0 also if another thread has moved the tail meanwhile. The short
 * holds may have kept a sweep from freeing the slots then, so rring_freed() wakes
 * the clients that wait for a slot.
 */
static __attribute__((noinline)) uint32_t
alloc_lent_threads(struct rring_client *client, struct rring_pool_view *pool,
		   uint32_t shift, struct rring_event_header header,
		   struct rring_event *events, uint32_t n)
{
	uint64_t tail = rring_seq_load(pool->tail);
	/* P: pairs with O in the kernel: handles below .head are written */
	uint64_t head = rring_seq_load_acquire(&pool->magazine->head);
	const __u64 *handle = pool->magazine->handle;
	uint32_t i;

	if (head <= tail)
		return 0;
	if (n > head - tail)
		n = (uint32_t)(head - tail);
	for (i = 0; i < n; i++) {
		set_event(client, pool, shift, header,
			  RRING_LOAD(&handle[(tail + i) %
					     RRING_MAGAZINE_SLOTS]),
			  &events[i]);
		ulib_ledger_raise_threads(client, events[i].word, RRING_HOLD);
	}
	if (move_tail(pool, tail, n)) {
		set_headers(pool, header, events, n);
		return n;
	}
	for (i = 0; i < n; i++)
		ulib_ledger_drop_threads(client, events[i].word);
	rring_freed(client);
	return 0;
}

/*
 * Allocate up to @n events of class @pool without a call of the kernel, and fill
 * @events. Return how many events were allocated. The result is 0 if the caller
 * has to use rring_alloc_class().
 */
static uint32_t alloc_some(struct rring_client *client, enum rring_class pool,
			   struct rring_event_header header,
			   struct rring_event *events, uint32_t n)
{
	struct rring_pool_view *view = &client->pool[pool];
	uint32_t shift = rring_slot_shift(pool);

	if (ulib_is_checked(client) || !rring_slot_takes(pool, header.len))
		return 0;
	if (client->shared)
		return alloc_lent_threads(client, view, shift, header, events,
					  n);
	return view->parked ?
	       alloc_parked(client, view, shift, header, events, n) :
	       alloc_lent(client, view, shift, header, events, n);
}

long rring_alloc_batch(struct rring_client *client, enum rring_class pool,
		       uint32_t len, uint32_t event_type,
		       struct rring_event *events, uint32_t n)
{
	struct rring_event_header header = { len, event_type };
	uint32_t i = 0;
	uint32_t got;
	int err;

	while (i < n) {
		got = (unsigned int)pool < RRING_XXL ?
		      alloc_some(client, pool, header, &events[i], n - i) : 0;
		if (!got) {
			err = rring_alloc_class(client, pool, len, event_type,
						&events[i]);
			if (err)
				return i ? (long)i : err;
			got = 1;
		}
		i += got;
	}
	return n;
}

static uint64_t payload_capacity(const struct rring_client *client,
				 uint64_t handle)
{
	uint32_t pool = rring_handle_class(handle);

	return pool < RRING_XXL ? client->arena->pool[pool].slot_size :
				  ulib_xxl_bytes(client, handle);
}

int rring_resize(struct rring_client *client, struct rring_event *event,
		 uint32_t len)
{
	uint32_t pool = rring_handle_class(event->handle);

	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	if (client->role != RRING_PRODUCER)
		return ulib_error(-EPERM, "only a client with the role RRING_PRODUCER changes events");
	if (!rring_event_is_of(event, client))
		return rring_foreign_slow(client, event);
	if (len > payload_capacity(client, event->handle))
		return ulib_error(-E2BIG, "the slot of the event has room for %llu bytes, not for %u",
				  (unsigned long long)payload_capacity(client, event->handle),
				  len);
	if (!ulib_header_is_writable(client, event->handle))
		return ulib_error(-EPERM, "in an owned arena only the producer that allocated the event changes it");
	if (ulib_is_checked(client) &&
	    !ulib_checked_resize(client, event, len))
		return ulib_not_held(client);
	client->pool[pool].header[rring_handle_index(event->handle)].len = len;
	event->len = len;
	return 0;
}

/*
 * Take a hold on @event in a client with several threads. Return 0, or
 * -EOVERFLOW if the client has RRING_HOLDS_MAX holds already. If the word is
 * empty, the hold takes more than an exchange.
 */
static __attribute__((noinline)) int
hold_threads(struct rring_client *client, const struct rring_event *event)
{
	const uint32_t most = RRING_HOLDS_MAX * (uint32_t)RRING_HOLD;
	const uint64_t change = RRING_MOVE + RRING_HOLD;
	__u64 word = rring_word_load(event->word);

	while ((uint32_t)word - 1 < most - 1)
		if (rring_word_exchange(event->word, &word, word + change))
			return 0;
	if (!rring_ledger_is_empty(word))
		return rring_refuse_slow(-EOVERFLOW);
	ulib_ledger_raise_empty(client, event->word, change);
	return 0;
}

/*
 * Drop all parked slots of the pool of @handle, if the kernel has recalled
 * them. The caller has found RRING_ASIDE in the ledger word of the slot of
 * @handle, so this client has parked the slot. Return 0 if there was a recall:
 * another client may use the slot for an event by now, and the caller can take
 * a hold. Return -ESTALE if there was no recall: a parked slot has no event.
 */
static int drop_recalled(struct rring_client *client, uint64_t handle)
{
	struct rring_pool_view *pool =
		&client->pool[rring_handle_class(handle)];

	if (!rring_recalled(pool))
		return -ESTALE;
	yield_slots(client, pool);
	return 0;
}

/*
 * Take the first hold on @event in a single-threaded client, whose ledger word
 * @word is empty: see ulib_ledger_rises(). Always return 0.
 */
static int hold_first(const struct rring_client *client,
		      const struct rring_event *event, uint64_t word)
{
	ulib_ledger_rises(client, event->word);
	rring_word_store_release(event->word, word + RRING_MOVE + RRING_HOLD);
	return 0;
}

/*
 * Take a hold on @event in a single-threaded client, after rring_hold() has
 * found an empty ledger word, RRING_HOLDS_MAX holds or RRING_ASIDE. Return 0;
 * -EOVERFLOW if there are RRING_HOLDS_MAX holds; -EINVAL if this client has
 * parked the slot, which then has no event; -EPERM if the client is inherited. If
 * the kernel has recalled the parked slot, give it up and return what
 * rring_hold() returns then.
 */
static __attribute__((noinline)) int hold_single(struct rring_client *client,
						 const struct rring_event *event)
{
	uint64_t word;

	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	word = rring_word_load(event->word);
	if (rring_ledger_is_empty(word))
		return hold_first(client, event, word);
	if (!(word & RRING_ASIDE))
		return rring_refuse_slow(-EOVERFLOW);
	return drop_recalled(client, event->handle) ?
	       ulib_not_held(client) : rring_hold(client, event);
}

/*
 * Take a hold on @event. rring_hold() calls this function in four cases: the
 * client has several threads; the ledger word has RRING_ASIDE, because the slot
 * is of class XXL or parked; the client has neither a hold nor an entry that
 * names the slot; or the client has RRING_HOLDS_MAX holds. Return 0;
 * -EOVERFLOW if the client has RRING_HOLDS_MAX holds; -EINVAL if this client
 * has parked the slot, or neither holds the XXL event nor has peeked at it; or
 * -EPERM if the client is inherited.
 */
int rring_hold_slow(struct rring_client *client,
		    const struct rring_event *event)
{
	if (client->shared == 1 &&
	    rring_handle_class(event->handle) != RRING_XXL)
		return hold_threads(client, event);
	return ulib_is_checked(client) ? ulib_checked_hold(client, event) :
					 ulib_hold(client, event);
}

int ulib_hold(struct rring_client *client, const struct rring_event *event)
{
	if (rring_handle_class(event->handle) == RRING_XXL)
		return ulib_xxl_hold(client, event);
	return client->shared ? hold_threads(client, event) :
				hold_single(client, event);
}

/*
 * Drop a hold on @event in a client with several threads. Return 0, or -EINVAL
 * if the client has no hold. A failed drop also wakes the clients that wait for
 * a slot.
 */
static __attribute__((noinline)) int
drop_threads(struct rring_client *client, const struct rring_event *event)
{
	__u64 word;
	int dropped = ulib_ledger_lower_threads(event->word, &word);

	if (rring_ledger_holds(word))
		return 0;
	if (dropped && rring_ledger_is_empty(word)) {
		ulib_ledger_fell_threads(client, event->word);
		ulib_recent_add(client, event->handle);
	}
	rring_freed(client);
	return dropped ? 0 : ulib_not_held(client);
}

/* Drop a hold on @event in a single-threaded client, or on one of class XXL. */
static inline int drop_single(struct rring_client *client,
			      const struct rring_event *event)
{
	uint64_t word = rring_word_load(event->word);

	if (word & RRING_ASIDE)
		return rring_handle_class(event->handle) == RRING_XXL ?
		       ulib_xxl_drop(client, event) : ulib_not_held(client);
	if (!rring_ledger_holds(word))
		return ulib_not_held(client);
	/*
	 * G: the caller's reads of the payload come before the hold falls.
	 * Otherwise another client could get the slot and overwrite the payload
	 * during these reads.
	 */
	word = (word & ~RRING_PRIVATE) + RRING_MOVE - RRING_HOLD;
	rring_word_store_release(event->word, word);
	if (rring_ledger_is_empty(word))
		ulib_ledger_emptied(client, event->word, event->handle);
	if (!rring_ledger_holds(word))
		rring_freed(client);
	return 0;
}

int rring_drop_slow(struct rring_client *client,
		    const struct rring_event *event)
{
	if (!client->shared)
		return drop_single(client, event);
	return ulib_is_checked(client) ? ulib_checked_drop(client, event) :
					 ulib_drop(client, event);
}

int ulib_drop(struct rring_client *client, const struct rring_event *event)
{
	if (client->shared && rring_handle_class(event->handle) != RRING_XXL)
		return drop_threads(client, event);
	return drop_single(client, event);
}

/*
 * Wait until *@generation is not 0, and return it. It is 0 while a sweep
 * decides whether the slot is free. The sweep holds the arena's lock all that
 * time, so ulib_await_peer() can wait for the sweep. Return 0 if
 * ulib_await_peer() fails, because the client is dead.
 */
static uint64_t __attribute__((noinline))
await_generation(const struct rring_client *client,
		 const rring_word_t *generation)
{
	uint32_t looks = 0;
	uint64_t now;

	do {
		now = rring_word_load_acquire(generation);
	} while (!now && !ulib_await_peer((struct rring_client *)client,
					  &looks));
	return now;
}

/*
 * Return 1 if the slot of @handle still has the generation of @handle; else 0:
 * then @handle is stale, or the client is dead. While a sweep hides the slot's
 * generation (stores 0), wait for the end of this sweep.
 */
int rring_generation_is(const struct rring_client *client, uint64_t handle)
{
	const rring_word_t *generation =
		&client->pool[rring_handle_class(handle)]
			 .generation[rring_handle_index(handle)];
	uint64_t now = rring_word_load_acquire(generation);

	if (rring_unlikely(!now)) {
		now = await_generation(client, generation);
		if (!now)
			return 0;
	}
	return now == handle;
}

/*
 * Fill @event for @handle from the header of the slot. Return 0; -EBADMSG if the
 * length in the header is larger than the slot, because a producer can write
 * any value there; or an error of ulib_header_load().
 */
static int read_header(const struct rring_client *client, uint64_t handle,
		       struct rring_event *event)
{
	struct rring_event_header header;
	int err = ulib_header_load(client, handle, &header);

	if (err)
		return err;
	if (!rring_slot_takes(rring_handle_class(handle), header.len))
		return -EBADMSG;
	rring_event_at(client, handle, header.len, header.event_type, event);
	return 0;
}

/*
 * Take a hold on the event of @handle, and fill @event. Return 0; -ESTALE if
 * the use of the slot that @handle names is over; -EBADMSG if @handle or the
 * length of the event is not valid; or an error of rring_hold(). After an error
 * there is no new hold. Store the hold first, then pass a full fence (I), then
 * load the generation. Without the fence, the sweep could miss the hold, while
 * this function does not see that the sweep has hidden the generation.
 */
int ulib_upgrade(struct rring_client *client, uint64_t handle,
		 struct rring_event *event)
{
	struct rring_event held;
	int err;

	if (!rring_handle_valid(client, handle))
		return -EBADMSG;
	if (!rring_handle_short(client, handle))
		return ulib_xxl_upgrade(client, handle, event);
	rring_event_at(client, handle, 0, 0, &held);
	if (rring_word_load(held.word) & RRING_ASIDE &&
	    drop_recalled(client, handle))
		return -ESTALE;
	err = client->shared ? hold_threads(client, &held) :
			       rring_hold(client, &held);
	if (err)
		return err;
	/*
	 * I: pairs with J in hide_generations(). Either the load below finds
	 * the generation hidden, or the sweep finds the hold stored above.
	 */
	rring_fence_full();
	if (!rring_generation_is(client, handle))
		err = -ESTALE;
	else
		err = read_header(client, handle, event);
	if (err)
		ulib_drop(client, &held);
	return err;
}

int rring_upgrade(struct rring_client *client, uint64_t handle,
		  struct rring_event *event)
{
	return ulib_is_checked(client) ?
	       ulib_checked_upgrade(client, handle, event) :
	       ulib_upgrade(client, handle, event);
}

int rring_find(struct rring_client *client, uint64_t handle,
	       struct rring_event *event)
{
	uint64_t word;

	if (!rring_handle_valid(client, handle))
		return -EBADMSG;
	if (!rring_handle_short(client, handle))
		return ulib_xxl_find(client, handle, event);
	word = rring_word_load(&client->pool[rring_handle_class(handle)]
			       .ledger[rring_handle_index(handle)]);
	if (!rring_ledger_holds(word) || word & RRING_ASIDE ||
	    !rring_generation_is(client, handle) ||
	    (ulib_is_checked(client) && ulib_checked_keeps(client, handle)))
		return ulib_is_lost(client) ? ulib_refuse_lost(client) :
					      -ESTALE;
	return read_header(client, handle, event);
}

uint64_t rring_share(struct rring_client *client,
		     const struct rring_event *event)
{
	if (!rring_event_is_of(event, client) || ulib_is_lost(client))
		return 0;
	if (!client->shared)
		ulib_clear_private(event);
	else if (ulib_is_checked(client) &&
		 !ulib_checked_share(client, event))
		return 0;
	return event->handle;
}

int rring_foreign_slow(struct rring_client *client,
		       const struct rring_event *event)
{
	if (ulib_is_checked(client))
		ulib_checked_foreign(client, event);
	return rring_refuse_slow(-EINVAL);
}

static void empty_magazine(struct rring_client *client,
			   struct rring_pool_view *pool)
{
	__u64 tail = rring_seq_load(pool->tail);
	__u64 head;

	do {
		head = rring_seq_load_acquire(&pool->magazine->head);
		if (head <= tail)
			return;
	} while (!rring_seq_exchange(pool->tail, &tail, head));
	for (; tail < head; tail++)
		ulib_recent_add(client, RRING_LOAD(&pool->magazine->handle[
					 tail % RRING_MAGAZINE_SLOTS]));
}

void rring_trim(struct rring_client *client)
{
	uint32_t i;

	if (ulib_is_checked(client))
		ulib_checked_give_back(client);
	/* skip XXL: each slot was lent for a thread, which takes it soon */
	for (i = 0; i < RRING_XXL; i++) {
		unpark_all(client, &client->pool[i]);
		empty_magazine(client, &client->pool[i]);
	}
	rring_freed(client);
}
