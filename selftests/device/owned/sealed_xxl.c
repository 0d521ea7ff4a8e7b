// SPDX-License-Identifier: MPL-2.0
/*
 * A sealed event above 16 KiB, whose producer is hostile: it goes on storing, maps
 * the region again, or is killed while it seals. What a producer can try beside
 * that is in attack.c.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rusted_ring/internal/handle.h>

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"
#include "owned_arena.h"
#include "page.h"
#include "region.h"
#include "repetition.h"
#include "sleeper.h"
#include "stream.h"
#include "thread.h"
#include "xxl_event.h"

#define LEN	(256 * KIB)	/* of an event */
#define RW	(PROT_READ | PROT_WRITE)

FIXTURE(sealed_xxl)
{
	int arena;
	struct rring_client *producer, *reader;
};

FIXTURE_SETUP(sealed_xxl)
{
	self->arena = owned_arena(8, 2);
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->reader = client_of(self->arena, RRING_CONSUMER);
}

FIXTURE_TEARDOWN(sealed_xxl)
{
	rring_close(self->producer);
	EXPECT_TRUE(all_free(self->reader));
	rring_close(self->reader);
	close(self->arena);
}

static char *map_event(const struct rring_client *client,
		       const struct rring_event *event, int prot)
{
	return device_map(client->fd, RRING_REGION_XXL,
			  rring_handle_index(event->handle), LEN, prot);
}

TEST_F(sealed_xxl, can_be_mapped_read_only)
{
	struct rring_event made = xxl_make(self->producer, LEN, 3);
	char *before = map_event(self->producer, &made, PROT_READ);
	char *after;

	ASSERT_NE(MAP_FAILED, before);
	/* such a mapping never gets writable, so a seal leaves it alone */
	EXPECT_EQ(-1, mprotect(before, LEN, RW));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, rring_seal(self->producer, &made));
	EXPECT_EQ(MAP_FAILED, map_event(self->producer, &made, RW));
	EXPECT_EQ(EACCES, errno);
	after = map_event(self->producer, &made, PROT_READ);
	ASSERT_NE(MAP_FAILED, after);
	EXPECT_EQ(-1, mprotect(after, LEN, RW));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(0, memcmp(before, after, LEN));
	EXPECT_EQ(0, memcmp(before, made.data, LEN));
	EXPECT_EQ(0, munmap(before, LEN));
	EXPECT_EQ(0, munmap(after, LEN));
}

/* Its pages do not come back after its end, and not for the next event. */
TEST_F(sealed_xxl, slot_is_lent_again_to_another_producer)
{
	struct rring_client *other = client_of(self->arena, RRING_PRODUCER);
	struct rring_event made = xxl_make(self->producer, LEN, 3);
	char *kept = map_event(self->producer, &made, RW);
	struct rring_event next, seen;

	ASSERT_NE(MAP_FAILED, kept);
	kept[0] = kept[0];
	ASSERT_EQ(0, rring_seal(self->producer, &made));
	ASSERT_EQ(0, rring_drop(self->producer, &made));
	next = xxl_make(other, LEN, 5);
	ASSERT_EQ(rring_handle_index(made.handle),
		  rring_handle_index(next.handle));
	EXPECT_EQ(0, rring_is_sealed(other, &next));
	EXPECT_EQ(SIGBUS, signal_of_store(kept));
	EXPECT_EQ(MAP_FAILED, map_event(self->producer, &next, RW));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, rring_upgrade(self->producer, next.handle, &seen));
	EXPECT_EQ(0, rring_is_sealed(self->producer, &seen));
	EXPECT_EQ(-EPERM, rring_seal(self->producer, &seen));
	xxl_fill(&next, 6);
	EXPECT_TRUE(xxl_is(&seen, 6));
	EXPECT_EQ(0, munmap(kept, LEN));
	rring_close(other);
}

/* ---- a producer that goes on storing ---- */

/* A thread that stores into each page, again and again, until it may not. */
struct scribbler {
	char *addr;
	uint32_t is_storing;
	int last_round;		/* it begins no round after this one */
	int signal;		/* what ended it, or 0 */
};

static __thread sigjmp_buf fault;

static void on_fault(int signal)
{
	siglongjmp(fault, signal);
}

static void store_everywhere(struct scribbler *self)
{
	int last = 0;
	size_t at;

	while (!last) {
		last = __atomic_load_n(&self->last_round, __ATOMIC_ACQUIRE);
		for (at = 0; at < LEN; at += 64)
			*(volatile char *)(self->addr + at) += 1;
		step_take(&self->is_storing);
	}
}

static void *scribble(void *arg)
{
	struct scribbler *self = arg;

	self->signal = sigsetjmp(fault, 1);
	if (!self->signal)
		store_everywhere(self);
	return NULL;
}

/*
 * A reader sees the bit, and reads the payload twice. Meanwhile the producer stores
 * through two mappings as long as it can, and at least once more after that.
 */
