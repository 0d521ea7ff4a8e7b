// SPDX-License-Identifier: MPL-2.0
/*
 * `mixed_cpp RING NAME COUNT`: reads COUNT events of the ring RING of the arena
 * "mixed" under the name NAME. The first 8 bytes of each event are its number,
 * from 0 on. After each batch, the file NAME.state has how far it has come. So
 * it can be killed at any instant, and the next one goes on. At the end it
 * prints NAME, COUNT and the sum of the numbers.
 */
#include <cinttypes>

#include <fcntl.h>

#include "actors.hpp"

struct progress {
	uint64_t next;	// the events below have been counted
	uint64_t sum;
};

/*
 * Two places in a file, which are written in turn. A kill cannot cut a write of
 * 16 bytes within a page in two, and the place with the larger .next is the
 * newer one.
 */
class state {
public:
	explicit state(const std::string &path)
		: fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600))
	{
		progress both[2] = {};

		must_be(fd_ >= 0, "the state can be opened");
		must_be(pread(fd_, both, sizeof(both), 0) >= 0,
			"the state can be read");
		turn_ = both[1].next > both[0].next;
		now_ = both[turn_];
	}
	state(const state &) = delete;
	state &operator=(const state &) = delete;
	~state() { close(fd_); }

	const progress &now() const { return now_; }

	void store(const progress &next)
	{
		turn_ ^= 1;
		now_ = next;
		must_be(pwrite(fd_, &next, sizeof(next),
			       turn_ * static_cast<off_t>(sizeof(next))) ==
			sizeof(next), "the state can be written");
	}

private:
	int fd_;
	int turn_;
	progress now_;
};

static uint64_t read_all(const char *ring, const char *name, uint64_t count)
{
	state state(std::string(name) + ".state");

	/* killed before it could print */
	if (state.now().next == count)
		return state.now().sum;

	rr::client client = rr::client::open("mixed", RRING_CONSUMER,
					     RRING_SINGLE_THREADED);

	client.await_ring(ring);
	rr::reader reader = rr::reader::open(
		client, rr::reader_config(ring).oldest().named(name));

	reader.release_to(state.now().next);
	must_be(reader.position() == state.now().next,
		"the reader goes on where the state ends");
	while (state.now().next < count) {
		rr::batch batch = next_batch(reader, static_cast<uint32_t>(
			std::min<uint64_t>(64, count - state.now().next)));
		progress next = state.now();

		for (const rr::view &view : batch) {
			const uint64_t *number = view.as<uint64_t>();

			must_be(number && view.size() == 64 &&
				*number == next.next,
				"each event comes once, in order");
			next.sum += *number;
			next.next++;
		}
		state.store(next);
		batch.release();
	}
	return state.now().sum;
}

int main(int argc, char **argv)
{
	return run_main("mixed_cpp", [&] {
		must_be(argc == 4, "mixed_cpp RING NAME COUNT");

		uint64_t count = number_in(argv[3]);
		uint64_t sum = read_all(argv[1], argv[2], count);

		std::printf("%s %" PRIu64 " %" PRIu64 "\n", argv[2], count,
			    sum);
	});
}
