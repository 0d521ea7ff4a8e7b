/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An inverted index in a mapped file. It maps a word to the events that contain
 * the word, newest first. index_open() removes what was added after the last
 * commit.
 */
#ifndef DEMO_INDEX_H
#define DEMO_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct index;

/*
 * Open the index in @dir; create it if there is none. Returns NULL after
 * printing the reason.
 */
struct index *index_open(const char *dir);
void index_close(struct index *index);

/* Returns the position of the last commit. */
uint64_t index_position(const struct index *index);

/*
 * Record that event @seq contains @word. A second call for the newest @seq of
 * the word adds nothing. Returns 0 or -ENOSPC.
 */
int index_put(struct index *index, const char *word, size_t len, uint64_t seq);

/* Commit all that was added, together with @position: a kill keeps it. */
void index_commit(struct index *index, uint64_t position);

uint32_t index_terms(const struct index *index);
uint32_t index_postings(const struct index *index);

/*
 * Walk the postings of a word. index_find() returns the newest one, or 0 if
 * there is none. index_older() stores the event of @posting in @seq, and
 * returns the next older posting or 0.
 */
uint32_t index_find(const struct index *index, const char *word, size_t len);
uint32_t index_older(const struct index *index, uint32_t posting,
		     uint64_t *seq);

#endif /* DEMO_INDEX_H */
