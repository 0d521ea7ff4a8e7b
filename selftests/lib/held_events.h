/* SPDX-License-Identifier: MPL-2.0 */
/* Held events of a stream, whose content must not change while held. */
#ifndef SELFTESTS_HELD_EVENTS_H
#define SELFTESTS_HELD_EVENTS_H

#include <stdint.h>

#include <rusted_ring.h>

#define HELD_EVENTS	8	/* places */

struct held_events {
	struct rring_client *client;
	uint32_t max;			/* @max of the stream functions */
	struct rring_event event[HELD_EVENTS];
	uint64_t number[HELD_EVENTS];
	int used[HELD_EVENTS];
};

/*
 * Keep a peeked event, whose number is @number, in the free place @i. Return 0
 * or the error of rring_keep().
 */
int held_events_keep(struct held_events *held_events, uint32_t i,
		     struct rring_reader *reader,
		     const struct rring_event *event, uint64_t number);

/* Return 1 if place @i is free or its event is unchanged. */
int held_events_intact(const struct held_events *held_events, uint32_t i);

/*
 * Drop the event in place @i, or all events. Return 0 if an event has changed
 * or cannot be dropped, 1 otherwise.
 */
int held_events_drop(struct held_events *held_events, uint32_t i);
int held_events_drop_all(struct held_events *held_events);

/*
 * Drop the event in place @i, read the next event and keep it there. Return 0,
 * the error of peek or release, or -EBADMSG if an event is not as expected.
 */
int held_events_take(struct held_events *held_events, uint32_t i,
		     struct rring_reader *reader);

#endif /* SELFTESTS_HELD_EVENTS_H */
