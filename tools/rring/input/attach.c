// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../output/report.h"
#include "attach.h"

static const char *advice(int err)
{
	switch (err) {
	case -ENOENT:
		if (access(RRING_DEVICE, F_OK))
			return "there is no " RRING_DEVICE ": load the module (`modprobe rusted_ring')";
		return "there is no such arena here (`rring arena' lists them)";
	case -EACCES:
		if (access(RRING_DEVICE, R_OK | W_OK))
			return ATTACH_CLOSED;
		return "the arena's mode does not let you in (`rring arena' shows it), or you are banned";
	default:
		return rring_error_detail(err);
	}
}

static char evicted[128];	/* message of on_bus_error() */

/* SIGBUS: this client was evicted, so its pages are gone. End the program. */
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

static struct rring_client *attach_by_name(const char *name,
					   enum rring_role role)
{
	struct rring_client *client;
	int err = rring_open(&client, name, role,
			     RRING_SINGLE_THREADED | RRING_ON_DEVICE);

	if (err)
		fail("cannot attach to the arena '%s': %s", name, advice(err));
	return client;
}

static struct rring_client *attach_by_descriptor(const char *number,
						 enum rring_role role)
{
	struct rring_client *client;
	char *end;
	long fd = strtol(number, &end, 10);
	int err = -EBADF;

	if (*number && !*end && fd >= 0 && fd <= INT_MAX)
		err = rring_open_arena(&client, (int)fd, role,
				       RRING_SINGLE_THREADED);
	if (err)
		fail_with(err, "cannot attach to the arena of descriptor %s, which is in " ATTACH_VARIABLE,
			  number);
	return client;
}

struct rring_client *attach(const char *name, enum rring_role role)
{
	const char *number = getenv(ATTACH_VARIABLE);

	expect_eviction();
	if (!name && number)
		return attach_by_descriptor(number, role);
	return attach_by_name(name ? name : "default", role);
}

/*
 * Join the ring whose name is @ring, else the one whose number it is. Returns 0
 * or a negative errno, -ENOENT if there is neither.
 */
static int join(struct rring_client *client, const char *ring,
		struct rring_reader_config *config, struct rring_reader **reader)
{
	char *end;
	int err;

	config->ring_name = ring;
	err = rring_reader_open(client, config, reader);
	if (err != -ENOENT)
		return err;
	config->ring = (uint32_t)strtoul(ring, &end, 10);
	if (*end || end == ring)
		return err;
	config->ring_name = NULL;
	err = rring_reader_open(client, config, reader);
	return err == -ENXIO ? -ENOENT : err;
}

/* Join the ring @ring, as join() does, as soon as there is one. */
static int join_later(struct rring_client *client, const char *ring,
		      struct rring_reader_config *config,
		      struct rring_reader **reader)
{
	struct rring_change change;
	struct rring_watch *watch;
	int err = rring_watch_open(client, NULL, &watch);

	if (err)
		return err;
	/* all that such a ring has is newer than this call */
	config->start = RRING_START_OLDEST;
	do {
		err = join(client, ring, config, reader);
	} while (err == -ENOENT &&
		 !rring_watch_next(watch, &change, RRING_FOREVER));
	rring_watch_close(watch);
	return err;
}

struct rring_reader *attach_reader(struct rring_client *client,
				   const char *ring,
				   struct rring_reader_config *config,
				   bool wait)
{
	struct rring_reader *reader;
	int err = join(client, ring, config, &reader);

	if (err == -ENOENT && wait)
		err = join_later(client, ring, config, &reader);
	if (err == -ENOENT)
		fail("there is no ring '%s' in this arena (`rring ring' lists them, --wait waits)",
		     ring);
	if (err)
		fail_with(err, "cannot read the ring '%s'", ring);
	return reader;
}
