// SPDX-License-Identifier: MPL-2.0
/* Package records: the paragraphs of a dpkg status file. */
#include "record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complaint.h"

/* Uses pread(), as the processes share the open file and its offset. */
static int read_all(int fd, char *text, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, text + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		done += (size_t)n;
	}
	return 0;
}

static int records_add(struct records *records, const char *text, size_t len)
{
	size_t room = records->count ? 2ul * records->count : 1;
	struct record *record;

	/* the array is full at 0 and at each power of two */
	if (!(records->count & (records->count - 1))) {
		record = realloc(records->record, room * sizeof(*record));
		if (!record)
			return -ENOMEM;
		records->record = record;
	}
	record = &records->record[records->count++];
	record->text = text;
	record->len = (uint32_t)len;
	record->seq = records->events;
	record->pieces = (uint32_t)((len + PIECE_MAX - 1) / PIECE_MAX);
	records->events += record->pieces;
	records->bytes += len;
	return 0;
}

/* Returns the end of the paragraph at @at: behind its last newline. */
static const char *paragraph_end(const char *at, const char *end)
{
	const char *gap = memmem(at, (size_t)(end - at), "\n\n", 2);

	return gap ? gap + 1 : end;
}

static int records_split(struct records *records, size_t size,
			 const char *path)
{
	const char *at = records->text, *end = at + size;

	while (at < end) {
		const char *stop;

		if (*at == '\n') {
			at++;
			continue;
		}
		stop = paragraph_end(at, end);
		if ((size_t)(stop - at) > PIECE_MAX * PIECES_MAX) {
			complain(0, "%s: record %u is larger than %u bytes",
				 path, records->count + 1,
				 PIECE_MAX * PIECES_MAX);
			return -E2BIG;
		}
		if (records_add(records, at, (size_t)(stop - at))) {
			complain(ENOMEM, "%s", path);
			return -ENOMEM;
		}
		at = stop;
	}
	return 0;
}

int records_load(struct records *records, int fd, const char *path)
{
	struct stat stat;
	int err;

	memset(records, 0, sizeof(*records));
	if (fstat(fd, &stat) || !S_ISREG(stat.st_mode)) {
		complain(0, "%s: not a file; name one with --file", path);
		return -EINVAL;
	}
	records->text = malloc((size_t)stat.st_size + 1);
	err = records->text ?
		read_all(fd, records->text, (size_t)stat.st_size) : -ENOMEM;
	if (err)
		complain(-err, "cannot read %s", path);
	else
		err = records_split(records, (size_t)stat.st_size, path);
	if (!err && !records->count) {
		complain(0, "%s holds no record; name another with --file",
			 path);
		err = -ENODATA;
	}
	if (err)
		records_free(records);
	return err;
}

void records_free(struct records *records)
{
	free(records->record);
	free(records->text);
	memset(records, 0, sizeof(*records));
}

struct text record_piece(const struct record *record, uint32_t i)
{
	uint32_t left = record->len - i * PIECE_MAX;

	return (struct text){
		.at = record->text + (size_t)i * PIECE_MAX,
		.len = left < PIECE_MAX ? left : PIECE_MAX,
	};
}

enum piece record_piece_kind(const struct record *record, uint32_t i)
{
	if (record->pieces == 1)
		return PIECE_WHOLE;
	return i + 1 < record->pieces ? PIECE_MORE : PIECE_LAST;
}

static struct text trimmed(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (at < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return (struct text){ .at = at, .len = (size_t)(end - at) };
}

struct text record_field(const char *record, size_t len, const char *name)
{
	const char *end = record + len;
	size_t name_len = strlen(name);

	while (record < end) {
		const char *line_end = memchr(record, '\n',
					      (size_t)(end - record));

		if (!line_end)
			line_end = end;
		if ((size_t)(line_end - record) > name_len &&
		    record[name_len] == ':' &&
		    !strncasecmp(record, name, name_len))
			return trimmed(record + name_len + 1, line_end);
		record = line_end + 1;
	}
	return (struct text){ .at = "", .len = 0 };
}

uint32_t payload_sum(const void *data, size_t len)
{
	const unsigned char *byte = data;
	uint32_t sum = 2166136261u;

	while (len--)
		sum = (sum ^ *byte++) * 16777619u;
	return sum;
}

void words_begin(struct words *words, const char *record, size_t len)
{
	words->package = record_field(record, len, "Package");
	words->description = record_field(record, len, "Description");
}

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool in_word(char c)
{
	c = small(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

size_t words_next(struct words *words, char word[WORD_MAX])
{
	struct text *text = &words->description;
	size_t len = 0;

	if (words->package.len) {
		len = words->package.len;
		if (len > WORD_MAX)
			len = WORD_MAX;
		memcpy(word, words->package.at, len);
		words->package.len = 0;
		return len;
	}
	for (; text->len && !in_word(*text->at); text->len--)
		text->at++;
	for (; text->len && in_word(*text->at); text->len--, text->at++)
		if (len < WORD_MAX)
			word[len++] = small(*text->at);
	return len;
}
