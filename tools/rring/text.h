/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_TEXT_H
#define RRING_TEXT_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Print @len bytes that somebody else chose, so that they cannot do anything
 * to a terminal: what is not printable in this locale becomes \n, \t or \xNN.
 */
void text_print(FILE *file, const char *bytes, size_t len);

/* The same as a string, to be freed; printable ASCII alone. */
char *text_escape(const char *bytes, size_t len);

/* Lines of offset, hexadecimal and ASCII, as of hexdump -C. */
void text_hexdump(FILE *file, const unsigned char *bytes, size_t len);

/* Hexadecimal digits, to be freed. */
char *text_hex(const unsigned char *bytes, size_t len);

#endif /* RRING_TEXT_H */
