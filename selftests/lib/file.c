// SPDX-License-Identifier: MPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stream.h"
#include "file.h"

int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

long file_number(const char *path)
{
	FILE *file = fopen(path, "r");
	long value;

	MUST(file && fscanf(file, "%ld", &value) == 1);
	fclose(file);
	return value;
}
