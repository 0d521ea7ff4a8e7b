// SPDX-License-Identifier: MPL-2.0
/*
 * One reader of N rings: what a look at an idle ring takes; an event if one of
 * the rings is active; and a stream through all of them in turn, on two CPUs.
 * The peer is N queues with cached indices that a loop polls in turn: it does not
 * sleep, and its events have no lifetime.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "ours.h"
#include "pair.h"
#include "payload.h"
#include "rounds.h"
#include "spsc.h"
#include "turn.h"

#define BYTES		64
#define CAPACITY	256
#define RINGS_MAX	64
#define BATCH		32
#define COUNT(array)	((int)(sizeof(array) / sizeof((array)[0])))

struct many {
	uint32_t rings;
	struct rring_client *from, *to;
	struct rring_writer *writer[RINGS_MAX];
	struct rring_set *set;
	struct spsc *queue[RINGS_MAX];
	uint32_t turn;			/* of the queue that is polled next */
	uint64_t next;			/* event of the active ring */
	uint64_t seen[RINGS_MAX];	/* how many events of each */
};

/* ---- ours ---- */

static void open_clients(struct many *many)
{
	const struct rring_arena_config config = {
		.capacity = { 1 },
		.max_clients = 2,
		.max_rings = many->rings,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.backend = RRING_BACKEND_PROCESS,
	};
	int arena = rring_arena_create(&config);

	ours_must(arena, "rring_arena_create");
	ours_must(rring_open_arena(&many->from, arena, RRING_PRODUCER,
				   RRING_SINGLE_THREADED), "rring_open_arena");
	ours_must(rring_open_arena(&many->to, arena, RRING_CONSUMER,
				   RRING_SINGLE_THREADED), "rring_open_arena");
	close(arena);
}

static void open_ours(struct many *many)
{
	const struct rring_set_config config = { .order = RRING_FAIR };
	const struct rring_ring_config ring = {
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stride = BYTES,
		.strategy = RRING_WAIT_YIELD,
	};
	struct rring_reader_config reader = { .start = RRING_START_OLDEST };
	struct rring_reader *member;
	uint32_t i;

	open_clients(many);
	ours_must(rring_set_open(many->to, &config, &many->set),
		  "rring_set_open");
	for (i = 0; i < many->rings; i++) {
		ours_must(rring_writer_open(many->from, &ring,
					    &many->writer[i]),
			  "rring_writer_open");
		reader.ring = rring_writer_ring_id(many->writer[i]);
		ours_must(rring_reader_open(many->to, &reader, &member),
			  "rring_reader_open");
		ours_must(rring_set_add(many->set, member, 0), "rring_set_add");
	}
}

static void close_ours(struct many *many)
{
	rring_set_close(many->set);
	rring_close(many->to);
	rring_close(many->from);
}

static void write_ours(struct many *many, uint32_t ring, uint64_t number)
{
	struct rring_writer *writer = many->writer[ring];

	ours_must(rring_reserve(writer, 1), "rring_reserve");
	payload_fill(rring_reserved(writer, 0, BYTES, 0), BYTES, number);
	rring_commit(writer, 1);
}

/* Return 1 if there was an event. */
static int read_ours(struct many *many, struct rring_event *event)
{
	struct rring_reader *from;
	int err = rring_set_try_read(many->set, event, &from);

	if (err == -EAGAIN)
		return 0;
	ours_must(err, "rring_set_try_read");
	return 1;
}

/* ---- the peer ---- */

static void open_queues(struct many *many)
{
	uint32_t i;

	for (i = 0; i < many->rings; i++)
		many->queue[i] = spsc_open(BYTES, CAPACITY);
}

static void close_queues(struct many *many)
{
	uint32_t i;

	for (i = 0; i < many->rings; i++)
		spsc_close(many->queue[i]);
}

static void write_queue(struct many *many, uint32_t ring, uint64_t number)
{
	struct spsc *queue = many->queue[ring];
	void *payload;

	while (payload = spsc_reserve(queue), !payload)
		queue_relax();
	payload_fill(payload, BYTES, number);
	spsc_commit(queue);
}

/* The queue whose turn it is and that has an event, or NULL. */
static struct spsc *poll_queues(struct many *many, const void **payload)
{
	uint32_t i;

	for (i = 0; i < many->rings; i++) {
		struct spsc *queue = many->queue[many->turn];

		*payload = spsc_peek(queue);
		many->turn = many->turn + 1 == many->rings ? 0 :
							    many->turn + 1;
		if (*payload)
			return queue;
	}
	return NULL;
}

/* ---- idle rings ---- */

static void look_at_ours(void *context, uint64_t n)
{
	struct rring_event event;

	while (n--)
		if (read_ours(context, &event))
			abort();
}

static void look_at_queues(void *context, uint64_t n)
{
	const void *payload;

	while (n--)
		if (poll_queues(context, &payload))
			abort();
}

/* ---- one of them is active ---- */

static void pass_by_ours(void *context, uint64_t n)
{
	struct many *many = context;
	struct rring_event event;

	for (; n; n--) {
		write_ours(many, many->rings / 2, many->next);
		if (!read_ours(many, &event))
			abort();
		payload_check(event.data, BYTES, many->next++);
	}
}

