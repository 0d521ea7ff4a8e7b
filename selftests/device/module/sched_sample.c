// SPDX-License-Identifier: MPL-2.0
/*
 * rring_sched and rring-sched: exact counts of switches that are not read,
 * loading and unloading while tasks switch, and refused parameters. $TORTURE:
 * ten times the switches.
 *
 * programs: jq
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rusted_ring_sched.h>

#include "arena.h"
#include "kselftest_harness.h"
#include "sched_recording.h"

#define MODULE	RECORDING_MODULE

FIXTURE(sched) {
	struct recording_sums sums;
};

FIXTURE_SETUP(sched)
{
}

FIXTURE_TEARDOWN(sched)
{
	recording_unload();
}

/*
 * The reader polls. If events woke it, its own switches would be events that
 * wake it again, without end.
 */
TEST_F_TIMEOUT(sched, reader_is_never_woken, 100)
{
	static const char wakes[] =
		"rring ring -a default --json | jq 'map(.wakes) | add'";
	long long before;
	pid_t pid;

	ASSERT_EQ(0, recording_load(""));
	pid = reader_in_total();
	before = ask(wakes);
	EXPECT_LE(0, before);
	EXPECT_EQ(0, switches_make(200));
	EXPECT_EQ(before, ask(wakes));
	kill(pid, SIGINT);
	ASSERT_EQ(0, reap(pid));
	EXPECT_LE(4 * 200, said_sum("switches"));
}

/* ---- drops ---- */

/*
 * Run a reader that is stopped while there are more switches than the rings
 * have entries. Then it continues, and the module is unloaded.
 */
static void lag_behind(const char *parameters, struct recording_sums *sums)
{
	pid_t pid;

	if (recording_load(parameters))
		exit(1);
	pid = reader_in_total();
	stop_process(pid);
	if (switches_make(500 * recording_scale()))
		exit(1);
	kill(pid, SIGCONT);
	if (switches_make(500 * recording_scale()) ||
	    recording_end(sums) || reap(pid))
		exit(1);
}

TEST_F_TIMEOUT(sched, read_and_dropped_is_all, 100)
{
	lag_behind("capacity=64", &self->sums);
	EXPECT_LT(0, self->sums.dropped);
	/* some drops may be from before the reader joined */
	EXPECT_GE(self->sums.dropped, (uint64_t)said_sum("dropped"));
	EXPECT_LE(self->sums.dropped, (uint64_t)(said_sum("dropped") +
						 said_sum("before")));
	EXPECT_EQ(0, said_sum("overwritten"));
	EXPECT_EQ(self->sums.switches, said_recorded());
	EXPECT_LT(0, said_sum("unknown_ns"));
	TH_LOG("%" PRIu64 " switches, %" PRIu64 " dropped", self->sums.switches,
	       self->sums.dropped);
}

TEST_F_TIMEOUT(sched, read_and_overwritten_is_all, 100)
{
	lag_behind("capacity=64 policy=overwrite", &self->sums);
	EXPECT_EQ(0, self->sums.dropped);
	EXPECT_EQ(0, said_sum("dropped"));
	EXPECT_LT(0, said_sum("overwritten"));
	EXPECT_EQ(self->sums.switches, said_recorded());
	/* the last switch was read */
	EXPECT_EQ(self->sums.switches, (uint64_t)said_sum("last"));
	TH_LOG("%" PRIu64 " switches, %lld overwritten", self->sums.switches,
	       said_sum("overwritten"));
}

/* ---- loading and unloading ---- */

TEST_F_TIMEOUT(sched, module_goes_while_its_reader_is_stopped, 100)
{
	pid_t pid;

	ASSERT_EQ(0, recording_load("capacity=1024"));
	pid = reader_in_total();
	stop_process(pid);
	EXPECT_EQ(0, switches_make(100));
	ASSERT_EQ(0, recording_end(&self->sums));
	kill(pid, SIGCONT);
	ASSERT_EQ(0, reap(pid));
	EXPECT_EQ(RECORDING_CPUS, said_sum("ended"));
	EXPECT_EQ(self->sums.switches, said_recorded());
}

