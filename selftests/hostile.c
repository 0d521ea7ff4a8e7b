// SPDX-License-Identifier: MPL-2.0
/*
 * A client that writes nonsense and lies into every page that it may write,
 * and asks the kernel for nonsense, while others go about their work. They see
 * their events exactly, but for payloads that a producer may write over;
 * nobody hangs; and when it is dead all slots come back. RRING_SEED repeats
 * its choices.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rusted_ring/layout.h>

#include "arena.h"
#include "device.h"
#include "dice.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define LIVES		10	/* of the hostile one */
#define WRITES		30000	/* in each */
#define CALL_EVERY	50	/* writes */
#define LEN_MAX		256
#define WINDOW		16
#define KEPT		6

struct shared {
	volatile int stop;
	volatile uint64_t written[2];	/* in the end */
};

struct part {
	int arena_fd;
	enum rring_role role;		/* of the hostile one */
	struct shared *shared;
	struct baton ready;
	struct dice dice;
};

/* ---- the hostile one ---- */

struct hostile {
	struct part *part;
	struct dice dice;
	struct rring_client *client;
	struct rring_writer *writer;	/* a producer's */
	struct rring_reader *reader;
};

/* A value near @truth, or far away. */
static uint64_t lie_about(struct dice *dice, uint64_t truth)
{
	const uint64_t lies[] = {
		0, 1, truth, truth - 1, truth + 1, truth + WINDOW,
		truth - WINDOW, truth + 128, truth - 129, truth + (1ull << 32),
		1ull << 63, ~0ull, ~0ull - WINDOW, dice_roll(dice),
	};

	return lies[dice_below(dice, ARRAY_SIZE(lies))];
}

/* Half of them zero: who has everything for ever hides what else is wrong. */
static void spoil_ledger(struct hostile *self)
{
	const uint64_t lies[] = {
		0, 0, 0, 0, 0, RRING_MOVE, RRING_HOLD, RRING_HOLDS_MAX,
		RRING_HOLDS_MASK, RRING_IN_FLIGHT, RRING_IN_FLIGHT_MASK,
		RRING_ASIDE | RRING_PRIVATE, ~0ull, dice_roll(&self->dice),
	};
	uint32_t slot = dice_below(&self->dice, self->client->arena->slots);

	rring_word_store_release(&self->client->pool[0].ledger[slot],
				 lies[dice_below(&self->dice,
						 sizeof(lies) /
						 sizeof(lies[0]))]);
}

static void spoil_tail(struct hostile *self)
{
	struct rring_pool_view *pool =
		&self->client->pool[dice_below(&self->dice, RRING_POOLS)];
	uint64_t head = rring_seq_load(&pool->magazine->head);

	rring_seq_store_release(pool->tail, lie_about(&self->dice, head));
}

static void spoil_cursor(struct hostile *self)
{
	uint64_t head = rring_seq_load(&self->reader->ring->head);
	/* the reader's own is the first of the page */
	struct rring_cursor *cursors =
		(struct rring_cursor *)self->reader->cursor;
	uint32_t i = dice_below(&self->dice, 4) ? 0 :
		     dice_below(&self->dice, RRING_CURSORS);

	rring_seq_store_release(&cursors[i].pos,
				lie_about(&self->dice, head));
}

/* A handle that could be true: of any slot, in its present generation. */
static uint64_t forge(struct hostile *self)
{
	uint32_t pool = dice_below(&self->dice, RRING_POOLS);
	const struct rring_pool_view *view = &self->client->pool[pool];
	uint32_t index = dice_below(&self->dice, view->capacity);

	if (dice_below(&self->dice, 4) == 0)
		return dice_roll(&self->dice);
	return rring_handle(rring_flag_load(&view->generation[index]), pool,
			    index);
}

static void spoil_ring(struct hostile *self)
{
	struct rring_ring_head *ring = self->writer->ring;
	uint32_t index = dice_below(&self->dice, WINDOW);
	struct rring_entry *entry = &self->writer->entries[index];
	uint64_t head = rring_seq_load(&ring->head);

	switch (dice_below(&self->dice, 8)) {
	case 0:
		rring_seq_store_release(&ring->head,
					lie_about(&self->dice, head));
		break;
	case 1:
		rring_seq_store(&ring->claim, lie_about(&self->dice, head));
		break;
	case 2:
		RRING_STORE(&entry->header.len,
			    (uint32_t)lie_about(&self->dice, 16384));
		break;
	case 3:
		/* like a publish */
		rring_seq_store_release(&ring->head, head + 1);
		break;
	default:
		RRING_STORE(&entry->handle, forge(self));
	}
}

static void spoil_payload(struct hostile *self)
{
	uint32_t pool = dice_below(&self->dice, RRING_POOLS);
	struct rring_pool_view *view = &self->client->pool[pool];
	uint32_t index = dice_below(&self->dice, view->capacity);

	if (dice_below(&self->dice, 2))
		*(uint64_t *)(view->payload +
			      ((size_t)index << rring_slot_shift(pool))) =
			dice_roll(&self->dice);
	else
		view->header[index].len = (uint32_t)dice_roll(&self->dice);
}

