// SPDX-License-Identifier: MPL-2.0
/*
 * `rring pub' and `rring tail' as two threads, whose arena is in this process:
 *
 *     rring PUB-ARGUMENT... -- TAIL-ARGUMENT...
 *
 * Standard input goes to the one, and standard output comes from the other.
 * Exits with the status of tail, or with that of pub if tail's is 0.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rusted_ring.h>

#include "../../../tools/rring/commands/command.h"
#include "../../../tools/rring/output/report.h"

int __real_rring_open(struct rring_client **client, const char *name,
		      enum rring_role role, unsigned int flags);
int __wrap_rring_open(struct rring_client **client, const char *name,
		      enum rring_role role, unsigned int flags);

/* The tool asks for the device. */
int __wrap_rring_open(struct rring_client **client, const char *name,
		      enum rring_role role, unsigned int flags)
{
	return __real_rring_open(client, name, role,
				 (flags & ~RRING_ON_DEVICE) | RRING_IN_PROCESS);
}

struct run {
	int (*function)(int argc, char **argv);
	int argc;
	char **argv;
	int status;
};

static void *run(void *arg)
{
	struct run *run = arg;

	run->status = run->function(run->argc, run->argv);
	return NULL;
}

int main(int argc, char **argv)
{
	static char pub_name[] = "rring pub", tail_name[] = "rring tail";
	struct run pub = { .function = pub_run, .argv = argv };
	struct run tail = { .function = tail_run };
	pthread_t thread[2];

	while (pub.argc < argc && strcmp(argv[pub.argc], "--"))
		pub.argc++;
	if (pub.argc == argc)
		return STATUS_USAGE;
	tail.argv = argv + pub.argc;
	tail.argc = argc - pub.argc;
	argv[pub.argc] = tail_name;
	argv[0] = pub_name;
	argv[argc] = NULL;
	pthread_create(&thread[0], NULL, run, &pub);
	pthread_create(&thread[1], NULL, run, &tail);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	finish_output();
	return tail.status ? tail.status : pub.status;
}
