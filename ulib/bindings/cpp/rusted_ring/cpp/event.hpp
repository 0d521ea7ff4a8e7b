// SPDX-License-Identifier: MPL-2.0
/*
 * Events: a draft is one that this client has allocated and fills, an event is
 * one that this client holds, and a view is one that a reader shows for a
 * moment.
 */
#ifndef RUSTED_RING_CPP_EVENT_HPP
#define RUSTED_RING_CPP_EVENT_HPP

#include <new>

#include <rusted_ring/cpp/bytes.hpp>
#include <rusted_ring/cpp/result.hpp>

RUSTED_RING_BEGIN

class event;
class draft;

/* What can be read of an event. Any producer may have written it: check it. */
class readable_event {
public:
	/*
	 * The payload, or nullptr if it is shorter than a T, or there is none.
	 */
	template <typename T>
	RUSTED_RING_SHORT
	const T *as() const noexcept RUSTED_RING_BOUND
	{
		detail::check_type<T>();
		return RRING_EVENT_AS(T, &raw_);
	}

	span<const std::byte> bytes() const noexcept RUSTED_RING_BOUND
	{
		return { static_cast<const std::byte *>(raw_.data), len() };
	}

	std::string_view text() const noexcept RUSTED_RING_BOUND
	{
		return { static_cast<const char *>(raw_.data), len() };
	}

	/* Bytes of the payload. */
	uint32_t size() const noexcept { return raw_.len; }

	/* What the producer has chosen. */
	uint32_t type() const noexcept { return raw_.event_type; }

	/* 0 in an inline ring. */
	uint64_t handle() const noexcept { return raw_.handle; }

	/* For calls of C. */
	const rring_event *get() const noexcept { return &raw_; }

protected:
	readable_event() noexcept { clear(); }
	explicit readable_event(detail::filled) noexcept {}
	explicit readable_event(const rring_event &raw) noexcept : raw_(raw) {}
	readable_event(const readable_event &) noexcept = default;
	readable_event &operator=(const readable_event &) noexcept = default;
	~readable_event() = default;

	/* A copy that did not fit has a size, but no bytes. */
	std::size_t len() const noexcept { return raw_.data ? raw_.len : 0; }

	void clear() noexcept
	{
		raw_.handle = 0;
		raw_.data = nullptr;
		raw_.len = 0;
		raw_.event_type = 0;
		raw_.word = nullptr;
		raw_.client = nullptr;
	}

	rring_event raw_;
};

/*
 * An event that a reader shows, in place: it can be used until the next call of
 * this reader. Or none: then error() says why. It is moved, not copied. To keep
 * the event, a program calls keep() of the reader, or copies the bytes.
 */
class [[nodiscard]] view : public readable_event {
public:
	view() noexcept : answer_(-EAGAIN) {}
	explicit view(failure why) noexcept : answer_(-why.number()) {}
	/* For the headers: a call of C fills raw(), settle() has its answer. */
	explicit view(detail::filled filled) noexcept
		: readable_event(filled) {}
	rring_event *raw() noexcept { return &raw_; }
	RUSTED_RING_SHORT
	void settle(int answer) noexcept
	{
		answer_ = answer;
		if (answer)
			clear();
	}
	/* For a copy: what it needs (EMSGSIZE) stays in size(). */
	void settle_copy(int answer) noexcept
	{
		uint32_t len = answer == -EMSGSIZE ? raw_.len : 0;

		settle(answer);
		if (answer)
			raw_.len = len;
	}
	view(view &&) noexcept = default;
	view &operator=(view &&) noexcept = default;
	view(const view &) = delete;
	view &operator=(const view &) = delete;

	/* Is there an event? */
	explicit operator bool() const noexcept { return !answer_; }

	/* Only if there is no event. */
	failure error() const noexcept
	{
		assert(answer_);
		return failure(-answer_);
	}

private:
	int answer_;	/* of the call of C: 0, or a negative errno */
};

/*
 * One hold of the client on an event, or none. The hold is dropped at the end
 * of the scope, or given away by publish(). hold() takes one more, as a copy of
 * a std::shared_ptr does; but it can fail, so there is no copy constructor. An
 * event must not outlive its client.
 */
class event : public readable_event {
public:
	event() noexcept = default;
	/* For the headers: a call of C fills raw(). */
	explicit event(detail::filled filled) noexcept
		: readable_event(filled) {}
	rring_event *raw() noexcept { return &raw_; }
	RUSTED_RING_SHORT
	event(event &&other) noexcept : readable_event(other) { other.clear(); }
	event &operator=(event &&other) noexcept
	{
		if (this != &other) {
			drop();
			readable_event::operator=(other);
			other.clear();
		}
		return *this;
	}
	event(const event &) = delete;
	event &operator=(const event &) = delete;
	RUSTED_RING_SHORT
	~event() { drop(); }

