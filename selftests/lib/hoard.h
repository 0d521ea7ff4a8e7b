/* SPDX-License-Identifier: MPL-2.0 */
/* Events of a stream that are held for a while, to see that they stay. */
#ifndef SELFTESTS_HOARD_H
#define SELFTESTS_HOARD_H

#include <stdint.h>

#include <rusted_ring.h>

#define HOARD	8	/* places */

struct hoard {
	struct rring_client *client;
	uint32_t max;			/* as the stream has it */
	struct rring_event event[HOARD];
	uint64_t number[HOARD];
	int used[HOARD];
};

/* Hold a peeked event, whose number is @number, in the free place @i. */
int hoard_keep(struct hoard *hoard, uint32_t i, struct rring_reader *reader,
	       const struct rring_event *event, uint64_t number);

/* Is what is held in place @i still what it was? */
int hoard_intact(const struct hoard *hoard, uint32_t i);

/* Drop what is in place @i, if anything; 0 if that is not what it was. */
int hoard_drop(struct hoard *hoard, uint32_t i);
int hoard_drop_all(struct hoard *hoard);

/*
 * Read the next event, and hold it instead of what is in place @i. 0, what
 * peek says, or -EBADMSG.
 */
int hoard_take(struct hoard *hoard, uint32_t i, struct rring_reader *reader);

#endif /* SELFTESTS_HOARD_H */
