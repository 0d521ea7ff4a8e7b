// SPDX-License-Identifier: MPL-2.0
/*
 * Hostile producers of an owned arena store into every page that they map
 * writable, or could, without end: OWN, PAYLOAD, HEADERS, and the ledger with
 * its tails. Meanwhile page groups move between all producers, and clients are
 * killed and evicted at random instants and come again. Honest readers check
 * each byte, the length and the type of every event of honest producers, also by
 * weak upgrades. Not one is changed. RRING_SEED repeats the choices; TORTURE=1:
 * ten times as many.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"
#include "netlink.h"
#include "owned_arena.h"
#include "page.h"
#include "repetition.h"
#include "rng.h"
#include "sleeper.h"
#include "stream.h"

#define NAME		"scribbled"
#define STORES		20000000u	/* that go through, in the unscaled form */
#define LIVES		80u		/* of hostile clients, likewise */
#define HOSTILE		2
#define LINES		2		/* an honest producer with its reader */
#define LEN_MAX		4096
#define HELD		8		/* events that a reader keeps */
#define MANY		64		/* slots that a producer takes at once */
#define WINDOW		16
#define PAGES		1024		/* of PAYLOAD, or fewer */

/* What one hostile process has done; its successors continue. */
struct deeds {
	uint32_t client;		/* its id, or 0 */
	uint32_t serial;
	uint64_t own;			/* stores that went through */
	uint64_t headers;
	uint64_t ledger;
	uint64_t payload;		/* none does */
	uint64_t faults;		/* stores that raised a signal */
};

struct shared {
	int stop;
	int ready;			/* honest producers that have joined */
	struct deeds deeds[HOSTILE];
	uint64_t events[LINES];		/* that were checked */
	uint64_t upgrades;
	uint32_t writer[PAGES];		/* by page of PAYLOAD: who wrote last */
	uint64_t moves[2];		/* pages that came from another producer
					 * to a hostile one, to an honest one
					 */
};

struct part {
	int arena_fd;
	int i;
	struct rng rng;
	struct shared *shared;
};