	/* Take over a hold that a call of C has given. */
	static event adopt(const rring_event &raw) noexcept
	{
		return event(raw);
	}

	/* Is there an event? */
	explicit operator bool() const noexcept { return raw_.client; }

	/* Drop the hold now. */
	RUSTED_RING_SHORT
	void drop() noexcept
	{
		if (raw_.client) {
			rring_drop(client(), &raw_);
			clear();
		}
	}

	/* Give the hold away: the caller drops it. */
	[[nodiscard]] rring_event release() noexcept
	{
		rring_event raw = raw_;

		clear();
		return raw;
	}

	RUSTED_RING_SHORT
	result<event> try_hold() const noexcept;

	/* No process can write the payload any more. */
	bool is_sealed() const noexcept
	{
		return rring_is_sealed(client(), &raw_);
	}

	/*
	 * The handle, to be sent to another client, which takes its own hold by
	 * client_ref::upgrade(). Call it before that client gets the handle.
	 */
	uint64_t share() noexcept { return rring_share(client(), &raw_); }

	/* For the headers: the hold was given away, or there is none. */
	void forget() noexcept { clear(); }

#if RUSTED_RING_EXCEPTIONS
	RUSTED_RING_SHORT
	event hold() const;

	/* For the headers: @answer of the call of C that fills raw(). */
	RUSTED_RING_SHORT
	void must(int answer)
	{
		if (answer) {
			clear();
			detail::raise(failure(-answer));
		}
	}
#endif

protected:
	explicit event(const rring_event &raw) noexcept : readable_event(raw) {}

	/* A call of C has stored the client, which is not const there. */
	rring_client *client() const noexcept
	{
		return const_cast<rring_client *>(raw_.client);
	}
};

/*
 * An event that this client has allocated, and may write until it is published,
 * shared or moved into an event.
 */
class draft : public event {
public:
	draft() noexcept = default;
	explicit draft(detail::filled filled) noexcept : event(filled) {}
	draft(draft &&) noexcept = default;
	draft &operator=(draft &&) noexcept = default;

	static draft adopt(const rring_event &raw) noexcept
	{
		return draft(raw);
	}

	using event::as;
	using event::bytes;

	template <typename T>
	RUSTED_RING_SHORT
	T *as() noexcept RUSTED_RING_BOUND
	{
		detail::check_type<T>();
		return RRING_EVENT_AS(T, &raw_);
	}

	span<std::byte> bytes() noexcept RUSTED_RING_BOUND
	{
		return { static_cast<std::byte *>(raw_.data), raw_.len };
	}

	/* Make a T of @args in the payload, which has room for it. */
	template <typename T, typename... Args>
	T &emplace(Args &&...args) noexcept RUSTED_RING_BOUND
	{
		detail::check_type<T>();
		assert(sizeof(T) <= raw_.len);
		return *::new (raw_.data) T{ std::forward<Args>(args)... };
	}

	/* Set the length to @len, for which the slot has room. */
	status try_resize(uint32_t len) noexcept
	{
		return detail::status_of(rring_resize(client(), &raw_, len));
	}

	/* From now on nobody can write the payload, this client neither. */
	status try_seal() noexcept
	{
		return detail::status_of(rring_seal(client(), &raw_));
	}

#if RUSTED_RING_EXCEPTIONS
	void resize(uint32_t len) { try_resize(len).value(); }

	event seal()
	{
		try_seal().value();
		return std::move(*this);
	}
#endif

private:
	explicit draft(const rring_event &raw) noexcept : event(raw) {}
};

inline result<event> event::try_hold() const noexcept
{
	int err = rring_hold(client(), &raw_);

	if (err)
		return failure(-err);
	return event(raw_);
}

#if RUSTED_RING_EXCEPTIONS
inline event event::hold() const
{
	detail::must(rring_hold(client(), &raw_));
	return event(raw_);
}
#endif

static_assert(sizeof(draft) == sizeof(rring_event) &&
	      std::is_standard_layout_v<draft>,
	      "an array of drafts is one of struct rring_event, too");

namespace detail {

/* @events as the array that calls of C take and fill. */
template <typename Events>
inline rring_event *raw(Events &events) noexcept
{
	static_assert(std::is_base_of_v<event, std::remove_pointer_t<
				decltype(std::data(events))>>,
		      "an array of events");
	return std::size(events) ? std::data(events)->raw() : nullptr;
}

} // namespace detail

RUSTED_RING_END

#endif // RUSTED_RING_CPP_EVENT_HPP
