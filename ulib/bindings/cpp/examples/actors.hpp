// SPDX-License-Identifier: MPL-2.0
/*
 * Actors of an example, which end in the middle of their work again and again.
 * On the device they are processes that are killed. Without the module they are
 * threads that end by themselves.
 */
#ifndef ACTORS_HPP
#define ACTORS_HPP

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <csignal>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rusted_ring.hpp>

namespace rr = rusted_ring;

constexpr uint64_t never = UINT64_MAX;

inline void must_be(bool right, const char *what)
{
	if (!right)
		throw std::logic_error(std::string("not so: ") + what);
}

inline uint64_t number_in(const char *text)
{
	char *rest = nullptr;
	uint64_t number = std::strtoull(text, &rest, 10);

	must_be(rest != text && !*rest, "an argument is a number");
	return number;
}

/* What main() does, with an exception as a line on stderr and status 1. */
template <typename Main>
int run_main(const char *name, Main &&main)
{
	try {
		main();
		return 0;
	} catch (const std::exception &thrown) {
		std::fprintf(stderr, "%s: %s\n", name, thrown.what());
		return 1;
	}
}

/* An array of zeros that this process and its children share. */
template <typename T>
T *shared_array(std::size_t n)
{
	void *memory = mmap(nullptr, n * sizeof(T), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must_be(memory != MAP_FAILED, "there is memory");
	return static_cast<T *>(memory);
}

class actors {
public:
	/* Does its work, and ends within piece @last of it, as by a death. */
	using act = std::function<void(uint64_t last)>;

	/* They have @work pieces of work, and end @kills times meanwhile. */
	actors(std::vector<act> acts, uint64_t work, uint64_t kills)
		: acts_(std::move(acts)), work_(work), kills_(kills),
		  processes_(acts_.size())
	{
		for (std::size_t i = 0; i < acts_.size(); i++) {
			if (on_device_)
				start_process(i);
			else
				start_thread(i);
		}
	}

	/* So many pieces have passed: kill an actor if it is time to. */
	void passed(uint64_t pieces)
	{
		auto i = static_cast<std::size_t>(std::rand()) % acts_.size();

		if (!on_device_ || killed_ == kills_ ||
		    pieces < (killed_ + 1) * (work_ / (kills_ + 2)))
			return;
		killed_++;
		kill(processes_[i], SIGKILL);
		must_be(WIFSIGNALED(end_process(i)),
			"an actor was killed at work");
		start_process(i);
	}

	/* Wait until all work is done. */
	void join()
	{
		for (std::thread &thread : threads_)
			thread.join();
		for (std::size_t i = 0; on_device_ && i < acts_.size(); i++)
			must_be(!end_process(i), "an actor has ended well");
	}

private:
	/* An actor that fails ends the program. */
	void run(std::size_t i, uint64_t last) noexcept
	{
		if (run_main("an actor", [&] { acts_[i](last); }))
			_exit(1);
	}

	void start_process(std::size_t i)
	{
		processes_[i] = fork();
		must_be(processes_[i] >= 0, "there can be a process");
		if (processes_[i])
			return;
		run(i, never);
		_exit(0);
	}

	int end_process(std::size_t i)
	{
		int status = -1;

		waitpid(processes_[i], &status, 0);
		return status;
	}

	/* The kills are shared out among the threads. */
	void start_thread(std::size_t i)
	{
		threads_.emplace_back([this, i] {
			uint64_t ends = (kills_ + i) / acts_.size();

			for (uint64_t n = 1; n <= ends; n++)
				run(i, n * work_ / (ends + 1));
			run(i, never);
		});
	}

	std::vector<act> acts_;
	uint64_t work_, kills_, killed_ = 0;
	bool on_device_ = rring_backend() == RRING_BACKEND_DEVICE;
	std::vector<pid_t> processes_;
	std::vector<std::thread> threads_;
};

/*
 * The next events, at least one. If the writer has died, wait for the next one.
 */
inline rr::batch next_batch(rr::reader_ref reader, uint32_t max)
{
	for (;;) {
		rr::batch batch = reader.peek(max);

		if (!batch.empty())
			return batch;
		reader.wait();
	}
}

#endif // ACTORS_HPP
