// SPDX-License-Identifier: MPL-2.0
/* Reports errors in one line, with the exit status. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rusted_ring.h>

#include "report.h"

static void say(const char *format, va_list args, const char *reason)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, args);
	if (reason)
		fprintf(stderr, ": %s", reason);
	fputc('\n', stderr);
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args, NULL);
	va_end(args);
}

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args, NULL);
	va_end(args);
	exit(STATUS_FAILED);
}

void fail_with(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args, rring_error_detail(err));
	va_end(args);
	exit(STATUS_FAILED);
}

void *must(void *p)
{
	if (!p)
		fail("out of memory");
	return p;
}

void finish_output(void)
{
	if (fflush(stdout) || ferror(stdout))
		fail("cannot write the output: %s", strerror(errno));
}
