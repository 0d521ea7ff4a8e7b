/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One writer and many readers of a ring of handles. Each reader keeps an event
 * beyond its cursor, until HOLDING more have come: how it is known that a slot
 * is free again is what differs.
 */
#ifndef BENCH_HOLDING_H
#define BENCH_HOLDING_H

#include <stdint.h>

#define HOLDING		32	/* events that each reader has at a time */
#define HOLDING_BATCH	32	/* events that are passed on at a time */
#define HOLDING_BYTES	64
#define HOLDING_READERS	8
#define HOLDING_ENTRIES	1024
#define HOLDING_SLOTS	4096

struct holding_kind {
	const char *name;
	void *(*open)(uint32_t readers);
	/*
	 * Publish up to @n events, of up to HOLDING_BATCH, from number @first
	 * on, as many as fit.
	 */
	uint32_t (*write)(void *context, uint64_t first, uint32_t n);
	/* Take up to @n events: hold the new one, drop the oldest one. */
	uint32_t (*read)(void *context, uint32_t reader, uint64_t first,
			 uint32_t n);
	void (*close)(void *context);
};

extern const struct holding_kind holding_ours;
extern const struct holding_kind holding_counted; /* readers count up and down */
extern const struct holding_kind holding_counted_down; /* the writer counts up */

#endif /* BENCH_HOLDING_H */
