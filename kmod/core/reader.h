/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_READER_H
#define RRING_READER_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct rring_arena;
struct rring_client;
struct rring_ring;

/* Under the arena's lock. */
struct rring_reader {
	struct rring_ring *ring;
	struct rring_client *client;	/* NULL: named and away */
	u32 id;				/* in the ring */
	u32 cursor;			/* in the client */
	u32 serial;			/* new with every join */
	enum rring_reader_state state;
	char name[RRING_NAME_MAX];
	kuid_t owner;
	u64 start;			/* it never was before this */
	u64 stalled_at;			/* where it held its writer back */
	u64 stalled_since;		/* ns; 0: it does not */
	u64 laps;
	u64 lost;			/* by them */
};

struct rring_reader *rring_reader_enter(struct rring_client *client,
					kuid_t owner,
					struct rring_reader_join *args);
int rring_reader_join(struct rring_client *client,
		      struct rring_reader_join *args);
int rring_reader_leave(struct rring_client *client,
		       const struct rring_reader_leave *args);
u64 rring_reader_go_on(struct rring_reader *reader);
int rring_reader_rejoin(struct rring_client *client,
			struct rring_reader_rejoin *args);
int rring_reader_forget(struct rring_arena *arena, u32 ring_id, u32 id,
			u32 serial);
void rring_reader_orphan(struct rring_reader *reader);
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
