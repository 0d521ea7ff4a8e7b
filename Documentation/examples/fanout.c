// SPDX-License-Identifier: MPL-2.0
/*
 * `fanout [TRADES [KILLS]]`: a feed of trades goes to four consumers, each of which
 * keeps the turnover of each symbol. KILLS times the feed or a consumer ends in its
 * work, and the next one goes on: on the device they are processes that are killed,
 * without the module they are threads. At the end each consumer has counted each
 * trade exactly once. Documentation/durable.rst explains how.
 */
#include <sys/mman.h>

#include <rusted_ring.h>

#define PROGRAM		"fanout"
#include "actors.h"

#define CONSUMERS	4u
#define SYMBOLS		64u
#define BATCH		64u
#define AHEAD		1024u	/* entries of the ring */
#define NEVER		UINT64_MAX

struct trade {
	uint64_t number;
	uint32_t symbol;
	uint32_t price;
	uint32_t amount;
};

/* What a consumer makes of the trades below .next. */
struct turnover {
	uint64_t next;
	uint64_t of[SYMBOLS];
};

/*
 * The consumer fills the copy that is not valid, and makes it valid by one store. So
 * there is a valid copy at each instant at which it can be killed. The processes
 * share this memory.
 */
struct account {
	uint64_t updates;	/* copy[updates % 2] is valid */
	struct turnover copy[2];
};

static const struct rring_ring_config trades_ring = {
	.name = "trades", .kind = RRING_INLINE, .policy = RRING_BLOCK,
	.capacity = AHEAD, .stride = 64,
};

static uint64_t trades = 1000000, kills = 50;
static struct account *account;	/* by consumer */
static int arena;

static struct rring_client *attach(void)
{
	struct rring_client *client;

	must(rring_open_arena(&client, arena, RRING_PRODUCER,
			      RRING_SINGLE_THREADED), "attach");
	return client;
}

/* Join the ring under @name (NULL: nameless). If it has had no writer yet, make it. */
static struct rring_reader *reader_of(struct rring_client *client,
				      const char *name)
{
	const struct rring_factory factory = {
		.client = client, .defaults = trades_ring,
	};
	struct rring_reader *reader;

	must(rring_factory_reader(&factory, trades_ring.name, name, &reader),
	     "become a reader");
	return reader;
}

/*
 * Wait until @reader has a trade, and return how many it has, up to @n. -EPIPE: the
 * feed has died, so wait for its successor.
 */
static uint32_t await_trades(struct rring_reader *reader, uint32_t n)
{
	long ready;

	while ((ready = rring_peek(reader, n)) <= 0) {
		must(ready == -EAGAIN || ready == -EPIPE ? 0 : ready, "peek");
		must(rring_wait_readable(reader, RRING_FOREVER), "wait");
	}
	return (uint32_t)ready;
}

/* ---- the feed ---- */

static struct trade trade_of(uint64_t number)
{
	return (struct trade){
		.number = number,
		.symbol = (uint32_t)(number * 31 % SYMBOLS),
		.price = 100 + (uint32_t)(number % 17),
		.amount = 1 + (uint32_t)(number % 5),
	};
}

/*
 * Go on where the last feed has stopped: the ring counts its trades. End before
 * trade @last, as by a death.
 */
static void be_feed(uint64_t last)
{
	struct rring_client *client = attach();
	struct rring_writer *writer;
	struct trade trade;
	uint64_t number;

	must(rring_writer_open(client, &trades_ring, &writer), "write");
	while ((number = rring_writer_position(writer)) < trades &&
	       number != last) {
		trade = trade_of(number);
		must(rring_add(writer, &trade, sizeof(trade), 0), "publish");
	}
	rring_close(client);
}

/* ---- the consumers ---- */

static void add_trade(struct turnover *turnover, const struct trade *trade)
{
	must_be(trade && trade->number == turnover->next &&
		trade->symbol < SYMBOLS, "each trade comes once, in order");
	turnover->of[trade->symbol] += (uint64_t)trade->price * trade->amount;
	turnover->next++;
}

/* Take the @n trades at which @reader has peeked into @account. */
static void take(struct account *to, struct rring_reader *reader, uint32_t n)
{
	const struct turnover *valid = &to->copy[to->updates % 2];
	struct turnover *next = &to->copy[(to->updates + 1) % 2];
	struct rring_event event;
	uint32_t i;

	*next = *valid;
	for (i = 0; i < n; i++) {
		must(rring_entry(reader, i, &event), "read");
		add_trade(next, RRING_EVENT_AS(struct trade, &event));
	}
	__atomic_store_n(&to->updates, to->updates + 1, __ATOMIC_RELEASE);
}

