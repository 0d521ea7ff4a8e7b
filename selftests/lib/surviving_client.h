/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Who sees another client, the victim, die: it reads what the victim writes,
 * and writes what that reads, by a ring of each kind in both directions. So it
 * knows what was committed at the instant of the death, and what is to be there
 * afterwards.
 */
#ifndef SELFTESTS_SURVIVING_CLIENT_H
#define SELFTESTS_SURVIVING_CLIENT_H

#include <stdint.h>
#include <stdio.h>

#include <rusted_ring.h>

/* What is not so, for who reads the test's output. */
#define CHECK(x) ({							\
	int right_ = (x);						\
	if (!right_)							\
		printf("# %s:%d: not so: %s\n", __FILE__, __LINE__, #x);\
	right_;								\
})

#define SURVIVOR_RING	8	/* entries of each ring */
#define SURVIVOR_FED	2	/* events that are there to be read */
#define SURVIVOR_NARROW	2	/* entries of a ring that is full soon */

struct survivor {
	int arena_fd;		/* that the victims use, too */
	pid_t pid;
	struct rring_client *client;
	struct rring_reader *out[2];	/* by kind: what the victim writes */
	struct rring_writer *in[2];	/* what it reads */
	struct rring_writer *narrow[2];	/* the same, as long as it lives */
	struct rring_event held;	/* by the survivor */
	uint64_t stale;			/* a handle whose use is over */
};

/* What is committed: entries that can be read, and where the victim reads. */
struct committed {
	uint64_t out;
	uint64_t in;
};

/* A new arena for it; exits on failure. */
int survivor_arena(void);

/* In its arena; exits on failure. */
void survivor_init(struct survivor *survivor);

/* Lets go of everything. Is nobody else there any more, and every slot free? */
int survivor_end(struct survivor *survivor);

/*
 * The rings of @kind go on at the entry @at, of SURVIVOR_RING; all that is in
 * them is read. (A narrow one goes on at @at, too, as far as it has that.)
 */
void survivor_turn(struct survivor *survivor, enum rring_kind kind,
		   uint32_t at);

/* Write what the victim reads: events of @len bytes. */
void survivor_feed(struct survivor *survivor, enum rring_kind kind,
		   uint32_t len);

/* Hold an event of @len bytes from here on, and have a stale handle, too. */
void survivor_hold(struct survivor *survivor, uint32_t len);

/* The victim's side of the rings; exits on failure. */
struct rring_writer *survivor_out(struct rring_client *victim,
				  enum rring_kind kind);
struct rring_reader *survivor_in(struct rring_client *victim,
				 enum rring_kind kind);
struct rring_reader *survivor_narrow(struct rring_client *victim,
				     enum rring_kind kind);

/*
 * Sleep until there is something to read, room in the narrow ring, or a slot
 * for @len bytes; and take it. 0 if nothing woke it.
 */
int survivor_awaits_event(struct survivor *survivor, enum rring_kind kind,
			  uint32_t len);
int survivor_awaits_room(struct survivor *survivor, enum rring_kind kind,
			 uint32_t len);
int survivor_awaits_slot(struct survivor *survivor, enum rring_kind kind,
			 uint32_t len);

/* As it is now, while the victim is stopped or dead. */
struct committed survivor_look(struct survivor *survivor, enum rring_kind kind);

/*
 * After the death: are exactly those events there that were committed, whole
 * and in order, numbered from @first on; does the victim's reader stand where
 * it stood; is what the survivor held untouched; is every slot free? All of it
 * is gone afterwards.
 */
int survivor_agrees(struct survivor *survivor, enum rring_kind kind,
		    struct committed committed, uint64_t first);

/* Can every slot of every pool be allocated? */
int survivor_allocates_all(struct survivor *survivor);

#endif /* SELFTESTS_SURVIVING_CLIENT_H */
