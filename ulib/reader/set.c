// SPDX-License-Identifier: MPL-2.0
/*
 * Reader sets. The members are sorted by priority: lower numbers come first.
 * Unless the order is RRING_BY_PRIORITY, all have priority 0. A member that was
 * read moves behind the others of its priority. So members of one priority are
 * read in turn, while no member of a lower number has an event.
 * RRING_BY_TIMESTAMP does not follow this order: it looks at all members.
 */
#include <stdlib.h>
#include <string.h>

#include "../client/client.h"
#include "../wait.h"

struct member {
	struct rring_reader *reader;
	uint32_t priority;
	int error;	/* of a look, and not returned yet; 0: none */
};

struct rring_set {
	struct rring_client *client;
	struct rring_set_config config;
	struct rring_reader *last;	/* the caller uses its event, or NULL */
	struct rring_reader *failed;	/* its release failed with .error */
	int error;
	int has_erred;	/* 1: the last look has returned a member's error */
	/* 1: members have changed since the set last returned -EPIPE */
	int end_due;
	uint32_t count;
	struct member members[RRING_CURSORS];
};

static uint64_t first_bytes(const struct rring_event *event)
{
	return event->len < sizeof(uint64_t) ? 0 :
	       RRING_LOAD((const uint64_t *)event->data);
}

int rring_set_open(struct rring_client *client,
		   const struct rring_set_config *config,
		   struct rring_set **out)
{
	struct rring_set *set;

	ulib_error_forget();
	if ((unsigned int)config->order > RRING_BY_TIMESTAMP)
		return ulib_error(-EINVAL, "there is no order %u; orders are RRING_FAIR, RRING_BY_PRIORITY and RRING_BY_TIMESTAMP",
				  config->order);
	if (!ulib_strategy_valid(config->strategy))
		return ulib_refuse_strategy(config->strategy);
	set = calloc(1, sizeof(*set));
	if (!set)
		return -ENOMEM;
	set->client = client;
	set->config = *config;
	if (!set->config.timestamp)
		set->config.timestamp = first_bytes;
	*out = set;
	return 0;
}

void rring_set_close(struct rring_set *set)
{
	free(set);
}

/* ---- members ---- */

static uint32_t member_index(const struct rring_set *set,
			     const struct rring_reader *reader)
{
	uint32_t i;

	for (i = 0; i < set->count; i++)
		if (set->members[i].reader == reader)
			break;
	return i;
}

static void member_insert(struct rring_set *set, uint32_t place,
			  struct member member)
{
	memmove(&set->members[place + 1], &set->members[place],
		(set->count - place) * sizeof(member));
	set->members[place] = member;
	set->count++;
}

static struct member member_remove(struct rring_set *set, uint32_t place)
{
	struct member member = set->members[place];

	set->count--;
	memmove(&set->members[place], &set->members[place + 1],
		(set->count - place) * sizeof(member));
	return member;
}

/* Insert @member behind all members of the same or a lower number. */
static void insert_by_priority(struct rring_set *set, struct member member)
{
	uint32_t place = set->count;

	while (place && set->members[place - 1].priority > member.priority)
		place--;
	member_insert(set, place, member);
}

int rring_set_add(struct rring_set *set, struct rring_reader *reader,
		  uint32_t priority)
{
	struct member member = { .reader = reader };

	if (reader->client != set->client)
		return ulib_error(-EINVAL, "the reader is of another client; all readers of a set are of one");
	if (member_index(set, reader) < set->count)
		return ulib_error(-EEXIST, "the reader is in the set already");
	if (set->count == RRING_CURSORS)
		return ulib_error(-ENOSPC, "readers: the set has %u, and takes no more; use a second set",
				  RRING_CURSORS);
	if (set->config.order == RRING_BY_PRIORITY)
		member.priority = priority;
	insert_by_priority(set, member);
	set->end_due = 1;
	return 0;
}

int rring_set_remove(struct rring_set *set, struct rring_reader *reader)
{
	uint32_t place = member_index(set, reader);

	if (place == set->count)
		return ulib_error(-ENOENT, "the reader is not in the set");
	member_remove(set, place);
	set->end_due = 1;
	if (set->last == reader)
		set->last = NULL;
	if (set->failed == reader)
		set->failed = NULL;
	return 0;
}

/* ---- read ---- */

/*
 * Release the entry of the last event that the set has returned. If that fails,
 * keep the error for the next rring_set_try_read() to return.
 */
static void release_last(struct rring_set *set)
{
	struct rring_reader *reader = set->last;
	int err;

	if (!reader)
		return;
	set->last = NULL;
	err = rring_release(reader, (uint32_t)reader->peeked);
	if (err) {
		set->failed = reader;
		set->error = err;
	}
}

/* Move member @place behind the others of its priority. Returns its reader. */
static struct rring_reader *rotate_member(struct rring_set *set, uint32_t place)
{
	struct member member = member_remove(set, place);

	insert_by_priority(set, member);
	return member.reader;
}

