/* SPDX-License-Identifier: MPL-2.0 */
/* Events above 16 KiB, each in a region of its own. */
#ifndef ULIB_XXL_H
#define ULIB_XXL_H

#include <pthread.h>

#include <rusted_ring.h>

struct rring_mapped;

/*
 * What is mapped of each slot of the pool, as long as this client holds it or
 * looks at it. Every change of a hold on one is made under .lock, so that what
 * is held is mapped. A leaf: no other lock of the library is taken below it.
 */
struct rring_xxl_table {
	pthread_mutex_t lock;
	struct rring_mapped **mapped;	/* by slot: of one use, or several */
	uint64_t taken[RRING_MAGAZINE_SLOTS / 64]; /* bit per position */
	uint64_t takes;			/* how many there were */
};

int rring_xxl_open(struct rring_client *client);
void rring_xxl_close(struct rring_client *client);

int rring_xxl_alloc(struct rring_client *client, uint32_t len,
		    uint32_t event_type, uint64_t deadline,
		    struct rring_event *event);
int rring_xxl_upgrade(struct rring_client *client, uint64_t handle,
		      struct rring_event *event);
int rring_xxl_find(struct rring_client *client, uint64_t handle,
		   struct rring_event *event);
uint64_t rring_xxl_bytes(const struct rring_client *client, uint64_t handle);

/*
 * Hold one of @bytes that was lent, under .lock: its handle, or 0; *@passed
 * says how many have left the magazine with it.
 */
uint64_t rring_place_take(struct rring_client *client, uint64_t bytes,
			  uint64_t *passed);
uint64_t rring_place_takes(struct rring_client *client);

/*
 * Who was lent a place and has not taken it yet keeps those behind it in the
 * magazine, taken and dropped or not. Is there such one, or was since @takes?
 */
int rring_place_is_awaited(struct rring_client *client, uint64_t takes);

/* @entry at @position is looked at until rring_xxl_unpin(). */
int rring_xxl_pin(struct rring_reader *reader, uint64_t position,
		  const struct rring_entry *entry, struct rring_event *event);
void rring_xxl_unpin(struct rring_reader *reader, uint64_t below);

void rring_xxl_reclaim(struct rring_client *client, uint32_t first,
		       uint32_t count);

/* A ring, or the magazine, may have been the last to name one. */
void rring_xxl_settled(struct rring_client *client);

#endif /* ULIB_XXL_H */