static void pass_by_queue(void *context, uint64_t n)
{
	struct many *many = context;
	const void *payload;
	struct spsc *queue;

	for (; n; n--) {
		write_queue(many, many->rings / 2, many->next);
		queue = poll_queues(many, &payload);
		payload_check(payload, BYTES, many->next++);
		spsc_release(queue);
	}
}

/* ---- all of them, from another CPU ---- */

static void feed_ours(void *context, uint64_t first, uint64_t n)
{
	struct many *many = context;
	uint64_t end = first + n;

	for (; first < end; first++)
		write_ours(many, (uint32_t)(first % many->rings), first);
}

static void feed_queues(void *context, uint64_t first, uint64_t n)
{
	struct many *many = context;
	uint64_t end = first + n;

	for (; first < end; first++)
		write_queue(many, (uint32_t)(first % many->rings), first);
}

/* The number in the payload: which ring it came by follows from that. */
static void check(struct many *many, const void *payload)
{
	uint64_t number = *(const uint64_t *)payload;

	payload_check(payload, BYTES, number);
	many->seen[number % many->rings]++;
}

static void gather_from_ours(void *context, uint64_t first, uint64_t n)
{
	struct rring_event event;

	(void)first;
	while (n)
		if (read_ours(context, &event)) {
			check(context, event.data);
			n--;
		}
}

static void gather_batches(void *context, uint64_t first, uint64_t n)
{
	struct many *many = context;
	struct rring_reader *from;
	struct rring_event event;
	long got;
	uint32_t i;

	(void)first;
	while (n) {
		got = rring_set_peek(many->set, n < BATCH ? (uint32_t)n : BATCH,
				     &from);
		if (got == -EAGAIN)
			continue;
		ours_must((int)got, "rring_set_peek");
		for (i = 0; i < got; i++) {
			ours_must(rring_entry(from, i, &event), "rring_entry");
			check(many, event.data);
		}
		ours_must(rring_release(from, (uint32_t)got), "rring_release");
		n -= (uint64_t)got;
	}
}

static void gather_from_queues(void *context, uint64_t first, uint64_t n)
{
	const void *payload;
	struct spsc *queue;

	(void)first;
	for (; n; n--) {
		while (queue = poll_queues(context, &payload), !queue)
			queue_relax();
		check(context, payload);
		spsc_release(queue);
	}
}

/* ---- contenders ---- */

struct player {
	void (*open)(struct many *many);
	void (*close)(struct many *many);
	void (*look)(void *many, uint64_t n);
	void (*pass)(void *many, uint64_t n);
	pair_side feed, gather;
};

static const struct player ours = {
	open_ours, close_ours, look_at_ours, pass_by_ours, feed_ours,
	gather_from_ours,
}, ours_in_batches = {
	open_ours, close_ours, NULL, NULL, feed_ours, gather_batches,
}, queues = {
	open_queues, close_queues, look_at_queues, pass_by_queue, feed_queues,
	gather_from_queues,
};

static struct many open_many(const struct player *player,
			     const struct sample *work)
{
	struct many many = { .rings = (uint32_t)work->more[0].number };

	player->open(&many);
	return many;
}

static double run_idle(const struct contender *contender,
		       const struct sample *work)
{
	const struct player *player = contender->context;
	struct many many = open_many(player, work);
	double ns = turn_ns(player->look, &many, 1) / many.rings;

	player->close(&many);
	return ns;
}

static double run_active(const struct contender *contender,
			 const struct sample *work)
{
	const struct player *player = contender->context;
	struct many many = open_many(player, work);
	double ns = turn_ns(player->pass, &many, 1);

	player->close(&many);
	return ns;
}

static double run_gather(const struct contender *contender,
			 const struct sample *work)
{
	const struct player *player = contender->context;
	struct many many = open_many(player, work);
	double ns = pair_ns(player->feed, player->gather, &many);

	player->close(&many);
	return ns;
}

static void run_all(const char *figure, const char *placement,
		    const struct contender *contenders, int n)
{
	struct sample work = {
		.figure = figure, .size = BYTES, .batch = 1, .unit = "ns",
		.placement = placement, .more = { { .name = "rings" } },
	};

	for (work.more[0].number = 1; work.more[0].number <= RINGS_MAX;
	     work.more[0].number *= 4)
		rounds_run(&work, contenders, n);
}

int main(void)
{
	static const struct contender idle[] = {
		{ "rusted_ring set", run_idle, &ours },
		{ "polled queues", run_idle, &queues },
	}, active[] = {
		{ "rusted_ring set", run_active, &ours },
		{ "polled queues", run_active, &queues },
	}, all[] = {
		{ "rusted_ring set", run_gather, &ours },
		{ "rusted_ring set, batches", run_gather, &ours_in_batches },
		{ "polled queues", run_gather, &queues },
	};

	run_all("idle_rings", "one", idle, COUNT(idle));
	run_all("one_active_ring", "one", active, COUNT(active));
	run_all("gather", NULL, all, COUNT(all));
	return 0;
}
