/* SPDX-License-Identifier: MPL-2.0 */
/* The structures of a reader set. */
#ifndef ULIB_SET_H
#define ULIB_SET_H

#include <rusted_ring.h>

#include "head.h"

struct member {
	struct rring_reader *reader;
	uint32_t priority;
	int error;	/* error of the last look, not yet returned; or 0 */
};

/* The members from index .begin to below .end have one priority. */
struct group {
	uint32_t begin, end;
	uint32_t next;	/* the member whose turn is next */
	uint32_t patrol;	/* the member that the next patrol begins with */
	/* bit i: member i was not idle when the set last looked */
	uint64_t busy;
};

struct rring_set {
	struct rring_client *client;
	struct rring_set_config config;
	/* the reader whose event the program uses now, or NULL */
	struct rring_reader *last;
	/* the reader whose last release failed with .error, or NULL */
	struct rring_reader *failed;
	int error;
	/* 1: choose_event_or_error() last chose an error of a member; 0: an event */
	int has_erred;
	/* 1: members have come or gone since the set last returned -EPIPE */
	int end_due;
	uint32_t count;
	uint32_t nr_groups;
	struct member members[RRING_CURSORS];
	struct group groups[RRING_CURSORS];
};

/*
 * Release the entry of the last event that the set has returned, if it is not
 * released yet. If the release fails, store the reader in .failed and the error
 * in .error. The next rring_set_try_read() returns this error.
 */
static inline void ulib_set_release_last(struct rring_set *set)
{
	struct rring_reader *reader = set->last;
	int err;

	if (!reader)
		return;
	set->last = NULL;
	err = ulib_release_peeked(reader);
	if (err) {
		set->failed = reader;
		set->error = err;
	}
}

#endif /* ULIB_SET_H */