/* Be consumer @i. End after trade @last was taken and before it is released. */
static void consume(uint32_t i, uint64_t last)
{
	struct rring_client *client = attach();
	const char name[] = { (char)('a' + i), 0 };
	struct rring_reader *reader = reader_of(client, name);
	struct account *own = &account[i];
	uint32_t n;

	/* what is taken: a consumer has died before it released it */
	must(rring_release_to(reader, own->copy[own->updates % 2].next),
	     "release");
	while (own->copy[own->updates % 2].next < trades) {
		n = await_trades(reader, BATCH);
		take(own, reader, n);
		if (own->copy[own->updates % 2].next > last)
			break;
		must(rring_release(reader, n), "release");
	}
	rring_close(client);
}

/* ---- start and kill them ---- */
#define ACTORS		(CONSUMERS + 1)	/* the feed is the last one */

static int on_device;
static struct actor actor[ACTORS];

static void act(unsigned int i, uint64_t last)
{
	if (i == CONSUMERS)
		be_feed(last);
	else
		consume(i, last);
}

static void act_to_the_end(unsigned int i)
{
	act(i, NEVER);
}

/* The kills are shared out among the actors. */
static void act_with_ends(unsigned int i)
{
	uint64_t ends = (kills + i) / ACTORS;
	uint64_t n;

	for (n = 1; n <= ends; n++)
		act(i, n * trades / (ends + 1));
	act_to_the_end(i);
}

static void launch(unsigned int i)
{
	actor[i] = (struct actor) {
		.number = i,
		.is_process = on_device,
		.work = act_to_the_end,
		.work_with_ends = act_with_ends,
	};
	actor_start(&actor[i]);
}

/*
 * Called when @number trades have passed: kill an actor if it is time to. None has
 * ended yet, as each is at most AHEAD trades ahead.
 */
static void kill_in_time(uint64_t number)
{
	static uint64_t killed;
	unsigned int i = (unsigned int)rand() % ACTORS;

	if (!on_device || killed == kills ||
	    number < (killed + 1) * ((trades - AHEAD) / (kills + 1)))
		return;
	killed++;
	actor_kill(&actor[i]);
}

/* ---- all of them ---- */

/* Read all trades, too, and kill actors meanwhile. */
static void supervise(struct rring_reader *reader)
{
	uint64_t number;
	uint32_t n;

	for (number = 0; number < trades; number += n) {
		n = await_trades(reader, AHEAD / 4);
		must(rring_release(reader, n), "release");
		kill_in_time(number + n);
	}
}

static void check_accounts(void)
{
	struct turnover right = { 0 };
	struct trade trade;
	uint32_t i;

	while (right.next < trades) {
		trade = trade_of(right.next);
		add_trade(&right, &trade);
	}
	for (i = 0; i < CONSUMERS; i++)
		must_be(!memcmp(&account[i].copy[account[i].updates % 2],
				&right, sizeof(right)),
			"each consumer has counted each trade once");
}

static void create_arena(void)
{
	struct rring_arena_config config = {
		.capacity = { 64 },
		.mode = 0700, .uid = ~0u, .gid = ~0u,
	};

	arena = rring_arena_create(&config);
	must(arena, "create an arena");
	on_device = rring_backend() == RRING_BACKEND_DEVICE;
	account = mmap(NULL, CONSUMERS * sizeof(*account),
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must_be(account != MAP_FAILED, "there is memory");
}

/* From here on, the trades wait for all consumers. */
static void make_names(struct rring_client *client)
{
	char name[2] = "a";
	uint32_t i;

	for (i = 0; i < CONSUMERS; i++, name[0]++)
		rring_reader_close(reader_of(client, name), 0);
}

int main(int argc, char **argv)
{
	struct rring_client *client;
	struct rring_reader *reader;
	uint32_t i;

	must_be(argc <= 3, "fanout [TRADES [KILLS]]");
	if (argc > 1)
		trades = number_in(argv[1], UINT64_MAX);
	if (argc > 2)
		kills = number_in(argv[2], UINT64_MAX);
	must_be(trades >= 2 * AHEAD && trades / 1000 >= kills,
		"2048 trades or more, and 1000 for each kill");
	create_arena();
	client = attach();
	reader = reader_of(client, NULL);
	make_names(client);
	for (i = 0; i < ACTORS; i++)
		launch(i);
	supervise(reader);
	for (i = 0; i < ACTORS; i++)
		actor_end(&actor[i]);
	rring_close(client);
	check_accounts();
	printf("fanout: %u consumers have each of %llu trades once; %llu times one of them or the feed ended in its work\n",
	       CONSUMERS, (unsigned long long)trades,
	       (unsigned long long)kills);
	return 0;
}
