/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Changes of this client's ledger words, with the summaries that tell a sweep
 * which words it need not read. A summary counts the words with holds or
 * in_flight: one is for RRING_SUMMARY_WORDS words, and .used is for all. A sweep
 * takes a count of 0 for a proof that no word has any. So a summary rises before
 * its word, and falls after it. Words of XXL slots are never empty: they always
 * have RRING_ASIDE.
 *
 * The functions whose names end in _threads are for clients with several threads.
 * There .used does not fall any more once a word was used: threads would wait for
 * each other at this one word.
 */
#ifndef ULIB_LEDGER_H
#define ULIB_LEDGER_H

#include "client.h"
#include "recent.h"

/* what is added to a summary for a word that is not empty any more, or is again */
#define ULIB_ONE_MORE	(RRING_SUMMARY_MOVE + RRING_SUMMARY_ONE)
#define ULIB_ONE_LESS	(RRING_SUMMARY_MOVE - RRING_SUMMARY_ONE)

/* Return the summary of @word. @summaries: .summaries of struct rring_client. */
static inline rring_word_t *ulib_summary_at(uintptr_t summaries,
					    const rring_word_t *word)
{
	uintptr_t at = (uintptr_t)word / (RRING_SUMMARY_WORDS * sizeof(*word));

	return (rring_word_t *)(summaries + at * sizeof(*word));
}

static inline rring_word_t *ulib_summary_of(const struct rring_client *client,
					    const rring_word_t *word)
{
	return ulib_summary_at(client->summaries, word);
}

/*
 * Count @word in the summaries: it is empty, and the caller is about to store a
 * hold in it, with release. The client is single-threaded.
 */
static inline void ulib_ledger_rises(const struct rring_client *client,
				     const rring_word_t *word)
{
	rring_word_t *summary = ulib_summary_of(client, word);

	rring_word_store(client->used,
			 rring_word_load(client->used) + ULIB_ONE_MORE);
	rring_word_store(summary, rring_word_load(summary) + ULIB_ONE_MORE);
}

/*
 * Count @word in the summaries no more: the caller has stored it, and it is empty
 * now. The client is single-threaded.
 * G: pairs with H in the sweep. Without this pair the sweep could see that no
 * word counts, but miss what names the slot from then on.
 */
static inline void ulib_ledger_fell(const struct rring_client *client,
				    const rring_word_t *word)
{
	rring_word_t *summary = ulib_summary_of(client, word);

	rring_word_store_release(summary,
				 rring_word_load(summary) + ULIB_ONE_LESS);
	rring_word_store_release(client->used, rring_word_load(client->used) +
					       ULIB_ONE_LESS);
}

/*
 * The caller has stored @word, the ledger word of the slot of @handle, and it is
 * empty now: enter the slot in the recent drops, too. The client is
 * single-threaded.
 */
static inline void ulib_ledger_emptied(const struct rring_client *client,
				       const rring_word_t *word,
				       uint64_t handle)
{
	ulib_ledger_fell(client, word);
	ulib_recent_enter(client, handle, 0);
}

/*
 * Clear RRING_PRIVATE in the ledger word of @event, which the single-threaded client
 * holds: others get to know the event, so its slot is not parked when it is dropped.
 * A client with several threads parks no slot, and never sets this bit.
 */
static inline void ulib_clear_private(const struct rring_event *event)
{
	rring_word_store_release(event->word, rring_word_load(event->word) &
					      ~RRING_PRIVATE);
}

/* Words that were stored, and are empty now, but still count in the summaries. */
struct ulib_ledger_run {
	rring_word_t *summary;	/* of the last of them; NULL: there was none */
	uint32_t here;		/* how many of them have this summary */
	uint32_t all;		/* how many there were in the run */
};

