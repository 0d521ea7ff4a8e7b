/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_READER_H
#define RRING_READER_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct rring_arena;
struct rring_client;
struct rring_ring;

/* A reader of a ring. The arena's lock protects all fields. */
struct rring_reader {
	struct rring_ring *ring;
	struct rring_client *client;	/* NULL: it is away */
	u32 id;				/* index in .readers of the ring */
	u32 cursor;			/* index in CURSORS */
	u32 serial;			/* new at every join and rejoin */
	enum rring_reader_state state;
	char name[RRING_NAME_MAX];
	kuid_t owner;			/* only this user may resume it */
	u64 start;			/* the position is never below */
	u64 stalled_at;			/* position where it stalled */
	u64 stalled_since;		/* ktime, ns; 0: not stalled */
	u64 laps;			/* how often it was lapped */
	u64 lost;			/* entries lost by these laps */
};

struct rring_reader *rring_reader_enter(struct rring_client *client,
					kuid_t owner,
					struct rring_reader_join *args);
int rring_reader_join(struct rring_client *client,
		      struct rring_reader_join *args);
int rring_reader_leave(struct rring_client *client,
		       const struct rring_reader_leave *args);
u64 rring_reader_resume(struct rring_reader *reader);
int rring_reader_rejoin(struct rring_client *client,
			struct rring_reader_rejoin *args);
int rring_reader_forget(struct rring_arena *arena, u32 ring_id, u32 id,
			u32 serial);
void rring_reader_detach(struct rring_reader *reader);
void rring_reader_remove(struct rring_reader *reader);
const rring_seq_t *rring_reader_cursor(const struct rring_reader *reader);
u64 rring_reader_ref(const struct rring_reader *reader);
bool rring_reader_gates(const struct rring_reader *reader);
u64 rring_reader_pos(const struct rring_reader *reader);
bool rring_reader_has_news(struct rring_reader *reader, u64 position);
bool rring_reader_ready(struct rring_reader *reader, u64 position);
void rring_reader_check_stall(struct rring_reader *reader, u64 position,
			      u64 now, u64 *wake_at);
int rring_reader_wait_readable(struct rring_client *client,
			       const struct rring_wait *args);

#endif /* RRING_READER_H */
