// SPDX-License-Identifier: MPL-2.0
/* Watches: rings and readers that come and go. */
#ifndef RUSTED_RING_CPP_WATCH_HPP
#define RUSTED_RING_CPP_WATCH_HPP

#include <optional>
#include <string>
#include <utility>

#include <rusted_ring/cpp/await.hpp>
#include <rusted_ring/cpp/client.hpp>

RUSTED_RING_BEGIN

/* What has changed: .kind is an rring_change_kind. */
using change = rring_change;

/* Watches the rings of an arena. One thread at a time uses a watch. */
class watch : public detail::owner<detail::ref<rring_watch>,
				   rring_watch_close> {
public:
	using owner::owner;

	/*
	 * Watch the rings whose names begin with @prefix; nullptr: all rings.
	 */
	static result<watch> try_open(client_ref client,
				      const char *prefix = nullptr) noexcept
	{
		return detail::try_open<watch>([&](rring_watch **raw) {
			return rring_watch_open(client.get(), prefix, raw);
		});
	}

	/*
	 * The next change: first the rings that there are, then each change.
	 * Wait for it: ETIMEDOUT, or EAGAIN if @until is now.
	 */
	result<change> try_next(deadline until = forever) noexcept
	{
		change found;
		int err = rring_watch_next(raw_, &found, until.time());

		return err ? result<change>(failure(-err)) : found;
	}

	/*
	 * The name and the size of the type of the ring that @about tells of;
	 * "" and 0: it has none, or is gone. Services have RRING_SERVICE_TYPE.
	 */
	std::pair<std::string, uint32_t> type(const change &about) const
	{
		char name[RRING_NAME_MAX];
		uint32_t size = rring_watch_type(raw_, &about, name);

		return { name, size };
	}

	/* How many changes were not reported: the watch was read too late. */
	uint64_t missed() const noexcept { return rring_watch_missed(raw_); }

#if RUSTED_RING_COROUTINES
	/* co_await: the next change of the arena of @client. */
	template <executor Loop>
	auto next(Loop &loop, client_ref client)
	{
		return detail::await_next<result<change>>(loop, client.get(),
			[this] { return try_next(now); });
	}
#endif

#if RUSTED_RING_EXCEPTIONS
	static watch open(client_ref client, const char *prefix = nullptr)
	{
		return try_open(client, prefix).value();
	}

	/* None if there was no change until the deadline. */
	std::optional<change> next(deadline until = forever)
	{
		result<change> found = try_next(until);

		if (found)
			return *found;
		if (found.error() != ETIMEDOUT && found.error() != EAGAIN)
			detail::raise(found.error());
		return std::nullopt;
	}
#endif
};

RUSTED_RING_END

#endif // RUSTED_RING_CPP_WATCH_HPP
