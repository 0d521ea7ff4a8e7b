// SPDX-License-Identifier: MPL-2.0
/*
 * Processes that make random, almost valid calls: ioctls, mmap, other calls on
 * mappings and descriptors, and netlink requests; with one thread, or two
 * threads that share descriptors. Honest clients lose nothing, calls return
 * only documented errnos and change nothing else, and all is free at the end.
 * RRING_SEED repeats a run; this is exact with one thread. TORTURE=1: a million
 * calls.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "honest_clients.h"
#include "fuzzer.h"
#include "netlink.h"
#include "repetition.h"
#include "sleeper.h"
#include "stream.h"
#include "user.h"

#include "kselftest_harness.h"

#define NAME	"fuzzed"
#define LIVES	(is_torture() ? 130u : rounds(6))
#define EVENTS	20		/* of each ring, after each run */

FIXTURE(fuzz)
{
	struct fuzzer world;
	struct honest_clients others;
	struct rring_client *watcher;
	struct nl nl;
	uint32_t arena;
	int used;
};

FIXTURE_VARIANT(fuzz)
{
	uid_t uid;
	int threads;
};

FIXTURE_VARIANT_ADD(fuzz, root)
{
	.uid = 0,
	.threads = 1,
};

FIXTURE_VARIANT_ADD(fuzz, nobody)
{
	.uid = NOBODY,
	.threads = 1,
};

FIXTURE_VARIANT_ADD(fuzz, root_threads)
{
	.uid = 0,
	.threads = 2,
};

FIXTURE_VARIANT_ADD(fuzz, nobody_threads)
{
	.uid = NOBODY,
	.threads = 2,
};

static int module_users(void)
{
	FILE *file = fopen("/sys/module/rusted_ring/refcnt", "r");
	int users = -1;

	MUST(file && fscanf(file, "%d", &users) == 1);
	fclose(file);
	return users;
}

FIXTURE_SETUP(fuzz)
{
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = SMALL_CAPACITY,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	self->world = (struct fuzzer){
		.arena_fd = rring_arena_create(&config),
		.uid = variant->uid,
		.threads = variant->threads,
		.counts = shared_new(sizeof(*self->world.counts)),
		.rng = rng_new("fuzz"),
	};
	ASSERT_LE(0, self->world.arena_fd);
	baton_init(&self->world.ready);
	self->nl = nl_open();
	self->arena = nl_arena(&self->nl, NAME);
	self->watcher = client_of(self->world.arena_fd, RRING_OBSERVER);
	honest_clients_start(&self->others, self->world.arena_fd, 1,
			     self->world.rng);
	self->used = module_users();
}

FIXTURE_TEARDOWN(fuzz)
{
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
	nl_close(&self->nl);
}

/* Forget absent named readers, which would gate their writers forever. */
static void forget_names(FIXTURE_DATA(fuzz) *self)
{
	struct nl_answer answer = nl_of_arena(&self->nl, RRING_CMD_READER_GET,
					      self->arena);
	uint32_t i;

	for (i = 0; i < answer.n; i++) {
		struct nl_value reader[] = {
			NL_U32(RRING_A_READER_ARENA, self->arena),
			NL_U32(RRING_A_READER_RING,
			       nl_u32(&answer.object[i], RRING_A_READER_RING)),
			NL_U32(RRING_A_READER_ID,
			       nl_u32(&answer.object[i], RRING_A_READER_ID)),
			{ 0 }
		};

		/* -EBUSY: the name belongs to a live client */
		nl_change(&self->nl, RRING_CMD_READER_FORGET, reader);
	}
	nl_free(&answer);
}

/*
 * Stop @pid at times, and kill it at last or not. Only used for runs that need
 * not be repeatable.
 */
static void disturb(FIXTURE_DATA(fuzz) * self, pid_t pid, struct rng *rng)
{
	uint32_t i;

	for (i = rng_below(rng, 20); i; i--) {
		uint64_t until = self->world.counts->calls + 50;

		while (self->world.counts->calls < until && !has_ended(pid))
			sched_yield();
		kill(pid, SIGSTOP);
		free_slots(self->watcher, RRING_XS);
		kill(pid, SIGCONT);
	}
	if (rng_below(rng, 2))
		kill(pid, SIGKILL);
}

TEST_F_TIMEOUT(fuzz, harms_nobody_and_leaves_nothing_behind, 1800)
{
	struct rng rng = self->world.rng;
	uint32_t i, lives = LIVES;
	int status, ring;
	pid_t pid;

	for (i = 0; i < lives; i++) {
		self->world.rng = rng_for(rng, i);
		pid = spawn(fuzzer_live, &self->world);
		baton_wait(&self->world.ready);
		if (variant->threads > 1)
			disturb(self, pid, &self->world.rng);
		status = reap(pid);
		ASSERT_TRUE(!status || (variant->threads > 1 &&
					status == 128 + SIGKILL)) {
			TH_LOG("life %u ended with %d", i, status);
		}
		forget_names(self);
		for (ring = 0; ring < HONEST_RINGS; ring++)
			ASSERT_TRUE(honest_clients_go_on(&self->others, ring,
							 EVENTS));
		/*
		 * files that were queued in a socket are released a little
		 * later
		 */
		while (module_users() > self->used)
			sched_yield();
		ASSERT_EQ(self->used, module_users());
	}
	EXPECT_TRUE(honest_clients_end(&self->others));
	printf("# %llu calls (%llu ioctls without an error, %llu mappings, "
	       "%llu messages) beside %llu events\n",
	       (unsigned long long)self->world.counts->calls,
	       (unsigned long long)self->world.counts->good,
	       (unsigned long long)self->world.counts->maps,
	       (unsigned long long)self->world.counts->messages,
	       (unsigned long long)honest_clients_read(&self->others));
}

TEST_HARNESS_MAIN
