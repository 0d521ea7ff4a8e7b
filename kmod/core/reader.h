/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_READER_H
#define KRING_READER_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct kring_arena;
struct kring_client;
struct kring_ring;

/* A reader of a ring. The arena's lock protects all fields. */
struct kring_reader {
	struct kring_ring *ring;
	struct kring_client *client;	/* NULL: it has no client now */
	u32 id;				/* index in .readers of the ring */
	u32 cursor;			/* index in CURSORS of .client */
	u32 serial;			/* new at every join and rejoin */
	enum rring_reader_state state;
	char name[RRING_NAME_MAX];
	kuid_t owner;			/* only clients of this user may take
					 * over the reader by its name
					 */
	u64 start;			/* kring_reader_pos() is never lower */
	u64 reached;			/* the reader has released or lost all
					 * entries below this position; after a
					 * lap, .reached can be less than .start
					 */
	u64 cap;			/* no cursor above counts, see join.c;
					 * U64_MAX: no cap
					 */
	u64 woken_pos;			/* position at the last WAKE for the
					 * writer, or .start of a later join or
					 * rejoin if that is lower
					 */
	u64 late_head;			/* head when linux/rate.c last looked
					 * for poll()
					 */
	u64 stalled_at;			/* position when the stall began */
	u64 stalled_since;		/* ktime in ns; 0: no stall now */
	u64 laps;			/* how often the reader was lapped */
	u64 lost;			/* how many entries it lost: go_on() */
};

struct kring_reader *kring_reader_new(struct kring_arena *arena);
void kring_reader_discard(struct kring_arena *arena,
			  struct kring_reader *fresh);
struct kring_reader *kring_reader_enter(struct kring_client *client,
					kuid_t owner,
					struct rring_reader_join *args,
					struct kring_reader **fresh);
int kring_reader_join(struct kring_client *client,
		      struct rring_reader_join *args);
int kring_reader_leave(struct kring_client *client,
		       const struct rring_reader_leave *args);
u64 kring_reader_resume(struct kring_reader *reader);
void kring_reader_cap(struct kring_reader *reader, u64 end);
int kring_reader_rejoin(struct kring_client *client,
			struct rring_reader_rejoin *args);
int kring_reader_forget(struct kring_arena *arena, u32 ring_id, u32 id,
			u32 serial);
struct kring_reader *kring_reader_own(struct kring_client *client,
				      u32 ring_id, u32 id);
void kring_reader_publish(struct kring_reader *reader,
			  enum rring_reader_state state);
void kring_reader_detach(struct kring_reader *reader, bool forget);
void kring_reader_remove(struct kring_reader *reader);
const rring_seq_t *kring_reader_cursor(const struct kring_reader *reader);
u64 kring_reader_ref(const struct kring_reader *reader);
bool kring_reader_gates(const struct kring_reader *reader);
u64 kring_reader_pos(const struct kring_reader *reader);
u64 kring_reader_reached(const struct kring_reader *reader);
bool kring_reader_has_news(const struct kring_reader *reader, u64 head,
			   u64 position);
bool kring_reader_end_due(const struct kring_reader *reader);
bool kring_reader_ready(struct kring_reader *reader, u64 position);
void kring_reader_check_stall(struct kring_reader *reader, u64 position,
			      u64 now, u64 *wake_at);
int kring_reader_wait_readable(struct kring_client *client,
			       struct rring_wait *args);

#endif /* KRING_READER_H */
