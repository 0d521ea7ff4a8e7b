/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KREADER_H
#define KREADER_H

#include "../core/compat.h"
#include <linux/rusted_ring.h>
#include <rusted_ring/internal/atomic.h>

struct kring_arena;
struct kring_client;
struct kring_pages;
struct kring_reader;
struct kring_ring;
struct task_struct;

/* What a check of an entry has found. */
enum kreader_verdict {
	KREADER_ENTRY_UNCHECKED,	/* no result yet */
	KREADER_ENTRY_VALID,		/* an event */
	KREADER_ENTRY_DISCARDED,	/* its writer discarded it */
	/*
	 * The writer may have overwritten the entry. Or the slot has another
	 * generation than the handle, and the writer need not wait for the
	 * reader at this position.
	 */
	KREADER_ENTRY_LOST,
	KREADER_ENTRY_BAD_HANDLE,	/* the handle names no slot */
	/* the length exceeds the slot, the XXL region or the stride */
	KREADER_ENTRY_BAD_LEN,
	/*
	 * The slot has another generation than the handle, although the writer
	 * must wait for the reader at this position.
	 */
	KREADER_ENTRY_STALE,
};

/*
 * A kernel reader. Only one context at a time uses it: the reader's thread if
 * the reader has callbacks, otherwise the module that opened it. But
 * rring_kreader_stat() may run at any time. The arena's lock protects the
 * structure that .reader points to, and .stop. The fields from .arena to
 * .lappable, except .ref, do not change after the open.
 */
struct rring_kreader {
	struct kring_arena *arena;	/* with a reference */
	struct kring_client *kernel;	/* client 0, from kclient_get() */
	struct kring_ring *ring;	/* with a reference */
	struct kring_reader *reader;
	const struct rring_ring_info *info;
	rring_seq_t *cursor;		/* copy of .pos for the writer */
	/*
	 * Word .ref of this reader in the ring's struct rring_ring_info. If the
	 * word differs from the field .ref, the kernel has lapped this reader.
	 */
	const rring_word_t *ref_now;
	u64 ref;			/* *.ref_now, at last update_head() */
	u32 capacity;
	u32 stride;
	bool handles;			/* the ring's kind is RRING_HANDLES */
	bool observer;
	bool lappable;			/* reader can be lapped or overtaken */

	/*
	 * Pages of the ring from which this reader reads, with a reference. So
	 * the pages stay allocated when a new writer takes the ring over and
	 * gives it other pages, or when the ring ends.
	 */
	struct kring_pages *pages;
	/* position of the peeked entry or, without one, of the next entry */
	u64 pos;
	u64 head;			/* the reader can read entries below */
	/*
	 * The writer waits for a gating reader from this position on. After the
	 * kernel has lapped the reader, this position can be above .pos. Then
	 * the reader validates each entry below this position, as an observer
	 * does. An observer has 0.
	 */
	u64 gates_from;
	/*
	 * How often the writer has overtaken this observer since the observer
	 * last found no further entry.
	 */
	u32 overtaken;
	/*
	 * kring_ring_end_mark() of the last end of the stream for which this
	 * reader got -EPIPE, or 0 if it never got -EPIPE.
	 */
	u64 told;
	struct rring_kentry entry;	/* the peeked event, a checked copy */
	bool peeked;			/* .entry describes an event */
	/*
	 * While .peeked is true: KREADER_ENTRY_VALID if .copy has the whole
	 * payload, the failure if a check has failed, and otherwise
	 * KREADER_ENTRY_UNCHECKED.
	 */
	enum kreader_verdict verdict;
	/* XXL region of .entry, with a reference; NULL if .entry has none */
	struct kring_pages *pinned;
	struct rring_kreader_stat stat;

	/* The fields below are set only if the reader has a thread. */
	void (*event)(void *context, struct rring_kreader *kr,
		      const struct rring_kentry *entry);
	void (*ended)(void *context, struct rring_kreader *kr);
	void *context;
	struct task_struct *thread;
	void *copy;			/* of the payload, for the callback */
	u32 copy_size;			/* bytes of memory at .copy */
	bool stop;			/* the thread must exit */
};

/*
 * Return true if the kernel has lapped this gating reader since the reader last
 * called update_head(). Return false for an observer.
 */
static inline bool kreader_is_lapped(const struct rring_kreader *kr)
{
	return !kr->observer && rring_word_load(kr->ref_now) != kr->ref;
}

/*
 * Return true if the writer does not wait until the reader has released the
 * entry at .pos, and so may overwrite the entry while the reader reads it.
 */
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
