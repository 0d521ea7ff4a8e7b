// SPDX-License-Identifier: MPL-2.0
/*
 * For each task, rring_sched and rring-sched report exactly the run time in ns
 * and the switches of /proc/PID/schedstat. TORTURE: ten times the work.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "kselftest_harness.h"
#include "sched_recording.h"
#include "sleeper.h"

#define MS	1000000ull

/* ---- workers ---- */

static uint64_t time_of(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

/* Action after each millisecond of work. */
enum habit { KEEPS_ON, YIELDS, SLEEPS, ROAMS };

struct worker {
	int cpu;		/* CPU on which it stops */
	enum habit habit;
	uint64_t work;		/* nanoseconds of CPU time */
	pid_t pid;
	uint64_t runtime;	/* schedstat: before, then difference */
	uint64_t switches;
};

static void follow_habit(const struct worker *worker, unsigned int n)
{
	static const struct timespec moment = { .tv_nsec = 1 };

	switch (worker->habit) {
	case YIELDS:
		sched_yield();
		return;
	case SLEEPS:
		nanosleep(&moment, NULL);
		return;
	case ROAMS:
		run_on((int)(n % RECORDING_CPUS));
		return;
	default:
		return;
	}
}

/* Stop, work, and stop again. */
static int work(void *arg)
{
	const struct worker *worker = arg;
	uint64_t begin, time, done = 0;
	unsigned int n = 0;

	run_on(worker->cpu);
	raise(SIGSTOP);
	begin = time_of(CLOCK_THREAD_CPUTIME_ID);
	while (done < worker->work) {
		time = time_of(CLOCK_THREAD_CPUTIME_ID) - begin;
		if (time < done + MS)
			continue;
		done = time;
		follow_habit(worker, n++);
	}
	run_on(worker->cpu);
	raise(SIGSTOP);
	return 0;
}

/* Read schedstat when the worker has stopped and left its CPU. */
static void read_schedstat(const struct worker *worker, uint64_t *runtime,
			   uint64_t *switches)
{
	char path[32];
	FILE *file;
	int status;

	if (waitpid(worker->pid, &status, WUNTRACED) != worker->pid ||
	    !WIFSTOPPED(status))
		exit(1);
	until_off_cpu(worker->pid);
	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)worker->pid);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%" SCNu64 " %*u %" SCNu64, runtime,
			    switches) != 2)
		exit(1);
	fclose(file);
}

static void worker_start(struct worker *worker)
{
	worker->pid = spawn(work, worker);
	read_schedstat(worker, &worker->runtime, &worker->switches);
}

static void worker_await(struct worker *worker)
{
	uint64_t runtime, switches;

	read_schedstat(worker, &runtime, &switches);
	worker->runtime = runtime - worker->runtime;
	worker->switches = switches - worker->switches;
}

static void workers_run(struct worker *workers, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		kill(workers[i].pid, SIGCONT);
	for (i = 0; i < n; i++)
		worker_await(&workers[i]);
}

static void workers_end(struct worker *workers, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		slay(workers[i].pid);
}

/* Does the kernel take a CPU from a task that is executing in the kernel? */
static int kernel_preempts_itself(void)
{
	FILE *file = fopen("/sys/kernel/debug/sched/preempt", "r");
	char modes[64] = "";
	struct utsname name;

	if (!file)
		return !uname(&name) && strstr(name.version, "PREEMPT");
	if (!fgets(modes, sizeof(modes), file))
		modes[0] = 0;
	fclose(file);
	return strstr(modes, "(full)") || strstr(modes, "(lazy)");
}

/*
 * A task that is preempted between its decision to sleep and the switch is
 * switched in once more, which schedstat does not count.
 */
static int agrees(uint64_t counted, uint64_t said)
{
	uint64_t more = kernel_preempts_itself() ? 2 + counted : 0;

	if (said >= counted && said <= counted + more)
		return 1;
	printf("# %" PRIu64 " switches, said to be %" PRIu64 "\n", counted,
	       said);
	return 0;
}

/* ---- the tests ---- */

FIXTURE(sched_accuracy)
{
	struct recording_sums sums;
};

FIXTURE_SETUP(sched_accuracy)
{
}

FIXTURE_TEARDOWN(sched_accuracy)
{
	recording_unload();
}

/*
 * The values are equal, as an event has the same two counters as schedstat,
 * taken at the same instants: the run time is updated before a switch is
 * traced, and an arrival is counted with its switch.
 */
