/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KREADER_H
#define KREADER_H

#include "../core/compat.h"
#include <linux/rusted_ring.h>
#include <rusted_ring/internal/atomic.h>

struct kring_arena;
struct kring_client;
struct rring_pages;
struct kring_reader;
struct kring_ring;
struct task_struct;

/* What an entry is. */
enum kreader_verdict {
	KREADER_ENTRY_UNCHECKED,
	KREADER_ENTRY_VALID,		/* an event */
	KREADER_ENTRY_DISCARDED,	/* its writer discarded it */
	/* the reader was lapped or overtaken, or an observer's slot reused */
	KREADER_ENTRY_LOST,
	KREADER_ENTRY_BAD_HANDLE,	/* the handle names no slot */
	/* the length exceeds the slot, the XXL region or the stride */
	KREADER_ENTRY_BAD_LEN,
	KREADER_ENTRY_STALE,		/* the slot has another generation */
};

/*
 * A kernel reader. Only one context at a time uses it: the module that opened
 * it or, if it has callbacks, its thread; rring_kreader_stat() may run at any
 * time. The arena's lock protects *.reader and .stop. The fields from .arena to
 * .lappable, except .ref, do not change after the open.
 */
struct rring_kreader {
	struct kring_arena *arena;	/* a reference */
	struct kring_client *kernel;	/* client 0, one use */
	struct kring_ring *ring;	/* a reference */
	struct kring_reader *reader;
	const struct rring_ring_info *info;
	rring_seq_t *cursor;		/* copy of .pos for the writer */
	const rring_word_t *ref_now;	/* in the ring; not .ref: was lapped */
	u64 ref;			/* *.ref_now, at last update_head() */
	u32 capacity;
	u32 stride;
	bool handles;			/* RRING_HANDLES */
	bool observer;
	bool lappable;			/* can be lapped or overtaken */

	/*
	 * Pages of the incarnation from which this reader reads. The reader
	 * holds a reference, so the pages stay when a new writer takes over or
	 * the ring ends.
	 */
	struct rring_pages *pages;
	u64 pos;			/* next entry; the peeked one */
	u64 head;			/* entries below can be read */
	u64 gates_from;			/* a gating reader was lapped: the
					 * writer waits for it from here on
					 */
	u32 overtaken;			/* an observer: how often since it last
					 * read all
					 */
	/*
	 * kring_ring_end_mark() of the last end of the stream that the reader
	 * was told of, by -EPIPE; 0: none.
	 */
	u64 told;
	struct rring_kentry entry;	/* checked copy, if .peeked */
	bool peeked;
	/* if .peeked: UNCHECKED, VALID (.copy is complete) or a failure */
	enum kreader_verdict verdict;
	/* XXL region of .entry, with a reference; NULL: .entry has none */
	struct rring_pages *pinned;
	struct rring_kreader_stat stat;

	/* only if there is a thread */
	void (*event)(void *context, struct rring_kreader *kr,
		      const struct rring_kentry *entry);
	void (*ended)(void *context, struct rring_kreader *kr);
	void *context;
	struct task_struct *thread;
	void *copy;			/* payload, for the callback */
	u32 copy_size;			/* bytes */
	bool stop;			/* the thread must exit */
};

/* Has the kernel lapped the reader since it last called update_head()? */
static inline bool kreader_is_lapped(const struct rring_kreader *kr)
{
	return !kr->observer && rring_word_load(kr->ref_now) != kr->ref;
}

/* Does the writer not wait until the reader has released the entry at .pos? */
static inline bool kreader_is_ungated(const struct rring_kreader *kr)
{
	return kr->observer || kr->pos < kr->gates_from;
}

enum kreader_verdict kreader_entry_read(struct rring_kreader *kr);
enum kreader_verdict kreader_entry_check(struct rring_kreader *kr);
void kreader_entry_unpin(struct rring_kreader *kr);

int kreader_next(struct rring_kreader *kr);
int kreader_finish(struct rring_kreader *kr);
int kreader_sleep(struct rring_kreader *kr, u64 deadline);

int kreader_thread_start(struct rring_kreader *kr,
			 const struct rring_kreader_config *config);
void kreader_thread_stop(struct rring_kreader *kr);

#endif /* KREADER_H */
