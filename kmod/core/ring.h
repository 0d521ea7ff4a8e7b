/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_RING_H
#define KRING_RING_H

#include "compat.h"
#include <linux/rusted_ring.h>

#include "pages.h"
#include "wait.h"

struct kring_arena;
struct kring_client;
struct kring_pool;
struct rring_kwriter;
struct kring_reader;

/* The arena's lock protects all fields but .ref, .readable and .writable. */
struct kring_ring {
	struct kref ref;		/* references: of the arena's table, of
					 * each task that sleeps in WAIT, and of
					 * each kernel writer or reader
					 */
	struct kring_arena *arena;
	u32 id;
	kuid_t owner;			/* only this user may take over */
	struct rring_ring_info *info;	/* in the ARENA region */
	struct kring_pages *pages;	/* of the present incarnation */
	struct kring_client *writer;	/* NULL if the ring has no writer; then
					 * .info->end is where the last writer
					 * stopped
					 */
	struct rring_kwriter *kwriter;	/* NULL unless the kernel writes the
					 * ring
					 */
	bool has_heir;			/* copy_entries() copies this ring now,
					 * for its next writer
					 */
	u64 head;			/* highest valid head so far */
	u64 low;			/* the window's lower end, as
					 * kring_ring_low() last found it; only
					 * grows
					 */
	u64 stall_ns;			/* as given at the first open */
	u64 laps;			/* times a gating reader was lapped */
	u64 wakes;			/* calls of kring_ring_wake() */
	u64 woken_head;			/* head at the last WAKE for readers */
	u64 woken_low;			/* .low at the last WAKE for the writer
					 * that woke it
					 */
	u64 late_low;			/* .low when linux/rate.c last looked for
					 * poll()
					 */

	/*
	 * Adopted entries: which slots the window named when its writer left or
	 * died. For each position p from .adopted_low to .adopted_end - 1,
	 * adopted[p % capacity] is the slot that the entry at p named, as an
	 * index in the ledgers, or U32_MAX if the entry named no slot.
	 */
	u32 *adopted;			/* NULL unless a ring of handles */
	struct kring_tables tables;	/* this struct, and .adopted */
	u64 adopted_low;
	u64 adopted_end;

	struct kring_reader *readers[RRING_READERS];
	u32 nr_readers;
	struct kring_evcount readable;
	struct kring_evcount writable;
};

/*
 * Return the first page of the ring's present incarnation. The ring's writer
 * writes this page. A hostile writer can store any value in this page.
 */
static inline struct rring_ring_head *
kring_ring_page(const struct kring_ring *ring)
{
	return ring->pages->region.addr;
}

/* ring.c */
int kring_ring_open(struct kring_client *client, struct rring_ring_open *args);
int kring_ring_open_kernel(struct kring_client *kernel,
			   struct rring_ring_open *args,
			   void (*attach)(void *context,
					  struct kring_ring *ring),
			   void *context);
int kring_ring_close(struct kring_client *client,
		     const struct rring_ring_close *args);
struct kring_ring *kring_ring_find(struct kring_arena *arena, const char *name);
struct kring_ring *kring_ring_at(struct kring_arena *arena, u32 id);
void kring_ring_put(struct kring_ring *ring);
int kring_ring_wait(struct kring_ring *ring, struct kring_evcount *evcount,
		    struct kring_client *client,
		    const struct kring_wait_ops *ops, void *context,
		    struct rring_wait *args);
bool kring_ring_has_type(const struct kring_ring *ring, const char *name,
			 u32 size);
void kring_ring_reap(struct kring_ring *ring);
void kring_ring_reap_deserted(struct kring_ring *ring);
void kring_ring_detach(struct kring_ring *ring, enum rring_ring_state state);
bool kring_ring_has_ended(const struct kring_ring *ring);
u64 kring_ring_end_mark(const struct kring_ring *ring);
void kring_ring_wake(struct kring_ring *ring, u32 waiters);
u64 kring_ring_drops(const struct kring_ring *ring);
void kring_ring_set_stall(struct kring_ring *ring, u64 stall_ns);

/* window.c */
u64 kring_ring_head(struct kring_ring *ring);
u64 kring_ring_present_head(struct kring_ring *ring);
u64 kring_ring_low(struct kring_ring *ring);
u64 kring_ring_passed(struct kring_ring *ring);
u64 kring_ring_whole(struct kring_ring *ring);
u64 kring_ring_observable(struct kring_ring *ring);
bool kring_ring_has_room(struct kring_ring *ring);
void kring_ring_adopt(struct kring_ring *ring, u64 low, u64 end);
void kring_ring_settle(struct kring_ring *ring);
void kring_ring_release_adopted(struct kring_ring *ring);
u32 kring_rings_give_way(struct kring_pool *pool,
			 const struct kring_client *client, bool own,
			 u32 *slots, u32 n);
void kring_ring_mark_window(struct kring_ring *ring, u32 pool,
			    unsigned long *named);

#endif /* KRING_RING_H */
