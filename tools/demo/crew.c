// SPDX-License-Identifier: MPL-2.0
/*
 * The supervisor forks the children, kills the actors at given positions, and
 * starts them again. Each child opens a client of its own, as fork() does not
 * copy the mappings of a client.
 *
 * An actor is killed only while it certainly holds events: the supervisor reads
 * its stage while it is stopped. Kills alternate. In one, the supervisor stops
 * the actor at an arbitrary instruction. In the next, the actor stops itself,
 * by order, between commit and release, where its checkpoint is ahead of the
 * cursor.
 */
#include "crew.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "complaint.h"
#include "plan.h"
#include "producer.h"
#include "progress.h"

#define STALL_SECONDS	120

static const struct timespec tick = { .tv_nsec = 1000 * 1000 };

uint64_t stage_position(const struct stage *stage)
{
	uint64_t least = ~0ull;

	for (int i = 0; i < ACTORS; i++) {
		uint64_t position = RRING_LOAD(&stage->actor[i].position);

		if (position < least)
			least = position;
	}
	return least;
}

uint32_t crew_kills(const struct crew *crew)
{
	uint32_t kills = 0;

	for (int i = 0; i < ACTORS; i++)
		kills += crew->actor[i].kills;
	return kills;
}

uint64_t crew_held(const struct crew *crew)
{
	uint64_t held = 0;

	for (int i = 0; i < ACTORS; i++)
		held += crew->actor[i].held;
	return held;
}

/*
 * Called in the child after fork(): unblock the signals, die with @parent,
 * close the arena.
 */
static void settle(const struct crew *crew, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	close(crew->arena);
}

static struct actor_stage *stage_of(const struct crew *crew,
				    const struct member *member)
{
	return &crew->stage->actor[member - crew->actor];
}

/* Events between two kills. The last kill is two distances before the end. */
static uint64_t kill_distance(const struct plan *plan)
{
	return plan->total / (plan->kills + 2);
}

static uint64_t next_kill(const struct crew *crew, const struct member *member)
{
	return kill_distance(crew->plan) * (member->kills + 1);
}

/*
 * Write the orders for @member, which is about to start. If the supervisor is
 * to stop it, it also has the order to stop itself half a distance later, in
 * case the supervisor never finds it holding events.
 */
static void order(const struct crew *crew, const struct member *member)
{
	struct actor_stage *stage = stage_of(crew, member);

	stage->held = 0;
	stage->stop_phase = PHASE_IDLE;
	if (member->kills == crew->plan->kills)
		return;
	stage->stop_phase = PHASE_WORK;
	stage->stop_from = next_kill(crew, member);
	if (member->kills % 2)
		stage->stop_phase = PHASE_COMMITTED;
	else
		stage->stop_from += kill_distance(crew->plan) / 2;
}

static int start(struct crew *crew, struct member *member)
{
	pid_t parent = getpid();
	pid_t pid;
	int i = (int)(member - crew->actor);

	if (member != &crew->producer)
		order(crew, member);
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		complain(errno, "cannot start %s", member->name);
		return -EAGAIN;
	}
	if (!pid) {
		settle(crew, parent);
		if (member == &crew->producer)
			_exit(producer_main(crew->plan, crew->stage));
		_exit(actor_main(actor_kinds[i], crew->plan,
				 &crew->stage->actor[i]));
	}
	member->pid = pid;
	return 0;
}

static int ended(struct member *member, int status)
{
	member->pid = 0;
	member->done = WIFEXITED(status) && !WEXITSTATUS(status);
	if (member->done)
		return 0;
	if (WIFSIGNALED(status))
		complain(0, "%s died of signal %d", member->name,
			 WTERMSIG(status));
	else
		complain(0, "%s gave up", member->name);
	return -ECHILD;
}

static int restart(struct crew *crew, struct member *member)
{
	int status = 0;

	kill(member->pid, SIGKILL);
	while (waitpid(member->pid, &status, 0) < 0)
		if (errno != EINTR)
			break;
	if (!WIFSIGNALED(status))
		return ended(member, status);
	member->kills++;
	member->restarts++;
	return start(crew, member);
}

/* @member is stopped: kill and restart it if it holds events, else go on. */
static int stopped(struct crew *crew, struct member *member)
{
	struct actor_stage *stage = stage_of(crew, member);
	uint32_t held = RRING_LOAD_ACQUIRE(&stage->held);

	member->stopping = 0;
	if (!held) {
		kill(member->pid, SIGCONT);
		return 0;
	}
	member->held += held;
	member->killed_in[RRING_LOAD(&stage->phase) % PHASES]++;
	return restart(crew, member);
}

