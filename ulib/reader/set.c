// SPDX-License-Identifier: MPL-2.0
/*
 * Reader sets. A member of a set is a reader with a priority. The members are
 * sorted by priority: lower numbers come first. Unless the order of the set is
 * RRING_BY_PRIORITY, all members have priority 0. The members of one priority
 * are a group. The set reads the members of a group in turn, while no group of a
 * lower number has an event. A set of order RRING_BY_TIMESTAMP looks at all
 * members, and reads the one whose next event has the lowest timestamp.
 *
 * A look at each idle member for each event would cost much in a large group. So
 * a group knows which members were busy lately: each read looks at the busy ones,
 * and at the next PATROL of the others. If these have no event, it looks at more.
 */
#include <stdlib.h>
#include <string.h>

#include "../backoff.h"
#include "../client/client.h"
#include "../wait.h"
#include "head.h"

/* how many members of a group a read looks at beside the busy ones, at least */
#define PATROL 8

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

/* Sort the members of each group by their turns, the next one first. */
static void sort_by_turn(struct rring_set *set)
{
	struct member sorted[RRING_CURSORS];
	uint32_t i, k, from, n = 0;

	for (i = 0; i < set->nr_groups; i++) {
		const struct group *group = &set->groups[i];

		from = group->next;
		for (k = group->begin; k < group->end; k++) {
			sorted[n++] = set->members[from++];
			from = from == group->end ? group->begin : from;
		}
	}
	memcpy(set->members, sorted, n * sizeof(*sorted));
}

/* Find the groups of the members. The first member of each has its turn next. */
static void find_groups(struct rring_set *set)
{
	struct group *group = NULL;
	uint32_t i;

	set->nr_groups = 0;
	for (i = 0; i < set->count; i++) {
		if (!i || set->members[i].priority !=
			  set->members[i - 1].priority) {
			group = &set->groups[set->nr_groups++];
			*group = (struct group){
				.begin = i, .next = i, .patrol = i,
			};
		}
		group->end = i + 1;
	}
}

/* Insert @member behind all members with an equal or lower priority number. */
static void member_insert(struct rring_set *set, struct member member)
{
	uint32_t place = set->count;

	sort_by_turn(set);
	while (place && set->members[place - 1].priority > member.priority)
		place--;
	memmove(&set->members[place + 1], &set->members[place],
		(set->count - place) * sizeof(member));
	set->members[place] = member;
	set->count++;
	find_groups(set);
}

static void member_remove(struct rring_set *set,
			  const struct rring_reader *reader)
{
	uint32_t place;

	sort_by_turn(set);
	place = member_index(set, reader);
	set->count--;
	memmove(&set->members[place], &set->members[place + 1],
		(set->count - place) * sizeof(set->members[0]));
	find_groups(set);
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
	member_insert(set, member);
	set->end_due = 1;
	return 0;
}

int rring_set_remove(struct rring_set *set, struct rring_reader *reader)
{
	if (member_index(set, reader) == set->count)
		return ulib_error(-ENOENT, "the reader is not in the set");
	member_remove(set, reader);
	set->end_due = 1;
	if (set->last == reader)
		set->last = NULL;
	if (set->failed == reader)
		set->failed = NULL;
	return 0;
}

/* ---- read ---- */

/*
 * Release the entry of the last event that the set has returned, if it is not
 * released yet. If the release fails, store the reader in .failed and the error
 * in .error. The next rring_set_try_read() returns this error.
 */
static void release_last(struct rring_set *set)
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
 * Return the timestamp of the next event of @reader. If the entry cannot be
 * read, return 0. No timestamp is lower, so the set reads this entry next, and
 * the program gets the error.
 */
static uint64_t timestamp_of(const struct rring_set *set,
			     struct rring_reader *reader)
{
	struct rring_event event;

	return rring_entry(reader, 0, &event) ? 0 :
	       set->config.timestamp(&event);
}

/*
 * Look for an event of @member. First release the event that the reader gave
 * the program before it was added to the set, if it is not released yet. Return
 * 1 if @member has an event, -EAGAIN if it has none, -EPIPE if its stream has
 * ended, or another negative errno. If an earlier look has left an error in
 * .error, return this error, and do not look.
 */