TEST_F(sealed_xxl, is_what_a_reader_reads_twice)
{
	struct sigaction action = { .sa_handler = on_fault }, before;
	struct scribbler scribbler[2] = { 0 };
	struct rring_event made, seen;
	pthread_t thread[2];
	char *copy = malloc(LEN);
	uint32_t i, k;

	ASSERT_NE(NULL, copy);
	sigaction(SIGBUS, &action, &before);
	for (i = 0; i < rounds(40); i++) {
		made = xxl_make(self->producer, LEN, i);
		ASSERT_EQ(0, rring_upgrade(self->reader,
					   rring_share(self->producer, &made),
					   &seen));
		for (k = 0; k < 2; k++) {
			scribbler[k] = (struct scribbler) {
				.addr = k ? map_event(self->producer, &made,
						      RW) : made.data,
			};
			ASSERT_NE(MAP_FAILED, scribbler[k].addr);
			thread[k] = thread_start(scribble, &scribbler[k]);
			step_wait(&scribbler[k].is_storing);
		}
		ASSERT_EQ(0, rring_seal(self->producer, &made));
		ASSERT_EQ(1, rring_is_sealed(self->reader, &seen));
		memcpy(copy, seen.data, LEN);
		for (k = 0; k < 2; k++) {
			__atomic_store_n(&scribbler[k].last_round, 1,
					 __ATOMIC_RELEASE);
			thread_end(thread[k]);
			EXPECT_EQ(SIGBUS, scribbler[k].signal);
		}
		EXPECT_EQ(0, memcmp(copy, seen.data, LEN));
		EXPECT_EQ(0, munmap(scribbler[1].addr, LEN));
		ASSERT_EQ(0, rring_drop(self->reader, &seen));
		ASSERT_EQ(0, rring_drop(self->producer, &made));
	}
	sigaction(SIGBUS, &before, NULL);
	free(copy);
}

/* ---- a producer that is killed ---- */

struct sealer {
	int arena;
	int seals;
	uint64_t handle;
	struct baton ready;
};

static int seal_and_store(void *arg)
{
	struct sealer *sealer = arg;
	struct rring_client *client = client_of(sealer->arena, RRING_PRODUCER);
	struct rring_event event = xxl_make(client, LEN, 3);
	struct scribbler scribbler = { .addr = event.data };
	struct sigaction action = { .sa_handler = on_fault };

	sealer->handle = rring_share(client, &event);
	sigaction(SIGBUS, &action, NULL);
	thread_start(scribble, &scribbler);
	step_wait(&scribbler.is_storing);
	baton_pass(&sealer->ready);
	if (sealer->seals)
		MUST(!rring_seal(client, &event));
	for (;;)
		pause();
}

/*
 * The producer dies at any instant of its seal, or without one. Then its event
 * counts as sealed.
 */
TEST_F(sealed_xxl, has_a_producer_that_is_killed)
{
	struct sealer *sealer = mmap(NULL, sizeof(*sealer), RW,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct rring_event seen;
	char *copy = malloc(LEN);
	uint32_t i;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, sealer);
	ASSERT_NE(NULL, copy);
	for (i = 0; i < rounds(20); i++) {
		sealer->arena = self->arena;
		sealer->seals = i % 4;
		baton_init(&sealer->ready);
		pid = spawn(seal_and_store, sealer);
		baton_wait(&sealer->ready);
		ASSERT_EQ(0, rring_upgrade(self->reader, sealer->handle,
					   &seen));
		kill(pid, SIGKILL);
		while (!rring_is_sealed(self->reader, &seen))
			sched_yield();
		memcpy(copy, seen.data, LEN);
		EXPECT_EQ(128 + SIGKILL, reap(pid));
		EXPECT_EQ(1, rring_is_sealed(self->reader, &seen));
		EXPECT_EQ(0, memcmp(copy, seen.data, LEN));
		ASSERT_EQ(0, rring_drop(self->reader, &seen));
	}
	free(copy);
	munmap(sealer, sizeof(*sealer));
}

/* The client dies, but its process lives on, with its mapping. */
TEST_F(sealed_xxl, has_a_producer_whose_client_has_died)
{
	struct rring_client *dead = client_of(self->arena, RRING_PRODUCER);
	struct rring_event made = xxl_make(dead, LEN, 3);
	char *kept = map_event(dead, &made, RW);
	char *read_only = map_event(dead, &made, PROT_READ);
	struct rring_event seen;

	ASSERT_NE(MAP_FAILED, kept);
	ASSERT_NE(MAP_FAILED, read_only);
	ASSERT_EQ(0, signal_of_store(kept));
	ASSERT_EQ(0, rring_upgrade(self->reader, rring_share(dead, &made),
				   &seen));
	rring_close(dead);
	EXPECT_EQ(1, rring_is_sealed(self->reader, &seen));
	EXPECT_EQ(SIGBUS, signal_of_store(kept));
	EXPECT_EQ(SIGBUS, signal_of_load(kept + PAGE));
	EXPECT_EQ(0, signal_of_load(read_only));
	EXPECT_TRUE(xxl_is(&seen, 3));
	EXPECT_EQ(0, rring_drop(self->reader, &seen));
	EXPECT_EQ(0, munmap(kept, LEN));
	EXPECT_EQ(0, munmap(read_only, LEN));
}

TEST_HARNESS_MAIN
