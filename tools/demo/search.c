// SPDX-License-Identifier: MPL-2.0
/*
 * The search indexer: maps the package name, and every word of the short
 * description, to records. A record is identified by its first event.
 */
#include "actor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "index.h"

static void *search_open(const char *dir, uint64_t *position)
{
	struct index *index = index_open(dir);

	if (index)
		*position = index_position(index);
	return index;
}

static int search_take(void *opaque, const struct taken *taken)
{
	char word[WORD_MAX];
	struct words words;
	size_t len;
	int err;

	words_begin(&words, taken->text, taken->len);
	while ((len = words_next(&words, word))) {
		err = index_put(opaque, word, len, taken->seq);
		if (err) {
			complain(-err, "search: the index is full");
			return err;
		}
	}
	return 0;
}

static int search_commit(void *opaque, uint64_t position)
{
	index_commit(opaque, position);
	return 0;
}

static void search_close(void *opaque)
{
	index_close(opaque);
}

/* A word, and a record of one pass that contains the word. */
struct occurrence {
	char word[WORD_MAX];
	size_t len;
	uint32_t seq;		/* of the record */
};

struct occurrences {
	struct occurrence *all;
	size_t count;
	size_t room;
};

static int occurrence_order(const void *a, const void *b)
{
	const struct occurrence *x = a, *y = b;
	int order = memcmp(x->word, y->word, WORD_MAX);

	if (order)
		return order;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int add_occurrence(struct occurrences *list, const char *word,
			  size_t len, uint32_t seq)
{
	struct occurrence *to;

	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 1024;
		to = realloc(list->all, list->room * sizeof(*to));
		if (!to)
			return -ENOMEM;
		list->all = to;
	}
	to = &list->all[list->count++];
	*to = (struct occurrence){ .len = len, .seq = seq };
	memcpy(to->word, word, len);
	return 0;
}

/*
 * Put the words of one pass into @list, sorted, each word once per record.
 * Returns 0 or -ENOMEM.
 */
static int one_pass(const struct records *records, struct occurrences *list)
{
	char word[WORD_MAX];
	struct words words;
	size_t len, i, to = 0;
	uint32_t k;

	for (k = 0; k < records->count; k++) {
		const struct record *record = &records->record[k];

		words_begin(&words, record->text, record->len);
		while ((len = words_next(&words, word)))
			if (add_occurrence(list, word, len, record->seq))
				return -ENOMEM;
	}
	if (!list->count)
		return 0;
	qsort(list->all, list->count, sizeof(*list->all), occurrence_order);
	for (i = 1; i < list->count; i++)
		if (occurrence_order(&list->all[to], &list->all[i]))
			list->all[++to] = list->all[i];
	list->count = to + 1;
	return 0;
}

/*
 * Returns 1 if the postings of a word are exactly its occurrences
 * [@first, @end), in each of @passes, from the newest to the oldest; else 0.
 */
static int word_matches(const struct index *index,
			const struct occurrence *first,
			const struct occurrence *end, uint32_t passes,
			uint32_t events)
{
	uint32_t posting = index_find(index, first->word, first->len);
	const struct occurrence *at;
	uint64_t seq;

	while (passes--) {
		for (at = end; at-- > first;) {
			if (!posting)
				return 0;
			posting = index_older(index, posting, &seq);
			if (seq != (uint64_t)passes * events + at->seq)
				return 0;
		}
	}
	return !posting;
}

static void compare(const struct index *index, const struct records *records,
		    const struct occurrences *list, uint32_t passes,
		    struct finding *finding)
{
	const struct occurrence *at = list->all, *end = at + list->count;
	uint64_t terms = 0;

	while (at < end) {
		const struct occurrence *next = at + 1;

		while (next < end && !memcmp(next->word, at->word, WORD_MAX))
			next++;
		if (!word_matches(index, at, next, passes, records->events)) {
			snprintf(finding->fault, sizeof(finding->fault),
				 "the postings of %.*s differ", (int)at->len,
				 at->word);
			return;
		}
		terms++;
		at = next;
	}
	if (terms != index_terms(index) ||
	    list->count * passes != index_postings(index))
		snprintf(finding->fault, sizeof(finding->fault),
			 "more words than there are in the file");
}

static void search_check(const char *dir, const struct records *records,
			 uint32_t passes, struct finding *finding)
{
	struct index *index = index_open(dir);
	struct occurrences list = { 0 };

	if (!index || one_pass(records, &list)) {
		snprintf(finding->fault, sizeof(finding->fault),
			 "cannot read its index");
	} else {
		compare(index, records, &list, passes, finding);
		finding->position = index_position(index);
		snprintf(finding->figure, sizeof(finding->figure),
			 "%u terms, %u postings", index_terms(index),
			 index_postings(index));
	}
	free(list.all);
	if (index)
		index_close(index);
}

const struct actor_kind search = {
	.name = "search",
	.open = search_open,
	.take = search_take,
	.commit = search_commit,
	.close = search_close,
	.check = search_check,
};
