/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the examples share: an end with a message if something is not as it must be,
 * and actors that die in their work. A program defines PROGRAM, its name, before.
 */
#ifndef EXAMPLES_ACTORS_H
#define EXAMPLES_ACTORS_H

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void must(long result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, PROGRAM ": %s: %s\n", what, strerror((int)-result));
	exit(1);
}

static inline void must_be(int right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, PROGRAM ": not so: %s\n", what);
	exit(1);
}

/* Return the number that the argument @text is, which must be @most or less. */
static inline uint64_t number_in(const char *text, uint64_t most)
{
	char *rest;
	uint64_t number = strtoull(text, &rest, 10);

	must_be(rest != text && !*rest && number <= most,
		"an argument is a number");
	return number;
}

/*
 * An actor is a process, which is killed, or a thread, which ends in its work by
 * itself. The program fills the first four members.
 */
struct actor {
	unsigned int number;
	int is_process;
	void (*work)(unsigned int number);	/* of a process: to the end */
	void (*work_with_ends)(unsigned int number);	/* of a thread */
	pid_t pid;
	pthread_t thread;
};

static inline void *actor_thread(void *arg)
{
	const struct actor *actor = arg;

	actor->work_with_ends(actor->number);
	return NULL;
}

static inline void actor_start(struct actor *actor)
{
	if (!actor->is_process) {
		must(-pthread_create(&actor->thread, NULL, actor_thread, actor),
		     "start a thread");
		return;
	}
	actor->pid = fork();
	must(actor->pid, "fork");
	if (actor->pid)
		return;
	actor->work(actor->number);
	_exit(0);
}

/* Wait for the end of a process. Return its status, as wait(2) stores it. */
static inline int actor_status(const struct actor *actor)
{
	int status;

	must(waitpid(actor->pid, &status, 0), "wait");
	return status;
}

/* Kill a process that is at work, and let the next one go on. */
static inline void actor_kill(struct actor *actor)
{
	kill(actor->pid, SIGKILL);
	must_be(WIFSIGNALED(actor_status(actor)), "an actor was killed at work");
	actor_start(actor);
}

static inline void actor_end(const struct actor *actor)
{
	if (actor->is_process)
		must_be(!actor_status(actor), "an actor has ended well");
	else
		must(-pthread_join(actor->thread, NULL), "join a thread");
}

#endif /* EXAMPLES_ACTORS_H */