TEST_F_TIMEOUT(sched, comes_and_goes_twenty_times_while_tasks_switch, 100)
{
	pid_t pids[RECORDING_PROCESSES], pid = 0;
	int i;

	switches_start(1u << 30, pids);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, recording_load(i % 10 ? "policy=overwrite" : ""));
		if (i % 5 == 0)
			pid = reader_in_total();
		ASSERT_EQ(0, recording_end(&self->sums));
		if (i % 5 == 0) {
			ASSERT_EQ(0, reap(pid));
			EXPECT_EQ(self->sums.switches, said_recorded());
		}
	}
	for (i = 0; i < RECORDING_PROCESSES; i++)
		slay(pids[i]);
}

/* ---- refused parameters ---- */

static int count(const char *text, const char *word)
{
	int n = 0;

	while ((text = strstr(text, word))) {
		text += strlen(word);
		n++;
	}
	return n;
}

/* One log line gives the reason, from the module or from the kernel. */
TEST_F_TIMEOUT(sched, refuses_bad_parameters, 100)
{
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{ "policy=block", -EINVAL },
		{ "policy=", -EINVAL },
		{ "capacity=0", -EINVAL },
		{ "capacity=16777217", -EINVAL },
		{ "capacity=x", -EINVAL },
		{ "capacity=16777216", -ENOSPC },
		{ "prefix=a//b", -EINVAL },
		{ "prefix=a-prefix-of-62-characters-is-too-long-for-a-ring-of-63-with-.N",
		  -EINVAL },
		{ "arena=nowhere", -ENOENT },
	};
	char mark[RECORDING_MARK], *log;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		recording_mark(mark);
		EXPECT_EQ(bad[i].err, recording_load(bad[i].text)) {
			TH_LOG("%s", bad[i].text);
		}
		log = recording_log(mark);
		EXPECT_EQ(1, count(log, MODULE ": ") + count(log, "`" MODULE)) {
			TH_LOG("%s: %s", bad[i].text, log);
		}
		free(log);
	}
	EXPECT_EQ(0, ask("rring ring -a default --json | jq length"));
}

/* The last ring is busy, so the module closes the ones before it. */
TEST_F_TIMEOUT(sched, refuses_rings_that_have_a_writer, 100)
{
	struct rring_ring_config config = {
		.name = "sched.1",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4096,
		.stride = RRING_SCHED_STRIDE,
	};
	struct rring_client *client;
	struct rring_writer *writer;

	ASSERT_EQ(0, rring_open(&client, NULL, RRING_PRODUCER, 0));
	ASSERT_EQ(0, rring_writer_open(client, &config, &writer));
	EXPECT_EQ(-EBUSY, recording_load(""));
	EXPECT_EQ(1, ask("rring ring -a default --json | jq length"));
	rring_writer_close(writer);
	EXPECT_EQ(0, recording_load(""));
	rring_close(client);
}

/* The error message is one line and names the remedy. */
TEST_F_TIMEOUT(sched, reader_says_what_is_missing, 100)
{
	EXPECT_EQ(1, ask("rring-sched 2>/tmp/err; echo $?"));
	EXPECT_EQ(1, ask("grep -c 'rring-sched: .*modprobe rring_sched' /tmp/err"));
	EXPECT_EQ(1, ask("wc -l </tmp/err"));
	EXPECT_EQ(2, ask("rring-sched --interval=0 2>/tmp/err; echo $?"));
	EXPECT_EQ(2, ask("rring-sched all 2>/tmp/err; echo $?"));
}

TEST_F_TIMEOUT(sched, reader_prints_tables, 100)
{
	ASSERT_EQ(0, recording_load(""));
	EXPECT_EQ(0, ask("rring-sched --interval=50 --count=2 --top=3 "
			 ">/tmp/out; echo $?"));
	EXPECT_EQ(2, ask("grep -cE '^[0-9.]+ s, 2 CPUs: [0-9]+ switches, "
			 "[0-9.]+ % idle$' /tmp/out"));
	EXPECT_EQ(2, ask("grep -cE '^ *PID  COMM +MS +SWITCHES +CPU%$' "
			 "/tmp/out"));
	EXPECT_LE(2, ask("grep -cE '^ *[0-9]+  .* [0-9.]+ +[0-9]+ +[0-9.]+$' "
			 "/tmp/out"));
	EXPECT_GE(6, ask("grep -cE '^ *[0-9]+  .* [0-9.]+ +[0-9]+ +[0-9.]+$' /tmp/out"));
}

TEST_HARNESS_MAIN
