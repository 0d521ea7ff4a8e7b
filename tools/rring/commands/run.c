// SPDX-License-Identifier: MPL-2.0
/* rring arena run: gives a command the descriptor of an arena. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "../input/attach.h"
#include "../input/creation.h"
#include "../input/number.h"
#include "../output/report.h"
#include "command.h"

struct run {
	struct creation creation;	/* first: creation_parse() gets it */
	char **command;
};

/* The first argument is the name, all others are the command's. */
static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run *run = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (!run->creation.config.name)
			return creation_parse(key, arg, state);
		run->command = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!run->command)
			refuse(state, "a name and a command are wanted");
		return 0;
	default:
		return creation_parse(key, arg, state);
	}
}

static const struct argp argp = {
	.options = creation_options,
	.parser = parse,
	.args_doc = "NAME -- COMMAND [ARGUMENT]...",
	.doc = "Create an arena, and run a command that has its descriptor: "
	       "the number is in " ATTACH_VARIABLE ". The arena ends when "
	       "nobody has the descriptor, or a client, any more.",
};

/* Put a descriptor that a command inherits into the environment. */
static void hand_on(int fd)
{
	int kept = fcntl(fd, F_DUPFD, 3);
	char number[16];

	if (kept < 0)
		fail("cannot duplicate a descriptor: %s", strerror(errno));
	snprintf(number, sizeof(number), "%d", kept);
	if (setenv(ATTACH_VARIABLE, number, 1))
		fail("out of memory");
}

int run_run(int argc, char **argv)
{
	struct run run = { .command = NULL };
	int fd;

	creation_begin(&run.creation);
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &run);
	creation_finish(&run.creation);
	fd = rring_arena_create(&run.creation.config);
	if (fd < 0)
		fail("cannot create the arena '%s': %s",
		     run.creation.config.name, creation_advice(fd));
	hand_on(fd);
	execvp(run.command[0], run.command);
	fail("cannot run %s: %s", run.command[0], strerror(errno));
}
