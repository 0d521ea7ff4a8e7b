// SPDX-License-Identifier: MPL-2.0
/*
 * Events above 16 KiB (XXL). Their ledger words always have RRING_ASIDE, so
 * that the inline functions call the functions of this file. The client maps
 * the region of an event when it first looks at the event. It needs the mapping
 * until it has no hold on the event, and none of its readers has a peeked entry
 * that names the event. A client that drops its last hold on an event, or
 * releases a peeked entry of an event that it does not hold, asks the kernel to
 * free the slot. Without this request the memory would stay in use until the
 * next sweep.
 */
#include <stdlib.h>

#include <rusted_ring/internal/layout.h>

#include "../probes.h"
#include "client.h"
#include "xxl.h"
#include "xxl_mapping.h"

/* A pin: .mapped stays until the reader releases the entry at .position. */
struct rring_pin {
	uint64_t position;
	struct ulib_mapped *mapped;
	struct rring_pin *next;
};

static struct ulib_xxl_table *table_of(const struct rring_client *client)
{
	return &client->own->xxl;
}

static rring_word_t *word_of(const struct rring_client *client,
			     uint64_t handle)
{
	return &client->pool[RRING_XXL].ledger[rring_handle_index(handle)];
}

static void lock(struct rring_client *client)
{
	pthread_mutex_lock(&table_of(client)->lock);
}

static void unlock(struct rring_client *client)
{
	pthread_mutex_unlock(&table_of(client)->lock);
}

/*
 * Unlock .lock, and unmap the mappings of the slot of @handle that are not
 * needed any more. If this client has no hold on the slot, ask the kernel to
 * free the slot. The caller has locked .lock of the table, and has given up a
 * hold or a pin.
 */
static void unlock_and_unmap(struct rring_client *client, uint64_t handle)
{
	int held = rring_ledger_holds(rring_word_load(word_of(client,
							      handle))) != 0;
	struct ulib_mapped *gone = ulib_mapped_clean(client, handle);

	unlock(client);
	ulib_mapped_free(client, gone);
	if (!held)
		ulib_xxl_reclaim(client, rring_handle_index(handle), 1);
}

void ulib_xxl_settled(struct rring_client *client)
{
	ulib_xxl_reclaim(client, 0, client->pool[RRING_XXL].capacity);
}

/* ---- holds ---- */

static void event_at(const struct rring_client *client,
		     const struct ulib_mapped *mapped, uint32_t len,
		     uint32_t event_type, struct rring_event *event)
{
	event->handle = mapped->handle;
	event->data = mapped->data;
	event->len = len;
	event->event_type = event_type;
	event->word = word_of(client, mapped->handle);
	event->client = client;
}

/*
 * Fill @event from @mapped and from the header of the slot. Return 0; -EBADMSG
 * if the length in the header is larger than the region, because a producer can
 * write any value there; or an error of ulib_header_load().
 */
static int read_header(const struct rring_client *client,
		       const struct ulib_mapped *mapped,
		       struct rring_event *event)
{
	struct rring_event_header header;
	int err = ulib_header_load(client, mapped->handle, &header);

	if (err)
		return err;
	if (header.len > mapped->size)
		return -EBADMSG;
	event_at(client, mapped, header.len, header.event_type, event);
	return 0;
}

/*
 * Take from the magazine a slot whose region has exactly @bytes, rounded up to
 * pages of the machine. Hold the slot, and set *@mapped to a mapping of its
 * region. Return 0; -EAGAIN if the magazine has no such slot; or an error of
 * ulib_mapped_get(): then this function has dropped its hold on the slot. This
 * function locks .lock of the table.
 */
static int take_and_map(struct rring_client *client, uint64_t bytes,
			struct ulib_mapped **mapped)
{
	uint64_t passed = 0;
	uint64_t handle;
	int err = 0;

