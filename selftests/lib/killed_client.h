/* SPDX-License-Identifier: MPL-2.0 */
/* What a client does that is killed meanwhile, of which another is survivor. */
#ifndef SELFTESTS_KILLED_CLIENT_H
#define SELFTESTS_KILLED_CLIENT_H

#include "surviving_client.h"

#define EVENTS	4

/* Opened for it, or by it, as far as it needs them. */
struct victim {
	const struct survivor *survivor;
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct rring_event event[EVENTS];
	uint32_t len;		/* of its events */
};

/* The pipe of victim_create_pipe(). */
extern const struct rring_pipe_config victim_pipe;

/* As if nobody had died while it wrote there: it claims and writes all anew. */
void victim_find_nothing(struct victim *self);

/* Before it, what there is to work with: events, which others may know of. */
void victim_make(struct victim *self);
void victim_make_shared(struct victim *self);

/* One of them parked; one more that others may know of. */
void victim_park(struct victim *self);
void victim_park_and_share(struct victim *self);

/* Events, and a full ring of the victim's own, which nobody reads. */
void victim_fill_own(struct victim *self);

/* One event that was received, and is held twice. */
void victim_keep_two(struct victim *self);

/* All slots that are left. */
void victim_take_the_rest(struct victim *self);

/* Until the survivor sleeps: for what is written, for room, or for a slot. */
void victim_until_read(struct victim *self);
void victim_until_written(struct victim *self);
void victim_until_starving(struct victim *self);

/* One operation. */
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
