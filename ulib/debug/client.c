// SPDX-License-Identifier: MPL-2.0
/* Open and close checked clients: see debug.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rusted_ring/internal/inline.h>

#include "../thread.h"
#include "payload.h"
#include "quarantine.h"
#include "state.h"

int ulib_debug_is_wanted(unsigned int flags)
{
	return flags & RRING_CHECKED || ulib_report_is_wanted();
}

int ulib_debug_open(struct rring_client *client)
{
	struct ulib_debug *debug = calloc(1, sizeof(*debug));

	if (!debug)
		return -ENOMEM;
	ulib_mutex_init(&debug->lock);
	debug->is_single = !client->shared;
	client->own->debug = debug;
	client->shared = RRING_SHARED_CHECKED;
	client->short_holds = 0;
	ulib_place_prepare();
	return 0;
}

void ulib_debug_free(struct ulib_debug *debug)
{
	if (!debug)
		return;
	ulib_records_free(&debug->records);
	pthread_mutex_destroy(&debug->lock);
	free(debug);
}

/* ---- threads ---- */

static int has_ended(pid_t thread)
{
	return syscall(SYS_tgkill, getpid(), thread, 0) && errno == ESRCH;
}

/*
 * Report that @caller uses a single-threaded client of which another thread, that
 * still lives, is the user.
 */
static void check_thread(const struct rring_client *client, const char *call,
			 const void *caller)
{
	struct ulib_debug *debug = ulib_debug_of(client);
	struct ulib_place place;
	struct ulib_finding finding = {
		.kind = ULIB_WRONG_THREAD,
		.call = call,
		.what = " by a second thread of a client that was opened with RRING_SINGLE_THREADED",
		.client = client,
		.place = &place,
		.other = &debug->user,
	};

	if (!debug->is_single || debug->user.thread == ulib_place_thread())
		return;
	ulib_place_take(&place, caller);
	if (!debug->user.thread || has_ended(debug->user.thread))
		debug->user = place;
	else
		ulib_report(&finding);
}

void ulib_debug_enter(struct rring_client *client, const char *call,
		      const void *caller)
{
	int saved = errno;

	pthread_mutex_lock(&ulib_debug_of(client)->lock);
	check_thread(client, call, caller);
	errno = saved;
}

void ulib_debug_leave(struct rring_client *client)
{
	pthread_mutex_unlock(&ulib_debug_of(client)->lock);
}

void ulib_debug_report_event(const struct rring_client *client,
			     const char *kind, const char *call,
			     const char *what, const struct rring_event *event,
			     const struct ulib_record *record,
			     const void *caller)
{
	struct ulib_place place;
	struct ulib_finding finding = {
		.kind = kind,
		.call = call,
		.what = what,
		.client = client,
		.event = event,
		.record = record,
		.place = &place,
	};

	ulib_place_take(&place, caller);
	ulib_report(&finding);
}

void ulib_debug_report(const struct rring_client *client, const char *kind,
		       const char *call, const char *what, const void *caller)
{
	ulib_debug_report_event(client, kind, call, what, NULL, NULL, caller);
}

void ulib_checked_give_back(struct rring_client *client)
{
	ulib_debug_enter(client, "rring_trim()", ULIB_CALLER);
	ulib_quarantine_drop(client);
	ulib_debug_leave(client);
}

/* ---- the end of a client ---- */

/* Return 1 if @client was evicted: its pages are not mapped any more. */
static int was_evicted(struct rring_client *client)
{
	struct rring_wake args = { .size = sizeof(args) };

	return ulib_call(client, RRING_IOC_WAKE, &args) == -EOWNERDEAD;
}

/* Report @n events, which were taken at the place of @record, as held. */
static void report_held(const struct rring_client *client,
			const struct ulib_record *record, uint32_t n)
{
	struct rring_event event = ulib_record_event(record, client);
	char what[64];
	struct ulib_finding finding = {
		.kind = ULIB_STILL_HELD,
		.what = what,
		.client = client,
		.event = &event,
		.record = record,
		.once = &record->taken,
	};

	snprintf(what, sizeof(what), "%u %s still held at the end of the client",
		 n, n == 1 ? "event is" : "events are");
	ulib_report(&finding);
}

static int compare_places(const void *a, const void *b)
{
	const struct ulib_record *const *first = a, *const *second = b;
	uint64_t x = ulib_place_hash(&(*first)->taken);
	uint64_t y = ulib_place_hash(&(*second)->taken);

	return x < y ? -1 : x > y;
}

/* Store the held records in @held, unless it is NULL. Return how many there are. */
static uint32_t collect_held(const struct ulib_records *records,
			     struct ulib_record **held)
{
	struct ulib_record *record;
	uint32_t i, n = 0;

	for (i = 0; i < ULIB_RECORD_BUCKETS; i++) {
		for (record = records->bucket[i]; record;
		     record = record->next) {
			if (!record->holds)
				continue;
			if (held)
				held[n] = record;
			n++;
		}
	}
	return n;
}

/* Report what is held, once for each place where it was taken. */
static void list_held(const struct rring_client *client)
{
	const struct ulib_records *records = &ulib_debug_of(client)->records;
	uint32_t n = collect_held(records, NULL);
	struct ulib_record **held = calloc(n + 1, sizeof(struct ulib_record *));
	uint32_t i, end;

	if (!held)
		return;
	collect_held(records, held);
	qsort(held, n, sizeof(struct ulib_record *), compare_places);
	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (compare_places(&held[i], &held[end]))
				break;
		report_held(client, held[i], end - i);
	}
	free(held);
}

/* The pages go: other memory may be mapped at the addresses of the payloads. */
static void allow_all(const struct rring_client *client)
{
	const struct ulib_records *records = &ulib_debug_of(client)->records;
	const struct ulib_record *record;
	uint32_t i;

	for (i = 0; i < ULIB_RECORD_BUCKETS; i++)
		for (record = records->bucket[i]; record;
		     record = record->next)
			if (record->allocated)
				ulib_payload_open(client, record);
}

void ulib_debug_close(struct rring_client *client)
{
	struct ulib_debug *debug = ulib_debug_of(client);

	pthread_mutex_lock(&debug->lock);
	if (!was_evicted(client)) {
		ulib_debug_check_given(client);
		ulib_quarantine_check(client);
	}
	list_held(client);
	allow_all(client);
	pthread_mutex_unlock(&debug->lock);
}
