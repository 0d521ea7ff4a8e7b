/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RELAY_COUNTS_H
#define RELAY_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

/* What a relay has done since it began. */
struct counts {
	uint64_t sent;		/* out: entries sent; in: entries read */
	uint64_t acknowledged;	/* out: by the broker; in: published */
	uint64_t repeated;	/* out: of .sent, those that were sent before: the broker
				 * has refused or lost them
				 */
	uint64_t empty;		/* positions without an event */
	uint64_t lost;		/* overwritten in the ring before they were read */
	uint64_t missing;	/* neither in the stream nor in the ring */
	uint64_t connections;
	uint64_t refusals;	/* answers that the broker cannot take events now */
	uint64_t lag;		/* events that are still to be relayed */
	bool connected;
};

/* What the counts are about: labels. */
struct counts_about {
	const char *direction;	/* "out" or "in" */
	const char *arena;
	const char *ring;
	const char *stream;
};

/*
 * Write @counts to the file @path as OpenMetrics: to a new file that takes its
 * place. Returns 0 or a negative errno.
 */
int counts_write(const struct counts *counts, const struct counts_about *about,
		 const char *path);

#endif /* RELAY_COUNTS_H */
