// SPDX-License-Identifier: MPL-2.0
/*
 * `archive [EVENTS [KILLS]]`: a durable consumer stores the events of a ring in
 * a file, each exactly once. KILLS times it or the writer ends in its work, and
 * the next one goes on. Documentation/durable.rst explains how.
 */
#include <cinttypes>

#include <fcntl.h>

#include "actors.hpp"

static constexpr uint32_t ahead = 256;	// entries of the ring

struct line {
	uint64_t number;
	uint64_t square;
};

/*
 * The file has the event at position p of the ring at p * sizeof(line). So its
 * size tells which event comes next, and to store an event again changes
 * nothing.
 */
class file {
public:
	file() : fd_(memfd_create("archive", MFD_CLOEXEC))
	{
		must_be(fd_ >= 0, "there can be a file");
	}
	file(const file &) = delete;
	file &operator=(const file &) = delete;
	~file() { close(fd_); }

	/*
	 * A part of an event at the end, of a write that was cut off, is none.
	 */
	uint64_t next() const
	{
		off_t size = lseek(fd_, 0, SEEK_END);

		must_be(size >= 0, "the file has a size");
		return static_cast<uint64_t>(size) / sizeof(line);
	}

	void store(const std::vector<line> &lines, uint64_t position)
	{
		const char *at = reinterpret_cast<const char *>(lines.data());
		std::size_t left = lines.size() * sizeof(line);
		auto offset = static_cast<off_t>(position * sizeof(line));

		while (left) {
			ssize_t n = pwrite(fd_, at, left, offset);

			must_be(n > 0, "the file can be written");
			at += n;
			offset += n;
			left -= static_cast<std::size_t>(n);
		}
	}

	/* The ring is a new one: its positions begin at 0 again. */
	void clear()
	{
		must_be(!ftruncate(fd_, 0), "the file can be emptied");
	}

	line at(uint64_t position) const
	{
		line found{};

		must_be(pread(fd_, &found, sizeof(found),
			      static_cast<off_t>(position * sizeof(line))) ==
			sizeof(found), "the file can be read");
		return found;
	}

private:
	int fd_;
};

static rr::writer_config ring()
{
	return rr::writer_config("lines").payloads<line>(ahead)
		.type<line>("line");
}

static rr::client attach(const rr::arena &arena)
{
	return rr::client::open(arena, RRING_PRODUCER, RRING_SINGLE_THREADED);
}

static void publish(const rr::arena &arena, uint64_t events, uint64_t last)
{
	rr::client client = attach(arena);
	rr::writer writer = rr::writer::open(client, ring());

	while (writer.position() < events && writer.position() != last) {
		uint64_t number = writer.position();

		writer.add(line{ number, number * number });
	}
}

/*
 * Join as "archive". If the ring does not know it, the file is of another ring.
 */
static rr::reader join(rr::client_ref client, file &to)
{
	auto config = rr::reader_config("lines").oldest().named("archive");
	auto resumed = rr::reader::try_open(
		client, rr::reader_config(config).resuming());

	if (resumed)
		return *std::move(resumed);
	if (resumed.error() != ENOENT)
		throw rr::error(resumed.error());
	to.clear();
	return rr::reader::open(client, config);
}

/* End after event @last was stored and before it is released. */
static void archive(const rr::arena &arena, file &to, uint64_t events,
		    uint64_t last)
{
	rr::client client = attach(arena);
	rr::reader reader = join(client, to);
	std::vector<line> lines;

	reader.release_to(to.next());
	while (reader.position() < events) {
		rr::batch batch = next_batch(reader, 64);

		lines.clear();
		for (const rr::view &view : batch) {
			const line *found = view.as<line>();

			must_be(found, "each event is a line");
			lines.push_back(*found);
		}
		/* first the file, then the release */
		to.store(lines, reader.position());
		if (to.next() > last)
			return;
		batch.release();
	}
	reader.forget();
}

static void run(uint64_t events, uint64_t kills)
{
	rr::arena arena = rr::arena::create(
		rr::arena_config().slots(RRING_XS, 64));
	file to;
	rr::client client = attach(arena);
	rr::factory factory(client, ring());
	rr::reader all = factory.open_reader("lines");

	/* from here on, the events wait for the archive */
	factory.open_reader("lines", "archive");
	actors running({
		[&](uint64_t last) { publish(arena, events, last); },
		[&](uint64_t last) { archive(arena, to, events, last); },
	}, events, kills);

	while (all.position() < events) {
		next_batch(all, ahead / 4).release();
		running.passed(all.position());
	}
	running.join();
	must_be(to.next() == events, "the file has all events, and no more");
	for (uint64_t i = 0; i < events; i++)
		must_be(to.at(i).number == i && to.at(i).square == i * i,
			"each event is in the file, once");
}

int main(int argc, char **argv)
{
	return run_main("archive", [&] {
		uint64_t events = argc > 1 ? number_in(argv[1]) : 1000000;
		uint64_t kills = argc > 2 ? number_in(argv[2]) : 50;

		must_be(events >= ahead * (kills + 2),
			"there are 256 events for each kill, and more");
		run(events, kills);
		std::printf("archive: the file has %" PRIu64
			    " events, each once; the writer or the archive ended %"
			    PRIu64 " times in its work\n", events, kills);
	});
}