	lock(client);
	handle = ulib_xxl_take_slot(client, bytes, &passed);
	if (!handle) {
		unlock(client);
		return -EAGAIN;
	}
	*mapped = ulib_mapped_get(client, handle, 1, &err);
	if (!err) {
		unlock(client);
	} else {
		rring_word_fetch_add(word_of(client, handle),
				     RRING_MOVE - RRING_HOLD);
		unlock_and_unmap(client, handle);
	}
	/*
	 * The tail has also passed slots that other threads have taken. If
	 * those threads have dropped their slots, the kernel can free these
	 * slots only now.
	 */
	if (passed > 1)
		ulib_xxl_settled(client);
	return err;
}

/*
 * The argument of cancelled_in_refill(), the cleanup handler of refill_one().
 * The handler does not use .err.
 */
struct refill {
	struct rring_client *client;
	struct rring_refill *args;
	int err;			/* what RRING_IOC_REFILL returned */
};

/*
 * Take and drop the slot that the kernel may have lent for this thread before
 * pthread_cancel(3) ended the thread's refill. If the slot stayed in the
 * magazine, all slots behind it would stay there, too, and other threads would
 * wait for the slot to be taken. This function may take a slot of the same size
 * that was lent for another thread. The other thread then refills again.
 */
static void cancelled_in_refill(void *context)
{
	const struct refill *refill = context;
	struct rring_client *client = refill->client;
	uint64_t passed = 0;
	uint64_t handle;

	lock(client);
	handle = ulib_xxl_take_slot(client, refill->args->bytes, &passed);
	if (!handle) {
		unlock(client);
		return;
	}
	rring_word_fetch_add(word_of(client, handle), RRING_MOVE - RRING_HOLD);
	unlock_and_unmap(client, handle);
	if (passed > 1)
		ulib_xxl_settled(client);
}

static int refill_one(struct rring_client *client, struct rring_refill *args)
{
	struct refill refill = { .client = client, .args = args };

	args->count = 1;
	pthread_cleanup_push(cancelled_in_refill, &refill);
	refill.err = ulib_call_until(client, RRING_IOC_REFILL, args,
				     args->deadline);
	pthread_cleanup_pop(0);
	ULIB_PROBE(refill, client->id, RRING_XXL, refill.err);
	if (refill.err)
		ULIB_PROBE(dry, client->id, RRING_XXL, refill.err);
	return refill.err;
}

/*
 * Refill, take a slot of the size that @args asks for, and set *@mapped to a
 * mapping of its region. If another thread has taken the slot that was lent for
 * this thread, try again. If no slot is free, but another thread has not yet
 * taken the slot that was lent for it, wait until a thread takes a slot, then
 * try again: the slots behind an untaken slot stay in the magazine, even if
 * threads have taken and dropped them. Return 0; -EPROTO if REFILL has
 * succeeded, but the magazine has no slot of this size, and no thread has taken
 * a slot meanwhile; -ETIMEDOUT if the deadline of @args has passed; or another
 * error of REFILL or of ulib_mapped_get().
 */
static int refill_and_take(struct rring_client *client,
			   struct rring_refill *args,
			   struct ulib_mapped **mapped)
{
	uint64_t takes;
	int err, taken;

	for (;;) {
		takes = ulib_xxl_takes(client);
		err = refill_one(client, args);
		if (!err)
			err = take_and_map(client, args->bytes, mapped);
		if (err != -EAGAIN && err != -ENOSPC && err != -EDQUOT)
			return err;
		taken = ulib_xxl_await_take(client, takes, args->deadline);
		if (taken < 0)
			return taken;
		if (!taken)
			return err == -EAGAIN ? -EPROTO : err;
	}
}

int ulib_xxl_alloc(struct rring_client *client, uint32_t len,
		   uint32_t event_type, uint64_t deadline,
		   struct rring_event *event)
{
	struct rring_refill args = {
		.size = sizeof(args),
		.pool = RRING_XXL,
		.deadline = deadline,
		.bytes = len ? len : 1,
	};
	struct rring_event_header *header;
	struct ulib_mapped *mapped = NULL;
	int err;

	ulib_error_forget();
	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	if (client->role != RRING_PRODUCER)
		return ulib_error(-EPERM, "only a client with the role RRING_PRODUCER allocates");
	if (len > RRING_XXL_MAX)
		return -E2BIG;
	ulib_settle_writers(client);
	err = refill_and_take(client, &args, &mapped);
	if (err)
		return ulib_explain_refill(client, RRING_XXL, err);
	/* this thread's hold keeps the region mapped */
	event_at(client, mapped, len, event_type, event);
	header = &client->pool[RRING_XXL]
			  .header[rring_handle_index(event->handle)];
	header->len = len;
	header->event_type = event_type;
	return 0;
}

