// SPDX-License-Identifier: MPL-2.0
/* Writers of rings. */
#ifndef RUSTED_RING_CPP_WRITER_HPP
#define RUSTED_RING_CPP_WRITER_HPP

#include <rusted_ring/cpp/await.hpp>
#include <rusted_ring/cpp/client.hpp>
#include <rusted_ring/cpp/ring_config.hpp>

RUSTED_RING_BEGIN

/*
 * A ring to write:
 *
 *	writer_config("ticks").payloads<tick>(1024).type<tick>("tick")
 *
 * The fields are those of C. A nullptr makes a nameless ring.
 */
class writer_config
	: public detail::ring_config<writer_config, rring_ring_config> {
public:
	writer_config(const rring_ring_config &from) noexcept
		: ring_config(from) {}
	explicit writer_config(const char *name_ = nullptr) noexcept
		: ring_config(name_) {}

	writer_config &when_full(rring_policy what) noexcept
	{
		policy = what;
		return *this;
	}
	/* Keep so many entries for readers that join later. */
	writer_config &retain(uint32_t entries) noexcept
	{
		rring_ring_config::retain = entries;
		return *this;
	}
	/*
	 * Lap a reader that does not move for so long while the ring is full.
	 */
	writer_config &stall(std::chrono::nanoseconds limit) noexcept
	{
		stall_ns = static_cast<uint64_t>(limit.count());
		return *this;
	}
	/* @name is used until the ring is open. */
	template <typename T>
	writer_config &type(const char *name_) noexcept
	{
		rring_ring_config::type = detail::type_of<T>(name_);
		return *this;
	}
};

/*
 * Entries of an inline ring that are reserved for this writer. Nobody sees them
 * before commit(), and without it they are never published. Until then nothing
 * else is written to the ring.
 */
class [[nodiscard]] reservation {
public:
	reservation(detail::filled, rring_writer *writer, uint32_t n) noexcept
		: writer_(writer), size_(n) {}
	reservation() noexcept = default;
	reservation(reservation &&other) noexcept
		: writer_(other.writer_),
		  size_(std::exchange(other.size_, 0)) {}
	reservation &operator=(reservation &&other) noexcept
	{
		writer_ = other.writer_;
		size_ = std::exchange(other.size_, 0);
		return *this;
	}
	reservation(const reservation &) = delete;
	reservation &operator=(const reservation &) = delete;

	uint32_t size() const noexcept { return size_; }

	/* The payload of entry @i, of @len bytes, at most the ring's stride. */
	span<std::byte> entry(uint32_t i, uint32_t len, uint32_t type = 0)
		noexcept
	{
		assert(i < size_ && len <= rring_writer_stride(writer_));
		return { static_cast<std::byte *>(
				 rring_reserved(writer_, i, len, type)),
			 len };
	}

	/* A T in entry @i. Its members are what is there: set all of them. */
	template <typename T>
	RUSTED_RING_SHORT
	T &as(uint32_t i = 0, uint32_t type = 0) noexcept
	{
		detail::check_type<T>();
		assert(i < size_ && sizeof(T) <= rring_writer_stride(writer_));
		return *static_cast<T *>(rring_reserved(writer_, i,
							sizeof(T), type));
	}

	/* Publish all entries, or the first @n. This ends the reservation. */
	RUSTED_RING_SHORT
	void commit() noexcept { commit(size_); }
	RUSTED_RING_SHORT
	void commit(uint32_t n) noexcept
	{
		assert(n <= size_);
		if (n)
			rring_commit(writer_, n);
		size_ = 0;
	}

private:
	rring_writer *writer_ = nullptr;
	uint32_t size_ = 0;
};

namespace detail {

/* How many elements, of how many bytes each, @elements has. */
template <typename Elements>
constexpr uint32_t count(const Elements &elements) noexcept
{
	return static_cast<uint32_t>(std::size(elements));
}

template <typename Elements>
constexpr uint32_t width(const Elements &elements) noexcept
{
	using element = std::remove_reference_t<decltype(*std::data(elements))>;

	check_type<std::remove_cv_t<element>>();
	return sizeof(element);
}

/*
 * The first @published of @events, a number or a negative errno, are given
 * away.
 */
template <typename Events>
inline result<uint32_t> forget_first(Events &events, long published) noexcept
{
	for (long i = 0; i < published; i++)
		std::data(events)[i].forget();
	return number_of<uint32_t>(published);
}

} // namespace detail