/*
 * Return the timestamp of the reader's next event. If the entry has an error,
 * return 0: no timestamp is lower, so the entry is read next, and the caller
 * gets the error.
 */
static uint64_t timestamp_of(const struct rring_set *set,
			     struct rring_reader *reader)
{
	struct rring_event event;

	return rring_entry(reader, 0, &event) ? 0 :
	       set->config.timestamp(&event);
}

/* Return what a look at @member finds: 1: an event; else a negative errno. */
static long look_at_member(const struct member *member)
{
	if (member->error)
		return member->error;
	/* look without a rest, during which other members would wait */
	member->reader->backoff_left |= 1;
	return ulib_peek_event(member->reader);
}

/*
 * By timestamp: @found and @failed are the places + 1 of the member with the
 * lowest timestamp and of one that has an error; 0: there is none. If there are
 * both, return the event and the error in turn: neither hides the other.
 */
static int choose_in_turn(struct rring_set *set, uint32_t found,
			  uint32_t failed, uint32_t *chosen)
{
	struct member *member;
	int err;

	set->has_erred = failed && !(found && set->has_erred);
	if (!set->has_erred) {
		*chosen = found - 1;
		return 0;
	}
	*chosen = failed - 1;
	member = &set->members[*chosen];
	err = member->error;
	member->error = 0;
	return err;
}

/*
 * Choose the member that is read next. Return 0: it is at index *@chosen;
 * -EAGAIN: no member has events; -EPIPE: all streams have ended, or the set is
 * empty. Any other error is of the member at *@chosen.
 */
static int choose_member(struct rring_set *set, uint32_t *chosen)
{
	uint64_t timestamp, lowest = 0;
	uint32_t found = 0, failed = 0;
	int nobody = -EPIPE;
	uint32_t i;

	for (i = 0; i < set->count; i++) {
		struct member *member = &set->members[i];
		long n = look_at_member(member);

		if (n == -EAGAIN)
			nobody = -EAGAIN;
		if (n == -EAGAIN || n == -EPIPE)
			continue;
		if (set->config.order != RRING_BY_TIMESTAMP) {
			*chosen = i;
			return n < 0 ? (int)n : 0;
		}
		if (n < 0) {
			member->error = (int)n;
			failed = i + 1;
			continue;
		}
		timestamp = timestamp_of(set, member->reader);
		if (found && timestamp >= lowest)
			continue;
		found = i + 1;
		lowest = timestamp;
	}
	return found || failed ?
	       choose_in_turn(set, found, failed, chosen) : nobody;
}

int rring_set_try_read(struct rring_set *set, struct rring_event *event,
		       struct rring_reader **from)
{
	uint32_t chosen = 0;
	int err;

	release_last(set);
	*from = set->failed;
	set->failed = NULL;
	if (*from)
		return set->error;
	err = choose_member(set, &chosen);
	if (err == -EPIPE)
		set->end_due = 0;
	if (err == -EAGAIN || err == -EPIPE)
		return err;
	*from = rotate_member(set, chosen);
	if (err)
		return err;
	set->last = *from;
	return ulib_reader_next(set->last, event);
}

/* ---- wait ---- */

/*
 * Decide whether a wait is over. Return 0 if a member has events, was lapped or
 * has an error, or the set is empty. Return 0 also if all streams have ended,
 * and the set or a member was not told of that yet. Else -EAGAIN.
 */
static int check_members(void *context)
{
	struct rring_set *set = context;
	int due = set->end_due || !set->count;
	int ended = 1;
	uint32_t i;
	int err;

	for (i = 0; i < set->count; i++) {
		struct rring_reader *reader = set->members[i].reader;

		err = set->members[i].error;
		if (!err)
			err = ulib_reader_check(reader);
		if (err == -EAGAIN)
			ended = 0;
		else if (err != -EPIPE)
			return 0;
		else if (!ulib_reader_knows_end(reader))
			due = 1;
	}
	return ended && due ? 0 : -EAGAIN;
}

/*
 * Sleep in the kernel until @deadline, or until a member has events or was
 * lapped, or all streams have ended and a member was not told of that. The set
 * is not empty: for an empty set check_members() returns 0. Return 0 or a
 * negative errno.
 */
static int sleep_any(void *context, uint64_t deadline)
{
	struct rring_set *set = context;
	struct rring_wait args = {
		.size = sizeof(args),
		.what = RRING_WAIT_ANY,
		.deadline = deadline,
	};
	uint32_t i;

	for (i = 0; i < set->count; i++)
		args.position |= 1ull << set->members[i].reader->cursor_id;
	return ulib_call_until(set->client, RRING_IOC_WAIT, &args, deadline);
}

int rring_set_wait(struct rring_set *set, uint64_t deadline)
{
	struct ulib_waiter waiter = {
		.strategy = set->config.strategy,
		.check = check_members,
		.sleep = sleep_any,
		.context = set,
	};
	int err;

	if (ulib_is_inherited(set->client))
		return ulib_refuse_inherited();
	release_last(set);
	err = set->failed ? 0 : check_members(set);
	return err == -EAGAIN ? rring_wait(&waiter, deadline) : err;
}
