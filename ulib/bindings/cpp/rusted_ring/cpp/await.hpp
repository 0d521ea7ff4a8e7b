// SPDX-License-Identifier: MPL-2.0
/* Waits of coroutines, which an event loop of the program resumes. C++20. */
#ifndef RUSTED_RING_CPP_AWAIT_HPP
#define RUSTED_RING_CPP_AWAIT_HPP

#include <rusted_ring/cpp/result.hpp>

#if RUSTED_RING_COROUTINES

#include <concepts>
#include <coroutine>
#include <optional>

#include <poll.h>

RUSTED_RING_BEGIN

/*
 * A coroutine that waits in an event loop. All readers, writers and watches of
 * a client share one descriptor, so the descriptor alone does not tell which of
 * them has something: the loop asks each waiter.
 */
class waiter {
public:
	/*
	 * The descriptor is ready: look. If the result is true, the loop
	 * forgets the waiter, and then calls resume(). Else it keeps the
	 * waiter.
	 */
	bool ready() { return look(); }
	void resume() { coroutine_.resume(); }

	waiter(const waiter &) = delete;
	waiter &operator=(const waiter &) = delete;

protected:
	waiter() noexcept = default;
	virtual ~waiter() = default;
	virtual bool look() = 0;

	std::coroutine_handle<> coroutine_;
};

/*
 * An event loop. From add() on, it calls ready() of the waiter each time that
 * poll(2) reports @events or POLLERR for @fd, level-triggered, until ready()
 * returns true, or until forget(): the coroutine was destroyed. It runs in the
 * thread that uses the client.
 */
template <typename T>
concept executor = requires(T &loop, int fd, short events, waiter &waiting) {
	loop.add(fd, events, waiting);
	loop.forget(waiting);
};

namespace detail {

/*
 * Waits for @client until @look has found a T: bool look(std::optional<T>
 * &found) never waits. A failure to get the descriptor is what is found, too.
 */
template <typename T, typename Loop, typename Look>
class [[nodiscard]] awaiting final : public waiter {
public:
	awaiting(Loop &loop, rring_client *client, short events, Look look)
		: loop_(loop), client_(client), events_(events), look_(look) {}
	~awaiting()
	{
		if (!found_ && coroutine_)
			loop_.forget(*this);
	}

	bool await_ready()
	{
		if (look_(found_))
			return true;
		/* the first call makes the descriptor, so look again */
		fd_ = rring_client_fd(client_);
		if (fd_ >= 0)
			return look_(found_);
		found_.emplace(failure(-fd_));
		return true;
	}
	void await_suspend(std::coroutine_handle<> coroutine)
	{
		coroutine_ = coroutine;
		loop_.add(fd_, events_, *this);
	}
	T await_resume() { return std::move(*found_); }

private:
	bool look() override { return look_(found_); }

	Loop &loop_;
	rring_client *client_;
	short events_;
	Look look_;
	int fd_ = -1;
	std::optional<T> found_;
};

template <typename T, executor Loop, typename Look>
auto await(Loop &loop, rring_client *client, short events, Look look)
{
	return awaiting<T, Loop, Look>(loop, client, events, look);
}

/* Wait for what @next gives, T next(), until it is not EAGAIN. */
template <typename T, executor Loop, typename Next>
auto await_next(Loop &loop, rring_client *client, Next next)
{
	return await<T>(loop, client, POLLIN, [next](std::optional<T> &found) {
		T one = next();

		if (!one && one.error() == EAGAIN)
			return false;
		found = std::move(one);
		return true;
	});
}

} // namespace detail

RUSTED_RING_END

#endif // RUSTED_RING_COROUTINES

#endif // RUSTED_RING_CPP_AWAIT_HPP
