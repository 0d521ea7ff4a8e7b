// SPDX-License-Identifier: MPL-2.0
/*
 * From the kernel to a process: a kernel writer of ours and a BPF ring buffer.
 * Both write each word of a payload where it is to lie, and wake nobody: the
 * process looks without rest. It checks each word. Without a reader it is what
 * the kernel's side alone costs.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <rusted_ring.h>

#include "placement.h"
#include "producer/producer.h"
#include "ringbuf.h"
#include "rounds.h"

#define EVENTS_AT_ONCE	2000	/* for one call of the kernel */
#define HEADER		8	/* of an event in a BPF ring */

/* What a contender is made of; its reader's part counts into .read. */
struct source {
	uint32_t size;
	uint64_t read;
	void (*send)(struct source *source, uint32_t events);
	void (*take)(struct source *source);

	int fd;			/* of our kernel writer, of the BPF program */
	struct rring_client *client;
	struct rring_reader *reader;
	struct bpf_object *object;
	struct ring_buffer *buffer;
};

static void check(struct source *source, const void *payload, size_t size)
{
	const uint64_t *words = payload;
	uint64_t differ = 0;
	uint32_t i;

	for (i = 0; i < source->size / 8; i++)
		differ |= words[i] ^ (words[0] + i);
	if (differ || size != source->size)
		errx(1, "an event is not what was sent");
	source->read++;
}

/* ---- ours ---- */

static void must(int error, const char *what)
{
	if (error < 0)
		errx(1, "%s: %s", what, rring_strerror(error));
}

static void ours_send(struct source *source, uint32_t events)
{
	struct producer_stream stream = {
		.tries = events,
		.len = source->size,
	};

	if (ioctl(source->fd, PRODUCER_STREAM, &stream))
		err(1, "PRODUCER_STREAM");
}

static void ours_take(struct source *source)
{
	struct rring_event event;
	long n = rring_peek(source->reader, UINT32_MAX), i;

	if (n == -EAGAIN)
		return;
	must((int)n, "rring_peek");
	for (i = 0; i < n; i++) {
		must(rring_entry(source->reader, (uint32_t)i, &event),
		     "rring_entry");
		check(source, event.data, event.len);
	}
	must(rring_release(source->reader, (uint32_t)n), "rring_release");
}

static int arena_of(void)
{
	struct rring_arena_config config = {
		.capacity = { 64, 16, 8, 4, 2, 0 },
		.max_clients = 2,
		.max_rings = 1,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.backend = RRING_BACKEND_DEVICE,
	};
	int arena = rring_arena_create(&config);

	must(arena, "rring_arena_create");
	return arena;
}

static void ours_open(struct source *source, uint32_t size)
{
	struct producer_open open_args = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = RINGBUF_BYTES / size,
		.stride = size,
	};
	struct rring_reader_config config = {
		.start = RRING_START_OLDEST,
		.strategy = RRING_WAIT_SPIN,	/* looks without rest */
	};
	int arena = arena_of();

	open_args.arena_fd = arena;
	*source = (struct source) {
		.size = size,
		.send = ours_send,
		.take = ours_take,
		.fd = open("/dev/rring_producer", O_RDWR | O_CLOEXEC),
	};
	if (source->fd < 0 || ioctl(source->fd, PRODUCER_OPEN, &open_args))
		err(1, "/dev/rring_producer");
	must(rring_open_arena(&source->client, arena, RRING_CONSUMER,
			      RRING_SINGLE_THREADED), "rring_open_arena");
	config.ring = open_args.ring_id;
	must(rring_reader_open(source->client, &config, &source->reader),
	     "rring_reader_open");
	close(arena);
}

static void ours_close(struct source *source)
{
	rring_close(source->client);
	close(source->fd);
}

/* ---- BPF's ---- */

static void bpf_send(struct source *source, uint32_t events)
{
	char packet[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = packet,
		    .data_size_in = sizeof(packet),
		    .repeat = (int)events);

	if (bpf_prog_test_run_opts(source->fd, &opts))
		err(1, "BPF_PROG_TEST_RUN");
}

static void bpf_take(struct source *source)
{
	if (ring_buffer__consume(source->buffer) < 0)
		errx(1, "ring_buffer__consume");
}

static int take_one(void *context, void *data, size_t size)
{
	check(context, data, size);
	return 0;
}

