// SPDX-License-Identifier: MPL-2.0
/* Reports of misuses: see report.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rusted_ring/internal/handle.h>

#include "../client/client.h"
#include "../thread.h"
#include "record.h"
#include "report.h"

#define SEEN_MAX	4096	/* after so many, everything is reported */

/*
 * ulib_clients_lock() protects these. A fork takes it, too, so that the child can
 * report.
 */
static rring_misuse_handler_t handler;
static void *handler_context;
static uint64_t seen[SEEN_MAX];		/* a hash of each report that was made */
static uint32_t nr_seen;

int ulib_report_is_wanted(void)
{
	const char *value = secure_getenv("RRING_DEBUG");

	return value && *value && strcmp(value, "0");
}

static int is_fatal(void)
{
	const char *value = secure_getenv("RRING_DEBUG");

	return value && !strcmp(value, "abort");
}

void rring_on_misuse(rring_misuse_handler_t function, void *context)
{
	ulib_clients_init();
	ulib_clients_lock();
	handler = function;
	handler_context = context;
	ulib_clients_unlock();
}

/* Return 1 the first time that this kind is found at this place; else 0. */
static int is_new(const struct ulib_finding *finding)
{
	const struct ulib_place *once = finding->once ? finding->once :
							finding->place;
	uint64_t hash = ulib_place_hash(once);
	const char *c;
	uint32_t i;

	for (c = finding->kind; *c; c++)
		hash = hash * 31 + (unsigned char)*c;
	for (i = 0; i < nr_seen; i++)
		if (seen[i] == hash)
			return 0;
	if (nr_seen < SEEN_MAX)
		seen[nr_seen++] = hash;
	return 1;
}

/* ---- the text ---- */

static void print_place(const char *title, const struct ulib_place *place,
			FILE *out)
{
	if (!place || !place->thread)
		return;
	fprintf(out, "  %s, by thread %d:\n", title, (int)place->thread);
	ulib_place_print(place, out);
}

static void print_event(const struct rring_event *event, FILE *out)
{
	static const char *const names[RRING_POOLS] = {
		"XS", "S", "M", "L", "XL", "XXL",
	};
	uint32_t pool = rring_handle_class(event->handle);

	fprintf(out, "  event %#llx of class %s, %u bytes, type %u\n",
		(unsigned long long)event->handle,
		pool < RRING_POOLS ? names[pool] : "?", event->len,
		event->event_type);
}

static void print_record(const struct ulib_record *record, FILE *out)
{
	print_place(record->allocated ? "allocated" : "taken",
		    &record->taken, out);
	print_place("published or shared", &record->given, out);
	print_place("dropped", &record->dropped, out);
}

static void print(const struct ulib_finding *finding, FILE *out)
{
	fprintf(out, "rusted_ring: %s: client %u: %s%s\n", finding->kind,
		rring_client_id(finding->client),
		finding->call ? finding->call : "", finding->what);
	if (finding->event)
		print_event(finding->event, out);
	print_place(finding->call ? "called" : "found", finding->place, out);
	print_place("used", finding->other, out);
	if (finding->record)
		print_record(finding->record, out);
}

static void deliver(const struct ulib_finding *finding, const char *text)
{
	static const struct ulib_place nowhere;
	const struct ulib_place *place = finding->place ? finding->place :
							  &nowhere;
	struct rring_misuse misuse = {
		.kind = finding->kind,
		.report = text,
		.handle = finding->event ? finding->event->handle : 0,
		.stack = place->frame,
		.depth = place->depth,
	};

	if (handler)
		handler(handler_context, &misuse);
	else
		fputs(text, stderr);
}

static void make_report(const struct ulib_finding *finding)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out) {
		print(finding, out);
		fclose(out);
	}
	if (text)
		deliver(finding, text);
	free(text);
}

void ulib_report(const struct ulib_finding *finding)
{
	int state = ulib_cancel_hold();
	int saved = errno;

	ulib_clients_lock();
	if (is_new(finding)) {
		make_report(finding);
		if (is_fatal() && strcmp(finding->kind, ULIB_STILL_HELD))
			abort();
	}
	ulib_clients_unlock();
	errno = saved;
	ulib_cancel_release(state);
}