static void count(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* Producer @who, not 0, has stored in @page of PAYLOAD. */
static void note_writer(struct shared *shared, size_t page, uint32_t who,
			int is_honest)
{
	uint32_t before = __atomic_exchange_n(&shared->writer[page], who,
					      __ATOMIC_RELAXED);

	if (before && before != who)
		count(&shared->moves[is_honest], 1);
}

static int is_stopped(const struct shared *shared)
{
	return __atomic_load_n(&shared->stop, __ATOMIC_RELAXED);
}

/* ---- the hostile producer ---- */

struct hostile {
	struct rng rng;
	struct deeds *deeds;
	int fd;
	const struct rring_arena_info *arena;
	const struct rring_magazines *magazines;
	char *own, *payload, *headers, *ledger;
	size_t own_size, headers_size, ledger_size;
	struct shared *shared;
	uint32_t who;
};

static sigjmp_buf fault;

static void on_fault(int signal)
{
	siglongjmp(fault, signal);
}

static void catch_faults(void)
{
	struct sigaction action = {
		.sa_handler = on_fault,
		.sa_flags = SA_NODEFER,
	};

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/*
 * Map a region. After an eviction the mapping fails, and this process ends: the
 * test starts another.
 */
static char *map(int fd, enum rring_region_type type, uint32_t index,
		 size_t size, int writable)
{
	char *at = device_map(fd, type, index, size,
			      PROT_READ | (writable ? PROT_WRITE : 0));

	if (at == MAP_FAILED) {
		MUST(errno == EOWNERDEAD);
		_exit(0);
	}
	return at;
}

static void attach(struct hostile *self, struct part *part)
{
	struct rring_attach args;

	self->fd = device_open();
	/* a hostile ledger may hold a slot of too many groups */
	while (device_attach(self->fd, part->arena_fd, RRING_PRODUCER, &args))
		sched_yield();
	self->deeds->serial = args.serial;
	__atomic_store_n(&self->deeds->client, args.client, __ATOMIC_RELEASE);
	self->arena = (void *)map(self->fd, RRING_REGION_ARENA, 0,
				  args.arena_size, 0);
	self->magazines = (void *)map(self->fd, RRING_REGION_MAGAZINE, 0,
				      args.magazine_size, 0);
	self->payload = map(self->fd, RRING_REGION_PAYLOAD, 0,
			    args.payload_size, 0);
	self->own_size = whole_pages(args.payload_size);
	self->own = map(self->fd, RRING_REGION_OWN, 0, self->own_size, 1);
	self->headers_size = whole_pages(rring_headers_size(self->arena));
	self->headers = map(self->fd, RRING_REGION_HEADERS, args.client,
			    self->headers_size, 1);
	self->ledger_size = args.ledger_size;
	self->ledger = map(self->fd, RRING_REGION_LEDGER, 0, args.ledger_size,
			   1);
	MUST(self->own_size <= PAGES * PAGE);
}

/*
 * Store a random value to @n words of @page. Return 1, or 0 if a store has
 * raised a signal.
 */
static int scribble_page(struct hostile *self, char *page, uint32_t n,
			 uint64_t *counter)
{
	volatile uint64_t *word = (volatile uint64_t *)page;
	volatile uint32_t i = 0;

	if (sigsetjmp(fault, 0)) {
		count(counter, i);
		count(&self->deeds->faults, 1);
		return 0;
	}
	for (; i < n; i++)
		word[rng_next(&self->rng) % (PAGE / 8)] = ~(uint64_t)i;
	count(counter, n);
	return 1;
}

/* Begin at any page, so that two of these do not go side by side. */
static void scribble(struct hostile *self, char *region, size_t size,
		     uint32_t n, uint64_t *counter)
{
	uint32_t pages = (uint32_t)(size / PAGE);
	uint32_t start = rng_below(&self->rng, pages);
	uint32_t i, page;

	for (i = 0; i < pages; i++) {
		page = (start + i) % pages;
		if (scribble_page(self, region + (size_t)page * PAGE, n,
				  counter) &&
		    region == self->own)
			note_writer(self->shared, page, self->who, 0);
	}
}

/*
 * Store nonsense in the ledger. Then mostly clear its counts, so that slots and
 * groups go on to others: a client that holds all slots for ever would hide
 * other faults.
 */
static void forge_ledger(struct hostile *self)
{
	uint64_t *word = (uint64_t *)(self->ledger + sizeof(struct rring_tails));
	size_t n = (self->ledger_size - sizeof(struct rring_tails)) / 8;
	volatile size_t i;

	if (sigsetjmp(fault, 0))
		return;
	for (i = 0; i < 64; i++)
		((volatile uint64_t *)word)[rng_next(&self->rng) % n] =
			rng_next(&self->rng);
	count(&self->deeds->ledger, 64);
	if (rng_below(&self->rng, 4))
		for (i = 0; i < n; i++)
			word[i] = (word[i] & ~(RRING_MOVE - 1)) + RRING_MOVE;
}

/* Take slots, a few or as many as there are, and forget them at once. */
static void take_groups(struct hostile *self)
{
	struct rring_tails *tails = (struct rring_tails *)self->ledger;
	uint32_t pool = rng_below(&self->rng, RRING_XXL);
	struct rring_refill refill = {
		.size = sizeof(refill),
		.pool = pool,
		.count = rng_below(&self->rng, 4) ? 1 : 64,
	};
	int err = device_call(self->fd, RRING_IOC_REFILL, &refill);

	if (err == -EOWNERDEAD)
		_exit(0);
	if (sigsetjmp(fault, 0))
		return;
	/* the slots leave the magazine, and no ledger has them: all are free */
	rring_seq_store_release(&tails->tail[pool].pos,
				rring_seq_load(&self->magazines->pool[pool].head));
}

/* Ends by a signal of the test, or when it learns of its eviction. */
static int be_hostile(void *arg)
{
	struct part *part = arg;
	struct hostile self = {
		.rng = part->rng,
		.deeds = &part->shared->deeds[part->i],
		.shared = part->shared,
		.who = (uint32_t)getpid(),
	};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	catch_faults();
	attach(&self, part);
	for (;;) {
		take_groups(&self);
		scribble(&self, self.own, self.own_size, 256,
			 &self.deeds->own);
		scribble(&self, self.headers, self.headers_size, 64,
			 &self.deeds->headers);
		if (!rng_below(&self.rng, 8))
			scribble(&self, self.payload, self.own_size, 1,
				 &self.deeds->payload);
		forge_ledger(&self);
	}
	return 0;
}

/* ---- honest lines ---- */

static const char *const line_name[LINES] = { "first", "second" };

/* Fill a new event of an honest producer. */
static void fill(struct part *part, struct rring_event *event, uint64_t number)
{
	const struct rring_client *client = event->client;
	const char *own = client->pool[0].own -
			  client->arena->pool[0].payload_offset;

	stream_fill(event->data, event->len, number);
	note_writer(part->shared, (size_t)((char *)event->data - own) / PAGE,
		    (uint32_t)getpid(), 1);
}

/*
 * Take many slots at once, check that they keep their content, and drop them.
 * At times give all of them back to the kernel. So groups come and go.
 */
static void take_many(struct part *part, struct rring_client *client,
		      uint64_t number)
{
	uint32_t n = rng_below(&part->rng, MANY), i, got;
	struct rring_event event[MANY];

	for (got = 0; got < n; got++) {
		if (rring_alloc(client, stream_len(number + got, LEN_MAX),
				(uint32_t)(number + got), &event[got]))
			break;
		fill(part, &event[got], number + got);
	}
	for (i = 0; i < got; i++) {
		MUST(stream_intact(&event[i], number + i, LEN_MAX));
		MUST(!rring_drop(client, &event[i]));
	}
	if (!rng_below(&part->rng, 4))
		rring_trim(client);
}

static void until_ready(const struct shared *shared)
{
	while (__atomic_load_n(&shared->ready, __ATOMIC_ACQUIRE) != LINES)
		sched_yield();
}

static int write_on(void *arg)
{
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena_fd,
						RRING_PRODUCER);
	struct rring_ring_config config = {
		.name = line_name[part->i],
		.kind = RRING_HANDLES,
		.policy = RRING_BLOCK,
		.capacity = WINDOW,
	};
	struct rring_writer *writer = writer_of(client, &config);
	struct rring_event event;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* one that takes many groups could keep the next one out */
	__atomic_fetch_add(&part->shared->ready, 1, __ATOMIC_RELEASE);
	until_ready(part->shared);
	while (!is_stopped(part->shared)) {
		uint64_t number = writer->head;
		uint32_t len = stream_len(number, LEN_MAX);

		/* a hostile ledger may hold each slot for a while */
		err = rring_alloc(client, len, (uint32_t)number, &event);
		if (err) {
			MUST(err == -ENOSPC);
			sched_yield();
			continue;
		}
		fill(part, &event, number);
		err = rring_publish(writer, &event);
		if (err) {
			MUST(err == -EAGAIN);
			MUST(!rring_drop(client, &event));
			sched_yield();
			continue;
		}
		if (!rng_below(&part->rng, 16))
			take_many(part, client, number);
	}
	rring_writer_close(writer);
	rring_close(client);
	return 0;
}

/* Check a held event whole, and what a weak upgrade says of it. */
static void check(struct rring_client *client, struct rring_event *event,
		  uint64_t number)
{
	struct rring_event again;

	MUST(stream_intact(event, number, LEN_MAX));
	MUST(!rring_upgrade(client, event->handle, &again));
	MUST(stream_intact(&again, number, LEN_MAX));
	MUST(!rring_drop(client, &again));
}

static int read_on(void *arg)
{
	struct part *part = arg;
	struct rring_client *client = client_of(part->arena_fd,
						RRING_CONSUMER);
	struct rring_reader_config config = {
		.ring_name = line_name[part->i],
		.start = RRING_START_OLDEST,
	};
	struct rring_reader *reader = reader_of(client, &config);
	struct {
		struct rring_event event;
		uint64_t number;
		int used;
	} held[HELD] = { 0 }, *place;
	struct rring_event event;
	long n;
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((n = rring_peek(reader, 1)) != -EPIPE) {
		if (n == -EAGAIN) {
			rring_wait_readable(reader,
					    rring_deadline(NS_PER_S / 100));
			continue;
		}
		MUST(n == 1 && !rring_entry(reader, 0, &event));
		MUST(stream_intact(&event, reader->pos, LEN_MAX));
		place = &held[rng_below(&part->rng, HELD)];
		if (place->used) {
			check(client, &place->event, place->number);
			MUST(!rring_drop(client, &place->event));
			count(&part->shared->upgrades, 1);
		}
		MUST(!rring_keep(reader, &event));
		place->event = event;
		place->number = reader->pos;
		place->used = 1;
		MUST(!rring_release(reader, 1));
		count(&part->shared->events[part->i], 1);
	}
	for (i = 0; i < HELD; i++) {
		if (!held[i].used)
			continue;
		check(client, &held[i].event, held[i].number);
		MUST(!rring_drop(client, &held[i].event));
	}
	rring_close(client);
	return 0;
}

/* ---- the test ---- */

FIXTURE(scribble)
{
	int arena_fd;
	uint32_t arena;
	struct nl nl;
	struct rng rng;
	struct shared *shared;
	struct rring_client *watcher;
	struct part line[LINES], hostile[HOSTILE];
	pid_t writer[LINES], reader[LINES], pid[HOSTILE];
	uint32_t kills, evictions;
};

static struct part part_of(FIXTURE_DATA(scribble) *self, int i, uint64_t id)
{
	return (struct part) {
		.arena_fd = self->arena_fd,
		.i = i,
		.rng = rng_for(self->rng, id),
		.shared = self->shared,
	};
}

FIXTURE_SETUP(scribble)
{
	/* of each class so few that it is short at times */
	static const uint32_t groups[RRING_XXL] = { 16, 16, 20, 24, 16 };
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { [RRING_XXL] = 2 },
		.flags = RRING_CREATE_OWNED,
		.producers = LINES + HOSTILE,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int i;

	for (i = 0; i < RRING_XXL; i++)
		config.capacity[i] = groups[i] *
				     owned_group_slots((enum rring_class)i);
	self->rng = rng_new("scribble");
	self->nl = nl_open();
	self->arena_fd = rring_arena_create(&config);
	ASSERT_LE(0, self->arena_fd);
	self->arena = nl_arena(&self->nl, NAME);
	self->shared = shared_new(sizeof(*self->shared));
	self->watcher = client_of(self->arena_fd, RRING_OBSERVER);
	for (i = 0; i < LINES; i++) {
		self->line[i] = part_of(self, i, (uint64_t)i);
		self->writer[i] = spawn(write_on, &self->line[i]);
	}
	until_ready(self->shared);
	for (i = 0; i < LINES; i++)
		self->reader[i] = spawn(read_on, &self->line[i]);
}

FIXTURE_TEARDOWN(scribble)
{
	EXPECT_TRUE(all_free(self->watcher));
	rring_close(self->watcher);
	close(self->arena_fd);
	nl_close(&self->nl);
}

static void start(FIXTURE_DATA(scribble) *self, int i, uint64_t life)
{
	self->shared->deeds[i].client = 0;
	self->hostile[i] = part_of(self, i, 1000 + life);
	self->pid[i] = spawn(be_hostile, &self->hostile[i]);
}

static uint64_t stores(const struct shared *shared)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < HOSTILE; i++)
		n += __atomic_load_n(&shared->deeds[i].own, __ATOMIC_RELAXED) +
		     __atomic_load_n(&shared->deeds[i].headers,
				     __ATOMIC_RELAXED) +
		     __atomic_load_n(&shared->deeds[i].ledger,
				     __ATOMIC_RELAXED);
	return n;
}

