// SPDX-License-Identifier: MPL-2.0
/* Events: allocate, hold, drop. */
#include <string.h>

#include "../wait.h"
#include "client.h"

/*
 * Drop all parked slots of @pool. After each one, wake the clients that wait
 * for a slot: their sweep may have skipped that slot, because its ledger word
 * changed during the sweep.
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
		ulib_recent_add(client, handle);
		rring_freed(client);
	}
}

void rring_unpark(struct rring_client *client, enum rring_class pool)
{
	unpark_all(client, &client->pool[pool]);
}

/*
 * The kernel has recalled the magazine of @pool: drop all parked slots, then
 * raise the tail to the floor, which tells the kernel that this client has
 * noticed. E: the tail is stored last. Until then the kernel counts a parked
 * slot as unused; from then on, as one that this client may use.
 */
static void yield_slots(struct rring_client *client,
			struct rring_pool_view *pool)
{
	/*
	 * The kernel stores .floor before .head. So the tail, which is set to
	 * the floor below, may be above .head for a moment.
	 */
	uint64_t floor = rring_seq_load(&pool->magazine->floor);

	unpark_all(client, pool);
	pool->floor = floor;
	if (rring_seq_load(pool->tail) < floor)
		rring_seq_store_release(pool->tail, floor);
	rring_freed(client);
}

/*
 * Take the next free slot of the magazine and hold it. For single-threaded
 * clients. Return its handle; 0: the magazine is empty or was recalled.
 *
 * E: pairs with F in the sweep. The hold is stored before the tail moves; else
 * the sweep could find the slot in neither place. If the magazine was recalled,
 * another client may use the slot by now: then take the hold back.
 */
static inline uint64_t pop_slot(struct rring_pool_view *pool)
{
	uint64_t tail = rring_seq_load(pool->tail);
	/* P: pairs with O in the kernel: handles below .head are written */
	uint64_t head = rring_seq_load_acquire(&pool->magazine->head);
	uint64_t handle, before;
	rring_word_t *word;

	if (head <= tail)	/* lower: during a recall */
		return 0;
	handle = pool->magazine->handle[tail % RRING_MAGAZINE_SLOTS];
	word = &pool->ledger[rring_handle_index(handle)];
	before = rring_word_load(word);
	rring_word_store_release(word, (before | RRING_PRIVATE) + RRING_MOVE +
				       RRING_HOLD);
	if (rring_unlikely(rring_recalled(pool))) {
		rring_word_store_release(word, before + 2 * RRING_MOVE);
		return 0;
	}
	rring_seq_store_release(pool->tail, tail + 1);
	return handle;
}

/*
 * Take a parked slot. The caller has checked that there is one. Return its
 * handle; 0: the kernel has recalled the magazine and the parked slots. For
 * single-threaded clients.
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
 * Take a parked slot or, if none is parked, one of the magazine. If the kernel
 * has recalled them, first give them all up. Return the slot's handle; 0: there
 * is none, so that the caller has to refill. For single-threaded clients.
 */
static uint64_t take_slot(struct rring_client *client,
			  struct rring_pool_view *pool)
{
	uint64_t handle;

	do {
		if (rring_recalled(pool))
			yield_slots(client, pool);
		handle = pool->parked ? pop_parked(pool) : pop_slot(pool);
	} while (!handle && rring_recalled(pool));
	return handle;
}

/*
 * Move the tail from @tail past one slot or, if the magazine was recalled, to
 * the floor. Return 1: this thread has taken the slot; 0: another thread has
 * moved the tail, or the slot was recalled. The caller's hold is stored before
 * the floor is loaded: so the kernel sees the hold, or this thread sees the
 * recall.
 */
static int move_tail(struct rring_pool_view *pool, __u64 tail)
{
	uint64_t floor;

	rring_fence_compiler();
	floor = rring_seq_load(&pool->magazine->floor);
	if (floor <= tail)
		return rring_seq_exchange(pool->tail, &tail, tail + 1);
	rring_seq_exchange(pool->tail, &tail, floor);
	return 0;
}

/*
 * Take the next free slot of the magazine and hold it, in a client with several
 * threads. Return its handle; 0: the magazine is empty. If the thread does not
 * get the slot, it takes its hold back. Until then it held a slot of another
 * thread or client, which only delays a sweep; so rring_freed() then wakes the
 * clients that wait for a slot.
 */
