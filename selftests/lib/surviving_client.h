/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The survivor: a client that observes the death of another one, the victim. It
 * shares a ring of each kind with the victim in both directions, so it knows
 * what was committed at the death and what has to be left afterwards.
 */
#ifndef SELFTESTS_SURVIVING_CLIENT_H
#define SELFTESTS_SURVIVING_CLIENT_H

#include <stdint.h>
#include <stdio.h>

#include <rusted_ring.h>

/* Return whether @x is nonzero, and print @x if it is 0. */
#define CHECK(x) ({							\
	int right_ = (x);						\
	if (!right_)							\
		printf("# %s:%d: not so: %s\n", __FILE__, __LINE__, #x);\
	right_;								\
})

#define SURVIVOR_RING	8	/* entries of each ring */
#define SURVIVOR_FED	2	/* unread events that the victim finds */
#define SURVIVOR_NARROW	2	/* entries of the narrow ring */

struct survivor {
	int arena_fd;		/* shared with the victims */
	pid_t pid;
	struct rring_client *client;
	struct rring_reader *out[2];	/* by kind: the victim writes it */
	struct rring_writer *in[2];	/* the victim reads it, by a name */
	struct rring_writer *narrow[2];	/* gated only by a living victim */
	struct rring_event held;	/* by the survivor */
	uint64_t stale;			/* handle of an earlier generation */
};

/* At the death: readable entries in .out, the victim's position in .in. */
struct committed {
	uint64_t out;
	uint64_t in;
};

/* Create an arena for a survivor. Return its fd, or exit. */
int survivor_arena(void);

/* Open the client and the rings in @survivor->arena_fd, or exit. */
void survivor_init(struct survivor *survivor);

/* Close the client and the arena. Return 1 if every slot was free. */
int survivor_end(struct survivor *survivor);

/*
 * Advance the rings of @kind until the next entry is @at, modulo the capacity.
 * All their events are read.
 */
void survivor_turn(struct survivor *survivor, enum rring_kind kind,
		   uint32_t at);

/* Write SURVIVOR_FED events of @len bytes for the victim. */
void survivor_feed(struct survivor *survivor, enum rring_kind kind,
		   uint32_t len);

/* Set @held to a new event of @len bytes, and @stale to a stale handle. */
void survivor_hold(struct survivor *survivor, uint32_t len);

/* Open the victim's side of a ring, or exit. */
struct rring_writer *survivor_out(struct rring_client *victim,
				  enum rring_kind kind);
struct rring_reader *survivor_in(struct rring_client *victim,
				 enum rring_kind kind);
struct rring_reader *survivor_narrow(struct rring_client *victim,
				     enum rring_kind kind);

/*
 * Sleep until there is an event, room in the narrow ring, or a slot for @len
 * bytes. Return 1 if the survivor was woken before the deadline.
 */
int survivor_awaits_event(struct survivor *survivor, enum rring_kind kind,
			  uint32_t len);
int survivor_awaits_room(struct survivor *survivor, enum rring_kind kind,
			 uint32_t len);
int survivor_awaits_slot(struct survivor *survivor, enum rring_kind kind,
			 uint32_t len);

/* Return what is committed. The victim must be stopped or dead. */
struct committed survivor_look(struct survivor *survivor, enum rring_kind kind);

/*
 * Check the state after the death. Return 1 if exactly the committed events are
 * there, intact, in order and numbered from @first on, the victim's reader is
 * at the committed position, the held event is unchanged, and every slot is
 * free after that. The events are consumed and the held one is dropped.
 */
int survivor_agrees(struct survivor *survivor, enum rring_kind kind,
		    struct committed committed, uint64_t first);

/* Return 1 if a new client can allocate every slot of every pool. */
int survivor_allocates_all(struct survivor *survivor);

#endif /* SELFTESTS_SURVIVING_CLIENT_H */
