// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "report.h"

static const char *advice(int err)
{
	switch (err) {
	case -ENOENT:
		if (access(RRING_DEVICE, F_OK))
			return "there is no " RRING_DEVICE ": load the module (`modprobe rusted_ring')";
		return "there is no such arena here (`rring arena' lists them)";
	case -EACCES:
		if (access(RRING_DEVICE, R_OK | W_OK))
			return RRING_DEVICE " is not open to you: load the module with another dev_mode=";
		return "the arena's mode does not let you in (`rring arena' shows it)";
	case -ENOSPC:
		return "all its places for clients are taken (`rring client' shows by whom)";
	default:
		return rring_strerror(err);
	}
}

static char evicted[128];	/* what is said then */

/* The pages of a client that was evicted are gone. */
static void on_bus_error(int signal)
{
	ssize_t n = write(STDERR_FILENO, evicted, strlen(evicted));

	(void)signal;
	(void)n;
	_exit(STATUS_FAILED);
}

static void expect_eviction(void)
{
	struct sigaction action = { .sa_handler = on_bus_error };

	snprintf(evicted, sizeof(evicted),
		 "%s: this client was evicted from its arena\n",
		 program_invocation_short_name);
	sigaction(SIGBUS, &action, NULL);
}

struct rring_client *attach(const char *name, enum rring_role role)
{
	struct rring_client *client;
	int err;

	expect_eviction();
	if (!name)
		name = "default";
	err = rring_open(&client, name, role,
			 RRING_SINGLE_THREADED | RRING_ON_DEVICE);
	if (err)
		fail("cannot attach to the arena '%s': %s", name, advice(err));
	return client;
}