static uint64_t pop_slot_threads(struct rring_client *client,
				 struct rring_pool_view *pool)
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
		rring_word_fetch_add(word, RRING_MOVE + RRING_HOLD);
		if (move_tail(pool, tail))
			return handle;
		rring_word_fetch_add(word, RRING_MOVE - RRING_HOLD);
		rring_freed(client);
	}
}

/*
 * Settle all rings that this client writes, so that a shallow sweep finds the
 * slots that all readers have passed. Do nothing in a client with several
 * threads, as each ring's writer may belong to another thread, and in an
 * inherited client.
 */
void ulib_settle_writers(struct rring_client *client)
{
	struct rring_writer *writer;

	/* .shared: each writer may belong to another thread */
	if (client->shared || ulib_is_inherited(client))
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
	 * If the thread is cancelled just after the kernel has lent slots, they
	 * stay in the magazine, and the next allocation takes them.
	 */
	err = ulib_call_until(client, RRING_IOC_REFILL, &args, deadline);
	return err ? ulib_explain_refill(client, pool, err) : 0;
}

static inline int init_event(const struct rring_client *client, uint32_t pool,
			     uint64_t handle, uint32_t len,
			     uint32_t event_type, struct rring_event *event)
{
	rring_event_in(client, pool, handle, len, event_type, event);
	return rring_header_init(&client->pool[pool], handle, len, event_type);
}

static int alloc_class_until(struct rring_client *client, uint32_t index,
			     uint32_t len, uint32_t event_type,
			     uint64_t deadline, struct rring_event *event)
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
		if (err)
			return err;
	}
}

int rring_alloc_slow(struct rring_client *client, enum rring_class pool,
		     uint32_t len, uint32_t event_type,
		     struct rring_event *event)
{
	uint64_t handle;

	if ((unsigned int)pool >= RRING_POOLS)
		return ulib_error(-EINVAL, "there is no class %u; classes are RRING_XS to RRING_XXL",
				  pool);
	if (!client->shared && pool < RRING_XXL &&
	    rring_slot_takes(pool, len) && !client->pool[pool].parked) {
		handle = pop_slot(&client->pool[pool]);
		if (handle)
			return init_event(client, pool, handle, len, event_type,
					  event);
	}
	if (pool < RRING_XXL && len > client->arena->pool[pool].slot_size)
		return ulib_error(-E2BIG, "%u bytes do not fit a slot of this class, which has %u; use rring_alloc(), which chooses the class",
				  len, client->arena->pool[pool].slot_size);
	return alloc_class_until(client, pool, len, event_type, 0, event);
}

int rring_alloc_until(struct rring_client *client, size_t len,
		      uint32_t event_type, uint64_t deadline,
		      struct rring_event *event)
{
	enum rring_class pool = rring_class_for(len);

	if (pool >= RRING_POOLS)
		return rring_refuse_slow(-E2BIG);
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
 * Allocate up to @n events from the parked slots of @pool. Return how many; 0:
 * none is parked, or the kernel has recalled them. @shift: a slot has 1 <<
 * @shift bytes. The caller has checked that @header.len fits. For
 * single-threaded clients.
 */
static uint32_t alloc_parked(struct rring_client *client,
			     struct rring_pool_view *pool, uint32_t shift,
			     struct rring_event_header header,
			     struct rring_event *events, uint32_t n)
{
	const uint64_t *next = pool->parked_handle + pool->parked;
	struct rring_event *event;
	uint32_t i;

	if (n > pool->parked)
		n = pool->parked;
	pool->parked -= n;
	for (event = events; event < events + n; event++) {
		uint64_t handle = *--next;
		uint32_t index = rring_handle_index(handle);
		rring_word_t *word = &pool->ledger[index];

		*event = (struct rring_event) {
			.handle = handle,
			.data = pool->payload + ((size_t)index << shift),
			.len = header.len,
			.event_type = header.event_type,
			.word = word,
			.client = client,
		};
		rring_word_store_release(word, rring_word_load(word) &
					       ~RRING_ASIDE);
	}
	if (rring_recalled(pool)) {
		pool->parked += n;
		yield_slots(client, pool);
		return 0;
	}
	/*
	 * write headers only after the check: a recalled slot may already have
	 * an event of another client
	 */
	for (i = 0; i < n; i++)
		pool->header[rring_handle_index(events[i].handle)] = header;
	return n;
}

long rring_alloc_batch(struct rring_client *client, enum rring_class pool,
		       uint32_t len, uint32_t event_type,
		       struct rring_event *events, uint32_t n)
{
	struct rring_event_header header = { len, event_type };
	uint32_t i = 0;
	int err;

