// SPDX-License-Identifier: MPL-2.0
/*
 * A writer waits for a reader that gates it, and is killed: until it writes on.
 * From the kill, and from when the reader's parent has its status; a writer
 * that went on before that has taken no time.
 */
#include <err.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ours.h"
#include "placement.h"
#include "rounds.h"

#define CAPACITY	16

/* What the processes tell each other. */
struct scene {
	uint32_t ring, joined;
	double wrote;		/* when the writer went on */
};

struct plot {
	struct scene *scene;
	int arena;
};

static int arena_of(void)
{
	const struct rring_arena_config config = {
		.capacity = { 64 },
		.max_clients = 4,
		.max_rings = 4,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int arena = rring_arena_create(&config);

	ours_must(arena, "rring_arena_create");
	return arena;
}

static void tell(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static uint32_t hear(const uint32_t *word)
{
	uint32_t value;

	while (value = __atomic_load_n(word, __ATOMIC_ACQUIRE), !value)
		usleep(1000);
	return value;
}

static void write_one(struct rring_writer *writer)
{
	while (rring_reserve(writer, 1))
		ours_must(rring_wait_writable(writer, 1, RRING_FOREVER),
			  "rring_wait_writable");
	memset(rring_reserved(writer, 0, 64, 1), 0, 64);
	rring_commit(writer, 1);
}

static void write_on(struct plot *plot)
{
	const struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_BLOCK,
		.capacity = CAPACITY,
		.stride = 64,
		.strategy = RRING_WAIT_BLOCK,
	};
	struct rring_client *client;
	struct rring_writer *writer;
	int i;

	ours_must(rring_open_arena(&client, plot->arena, RRING_PRODUCER, 0),
		  "rring_open_arena");
	ours_must(rring_writer_open(client, &config, &writer),
		  "rring_writer_open");
	tell(&plot->scene->ring, writer->id + 1);
	hear(&plot->scene->joined);
	for (i = 0; i <= CAPACITY; i++)
		write_one(writer);
	plot->scene->wrote = now_ns();
	rring_close(client);
}

static void gate(struct plot *plot)
{
	struct rring_reader_config config = { .start = RRING_START_OLDEST };
	struct rring_client *client;
	struct rring_reader *reader;

	ours_must(rring_open_arena(&client, plot->arena, RRING_CONSUMER, 0),
		  "rring_open_arena");
	config.ring = hear(&plot->scene->ring) - 1;
	ours_must(rring_reader_open(client, &config, &reader),
		  "rring_reader_open");
	tell(&plot->scene->joined, 1);
	pause();
}

static pid_t start(void (*part)(struct plot *plot), struct plot *plot)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		part(plot);
		_exit(0);
	}
	return pid;
}

static void await(pid_t pid)
{
	if (waitpid(pid, NULL, 0) != pid)
		err(1, "waitpid");
}

/* Microseconds. */
static double kill_reader(const struct contender *contender,
			  const struct sample *work)
{
	struct plot plot = { .arena = arena_of() };
	pid_t reader, writer;
	double killed, gone, wrote;

	(void)contender;
	plot.scene = mmap(NULL, sizeof(*plot.scene), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (plot.scene == MAP_FAILED)
		err(1, "mmap");
	writer = start(write_on, &plot);
	reader = start(gate, &plot);
	hear(&plot.scene->joined);
	usleep(100000);		/* the writer sleeps by now */
	if (plot.scene->wrote)
		errx(1, "the writer did not wait for its reader");
	killed = now_ns();
	kill(reader, SIGKILL);
	await(reader);
	gone = now_ns();
	await(writer);
	wrote = plot.scene->wrote;
	if (!wrote)
		errx(1, "the writer did not go on");
	munmap(plot.scene, sizeof(*plot.scene));
	close(plot.arena);
	if (!strcmp(work->more[0].text, "kill"))
		return (wrote - killed) / 1e3;
	return wrote < gone ? 0 : (wrote - gone) / 1e3;
}

int main(void)
{
	static const char *const since[] = { "kill", "exit" };
	const struct contender contender = {
		.name = "rusted_ring",
		.run = kill_reader,
	};
	struct sample work = {
		.figure = "death",
		.unit = "us",
	};
	int i;

	for (i = 0; i < 2; i++) {
		work.more[0] = (struct sample_key) { "since", since[i], 0 };
		rounds_run(&work, &contender, 1);
	}
	return 0;
}
