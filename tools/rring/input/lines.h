/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_LINES_H
#define RRING_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* Lines of a descriptor. All fields but .fd are 0 at first. */
struct lines {
	int fd;
	char *buffer;
	size_t size;		/* of .buffer, bytes */
	size_t begin;		/* what is not returned yet */
	size_t end;
	size_t seen;		/* there is no line end in front of this */
	bool ended;		/* the input has ended */
};

/*
 * Returns the next line without its end, and its length in *@len; NULL: there
 * is none. The line is valid until the next call. An error ends the program.
 */
char *lines_next(struct lines *lines, size_t *len);

/* Must lines_next() wait for input? */
bool lines_must_wait(struct lines *lines);

void lines_free(struct lines *lines);

#endif /* RRING_LINES_H */
