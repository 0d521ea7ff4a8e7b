// SPDX-License-Identifier: MPL-2.0
#include "held_events.h"
#include "stream.h"

int held_events_keep(struct held_events *held_events, uint32_t i,
		     struct rring_reader *reader,
		     const struct rring_event *event, uint64_t number)
{
	int err = rring_keep(reader, event);

	if (err)
		return err;
	held_events->event[i] = *event;
	held_events->number[i] = number;
	held_events->used[i] = 1;
	return 0;
}

int held_events_intact(const struct held_events *held_events, uint32_t i)
{
	return !held_events->used[i] ||
	       stream_intact(&held_events->event[i], held_events->number[i],
			     held_events->max);
}

int held_events_drop(struct held_events *held_events, uint32_t i)
{
	int intact = held_events_intact(held_events, i);

	if (!held_events->used[i])
		return 1;
	held_events->used[i] = 0;
	return !rring_drop(held_events->client, &held_events->event[i]) &&
	       intact;
}

int held_events_drop_all(struct held_events *held_events)
{
	int intact = 1;
	uint32_t i;

	for (i = 0; i < HELD_EVENTS; i++)
		intact &= held_events_drop(held_events, i);
	return intact;
}

int held_events_take(struct held_events *held_events, uint32_t i,
		     struct rring_reader *reader)
{
	uint64_t number = reader->pos;
	struct rring_event event;
	long n = rring_peek(reader, 1);

	if (n < 0)
		return (int)n;
	if (!held_events_drop(held_events, i) ||
	    rring_entry(reader, 0, &event) ||
	    !stream_intact(&event, number, held_events->max) ||
	    held_events_keep(held_events, i, reader, &event, number))
		return -EBADMSG;
	return rring_release(reader, 1);
}
