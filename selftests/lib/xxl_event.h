/* SPDX-License-Identifier: MPL-2.0 */
/* Events above 16 KiB, which are in XXL regions. */
#ifndef SELFTESTS_XXL_EVENT_H
#define SELFTESTS_XXL_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include <rusted_ring.h>

#define KIB	1024u
#define MIB	(1024u * KIB)

/*
 * Create an anonymous arena with @places XXL places and eight XS slots. Return
 * its fd, or exit.
 */
int xxl_arena(uint32_t places, uint32_t quota);

/* Create one that is owned (RRING_CREATE_OWNED), for two producers. */
int xxl_owned_arena(uint32_t places);

/*
 * @value determines the first word of each 4 KiB and the last byte of the event.
 * xxl_make() allocates and fills one; xxl_is() returns 1 if it is intact.
 */
struct rring_event xxl_make(struct rring_client *client, size_t len,
			    uint64_t value);
void xxl_fill(const struct rring_event *event, uint64_t value);
int xxl_is(const struct rring_event *event, uint64_t value);

/* Return 1 if the first page of the payload is mapped in this process. */
int xxl_is_mapped(const struct rring_event *event);

/* Number of free XXL places, without a sweep. */
uint32_t xxl_free(struct rring_client *client);

#endif /* SELFTESTS_XXL_EVENT_H */
