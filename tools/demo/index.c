// SPDX-License-Identifier: MPL-2.0
/*
 * The file: a header, hash buckets, terms, the letters of the terms, postings.
 * Terms and postings are only appended, and each stores the list head that it
 * replaced. So no log is needed to go back to a commit: unlink the newest
 * items, one by one, down to the counts of the commit.
 *
 * A killed process leaves its stores in the page cache, in program order. The
 * release stores keep the compiler to that order. An item is complete before it
 * is counted, and counted before a list head names it. So go_back() finds every
 * item that a head names. A commit fills the idle one of two marks, and then
 * stores one word, .current.
 */
#include "index.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "complaint.h"

#define BUCKETS		(1u << 16)
#define TERMS_MAX	(1u << 18)
#define LETTERS_MAX	(1u << 22)
#define POSTINGS_MAX	(1u << 26)	/* the file is sparse */

/* How many items the file has. */
struct counts {
	uint32_t terms;
	uint32_t letters;
	uint32_t postings;
	uint32_t reserved;
};

/* A commit. */
struct mark {
	uint64_t position;
	struct counts counts;
};

/* Terms and postings are numbered from 1; 0 is the end of a list. */
struct term {
	uint32_t bucket;
	uint32_t next;		/* in its bucket */
	uint32_t newest;	/* posting */
	uint32_t letters;
	uint32_t len;
};

struct posting {
	uint64_t seq;
	uint32_t term;
	uint32_t older;		/* of the same term */
};

struct index_file {
	uint32_t current;	/* index of the valid mark */
	struct mark mark[2];
	struct counts counts;	/* now; they include every linked item */
	uint32_t bucket[BUCKETS];
	struct term term[TERMS_MAX + 1];
	char letters[LETTERS_MAX];
	struct posting posting[POSTINGS_MAX + 1];
};

struct index {
	struct index_file *file;
};

static uint32_t bucket_of(const char *word, size_t len)
{
	uint32_t hash = 5381;

	while (len--)
		hash = hash * 33 + (unsigned char)*word++;
	return (hash ^ hash >> 16) % BUCKETS;
}

static void unlink_posting(struct index_file *file, uint32_t number)
{
	const struct posting *posting = &file->posting[number];
	struct term *term = &file->term[posting->term];

	if (term->newest == number)
		RRING_STORE_RELEASE(&term->newest, posting->older);
}

static void unlink_term(struct index_file *file, uint32_t number)
{
	const struct term *term = &file->term[number];
	uint32_t *bucket = &file->bucket[term->bucket];

	if (*bucket == number)
		RRING_STORE_RELEASE(bucket, term->next);
}

/*
 * Undo what was added after the last commit. If the process is killed here, the
 * next index_open() does the rest.
 */
static void go_back(struct index_file *file)
{
	const struct counts *then = &file->mark[file->current].counts;
	struct counts *now = &file->counts;

	while (now->postings > then->postings) {
		unlink_posting(file, now->postings);
		RRING_STORE_RELEASE(&now->postings, now->postings - 1);
	}
	while (now->terms > then->terms) {
		unlink_term(file, now->terms);
		RRING_STORE_RELEASE(&now->terms, now->terms - 1);
	}
	now->letters = then->letters;
}

static struct index_file *map_file(int fd)
{
	void *map;

	if (ftruncate(fd, sizeof(struct index_file)))
		return NULL;
	map = mmap(NULL, sizeof(struct index_file), PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0);
	return map == MAP_FAILED ? NULL : map;
}

struct index *index_open(const char *dir)
{
	struct index *index = calloc(1, sizeof(*index));
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/search.index", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && index)
		index->file = map_file(fd);
	if (!index || !index->file) {
		complain(errno, "search: cannot map %s", path);
		free(index);
		index = NULL;
	} else {
		go_back(index->file);
	}
	if (fd >= 0)
		close(fd);
	return index;
}

void index_close(struct index *index)
{
	munmap(index->file, sizeof(*index->file));
	free(index);
}

uint64_t index_position(const struct index *index)
{
	return index->file->mark[index->file->current].position;
}

static uint32_t find_term(const struct index_file *file, const char *word,
			  size_t len, uint32_t bucket)
{
	uint32_t number = file->bucket[bucket];

	for (; number; number = file->term[number].next) {
		const struct term *term = &file->term[number];

		if (term->len == len &&
		    !memcmp(file->letters + term->letters, word, len))
			break;
	}
	return number;
}

static uint32_t add_term(struct index_file *file, const char *word,
			 size_t len, uint32_t bucket)
{
	struct counts *now = &file->counts;
	struct term *term;

	if (now->terms == TERMS_MAX || len > LETTERS_MAX - now->letters)
		return 0;
	term = &file->term[now->terms + 1];
	*term = (struct term){
		.bucket = bucket,
		.next = file->bucket[bucket],
		.letters = now->letters,
		.len = (uint32_t)len,
	};
	memcpy(file->letters + now->letters, word, len);
	now->letters += (uint32_t)len;
	RRING_STORE_RELEASE(&now->terms, now->terms + 1);
	RRING_STORE_RELEASE(&file->bucket[bucket], now->terms);
	return now->terms;
}

int index_put(struct index *index, const char *word, size_t len, uint64_t seq)
{
	struct index_file *file = index->file;
	uint32_t bucket = bucket_of(word, len);
	uint32_t number = find_term(file, word, len, bucket);
	struct counts *now = &file->counts;
	struct term *term;

	if (!number)
		number = add_term(file, word, len, bucket);
	if (!number || now->postings == POSTINGS_MAX)
		return -ENOSPC;
	term = &file->term[number];
	if (term->newest && file->posting[term->newest].seq == seq)
		return 0;
	file->posting[now->postings + 1] = (struct posting){
		.seq = seq,
		.term = number,
		.older = term->newest,
	};
	RRING_STORE_RELEASE(&now->postings, now->postings + 1);
	RRING_STORE_RELEASE(&term->newest, now->postings);
	return 0;
}

void index_commit(struct index *index, uint64_t position)
{
	struct index_file *file = index->file;
	uint32_t idle = !file->current;

	file->mark[idle].position = position;
	file->mark[idle].counts = file->counts;
	RRING_STORE_RELEASE(&file->current, idle);
}

uint32_t index_terms(const struct index *index)
{
	return index->file->counts.terms;
}

uint32_t index_postings(const struct index *index)
{
	return index->file->counts.postings;
}

uint32_t index_find(const struct index *index, const char *word, size_t len)
{
	const struct index_file *file = index->file;

	return file->term[find_term(file, word, len,
				    bucket_of(word, len))].newest;
}

uint32_t index_older(const struct index *index, uint32_t posting,
		     uint64_t *seq)
{
	const struct posting *at = &index->file->posting[posting];

	*seq = at->seq;
	return at->older;
}
