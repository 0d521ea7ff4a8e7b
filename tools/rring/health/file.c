// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <string.h>

#include "file.h"

size_t file_read(const char *path, char *bytes, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t n;

	if (!file)
		return 0;
	n = fread(bytes, 1, size, file);
	fclose(file);
	return n;
}

const char *file_line(const char *path, char *line, size_t size)
{
	size_t n = file_read(path, line, size - 1);

	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return n ? line : NULL;
}
