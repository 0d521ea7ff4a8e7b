// SPDX-License-Identifier: MPL-2.0
/*
 * A hostile client writes random and forged values into every page that it may
 * write, and makes random calls. Meanwhile others work, and the kernel lends,
 * sweeps, waits, adopts and evicts. The others get their events exactly, except
 * for payloads, which a producer may overwrite. No process hangs. When the
 * hostile client is dead or evicted, all its slots are freed. RRING_SEED
 * repeats the choices; TORTURE=1: ten times as many.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "honest_clients.h"
#include "device.h"
#include "rng.h"
#include "netlink.h"
#include "repetition.h"
#include "sleeper.h"
#include "stream.h"

#include "kselftest_harness.h"

#define NAME		"vandalised"
#define LIVES		12	/* of the hostile one */
#define WRITES		5000000u /* in all lives */
#define CALL_EVERY	1024	/* writes */
#define MERCY_EVERY	16384
#define EVENTS		50	/* read by others per life */
#define WINDOW		16
#define XXL_SIZE	32768

struct shared {
	volatile int stop;
	volatile uint64_t writes;
	volatile uint64_t calls;
	volatile uint32_t client;	/* id of the hostile client */
};

struct part {
	int arena_fd;
	enum rring_role role;		/* of the hostile one */
	uint32_t writes;		/* before it passes the baton */
	struct shared *shared;
	struct baton ready;
	struct rng rng;
};

/* ---- regions of the hostile client ---- */

struct hostile {
	struct part *part;
	struct rng rng;
	int fd;
	const struct rring_arena_info *arena;
	const rring_word_t *generation;
	const struct rring_magazines *magazines;
	const struct rring_ring_head *peer;	/* ring that it reads */
	struct rring_tails *tails;
	uint64_t *ledger;
	struct rring_cursors *cursors;
	/* only of a producer, else NULL */
	struct rring_ring_head *ring;
	uint32_t ring_id;
	char *payload;
	char *xxl;
};

static size_t ring_size(const struct hostile *self, uint32_t ring)
{
	const struct rring_ring_info *info = (const void *)
		((const char *)self->arena + self->arena->ring_info_offset);

	return info[ring - 1].size;
}

/*
 * Map a region. After an eviction the mapping fails, and the next store ends
 * the process.
 */
static void *map(const struct hostile *self, enum rring_region_type type,
		 uint32_t index, size_t size, int writable)
{
	void *at = device_map(self->fd, type, index, size,
			      PROT_READ | (writable ? PROT_WRITE : 0));

	MUST(at != MAP_FAILED || errno == EOWNERDEAD);
	return at == MAP_FAILED ? NULL : at;
}

/*
 * Open the hostile ring with new pages. It keeps its name while the previous
 * one has readers.
 */
static void open_ring(struct hostile *self)
{
	struct rring_ring_open open = {
		.size = sizeof(open),
		.name = "liar",
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = WINDOW,
	};
	struct rring_ring_close close = {
		.size = sizeof(close),
		.ring = self->ring_id,
	};

	if (self->ring) {
		MUST(!munmap(self->ring, ring_size(self, self->ring_id)));
		self->ring = NULL;
		device_call(self->fd, RRING_IOC_RING_CLOSE, &close);
	}
	/*
	 * this fails while the old ring has readers and its head is out of
	 * range
	 */
	if (device_call(self->fd, RRING_IOC_RING_OPEN, &open))
		return;
	self->ring_id = open.ring;
	self->ring = map(self, RRING_REGION_RING, open.ring,
			 ring_size(self, open.ring), 1);
}

static void join_peer(struct hostile *self)
{
	struct rring_reader_join join = { .size = sizeof(join) };

	snprintf(join.ring_name, sizeof(join.ring_name), "%s", honest_ring[2]);
	MUST(!device_call(self->fd, RRING_IOC_READER_JOIN, &join));
	self->peer = map(self, RRING_REGION_RING, join.ring,
			 ring_size(self, join.ring), 0);
}

static void get_xxl(struct hostile *self)
{
	struct rring_refill refill = {
		.size = sizeof(refill),
		.pool = RRING_XXL,
		.count = 1,
		.bytes = XXL_SIZE,
	};
	uint64_t handle;

	if (device_call(self->fd, RRING_IOC_REFILL, &refill))
		return;
	handle = self->magazines->pool[RRING_XXL].handle[0];
	self->xxl = map(self, RRING_REGION_XXL, rring_handle_index(handle),
			XXL_SIZE, 1);
}

