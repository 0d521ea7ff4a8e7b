// SPDX-License-Identifier: MPL-2.0
/* Finds and runs the function of a command. */
#include <stdio.h>
#include <string.h>

#include "../output/report.h"
#include "command.h"

static const struct command *find(const struct command *commands,
				  const char *name)
{
	for (; commands->name; commands++)
		if (!strcmp(commands->name, name))
			return commands;
	return NULL;
}

/* Puts the whole name of the command into argv[0], for messages of argp. */
static int run(const struct command *command, const char *parent, int argc,
	       char **argv)
{
	char name[64];

	snprintf(name, sizeof(name), "%s %s", parent, command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

static int refuse_word(const struct command *commands, const char *parent,
		       const char *word)
{
	fprintf(stderr, "%s: there is no command '%s', but: ", parent, word);
	for (; commands->name; commands++)
		fprintf(stderr, "%s%s", commands->name,
			commands[1].name ? ", " : "");
	fprintf(stderr, " (%s --help)\n", parent);
	return STATUS_USAGE;
}

int command_run(const struct command *commands, int argc, char **argv)
{
	const struct command *command = find(commands, argv[1]);

	if (!command)
		return refuse_word(commands, argv[0], argv[1]);
	return run(command, argv[0], argc - 1, argv + 1);
}

int command_run_verb(const struct command *commands, int argc, char **argv)
{
	const char *name = argv[0];

	if (argc > 1 && argv[1][0] != '-')
		return command_run(commands, argc, argv);
	return run(commands, name, argc, argv);
}
