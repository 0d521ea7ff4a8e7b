/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_FILE_H
#define RRING_FILE_H

#include <stddef.h>

/* Read the first @size bytes of a file. Returns how many there are. */
size_t file_read(const char *path, char *bytes, size_t size);

/*
 * Read the first line of a file, up to @size - 1 bytes of it, into @line.
 * Returns @line, or NULL if there is nothing.
 */
const char *file_line(const char *path, char *line, size_t size);

#endif /* RRING_FILE_H */
