// SPDX-License-Identifier: MPL-2.0
/* Reads lines, and tells whether the next one is there. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../output/report.h"
#include "lines.h"

#define CHUNK	65536

/* The end of the first line in the buffer; NULL: it has no whole line. */
static char *find_end(struct lines *lines)
{
	char *end = NULL;

	if (lines->seen < lines->end)
		end = memchr(lines->buffer + lines->seen, '\n',
			     lines->end - lines->seen);
	lines->seen = end ? (size_t)(end - lines->buffer) : lines->end;
	return end;
}

/* Make room for CHUNK bytes behind .end. */
static void make_room(struct lines *lines)
{
	size_t used = lines->end - lines->begin;

	if (lines->begin)
		memmove(lines->buffer, lines->buffer + lines->begin, used);
	lines->seen -= lines->begin;
	lines->begin = 0;
	lines->end = used;
	if (lines->size - used >= CHUNK)
		return;
	lines->size = 2 * lines->size + CHUNK;
	lines->buffer = must(realloc(lines->buffer, lines->size));
}

static void read_more(struct lines *lines)
{
	ssize_t n;

	make_room(lines);
	do {
		n = read(lines->fd, lines->buffer + lines->end, CHUNK);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		fail("cannot read the input: %s", strerror(errno));
	lines->end += (size_t)n;
	lines->ended = !n;
}

char *lines_next(struct lines *lines, size_t *len)
{
	char *end, *line;

	while (!(end = find_end(lines)) && !lines->ended)
		read_more(lines);
	if (!end && lines->begin == lines->end)
		return NULL;
	line = lines->buffer + lines->begin;
	*len = lines->seen - lines->begin;
	lines->begin = lines->seen + !!end;
	lines->seen = lines->begin;
	return line;
}

bool lines_must_wait(struct lines *lines)
{
	struct pollfd input = { .fd = lines->fd, .events = POLLIN };

	return !find_end(lines) && !lines->ended && !poll(&input, 1, 0);
}

void lines_free(struct lines *lines)
{
	free(lines->buffer);
}
