// SPDX-License-Identifier: MPL-2.0
/*
 * `pipeline [FRAMES [KILLS [WIDTH HEIGHT]]]`: frames of a camera go through a
 * pipeline. The camera paints a bright spot into each frame. A detector finds
 * it, and publishes where it is. A recorder checks every byte of each frame,
 * and what was found there. No frame is copied. KILLS times the camera or the
 * detector ends in its work, and the next one goes on. Documentation/frames.rst
 * explains the program.
 */
#include <algorithm>
#include <cstring>

#include "actors.hpp"

static constexpr uint32_t ahead = 8;	// frames that the camera may be ahead
static constexpr std::byte bright{ 255 };

struct spot {
	uint64_t number;	// of the frame
	uint64_t at;		// index of the bright pixel
};

/* A frame is its number, and then its pixels. */
class camera {
public:
	camera(uint64_t width, uint64_t height) : width_(width), height_(height)
	{
		must_be(width && width <= 8192 && height && height <= 8192,
			"a frame has up to 8192 x 8192 pixels");
		must_be(pixels() > RRING_STRIDE_MAX,
			"a frame is above 16 KiB, so that it is of class XXL");
	}

	uint64_t pixels() const { return width_ * height_; }
	std::size_t len() const { return sizeof(uint64_t) + pixels(); }
	uint64_t spot_of(uint64_t number) const
	{
		return number * 7919 % pixels();
	}

	void paint(rr::span<std::byte> frame, uint64_t number) const
	{
		std::byte *pixel = frame.data() + sizeof(number);

		std::memcpy(frame.data(), &number, sizeof(number));
		for (uint64_t y = 0; y < height_; y++)
			std::memset(pixel + y * width_,
				    static_cast<int>((number + y) % 255),
				    width_);
		pixel[spot_of(number)] = bright;
	}

	uint64_t find(rr::span<const std::byte> frame) const
	{
		auto pixels_of = frame.subspan(sizeof(uint64_t));
		auto at = std::find(pixels_of.begin(), pixels_of.end(), bright);

		must_be(at != pixels_of.end(), "a frame has a bright spot");
		return static_cast<uint64_t>(at - pixels_of.begin());
	}

private:
	uint64_t width_, height_;
};

static rr::writer_config frames_ring()
{
	return rr::writer_config("frames").handles(ahead);
}

static rr::writer_config spots_ring()
{
	return rr::writer_config("spots").payloads<spot>(ahead)
		.type<spot>("spot");
}

static rr::client attach(const rr::arena &arena)
{
	return rr::client::open(arena, RRING_PRODUCER, RRING_SINGLE_THREADED);
}

/* The writer may have died: wait for its successor. */
static rr::view read_next(rr::reader &reader)
{
	for (;;) {
		rr::view view = reader.read();

		if (view)
			return view;
		reader.wait();
	}
}

/* Go on where the last camera has stopped: the ring counts its frames. */
static void be_camera(const rr::arena &arena, const camera &camera,
		      uint64_t frames, uint64_t last)
{
	rr::client client = attach(arena);
	rr::writer writer = rr::writer::open(client, frames_ring());

	while (writer.position() < frames) {
		rr::draft frame = client.alloc(camera.len(), 0, rr::forever);

		if (writer.position() == last)
			return;
		camera.paint(frame.bytes(), writer.position());
		writer.publish(std::move(frame));
	}
}

/* Each frame has one spot, so the ring of spots tells where to go on. */
static void be_detector(const rr::arena &arena, const camera &camera,
			uint64_t frames, uint64_t last)
{
	rr::client client = attach(arena);
	rr::writer writer = rr::writer::open(client, spots_ring());
	rr::reader reader = rr::factory(client, frames_ring())
				    .open_reader("frames", "detector");

	reader.release_to(writer.position());
	while (writer.position() < frames) {
		rr::view frame = read_next(reader);

		if (writer.position() == last)
			return;
		writer.add(spot{ writer.position(),
				 camera.find(frame.bytes()) });
	}
	reader.forget();
}

static void record(const camera &camera, uint64_t frames, rr::reader &all,
		   rr::reader &spots, actors &running)
{
	std::vector<std::byte> painted(camera.len());

	for (uint64_t number = 0; number < frames; number++) {
		rr::view frame = read_next(all);
		rr::view found = read_next(spots);
		const spot *spot = found.as<struct spot>();

		camera.paint(painted, number);
		must_be(frame.size() == painted.size() &&
			std::equal(painted.begin(), painted.end(),
				   frame.bytes().begin()),
			"each frame comes once, in order, with all its bytes");
		must_be(spot && spot->number == number &&
			spot->at == camera.spot_of(number),
			"each frame has its spot, once");
		running.passed(number + 1);
	}
}

static void run(const camera &camera, uint64_t frames, uint64_t kills)
{
	/* in the ring, and one in the hand of each client */
	rr::arena arena = rr::arena::create(rr::arena_config()
		.slots(RRING_XS, 64).slots(RRING_XXL, ahead + 3));
	rr::client client = attach(arena);
	rr::factory of_frames(client, frames_ring());
	rr::reader all = of_frames.open_reader("frames");
	rr::reader spots = rr::factory(client, spots_ring())
				   .open_reader("spots");

	/* from here on, the frames wait for the detector */
	of_frames.open_reader("frames", "detector");
	actors running({
		[&](uint64_t last) { be_camera(arena, camera, frames, last); },
		[&](uint64_t last) {
			be_detector(arena, camera, frames, last);
		},
	}, frames, kills);

	record(camera, frames, all, spots, running);
	running.join();
	all.reset();
	must_be(!client.usage(RRING_XXL, RRING_STAT_SWEEP).held,
		"nothing is held at the end");
}

int main(int argc, char **argv)
{
	return run_main("pipeline", [&] {
		uint64_t of[] = { 300, 50, 1280, 720 };

		must_be(argc <= 5, "pipeline [FRAMES [KILLS [WIDTH HEIGHT]]]");
		for (int i = 1; i < argc; i++)
			of[i - 1] = number_in(argv[i]);
		/* no stage has ended yet when one is killed */
		must_be(of[0] >= of[1] + 2 && of[0] / (of[1] + 2) * of[1] +
			ahead < of[0], "there are more frames than kills");
		run(camera(of[2], of[3]), of[0], of[1]);
		std::printf("pipeline: %llu frames of %llu x %llu, each seen and found once; %llu times a stage ended in its work\n",
			    static_cast<unsigned long long>(of[0]),
			    static_cast<unsigned long long>(of[2]),
			    static_cast<unsigned long long>(of[3]),
			    static_cast<unsigned long long>(of[1]));
	});
}