static int lines_work(FIXTURE_DATA(scribble) *self)
{
	int i;

	for (i = 0; i < LINES; i++)
		if (has_ended(self->writer[i]) || has_ended(self->reader[i]))
			return 0;
	return 1;
}

/* Wait for @n more stores. Return 0 if an honest process has ended. */
static int await_stores(FIXTURE_DATA(scribble) *self, uint64_t n)
{
	uint64_t until = stores(self->shared) + n;

	while (stores(self->shared) < until) {
		if (!lines_work(self))
			return 0;
		sched_yield();
	}
	return 1;
}

/*
 * End hostile client @i by death or by eviction, and start the next. It is
 * killed if it has not got a place yet.
 */
static int end_one(FIXTURE_DATA(scribble) *self, int i, uint64_t life)
{
	struct deeds *deeds = &self->shared->deeds[i];
	uint32_t client = __atomic_load_n(&deeds->client, __ATOMIC_ACQUIRE);

	if (!client || rng_below(&self->rng, 2)) {
		kill(self->pid[i], SIGKILL);
		self->kills++;
	} else {
		if (nl_evict(&self->nl, self->arena, client, deeds->serial))
			return 0;
		self->evictions++;
		/* it goes on for a moment: all its stores raise signals */
		if (rng_below(&self->rng, 2))
			kill(self->pid[i], SIGKILL);
	}
	reap(self->pid[i]);
	start(self, i, life);
	return 1;
}

