// SPDX-License-Identifier: MPL-2.0
/*
 * demo: one process publishes every package record of a dpkg status file. Four
 * others hold and process each event, and are killed meanwhile.
 */
#include <argp.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "plan.h"
#include "supervisor.h"

static const struct argp_option options[] = {
	{ "file", 'f', "PATH", 0,
	  "dpkg status file (default: /var/lib/dpkg/status)", 0 },
	{ "events", 'e', "N", 0,
	  "publish whole passes until N events (default: 50000)", 0 },
	{ "kills", 'k', "N", 0, "kill each actor N times (default: 3)", 0 },
	{ 0 },
};

static uint64_t number(const char *text, uint64_t least, uint64_t most,
		       struct argp_state *state)
{
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || value < least ||
	    value > most)
		argp_error(state, "%s: a number from %" PRIu64 " to %" PRIu64
			   " is wanted", text, least, most);
	return value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct plan *plan = state->input;

	switch (key) {
	case 'f':
		plan->path = arg;
		return 0;
	case 'e':
		plan->events = number(arg, 1, 1000000000, state);
		return 0;
	case 'k':
		plan->kills = (uint32_t)number(arg, 0, 1000000, state);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: what is this?", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Share the package records of this machine between processes: "
	       "one publishes them, a database writer, a search indexer, "
	       "analytics and an audit logger hold and process each. All four "
	       "are killed meanwhile; nothing is lost.",
};

int main(int argc, char **argv)
{
	static struct plan plan = {
		.path = "/var/lib/dpkg/status",
		.events = 50000,
		.kills = 3,
	};
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &plan);
	plan.fd = open(plan.path, O_RDONLY | O_CLOEXEC);
	if (plan.fd < 0)
		error(EXIT_FAILURE, errno,
		      "name a dpkg status file with --file: %s", plan.path);
	err = supervise(&plan);
	close(plan.fd);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
