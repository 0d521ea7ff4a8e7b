// SPDX-License-Identifier: MPL-2.0
/*
 * libFuzzer: pages that a hostile client writes, in an arena of this process, and what
 * the library, and the core that it shares with the module, make of them. The
 * input is a list of hostile stores, and of honest steps between them. No
 * step leads out of bounds or goes on for ever, what the honest writer wrote
 * arrives, and in the end every slot is free.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rusted_ring.h>

#define WINDOW	8
#define HELD	4
#define STEPS	400

struct input {
	const uint8_t *data;
	size_t size;
};

struct stage {
	int arena_fd;
	struct rring_client *liar, *honest, *watcher;
	struct rring_writer *lie;		/* the hostile client's ring */
	struct rring_reader *believer;		/* of that, honest */
	struct rring_writer *writer;		/* honest */
	struct rring_reader *reader, *spoiler;	/* honest, hostile */
	struct rring_set *set;
	struct rring_event held[HELD];
	int used[HELD];
	uint32_t kind;
	uint32_t role;			/* of the believer */
	uint64_t written;
};

#define MUST(x)	do { if (!(x)) abort(); } while (0)

static uint64_t take(struct input *input, size_t bytes)
{
	uint64_t value = 0;

	if (bytes > input->size)
		bytes = input->size;
	memcpy(&value, input->data, bytes);
	input->data += bytes;
	input->size -= bytes;
	return value;
}

/* ---- the hostile client ---- */

static uint64_t some_value(struct stage *self, struct input *input)
{
	uint32_t pool, index;

	switch (take(input, 1) % 6) {
	case 0:
		return take(input, 1);
	case 1:
		return rring_writer_position(self->lie) + take(input, 1) - 128;
	case 2:
		return ~0ull - take(input, 1);
	case 3:
		return 1ull << (take(input, 1) % 64);
	case 4:
		pool = (uint32_t)take(input, 1) % RRING_POOLS;
		index = (uint32_t)take(input, 1) %
			self->liar->pool[pool].capacity;
		return rring_handle(rring_handle_generation(rring_word_load(
				&self->liar->pool[pool].generation[index])) +
				    take(input, 1) % 3 - 1,
				    pool, index);
	default:
		return take(input, 8);
	}
}

/* A word of a page that the hostile client may write. */
static void store(struct stage *self, struct input *input)
{
	const struct rring_arena_info *arena = self->liar->arena;
	uint32_t where = (uint32_t)take(input, 1), i = (uint32_t)take(input, 2);
	char *payload = self->liar->pool[0].own;
	uint64_t *word;

	switch (where % 8) {
	case 0:
		word = (uint64_t *)self->lie->ring + i % 4;
		break;
	case 1:
		word = (uint64_t *)self->lie->ring +
		       i % (self->lie->size / 8);
		break;
	case 2:
		word = (uint64_t *)payload + i % (arena->payload_size / 8);
		break;
	case 3:
		word = (uint64_t *)&self->liar->pool[0].ledger[i %
							       arena->slots];
		break;
	case 4:
		word = (uint64_t *)self->spoiler->cursor;
		break;
	case 5:
		word = (uint64_t *)&self->liar->pool[0].header[i %
					self->liar->pool[0].capacity];
		break;
	default:
		word = (uint64_t *)(self->lie->ring + 1) + i % (2 * WINDOW);
	}
	__atomic_store_n(word, some_value(self, input), __ATOMIC_RELEASE);
}

static void open_lie(struct stage *self)
{
	struct rring_ring_config config = {
		.name = "lie",
		.kind = self->kind,
		.policy = RRING_FAIL,
		.capacity = WINDOW,
		.stride = self->kind == RRING_INLINE ? 64 : 0,
	};

	if (rring_writer_open(self->liar, &config, &self->lie))
		self->lie = NULL;
}

/* What it has not published by the library is not to be settled by it. */
static void close_lie(struct stage *self)
{
	self->lie->settled = rring_writer_position(self->lie);
	rring_writer_close(self->lie);
	self->lie = NULL;
}

/* Where nobody can go on it waits until its believer has left. */
static void join_lie(struct stage *self);
static void leave_lie(struct stage *self);