/*
 * Refers to a writer, which one thread at a time uses. In a full ring of
 * RRING_BLOCK, the functions without a deadline wait for room.
 */
class writer_ref : public detail::ref<rring_writer> {
public:
	using ref::ref;

	client_ref client() const noexcept
	{
		return client_ref(rring_writer_client(raw_));
	}
	/* The number of the ring, and of its next entry. */
	uint32_t ring() const noexcept { return rring_writer_ring_id(raw_); }
	uint64_t position() const noexcept
	{
		return rring_writer_position(raw_);
	}
	uint64_t epoch() const noexcept { return rring_writer_epoch(raw_); }
	uint32_t capacity() const noexcept
	{
		return rring_writer_capacity(raw_);
	}
	uint32_t stride() const noexcept { return rring_writer_stride(raw_); }

	/* ---- rings of handles ---- */

	/*
	 * Publish @e, and give the hold away. After a failure @e is unchanged.
	 */
	RUSTED_RING_SHORT
	status try_publish(event &&e) const noexcept
	{
		int err = rring_publish(raw_, e.get());

		if (!err)
			e.forget();
		return detail::status_of(err);
	}

	status try_publish(event &&e, deadline until) const noexcept
	{
		int err = rring_publish_until(raw_, e.get(), until.time());

		if (!err)
			e.forget();
		return detail::status_of(err);
	}

	/*
	 * Publish as many of @events, an array or a container of events or
	 * drafts, as have room. These are the first ones: they become empty.
	 */
	template <typename Events>
	result<uint32_t> try_publish_batch(Events &&events) const noexcept
	{
		return detail::forget_first(events, rring_publish_batch(
			raw_, detail::raw(events), detail::count(events)));
	}

	template <typename Events>
	result<uint32_t> try_publish_batch(Events &&events,
					   deadline until) const noexcept
	{
		return detail::forget_first(events, rring_publish_batch_until(
			raw_, detail::raw(events), detail::count(events),
			until.time()));
	}

	/* ---- inline rings ---- */

	/* Append a copy of @bytes. */
	status try_add(payload bytes, uint32_t type = 0) const noexcept
	{
		return detail::status_of(rring_add(raw_, bytes.data(),
						   bytes.size32(), type));
	}

	status try_add(payload bytes, uint32_t type, deadline until) const
		noexcept
	{
		return detail::status_of(rring_add_until(raw_, bytes.data(),
							 bytes.size32(), type,
							 until.time()));
	}

	/* Append an entry for each of @elements, all at once or none. */
	template <typename Elements>
	status try_add_batch(const Elements &elements, uint32_t type = 0) const
		noexcept
	{
		return detail::status_of(rring_add_batch(
			raw_, std::data(elements), detail::width(elements),
			type, detail::count(elements)));
	}

	template <typename Elements>
	status try_add_batch(const Elements &elements, uint32_t type,
			     deadline until) const noexcept
	{
		return detail::status_of(rring_add_batch_until(
			raw_, std::data(elements), detail::width(elements),
			type, detail::count(elements), until.time()));
	}

	/* Make room for @n entries, and publish nothing yet. */
	RUSTED_RING_SHORT
	result<reservation> try_reserve(uint32_t n = 1) const noexcept
	{
		int err = rring_reserve(raw_, n);

		if (err)
			return failure(-err);
		return reservation(detail::filled(), raw_, n);
	}

	result<reservation> try_reserve(uint32_t n, deadline until) const
		noexcept
	{
		int err = rring_reserve_until(raw_, n, until.time());

		if (err)
			return failure(-err);
		return reservation(detail::filled(), raw_, n);
	}

	/* ---- rings of both kinds ---- */

