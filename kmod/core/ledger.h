/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * Changes of the ledger of client 0, the kernel itself. Several contexts change
 * it at the same time, so each change is an atomic operation. The kernel keeps
 * the summaries of 64 words. It does not keep .used, which always counts a word:
 * most kernel writers have slots in stock.
 */
#ifndef KRING_LEDGER_H
#define KRING_LEDGER_H

#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/ledger.h>

#include "client.h"

static inline void kring_ledger_init(struct kring_client *kernel)
{
	rring_word_store(&kring_client_tails(kernel)->used,
			 RRING_SUMMARY_KEPT | RRING_SUMMARY_ONE);
}

/* What a summary grows by when it counts one word more, or one less. */
#define KRING_ONE_MORE	(RRING_SUMMARY_MOVE | RRING_SUMMARY_ONE)
#define KRING_ONE_LESS	(RRING_SUMMARY_MOVE - RRING_SUMMARY_ONE)

static inline rring_word_t *kring_ledger_summary(struct kring_client *kernel,
						 u32 slot)
{
	return &kring_client_summaries(kernel)[slot / RRING_SUMMARY_WORDS];
}

/*
 * Add a hold to the word of @slot, an index in the ledger, which the caller has
 * taken out of the free set. The summary rises first: a sweep that finds no word
 * counted relies on it. If the word was not empty, because in_flight of an
 * earlier use is not settled yet, the summary counts the word already.
 */
static inline void kring_ledger_hold(struct kring_client *kernel, u32 slot)
{
	rring_word_t *summary = kring_ledger_summary(kernel, slot);
	u64 before;

	rring_word_fetch_add(summary, KRING_ONE_MORE);
	before = rring_word_fetch_add(&kring_client_ledger(kernel)[slot],
				      RRING_MOVE + RRING_HOLD);
	if (!rring_ledger_is_empty(before))
		rring_word_fetch_add(summary, KRING_ONE_LESS);
}

/* Add an in_flight to the word of @slot, which has a hold. */
static inline void kring_ledger_publish(struct kring_client *kernel, u32 slot)
{
	rring_word_fetch_add(&kring_client_ledger(kernel)[slot],
			     RRING_MOVE + RRING_IN_FLIGHT);
}

/*
 * Subtract @what, RRING_HOLD or RRING_IN_FLIGHT, from the word of @slot. If the
 * word is empty then, its summary falls after it.
 *
 * G: pairs with H in the sweep. What the kernel did with the slot, and what it
 * stored elsewhere to name the slot, comes before the word falls.
 */
static inline void kring_ledger_lower(struct kring_client *kernel, u32 slot,
				      u64 what)
{
	u64 change = RRING_MOVE - what;
	u64 now = rring_word_fetch_add(&kring_client_ledger(kernel)[slot],
				       change) + change;

	if (rring_ledger_is_empty(now))
		rring_word_fetch_add(kring_ledger_summary(kernel, slot),
				     RRING_SUMMARY_MOVE - RRING_SUMMARY_ONE);
}

#endif /* KRING_LEDGER_H */
