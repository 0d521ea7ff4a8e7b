// SPDX-License-Identifier: MPL-2.0
/* Calls with events of a checked client: see debug.h. */
#include <errno.h>

#include <rusted_ring/internal/inline.h>

#include "../client/pool.h"
#include "payload.h"
#include "quarantine.h"
#include "state.h"

/* ---- what a call without a hold is ---- */

/* Fill @finding for an event that was dropped or published. */
static void find_gone(int given_away, int dropping,
		      struct ulib_finding *finding)
{
	if (given_away) {
		finding->kind = dropping ? ULIB_DROP_AFTER_PUBLISH :
					   ULIB_USE_AFTER_PUBLISH;
		finding->what = " of an event whose last hold was published";
	} else {
		finding->kind = dropping ? ULIB_DOUBLE_DROP :
					   ULIB_USE_AFTER_DROP;
		finding->what = " of an event that the client has dropped";
	}
}

/* Report that @client does not hold @event. @record is that of the slot. */
static void report_not_held(const struct rring_client *client,
			    const struct rring_event *event,
			    const struct ulib_record *record, const char *call,
			    int dropping, const struct ulib_place *place)
{
	struct ulib_record old;
	struct ulib_finding finding = {
		.kind = ULIB_NOT_HELD,
		.call = call,
		.what = " of an event that the client does not hold",
		.client = client,
		.event = event,
		.place = place,
	};

	if (record && record->handle == event->handle) {
		find_gone(record->given_away, dropping, &finding);
		finding.record = record;
	} else if (record && record->old_handle == event->handle) {
		find_gone(record->old_given_away, dropping, &finding);
		old = (struct ulib_record) { .dropped = record->old_gone };
		finding.record = &old;
	}
	ulib_report(&finding);
}

struct ulib_record *ulib_debug_held(struct rring_client *client,
				    const struct rring_event *event,
				    const char *call, int dropping,
				    const void *caller)
{
	struct ulib_record *record =
		ulib_record_find(&ulib_debug_of(client)->records,
				 event->handle);
	struct ulib_place place;

	if (record && record->handle == event->handle && record->holds)
		return record;
	ulib_place_take(&place, caller);
	report_not_held(client, event, record, call, dropping, &place);
	return NULL;
}

/*
 * Copy the record that the client of @event has of it to @record. Return 1, or 0 if
 * there is no such record. That client may change the record meanwhile, but it
 * cannot end.
 */
static int __attribute__((no_sanitize("thread")))
copy_record(const struct rring_event *event, struct ulib_record *record)
{
	const struct ulib_record *found = NULL;

	ulib_clients_lock();
	if (ulib_clients_has(event->client) && ulib_is_checked(event->client))
		found = ulib_record_find(&ulib_debug_of(event->client)->records,
					 event->handle);
	if (found)
		*record = *found;
	ulib_clients_unlock();
	return found && record->handle == event->handle;
}

static void __attribute__((noinline))
report_foreign(const struct rring_client *client,
	       const struct rring_event *event, const void *caller)
{
	struct ulib_record record;

	ulib_debug_report_event(client, ULIB_WRONG_CLIENT, "a call",
				" with an event of another client", event,
				copy_record(event, &record) ? &record : NULL,
				caller);
}

void ulib_checked_foreign(struct rring_client *client,
			  const struct rring_event *event)
{
	/* of this client: then rring_publish() was called with an inline ring */
	if (!rring_event_is_of(event, client))
		report_foreign(client, event, ULIB_CALLER);
}

/* ---- what others know ---- */

void ulib_debug_check_end(struct rring_client *client,
			  const struct ulib_record *record, const char *call,
			  const void *caller)
{
	struct rring_event event = ulib_record_event(record, client);

	if (!record->allocated || record->given.thread ||
	    ulib_payload_is_in_bounds(client, record))
		return;
	ulib_debug_report_event(client, ULIB_WRITE_PAST_END, call,
				" of an event behind whose payload was written",
				&event, record, caller);
}

/* Return 1 if the slot of @handle still has the event of @handle, else 0. */
static int has_generation(const struct rring_client *client, uint64_t handle)
{
	const struct rring_pool_view *pool =
		&client->pool[rring_handle_class(handle)];

	return rring_word_load_acquire(
		&pool->generation[rring_handle_index(handle)]) == handle;
}

/* Report @given, if its payload has changed. Return 1 if it is over, else 0. */
static int check_one_given(struct rring_client *client,
			   const struct ulib_given *given)
{
	const struct ulib_record *record = given->record;
	struct rring_event event;
	struct ulib_place place;
	struct ulib_finding finding = {
		.kind = ULIB_WRITE_AFTER_PUBLISH,
		.what = "an event has changed after others got to know it",
		.client = client,
		.event = &event,
		.record = record,
		.place = &place,
		.once = &record->given,
	};
	uint64_t sum;

	if (record->handle != given->handle ||
	    !has_generation(client, given->handle))
		return 1;
	sum = ulib_payload_sum(client, record);
	rring_fence_acquire();
	if (!has_generation(client, given->handle))
		return 1;
	if (sum == record->sum)
		return 0;
	event = ulib_record_event(record, client);
	ulib_place_take(&place, ULIB_CALLER);
	ulib_report(&finding);
	return 1;
}

