/* SPDX-License-Identifier: MPL-2.0 */
/* What the files of the checking mode share. */
#ifndef ULIB_STATE_H
#define ULIB_STATE_H

#include <pthread.h>

#include "../client/client.h"
#include "debug.h"
#include "record.h"
#include "report.h"

/*
 * Dropped slots of one class, which the client still holds, the oldest first.
 * The payloads have a pattern. They are checked and really dropped when there
 * are too many, when no slot is free, and when the client ends.
 */
#define ULIB_QUARANTINE_MAX	32

struct ulib_quarantine {
	uint32_t first, count;
	struct ulib_record *slot[ULIB_QUARANTINE_MAX];
};

/* Events whose payload may not change any more, because others know them. */
#define ULIB_GIVEN_MAX		64

struct ulib_given {
	struct ulib_record *record;	/* NULL: none */
	uint64_t handle;
};

struct ulib_debug {
	pthread_mutex_t lock;	/* for all below */
	int is_single;		/* opened with RRING_SINGLE_THREADED */
	struct ulib_place user;	/* is_single: the thread that uses the client */
	struct ulib_records records;
	struct ulib_quarantine quarantine[RRING_XXL];
	struct ulib_given given[ULIB_GIVEN_MAX];
	uint32_t next_given;
};

/* The use of a writer or a reader: the thread that is in a call with it. */
struct ulib_use {
	struct ulib_place place; /* of the outermost call */
	uint32_t depth;		/* calls within calls; 0: nobody uses it */
	pid_t second;		/* the last thread that was reported */
	uint64_t reserved;	/* writer: the end of what was reserved */
	uint64_t committed;	/* writer: the head after the last commit */
};

static inline struct ulib_debug *
ulib_debug_of(const struct rring_client *client)
{
	return client->own->debug;
}

/*
 * Lock the state of @client for @call, and report a second thread that uses a
 * single-threaded client.
 */
void ulib_debug_enter(struct rring_client *client, const char *call,
		      const void *caller);
void ulib_debug_leave(struct rring_client *client);

/*
 * Report a misuse of kind @kind of @event. @what goes on after @call. @record is what
 * the client knows of the event, or NULL.
 */
void ulib_debug_report_event(const struct rring_client *client,
			     const char *kind, const char *call,
			     const char *what, const struct rring_event *event,
			     const struct ulib_record *record,
			     const void *caller);

/* Report a misuse of kind @kind that concerns no event. */
void ulib_debug_report(const struct rring_client *client, const char *kind,
		       const char *call, const char *what, const void *caller);

/*
 * Return the record of @event if @client holds it. Otherwise report @call, and
 * return NULL. @dropping is 1 if the call drops. The caller is between
 * ulib_debug_enter() and ulib_debug_leave().
 */
struct ulib_record *ulib_debug_held(struct rring_client *client,
				    const struct rring_event *event,
				    const char *call, int dropping,
				    const void *caller);

/* The last check before others know the event of @record, or it is dropped. */
void ulib_debug_check_end(struct rring_client *client,
			  const struct ulib_record *record, const char *call,
			  const void *caller);

/* Others know the event of @record from now on: note its sum. */
void ulib_debug_give(struct rring_client *client, struct ulib_record *record,
		     const void *caller);

/* Report each event that was written after others got to know it. */
void ulib_debug_check_given(struct rring_client *client);

#endif /* ULIB_STATE_H */