	if ((unsigned int)pool < RRING_XXL && rring_slot_takes(pool, len))
		i = alloc_parked(client, &client->pool[pool],
				 rring_slot_shift(pool), header, events, n);
	for (; i < n; i++) {
		err = rring_alloc_class(client, pool, len, event_type,
					&events[i]);
		if (err)
			return i ? (long)i : err;
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

	if (ulib_is_inherited(client))
		return ulib_refuse_inherited();
	if (client->role != RRING_PRODUCER)
		return ulib_error(-EPERM, "only a client with the role RRING_PRODUCER changes events");
	if (!rring_event_is_of(event, client))
		return rring_refuse_slow(-EINVAL);
	if (len > payload_capacity(client, event->handle))
		return ulib_error(-E2BIG, "the slot of the event has room for %llu bytes, not for %u",
				  (unsigned long long)payload_capacity(client, event->handle),
				  len);
	client->pool[pool].header[rring_handle_index(event->handle)].len = len;
	event->len = len;
	return 0;
}

/*
 * Hold, in a client with several threads. Add first, then check the value
 * before the add: a separate load would cost an extra wait for the cache line.
 * Return 0; -EOVERFLOW: there were RRING_HOLDS_MAX holds, and the add is
 * undone. The field has 17 bits, so the adds of several threads at a time do
 * not overflow it.
 *
 * Undoing the add also takes moves back. That is safe: the word shows holds all
 * the time, so no collect relies on its moves.
 */
static int hold_threads(struct rring_client *client,
			const struct rring_event *event)
{
	uint64_t change = RRING_MOVE + RRING_HOLD;
	uint64_t word = rring_word_fetch_add(event->word, change);

	if (rring_ledger_holds(word) < RRING_HOLDS_MAX)
		return 0;
	rring_word_fetch_add(event->word, -change);
	rring_freed(client);
	return rring_refuse_slow(-EOVERFLOW);
}

/*
 * The caller has found RRING_ASIDE in the ledger word of a slot: the slot is
 * parked. If the kernel has recalled it, another client may use it by now: drop
 * all parked slots of the pool and return 0, so that the caller can take a
 * hold. Else return -ESTALE: a parked slot has no event.
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
 * Hold, in a single-threaded client, when rring_hold() has found
 * RRING_HOLDS_MAX holds or RRING_ASIDE. Return -EOVERFLOW, -EINVAL (parked, no
 * event), -EPERM (inherited), or what rring_hold() returns after a recall was
 * noticed.
 */
static __attribute__((noinline)) int hold_single(struct rring_client *client,
						 const struct rring_event *event)
{
	if (ulib_is_inherited(client))
		return ulib_refuse_inherited();
	if (!(rring_word_load(event->word) & RRING_ASIDE))
		return rring_refuse_slow(-EOVERFLOW);
	return drop_recalled(client, event->handle) ?
	       ulib_not_held(client) : rring_hold(client, event);
}

/*
 * Hold out of line: called by rring_hold() for XXL, for a client with several
 * threads, and when a single-threaded one finds too many holds or RRING_ASIDE.
 */
int rring_hold_slow(struct rring_client *client,
		    const struct rring_event *event)
{
	if (rring_handle_class(event->handle) == RRING_XXL)
		return ulib_xxl_hold(client, event);
	return client->shared ? hold_threads(client, event) :
				hold_single(client, event);
}

/*
 * Note the drop of a hold on @event: in the recent drops, and by waking clients
 * that wait for a slot, if this was the last hold. @word: the word before the
 * drop.
 */
static void hold_dropped(struct rring_client *client,
			 const struct rring_event *event, uint64_t word)
{
	if ((word & (RRING_HOLDS_MASK | RRING_IN_FLIGHT_MASK)) == RRING_HOLD)
		ulib_recent_add(client, event->handle);
	if (rring_ledger_holds(word) == 1)
		rring_freed(client);
}

/*
 * Take one hold away from @word, if it has one; else leave the word as it is.
 * Return the word before. A plain subtraction, undone if there was no hold,
 * would be wrong. Until the undo, it hides a hold that another thread takes.
 * And a second thread without a hold would find holds below zero, which look
 * like many, and drop one of these.
 */
static uint64_t take_hold(rring_word_t *word)
{
	__u64 before = rring_word_load(word);

	/*
	 * G: the payload is read before the hold falls. Otherwise another
	 * client could get the slot and write it while it is read.
	 */
	while (rring_ledger_holds(before) &&
	       !rring_word_exchange(word, &before,
				    before + RRING_MOVE - RRING_HOLD))
		;
	return before;
}

/*
 * Drop, in a client with several threads. Return 0; -EINVAL: there was no hold.
 * A failed drop, too, wakes the clients that wait for a slot.
 */
static int drop_threads(struct rring_client *client,
			const struct rring_event *event)
{
	uint64_t word = take_hold(event->word);

	if (!rring_ledger_holds(word)) {
		rring_freed(client);
		return ulib_not_held(client);
	}
	hold_dropped(client, event, word);
	return 0;
}

int rring_drop_slow(struct rring_client *client,
		    const struct rring_event *event)
{
	uint64_t word;

	if (client->shared && rring_handle_class(event->handle) != RRING_XXL)
		return drop_threads(client, event);
	word = rring_word_load(event->word);
	if (word & RRING_ASIDE)
		return rring_handle_class(event->handle) == RRING_XXL ?
		       ulib_xxl_drop(client, event) : ulib_not_held(client);
	if (!rring_ledger_holds(word))
		return ulib_not_held(client);
	/*
	 * G: the payload is read before the hold falls. Otherwise another
	 * client could get the slot and write it while it is read.
	 */
	rring_word_store_release(event->word, (word & ~RRING_PRIVATE) +
					      RRING_MOVE - RRING_HOLD);
	hold_dropped(client, event, word);
	return 0;
}

/*
 * Wait until a sweep that hides @generation (0) shows it again, and return it.
 * The sweep holds the arena's lock all that time, so ulib_await_peer() can wait
 * for it. Return 0 if that fails because the client is dead.
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
 * Return 1 if @handle is not stale: its slot still has its generation; else 0.
 * Waits while a sweep hides the generation (0), which is short.
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
 * Fill @event for @handle from the header of its slot, which any producer can
 * write. Return 0; -EBADMSG: the length in the header is larger than the slot.
 */
static int read_header(const struct rring_client *client, uint64_t handle,
		       struct rring_event *event)
{
	const struct rring_pool_view *pool =
		&client->pool[rring_handle_class(handle)];
	const struct rring_event_header *header =
		&pool->header[rring_handle_index(handle)];
	uint32_t len = RRING_LOAD(&header->len);

