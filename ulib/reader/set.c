// SPDX-License-Identifier: MPL-2.0
/*
 * Reader sets. A member of a set is a reader with a priority. The members are
 * sorted by priority: lower numbers come first. Unless the order of the set is
 * RRING_BY_PRIORITY, all members have priority 0. The members of one priority
 * are a group.
 */
#include <stdlib.h>
#include <string.h>

#include "../client/client.h"
#include "../wait.h"
#include "set.h"

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
	set->config.strategy = ulib_strategy_for(client, config->strategy);
	if (!set->config.timestamp)
		set->config.timestamp = first_bytes;
	*out = set;
	return 0;
}

void rring_set_close(struct rring_set *set)
{
	free(set->runs);
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
	uint32_t i, k, from, n = 0;

	for (i = 0; i < set->nr_groups; i++) {
		const struct group *group = &set->groups[i];

		from = group->next;
		for (k = group->begin; k < group->end; k++) {
			set->sorted[n++] = set->members[from++];
			from = from == group->end ? group->begin : from;
		}
	}
	memcpy(set->members, set->sorted, n * sizeof(set->sorted[0]));
}

/* Find the groups of the members. The first member of each has its turn next. */
static void find_groups(struct rring_set *set)
{
	struct group *group = NULL;
	uint32_t i;

	set->nr_groups = 0;
	memset(&set->busy, 0, sizeof(set->busy));
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
	ulib_set_forget_peek(set);
	set->end_due = 1;
	return 0;
}

int rring_set_remove(struct rring_set *set, struct rring_reader *reader)
{
	if (member_index(set, reader) == set->count)
		return ulib_error(-ENOENT, "the reader is not in the set");
	member_remove(set, reader);
	ulib_set_forget_peek(set);
	set->end_due = 1;
	if (set->last == reader)
		set->last = NULL;
	if (set->failed == reader)
		set->failed = NULL;
	return 0;
}

/* ---- wait ---- */

int ulib_set_check(struct rring_set *set)
{
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

void ulib_set_wait_args(const struct rring_set *set, struct rring_wait *args)
{
	uint32_t i;

	for (i = 0; i < set->count; i++)
		ulib_wait_for_cursor(args, set->members[i].reader->cursor_id);
}

static int check_members(void *context)
{
	return ulib_set_check(context);
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

	ulib_set_wait_args(set, &args);
	return ulib_sleep(set->client, &args);
}

int rring_set_wait(struct rring_set *set, uint64_t deadline)
{
	struct ulib_waiter waiter = {
		.strategy = set->config.strategy,
		.check = check_members,
		.sleep = sleep_any,
		.looks = set->count,
		.context = set,
	};
	int err;

	if (ulib_is_lost(set->client))
		return ulib_refuse_lost(set->client);
	ulib_set_release_last(set);
	err = set->failed ? 0 : ulib_set_check(set);
	return err == -EAGAIN ? rring_wait(&waiter, deadline) : err;
}
