/* SPDX-License-Identifier: MPL-2.0 */
/* Events above 16 KiB, each in a region of its own. */
#ifndef ULIB_XXL_H
#define ULIB_XXL_H

#include <pthread.h>

#include <rusted_ring.h>

struct ulib_mapped;

/*
 * The XXL regions that this client has mapped. A region stays mapped as long as
 * this client holds its event or has peeked at it. Holds on XXL events change
 * only under .lock, so that a held event is always mapped. .lock protects all
 * fields. A thread that has .lock does not take own->lock.
 */
struct ulib_xxl_table {
	pthread_mutex_t lock;
	struct ulib_mapped **mapped;	/* by slot: list of its uses */
	/* bit per magazine position: taken, but the tail has not passed it */
	uint64_t taken[RRING_MAGAZINE_SLOTS / 64];
	uint64_t takes;			/* slots taken so far */
	pthread_cond_t taken_one;	/* .takes has grown */
};

int ulib_xxl_open(struct rring_client *client);
void ulib_xxl_close(struct rring_client *client);

int ulib_xxl_alloc(struct rring_client *client, uint32_t len,
		   uint32_t event_type, uint64_t deadline,
		   struct rring_event *event);
int ulib_xxl_hold(struct rring_client *client, const struct rring_event *event);
int ulib_xxl_drop(struct rring_client *client, const struct rring_event *event);
int ulib_xxl_upgrade(struct rring_client *client, uint64_t handle,
		     struct rring_event *event);
int ulib_xxl_find(struct rring_client *client, uint64_t handle,
		  struct rring_event *event);
uint64_t ulib_xxl_bytes(const struct rring_client *client, uint64_t handle);

/*
 * Take a slot whose region has @bytes from the magazine and hold it. Returns
 * its handle, and sets *@passed to the number of slots that the tail has
 * passed. 0: the magazine has no such slot. The caller holds .lock.
 */
uint64_t ulib_xxl_take_slot(struct rring_client *client, uint64_t bytes,
			    uint64_t *passed);

/* Slots taken so far. Takes .lock. */
uint64_t ulib_xxl_takes(struct rring_client *client);

/*
 * Sleep while a thread has not yet taken the slot that was lent for it, until a
 * thread takes one. 1: that was so, or a thread has taken one since
 * ulib_xxl_takes() returned @takes; 0: neither. While a slot is not taken, the
 * slots behind it stay in the magazine, even if they are dropped. Takes .lock.
 */
int ulib_xxl_await_take(struct rring_client *client, uint64_t takes);

/* Fill @event for @entry; the event stays mapped until ulib_xxl_unpin(). */
int ulib_xxl_pin(struct rring_reader *reader, uint64_t position,
		 const struct rring_entry *entry, struct rring_event *event);
void ulib_xxl_unpin(struct rring_reader *reader, uint64_t below);

void ulib_xxl_reclaim(struct rring_client *client, uint32_t first,
		      uint32_t count);

/*
 * A ring or the magazine may have been the last to name some XXL slots: ask the
 * kernel to free all those that are named nowhere.
 */
void ulib_xxl_settled(struct rring_client *client);

#endif /* ULIB_XXL_H */
