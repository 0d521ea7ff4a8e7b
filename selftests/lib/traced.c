// SPDX-License-Identifier: MPL-2.0
/* x86-64: by its program counter, and its debug registers. */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "sleeper.h"
#include "traced.h"

#define WAY_MAX	(1u << 20)
#define BEGIN	SIGSTOP
#define END	SIGUSR1

void traced_begin(void)
{
	kill(getpid(), BEGIN);
}

void traced_end(void)
{
	kill(getpid(), END);
	for (;;)
		pause();
}

/* The signal that stopped it; 0: it has ended. */
static int stopped_by(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return 0;
	return WSTOPSIG(status);
}

struct task {
	int (*run)(void *arg);
	void *arg;
};

static int run_traced(void *arg)
{
	const struct task *task = arg;

	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL)) {
		perror("# cannot be traced");
		return 1;
	}
	return task->run(task->arg);
}

pid_t traced_spawn(int (*run)(void *arg), void *arg)
{
	struct task task = { .run = run, .arg = arg };
	pid_t pid = spawn(run_traced, &task);

	if (stopped_by(pid) == BEGIN &&
	    !ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL))
		return pid;
	fprintf(stderr, "# the traced process did not come to its mark\n");
	slay(pid);
	exit(1);
}

static int step(pid_t pid)
{
	return ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) ? 0 : stopped_by(pid);
}

static uint64_t *user_word(size_t offset)
{
	return (uint64_t *)offset;
}

static uint64_t place(pid_t pid)
{
	return (uint64_t)ptrace(PTRACE_PEEKUSER, pid,
				user_word(offsetof(struct user, regs.rip)),
				NULL);
}

struct way way_new(void)
{
	return (struct way) { .at = shared_new(WAY_MAX * sizeof(uint64_t)) };
}

int traced_note(pid_t pid, struct way *way)
{
	int signal = SIGTRAP;

	for (way->length = 0; way->length < WAY_MAX; way->length++) {
		way->at[way->length] = place(pid);
		signal = step(pid);
		if (signal != SIGTRAP)
			break;
	}
	return signal == END ? 0 : -1;
}

static int is_at(pid_t pid, const struct way *way, long n)
{
	uint64_t at = place(pid);

	if (at == way->at[n])
		return 1;
	printf("# instruction %ld of %ld is at %#llx, and was at %#llx\n", n,
	       way->length, (unsigned long long)at,
	       (unsigned long long)way->at[n]);
	return 0;
}

static int walk(pid_t pid, const struct way *way, long from, long to)
{
	for (; from < to; from++)
		if (!is_at(pid, way, from) || step(pid) != SIGTRAP)
			return -1;
	return is_at(pid, way, to) ? 0 : -1;
}

static int is_first_time(const struct way *way, long n)
{
	long i;

	for (i = 0; i < n; i++)
		if (way->at[i] == way->at[n])
			return 0;
	return 1;
}

static int set_debug_register(pid_t pid, int i, uint64_t value)
{
	return (int)ptrace(PTRACE_POKEUSER, pid,
			   user_word(offsetof(struct user, u_debugreg) +
				     i * sizeof(value)),
			   value);
}

/* Without a stop, until it first comes to @at. */
static int run_to(pid_t pid, uint64_t at)
{
	return set_debug_register(pid, 0, at) ||
	       set_debug_register(pid, 7, 1) ||
	       ptrace(PTRACE_CONT, pid, NULL, NULL) ||
	       stopped_by(pid) != SIGTRAP ||
	       set_debug_register(pid, 7, 0) ? -1 : 0;
}

/* At once to where it comes for the first time; in a loop step by step. */
int traced_go(pid_t pid, const struct way *way, long n)
{
	long i = n;

	while (i && !is_first_time(way, i))
		i--;
	if (i && run_to(pid, way->at[i])) {
		printf("# instruction %ld of %ld, at %#llx, is on no way\n",
		       i, way->length, (unsigned long long)way->at[i]);
		return -1;
	}
	return walk(pid, way, i, n);
}

int traced_go_all(pid_t pid, const struct way *way)
{
	return walk(pid, way, 0, way->length) || step(pid) != END ? -1 : 0;
}