/*
 * Take a hold on @event, which this client holds already or has peeked at.
 * Return 0; -EINVAL if the client has done neither, so that @event is not
 * mapped; -EOVERFLOW if the client has RRING_HOLDS_MAX holds on @event; -EPERM
 * if the client is inherited.
 */
int ulib_xxl_hold(struct rring_client *client, const struct rring_event *event)
{
	uint64_t word;
	int err = 0;

	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	lock(client);
	word = rring_word_load(event->word);
	if (!ulib_mapped_find(client, event->handle))
		err = ulib_not_held(client);
	else if (rring_ledger_holds(word) >= RRING_HOLDS_MAX)
		err = rring_refuse_slow(-EOVERFLOW);
	else
		rring_word_fetch_add(event->word, RRING_MOVE + RRING_HOLD);
	unlock(client);
	return err;
}

int ulib_xxl_drop(struct rring_client *client, const struct rring_event *event)
{
	lock(client);
	if (!rring_ledger_holds(rring_word_load(event->word)) ||
	    !ulib_mapped_find(client, event->handle)) {
		unlock(client);
		return ulib_not_held(client);
	}
	/* G: the caller's reads of the payload come before the hold falls */
	rring_word_fetch_add(event->word, RRING_MOVE - RRING_HOLD);
	unlock_and_unmap(client, event->handle);
	return 0;
}

int ulib_xxl_upgrade(struct rring_client *client, uint64_t handle,
		     struct rring_event *event)
{
	rring_word_t *word = word_of(client, handle);
	struct ulib_mapped *mapped;
	int err = 0;

	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	lock(client);
	if (rring_ledger_holds(rring_word_load(word)) >= RRING_HOLDS_MAX) {
		unlock(client);
		return rring_refuse_slow(-EOVERFLOW);
	}
	rring_word_fetch_add(word, RRING_MOVE + RRING_HOLD);
	/*
	 * I: pairs with J in hide_generations(). Either the load below finds
	 * the generation hidden, or the sweep finds the hold stored above.
	 */
	rring_fence_full();
	if (!rring_generation_is(client, handle))
		err = -ESTALE;
	mapped = err ? NULL : ulib_mapped_get(client, handle, 0, &err);
	if (mapped)
		err = read_header(client, mapped, event);
	if (!err) {
		unlock(client);
		return 0;
	}
	rring_word_fetch_add(word, RRING_MOVE - RRING_HOLD);
	unlock_and_unmap(client, handle);
	return err;
}

int ulib_xxl_find(struct rring_client *client, uint64_t handle,
		  struct rring_event *event)
{
	const struct ulib_mapped *mapped;
	int err = -ESTALE;

	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	lock(client);
	mapped = ulib_mapped_find(client, handle);
	if (mapped && rring_generation_is(client, handle) &&
	    rring_ledger_holds(rring_word_load(word_of(client, handle))))
		err = read_header(client, mapped, event);
	unlock(client);
	return err;
}

/*
 * Return where the event of @handle, which this client holds, can be read when it
 * is sealed: in a read-only mapping, which stays as long as the hold. From now on
 * the client finds the event there. On failure return NULL, and set *@err to
 * -EINVAL if the client does not hold the event, to -EPERM if the client is
 * inherited, or to an error of ulib_mapped_add(). The caller has set *@err to 0.
 */
void *ulib_xxl_read_only(struct rring_client *client, uint64_t handle, int *err)
{
	struct ulib_mapped *mapped;

	if (ulib_is_lost(client)) {
		*err = ulib_refuse_lost(client);
		return NULL;
	}
	lock(client);
	mapped = ulib_mapped_find(client, handle);
	if (!mapped)
		*err = ulib_not_held(client);
	else if (mapped->writable)
		mapped = ulib_mapped_add(client, handle, 0, err);
	unlock(client);
	return mapped ? mapped->data : NULL;
}