static void write_nonsense(struct hostile *self)
{
	switch (dice_below(&self->dice, self->writer ? 8 : 5)) {
	case 0:
		spoil_tail(self);
		break;
	case 1:
		spoil_cursor(self);
		break;
	case 5:
	case 6:
		spoil_ring(self);
		break;
	case 7:
		spoil_payload(self);
		break;
	default:
		spoil_ledger(self);
	}
}

/* Of rings and readers that exist, mostly another's; and of some that do not */
static void call_nonsense(struct hostile *self)
{
	struct dice *dice = &self->dice;
	uint32_t ring = dice_below(dice, 6), other = dice_below(dice, 6);
	struct rring_refill refill = { .size = sizeof(refill), .pool = other,
		.count = (uint32_t)lie_about(dice, 128) };
	struct rring_ring_open open = { .size = sizeof(open),
		.kind = other % 3, .policy = ring % 4, .capacity = ring * 7,
		.stride = other / 3 * 64 };
	struct rring_ring_close close = { .size = sizeof(close), .ring = ring };
	struct rring_reader_join join = { .size = sizeof(join), .ring = ring,
		.flags = other & 1, .start = dice_below(dice, 4),
		.position = lie_about(dice, 1000) };
	struct rring_reader_leave leave = { .size = sizeof(leave),
		.ring = ring, .reader = other };
	struct rring_reader_rejoin rejoin = { .size = sizeof(rejoin),
		.ring = ring, .reader = other };
	struct rring_wait wait = { .size = sizeof(wait), .what = other & 1,
		.ring = ring, .reader = other,
		.position = lie_about(dice, 1000) };
	struct rring_wake wake = { .size = sizeof(wake), .ring = ring,
		.flags = dice_below(dice, 8), .pools = ~0u };
	struct rring_pool_stat stat = { .size = sizeof(stat), .pool = other,
		.flags = RRING_STAT_SWEEP };
	const struct {
		unsigned long request;
		void *args;
	} calls[] = {
		{ RRING_IOC_REFILL, &refill },
		{ RRING_IOC_RING_OPEN, &open },
		{ RRING_IOC_RING_CLOSE, &close },
		{ RRING_IOC_READER_JOIN, &join },
		{ RRING_IOC_READER_LEAVE, &leave },
		{ RRING_IOC_READER_REJOIN, &rejoin },
		{ RRING_IOC_WAIT, &wait },
		{ RRING_IOC_WAKE, &wake },
		{ RRING_IOC_POOL_STAT, &stat },
	};
	uint32_t i = dice_below(dice, ARRAY_SIZE(calls));

	/* its own ring it keeps, to write into */
	if (calls[i].args == &close && self->writer && ring == self->writer->id)
		return;
	device_call(rring_client_fd(self->client), calls[i].request,
		    calls[i].args);
}

static int be_hostile(void *arg)
{
	struct rring_reader_config to_both = { .ring_name = "both" };
	struct rring_ring_config of_liar = {
		.name = "liar",
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = WINDOW,
	};
	struct part *part = arg;
	struct hostile self = { .part = part, .dice = part->dice };
	int i;

	self.client = client_of(part->arena_fd, part->role);
	self.reader = reader_of(self.client, &to_both);
	if (part->role == RRING_PRODUCER)
		self.writer = writer_of(self.client, &of_liar);
	for (i = 0; i < WRITES; i++) {
		write_nonsense(&self);
		if (i % CALL_EVERY == 0)
			call_nonsense(&self);
		if (i == WRITES / 2)
			baton_pass(&part->ready);
	}
	while (pause() < 0)
		;
	return 1;
}

/* ---- the others ---- */

static struct rring_writer *open_ring(struct rring_client *client,
				      const char *name)
{
	struct rring_ring_config config = {
		.name = name,
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = WINDOW,
	};

	return writer_of(client, &config);
}

static int write_on(void *arg)
{
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena_fd,
						RRING_PRODUCER);
	struct rring_writer *writer[2];
	int i, err;

	writer[0] = open_ring(client, "one");
	writer[1] = open_ring(client, "both");
	baton_pass(&part->ready);
	while (!part->shared->stop)
		for (i = 0; i < 2; i++) {
			err = stream_put(writer[i], LEN_MAX);
			MUST(!err || err == -EAGAIN);
		}
	for (i = 0; i < 2; i++)
		part->shared->written[i] = writer[i]->head;
	rring_close(client);
	return 0;
}

struct kept {
	struct rring_event event;
	uint64_t number;
	int used;
};

static void drop_kept(struct part *part, struct rring_client *client,
		      struct kept *kept)
{
	if (!kept->used)
		return;
	if (part->role != RRING_PRODUCER)
		MUST(stream_intact(&kept->event, kept->number, LEN_MAX));
	MUST(!rring_drop(client, &kept->event));
	kept->used = 0;
}

/* 0, -EAGAIN or -EPIPE. */
static int read_one(struct part *part, struct rring_reader *reader,
		    struct kept *kept)
{
	long n = rring_peek(reader, 1);

