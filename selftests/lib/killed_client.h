/* SPDX-License-Identifier: MPL-2.0 */
/* Operations of a client, the victim, that is killed while it does them. */
#ifndef SELFTESTS_KILLED_CLIENT_H
#define SELFTESTS_KILLED_CLIENT_H

#include "surviving_client.h"

#define EVENTS	4

/* State of the victim; the fields that its operation needs are set. */
struct victim {
	const struct survivor *survivor;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct rring_event event[EVENTS];
	uint32_t len;		/* of its events, in bytes */
};

/* The pipe of victim_create_pipe(). */
extern const struct rring_pipe_config victim_pipe;

/* Erase the claim and the headers that a predecessor has left in the ring. */
void victim_find_nothing(struct victim *self);

/* Preparation: allocate EVENTS events; the second form also shares them. */
void victim_make(struct victim *self);
void victim_make_shared(struct victim *self);

/* Allocate EVENTS and drop event 0, so it is parked; share event 1. */
void victim_park(struct victim *self);
void victim_park_and_share(struct victim *self);

/* Fill a ring "own" without readers, then allocate EVENTS more events. */
void victim_fill_own(struct victim *self);

/* Receive one event and hold it twice. */
void victim_keep_two(struct victim *self);

/* Allocate all remaining slots of the class that fits @len. */
void victim_take_the_rest(struct victim *self);

/* Wait until the survivor sleeps for an event, for room, or for a slot. */
void victim_until_read(struct victim *self);
void victim_until_written(struct victim *self);
void victim_until_starving(struct victim *self);

/* Each function does one operation. */
void victim_alloc(struct victim *self);
void victim_alloc_batch(struct victim *self);
void victim_hold(struct victim *self);
void victim_drop(struct victim *self);
void victim_trim(struct victim *self);
void victim_publish(struct victim *self);
void victim_publish_batch(struct victim *self);
void victim_reserve_and_commit(struct victim *self);
void victim_receive(struct victim *self);
void victim_try_read(struct victim *self);
void victim_read_batch(struct victim *self);
void victim_keep_and_drop(struct victim *self);
void victim_forward(struct victim *self);
void victim_upgrade(struct victim *self);
void victim_upgrade_stale(struct victim *self);
void victim_open_client(struct victim *self);
void victim_close_client(struct victim *self);
void victim_open_writer(struct victim *self);
void victim_take_over(struct victim *self);
void victim_close_writer(struct victim *self);
void victim_leave_writer(struct victim *self);
void victim_open_reader(struct victim *self);
void victim_close_reader(struct victim *self);
void victim_open_named_reader(struct victim *self);
void victim_forget_reader(struct victim *self);
void victim_create_pipe(struct victim *self);

#endif /* SELFTESTS_KILLED_CLIENT_H */