static void report(FIXTURE_DATA(scribble) *self)
{
	const struct shared *shared = self->shared;
	const struct deeds *d = shared->deeds;

	printf("# %llu stores in OWN, %llu in HEADERS, %llu in ledgers, %llu faults\n",
	       (unsigned long long)(d[0].own + d[1].own),
	       (unsigned long long)(d[0].headers + d[1].headers),
	       (unsigned long long)(d[0].ledger + d[1].ledger),
	       (unsigned long long)(d[0].faults + d[1].faults));
	printf("# pages that moved: %llu to hostile clients, %llu to honest ones\n",
	       (unsigned long long)shared->moves[0],
	       (unsigned long long)shared->moves[1]);
	printf("# %u kills, %u evictions; %llu events checked, %llu twice\n",
	       self->kills, self->evictions,
	       (unsigned long long)(shared->events[0] + shared->events[1]),
	       (unsigned long long)shared->upgrades);
}

TEST_F_TIMEOUT(scribble, changes_no_byte_of_others, 1800)
{
	uint32_t lives = rounds(LIVES) * (is_torture() ? 10 : 1);
	uint64_t each = (uint64_t)rounds(STORES) / rounds(LIVES);
	uint32_t life;
	int i;

	for (i = 0; i < HOSTILE; i++)
		start(self, i, (uint64_t)i);
	for (life = 0; life < lives; life++) {
		ASSERT_TRUE(await_stores(self, each / 2 +
				rng_below(&self->rng, (uint32_t)each)));
		ASSERT_TRUE(end_one(self, (int)rng_below(&self->rng, HOSTILE),
				    HOSTILE + life));
	}
	for (i = 0; i < HOSTILE; i++)
		slay(self->pid[i]);
	__atomic_store_n(&self->shared->stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < LINES; i++) {
		EXPECT_EQ(0, reap(self->writer[i]));
		EXPECT_EQ(0, reap(self->reader[i]));
		EXPECT_LT(0ull, self->shared->events[i]);
	}
	report(self);
	for (i = 0; i < HOSTILE; i++)
		EXPECT_EQ(0ull, self->shared->deeds[i].payload);
	/* groups have come to both sides from others */
	EXPECT_LT(0ull, self->shared->moves[0]);
	EXPECT_LT(0ull, self->shared->moves[1]);
}

TEST_HARNESS_MAIN