static struct hostile hostile_new(struct part *part)
{
	struct hostile self = { .part = part, .rng = part->rng };
	struct rring_attach args;

	self.fd = device_open();
	MUST(!device_attach(self.fd, part->arena_fd, part->role, &args));
	part->shared->client = args.client;
	self.arena = map(&self, RRING_REGION_ARENA, 0, args.arena_size, 0);
	self.generation = (const void *)((const char *)self.arena +
					 self.arena->generation_offset);
	self.magazines = map(&self, RRING_REGION_MAGAZINE, 0,
			     args.magazine_size, 0);
	self.tails = map(&self, RRING_REGION_LEDGER, 0, args.ledger_size, 1);
	self.ledger = (uint64_t *)(self.tails + 1);
	self.cursors = map(&self, RRING_REGION_CURSORS, args.client,
			   sizeof(*self.cursors), 1);
	join_peer(&self);
	if (part->role == RRING_PRODUCER) {
		self.payload = map(&self, RRING_REGION_PAYLOAD, 0,
				   args.payload_size, 1);
		open_ring(&self);
		get_xxl(&self);
	}
	return self;
}

/* ---- forged values ---- */

/* Handle of any slot, in its present, next or previous generation. */
static uint64_t forge(const struct hostile *self, uint32_t roll)
{
	uint32_t pool = roll % RRING_POOLS;
	const struct rring_pool_info *info = &self->arena->pool[pool];
	uint32_t slot = (roll >> 3) % info->capacity;
	uint64_t generation = rring_handle_generation(
		rring_word_load(&self->generation[info->slot_base + slot]));

	return rring_handle(generation + (roll >> 24) % 3 - 1, pool, slot);
}

/* Forge a value. Half of them are near the old value or near valid ones. */
static uint64_t lie(const struct hostile *self, uint64_t was, uint64_t roll)
{
	static const uint64_t lies[] = {
		0, 0, 0, 1, ~0ull, ~0ull - WINDOW, 1ull << 31, (1ull << 31) - 1,
		1ull << 32, (1ull << 32) - 1, 1ull << 62, 1ull << 63,
		(1ull << 63) - 1, RRING_HOLD, RRING_HOLDS_MAX * RRING_HOLD,
		RRING_HOLDS_MASK, RRING_IN_FLIGHT, RRING_IN_FLIGHT_MASK,
		RRING_MOVE, ~(RRING_MOVE - 1), RRING_ASIDE | RRING_PRIVATE,
		RRING_ASIDE | RRING_HOLD, ~0ull >> 1, WINDOW,
		RRING_SUMMARY_KEPT, RRING_SUMMARY_KEPT | RRING_SUMMARY_ONE,
	};
	static const int64_t steps[] = {
		1, -1, WINDOW, -WINDOW, WINDOW + 1, -WINDOW - 1, 128, -129,
		RRING_MOVE, -RRING_MOVE, RRING_MOVE + RRING_HOLD,
		RRING_MOVE - RRING_IN_FLIGHT, RRING_SUMMARY_MOVE,
	};
	uint32_t pool = (uint32_t)(roll >> 8) % RRING_POOLS;
	uint64_t step = (uint64_t)steps[(roll >> 16) %
					(sizeof(steps) / sizeof(*steps))];

	switch (roll % 8) {
	case 0:
		return was + step;
	case 1:
		return rring_seq_load(&self->peer->head) + step;
	case 2:
		return rring_seq_load(&self->magazines->pool[pool].head) + step;
	case 3:
		return forge(self, (uint32_t)(roll >> 24));
	case 4:
		return roll * 0x9e3779b97f4a7c15ull;
	default:
		return lies[(roll >> 16) % (sizeof(lies) / sizeof(*lies))];
	}
}

