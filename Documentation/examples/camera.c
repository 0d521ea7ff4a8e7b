// SPDX-License-Identifier: MPL-2.0
/*
 * `camera [FRAMES [KILLS [WIDTH HEIGHT]]]`: frames of a camera go through a
 * pipeline. The camera paints a bright spot into each frame. A detector finds it,
 * and publishes where it is. A recorder checks every byte of each frame, and what
 * was found there. No frame is copied. KILLS times the camera or the detector ends
 * in its work, and the next one goes on: on the device they are processes that are
 * killed, without the module they are threads. Documentation/frames.rst explains
 * the program.
 */
#include <rusted_ring.h>

#define PROGRAM		"camera"
#include "actors.h"

#define AHEAD		8u	/* frames that the camera may be ahead */
#define BRIGHT		255
#define NEVER		UINT64_MAX

struct frame {
	uint64_t number;
	unsigned char pixel[];	/* width * height */
};

struct spot {
	uint64_t number;	/* of the frame */
	uint64_t at;		/* index of the bright pixel */
};

static const struct rring_ring_config frames_ring = {
	.name = "frames", .kind = RRING_HANDLES, .policy = RRING_BLOCK,
	.capacity = AHEAD,
};

static const struct rring_ring_config spots_ring = {
	.name = "spots", .kind = RRING_INLINE, .policy = RRING_BLOCK,
	.capacity = AHEAD, .stride = 64,
};

static uint64_t frames = 300, kills = 50, width = 1280, height = 720;
static int arena;

/* ---- frames ---- */

static size_t frame_len(void)
{
	return sizeof(struct frame) + width * height;
}

static uint64_t spot_of(uint64_t number)
{
	return number * 7919 % (width * height);
}

static void paint(struct frame *frame, uint64_t number)
{
	uint64_t y;

	frame->number = number;
	for (y = 0; y < height; y++)
		memset(frame->pixel + y * width, (int)((number + y) % BRIGHT),
		       width);
	frame->pixel[spot_of(number)] = BRIGHT;
}

static uint64_t find(const struct frame *frame)
{
	const unsigned char *spot = memchr(frame->pixel, BRIGHT,
					   width * height);

	must_be(!!spot, "a frame has a bright spot");
	return (uint64_t)(spot - frame->pixel);
}

/* ---- clients ---- */

static struct rring_client *attach(void)
{
	struct rring_client *client;

	must(rring_open_arena(&client, arena, RRING_PRODUCER,
			      RRING_SINGLE_THREADED), "attach");
	return client;
}

static struct rring_writer *writer_of(struct rring_client *client,
				      const struct rring_ring_config *ring)
{
	struct rring_writer *writer;

	must(rring_writer_open(client, ring, &writer), "become a writer");
	return writer;
}

/* Join @ring under @name (NULL: nameless). If it has had no writer yet, make it. */
static struct rring_reader *reader_of(struct rring_client *client,
				      const struct rring_ring_config *ring,
				      const char *name)
{
	const struct rring_factory factory = {
		.client = client, .defaults = *ring,
	};
	struct rring_reader *reader;

	must(rring_factory_reader(&factory, ring->name, name, &reader),
	     "become a reader");
	return reader;
}

/*
 * Release the event before, and wait for the next one. -EPIPE: the writer has died,
 * so wait for its successor.
 */
static void read_next(struct rring_reader *reader, struct rring_event *event)
{
	int err;

	while ((err = rring_try_read(reader, event))) {
		must(err == -EAGAIN || err == -EPIPE ? 0 : err, "read");
		must(rring_wait_readable(reader, RRING_FOREVER), "wait");
	}
}

/* ---- the camera ---- */

/*
 * Go on where the last camera has stopped: the ring counts its frames. End within
 * frame @last, as by a death.
 */
static void be_camera(uint64_t last)
{
	struct rring_client *client = attach();
	struct rring_writer *writer = writer_of(client, &frames_ring);
	struct rring_event event;
	uint64_t number;

	while ((number = rring_writer_position(writer)) < frames) {
		must(rring_alloc_until(client, frame_len(), 0, RRING_FOREVER,
				       &event), "allocate");
		if (number == last)
			break;
		paint(event.data, number);
		must(rring_publish(writer, &event), "publish a frame");
	}
	rring_close(client);
}

/* ---- the detector ---- */

/*
 * Go on where the last detector has stopped: each frame has one spot, so the ring
 * of spots tells. End within frame @last, as by a death.
 */
static void be_detector(uint64_t last)
{
	struct rring_client *client = attach();
	struct rring_writer *writer = writer_of(client, &spots_ring);
	struct rring_reader *reader = reader_of(client, &frames_ring,
						"detector");
	struct rring_event event;
	struct spot spot;

	/* frames whose spots were published before a death */
	must(rring_release_to(reader, rring_writer_position(writer)), "release");
	while ((spot.number = rring_writer_position(writer)) < frames) {
		read_next(reader, &event);
		if (spot.number == last)
			break;
		spot.at = find(event.data);
		must(rring_add(writer, &spot, sizeof(spot), 0),
		     "publish a spot");
	}
	if (spot.number == frames)
		rring_reader_close(reader, 1);
	rring_close(client);
}