static long look_at_member(const struct member *member)
{
	struct rring_reader *reader = member->reader;
	long n;
	int err;

	if (member->error)
		return member->error;
	if (reader->peeked) {
		err = ulib_release_peeked(reader);
		if (err)
			return err;
	}
	if (reader->head == reader->pos) {
		n = ulib_head_events(reader);
		if (!n)
			return -EAGAIN;
		if (n > 0)
			reader->head = reader->pos + (uint64_t)n;
	}
	/* do not rest in this look: other members would wait meanwhile */
	ulib_backoff_skip(&reader->backoff);
	return ulib_peek_event(reader);
}

/* Return 1 if @result, of a look, says that there is neither event nor error. */
static int is_without(long result)
{
	return result == -EAGAIN || result == -EPIPE;
}

static uint32_t next_in_turn(const struct group *group, uint32_t i)
{
	return i + 1 == group->end ? group->begin : i + 1;
}

/* The set reads the member at index @i: the one behind it has its turn next. */
static void pass_turn(struct group *group, uint32_t i)
{
	group->next = next_in_turn(group, i);
}

/*
 * Look at the member at index @i of @group. If it has an event or an error, store
 * @i in *@chosen, and return 0 or the error. Otherwise it is not busy any more:
 * return -EAGAIN, or -EPIPE if its stream has ended.
 */
static int try_member(const struct rring_set *set, struct group *group,
		      uint32_t i, uint32_t *chosen)
{
	long n = look_at_member(&set->members[i]);

	if (is_without(n))
		group->busy &= ~(1ull << i);
	else
		group->busy |= 1ull << i;
	*chosen = i;
	return n < 0 ? (int)n : 0;
}

/* Return the index of the busy member of @group whose turn is next. */
static uint32_t busy_in_turn(const struct group *group)
{
	uint64_t from_next = group->busy & ~0ull << group->next;

	return (uint32_t)__builtin_ctzll(from_next ? from_next : group->busy);
}

/*
 * Look at the next @n members of @group, which ends behind them or later, but not
 * at the one whose turn is next. Those that are not idle are busy. Return 1 if one
 * is idle, else 0.
 */
static int patrol(const struct rring_set *set, struct group *group, uint32_t n)
{
	uint32_t end = group->patrol + n;
	int idle = 0;
	uint32_t i;

	for (i = group->patrol; i < end; i++) {
		if (i == group->next)
			continue;
		if (ulib_head_events(set->members[i].reader))
			group->busy |= 1ull << i;
		else
			idle = 1;
	}
	group->patrol = end == group->end ? group->begin : end;
	return idle;
}

static uint32_t at_most(uint32_t limit, uint32_t n)
{
	return n < limit ? n : limit;
}

/*
 * Choose as choose_in_group() does, after the member whose turn is next has had
 * neither event nor error: @nobody says what its look has returned.
 */
static int __attribute__((noinline))
search_group(const struct rring_set *set, struct group *group, int nobody,
	     uint32_t *chosen)
{
	uint32_t left = group->end - group->begin;
	uint32_t n, limit = PATROL;
	int err;

	for (; left; left -= n, limit = left) {
		n = at_most(limit, group->end - group->patrol);
		n = at_most(left, n);
		if (patrol(set, group, n))
			nobody = -EAGAIN;
		while (group->busy) {
			err = try_member(set, group, busy_in_turn(group),
					 chosen);
			if (!is_without(err))
				return err;
			if (err == -EAGAIN)
				nobody = -EAGAIN;
		}
	}
	return nobody;
}

/*
 * Choose a member of @group that has an event or an error: the one whose turn is
 * next; else the first in turn of those that were busy lately or that the next
 * patrol finds; else one that a later patrol finds. Store its index in *@chosen,
 * and return 0 or its error. If there is none, return -EPIPE if all streams of
 * the group have ended, and -EAGAIN otherwise.
 */
static int choose_in_group(const struct rring_set *set, struct group *group,
			   uint32_t *chosen)
{
	int err = try_member(set, group, group->next, chosen);

	if (is_without(err))
		err = search_group(set, group, err, chosen);
	if (!is_without(err))
		pass_turn(group, *chosen);
	return err;
}