static void lie_anew(struct stage *self)
{
	close_lie(self);
	open_lie(self);
	if (self->lie)
		return;
	leave_lie(self);
	open_lie(self);
	MUST(self->lie);
	join_lie(self);
}

/* ---- who believes it ---- */

static void join_lie(struct stage *self)
{
	struct rring_reader_config config = {
		.ring_name = "lie",
		.flags = self->role ? RRING_JOIN_OBSERVER : 0,
		.start = RRING_START_OLDEST,
	};

	MUST(!rring_reader_open(self->honest, &config, &self->believer));
	MUST(!rring_set_add(self->set, self->believer, 1));
}

static void leave_lie(struct stage *self)
{
	rring_set_remove(self->set, self->believer);
	rring_reader_close(self->believer, 1);
}

/* All of it can be read. */
static void touch(const struct rring_event *event)
{
	volatile const uint8_t *data = event->data;

	if (!event->len)
		return;
	(void)data[0];
	(void)data[event->len / 2];
	(void)data[event->len - 1];
}

static void drop(struct stage *self, uint32_t i)
{
	if (self->used[i])
		rring_drop(self->honest, &self->held[i]);
	self->used[i] = 0;
}

static int handle_event(void *context, const struct rring_event *event)
{
	touch(event);
	return *(int *)context;
}

/* Peek at up to @n events of the set, and release some of them. */
static void read_lies(struct stage *self, uint32_t n, uint32_t done)
{
	struct rring_reader *from;
	struct rring_event event;
	uint64_t position;
	uint32_t i;
	long got = rring_set_peek(self->set, n);

	for (i = 0; got > 0 && i < got; i++)
		if (!rring_set_entry(self->set, i, &event, &from, &position))
			touch(&event);
	rring_set_release(self->set, done);
}

static void read_lie(struct stage *self, struct input *input)
{
	uint32_t how = (uint32_t)take(input, 1), i = how / 8 % HELD;
	struct rring_reader *reader = self->believer, *from;
	int ret = (int)(how / 8 % 3) - 1;
	struct rring_event event;
	long n;

	switch (how % 8) {
	case 0:
		if (!rring_try_read(reader, &event))
			touch(&event);
		break;
	case 1:
		n = rring_peek(reader, how / 8);
		MUST(n <= WINDOW);
		while (n-- > 0)
			if (!rring_entry(reader, (uint32_t)n, &event))
				touch(&event);
		rring_release(reader, how / 64);
		break;
	case 2:
		if (rring_peek(reader, 1) != 1 ||
		    rring_entry(reader, 0, &event) ||
		    rring_keep(reader, &event))
			break;
		drop(self, i);
		self->held[i] = event;
		self->used[i] = 1;
		rring_release(reader, 1);
		touch(&event);
		break;
	case 3:
		rring_read_batch(reader, handle_event, &ret, how / 8);
		break;
	case 4:
		read_lies(self, how / 8, how / 16);
		if (!rring_set_try_read(self->set, &event, &from))
			touch(&event);
		break;
	case 5:
		rring_reader_lag(reader);
		rring_wait_readable(reader, 0);
		rring_set_wait(self->set, 0);
		break;
	case 6:
		leave_lie(self);
		join_lie(self);
		break;
	default:
		drop(self, i);
	}
}

static void upgrade(struct stage *self, struct input *input)
{
	uint64_t handle = some_value(self, input);
	struct rring_event event;

	if (!rring_find(self->honest, handle, &event))
		touch(&event);
	if (rring_upgrade(self->honest, handle, &event))
		return;
	touch(&event);
	rring_drop(self->honest, &event);
}

/* ---- who does not ---- */

static void write_truth(struct stage *self)
{
	struct rring_event event;
	uint64_t number = self->written;

	rring_writer_pressure(self->writer);
	if (self->kind == RRING_INLINE) {
		self->written += !rring_add(self->writer, &number,
					    sizeof(number), (uint32_t)number);
		return;
	}
	if (rring_alloc_xs(self->honest, 8, (uint32_t)number, &event))
		return;
	if (rring_publish(self->writer, &event))
		rring_drop(self->honest, &event);
	else
		self->written++;
}

