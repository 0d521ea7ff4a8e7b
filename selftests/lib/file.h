/* SPDX-License-Identifier: MPL-2.0 */
/* Small files of the kernel, as in /sys. */
#ifndef SELFTESTS_FILE_H
#define SELFTESTS_FILE_H

/* Write @text into the file at @path. Return 0 or -1. */
int file_write(const char *path, const char *text);

/* Return the number that the file at @path begins with, or exit. */
long file_number(const char *path);

#endif /* SELFTESTS_FILE_H */
