// SPDX-License-Identifier: MPL-2.0
/*
 * A hostile writer that stores random values into all words of its ring and its
 * events. Kernel readers of other rings get their events. RRING_SEED repeats
 * the values; RRING_LIVES (2) is the number of such writers.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <rusted_ring/internal/handle.h>

#include "arena.h"
#include "kernel_reader.h"
#include "device.h"
#include "rng.h"
#include "kernel_read_ring.h"
#include "kselftest_harness.h"
#include "ring_kinds.h"
#include "stream.h"

#define WRITES		10000	/* by each writer */

FIXTURE(random_writer)
{
	int arena;
	struct rring_client *client;
	int fd;			/* reader that makes the kernel's cursors exist */
};

FIXTURE_RING_KINDS(random_writer);

FIXTURE_SETUP(random_writer)
{
	static const uint32_t capacity[RRING_POOLS] = { 64, 64, 16, 8, 4, 4 };

	ASSERT_EQ(0, consumer_load());
	self->arena = arena_with(capacity, 0);
	self->client = client_of(self->arena, RRING_PRODUCER);
	kring_writer(self->client, variant->kind, "silent", RRING_FAIL);
	self->fd = kring_reader(self->arena, "silent", 0, 0);
}

FIXTURE_TEARDOWN(random_writer)
{
	close(self->fd);
	rring_close(self->client);
	close(self->arena);
	EXPECT_EQ(0, consumer_unload());
}

struct part {
	int arena;
	enum rring_kind kind;
	struct rng rng;
	struct baton opened;
	struct baton go;
};

static uint64_t lie_about(struct rng *rng, uint64_t truth)
{
	const uint64_t lies[] = {
		0,
		1,
		truth,
		truth - 1,
		truth + 1,
		truth + KRING_CAPACITY,
		truth + KRING_CAPACITY + 1,
		truth - KRING_CAPACITY,
		truth + (1ull << 32),
		truth + 1000,
		truth + (rng_next(rng) >> 16),
	};

	return lies[rng_below(rng, ARRAY_SIZE(lies))];
}

static void spoil_entry(struct rng *rng, struct rring_writer *writer)
{
	uint32_t index = rng_below(rng, KRING_CAPACITY);
	uint32_t len = rng_below(rng, 2) ? (uint32_t)rng_next(rng)
					 : rng_below(rng, KRING_STRIDE);
	const struct rring_pool_view *pool;
	uint32_t class = rng_below(rng, RRING_POOLS), slot;

	if (writer->headers) {
		writer->headers[index].len = len;
		return;
	}
	pool = &writer->client->pool[class];
	slot = rng_below(rng, pool->capacity);
	RRING_STORE(&writer->entries[index].header.len, len);
	RRING_STORE(
		&writer->entries[index].handle,
		rng_below(rng, 4)
			? rring_word_load(&pool->generation[slot])
			: rng_next(rng));
}

/*
 * Get slots from the kernel and hold none, so that the slots that the ring
 * names are soon reused. The library would fail here, so it is not used.
 */
static void turn_over(struct rng *rng, struct rring_client *client)
{
	uint32_t class = rng_below(rng, RRING_POOLS);
	struct rring_pool_view *pool = &client->pool[class];
	struct rring_refill refill = {
		.size = sizeof(refill),
		.pool = class,
		.count = 1,
		.bytes = class == RRING_XXL ? 40000 : 0,
	};

	device_call(client->fd, RRING_IOC_REFILL, &refill);
	rring_seq_store_release(pool->tail,
				rring_seq_load(&pool->magazine->head));
	if (rng_below(rng, 20) == 0)
		free_slots(client, class);
}

/*
 * Move the head, mostly by one so that readers check the entry. It starts from
 * the highest head so far, as lower ones are ignored.
 */
static void move_head(struct rng *rng, struct rring_writer *writer)
{
	uint64_t head = writer->head + 1;

	if (rng_below(rng, 50) == 0)
		head = lie_about(rng, head);
	if (head > writer->head)
		writer->head = head;
	rring_seq_store_release(&writer->ring->head, head);
}

/* Wait a moment for the gating reader, which has the kernel's second cursor. */
static void let_read(struct rring_writer *writer,
		     const struct rring_cursors *kernel)
{
	int i;

	rring_wake_ring(writer->client, writer->id, RRING_READERS_WAIT);
	for (i = 0; i < 200 && rring_seq_load(&kernel->cursor[1].pos) <
			       writer->head; i++)
		sched_yield();
}

static void lie(struct rng *rng, struct rring_writer *writer,
		const struct rring_cursors *kernel)
{
	switch (rng_below(rng, 8)) {
	case 0:
	case 1:
		move_head(rng, writer);
		break;
	case 2:
		rring_seq_store(&writer->ring->claim,
				lie_about(rng, writer->head));
		break;
	case 3:
		turn_over(rng, writer->client);
		break;
	case 4:
		let_read(writer, kernel);
		break;
	default:
		spoil_entry(rng, writer);
	}
}