/* The hostile client may write payloads; the fields of an entry are right. */
static void read_truth(struct stage *self)
{
	uint64_t number = rring_reader_position(self->reader);
	struct rring_event event;
	long n = rring_peek(self->reader, 1);

	if (n == -EAGAIN) {
		MUST(number == self->written);
		return;
	}
	MUST(n == 1 && !rring_entry(self->reader, 0, &event));
	MUST(event.event_type == (uint32_t)number && event.len == 8);
	MUST(self->kind != RRING_INLINE || *(uint64_t *)event.data == number);
	MUST(!rring_release(self->reader, 1));
}

static void sweep(struct stage *self, struct input *input)
{
	struct rring_pool_stat stat;

	MUST(!rring_pool_stat(self->watcher,
			      (uint32_t)take(input, 1) % RRING_POOLS,
			      RRING_STAT_SWEEP, &stat));
}

/* ---- from one end to the other ---- */

static void open_stage(struct stage *self)
{
	struct rring_arena_config arena = {
		.capacity = { 16, 4, 2, 1, 1, 2 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.max_clients = 4,
		.max_rings = 4,
	};
	struct rring_ring_config truth = {
		.name = "truth",
		.kind = self->kind,
		.policy = RRING_FAIL,
		.capacity = WINDOW,
		.stride = self->kind == RRING_INLINE ? 64 : 0,
	};
	struct rring_reader_config from = { .ring_name = "truth" };
	struct rring_set_config set = { .order = self->role % 3 };
	struct rring_event event;

	self->arena_fd = rring_arena_create(&arena);
	MUST(self->arena_fd >= 0);
	MUST(!rring_open_arena(&self->liar, self->arena_fd, RRING_PRODUCER,
			       RRING_SINGLE_THREADED));
	MUST(!rring_open_arena(&self->honest, self->arena_fd, RRING_PRODUCER,
			       self->role & 2 ? 0 : RRING_SINGLE_THREADED));
	MUST(!rring_open_arena(&self->watcher, self->arena_fd, RRING_OBSERVER,
			       RRING_SINGLE_THREADED));
	MUST(!rring_set_open(self->honest, &set, &self->set));
	open_lie(self);
	join_lie(self);
	MUST(!rring_writer_open(self->honest, &truth, &self->writer));
	MUST(!rring_reader_open(self->honest, &from, &self->reader));
	MUST(!rring_reader_open(self->liar, &from, &self->spoiler));
	/* one of each kind that it holds */
	MUST(!rring_alloc(self->liar, 20000, 1, &event));
	MUST(!rring_alloc(self->liar, 64, 1, &event));
}

static void close_stage(struct stage *self)
{
	struct rring_pool_stat stat;
	uint32_t i;

	for (i = 0; i < HELD; i++)
		drop(self, i);
	rring_reader_close(self->spoiler, 1);
	while (rring_reader_position(self->reader) != self->written)
		read_truth(self);
	leave_lie(self);
	close_lie(self);
	rring_set_close(self->set);
	rring_close(self->liar);
	rring_close(self->honest);
	for (i = 0; i < RRING_POOLS; i++) {
		MUST(!rring_pool_stat(self->watcher, i, RRING_STAT_SWEEP,
				      &stat));
		MUST(stat.free == stat.capacity);
	}
	rring_close(self->watcher);
	close(self->arena_fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return setenv("RRING_BACKEND", "process", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { .data = data, .size = size };
	struct stage self = { .kind = (uint32_t)take(&input, 1) % 2 };
	uint32_t steps = STEPS;

	self.role = (uint32_t)take(&input, 1) % 4;
	open_stage(&self);
	while (input.size && steps--)
		switch (take(&input, 1) % 16) {
		case 0:
			write_truth(&self);
			break;
		case 1:
			read_truth(&self);
			break;
		case 2:
			upgrade(&self, &input);
			break;
		case 3:
			sweep(&self, &input);
			break;
		case 4:
			lie_anew(&self);
			break;
		case 5:
		case 6:
		case 7:
		case 8:
			read_lie(&self, &input);
			break;
		default:
			store(&self, &input);
		}
	close_stage(&self);
	return 0;
}
