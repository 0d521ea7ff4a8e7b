/* SPDX-License-Identifier: MPL-2.0 */
/* Package records of a dpkg status file, and their events. */
#ifndef DEMO_RECORD_H
#define DEMO_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rusted_ring.h>

#define PIECE_MAX	16384u	/* bytes: an XL slot */
#define PIECES_MAX	8u	/* pieces of one record */

/*
 * An event_type is the number of the pass and, in its low bits, an enum piece.
 * A record above PIECE_MAX takes several consecutive events: MORE, ..., LAST.
 * The record is the concatenation of their payloads.
 */
enum piece {
	PIECE_WHOLE,
	PIECE_MORE,
	PIECE_LAST,
};

#define PIECE_BITS	2
#define PASSES_MAX	(1u << (32 - PIECE_BITS))

static inline uint32_t event_type(uint32_t pass, enum piece piece)
{
	return pass << PIECE_BITS | piece;
}

static inline uint32_t event_pass(uint32_t type)
{
	return type >> PIECE_BITS;
}

static inline enum piece event_piece(uint32_t type)
{
	return type & ((1u << PIECE_BITS) - 1);
}

struct record {
	const char *text;
	uint32_t len;
	uint32_t seq;		/* of its first event, in pass 0 */
	uint32_t pieces;
};

struct records {
	char *text;		/* the file */
	struct record *record;
	uint32_t count;
	uint32_t events;	/* of one pass */
	uint64_t bytes;		/* of one pass */
};

struct text {
	const char *at;
	size_t len;
};

/*
 * Read all records of @fd, which was opened from @path. Returns 0, or a
 * negative errno after printing the reason.
 */
int records_load(struct records *records, int fd, const char *path);
void records_free(struct records *records);

/* Text and kind of piece @i of @record. */
struct text record_piece(const struct record *record, uint32_t i);
enum piece record_piece_kind(const struct record *record, uint32_t i);

/*
 * Returns the first line of field @name, without blanks around it. It is empty
 * if there is no such field.
 */
struct text record_field(const char *record, size_t len, const char *name);

/* A checksum over a payload (FNV-1a). */
uint32_t payload_sum(const void *data, size_t len);

/* The words of a record: its package, then the words of its description. */
#define WORD_MAX	48u	/* letters; a longer word is cut */

struct words {
	struct text package;
	struct text description;
};

void words_begin(struct words *words, const char *record, size_t len);
/*
 * Copy the next word to @word, without a closing zero. Words of the description
 * are in small letters. Returns the length, 0 at the end.
 */
size_t words_next(struct words *words, char word[WORD_MAX]);

#endif /* DEMO_RECORD_H */
