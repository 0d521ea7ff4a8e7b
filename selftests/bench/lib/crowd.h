/* SPDX-License-Identifier: MPL-2.0 */
/* Many clients of one arena, all of this thread. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <rusted_ring.h>

#define CROWD_CLIENTS	64
#define CROWD_BYTES	64

struct crowd {
	struct rring_client *client[CROWD_CLIENTS];
	uint32_t clients;
	uint32_t slots;		/* of class XS, the only ones */
};

/* Exits on failure. The arena has room for CROWD_CLIENTS, and as many rings. */
void crowd_open(struct crowd *crowd, enum rring_backend backend,
		uint32_t clients, uint32_t slots);

void crowd_close(struct crowd *crowd);

/* The last of the clients holds @n slots more, and keeps none in reserve. */
void crowd_hold(struct crowd *crowd, uint32_t n);

/* Allocate, fill, share and drop an event @n times, by the first client. */
void crowd_allocate(void *crowd, uint64_t n);

#endif /* BENCH_CROWD_H */