void ulib_debug_check_given(struct rring_client *client)
{
	struct ulib_debug *debug = ulib_debug_of(client);
	uint32_t i;

	for (i = 0; i < ULIB_GIVEN_MAX; i++)
		if (debug->given[i].record &&
		    check_one_given(client, &debug->given[i]))
			debug->given[i].record = NULL;
}

void ulib_debug_give(struct rring_client *client, struct ulib_record *record,
		     const void *caller)
{
	struct ulib_debug *debug = ulib_debug_of(client);
	struct ulib_given *given;

	if (!record->allocated || record->given.thread)
		return;
	ulib_payload_open(client, record);
	ulib_place_take(&record->given, caller);
	record->sum = ulib_payload_sum(client, record);
	rring_fence_acquire();
	/* others may have dropped it already, and use the slot again */
	if (!has_generation(client, record->handle))
		return;
	given = &debug->given[debug->next_given++ % ULIB_GIVEN_MAX];
	if (given->record)
		check_one_given(client, given);
	*given = (struct ulib_given) { record, record->handle };
}

/* Return 1 if @client may do @call, after which others know @event; else 0. */
static int may_share(struct rring_client *client,
		     const struct rring_event *event, const char *call,
		     int shares, const void *caller)
{
	struct ulib_record *record;

	ulib_debug_enter(client, call, caller);
	record = ulib_debug_held(client, event, call, 0, caller);
	if (record)
		ulib_debug_check_end(client, record, call, caller);
	if (record && shares)
		ulib_debug_give(client, record, caller);
	ulib_debug_leave(client);
	return !!record;
}

int ulib_checked_share(struct rring_client *client,
		       const struct rring_event *event)
{
	return may_share(client, event, "rring_share()", 1, ULIB_CALLER);
}

/* The event is given away when it is sealed: the kernel may refuse. */
int ulib_checked_seal(struct rring_client *client,
		      const struct rring_event *event)
{
	return may_share(client, event, "rring_seal()", 0, ULIB_CALLER);
}

void ulib_checked_sealed(struct rring_client *client,
			 const struct rring_event *event)
{
	const void *caller = ULIB_CALLER;
	struct ulib_record *record;

	ulib_debug_enter(client, "rring_seal()", caller);
	record = ulib_record_find(&ulib_debug_of(client)->records,
				  event->handle);
	if (record && record->handle == event->handle) {
		ulib_debug_give(client, record, caller);
		record->data = event->data;
	}
	ulib_debug_leave(client);
}

int ulib_checked_resize(struct rring_client *client,
			const struct rring_event *event, uint32_t len)
{
	const void *caller = ULIB_CALLER;
	struct ulib_record *record;
	int may;

	ulib_debug_enter(client, "rring_resize()", caller);
	record = ulib_debug_held(client, event, "rring_resize()", 0, caller);
	may = record && !record->given.thread;
	if (may) {
		ulib_debug_check_end(client, record, "rring_resize()", caller);
		ulib_payload_open(client, record);
		record->len = len;
		if (record->allocated)
			ulib_payload_begin(client, record);
	} else if (record) {
		ulib_debug_report_event(client, ULIB_USE_AFTER_PUBLISH,
					"rring_resize()",
					" of an event that other clients know",
					event, record, caller);
	}
	ulib_debug_leave(client);
	return may;
}

/* ---- allocate, hold, drop ---- */

static int is_dry(int err)
{
	return err == -ENOSPC || err == -EDQUOT;
}

/*
 * Allocate. @waiting is 1 if slots wait for their check: give them back if no
 * other slot is free.
 */
static int alloc_slot(struct rring_client *client, uint32_t pool, uint32_t len,
		      uint32_t event_type, uint64_t deadline, int waiting,
		      struct rring_event *event)
{
	int err = ulib_alloc(client, pool, len, event_type,
			     waiting ? 0 : deadline, event);

	if (waiting && is_dry(err)) {
		ulib_checked_give_back(client);
		err = ulib_alloc(client, pool, len, event_type, deadline,
				 event);
	}
	return err;
}

/*
 * Note that the client has taken its first hold on @event. If there is no memory
 * for the record, drop the event again, and return -ENOMEM.
 */
static int note_first(struct rring_client *client,
		      const struct rring_event *event, int allocated,
		      const void *caller)
{
	struct ulib_record *record =
		ulib_record_begin(&ulib_debug_of(client)->records, event);

	if (!record) {
		ulib_drop(client, event);
		return rring_refuse_slow(-ENOMEM);
	}
	ulib_place_take(&record->taken, caller);
	record->allocated = allocated;
	if (allocated)
		ulib_payload_begin(client, record);
	return 0;
}

