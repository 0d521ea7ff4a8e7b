/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_KREADER_H
#define RRING_KREADER_H

#include "../core/compat.h"
#include <linux/rusted_ring.h>

struct rring_arena;
struct rring_client;
struct rring_pages;
struct rring_reader;
struct rring_ring;
struct task_struct;

/*
 * A reader of the kernel's. It belongs to one context at a time, which sleeps
 * where it has to: .lock is the arena's. Under that are .reader, and .stop and
 * .end_told, which the waiting side looks at.
 *
 * The pages of the ring are those of the incarnation that it reads, with a
 * reference: a writer that takes over, or the end of the ring, does not take
 * them away. All that lies there a user may write at any time: .entry is what
 * was read of it, once, and found to be in bounds.
 */
struct rring_kreader {
	struct rring_arena *arena;
	struct rring_client *kernel;
	struct rring_ring *ring;	/* a reference */
	struct rring_reader *reader;
	const struct rring_ring_info *info;
	rring_seq_t *cursor;
	const rring_word_t *ref_now;	/* .ref, unless it was lapped */
	u64 ref;
	u32 capacity;
	u32 stride;
	bool handles;
	bool observer;
	bool lappable;

	struct rring_pages *pages;
	u64 pos;
	u64 head;			/* entries below can be looked at */
	struct rring_kentry entry;	/* if .peeked */
	bool peeked;
	u32 verdict;			/* on .entry, which stays: or none yet */
	struct rring_pages *pinned;	/* of .entry, if it is of XXL */
	struct rring_kreader_stat stat;

	/* with a thread */
	void (*event)(void *context, struct rring_kreader *kr,
		      const struct rring_kentry *entry);
	void (*ended)(void *context, struct rring_kreader *kr);
	void *context;
	struct task_struct *thread;
	void *copy;
	u32 copy_size;
	bool stop;
	bool end_told;
};

/* What reader_entry.c finds at .pos: one of these, or an enum rring_refusal. */
enum rring_kentry_is {
	RRING_KENTRY_FINE = RRING_REFUSALS,
	RRING_KENTRY_NONE,		/* its writer gave it up */
	RRING_KENTRY_LOST,		/* it is, or is being, overwritten */
	RRING_KENTRY_OPEN,		/* no verdict yet */
};

u32 rring_kentry_read(struct rring_kreader *kr);
u32 rring_kentry_check(struct rring_kreader *kr);
void rring_kentry_unpin(struct rring_kreader *kr);

int rring_kreader_next(struct rring_kreader *kr);
int rring_kreader_done(struct rring_kreader *kr);
int rring_kreader_sleep(struct rring_kreader *kr, u64 deadline);

int rring_kthread_start(struct rring_kreader *kr,
			const struct rring_kreader_config *config);
void rring_kthread_stop(struct rring_kreader *kr);

#endif /* RRING_KREADER_H */
