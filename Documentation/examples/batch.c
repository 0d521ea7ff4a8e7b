// SPDX-License-Identifier: MPL-2.0
/*
 * `batch [ITEMS]`: a ring as the table of a batch. Load items until the ring
 * is full, transform them in place in one go, fold the results; and so on.
 * One thread does it all.
 */
#include <rusted_ring.h>

#define PROGRAM		"batch"
#include "actors.h"

#define CAPACITY	4096
#define ITEM		1

struct item {
	uint64_t number;
	uint64_t value;
	char label[32];
};

struct fold {
	uint64_t items, sum, largest;
};

/* Items from number @first on, below @end: how many found room. */
static uint64_t load(struct rring_writer *writer, uint64_t first, uint64_t end)
{
	uint64_t number;
	int err = 0;

	for (number = first; number < end; number++) {
		struct item item = { .number = number, .value = number % 1000 };

		snprintf(item.label, sizeof(item.label), "item %llu",
			 (unsigned long long)number);
		err = rring_add(writer, &item, sizeof(item), ITEM);
		if (err == -EAGAIN)
			break;
		must(err, "add");
	}
	must_be(err != -EAGAIN || number - first == CAPACITY,
		"a ring is full after exactly as many items as it has entries");
	return number - first;
}

static uint64_t transform(const struct item *item)
{
	return item->value * item->value;
}

/* Everything that is in the ring, read in place, released at once. */
static struct fold process(struct rring_reader *reader, struct fold fold)
{
	struct rring_event event;
	long i, n = rring_peek(reader, CAPACITY);

	must(n, "peek");
	for (i = 0; i < n; i++) {
		const struct item *item;
		uint64_t result;

		must(rring_entry(reader, (uint32_t)i, &event), "entry");
		item = event.data;
		must_be(event.event_type == ITEM && event.len == sizeof(*item),
			"an item has its type and length");
		must_be(item->number == fold.items, "items come in order");
		result = transform(item);
		fold.items++;
		fold.sum += result;
		if (result > fold.largest)
			fold.largest = result;
	}
	must(rring_release(reader, (uint32_t)n), "release");
	return fold;
}

/* The result without a ring. */
static struct fold expected(uint64_t items)
{
	struct fold fold = { .items = items };
	uint64_t number;

	for (number = 0; number < items; number++) {
		uint64_t result = (number % 1000) * (number % 1000);

		fold.sum += result;
		if (result > fold.largest)
			fold.largest = result;
	}
	return fold;
}

int main(int argc, char **argv)
{
	struct rring_arena_config config = {
		.capacity = { [RRING_XS] = 1 },	/* all events lie in rings */
		.uid = ~0u, .gid = ~0u,
	};
	struct rring_ring_config ring = {
		.kind = RRING_INLINE, .policy = RRING_FAIL,
		.capacity = CAPACITY, .stride = 256,
	};
	uint64_t items = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
	struct rring_reader_config from = { .start = RRING_START_OLDEST };
	struct fold result = { 0 }, right = expected(items);
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *reader;
	uint64_t loaded = 0, batches = 0;
	int arena = rring_arena_create(&config);

	must(arena, "arena");
	must(rring_open_arena(&client, arena, RRING_PRODUCER,
			      RRING_SINGLE_THREADED), "attach");
	must(rring_writer_open(client, &ring, &writer), "writer");
	from.ring = rring_writer_ring_id(writer);
	must(rring_reader_open(client, &from, &reader), "reader");
	for (; loaded < items; batches++) {
		loaded += load(writer, loaded, items);
		result = process(reader, result);
	}
	rring_close(client);
	must_be(result.items == right.items && result.sum == right.sum &&
		result.largest == right.largest,
		"the batches add up to what the items do");
	printf("batch: %llu items in %llu batches, sum %llu, largest %llu, as expected\n",
	       (unsigned long long)result.items, (unsigned long long)batches,
	       (unsigned long long)result.sum,
	       (unsigned long long)result.largest);
	return 0;
}