TEST_F_TIMEOUT(sched_accuracy, agrees_with_schedstat, 100)
{
	uint64_t amount = 100 * MS * recording_scale(), before, time;
	struct worker workers[] = {
		{ .cpu = 0, .habit = KEEPS_ON, .work = amount },
		{ .cpu = 0, .habit = YIELDS, .work = amount / 2 },
		{ .cpu = 0, .habit = ROAMS, .work = amount },
		{ .cpu = 1, .habit = SLEEPS, .work = amount },
		{ .cpu = 1, .habit = YIELDS, .work = 2 * amount },
	};
	size_t i, n = sizeof(workers) / sizeof(*workers);
	pid_t pid;

	ASSERT_EQ(0, recording_load("capacity=65536"));
	for (i = 0; i < n; i++)
		worker_start(&workers[i]);
	before = time_of(CLOCK_MONOTONIC);
	pid = reader_in_total();
	workers_run(workers, n);
	/* the reader reads during the unload, and ends with the streams */
	ASSERT_EQ(0, recording_end(&self->sums));
	ASSERT_EQ(0, reap(pid));
	time = time_of(CLOCK_MONOTONIC) - before;
	workers_end(workers, n);

	for (i = 0; i < n; i++) {
		EXPECT_EQ(workers[i].runtime,
			  said_of(workers[i].pid, "runtime_ns"));
		EXPECT_TRUE(agrees(workers[i].switches,
				   said_of(workers[i].pid, "switches")));
		EXPECT_LE(workers[i].work, workers[i].runtime);
		TH_LOG("worker %zu: %" PRIu64 " ns in %" PRIu64 " switches", i,
		       workers[i].runtime, workers[i].switches);
	}
	EXPECT_EQ(0, self->sums.dropped);
	EXPECT_EQ(0, said_sum("dropped"));
	EXPECT_EQ(0, said_sum("unknown_ns"));
	EXPECT_EQ(self->sums.switches, said_recorded());
	/* tasks and idle time add up to the time of the CPUs */
	EXPECT_EQ(said_sum("time_ns"), said_sum("idle_ns") +
				       said_of_tasks("time_ns"));
	EXPECT_GE((long long)time, said_of_cpu(0, "time_ns"));
	EXPECT_GE((long long)time, said_of_cpu(1, "time_ns"));
	TH_LOG("of %lld ns: idle %lld, tasks %lld by the clock, %lld by the scheduler",
	       said_sum("time_ns"), said_sum("idle_ns"),
	       said_of_tasks("time_ns"),
	       said_of_tasks("runtime_ns"));
}

/* A task that is running when a summary is due is in it, and counts once. */
TEST_F_TIMEOUT(sched_accuracy, sums_of_intervals_agree_too, 100)
{
	uint64_t work = 50 * MS * recording_scale();
	static const char *const options[] = { "--interval=20", "--poll=7",
					       NULL };
	struct worker workers[] = {
		{ .cpu = 0, .habit = KEEPS_ON, .work = 4 * work },
		{ .cpu = 1, .habit = ROAMS, .work = work },
	};
	size_t i, n = sizeof(workers) / sizeof(*workers);
	pid_t pid;

	ASSERT_EQ(0, recording_load("capacity=65536 prefix=sched"));
	for (i = 0; i < n; i++)
		worker_start(&workers[i]);
	pid = reader_start(options);
	workers_run(workers, n);
	/* a slow reader makes few summaries: the last one at its end */
	while (!said_summaries())
		usleep(1000);
	kill(pid, SIGTERM);
	ASSERT_EQ(0, reap(pid));
	workers_end(workers, n);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(workers[i].runtime,
			  said_of(workers[i].pid, "runtime_ns"));
		EXPECT_TRUE(agrees(workers[i].switches,
				   said_of(workers[i].pid, "switches")));
	}
	EXPECT_EQ(0, said_sum("unknown_ns"));
	EXPECT_LT(1, said_summaries());
}

static void set_online(int online)
{
	int fd = open("/sys/devices/system/cpu/cpu1/online", O_WRONLY);

	if (fd < 0 || write(fd, online ? "1" : "0", 1) != 1) {
		perror("# cpu1/online");
		exit(1);
	}
	close(fd);
}

TEST_F_TIMEOUT(sched_accuracy, cpus_come_and_go, 100)
{
	struct worker worker = { .cpu = 1, .habit = SLEEPS, .work = 20 * MS };
	pid_t pid;

	ASSERT_EQ(0, recording_load("capacity=65536"));
	pid = reader_in_total();
	set_online(0);
	set_online(1);
	worker_start(&worker);
	workers_run(&worker, 1);
	ASSERT_EQ(0, recording_end(&self->sums));
	ASSERT_EQ(0, reap(pid));
	workers_end(&worker, 1);
	EXPECT_EQ(self->sums.switches, said_recorded());
	/* an offline CPU has no trace events */
	EXPECT_EQ(0, said_of_cpu(0, "unknown_ns"));
	/* includes the run time before the first stop */
	EXPECT_LE(worker.runtime, said_of(worker.pid, "runtime_ns"));
}

TEST_HARNESS_MAIN
