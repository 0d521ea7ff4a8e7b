/* SPDX-License-Identifier: MPL-2.0 */
/* Reports of misuses: each kind once for each place. */
#ifndef ULIB_REPORT_H
#define ULIB_REPORT_H

#include <rusted_ring.h>

#include "place.h"

struct ulib_record;

/* The kinds of misuses: see rring_debug(3). */
#define ULIB_DOUBLE_DROP	"double-drop"
#define ULIB_DROP_AFTER_PUBLISH	"drop-after-publish"
#define ULIB_USE_AFTER_DROP	"use-after-drop"
#define ULIB_USE_AFTER_PUBLISH	"use-after-publish"
#define ULIB_NOT_HELD		"not-held"
#define ULIB_WRONG_CLIENT	"wrong-client"
#define ULIB_WRONG_THREAD	"wrong-thread"
#define ULIB_WRITE_PAST_END	"write-past-end"
#define ULIB_WRITE_AFTER_DROP	"write-after-drop"
#define ULIB_WRITE_AFTER_PUBLISH "write-after-publish"
#define ULIB_BEYOND_RESERVED	"beyond-reserved"
#define ULIB_BEYOND_PEEKED	"beyond-peeked"
#define ULIB_STILL_HELD		"still-held"

/* What was found. What is NULL or 0 is left out of the report. */
struct ulib_finding {
	const char *kind;
	const char *call;	/* the function that was called */
	const char *what;	/* goes on after .call */
	const struct rring_client *client;
	const struct rring_event *event;
	const struct ulib_record *record;	/* its places are printed */
	const struct ulib_place *place;	/* of the call */
	const struct ulib_place *other;	/* where another thread is */
	/* the report is made once for this place; NULL: for .place */
	const struct ulib_place *once;
};

void ulib_report(const struct ulib_finding *finding);

/* Return 1 if RRING_DEBUG is set, to another value than 0; else 0. */
int ulib_report_is_wanted(void);

#endif /* ULIB_REPORT_H */