static int choose_by_priority(struct rring_set *set, uint32_t *chosen)
{
	int nobody = -EPIPE;
	uint32_t i;
	int err;

	for (i = 0; i < set->nr_groups; i++) {
		err = choose_in_group(set, &set->groups[i], chosen);
		if (err == -EAGAIN)
			nobody = -EAGAIN;
		else if (err != -EPIPE)
			return err;
	}
	return nobody;
}

/*
 * Choose what the program gets of the event and the error that a set of order
 * RRING_BY_TIMESTAMP has found. Store the index of its member in *@chosen.
 * @found is 1 + the index of the member with the lowest timestamp, or 0 if no
 * member has an event. @failed is 1 + the index of a member that has an error,
 * or 0 if there is none. At least one of @found and @failed is not 0. If neither
 * is 0, choose the event in one call and the error in the next, so that neither
 * hides the other. If the event is chosen, return 0. If the error is chosen,
 * return it, and clear .error of the member.
 */
static int choose_event_or_error(struct rring_set *set, uint32_t found,
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
 * Look at the members of @group, which are all of the set, in turn. Choose the
 * one whose next event has the lowest timestamp, or one that has an error.
 * Return as choose_in_group() does.
 */
static int choose_by_timestamp(struct rring_set *set, struct group *group,
			       uint32_t *chosen)
{
	uint64_t timestamp, lowest = 0;
	uint32_t found = 0, failed = 0;
	uint32_t i = group->next;
	int err, nobody = -EPIPE;

	do {
		struct member *member = &set->members[i];
		long n = look_at_member(member);

		if (n == -EAGAIN)
			nobody = -EAGAIN;
		if (n < 0 && !is_without(n)) {
			member->error = (int)n;
			failed = i + 1;
		} else if (n > 0) {
			timestamp = timestamp_of(set, member->reader);
			if (!found || timestamp < lowest) {
				found = i + 1;
				lowest = timestamp;
			}
		}
		i = next_in_turn(group, i);
	} while (i != group->next);
	if (!found && !failed)
		return nobody;
	err = choose_event_or_error(set, found, failed, chosen);
	pass_turn(group, *chosen);
	return err;
}

/*
 * Release the event that the set has returned last, and choose the reader that
 * it reads next. Return 0, and store the reader in *@from. If no reader has an
 * event or an error, return -EPIPE if all streams have ended or the set has no
 * members, and -EAGAIN otherwise. Any other result is an error of *@from.
 */
static int choose_reader(struct rring_set *set, struct rring_reader **from)
{
	uint32_t chosen = 0;
	int err;

	release_last(set);
	*from = set->failed;
	set->failed = NULL;
	if (*from)
		return set->error;
	if (set->config.order == RRING_BY_TIMESTAMP && set->count)
		err = choose_by_timestamp(set, set->groups, &chosen);
	else
		err = choose_by_priority(set, &chosen);
	if (err == -EPIPE)
		set->end_due = 0;
	if (is_without(err))
		return err;
	*from = set->members[chosen].reader;
	return err;
}

int rring_set_try_read(struct rring_set *set, struct rring_event *event,
		       struct rring_reader **from)
{
	int err = choose_reader(set, from);

	if (err)
		return err;
	set->last = *from;
	return ulib_reader_next(set->last, event);
}

long rring_set_peek(struct rring_set *set, uint32_t n,
		    struct rring_reader **from)
{
	int err = choose_reader(set, from);
	uint64_t avail;

	if (err)
		return err;
	avail = (*from)->head - (*from)->pos;
	return (long)(avail < n ? avail : n);
}

/* ---- wait ---- */

/*
 * Decide whether a wait for the set is over (.check of struct ulib_waiter).
 * Return 0 if a member has an event, was lapped or has an error, or if the set
 * has no members. Return 0 also if all streams have ended, and the set or a
 * member has not yet told the program so by -EPIPE. Otherwise return -EAGAIN:
 * the wait goes on.
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
 * Sleep in the kernel until a member has an event or was lapped, or all streams
 * have ended and a member has not yet told the program so by -EPIPE. Return 0,
 * -ETIMEDOUT at @deadline, or another negative errno. The set has members,
 * because for a set without members check_members() returns 0.
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
	return ulib_sleep(set->client, &args);
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
