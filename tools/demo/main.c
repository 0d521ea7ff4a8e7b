// SPDX-License-Identifier: MPL-2.0
/*
 * demo: one process publishes every package record of a dpkg status file. Four
 * others hold and process each event, and are killed meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "complaint.h"
#include "plan.h"
#include "supervisor.h"

static const char help[] =
"Usage: demo [OPTION...]\n"
"Share the package records of this machine between processes: one publishes\n"
"them, a database writer, a search indexer, analytics and an audit logger hold\n"
"and process each. All four are killed meanwhile; nothing is lost.\n"
"\n"
"  -f, --file=PATH   dpkg status file (default: /var/lib/dpkg/status)\n"
"  -e, --events=N    publish whole passes until N events (default: 50000)\n"
"  -k, --kills=N     kill each actor N times (default: 3)\n"
"  -h, --help        print this\n";

static const struct option options[] = {
	{ "file", required_argument, NULL, 'f' },
	{ "events", required_argument, NULL, 'e' },
	{ "kills", required_argument, NULL, 'k' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static void refuse(const char *word, const char *why)
{
	complain(0, "%s: %s; `demo --help' has the options", word, why);
	exit(EXIT_FAILURE);
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || value < least ||
	    value > most)
		refuse(text, "no number, or too large or too small");
	return value;
}

static void parse(int argc, char **argv, struct plan *plan)
{
	int key;

	while ((key = getopt_long(argc, argv, "f:e:k:h", options, NULL)) != -1) {
		switch (key) {
		case 'f':
			plan->path = optarg;
			break;
		case 'e':
			plan->events = number(optarg, 1, 1000000000);
			break;
		case 'k':
			plan->kills = (uint32_t)number(optarg, 0, 1000000);
			break;
		case 'h':
			fputs(help, stdout);
			exit(EXIT_SUCCESS);
		default:
			exit(EXIT_FAILURE);
		}
	}
	if (optind < argc)
		refuse(argv[optind], "what is this?");
}

int main(int argc, char **argv)
{
	static struct plan plan = {
		.path = "/var/lib/dpkg/status",
		.events = 50000,
		.kills = 3,
	};
	int err;

	parse(argc, argv, &plan);
	plan.fd = open(plan.path, O_RDONLY | O_CLOEXEC);
	if (plan.fd < 0) {
		complain(errno, "name a dpkg status file with --file: %s",
			 plan.path);
		return EXIT_FAILURE;
	}
	err = supervise(&plan);
	close(plan.fd);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
