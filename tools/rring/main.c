// SPDX-License-Identifier: MPL-2.0
/* rring: shows and manages arenas. */
#include <argp.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "input/number.h"
#include "output/report.h"

const char *argp_program_version = "rring " RUSTED_RING_VERSION;

static const struct command commands[] = {
	{ "arena", "list, create, remove and set up arenas", arena_run },
	{ "pool", "list pools: how many slots are free", pool_run },
	{ "client", "list clients: who holds what; set quotas", client_run },
	{ "ring", "list rings and their readers; set limits", ring_run },
	{ "stat", "all of that at once, also for Prometheus", stat_run },
	{ "top", "the same, live", top_run },
	{ "watch", "print what happens, as it happens", watch_run },
	{ "tail", "print the events of a ring, without disturbing", tail_run },
	{ "pub", "publish lines of standard input as events", pub_run },
	{ "relay", "carry events to or from a broker, past this machine",
	  relay_run },
	{ "evict", "end a client that does not let go", evict_run },
	{ "ban", "keep a user out of an arena", ban_run },
	{ "doctor", "say what is wrong with this set-up", doctor_run },
	{ 0 },
};

/* Stop at the first word: the command parses it and all that follows. */
static error_t parse(int key, char *arg, struct argp_state *state)
{
	int *first = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_ARG:
		*first = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		refuse(state, "a command is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static char *list_commands(void)
{
	size_t size;
	char *text;
	FILE *file = must(open_memstream(&text, &size));
	int i;

	fputs("Commands:\n", file);
	for (i = 0; commands[i].name; i++)
		fprintf(file, "  %-8s %s\n", commands[i].name,
			commands[i].summary);
	fputs("\n`rring COMMAND --help' has the options of each.", file);
	fclose(file);
	return text;
}

static char *help(int key, const char *text, void *input)
{
	(void)input;
	if (key == ARGP_KEY_HELP_POST_DOC)
		return list_commands();
	return (char *)text;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Show the arenas of /dev/rusted_ring, and change them.\v ",
	.help_filter = help,
};

int main(int argc, char **argv)
{
	static char name[] = "rring";
	int first = 0, status;

	setlocale(LC_ALL, "");
	argp_err_exit_status = STATUS_USAGE;
	argv[0] = name;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &first);
	argv += first - 1;
	argv[0] = name;
	status = command_run(commands, argc - first + 1, argv);
	finish_output();
	return status;
}
