/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One side of a comparison: an arena, and what a trace of random calls has
 * opened in it. Each call says what it returns; two sides that run one trace
 * say the same.
 */
#ifndef SELFTESTS_TRACED_SIDE_H
#define SELFTESTS_TRACED_SIDE_H

#include <rusted_ring.h>

#include "rng.h"

#define SIDE_CLIENTS	5
#define SIDE_WRITERS	6
#define SIDE_READERS	8
#define SIDE_PIPES	4
#define SIDE_EVENTS	24
#define SIDE_HANDLES	256
#define SIDE_ANSWERS	128

struct answer {
	const char *what;
	long long value;
};

struct side_client {
	struct rring_client *client;
	int epoll;		/* edge-triggered; -1: none */
};

struct side_writer {
	struct rring_writer *writer;
	uint32_t owner;		/* index of the client */
	enum rring_kind kind;
	enum rring_policy policy;
};

struct side_reader {
	struct rring_reader *reader;
	uint32_t owner;
	int in_set;
};

struct side_pipe {
	struct rring_pipe *pipe;
	uint32_t owner;
};

struct side_event {
	struct rring_event event;
	uint32_t owner;
	uint32_t holds;		/* 0: no event */
	int is_private;		/* the owner may write the payload */
};

struct side {
	enum rring_backend backend;
	char name[RRING_NAME_MAX];	/* of the arena */
	int arena;
	struct side_client client[SIDE_CLIENTS];
	struct side_writer writer[SIDE_WRITERS];
	struct side_reader reader[SIDE_READERS];
	struct side_pipe pipe[SIDE_PIPES];
	struct side_event event[SIDE_EVENTS];
	struct rring_set *set;
	uint32_t set_owner;
	uint64_t handle[SIDE_HANDLES];	/* in the order of appearance */
	uint32_t handles;
	struct answer answer[SIDE_ANSWERS];	/* of the last call */
	uint32_t answers;
	int lies;		/* says one more for a lag: a fault on purpose */
};

/*
 * Create the arena of @side with random capacities, places and quota. The
 * number @id makes its name another than that of the other side.
 */
void side_open(struct side *side, enum rring_backend backend, uint32_t id,
	       struct rng rng);

/* Close all, then say how many slots of each pool are free. */
void side_close(struct side *side);

/* End client @i with all that belongs to it. */
void side_end_client(struct side *side, uint32_t i);

/* Add to the answers of this call. @what is a constant. */
void side_say(struct side *side, const char *what, long long value);

/*
 * Say which handle this is, counted by first appearance: sides agree if their
 * handles are equal at equal times, whatever the handles are.
 */
void side_say_handle(struct side *side, uint64_t handle);

/* Say all of @event that is promised, with its first bytes. */
void side_say_event(struct side *side, const struct rring_event *event);

/* Note that client @owner has one more hold on @event. */
void side_note_hold(struct side *side, uint32_t owner,
		    const struct rring_event *event, int is_private);

/* ---- calls ---- */

/* Make a random call on @side. Returns its name. */
const char *side_call(struct side *side, struct rng rng);

#endif /* SELFTESTS_TRACED_SIDE_H */
