// SPDX-License-Identifier: MPL-2.0
/*
 * One reference count for each slot, which all share. The writer's own share is
 * given back when all readers have passed; or it counts for all of them in
 * advance, and each counts down when it is done. In neither is anything that
 * survives a reader's death. Slots are used again in the order in which they
 * were, which here is that in which they become free: so to find one is a look.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "holding.h"
#include "payload.h"

struct line {
	_Alignas(PAYLOAD_LINE) uint64_t value;
};

struct slot {
	_Alignas(PAYLOAD_LINE) char payload[HOLDING_BYTES];
	_Alignas(PAYLOAD_LINE) uint32_t count;
};

struct holding {
	uint32_t readers;
	int in_advance;
	struct slot slot[HOLDING_SLOTS];
	_Alignas(PAYLOAD_LINE) uint32_t entry[HOLDING_ENTRIES];
	struct line head;
	struct line cursor[HOLDING_READERS];
	/* the writer's own */
	_Alignas(PAYLOAD_LINE) uint64_t settled;
	uint64_t next;
	/* each reader's own */
	struct {
		_Alignas(PAYLOAD_LINE) uint64_t head;
		uint32_t held[HOLDING];
	} side[HOLDING_READERS];
};

static void *open_counted(uint32_t readers)
{
	struct holding *holding = aligned_alloc(PAYLOAD_LINE, sizeof(*holding));

	memset(holding, 0, sizeof(*holding));
	holding->readers = readers;
	return holding;
}

static void *open_counted_down(uint32_t readers)
{
	struct holding *holding = open_counted(readers);

	holding->in_advance = 1;
	return holding;
}

static void count_down(struct slot *slot)
{
	__atomic_fetch_sub(&slot->count, 1, __ATOMIC_ACQ_REL);
}

/* What all readers have passed. */
static void settle(struct holding *holding, uint64_t head)
{
	uint64_t low = head, position;
	uint32_t i;

	for (i = 0; i < holding->readers; i++) {
		position = __atomic_load_n(&holding->cursor[i].value,
					   __ATOMIC_ACQUIRE);
		if (position < low)
			low = position;
	}
	for (; holding->settled < low; holding->settled++)
		if (!holding->in_advance)
			count_down(&holding->slot[holding->entry[
				holding->settled % HOLDING_ENTRIES]]);
}

/* The next slot, if it is free, without an owner. */
static struct slot *take(struct holding *holding)
{
	struct slot *slot = &holding->slot[holding->next % HOLDING_SLOTS];

	if (__atomic_load_n(&slot->count, __ATOMIC_ACQUIRE))
		return NULL;
	holding->next++;
	return slot;
}

static uint32_t write_some(void *context, uint64_t first, uint32_t n)
{
	struct holding *holding = context;
	uint64_t number = first;
	struct slot *slot;

	for (; number < first + n; number++) {
		if (number - holding->settled == HOLDING_ENTRIES)
			settle(holding, number);
		if (number - holding->settled == HOLDING_ENTRIES)
			break;
		slot = take(holding);
		if (!slot)
			break;
		payload_fill(slot->payload, HOLDING_BYTES, number);
		__atomic_store_n(&slot->count, holding->in_advance ?
					       holding->readers : 1,
				 __ATOMIC_RELAXED);
		holding->entry[number % HOLDING_ENTRIES] =
			(uint32_t)(slot - holding->slot);
	}
	__atomic_store_n(&holding->head.value, number, __ATOMIC_RELEASE);
	return (uint32_t)(number - first);
}

static uint32_t read_some(void *context, uint32_t reader, uint64_t first,
			  uint32_t n)
{
	struct holding *holding = context;
	uint32_t *held = holding->side[reader].held;
	uint64_t *head = &holding->side[reader].head;
	uint64_t number = first;

	for (; number < first + n; number++) {
		uint32_t index;

		if (*head == number)
			*head = __atomic_load_n(&holding->head.value,
						__ATOMIC_ACQUIRE);
		if (*head == number)
			break;
		index = holding->entry[number % HOLDING_ENTRIES];
		payload_check(holding->slot[index].payload, HOLDING_BYTES,
			      number);
		if (!holding->in_advance)
			__atomic_fetch_add(&holding->slot[index].count, 1,
					   __ATOMIC_RELAXED);
		if (number >= HOLDING)
			count_down(&holding->slot[held[number % HOLDING]]);
		held[number % HOLDING] = index;
	}
	__atomic_store_n(&holding->cursor[reader].value, number,
			 __ATOMIC_RELEASE);
	return (uint32_t)(number - first);
}

const struct holding_kind holding_counted = {
	"one count", open_counted, write_some, read_some, free,
};

const struct holding_kind holding_counted_down = {
	"one count in advance", open_counted_down, write_some, read_some, free,
};