/*
 * Send SIGSTOP to @member if a kill is due and it holds events. stopped() finds
 * out whether it still holds some.
 */
static void aim(struct crew *crew, struct member *member)
{
	struct actor_stage *stage = stage_of(crew, member);

	if (member->stopping || stage->stop_phase != PHASE_WORK)
		return;
	if (RRING_LOAD(&stage->position) < next_kill(crew, member))
		return;
	if (RRING_LOAD(&stage->held))
		member->stopping = !kill(member->pid, SIGSTOP);
}

static int watch(struct crew *crew, struct member *member)
{
	int status;

	if (!member->pid)
		return 0;
	if (waitpid(member->pid, &status, WNOHANG | WUNTRACED) <= 0) {
		if (member != &crew->producer)
			aim(crew, member);
		return 0;
	}
	if (!WIFSTOPPED(status))
		return ended(member, status);
	/* only a terminal stops the producer: let it go on */
	if (member == &crew->producer)
		return kill(member->pid, SIGCONT);
	return stopped(crew, member);
}

static int all(struct crew *crew, int (*act)(struct crew *, struct member *))
{
	int err = act(crew, &crew->producer);

	for (int i = 0; i < ACTORS && !err; i++)
		err = act(crew, &crew->actor[i]);
	return err;
}

static int crew_done(const struct crew *crew)
{
	int done = crew->producer.done;

	for (int i = 0; i < ACTORS; i++)
		done = done && crew->actor[i].done;
	return done;
}

/*
 * Wait for a tick or a signal. Returns -EINTR after SIGINT or SIGTERM, else 0.
 */
static int rest(const sigset_t *signals)
{
	int signal = sigtimedwait(signals, NULL, &tick);

	return signal == SIGINT || signal == SIGTERM ? -EINTR : 0;
}

static int await(struct crew *crew, const sigset_t *signals,
		 const uint32_t *word)
{
	int err = 0;

	while (!err && !RRING_LOAD_ACQUIRE(word)) {
		err = all(crew, watch);
		if (!err)
			err = rest(signals);
	}
	return err;
}

/*
 * Start the producer, wait for its ring, start the actors, wait until all have
 * joined, then let the producer publish. So no actor misses an event.
 */
static int start_all(struct crew *crew, const sigset_t *signals)
{
	struct stage *stage = crew->stage;
	int i, err;

	err = start(crew, &crew->producer);
	if (!err)
		err = await(crew, signals, &stage->ring_open);
	for (i = 0; i < ACTORS && !err; i++)
		err = start(crew, &crew->actor[i]);
	for (i = 0; i < ACTORS && !err; i++)
		err = await(crew, signals, &stage->actor[i].joined);
	RRING_STORE_RELEASE(&stage->start, 1);
	return err;
}

/* The last change of the position that all actors have committed. */
struct stall {
	uint64_t position;
	double since;
};

static int stalled(struct stall *stall, uint64_t position)
{
	double time = seconds_now();

	if (position != stall->position) {
		stall->position = position;
		stall->since = time;
	}
	if (time - stall->since < STALL_SECONDS)
		return 0;
	complain(0, "no event went through in %d s", STALL_SECONDS);
	return -ETIMEDOUT;
}

static int run(struct crew *crew, struct progress *progress,
	       const sigset_t *signals)
{
	struct stall stall = { .since = seconds_now() };
	int err = 0;

	while (!err && !crew_done(crew)) {
		uint64_t position = stage_position(crew->stage);

		progress_show(progress, position, crew_kills(crew));
		err = stalled(&stall, position);
		if (!err)
			err = rest(signals);
		if (!err)
			err = all(crew, watch);
	}
	progress_end(progress, stage_position(crew->stage), crew_kills(crew));
	return err;
}

static int end(struct crew *crew, struct member *member)
{
	(void)crew;
	if (member->pid) {
		kill(member->pid, SIGKILL);
		waitpid(member->pid, NULL, 0);
		member->pid = 0;
	}
	return 0;
}

int crew_run(struct crew *crew)
{
	struct progress progress;
	sigset_t signals, before;
	double began;
	int i, err;

	crew->producer.name = "producer";
	for (i = 0; i < ACTORS; i++)
		crew->actor[i].name = actor_kinds[i]->name;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &before);
	progress_begin(&progress, crew->plan->total);
	err = start_all(crew, &signals);
	began = seconds_now();
	if (!err)
		err = run(crew, &progress, &signals);
	crew->seconds = seconds_now() - began;
	all(crew, end);
	if (err == -EINTR)
		complain(0, "interrupted");
	sigprocmask(SIG_SETMASK, &before, NULL);
	return err;
}
