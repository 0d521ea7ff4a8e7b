/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An inverted index in a mapped file: from a word to the events it occurs in,
 * the newest first. What was put in since the last commit is taken out again
 * when the file is opened.
 */
#ifndef DEMO_INDEX_H
#define DEMO_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct index;

/* NULL after saying why. The file is made if it is not there. */
struct index *index_open(const char *dir);
void index_close(struct index *index);

/* The position given to the last commit. */
uint64_t index_position(const struct index *index);

/* @word occurs in event @seq; once is enough. 0 or -ENOSPC. */
int index_put(struct index *index, const char *word, size_t len, uint64_t seq);

/* All that was put becomes durable together with @position. */
void index_commit(struct index *index, uint64_t position);

uint32_t index_terms(const struct index *index);
uint32_t index_postings(const struct index *index);

/*
 * Walk the postings of a word: index_find() names the newest or 0,
 * index_older() the one before; *@seq is the event of @posting.
 */
uint32_t index_find(const struct index *index, const char *word, size_t len);
uint32_t index_older(const struct index *index, uint32_t posting,
		     uint64_t *seq);

#endif /* DEMO_INDEX_H */