static int lie_and_lie(void *arg)
{
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena, RRING_PRODUCER);
	struct rring_writer *writer =
		kring_writer(client, part->kind, "storm", RRING_FAIL);
	const struct rring_cursors *kernel =
		device_map(client->fd, RRING_REGION_CURSORS, 0,
			   sizeof(*kernel), PROT_READ);
	int i;

	MUST(kernel != MAP_FAILED);
	MUST(device_map(client->fd, RRING_REGION_CURSORS, 0, sizeof(*kernel),
			PROT_READ | PROT_WRITE) == MAP_FAILED);
	baton_pass(&part->opened);
	baton_wait(&part->go);
	for (i = 0; i < WRITES; i++)
		lie(&part->rng, writer, kernel);
	baton_pass(&part->opened);
	/* continue until killed */
	while (getppid() != 1)
		lie(&part->rng, writer, kernel);
	return 1;
}

static int write_honestly(void *arg)
{
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena, RRING_PRODUCER);
	struct rring_writer *writer =
		kring_writer(client, RRING_INLINE, "honest", RRING_BLOCK);
	int i;

	baton_pass(&part->opened);
	baton_wait(&part->go);
	for (i = 0; i < 1000; i++)
		MUST(!stream_put(writer, KRING_STRIDE));
	rring_close(client);
	return 0;
}

/*
 * Return 1 if every position below the reader's was received, skipped or
 * refused.
 */
static int adds_up(const struct consumer_stat *stat)
{
	return stat->refused[BAD_HEAD] || stat->lost ||
	       stat->position == stat->received + stat->skipped +
				 consumer_refused(stat);
}

/*
 * Large events are copied piecewise; one may be lost during its copy and then
 * is seen, but not received.
 */
static int received_what_it_saw(const struct consumer_stat *stat,
				const struct consumer_seen *seen)
{
	return stat->received <= seen->events &&
	       seen->events - stat->received <= seen->large;
}

static void storm(struct __test_metadata *_metadata,
		  FIXTURE_DATA(random_writer) * self, enum rring_kind kind,
		  struct rng rng, uint64_t *refused)
{
	struct part part = { .arena = self->arena, .kind = kind, .rng = rng };
	struct part honest = { .arena = self->arena };
	struct consumer_stat stat;
	struct consumer_seen seen;
	pid_t liar, other;
	int fd[4], i, n = 0;

	baton_init(&part.opened);
	baton_init(&part.go);
	baton_init(&honest.opened);
	baton_init(&honest.go);
	liar = spawn(lie_and_lie, &part);
	baton_wait(&part.opened);
	other = spawn(write_honestly, &honest);
	baton_wait(&honest.opened);
	fd[n++] = kring_reader(self->arena, "storm", 1, 0);
	fd[n++] = kring_reader(self->arena, "storm", 1, RRING_JOIN_OBSERVER);
	fd[n++] = kring_reader(self->arena, "honest", 1, 0);
	baton_pass(&part.go);
	baton_pass(&honest.go);
	baton_wait(&part.opened);
	slay(liar);
	EXPECT_EQ(0, reap(other));
	for (i = 0; i < n; i++) {
		until_ended(fd[i], 1);
		stat = consumer_stat(fd[i]);
		seen = consumer_seen(fd[i]);
		EXPECT_TRUE(adds_up(&stat));
		EXPECT_TRUE(received_what_it_saw(&stat, &seen));
		EXPECT_EQ(0, seen.backwards);
		if (i < 2)
			*refused += consumer_refused(&stat);
	}
	/* the last reader, which reads the honest writer */
	EXPECT_EQ(1000, seen.events);
	EXPECT_EQ(0, seen.wrong);
	EXPECT_EQ(1000, stat.position);
	for (i = 0; i < n; i++)
		close(fd[i]);
}

TEST_F_TIMEOUT(random_writer, storm_of_lies_hurts_nobody, 100)
{
	const char *lives = getenv("RRING_LIVES");
	struct rng rng = rng_new("babble");
	uint64_t refused = 0;
	int i, n = lives ? atoi(lives) : 2;

	for (i = 0; i < n; i++)
		storm(_metadata, self, variant->kind, rng_for(rng, i),
		      &refused);
	EXPECT_LT(0, refused);
	printf("# %d writes, %llu refused\n", n * WRITES,
	       (unsigned long long)refused);
}

/* The thread of a reader ends when closed, while its writer forges words. */
TEST_F(random_writer, reader_closes_while_it_is_lied_to)
{
	struct part part = {
		.arena = self->arena,
		.kind = variant->kind,
		.rng = rng_new("babble"),
	};
	pid_t pid;
	int fd, i;

	baton_init(&part.opened);
	baton_init(&part.go);
	pid = spawn(lie_and_lie, &part);
	baton_wait(&part.opened);
	baton_pass(&part.go);
	for (i = 0; i < 50; i++) {
		fd = kring_reader(self->arena, "storm", 1,
				  i % 2 ? RRING_JOIN_OBSERVER : 0);
		EXPECT_EQ(0, consumer_close(fd, 0));
		close(fd);
	}
	slay(pid);
}

TEST_HARNESS_MAIN
