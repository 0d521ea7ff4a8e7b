/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_TEXT_H
#define RRING_TEXT_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Print @len untrusted bytes, so that they cannot control a terminal. A
 * character that is not printable in this locale becomes \n, \t, \xNN or
 * \uNNNN. A backslash becomes two.
 */
void text_print(FILE *file, const char *bytes, size_t len);

/*
 * Returns @len bytes as a string of printable ASCII: other bytes become \n, \t
 * or \xNN, and a backslash becomes two. The caller frees the string.
 */
char *text_escape(const char *bytes, size_t len);

/* Print lines of offset, hexadecimal and ASCII, as hexdump -C does. */
void text_hexdump(FILE *file, const unsigned char *bytes, size_t len);

/* Returns @bytes in hexadecimal digits. The caller frees the string. */
char *text_hex(const unsigned char *bytes, size_t len);

#endif /* RRING_TEXT_H */
