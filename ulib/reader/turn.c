// SPDX-License-Identifier: MPL-2.0
/*
 * Which member of a set is read next. The set reads the members of a group in
 * turn, while no group of a lower number has an event. A set of order
 * RRING_BY_TIMESTAMP looks at all members, and reads the one whose next event has
 * the lowest timestamp.
 *
 * A look at each idle member for each event would cost much in a large group. So
 * a group knows which members were busy lately: each read looks at the busy ones,
 * and at the next PATROL of the others. If these have no event, it looks at more.
 */
#include "../backoff.h"
#include "../client/client.h"
#include "head.h"
#include "set.h"

/* how many members of a group a read looks at beside the busy ones, at least */
#define PATROL 8

uint64_t ulib_set_timestamp(const struct rring_set *set,
			    struct rring_reader *reader, uint32_t i)
{
	struct rring_event event;

	return rring_entry(reader, i, &event) ? 0 :
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
 * Look at the member at index @i. If it has an event or an error, store
 * @i in *@chosen, and return 0 or the error. Otherwise it is not busy any more:
 * return -EAGAIN, or -EPIPE if its stream has ended.
 */
static int try_member(struct rring_set *set, uint32_t i, uint32_t *chosen)
{
	long n = look_at_member(&set->members[i]);

	if (is_without(n))
		members_remove(&set->busy, i);
	else
		members_add(&set->busy, i);
	*chosen = i;
	return n < 0 ? (int)n : 0;
}

/*
 * Return the index of that one of @members, in @group, whose turn comes first, or
 * group->end if there is none.
 */
static uint32_t first_in_turn(const struct group *group,
			      const struct members *members)
{
	uint32_t i = members_next(members, group->next, group->end);

	if (i < group->end)
		return i;
	i = members_next(members, group->begin, group->next);
	return i < group->next ? i : group->end;
}

/*
 * Look at the next @n members of @group, which ends behind them or later, but not
 * at the one whose turn is next. Those that are not idle are busy. Return 1 if one
 * is idle, else 0.
 */
static int patrol(struct rring_set *set, struct group *group, uint32_t n)
{
	uint32_t end = group->patrol + n;
	int idle = 0;
	uint32_t i;

	for (i = group->patrol; i < end; i++) {
		if (i == group->next)
			continue;
		if (ulib_head_events(set->members[i].reader))
			members_add(&set->busy, i);
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
search_group(struct rring_set *set, struct group *group, int nobody,
	     uint32_t *chosen)
{
	uint32_t left = group->end - group->begin;
	uint32_t i, n, limit = PATROL;
	int err;

	for (; left; left -= n, limit = left) {
		n = at_most(limit, group->end - group->patrol);
		n = at_most(left, n);
		if (patrol(set, group, n))
			nobody = -EAGAIN;
		while ((i = first_in_turn(group, &set->busy)) < group->end) {
			err = try_member(set, i, chosen);
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
static int choose_in_group(struct rring_set *set, struct group *group,
			   uint32_t *chosen)
{
	int err = try_member(set, group->next, chosen);

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
 * return it.
 */
static int choose_event_or_error(struct rring_set *set, uint32_t found,
				 uint32_t failed, uint32_t *chosen)
{
	set->has_erred = failed && !(found && set->has_erred);
	*chosen = set->has_erred ? failed - 1 : found - 1;
	return set->has_erred ? set->members[*chosen].error : 0;
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
			timestamp = ulib_set_timestamp(set, member->reader, 0);
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

int ulib_set_choose(struct rring_set *set, struct rring_reader **from,
		    uint32_t *chosen)
{
	int err;

	ulib_set_release_last(set);
	ulib_set_forget_peek(set);
	*from = set->failed;
	set->failed = NULL;
	if (*from)
		return set->error;
	if (set->config.order == RRING_BY_TIMESTAMP && set->count)
		err = choose_by_timestamp(set, set->groups, chosen);
	else
		err = choose_by_priority(set, chosen);
	if (err == -EPIPE)
		set->end_due = 0;
	if (is_without(err))
		return err;
	*from = set->members[*chosen].reader;
	if (err)
		set->members[*chosen].error = 0;
	return err;
}

/*
 * Return the group whose next member ulib_set_choose() would choose, and which has
 * events that an earlier look has found: the usual case of a set that is busy.
 * Return NULL in all other cases.
 */
static inline struct group *group_in_turn(struct rring_set *set)
{
	struct group *group = set->groups;
	const struct member *member = &set->members[group->next];

	return set->nr_groups && !set->failed && !set->nr_runs &&
	       set->config.order != RRING_BY_TIMESTAMP && !member->error &&
	       member->reader->head != member->reader->pos &&
	       !member->reader->peeked ? group : NULL;
}

/* Read as rring_set_try_read() does, after it has released the last event. */
static int __attribute__((noinline))
read_chosen(struct rring_set *set, struct rring_event *event,
	    struct rring_reader **from)
{
	uint32_t chosen = 0;
	int err = ulib_set_choose(set, from, &chosen);

	if (err)
		return err;
	set->last = *from;
	return ulib_reader_next(set->last, event);
}

int rring_set_try_read(struct rring_set *set, struct rring_event *event,
		       struct rring_reader **from)
{
	struct rring_reader *reader;
	struct group *group;
	int err;

	ulib_set_release_last(set);
	group = group_in_turn(set);
	if (!group)
		return read_chosen(set, event, from);
	reader = set->members[group->next].reader;
	err = ulib_reader_next(reader, event);
	/* it is discarded: the next look releases it */
	if (err == -ENODATA)
		return read_chosen(set, event, from);
	members_add(&set->busy, group->next);
	pass_turn(group, group->next);
	set->last = *from = reader;
	return err;
}

/* ---- more than one ---- */

/*
 * Choose a member of @group as ulib_set_choose_more() does: the first in turn of
 * those that were busy lately or that the next patrol finds.
 */
static int choose_more_in_group(struct rring_set *set, struct group *group,
				const struct members *taken, uint32_t *chosen)
{
	struct members left;
	uint32_t i;
	long n;

	patrol(set, group, at_most(PATROL, group->end - group->patrol));
	left = set->busy;
	members_add(&left, group->next);
	for (i = 0; i < RRING_CURSORS / 64; i++)
		left.word[i] &= ~taken->word[i];
	while ((i = first_in_turn(group, &left)) < group->end) {
		members_remove(&left, i);
		n = look_at_member(&set->members[i]);
		if (n > 0) {
			pass_turn(group, i);
			*chosen = i;
			return 1;
		}
		if (is_without(n))
			members_remove(&set->busy, i);
		else
			set->members[i].error = (int)n;
	}
	return 0;
}

int ulib_set_choose_more(struct rring_set *set, const struct members *taken,
			 uint32_t *chosen)
{
	uint32_t i;

	for (i = 0; i < set->nr_groups; i++)
		if (choose_more_in_group(set, &set->groups[i], taken, chosen))
			return 1;
	return 0;
}
