// SPDX-License-Identifier: MPL-2.0
/* The writer's scan of the positions of its readers. */
#include "../client/client.h"
#include "scan.h"

#define SCAN_ROUNDS	8

static int is_observer(__u64 ref)
{
	return rring_ref_state(ref) == RRING_READER_OBSERVER ||
	       rring_ref_state(ref) == RRING_READER_CAPPED_OBSERVER;
}

/*
 * Return 1 if a reader whose .ref is @ref is where its cursor is, if that is
 * above .start. Return 0 if the reader is at .start.
 */
static int has_cursor(__u64 ref)
{
	return rring_ref_state(ref) == RRING_READER_LIVE ||
	       rring_ref_state(ref) == RRING_READER_OBSERVER;
}

/*
 * Find the position of reader @i. If @wanted returns 1 for .ref of the reader,
 * store the position in *@position and the state in *@state, and return 1.
 * Otherwise store nothing and return 0.
 * The kernel changes .ref whenever it changes the reader. If .ref has changed
 * while this function read .start and the cursor, the cursor may be another
 * reader's: read all again. If .ref has not changed, the cursor is this
 * reader's, and .start is the one of this .ref, or of the change that the
 * kernel is making now. Either is a position that the reader gates at.
 */
static int reader_position(struct rring_writer *writer, uint32_t i,
			   int (*wanted)(__u64 ref), uint64_t *position,
			   uint32_t *state)
{
	const struct rring_reader_info *reader = &writer->info->readers[i];
	uint64_t ref, pos, cursor;

	do {
		/* P: pairs with O in kring_reader_publish() */
		ref = rring_word_load_acquire(&reader->ref);
		if (!wanted(ref))
			return 0;
		pos = rring_seq_load(&reader->start);
		if (!has_cursor(ref))
			continue;
		cursor = ulib_peer_cursor(writer->client,
					  rring_ref_client(ref),
					  rring_ref_cursor(ref));
		if (cursor > pos)
			pos = cursor;
	} while (rring_fence_acquire(), rring_word_load(&reader->ref) != ref);
	*position = pos;
	*state = rring_ref_state(ref);
	return 1;
}

static struct ulib_scan scan_once(struct rring_writer *writer)
{
	const struct rring_ring_info *info = writer->info;
	struct ulib_scan scan = {
		.low = rring_window_retained(writer->head, info->retain),
	};
	uint64_t kept = rring_seq_load(&info->kept);
	uint32_t end = rring_flag_load_acquire(&info->readers_end);
	uint32_t i;

	if (scan.low < kept)
		scan.low = kept;
	for (i = 0; i < end && i < RRING_READERS; i++) {
		uint64_t pos;
		uint32_t state;

		if (!reader_position(writer, i, rring_ref_gates, &pos,
				     &state))
			continue;
		if (pos < scan.low) {
			scan.low = pos;
			scan.joining = state == RRING_READER_JOINING;
			scan.capped = state == RRING_READER_CAPPED;
		}
	}
	return scan;
}

/*
 * Raise .passed, the position below which no new reader starts, to @low. Never
 * lower .passed, even if a hostile reader has set its cursor back, because the
 * writer may already overwrite the entries below .passed.
 */
static void note_passed(struct rring_writer *writer, uint64_t low)
{
	rring_seq_t *passed = &writer->ring->passed;
	uint64_t before = rring_seq_load(passed);

	rring_seq_store(passed, low > before ? low : before);
}

/*
 * Scan the positions of all readers, raise .passed to the lowest one, and
 * return the result of the scan. Scan again if .joins has grown during the
 * scan: then a reader began to gate, and the scan may have missed this reader.
 * If .joins has not grown, a missed reader is no danger. The kernel raises
 * .joins before it reads .passed, and lets no reader start below .passed. So
 * the missed reader starts at the lowest position of this scan or above, even
 * if a hostile reader sets its cursor back afterwards. A hostile client can
 * join and leave again and again. So after SCAN_ROUNDS scans give up, and
 * return .low 0, with which the writer overwrites nothing.
 */
struct ulib_scan ulib_scan_readers(struct rring_writer *writer)
{
	const rring_flag_t *joins = &writer->info->joins;
	struct ulib_scan scan;
	uint32_t rounds = 0;
	uint32_t seen;

	do {
		if (rounds++ == SCAN_ROUNDS)
			return (struct ulib_scan){ .low = 0 };
		/* P: pairs with O in begin_gating(): scan sees the reader */
		seen = rring_flag_load_acquire(joins);
		scan = scan_once(writer);
		note_passed(writer, scan.low);
		/* keeps all loads of the scan before the load of .joins */
		rring_fence_acquire();
		/*
		 * The store of .passed must come before the load of .joins.
		 * The light fence is enough, because the kernel executes K when
		 * a reader begins to gate.
		 */
		rring_fence_light();
	} while (rring_flag_load(joins) != seen);
	return scan;
}

uint64_t rring_writer_observed(struct rring_writer *writer, uint64_t from)
{
	uint32_t end = rring_flag_load_acquire(&writer->info->readers_end);
	uint64_t low = writer->head;
	uint32_t i;

	for (i = 0; i < end && i < RRING_READERS; i++) {
		uint64_t pos;
		uint32_t state;

		if (reader_position(writer, i, is_observer, &pos, &state) &&
		    pos >= from && pos < low)
			low = pos;
	}
	return low;
}