/* Choose a word, mostly one that the kernel or other clients read. */
static uint64_t *choose(const struct hostile *self, uint32_t roll)
{
	uint32_t some = roll >> 4;

	switch (roll % (self->payload ? 10 : 6)) {
	case 0:
		return (uint64_t *)&self->tails->tail[some % RRING_POOLS];
	case 1:
		return (uint64_t *)&self->cursors->cursor[0];
	case 2:
		return (uint64_t *)&self->cursors->cursor[some %
							  RRING_CURSORS];
	case 3:
		return (uint64_t *)self->tails + some % (RRING_PAGE / 8);
	case 4:
		if (some % 2)
			return (uint64_t *)&self->tails->used;
		return (uint64_t *)((char *)self->tails +
				    self->arena->summary_offset) +
		       some / 2 % rring_summaries(self->arena->slots);
	case 6:
		if (self->ring)
			return (uint64_t *)self->ring + some % 3;
		break;
	case 7:
		if (self->ring)
			return (uint64_t *)(self->ring + 1) +
			       some % (WINDOW * sizeof(struct rring_entry) / 8);
		break;
	case 8:
		return (uint64_t *)self->payload +
		       some % (self->arena->payload_size / 8);
	case 9:
		if (self->xxl)
			return (uint64_t *)self->xxl + some % (XXL_SIZE / 8);
		break;
	}
	return &self->ledger[some % self->arena->slots];
}

static void write_nonsense(struct hostile *self)
{
	uint64_t roll = rng_next(&self->rng);
	volatile uint64_t *word = choose(self, (uint32_t)roll);
	uint64_t value = lie(self, *word, roll >> 20);

	if (roll >> 61)
		*word = value;
	else if (roll >> 60)
		*(volatile uint32_t *)word = (uint32_t)value;
	else
		((volatile uint8_t *)word)[roll >> 32 & 7] = (uint8_t)value;
}

/*
 * Clear the ledger's counts at times, as a client that holds all slots forever
 * would hide other errors.
 */
static void have_mercy(struct hostile *self)
{
	uint32_t i;

	for (i = 0; i < self->arena->slots; i++)
		self->ledger[i] &= ~(RRING_MOVE - 1);
	if (self->payload)
		open_ring(self);
}

/* ---- calls ---- */

/*
 * Make a call with random arguments. Rings and readers mostly exist and belong
 * to others.
 */
static void call_nonsense(struct hostile *self)
{
	struct rng *rng = &self->rng;
	uint64_t roll = rng_next(rng);
	uint32_t ring = rng_below(rng, 7), other = rng_below(rng, 7);
	struct rring_refill refill = { .size = sizeof(refill), .pool = other,
		.count = (uint32_t)lie(self, 128, roll) };
	struct rring_ring_open open = { .size = sizeof(open),
		.kind = other % 3, .policy = ring % 4, .capacity = ring * 7,
		.stride = other / 3 * 64 };
	struct rring_ring_close close = { .size = sizeof(close), .ring = ring,
		.flags = other & 1 };
	struct rring_reader_join join = { .size = sizeof(join),
					  .ring = ring,
					  .flags = other & 1,
					  .start = rng_below(rng, 4),
					  .position = lie(self, 1000, roll) };
	struct rring_reader_leave leave = { .size = sizeof(leave),
		.ring = ring, .reader = other };
	struct rring_reader_rejoin rejoin = { .size = sizeof(rejoin),
		.ring = ring, .reader = other };
	struct rring_wait wait = { .size = sizeof(wait), .what = other & 3,
		.ring = ring, .reader = other,
		.position = lie(self, 1000, roll) };
	struct rring_wake wake = { .size = sizeof(wake),
				   .ring = ring,
				   .flags = rng_below(rng, 8),
				   .pools = ~0u };
	struct rring_pool_stat stat = { .size = sizeof(stat), .pool = other,
		.flags = RRING_STAT_SWEEP };
	struct rring_reclaim reclaim = { .size = sizeof(reclaim), .pool = other,
		.count = 1 + ring };
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
		{ RRING_IOC_RECLAIM, &reclaim },
	};
	uint32_t i = rng_below(rng, ARRAY_SIZE(calls));

	/* the client keeps its own ring to write into */
	if (calls[i].args == &close && self->ring && ring == self->ring_id)
		return;
	device_call(self->fd, calls[i].request, calls[i].args);
	self->part->shared->calls++;
}

