// SPDX-License-Identifier: MPL-2.0
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../rring/output/report.h"
#include "session.h"

#define PAUSE_MS	10	/* before the second try; doubles with each */
#define PAUSE_MAX_MS	5000
#define TELL_NS		5000000000ull	/* between two metrics */
#define NS_PER_S	1000000000ull

static volatile sig_atomic_t over;
static struct relay *begun;	/* until session_end() */

static void on_signal(int signal)
{
	(void)signal;
	over = 1;
}

static void get_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
}

static void at_exit(void)
{
	if (begun)
		session_end(begun);
}

void session_begin(struct relay *relay)
{
	struct sigaction action = {
		.sa_handler = on_signal,
		/* a second signal ends the program */
		.sa_flags = (int)SA_RESETHAND,
	};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!begun)
		atexit(at_exit);
	begun = relay;
}

bool session_is_over(void)
{
	return over;
}

uint64_t session_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

/* Signals are blocked until ppoll() sleeps, so that none is missed. */
void session_rest(uint32_t ms)
{
	struct timespec time = {
		.tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};
	sigset_t signals, before;

	get_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, &before);
	if (!over)
		ppoll(NULL, 0, &time, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* ---- the broker ---- */

int session_connect(struct relay *relay)
{
	struct broker *broker = relay->broker;
	int error = broker->ops->connect(broker);

	if (error && !relay->counts.connections && !relay->wait)
		fail("%s: %s", relay->url.text, broker->why);
	if (error == BROKER_FAULT)
		fail("%s: %s", relay->url.text, broker->why);
	relay->counts.connected = !error;
	relay->counts.connections += !error;
	return error;
}

void session_pause(struct relay *relay, int error)
{
	struct broker *broker = relay->broker;

	if (error == BROKER_FAULT)
		fail("%s: %s", relay->url.text, broker->why);
	if (error == BROKER_AWAY)
		relay->counts.connected = false;
	else
		relay->counts.refusals++;
	if (!relay->pause)
		warn("%s: %s; trying again", relay->url.text, broker->why);
	relay->pause = relay->pause ? 2 * relay->pause : PAUSE_MS;
	if (relay->pause > PAUSE_MAX_MS)
		relay->pause = PAUSE_MAX_MS;
	session_tell(relay);
	session_rest(relay->pause);
}

void session_goes_on(struct relay *relay)
{
	relay->pause = 0;
}

/* ---- metrics ---- */

bool session_is_due(const struct relay *relay)
{
	return relay->metrics && session_time() - relay->written >= TELL_NS;
}

static void write_metrics(struct relay *relay)
{
	int err;

	relay->written = session_time();
	err = counts_write(&relay->counts, &relay->about, relay->metrics);
	if (err)
		warn("cannot write %s: %s", relay->metrics, strerror(-err));
}

void session_tell(struct relay *relay)
{
	if (session_is_due(relay))
		write_metrics(relay);
}

void session_end(struct relay *relay)
{
	begun = NULL;
	relay->counts.connected = false;
	if (relay->metrics)
		write_metrics(relay);
}