	/* Append a copy of @bytes. Wait for room and for a slot. */
	status try_send(payload bytes, uint32_t type = 0,
			deadline until = forever) const noexcept
	{
		return detail::status_of(rring_send(raw_, bytes.data(),
						    bytes.size(), type,
						    until.time()));
	}

	/* Wait for room for @n entries. */
	status try_wait(uint32_t n = 1, deadline until = forever) const noexcept
	{
		return detail::status_of(rring_wait_writable(raw_, n,
							     until.time()));
	}

	/* From 0.0 to 1.0: no room. */
	double pressure() const noexcept { return rring_writer_pressure(raw_); }
	bool under_pressure() const noexcept
	{
		return rring_writer_under_pressure(raw_);
	}
	bool should_throttle() const noexcept
	{
		return rring_writer_should_throttle(raw_);
	}
	uint32_t readers() const noexcept { return rring_writer_readers(raw_); }
	/* The position of the slowest observer at @from or above. */
	uint64_t observed(uint64_t from) const noexcept
	{
		return rring_writer_observed(raw_, from);
	}

#if RUSTED_RING_COROUTINES
	/* co_await: until there is room for @n entries. Gives a status. */
	template <executor Loop>
	auto writable(Loop &loop, uint32_t n = 1) const
	{
		rring_writer *raw = raw_;

		return detail::await<status>(loop, client().get(), POLLOUT,
			[raw, n](std::optional<status> &found) {
				int err = rring_wait_writable(raw, n, 0);

				if (err == -ETIMEDOUT)
					return false;
				found = detail::status_of(err);
				return true;
			});
	}
#endif

#if RUSTED_RING_EXCEPTIONS
	RUSTED_RING_SHORT
	void publish(event &&e) const { try_publish(std::move(e)).value(); }
	void publish(event &&e, deadline until) const
	{
		try_publish(std::move(e), until).value();
	}
	template <typename Events>
	uint32_t publish_batch(Events &&events) const
	{
		return try_publish_batch(events).value();
	}
	template <typename Events>
	uint32_t publish_batch(Events &&events, deadline until) const
	{
		return try_publish_batch(events, until).value();
	}
	void add(payload bytes, uint32_t type = 0) const
	{
		try_add(bytes, type).value();
	}
	void add(payload bytes, uint32_t type, deadline until) const
	{
		try_add(bytes, type, until).value();
	}
	template <typename Elements>
	void add_batch(const Elements &elements, uint32_t type = 0) const
	{
		try_add_batch(elements, type).value();
	}
	template <typename Elements>
	void add_batch(const Elements &elements, uint32_t type,
		       deadline until) const
	{
		try_add_batch(elements, type, until).value();
	}
	RUSTED_RING_SHORT
	reservation reserve(uint32_t n = 1) const
	{
		detail::must(rring_reserve(raw_, n));
		return reservation(detail::filled(), raw_, n);
	}
	reservation reserve(uint32_t n, deadline until) const
	{
		return try_reserve(n, until).value();
	}
	void send(payload bytes, uint32_t type = 0,
		  deadline until = forever) const
	{
		try_send(bytes, type, until).value();
	}
	void wait(uint32_t n = 1, deadline until = forever) const
	{
		try_wait(n, until).value();
	}
#endif
};

/* A writer. Its end is the end of the stream. */
class writer : public detail::owner<writer_ref, rring_writer_close> {
public:
	using owner::owner;

	static result<writer> try_open(client_ref client,
				       const writer_config &config) noexcept
	{
		return detail::try_open<writer>([&](rring_writer **raw) {
			return rring_writer_open(client.get(), &config, raw);
		});
	}

#if RUSTED_RING_EXCEPTIONS
	static writer open(client_ref client, const writer_config &config)
	{
		return try_open(client, config).value();
	}
#endif

	/* Free the writer, but do not end the stream: another one goes on. */
	void leave() noexcept
	{
		if (raw_)
			rring_writer_leave(release());
	}
};

RUSTED_RING_END

#endif // RUSTED_RING_CPP_WRITER_HPP
