/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_RING_H
#define RRING_RING_H

#include "compat.h"
#include <linux/rusted_ring.h>

#include "pages.h"
#include "wait.h"

struct rring_arena;
struct rring_client;
struct rring_kwriter;
struct rring_reader;

/* The arena's lock protects all but .ref and the gates. */
struct rring_ring {
	struct kref ref;		/* held by the arena's table, waits,
					 * and a kernel writer or reader
					 */
	struct rring_arena *arena;
	u32 id;
	kuid_t owner;			/* only this user may take over */
	struct rring_ring_info *info;	/* in ARENA */
	struct rring_pages *pages;	/* of this incarnation */
	struct rring_client *writer;	/* NULL: none, .info->end is set */
	struct rring_kwriter *kwriter;	/* if the kernel is the writer */
	u64 head;			/* the highest seen */
	u64 low;			/* lower end of the window, as found */
	u64 stall_ns;			/* as given at the first open */
	u64 laps;			/* readers that were lapped */
	u64 wakes;			/* rring_ring_wake() calls */

	/*
	 * Adopted entries: the slots that the window named when its writer left
	 * or died, as indices in ledgers (U32_MAX: no slot). Position p is at p
	 * modulo capacity, for adopted_low <= p < adopted_end.
	 */
	u32 *adopted;			/* RRING_HANDLES only, else NULL */
	u64 adopted_low;
	u64 adopted_end;

	struct rring_reader *readers[RRING_READERS];
	u32 nr_readers;
	struct rring_gate readable;
	struct rring_gate writable;
};

/* The first page of the present pages, which the ring's writer writes. */
static inline struct rring_ring_head *
rring_ring_page(const struct rring_ring *ring)
{
	return ring->pages->region.addr;
}

/* ring.c */
int rring_ring_open(struct rring_client *client, struct rring_ring_open *args);
struct rring_ring *rring_ring_open_kernel(struct rring_client *kernel,
					  struct rring_ring_open *args);
int rring_ring_close(struct rring_client *client,
		     const struct rring_ring_close *args);
struct rring_ring *rring_ring_find(struct rring_arena *arena, const char *name);
struct rring_ring *rring_ring_at(struct rring_arena *arena, u32 id);
void rring_ring_put(struct rring_ring *ring);
void rring_ring_reap(struct rring_ring *ring);
void rring_ring_detach(struct rring_ring *ring, enum rring_ring_state state);
bool rring_ring_has_ended(const struct rring_ring *ring);
void rring_ring_wake(struct rring_ring *ring, u32 waiters);
u64 rring_ring_drops(const struct rring_ring *ring);
void rring_ring_set_stall(struct rring_ring *ring, u64 stall_ns);

/* window.c */
u64 rring_ring_head(struct rring_ring *ring);
u64 rring_ring_low(struct rring_ring *ring);
u64 rring_ring_passed(struct rring_ring *ring);
u64 rring_ring_observable(struct rring_ring *ring);
bool rring_ring_has_room(struct rring_ring *ring);
void rring_ring_adopt(struct rring_ring *ring, u64 low, u64 end);
void rring_ring_settle(struct rring_ring *ring);
void rring_ring_release_adopted(struct rring_ring *ring);
void rring_ring_mark_window(struct rring_ring *ring, u32 pool,
			    unsigned long *named);

#endif /* RRING_RING_H */