	if (n < 0)
		return (int)n;
	drop_kept(part, reader->client, kept);
	MUST(!rring_entry(reader, 0, &kept->event));
	MUST(kept->event.event_type == (uint32_t)reader->pos);
	MUST(kept->event.len == stream_len(reader->pos, LEN_MAX));
	if (part->role != RRING_PRODUCER)
		MUST(stream_intact(&kept->event, reader->pos, LEN_MAX));
	MUST(!rring_keep(reader, &kept->event));
	kept->number = reader->pos;
	kept->used = 1;
	MUST(!rring_release(reader, 1));
	return 0;
}

static int read_on(void *arg)
{
	static const char *const names[2] = { "one", "both" };
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena_fd,
						RRING_CONSUMER);
	struct rring_reader *reader[2];
	struct kept kept[KEPT] = { { .used = 0 } };
	int ended = 0;
	int i, err;

	for (i = 0; i < 2; i++) {
		struct rring_reader_config config = { .ring_name = names[i] };

		reader[i] = reader_of(client, &config);
	}
	baton_pass(&part->ready);
	while (ended != 3)
		for (i = 0; i < 2; i++) {
			err = read_one(part, reader[i],
				       &kept[dice_below(&part->dice, KEPT)]);
			MUST(!err || err == -EAGAIN || err == -EPIPE);
			if (err == -EPIPE)
				ended |= 1 << i;
		}
	for (i = 0; i < 2; i++)
		MUST(reader[i]->pos == part->shared->written[i]);
	for (i = 0; i < KEPT; i++)
		drop_kept(part, client, &kept[i]);
	rring_close(client);
	return 0;
}

/* What a liar's ring says may be nonsense; it is never out of bounds. */
static void believe(struct rring_reader *reader)
{
	struct rring_client *client = reader->client;
	struct rring_event event;
	volatile char *data;

	if (rring_peek(reader, WINDOW) < 1)
		return;
	if (!rring_entry(reader, 0, &event)) {
		data = event.data;
		(void)data[0];
		if (event.len)
			(void)data[event.len - 1];
		MUST(!rring_hold(client, &event));
		MUST(!rring_drop(client, &event));
		if (!rring_upgrade(client, event.handle, &event))
			MUST(!rring_drop(client, &event));
	}
	rring_release(reader, 1);
}

/* Comes and goes all the time, and reads what the hostile one writes. */
static int come_and_go(void *arg)
{
	struct rring_reader_config config = {
		.ring_name = "liar",
		.start = RRING_START_OLDEST,
	};
	struct part *part = arg;
	struct rring_reader *reader;
	struct rring_client *client;
	int i;

	while (!part->shared->stop) {
		client = client_of(part->arena_fd, RRING_CONSUMER);
		config.flags = dice_below(&part->dice, 2) ?
			RRING_JOIN_OBSERVER : 0;
		if (!rring_reader_open(client, &config, &reader))
			for (i = 0; i < 100; i++)
				believe(reader);
		free_slots(client, RRING_XS);
		rring_close(client);
	}
	return 0;
}

FIXTURE(hostile)
{
	struct part part;
	struct rring_client *watcher;
	pid_t writer, reader, guest;
};

FIXTURE_VARIANT(hostile)
{
	enum rring_role role;
};

FIXTURE_VARIANT_ADD(hostile, consumer)
{
	.role = RRING_CONSUMER,
};

FIXTURE_VARIANT_ADD(hostile, producer)
{
	.role = RRING_PRODUCER,
};

FIXTURE_SETUP(hostile)
{
	struct part *part = &self->part;

	part->arena_fd = arena_small();
	part->role = variant->role;
	part->shared = shared_new(sizeof(*part->shared));
	part->dice = dice_new("hostile");
	baton_init(&part->ready);
	self->watcher = client_of(part->arena_fd, RRING_OBSERVER);
	self->writer = spawn(write_on, part);
	baton_wait(&part->ready);
	self->reader = spawn(read_on, part);
	baton_wait(&part->ready);
	self->guest = spawn(come_and_go, part);
}

FIXTURE_TEARDOWN(hostile)
{
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
}

TEST_F_TIMEOUT(hostile, hurts_nobody_and_leaves_nothing_behind, 150)
{
	pid_t pid;
	int i;

	for (i = 0; i < LIVES; i++) {
		self->part.dice = dice_of(self->part.dice, i);
		pid = spawn(be_hostile, &self->part);
		baton_wait(&self->part.ready);
		/* half of them in the middle of it */
		if (i % 2)
			until_asleep(pid);
		kill(pid, SIGKILL);
		ASSERT_EQ(128 + SIGKILL, reap(pid));
	}
	self->part.shared->stop = 1;
	EXPECT_EQ(0, reap(self->writer));
	EXPECT_EQ(0, reap(self->reader));
	EXPECT_EQ(0, reap(self->guest));
	EXPECT_LT(0ull, self->part.shared->written[0]);
	EXPECT_LT(0ull, self->part.shared->written[1]);
	printf("# %d writes beside %llu events\n", LIVES * WRITES,
	       (unsigned long long)(self->part.shared->written[0] +
				    self->part.shared->written[1]));
}

TEST_HARNESS_MAIN
