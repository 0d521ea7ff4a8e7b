// SPDX-License-Identifier: MPL-2.0
/* The ledger of a client with several threads, and its summaries: see ledger.h. */
#include "ledger.h"

/*
 * Set .used and .summaries of @client, and tell the kernel that the client keeps
 * its summaries. The client has no hold yet.
 */
void ulib_ledger_open(struct rring_client *client)
{
	struct rring_tails *tails = client->own->ledger;
	uintptr_t first = (uintptr_t)tails + client->arena->summary_offset;

	/* the words begin at a page, so each summary has words of its own */
	client->used = &tails->used;
	client->summaries = first - (uintptr_t)(tails + 1) / RRING_SUMMARY_WORDS;
	rring_word_store(client->used, RRING_SUMMARY_KEPT);
}

/*
 * Count @word in the summaries, because this thread is about to raise it and has
 * found it empty. If the exchange fails, another thread has raised .used.
 */
static void word_rises(const struct rring_client *client,
		       const rring_word_t *word)
{
	__u64 used = rring_word_load(client->used);

	if (!rring_summary_count(used))
		rring_word_exchange(client->used, &used, used + ULIB_ONE_MORE);
	rring_word_fetch_add(ulib_summary_of(client, word), ULIB_ONE_MORE);
}

/*
 * Add @change, a hold or an in_flight, to @word, which this thread has found
 * empty. Several threads may find a word empty at the same time: each counts it,
 * and those that were not the first count it no more.
 */
void ulib_ledger_raise_empty(const struct rring_client *client,
			     rring_word_t *word, uint64_t change)
{
	word_rises(client, word);
	if (!rring_ledger_is_empty(rring_word_fetch_add(word, change)))
		ulib_ledger_fell_threads(client, word);
}