/* ---- start and kill them ---- */

static void (*const stage[])(uint64_t last) = { be_camera, be_detector };
#define STAGES	(sizeof(stage) / sizeof(stage[0]))

static int on_device;
static struct actor actor[STAGES];

static void work(unsigned int i)
{
	stage[i](NEVER);
}

/* The kills are shared out among the stages. */
static void work_with_ends(unsigned int i)
{
	uint64_t ends = (kills + i) / STAGES;
	uint64_t n;

	for (n = 1; n <= ends; n++)
		stage[i](n * frames / (ends + 1));
	work(i);
}

static void launch(unsigned int i)
{
	actor[i] = (struct actor) {
		.number = i,
		.is_process = on_device,
		.work = work,
		.work_with_ends = work_with_ends,
	};
	actor_start(&actor[i]);
}

/*
 * Called after frame @number: kill a stage if it is time to. None has ended yet, as
 * each is at most AHEAD frames ahead.
 */
static void kill_in_time(uint64_t number)
{
	uint64_t every = kills ? (frames - AHEAD) / kills : 0;
	unsigned int i = (unsigned int)rand() % STAGES;

	if (!on_device || !kills || number % every != every - 1 ||
	    number / every >= kills)
		return;
	actor_kill(&actor[i]);
}

/* ---- the recorder ---- */

static void check_frame(const struct rring_event *event, uint64_t number,
			struct frame *painted)
{
	paint(painted, number);
	must_be(event->len == frame_len() &&
		!memcmp(event->data, painted, frame_len()),
		"each frame comes once, in order, with all its bytes");
}

static void check_spot(const struct rring_event *event, uint64_t number)
{
	const struct spot *spot = RRING_EVENT_AS(struct spot, event);

	must_be(spot && spot->number == number && spot->at == spot_of(number),
		"each frame has its spot, once");
}

static void record(struct rring_reader *all, struct rring_reader *spots)
{
	struct frame *painted = malloc(frame_len());
	struct rring_event event;
	uint64_t number;

	must_be(!!painted, "there is memory");
	for (number = 0; number < frames; number++) {
		read_next(all, &event);
		check_frame(&event, number, painted);
		read_next(spots, &event);
		check_spot(&event, number);
		kill_in_time(number);
	}
	free(painted);
}

static void check_slots(struct rring_client *client)
{
	struct rring_pool_stat stat;

	must(rring_pool_stat(client, RRING_XXL, RRING_STAT_SWEEP, &stat),
	     "statistics");
	must_be(!stat.held, "nothing is held at the end");
}

/* ---- all of them ---- */

static void create_arena(void)
{
	struct rring_arena_config config = {
		/* in the ring, and one in the hand of each client */
		.capacity = { 64, [RRING_XXL] = AHEAD + 3 },
		.mode = 0700, .uid = ~0u, .gid = ~0u,
	};

	arena = rring_arena_create(&config);
	must(arena, "create an arena");
	on_device = rring_backend() == RRING_BACKEND_DEVICE;
}

static void parse(int argc, char **argv)
{
	uint64_t *const values[] = { &frames, &kills, &width, &height };
	int i;

	must_be(argc <= 5, "camera [FRAMES [KILLS [WIDTH HEIGHT]]]");
	for (i = 1; i < argc; i++)
		*values[i - 1] = number_in(argv[i], UINT64_MAX);
	must_be(width && width <= 8192 && height && height <= 8192,
		"a frame has up to 8192 x 8192 pixels");
	must_be(width * height > RRING_STRIDE_MAX,
		"a frame is above 16 KiB, so that it is of class XXL");
	must_be(frames >= kills + AHEAD, "there are more frames than kills");
}

int main(int argc, char **argv)
{
	struct rring_client *client;
	struct rring_reader *all, *spots;
	unsigned int i;

	parse(argc, argv);
	create_arena();
	client = attach();
	all = reader_of(client, &frames_ring, NULL);
	spots = reader_of(client, &spots_ring, NULL);
	/* from here on, the frames wait for the detector */
	rring_reader_close(reader_of(client, &frames_ring, "detector"), 0);
	for (i = 0; i < STAGES; i++)
		launch(i);
	record(all, spots);
	for (i = 0; i < STAGES; i++)
		actor_end(&actor[i]);
	rring_reader_close(all, 0);
	rring_reader_close(spots, 0);
	check_slots(client);
	rring_close(client);
	printf("camera: %llu frames of %llu x %llu, each seen and found once; %llu times a stage ended in its work\n",
	       (unsigned long long)frames, (unsigned long long)width,
	       (unsigned long long)height, (unsigned long long)kills);
	return 0;
}
