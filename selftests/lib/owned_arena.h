/* SPDX-License-Identifier: MPL-2.0 */
/* Owned arenas, in which a producer writes only payloads of its own events. */
#ifndef SELFTESTS_OWNED_ARENA_H
#define SELFTESTS_OWNED_ARENA_H

#include <stdint.h>

#include <rusted_ring.h>

/*
 * Create an anonymous owned arena for @producers producers (0: as many as the
 * pools permit). Each class has @groups groups, and XXL 8 slots. Return its fd,
 * or exit.
 */
int owned_arena(uint32_t groups, uint32_t producers);

/*
 * Slots of a group of class @pool, and bytes of such a slot. If pages have at
 * most 16 KiB, a group has at most OWNED_GROUP_SLOTS_MAX slots.
 */
#define OWNED_GROUP_SLOTS_MAX	256
uint32_t owned_group_slots(enum rring_class pool);
uint32_t owned_slot_bytes(enum rring_class pool);

/*
 * Allocate an event of class @pool without waiting, fill its payload from
 * @value, and return it, or exit. owned_is() returns 1 if the payload is still
 * the one of @value.
 */
struct rring_event owned_make(struct rring_client *client,
			      enum rring_class pool, uint64_t value);
int owned_is(const struct rring_event *event, uint64_t value);

/* Where the client maps the page of @event in PAYLOAD, and in OWN. */
char *owned_read_view(const struct rring_client *client,
		      const struct rring_event *event);
char *owned_write_view(const struct rring_client *client,
		       const struct rring_event *event);

#endif /* SELFTESTS_OWNED_ARENA_H */
