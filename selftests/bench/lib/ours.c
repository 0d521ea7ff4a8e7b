// SPDX-License-Identifier: MPL-2.0
#include <err.h>
#include <string.h>
#include <unistd.h>

#include "ours.h"

void ours_fail(int error, const char *what)
{
	errx(1, "%s: %s", what, rring_strerror(error));
}

static void open_clients(struct ours *ours, const uint32_t slots[RRING_POOLS])
{
	struct rring_arena_config config = {
		.max_clients = 2,
		.max_rings = 1,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int arena;

	memcpy(config.capacity, slots, sizeof(config.capacity));
	arena = rring_arena_create(&config);
	ours_must(arena, "rring_arena_create");
	ours_must(rring_open_arena(&ours->from, arena, RRING_PRODUCER,
				   RRING_SINGLE_THREADED), "rring_open_arena");
	ours_must(rring_open_arena(&ours->to, arena, RRING_CONSUMER,
				   RRING_SINGLE_THREADED), "rring_open_arena");
	close(arena);
}

void ours_open(struct ours *ours, const struct rring_ring_config *ring,
	       const uint32_t slots[RRING_POOLS])
{
	struct rring_reader_config reader = {
		.start = RRING_START_OLDEST,
		.strategy = ring->strategy,
	};

	open_clients(ours, slots);
	ours_must(rring_writer_open(ours->from, ring, &ours->writer),
		  "rring_writer_open");
	reader.ring = rring_writer_ring_id(ours->writer);
	ours_must(rring_reader_open(ours->to, &reader, &ours->reader),
		  "rring_reader_open");
}

void ours_close(struct ours *ours)
{
	rring_close(ours->to);
	rring_close(ours->from);
}

static void __attribute__((noinline))
read_batches(struct ours *ours, uint32_t batch, uint64_t first, uint64_t end)
{
	struct rring_event event;
	uint32_t got, i;

	while (first < end) {
		got = ours_peek(ours, end - first < batch ?
				      (uint32_t)(end - first) : batch);
		for (i = 0; i < got; i++) {
			ours_must(rring_entry(ours->reader, i, &event),
				  "rring_entry");
			payload_check(event.data, event.len, first++);
		}
		ours_must(rring_release(ours->reader, got), "rring_release");
	}
}

void ours_read(struct ours *ours, uint32_t batch, uint64_t first, uint64_t n)
{
	if (batch == 1)
		ours_read_one_by_one(ours, first, first + n);
	else
		read_batches(ours, batch, first, first + n);
}
