// SPDX-License-Identifier: MPL-2.0
/* x86-64 and arm64: uses the program counter and a hardware breakpoint. */
#include <elf.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "sleeper.h"
#include "single_step.h"

#define WAY_MAX	(1u << 20)
#define BEGIN	SIGSTOP
#define END	SIGUSR1

void traced_setup(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
	};

	if (syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0) < 0) {
		perror("# perf_event_open");
		exit(1);
	}
}

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

/* Wait for the child. Return the signal that stopped it, or 0 if it ended. */
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

/* ---- the two architectures ---- */

#ifdef __x86_64__
static uint64_t *user_word(size_t offset)
{
	return (uint64_t *)offset;
}

static uint64_t where_is(pid_t pid)
{
	return (uint64_t)ptrace(PTRACE_PEEKUSER, pid,
				user_word(offsetof(struct user, regs.rip)),
				NULL);
}

static int set_debug_register(pid_t pid, int i, uint64_t value)
{
	return (int)ptrace(PTRACE_POKEUSER, pid,
			   user_word(offsetof(struct user, u_debugreg) +
				     i * sizeof(value)),
			   value);
}

/* Stop the child each time that it comes to @at, or never if @at is 0. */
static int set_breakpoint(pid_t pid, uint64_t at)
{
	return at && set_debug_register(pid, 0, at) ? -1 :
	       set_debug_register(pid, 7, !!at);
}

/* Let the child, which stands at the breakpoint @at, run on to its next stop. */
static int pass_breakpoint(pid_t pid, uint64_t at)
{
	(void)at;	/* the kernel sets the resume flag */
	return (int)ptrace(PTRACE_CONT, pid, NULL, NULL);
}
#elif defined(__aarch64__)
/* of the debug register: four bytes of user code, enabled */
#define BREAK_HERE	(0xfu << 5 | 2u << 1 | 1u)

/* What linux/ptrace.h of arm64 calls user_hwdebug_state, with one register. */
struct breakpoint {
	uint32_t info;
	uint32_t unused;
	uint64_t at;
	uint32_t control;
	uint32_t unused_too;
};

static uint64_t where_is(pid_t pid)
{
	struct user_regs_struct regs = {};
	struct iovec part = { .iov_base = &regs, .iov_len = sizeof(regs) };

	return ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part) ? 0 : regs.pc;
}

/* Stop the child each time that it comes to @at, or never if @at is 0. */
static int set_breakpoint(pid_t pid, uint64_t at)
{
	struct breakpoint breakpoint = {
		.at = at,
		.control = at ? BREAK_HERE : 0,
	};
	struct iovec part = {
		.iov_base = &breakpoint,
		.iov_len = sizeof(breakpoint),
	};

	return (int)ptrace(PTRACE_SETREGSET, pid, NT_ARM_HW_BREAK, &part);
}

/*
 * Let the child, which stands at the breakpoint @at, run on to its next stop. The
 * processor would stop it at the same instruction again.
 */
static int pass_breakpoint(pid_t pid, uint64_t at)
{
	if (set_breakpoint(pid, 0) ||
	    ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) ||
	    stopped_by(pid) != SIGTRAP || set_breakpoint(pid, at))
		return -1;
	return (int)ptrace(PTRACE_CONT, pid, NULL, NULL);
}
#endif

/*
 * Execute one instruction. A REP instruction takes several steps; *@times is
 * their number. Return the signal that stopped the child, or 0.
 */
static int step(pid_t pid, long *times)
{
	uint64_t at = where_is(pid);
	int signal;

	*times = 0;
	do {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL))
			return 0;
		signal = stopped_by(pid);
		++*times;
	} while (signal == SIGTRAP && where_is(pid) == at);
	return signal;
}

struct way way_new(void)
{
	return (struct way) {
		.place = shared_new(WAY_MAX * sizeof(struct place)),
	};
}

/*
 * Count the earlier visits of the address of @place[@n]. Return -1 if one of
 * them repeated (REP): a breakpoint may then stop once, or at each repetition.
 */
static long count_earlier(const struct place *place, long n)
{
	long earlier = 0;
	long i;

	for (i = 0; i <= n; i++) {
		if (place[i].at != place[n].at)
			continue;
		if (place[i].times > 1)
			return -1;
		earlier += i < n;
	}
	return earlier;
}

int traced_note(pid_t pid, struct way *way)
{
	struct place *place = way->place;
	int signal = SIGTRAP;
	long n;

	for (n = 0; n < WAY_MAX && signal == SIGTRAP; n++) {
		place[n].at = where_is(pid);
		signal = step(pid, &place[n].times);
	}
	way->length = n - 1;
	for (n = 0; n <= way->length; n++)
		place[n].earlier = count_earlier(place, n);
	return signal == END ? 0 : -1;
}

static int is_at(pid_t pid, const struct way *way, long n)
{
	uint64_t at = where_is(pid);

	if (at == way->place[n].at)
		return 1;
	printf("# instruction %ld of %ld is at %#llx, and was at %#llx\n", n,
	       way->length, (unsigned long long)at,
	       (unsigned long long)way->place[n].at);
	return 0;
}

static int walk(pid_t pid, const struct way *way, long from, long to)
{
	long times;

	for (; from < to; from++)
		if (!is_at(pid, way, from) || step(pid, &times) != SIGTRAP)
			return -1;
	return is_at(pid, way, to) ? 0 : -1;
}

/* Run to @place with a hardware breakpoint, skipping the earlier visits. */
static int run_to(pid_t pid, const struct place *place)
{
	long earlier;

	if (set_breakpoint(pid, place->at) ||
	    ptrace(PTRACE_CONT, pid, NULL, NULL) || stopped_by(pid) != SIGTRAP)
		return -1;
	for (earlier = 0; earlier < place->earlier; earlier++)
		if (pass_breakpoint(pid, place->at) ||
		    stopped_by(pid) != SIGTRAP)
			return -1;
	return set_breakpoint(pid, 0);
}

/* Number of stops to instruction @n: run to @i, then single-step. */
static long stops(const struct way *way, long i, long n)
{
	return i ? way->place[i].earlier + 1 + n - i : n;
}

static long best_stop(const struct way *way, long n)
{
	long best = 0;
	long i;

	for (i = 1; i <= n; i++)
		if (way->place[i].earlier >= 0 &&
		    stops(way, i, n) < stops(way, best, n))
			best = i;
	return best;
}

int traced_go(pid_t pid, const struct way *way, long n)
{
	long i = best_stop(way, n);

	if (i && run_to(pid, &way->place[i])) {
		printf("# it never came to instruction %ld of %ld, at %#llx\n",
		       i, way->length, (unsigned long long)way->place[i].at);
		return -1;
	}
	return walk(pid, way, i, n);
}

int traced_go_all(pid_t pid, const struct way *way)
{
	long times;

	return walk(pid, way, 0, way->length) || step(pid, &times) != END ?
		-1 : 0;
}
