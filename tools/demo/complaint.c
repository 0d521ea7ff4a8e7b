// SPDX-License-Identifier: MPL-2.0
#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void complain(int err, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fflush(stdout);
	/* in a terminal, take the place of the line that shows the progress */
	fprintf(stderr, "%sdemo: %s%s%s\n",
		isatty(STDOUT_FILENO) && isatty(STDERR_FILENO) ? "\r\033[K" : "",
		text, err ? ": " : "", err ? strerror(err) : "");
}
