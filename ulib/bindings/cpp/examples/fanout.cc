// SPDX-License-Identifier: MPL-2.0
/*
 * `fanout [TRADES [KILLS]]`: a feed of trades goes to four consumers, each of
 * which keeps the turnover of each symbol. KILLS times the feed or a consumer
 * ends in its work, and the next one goes on. At the end each consumer has
 * counted each trade exactly once. Documentation/durable.rst explains how.
 */
#include <atomic>
#include <cstring>

#include "actors.hpp"

static constexpr uint32_t consumers = 4;
static constexpr uint32_t symbols = 64;
static constexpr uint32_t ahead = 1024;	// entries of the ring

struct trade {
	uint64_t number;
	uint32_t symbol;
	uint32_t price;
	uint32_t amount;
};

/* What a consumer makes of the trades below .next. */
struct turnover {
	uint64_t next;
	uint64_t of[symbols];

	void add(const trade *trade)
	{
		must_be(trade && trade->number == next &&
			trade->symbol < symbols,
			"each trade comes once, in order");
		of[trade->symbol] += uint64_t{ trade->price } * trade->amount;
		next++;
	}
};

/*
 * The consumer fills the copy that is not valid, and makes it valid by one
 * store. So there is a valid copy at each instant at which it can be killed.
 */
struct account {
	std::atomic<uint64_t> updates;	// copy[updates % 2] is valid
	turnover copy[2];

	const turnover &valid() const { return copy[updates % 2]; }

	void take(rr::batch &trades)
	{
		turnover &next = copy[(updates + 1) % 2];

		next = valid();
		for (const rr::view &view : trades)
			next.add(view.as<trade>());
		updates.fetch_add(1, std::memory_order_release);
	}
};

static trade trade_of(uint64_t number)
{
	return { number, static_cast<uint32_t>(number * 31 % symbols),
		 100 + static_cast<uint32_t>(number % 17),
		 1 + static_cast<uint32_t>(number % 5) };
}

static rr::writer_config ring()
{
	return rr::writer_config("trades").payloads<trade>(ahead)
		.type<trade>("trade");
}

static rr::client attach(const rr::arena &arena)
{
	return rr::client::open(arena, RRING_PRODUCER, RRING_SINGLE_THREADED);
}

/* Join the ring. If it has had no writer yet, make it. */
static rr::reader join(rr::client_ref client, const char *name)
{
	return rr::factory(client, ring()).open_reader("trades", name);
}

/* Go on where the last feed has stopped: the ring counts its trades. */
static void be_feed(const rr::arena &arena, uint64_t trades, uint64_t last)
{
	rr::client client = attach(arena);
	rr::writer writer = rr::writer::open(client, ring());

	while (writer.position() < trades && writer.position() != last)
		writer.add(trade_of(writer.position()));
}

/* End after trade @last was taken and before it is released. */
static void consume(const rr::arena &arena, const char *name, account &own,
		    uint64_t trades, uint64_t last)
{
	rr::client client = attach(arena);
	rr::reader reader = join(client, name);

	reader.release_to(own.valid().next);
	while (own.valid().next < trades) {
		rr::batch batch = next_batch(reader, 64);

		own.take(batch);
		if (own.valid().next > last)
			return;
		batch.release();
	}
}

static void check(const account *accounts, uint64_t trades)
{
	turnover right{};

	while (right.next < trades) {
		trade next = trade_of(right.next);

		right.add(&next);
	}
	for (uint32_t i = 0; i < consumers; i++)
		must_be(!std::memcmp(&accounts[i].valid(), &right,
				     sizeof(right)),
			"each consumer has counted each trade once");
}

static void fan_out(uint64_t trades, uint64_t kills)
{
	static const char *const names[consumers] = { "a", "b", "c", "d" };
	rr::arena arena = rr::arena::create(
		rr::arena_config().slots(RRING_XS, 64));
	account *accounts = shared_array<account>(consumers);
	rr::client client = attach(arena);
	rr::reader all = join(client, nullptr);
	std::vector<actors::act> acts;

	acts.push_back([&](uint64_t last) { be_feed(arena, trades, last); });
	for (uint32_t i = 0; i < consumers; i++) {
		/* from here on, the trades wait for this consumer */
		join(client, names[i]);
		acts.push_back([&, i](uint64_t last) {
			consume(arena, names[i], accounts[i], trades, last);
		});
	}
	actors running(std::move(acts), trades, kills);

	while (all.position() < trades) {
		next_batch(all, ahead / 4).release();
		running.passed(all.position());
	}
	running.join();
	check(accounts, trades);
}

int main(int argc, char **argv)
{
	return run_main("fanout", [&] {
		uint64_t trades = argc > 1 ? number_in(argv[1]) : 1000000;
		uint64_t kills = argc > 2 ? number_in(argv[2]) : 50;

		must_be(trades >= ahead * (kills + 2),
			"there are 1024 trades for each kill, and more");
		fan_out(trades, kills);
		std::printf("fanout: %u consumers have each of %llu trades once; %llu times one of them or the feed ended in its work\n",
			    consumers, static_cast<unsigned long long>(trades),
			    static_cast<unsigned long long>(kills));
	});
}