/* ---- readers ---- */

static struct rring_pin *pin_find(const struct rring_reader *reader,
				  uint64_t position, uint64_t handle)
{
	struct rring_pin *pin = reader->pins;

	while (pin && (pin->position != position ||
		       pin->mapped->handle != handle))
		pin = pin->next;
	return pin;
}

static struct rring_pin *pin_new(struct rring_reader *reader,
				 uint64_t position, uint64_t handle, int *err)
{
	struct rring_pin *pin = malloc(sizeof(*pin));

	if (!pin) {
		*err = rring_refuse_slow(-ENOMEM);
		return NULL;
	}
	lock(reader->client);
	pin->mapped = ulib_mapped_get(reader->client, handle, 0, err);
	if (pin->mapped)
		pin->mapped->pins++;
	unlock(reader->client);
	if (*err) {
		free(pin);
		return NULL;
	}
	pin->position = position;
	pin->next = reader->pins;
	reader->pins = pin;
	reader->slow_release = 1;
	return pin;
}

/*
 * Fill @event from @entry, which is at @position. Pin the event's mapping, so
 * that the region stays mapped until the reader releases the entry. An observer
 * that was overtaken can read on after the slot was freed. It may find bytes of
 * a later event there, as in a small slot. Return 0; -ESTALE if the slot has another generation
 * by now; -EBADMSG if the length in @entry is larger than the region; -ENOMEM;
 * or another error of ulib_map().
 */
int ulib_xxl_pin(struct rring_reader *reader, uint64_t position,
		 const struct rring_entry *entry, struct rring_event *event)
{
	struct rring_pin *pin = pin_find(reader, position, entry->handle);
	int err = 0;

	if (!pin)
		pin = pin_new(reader, position, entry->handle, &err);
	if (err)
		return err;
	if (entry->header.len > pin->mapped->size)
		return -EBADMSG;
	event_at(reader->client, pin->mapped, entry->header.len,
		 entry->header.event_type, event);
	return rring_generation_is(reader->client, entry->handle) ? 0 :
								    -ESTALE;
}

/*
 * Remove the pins of all entries below the position @below, which the reader
 * has released. Unmap the regions that the client then needs no more. This
 * function locks .lock of the table.
 */
void ulib_xxl_unpin(struct rring_reader *reader, uint64_t below)
{
	struct rring_pin **link = &reader->pins;

	while (*link) {
		struct rring_pin *pin = *link;
		uint64_t handle = pin->mapped->handle;

		if (pin->position >= below) {
			link = &pin->next;
			continue;
		}
		*link = pin->next;
		lock(reader->client);
		pin->mapped->pins--;
		unlock_and_unmap(reader->client, handle);
		free(pin);
	}
}

/* ---- the client ---- */

/*
 * Allocate .mapped of @client's table of XXL regions. In the client's ledger,
 * set RRING_ASIDE in the words of all XXL slots, so that the inline functions
 * call the functions of this file for XXL events. Return 0 or -ENOMEM.
 */
int ulib_xxl_open(struct rring_client *client)
{
	struct rring_pool_view *pool = &client->pool[RRING_XXL];
	struct ulib_xxl_table *table = table_of(client);
	uint32_t i;

	table->mapped = calloc(pool->capacity ? pool->capacity : 1,
			       sizeof(*table->mapped));
	if (!table->mapped)
		return -ENOMEM;
	for (i = 0; i < pool->capacity; i++)
		rring_word_store_release(&pool->ledger[i], RRING_ASIDE);
	return 0;
}

/*
 * Unmap all XXL regions that the client has mapped, and free .mapped of the
 * table. The caller has closed the client's readers and writers. Afterwards the
 * caller unmaps the ledger: the client then dies, and its holds end.
 */
void ulib_xxl_close(struct rring_client *client)
{
	struct ulib_xxl_table *table = table_of(client);
	uint32_t i;

	for (i = 0; table->mapped && i < client->pool[RRING_XXL].capacity; i++)
		ulib_mapped_free(client, table->mapped[i]);
	ulib_mapped_free(client, table->idle);
	free(table->mapped);
}
