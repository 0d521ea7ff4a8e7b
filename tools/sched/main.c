// SPDX-License-Identifier: MPL-2.0
/*
 * rring-sched: shows the busiest tasks, from the context switches that
 * rring_sched records.
 *
 * It never waits for a ring: its own sleep is a switch, so an event, which
 * would wake it. It sleeps for a fixed time, and then reads all events. So each
 * poll adds only a few switches, however many other switches there are.
 */
#include <argp.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../rring/input/number.h"
#include "../rring/output/report.h"
#include "account.h"
#include "stream.h"
#include "summary.h"

#define NS_PER_MS	1000000ull
#define NS_PER_S	1000000000ull
#define MS_MAX		1000000000ull
#define BATCH		8192		/* switches read per ring and turn */

const char *argp_program_version = "rring-sched " RUSTED_RING_VERSION;

enum { KEY_POLL = 256 };

struct session {
	const char *arena;
	const char *prefix;
	uint64_t interval;	/* nanoseconds */
	uint64_t poll;		/* nanoseconds */
	uint64_t left;		/* summaries still to be printed */
	bool total;		/* only one summary, at the end */
	struct summary summary;
	struct stream *streams;
	struct account account;
	sigset_t signals;	/* these end the program */
	uint64_t began;		/* start of the present interval */
};

static const struct argp_option options[] = {
	{ "arena", 'a', "NAME", 0, "the arena of that name", 0 },
	{ "prefix", 'p', "PREFIX", 0, "of the rings' names (sched)", 0 },
	{ "interval", 'i', "MS", 0, "between two summaries (1000)", 0 },
	{ "count", 'n', "N", 0, "end after that many", 0 },
	{ "total", 'T', NULL, 0, "one summary, at the end", 0 },
	{ "top", 't', "N", 0, "show that many tasks (10); 0: all", 0 },
	{ "poll", KEY_POLL, "MS", 0, "between two looks into the rings, which "
	  "have to hold what happens meanwhile (20)", 0 },
	{ "json", 'j', NULL, 0, "each summary as a line of JSON", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct session *session = state->input;

	switch (key) {
	case 'a':
		session->arena = number_name(arg, state);
		return 0;
	case 'p':
		session->prefix = arg;
		return 0;
	case 'i':
		session->interval = number(arg, 1, MS_MAX, state) * NS_PER_MS;
		return 0;
	case 'n':
		session->left = number(arg, 1, UINT64_MAX - 1, state);
		return 0;
	case 'T':
		session->total = true;
		return 0;
	case 't':
		session->summary.top = number(arg, 0, UINT32_MAX, state);
		return 0;
	case KEY_POLL:
		session->poll = number(arg, 1, MS_MAX, state) * NS_PER_MS;
		return 0;
	case 'j':
		session->summary.json = true;
		return 0;
	case ARGP_KEY_ARG:
		refuse(state, "%s: what is this?", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Print which tasks had the CPUs, for how long, and how often, "
	       "from the context switches that the module rring_sched records; "
	       "until a signal, or the module's end.",
};

/* ---- time ---- */

/* Returns the time by the clock of the events. */
static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

/* Sleep until @when. Returns true if a signal came. */
static bool sleep_until(const struct session *session, uint64_t when)
{
	uint64_t time = now();
	uint64_t left = when > time ? when - time : 0;
	struct timespec timeout = {
		.tv_sec = (time_t)(left / NS_PER_S),
		.tv_nsec = (long)(left % NS_PER_S),
	};

	return sigtimedwait(&session->signals, NULL, &timeout) > 0;
}

static void block_signals(struct session *session)
{
	sigemptyset(&session->signals);
	sigaddset(&session->signals, SIGINT);
	sigaddset(&session->signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &session->signals, NULL);
}

/* ---- polls and summaries ---- */

/* Account up to BATCH switches of ring @i. Returns true if more may follow. */
static bool read_one(struct session *session, unsigned int i)
{
	struct rring_sched_switch event;
	unsigned int n;

	for (n = 0; n < BATCH; n++) {
		if (!stream_take(&session->streams[i], &event))
			return false;
		account_switch(&session->account, i, &event);
	}
	return true;
}

static bool read_all(struct session *session)
{
	bool more = false;
	unsigned int i;

	for (i = 0; i < session->account.nr_cpus; i++)
		more |= read_one(session, i);
	return more;
}

static bool all_ended(const struct session *session)
{
	unsigned int i;

	for (i = 0; i < session->account.nr_cpus; i++)
		if (!session->streams[i].ended)
			return false;
	return true;
}

/*
 * Print a summary up to @time, and begin a new interval. @time was taken before
 * the rings were read, so the task of the last switch had the CPU until @time.
 */
static void summarize(struct session *session, uint64_t time)
{
	unsigned int i;

	for (i = 0; i < session->account.nr_cpus; i++)
		if (!session->streams[i].ended)
			account_running(&session->account, i, time);
	session->summary.time = time - session->began;
	summary_print(&session->summary, &session->account, session->streams);
	account_clear(&session->account);
	session->began = time;
	session->left--;
}

static uint64_t next_summary(const struct session *session)
{
	return session->total ? UINT64_MAX :
				session->began + session->interval;
}

static bool look(struct session *session)
{
	uint64_t wake = session->began, time;
	bool more = true, end = false;

	while (!end) {
		/* with more to read, do not sleep, but check for signals */
		end = sleep_until(session, more ? 0 : wake);
		time = now();
		more = read_all(session);
		end |= all_ended(session);
		if (time >= next_summary(session))
			break;
		wake = time + session->poll;
		if (wake > next_summary(session))
			wake = next_summary(session);
	}
	summarize(session, time);
	return !end;
}

int main(int argc, char **argv)
{
	struct session session = {
		.prefix = "sched",
		.interval = 1000 * NS_PER_MS,
		.poll = 20 * NS_PER_MS,
		.left = UINT64_MAX,
		.summary.top = 10,
	};
	unsigned int n;

	setlocale(LC_ALL, "");
	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &session);
	block_signals(&session);
	n = stream_open_all(session.arena, session.prefix, &session.streams);
	account_init(&session.account, n);
	session.began = now();
	while (session.left && look(&session))
		;
	return STATUS_DONE;
}
