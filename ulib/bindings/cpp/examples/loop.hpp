// SPDX-License-Identifier: MPL-2.0
/*
 * An event loop of poll(2), for coroutines that wait for readers, writers and
 * watches. A program that has an event loop already gives it the same two
 * functions.
 */
#ifndef LOOP_HPP
#define LOOP_HPP

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <poll.h>

#include <rusted_ring.hpp>

class loop {
public:
	/* For rusted_ring::executor. */
	void add(int fd, short events, rusted_ring::waiter &waiting)
	{
		fds_.push_back({ fd, events, 0 });
		waiters_.push_back(&waiting);
	}

	void forget(rusted_ring::waiter &waiting)
	{
		auto at = std::find(waiters_.begin(), waiters_.end(), &waiting);

		if (at != waiters_.end())
			remove(static_cast<std::size_t>(at - waiters_.begin()));
	}

	/* Until no coroutine waits. */
	void run()
	{
		while (!fds_.empty()) {
			poll(fds_.data(), fds_.size(), -1);
			resume_ready();
		}
	}

private:
	void remove(std::size_t i)
	{
		fds_.erase(fds_.begin() + static_cast<std::ptrdiff_t>(i));
		waiters_.erase(waiters_.begin() +
			       static_cast<std::ptrdiff_t>(i));
	}

	/* A coroutine that is resumed can add and forget waiters. */
	void resume_ready()
	{
		std::size_t i = 0;

		while (i < fds_.size()) {
			rusted_ring::waiter *waiting = waiters_[i];

			if (!fds_[i].revents || !waiting->ready()) {
				fds_[i++].revents = 0;
				continue;
			}
			remove(i);
			waiting->resume();
			i = 0;
		}
	}

	std::vector<pollfd> fds_;
	std::vector<rusted_ring::waiter *> waiters_;
};

/* A coroutine that begins at once. Its object owns it. */
class task {
public:
	struct promise_type {
		task get_return_object()
		{
			return task(std::coroutine_handle<
				promise_type>::from_promise(*this));
		}
		std::suspend_never initial_suspend() noexcept { return {}; }
		std::suspend_always final_suspend() noexcept { return {}; }
		void return_void() {}
		void unhandled_exception() { std::abort(); }
	};

	task(task &&other) noexcept
		: coroutine_(std::exchange(other.coroutine_, nullptr)) {}
	task(const task &) = delete;
	task &operator=(const task &) = delete;
	~task()
	{
		if (coroutine_)
			coroutine_.destroy();
	}

	bool done() const { return coroutine_.done(); }

private:
	explicit task(std::coroutine_handle<promise_type> coroutine)
		: coroutine_(coroutine) {}

	std::coroutine_handle<promise_type> coroutine_;
};

#endif // LOOP_HPP