/* Note one more hold on @event, which the client has just taken. */
static int note_hold(struct rring_client *client,
		     const struct rring_event *event, const void *caller)
{
	struct ulib_record *record =
		ulib_record_find(&ulib_debug_of(client)->records,
				 event->handle);

	if (!record || record->handle != event->handle)
		return note_first(client, event, 0, caller);
	if (!record->holds) {
		ulib_place_take(&record->taken, caller);
		record->allocated = 0;
	}
	record->holds++;
	record->given_away = 0;
	return 0;
}

int ulib_checked_alloc(struct rring_client *client, uint32_t pool, uint32_t len,
		       uint32_t event_type, uint64_t deadline,
		       struct rring_event *event)
{
	const void *caller = ULIB_CALLER;
	int err, waiting;

	ulib_debug_enter(client, "rring_alloc()", caller);
	ulib_debug_check_given(client);
	waiting = ulib_quarantine_has_slots(client);
	ulib_debug_leave(client);
	err = alloc_slot(client, pool, len, event_type, deadline, waiting,
			 event);
	if (err)
		return err;
	ulib_debug_enter(client, "rring_alloc()", caller);
	err = note_first(client, event, 1, caller);
	ulib_debug_leave(client);
	return err;
}

/*
 * Return 1 if @reader has peeked at @handle, gates, and cannot be lapped. Another
 * thread may move the reader meanwhile.
 */
static int __attribute__((no_sanitize("thread")))
has_peeked(const struct rring_reader *reader, uint64_t handle)
{
	const struct rring_entry *entries = (const struct rring_entry *)
		((const char *)reader->ring + reader->info->entry_offset);
	uint32_t n = (uint32_t)(reader->head - reader->pos);
	uint32_t i;

	if (reader->stride || reader->lappable)
		return 0;
	/* the entry may be in the pages of an earlier writer */
	if (reader->old)
		return 1;
	for (i = 0; i < n && i < reader->capacity; i++)
		if (RRING_LOAD(&entries[rring_reader_index(reader, i)]
			       .handle) == handle)
			return 1;
	return 0;
}

static int is_peeked(const struct rring_client *client, uint64_t handle)
{
	const struct rring_reader *reader;
	int found = 0;

	ulib_clients_lock();
	for (reader = client->own->readers; reader; reader = reader->next)
		found |= has_peeked(reader, handle);
	ulib_clients_unlock();
	return found;
}

int ulib_checked_hold(struct rring_client *client,
		      const struct rring_event *event)
{
	const void *caller = ULIB_CALLER;
	int err;

	ulib_debug_enter(client, "rring_hold()", caller);
	if (!is_peeked(client, event->handle) &&
	    !ulib_debug_held(client, event, "rring_hold()", 0, caller)) {
		err = ulib_not_held(client);
	} else {
		err = ulib_hold(client, event);
		if (!err)
			err = note_hold(client, event, caller);
	}
	ulib_debug_leave(client);
	return err;
}

/* The caller is between ulib_debug_enter() and ulib_debug_leave(). */
static int keeps(const struct rring_client *client, uint64_t handle)
{
	const struct ulib_record *record =
		ulib_record_find(&ulib_debug_of(client)->records, handle);

	return record && record->handle == handle && record->kept;
}

int ulib_checked_keeps(struct rring_client *client, uint64_t handle)
{
	int kept;

	ulib_debug_enter(client, "rring_find()", ULIB_CALLER);
	kept = keeps(client, handle);
	ulib_debug_leave(client);
	return kept;
}

int ulib_checked_upgrade(struct rring_client *client, uint64_t handle,
			 struct rring_event *event)
{
	const void *caller = ULIB_CALLER;
	int err;

	ulib_debug_enter(client, "rring_upgrade()", caller);
	err = keeps(client, handle) ? -ESTALE :
				      ulib_upgrade(client, handle, event);
	if (!err)
		err = note_hold(client, event, caller);
	ulib_debug_leave(client);
	return err;
}

/* Drop a hold that the client has. The last one on an event of its own waits. */
static int drop_held(struct rring_client *client,
		     const struct rring_event *event,
		     struct ulib_record *record, const void *caller)
{
	int mine = record->allocated && !record->given.thread;

	if (mine)
		ulib_debug_check_end(client, record, "rring_drop()", caller);
	if (--record->holds)
		return ulib_drop(client, event);
	ulib_place_take(&record->dropped, caller);
	if (mine && ulib_quarantine_add(client, record))
		return 0;
	ulib_payload_open(client, record);
	return ulib_drop(client, event);
}

int ulib_checked_drop(struct rring_client *client,
		      const struct rring_event *event)
{
	const void *caller = ULIB_CALLER;
	struct ulib_record *record;
	int err;

	ulib_debug_enter(client, "rring_drop()", caller);
	record = ulib_debug_held(client, event, "rring_drop()", 1, caller);
	err = record ? drop_held(client, event, record, caller) :
		       ulib_not_held(client);
	ulib_debug_leave(client);
	return err;
}
