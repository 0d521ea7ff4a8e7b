// SPDX-License-Identifier: MPL-2.0
/* Where the readers of a ring stand, as its writer sees them. */
#include "client.h"
#include "scan.h"

/*
 * Where reader @i stands, if it gates. Its .ref changes whenever anything else
 * about it does: what was read between two equal looks belongs together.
 */
static int reader_position(struct rring_writer *writer, uint32_t i,
			   uint64_t *position, int *joining)
{
	const struct rring_reader_info *reader = &writer->info->readers[i];
	uint64_t ref, pos, cursor;

	do {
		/* P: pairs with O in the kernel */
		ref = rring_word_load_acquire(&reader->ref);
		if (!rring_ref_gates(ref))
			return 0;
		pos = rring_seq_load(&reader->start);
		if (rring_ref_state(ref) != RRING_READER_LIVE)
			continue;
		cursor = rring_peer_cursor(writer->client,
					   rring_ref_client(ref),
					   rring_ref_cursor(ref));
		if (cursor > pos)
			pos = cursor;
	} while (rring_fence_acquire(), rring_word_load(&reader->ref) != ref);
	*position = pos;
	*joining = rring_ref_state(ref) == RRING_READER_JOINING;
	return 1;
}

static struct rring_scan scan_once(struct rring_writer *writer)
{
	const struct rring_ring_info *info = writer->info;
	struct rring_scan scan = {
		.low = rring_window_retained(writer->head, info->retain),
	};
	uint32_t end = rring_flag_load_acquire(&info->readers_end);
	uint32_t i;

	for (i = 0; i < end && i < RRING_READERS; i++) {
		uint64_t pos;
		int joining;

		if (!reader_position(writer, i, &pos, &joining))
			continue;
		if (pos < scan.low) {
			scan.low = pos;
			scan.joining = joining;
		}
	}
	return scan;
}

/*
 * A reader that begins to gate in the middle of a scan may have missed it, and
 * yet start below a cursor that the scan read later. .passed is for the kernel,
 * which reads it between raising .joins and letting the reader start: so it
 * sees what a scan that missed the reader has found, although a cursor may have
 * gone back since.
 */
struct rring_scan rring_scan_readers(struct rring_writer *writer)
{
	const rring_flag_t *joins = &writer->info->joins;
	struct rring_scan scan;
	uint32_t seen;

	do {
		/* P: pairs with O in the kernel */
		seen = rring_flag_load_acquire(joins);
		scan = scan_once(writer);
		rring_seq_store(&writer->ring->passed, scan.low);
		/* the kernel's barrier is for both: this, and .joins */
		rring_fence_acquire();
		rring_fence_compiler();
	} while (rring_flag_load(joins) != seen);
	return scan;
}
