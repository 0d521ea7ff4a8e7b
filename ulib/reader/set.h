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

/* Some of the members: bit i % 64 of word i / 64 stands for member i. */
struct members {
	uint64_t word[RRING_CURSORS / 64];
};

static inline void members_add(struct members *members, uint32_t i)
{
	members->word[i / 64] |= 1ull << i % 64;
}

static inline void members_remove(struct members *members, uint32_t i)
{
	members->word[i / 64] &= ~(1ull << i % 64);
}

/* Return the first of @members from @from to below @end, or @end. */
static inline uint32_t members_next(const struct members *members,
				    uint32_t from, uint32_t end)
{
	uint32_t i = from / 64;
	uint64_t word;

	if (from >= end)
		return end;
	word = members->word[i] & ~0ull << from % 64;
	while (!word) {
		if (++i * 64 >= end)
			return end;
		word = members->word[i];
	}
	from = i * 64 + (uint32_t)__builtin_ctzll(word);
	return from < end ? from : end;
}

/* The members from index .begin to below .end have one priority. */
struct group {
	uint32_t begin, end;
	uint32_t next;	/* the member whose turn is next */
	uint32_t patrol;	/* the member that the next patrol begins with */
};

/* Where a set of order RRING_BY_TIMESTAMP stands in each of its members. */
struct merge {
	uint32_t next[RRING_CURSORS];	/* how many events are gathered */
	uint32_t end[RRING_CURSORS];	/* how many there are */
	uint64_t timestamp[RRING_CURSORS];	/* of the next one, if any */
};

/* Events of one member, one after the other, at which a set has peeked. */
struct run {
	struct rring_reader *reader;
	uint64_t position;	/* of the first of them that is not released */
	uint32_t count;
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
	struct members busy;	/* were not idle when the set last looked */
	struct member sorted[RRING_CURSORS];	/* only sort_by_turn() uses it */
	struct merge merge;	/* only gather_by_timestamp() uses it */
	/* what rring_set_peek() has found, in the set's order */
	struct run *runs;
	uint32_t max_runs;	/* there is memory for so many */
	uint32_t nr_runs;
	uint32_t first_run;	/* the runs before it are released */
	uint32_t peeked;	/* events of the other ones */
	/* event .at_event is the first one of run .at_run */
	uint32_t at_run;
	uint32_t at_event;
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

/*
 * Decide whether a wait for the set is over. Return 0 if a member has an event, was
 * lapped or has an error, or if the set has no members. Return 0 also if all
 * streams have ended, and the set or a member has not yet told the program so by
 * -EPIPE. Otherwise return -EAGAIN: the wait goes on.
 */
int ulib_set_check(struct rring_set *set);

/* Add the members of @set to those that @args, of RRING_WAIT_ANY, waits for. */
void ulib_set_wait_args(const struct rring_set *set, struct rring_wait *args);

/* Forget at which events the set has peeked. They are not released. */
static inline void ulib_set_forget_peek(struct rring_set *set)
{
	if (!set->nr_runs)
		return;
	set->nr_runs = 0;
	set->first_run = 0;
	set->peeked = 0;
	set->at_run = 0;
	set->at_event = 0;
}

/*
 * Release the event that the set has returned last, and choose the reader that
 * it reads next. Return 0, and store the reader in *@from and the index of its
 * member in *@chosen. If no reader has an event or an error, return -EPIPE if all
 * streams have ended or the set has no members, and -EAGAIN otherwise. Any other
 * result is an error of *@from.
 */
int ulib_set_choose(struct rring_set *set, struct rring_reader **from,
		    uint32_t *chosen);

/*
 * Choose one more member that has events, but none of @taken, in a set whose order
 * is not RRING_BY_TIMESTAMP. Store its index in *@chosen and return 1, or return 0
 * if a short search finds none. A later call of ulib_set_choose() returns an error
 * that a member has.
 */
int ulib_set_choose_more(struct rring_set *set, const struct members *taken,
			 uint32_t *chosen);

/*
 * Return the timestamp of entry @i of @reader. If the entry cannot be read,
 * return 0. No timestamp is lower, so the set reads this entry next, and the
 * program gets the error.
 */
uint64_t ulib_set_timestamp(const struct rring_set *set,
			    struct rring_reader *reader, uint32_t i);

#endif /* ULIB_SET_H */