/* Count the words of the present summary in it no more. */
static inline void ulib_ledger_run_lower(struct ulib_ledger_run *run,
					 int shared)
{
	const uint64_t change = run->here * ULIB_ONE_LESS;

	if (!run->here)
		return;
	/* G: pairs with H in the sweep, as in ulib_ledger_fell() */
	if (shared)
		rring_word_fetch_add(run->summary, change);
	else
		rring_word_store_release(run->summary,
					 rring_word_load(run->summary) +
					 change);
	run->here = 0;
}

/*
 * Add @word, which was stored and is empty now, to @run. Until the end of the run
 * the summaries may count it: then a sweep reads a word too many. @shared: .shared
 * of @client.
 */
static inline void ulib_ledger_run_fell(const struct rring_client *client,
					struct ulib_ledger_run *run,
					const rring_word_t *word, int shared)
{
	rring_word_t *summary = ulib_summary_of(client, word);

	if (summary != run->summary)
		ulib_ledger_run_lower(run, shared);
	run->summary = summary;
	run->here++;
	run->all++;
}

static inline void ulib_ledger_run_end(const struct rring_client *client,
				       struct ulib_ledger_run *run, int shared)
{
	ulib_ledger_run_lower(run, shared);
	/* G: pairs with H in the sweep, as in ulib_ledger_fell() */
	if (!shared && run->all)
		rring_word_store_release(client->used,
					 rring_word_load(client->used) +
					 run->all * ULIB_ONE_LESS);
}

void ulib_ledger_open(struct rring_client *client);
void ulib_ledger_raise_empty(const struct rring_client *client,
			     rring_word_t *word, uint64_t change);

/*
 * Count @word in the summaries no more: it was lowered, and is empty now.
 * G: pairs with H in the sweep, as in ulib_ledger_fell().
 */
static inline void ulib_ledger_fell_threads(const struct rring_client *client,
					    const rring_word_t *word)
{
	rring_word_fetch_add(ulib_summary_of(client, word), ULIB_ONE_LESS);
}

/*
 * Add @what, RRING_HOLD or RRING_IN_FLIGHT, to @word. A word that is not empty
 * counts in the summaries already; by the exchange it has not become empty
 * meanwhile.
 */
static inline void ulib_ledger_raise_threads(const struct rring_client *client,
					     rring_word_t *word, uint64_t what)
{
	const uint64_t change = RRING_MOVE + what;
	__u64 before = rring_word_load(word);

	while (!rring_ledger_is_empty(before))
		if (rring_word_exchange(word, &before, before + change))
			return;
	ulib_ledger_raise_empty(client, word, change);
}

/*
 * Subtract one hold from *@word, and store the new value in *@now. Return 1. If
 * *@word has no hold, leave it unchanged, store it in *@now, and return 0. If
 * *@word is empty now, the caller calls ulib_ledger_fell_threads(). A plain
 * subtraction that is undone if there was no hold would be wrong. Until the undo,
 * it would hide a hold that another thread takes. A second thread that drops
 * without a hold would read a negative count as a large one, and subtract a hold
 * as well.
 *
 * G: pairs with H in the sweep. The caller's reads of the payload, and its entry
 * in a ring, come before the hold falls. Otherwise another client could get the
 * slot and overwrite the payload during these reads.
 */
static inline int ulib_ledger_lower_threads(rring_word_t *word, __u64 *now)
{
	const uint64_t change = RRING_MOVE - RRING_HOLD;

	*now = rring_word_load(word);
	do {
		if (!rring_ledger_holds(*now))
			return 0;
	} while (!rring_word_exchange(word, now, *now + change));
	*now += change;
	return 1;
}

/* Drop one hold on the slot of @word, if there is one. */
static inline void ulib_ledger_drop_threads(const struct rring_client *client,
					    rring_word_t *word)
{
	__u64 now;

	if (ulib_ledger_lower_threads(word, &now) && rring_ledger_is_empty(now))
		ulib_ledger_fell_threads(client, word);
}

#endif /* ULIB_LEDGER_H */
