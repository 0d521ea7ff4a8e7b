// SPDX-License-Identifier: MPL-2.0
/*
 * rring relay: becomes rring-relay, a program of its own, as it needs a library that the
 * other commands do not.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../output/report.h"
#include "command.h"

#define PROGRAM	"rring-relay"

/* Run the program that lies beside this one. Returns if there is none. */
static void run_beside(char **argv)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *name;

	if (n < 0)
		return;
	path[n] = '\0';
	name = strrchr(path, '/');
	if (!name || (size_t)(name + 1 - path) + sizeof(PROGRAM) > sizeof(path))
		return;
	memcpy(name + 1, PROGRAM, sizeof(PROGRAM));
	execv(path, argv);
}

int relay_run(int argc, char **argv)
{
	static char program[] = PROGRAM;

	(void)argc;
	argv[0] = program;
	run_beside(argv);
	execvp(program, argv);
	fail("cannot run " PROGRAM " (%s): install the package rusted-ring-relay, or build it where hiredis is",
	     strerror(errno));
}