/* Never returns; the test kills or evicts the process. */
static int be_hostile(void *arg)
{
	struct part *part = arg;
	struct hostile self = hostile_new(part);
	uint32_t i;

	for (i = 1; part; i++) {
		write_nonsense(&self);
		if (i % CALL_EVERY)
			continue;
		part->shared->writes += CALL_EVERY;
		call_nonsense(&self);
		if (i % MERCY_EVERY == 0)
			have_mercy(&self);
		if (i / CALL_EVERY == part->writes / CALL_EVERY)
			baton_pass(&part->ready);
	}
	return 1;
}

/* ---- the others ---- */

/* Read events of the hostile ring. They may be wrong, but are in bounds. */
static void believe(struct rring_reader *reader)
{
	struct rring_client *client = reader->client;
	struct rring_event event;
	volatile char *data;

	rring_wait_readable(reader, 0);
	if (rring_peek(reader, WINDOW) < 1)
		return;
	if (!rring_entry(reader, 0, &event)) {
		data = event.data;
		(void)data[0];
		if (event.len)
			(void)data[event.len - 1];
		if (rring_handle_class(event.handle) == RRING_XXL ||
		    !rring_hold(client, &event))
			rring_drop(client, &event);
		if (!rring_upgrade(client, event.handle, &event))
			MUST(!rring_drop(client, &event));
	}
	rring_release(reader, 1);
}

/* Open and close clients repeatedly, and read the hostile ring. */
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
		config.flags =
			rng_below(&part->rng, 2) ? RRING_JOIN_OBSERVER : 0;
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
	struct honest_clients others;
	struct rring_client *watcher;
	struct nl nl;
	uint32_t arena;
	pid_t guest;
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
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { 64, 32, 16, 8, 4, 4 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	struct part *part = &self->part;

	part->arena_fd = rring_arena_create(&config);
	ASSERT_LE(0, part->arena_fd);
	part->role = variant->role;
	part->writes = rounds(WRITES) / LIVES * (is_torture() ? 10 : 1);
	part->shared = shared_new(sizeof(*part->shared));
	part->rng = rng_new("hostile");
	baton_init(&part->ready);
	self->nl = nl_open();
	self->arena = nl_arena(&self->nl, NAME);
	self->watcher = client_of(part->arena_fd, RRING_OBSERVER);
	honest_clients_start(&self->others, part->arena_fd,
			     part->role == RRING_PRODUCER, part->rng);
	self->guest = spawn(come_and_go, part);
}

FIXTURE_TEARDOWN(hostile)
{
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
	nl_close(&self->nl);
}

static int evict(FIXTURE_DATA(hostile) *self)
{
	struct nl_value victim[] = {
		NL_U32(RRING_A_CLIENT_ARENA, self->arena),
		NL_U32(RRING_A_CLIENT_ID, self->part.shared->client),
		{ 0 }
	};

	return nl_change(&self->nl, RRING_CMD_CLIENT_EVICT, victim);
}

/*
 * The hostile client ends while it writes: by death, or by an eviction, after
 * which a store raises SIGBUS.
 */
TEST_F_TIMEOUT(hostile, hurts_nobody_and_leaves_nothing_behind, 600)
{
	pid_t pid;
	int i;

	for (i = 0; i < LIVES; i++) {
		self->part.rng = rng_for(self->part.rng, i);
		pid = spawn(be_hostile, &self->part);
		baton_wait(&self->part.ready);
		ASSERT_TRUE(honest_clients_go_on(&self->others, 0, EVENTS));
		ASSERT_EQ(0, i % 2 ? evict(self) : kill(pid, SIGKILL));
		ASSERT_EQ(128 + (i % 2 ? SIGBUS : SIGKILL), reap(pid));
	}
	self->part.shared->stop = 1;
	EXPECT_TRUE(honest_clients_end(&self->others));
	EXPECT_EQ(0, reap(self->guest));
	EXPECT_LE((uint64_t)self->part.writes * LIVES,
		  self->part.shared->writes + LIVES * CALL_EVERY);
	printf("# %llu writes and %llu calls beside %llu events, %llu held\n",
	       (unsigned long long)self->part.shared->writes,
	       (unsigned long long)self->part.shared->calls,
	       (unsigned long long)honest_clients_read(&self->others),
	       (unsigned long long)self->others.shared->kept);
}

TEST_HARNESS_MAIN
