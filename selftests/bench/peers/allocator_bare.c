// SPDX-License-Identifier: MPL-2.0
/*
 * No allocator, but the stores that ours makes for each event of a batch, and
 * hardly a check: what they take is what ours cannot be faster than.
 */
#include <stdlib.h>

#include <rusted_ring.h>

#include "allocator.h"
#include "payload.h"

#define SLOTS	512

/* What a slot's word may say. */
enum { HELD = 1, PARKED = 3 };

struct bare {
	_Alignas(PAYLOAD_LINE) char payload[SLOTS][PAYLOAD_LINE];
	uint64_t word[SLOTS];
	struct rring_event_header header[SLOTS];
	uint64_t handle[SLOTS];
	uint32_t handles;
};

static void *open_bare(uint32_t slots, uint32_t held)
{
	struct bare *bare = aligned_alloc(PAYLOAD_LINE, sizeof(*bare));
	uint32_t i;

	(void)slots;
	(void)held;
	if (!bare)
		abort();
	for (i = 0; i < SLOTS; i++) {
		bare->handle[i] = i;
		bare->word[i] = PARKED;
	}
	bare->handles = SLOTS;
	return bare;
}

/* An event to be filled, its words in the ledger and in the header's table. */
static inline void take(struct bare *bare, struct rring_event *event)
{
	uint64_t handle = bare->handle[--bare->handles];

	*event = (struct rring_event) {
		.handle = handle,
		.data = bare->payload[handle],
		.len = ALLOCATOR_BYTES,
		.event_type = 1,
		.word = (rring_word_t *)&bare->word[handle],
	};
	RRING_STORE(&bare->word[handle], HELD);
	bare->header[handle] = (struct rring_event_header) {
		ALLOCATOR_BYTES, 1,
	};
}

/* Its word says that nobody else knows of it: so it is for the next one. */
static inline void give_back(struct bare *bare, const struct rring_event *event)
{
	if (RRING_LOAD((uint64_t *)event->word) != HELD)
		abort();
	RRING_STORE((uint64_t *)event->word, PARKED);
	bare->handle[bare->handles++] = event->handle;
}

static void work_stores(void *context, uint64_t n, uint32_t batch)
{
	struct rring_event events[ALLOCATOR_LIVE];
	struct bare *bare = context;
	uint64_t i;
	uint32_t j;

	for (i = 0; i < n; i += batch) {
		for (j = 0; j < batch; j++)
			take(bare, &events[j]);
		for (j = 0; j < batch; j++)
			payload_fill(events[j].data, ALLOCATOR_BYTES, i + j);
		for (j = 0; j < batch; j++)
			give_back(bare, &events[j]);
	}
}

const struct allocator_kind allocator_bare_stores = {
	"bare stores", open_bare, work_stores, free,
};
