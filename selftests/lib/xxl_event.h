/* SPDX-License-Identifier: MPL-2.0 */
/* Events above 16 KiB, and what became of them. */
#ifndef SELFTESTS_XXL_EVENT_H
#define SELFTESTS_XXL_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include <rusted_ring.h>

#define KIB	1024u
#define MIB	(1024u * KIB)

/* An anonymous arena with @places for them, and eight slots of class XS. */
int xxl_arena(uint32_t places, uint32_t quota);

/* The content follows from @value: a word in each page, and the last byte. */
struct rring_event xxl_make(struct rring_client *client, size_t len,
			    uint64_t value);
void xxl_fill(const struct rring_event *event, uint64_t value);
int xxl_is(const struct rring_event *event, uint64_t value);

/* Are its pages mapped in this process? */
int xxl_is_mapped(const struct rring_event *event);

/* Places that are free without a sweep that would make them so. */
uint32_t xxl_free(struct rring_client *client);

#endif /* SELFTESTS_XXL_EVENT_H */