static int fd_of(struct bpf_program *program)
{
	if (!program)
		errx(1, "the BPF object has no such program");
	return bpf_program__fd(program);
}

static void bpf_open(struct source *source, uint32_t size)
{
	struct bpf_object *object = bpf_object__open("/ringbuf.bpf.o");
	char name[16];

	if (!object || bpf_object__load(object))
		err(1, "/ringbuf.bpf.o");
	snprintf(name, sizeof(name), "send_%u", size);
	*source = (struct source) {
		.size = size,
		.send = bpf_send,
		.take = bpf_take,
		.object = object,
		.fd = fd_of(bpf_object__find_program_by_name(object, name)),
	};
	source->buffer = ring_buffer__new(bpf_object__find_map_fd_by_name(
				object, "events"), take_one, source, NULL);
	if (!source->buffer)
		err(1, "ring_buffer__new");
}

static void bpf_close(struct source *source)
{
	ring_buffer__free(source->buffer);
	bpf_object__close(source->object);
}

/* ---- what is measured ---- */

struct kind {
	const char *name;
	void (*open)(struct source *source, uint32_t size);
	void (*close)(struct source *source);
};

static const struct kind kinds[] = {
	{ "rusted_ring kernel writer", ours_open, ours_close },
	{ "bpf ringbuf", bpf_open, bpf_close },
};

#define KINDS	((int)(sizeof(kinds) / sizeof(kinds[0])))

struct sender {
	struct source *source;
	int stop;
};

static void *send_on(void *context)
{
	struct sender *sender = context;

	while (!__atomic_load_n(&sender->stop, __ATOMIC_RELAXED))
		sender->source->send(sender->source, EVENTS_AT_ONCE);
	return NULL;
}

static double take_for(struct source *source, double seconds)
{
	uint64_t before = source->read;
	double start = now_ns(), ns;

	while (ns = now_ns() - start, ns < seconds * 1e9)
		source->take(source);
	return (double)(source->read - before) / ns;
}

/* Millions of events a second, from one CPU to the other. */
static double stream(const struct contender *contender,
		     const struct sample *work)
{
	const struct kind *kind = contender->context;
	struct source source;
	struct sender sender = { .source = &source };
	pthread_t thread;
	double rate;

	kind->open(&source, work->size);
	placement_pin(0);
	thread = placement_thread(1, send_on, &sender);
	take_for(&source, rounds_seconds());	/* warm-up */
	rate = take_for(&source, rounds_seconds());
	__atomic_store_n(&sender.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	kind->close(&source);
	return rate * 1e3;
}

/* Nanoseconds of the kernel's for each event, of which nobody reads yet. */
static double send_alone(const struct contender *contender,
			 const struct sample *work)
{
	const struct kind *kind = contender->context;
	uint32_t events = RINGBUF_BYTES / (work->size + HEADER) / 2;
	struct source source;
	double start, ns;

	kind->open(&source, work->size);
	source.send(&source, events);		/* its pages are there now */
	source.take(&source);
	start = now_ns();
	source.send(&source, events);
	ns = now_ns() - start;
	source.take(&source);
	if (source.read != 2 * events)
		errx(1, "%s: %llu of %u events came", kind->name,
		     (unsigned long long)source.read, 2 * events);
	kind->close(&source);
	return ns / events;
}

static void measure(const char *figure, const char *unit, uint32_t size,
		    double (*run)(const struct contender *,
				  const struct sample *))
{
	const struct sample work = {
		.figure = figure,
		.size = size,
		.batch = 1,
		.unit = unit,
	};
	struct contender contenders[KINDS];
	int i;

	for (i = 0; i < KINDS; i++)
		contenders[i] = (struct contender) {
			.name = kinds[i].name,
			.run = run,
			.context = &kinds[i],
		};
	rounds_run(&work, contenders, KINDS);
}

/* "count": by a clock that counts instructions; else events in real time. */
int main(int argc, char **argv)
{
	int counts = argc > 1 && !strcmp(argv[1], "count");
	uint32_t size;

	for (size = 64; size <= 256; size *= 4)
		if (counts)
			measure("kernel_send", "instructions", size,
				send_alone);
		else
			measure("kernel_stream", "M events/s", size, stream);
	return 0;
}