	if (!rring_slot_takes(rring_handle_class(handle), len))
		return -EBADMSG;
	rring_event_at(client, handle, len, RRING_LOAD(&header->event_type),
		       event);
	return 0;
}

/*
 * Take a hold on the event of @handle, and fill @event. Store the hold first,
 * then pass a full fence (I), then read the generation. Without the fence, the
 * sweep could miss the hold, while this function does not see that the
 * generation is hidden. -ESTALE: the use of the slot that @handle names is
 * over.
 */
int rring_upgrade(struct rring_client *client, uint64_t handle,
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
	err = rring_hold(client, &held);
	if (err)
		return err;
	/*
	 * I: pairs with J in hide_generations(). Either this load finds the
	 * generation hidden, or the sweep finds the hold stored above.
	 */
	rring_fence_full();
	if (!rring_generation_is(client, handle))
		err = -ESTALE;
	else
		err = read_header(client, handle, event);
	if (err)
		rring_drop(client, &held);
	return err;
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
	    !rring_generation_is(client, handle))
		return ulib_is_inherited(client) ? ulib_refuse_inherited() :
						   -ESTALE;
	return read_header(client, handle, event);
}

uint64_t rring_share(struct rring_client *client,
		     const struct rring_event *event)
{
	if (!rring_event_is_of(event, client) || ulib_is_inherited(client))
		return 0;
	/*
	 * Another client gets the handle. A client with several threads never
	 * sets RRING_PRIVATE, because it parks no slot.
	 */
	if (!client->shared)
		rring_word_store_release(event->word,
					 rring_word_load(event->word) &
					 ~RRING_PRIVATE);
	return event->handle;
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

	/* skip XXL: each slot was lent for a thread, which takes it soon */
	for (i = 0; i < RRING_XXL; i++) {
		unpark_all(client, &client->pool[i]);
		empty_magazine(client, &client->pool[i]);
	}
	rring_freed(client);
}
