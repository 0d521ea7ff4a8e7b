// SPDX-License-Identifier: MPL-2.0
/*
 * Bytes of each thing, beside those of the Rust crate rusted-ring 0.3.2, as
 * its structs have them. Of an arena that only one process uses, as there.
 */
#include <stdio.h>
#include <unistd.h>

#include <rusted_ring.h>
#include <rusted_ring/internal/layout.h>

#include "sample.h"

#define CRATE	"crate rusted-ring"
#define TABLES	24	/* the kernel's, a slot: free, lease, adopted of kmod/ */
#define MANY	(1u << 16)

static void print(const char *what, const char *of, double ours, double crate)
{
	struct sample sample = {
		.figure = "memory", .placement = "one", .unit = "bytes",
		.more = { { "of", what, 0 }, { "class", of, 0 } },
	};

	sample.who = "rusted_ring";
	sample.value = ours;
	sample_print(&sample);
	sample.who = CRATE;
	sample.value = crate;
	if (crate > 0)
		sample_print(&sample);
}

/* Aligned to cache lines, as in the crate. */
static double lines(double bytes)
{
	return (double)((uint64_t)(bytes + 63) / 64 * 64);
}

static void print_slots(void)
{
	static const char *const names[] = { "xs", "s", "m", "l", "xl" };
	uint32_t i;

	for (i = RRING_XS; i < RRING_XXL; i++) {
		uint32_t none[RRING_POOLS] = {}, many[RRING_POOLS] = {};
		struct rring_arena_info without = {}, with = {};
		double payload, ledger;

		many[i] = MANY;
		rring_layout_arena(&without, none, 1, 1);
		rring_layout_arena(&with, many, 1, 1);
		payload = (double)(with.payload_size - without.payload_size +
				   with.size - without.size) / MANY;
		ledger = (double)(with.ledger_size - without.ledger_size) /
			 MANY;
		/* PooledEvent<SIZE>, and SlotMetadata, a line */
		print("slot", names[i], payload + TABLES,
		      lines(rring_slot_size(i) + 8) + 64);
		print("slot, for each client", names[i], ledger, 0);
	}
}

static void print_fixed(void)
{
	const uint32_t none[RRING_POOLS] = {};
	struct rring_arena_info arena = {}, with_ring = {};

	rring_layout_arena(&arena, none, 1, 0);
	rring_layout_arena(&with_ring, none, 1, 1);
	print("arena", "-", (double)arena.size, 0);
	print("client", "-", (double)arena.ledger_size +
	      sizeof(struct rring_magazines) + sizeof(struct rring_cursors), 0);
	/* data and metadata are those of slots; write_cursor, in a line */
	print("ring", "-", (double)(with_ring.size - arena.size) +
	      sizeof(struct rring_ring_head), 64);
	print("handle entry", "-", sizeof(struct rring_entry), 0);
	/* payload of a stream: here its own, there in a slot with all it has */
	print("inline entry", "xs", 64 + sizeof(struct rring_event_header),
	      128 + 64);
	/* a reference and a cursor */
	print("reader", "-", sizeof(struct rring_cursor) +
	      sizeof(struct rring_reader_info) + sizeof(struct rring_reader),
	      16);
}

int main(void)
{
	print_fixed();
	print_slots();
	return 0;
}
