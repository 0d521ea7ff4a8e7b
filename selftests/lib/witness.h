/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Who sees another client, the victim, die: it reads what the victim writes,
 * and writes what that reads, by a ring of each kind in both directions. So it
 * knows what was committed at the instant of the death, and what is to be there
 * afterwards.
 */
#ifndef SELFTESTS_WITNESS_H
#define SELFTESTS_WITNESS_H

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

#define WITNESS_RING	8	/* entries of each ring */
#define WITNESS_FED	2	/* events that are there to be read */
#define WITNESS_NARROW	2	/* entries of a ring that is full soon */

struct witness {
	int arena_fd;		/* that the victims use, too */
	pid_t pid;
	struct rring_client *client;
	struct rring_reader *out[2];	/* by kind: what the victim writes */
	struct rring_writer *in[2];	/* what it reads */
	struct rring_writer *narrow[2];	/* the same, as long as it lives */
	struct rring_event held;	/* by the witness */
	uint64_t stale;			/* a handle whose use is over */
};

/* What is committed: entries that can be read, and where the victim reads. */
struct committed {
	uint64_t out;
	uint64_t in;
};

/* A new arena for it; exits on failure. */
int witness_arena(void);

/* In its arena; exits on failure. */
void witness_init(struct witness *witness);

/* Lets go of everything. Is nobody else there any more, and every slot free? */
int witness_end(struct witness *witness);

/*
 * The rings of @kind go on at the entry @at, of WITNESS_RING; all that is in
 * them is read. (A narrow one goes on at @at, too, as far as it has that.)
 */
void witness_turn(struct witness *witness, enum rring_kind kind, uint32_t at);

/* Write what the victim reads: events of @len bytes. */
void witness_feed(struct witness *witness, enum rring_kind kind, uint32_t len);

/* Hold an event of @len bytes from here on, and have a stale handle, too. */
void witness_hold(struct witness *witness, uint32_t len);

/* The victim's side of the rings; exits on failure. */
struct rring_writer *witness_out(struct rring_client *victim,
				 enum rring_kind kind);
struct rring_reader *witness_in(struct rring_client *victim,
				enum rring_kind kind);
struct rring_reader *witness_narrow(struct rring_client *victim,
				    enum rring_kind kind);

/*
 * Sleep until there is something to read, room in the narrow ring, or a slot
 * for @len bytes; and take it. 0 if nothing woke it.
 */
int witness_awaits_event(struct witness *witness, enum rring_kind kind,
			 uint32_t len);
int witness_awaits_room(struct witness *witness, enum rring_kind kind,
			uint32_t len);
int witness_awaits_slot(struct witness *witness, enum rring_kind kind,
			uint32_t len);

/* As it is now, while the victim is stopped or dead. */
struct committed witness_look(struct witness *witness, enum rring_kind kind);

/*
 * After the death: are exactly those events there that were committed, whole
 * and in order, numbered from @first on; does the victim's reader stand where
 * it stood; is what the witness held untouched; is every slot free? All of it
 * is gone afterwards.
 */
int witness_agrees(struct witness *witness, enum rring_kind kind,
		   struct committed committed, uint64_t first);

/* Can every slot of every pool be allocated? */
int witness_allocates_all(struct witness *witness);

#endif /* SELFTESTS_WITNESS_H */
