/* SPDX-License-Identifier: MPL-2.0 */
/* Events above 16 KiB, each in a region of its own. */
#ifndef ULIB_XXL_H
#define ULIB_XXL_H

#include <pthread.h>

#include <rusted_ring.h>

struct ulib_mapped;

/*
 * The XXL regions that this client has mapped: those of events that it holds or
 * has peeked at. .lock protects all fields. Threads change holds on XXL events
 * only under .lock, so that a held event is always mapped. A thread that holds
 * .lock must not take own->lock.
 */
struct ulib_xxl_table {
	pthread_mutex_t lock;
	struct ulib_mapped **mapped;	/* by slot: list of its uses */
	/* bit per magazine position: slot taken, but not yet below the tail */
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
 * Take a slot whose region has @bytes from the magazine, and hold it. Return
 * its handle, and set *@passed to the number of slots that the tail has moved
 * past. Return 0 if the magazine has no such slot. The caller holds .lock.
 */
uint64_t ulib_xxl_take_slot(struct rring_client *client, uint64_t bytes,
			    uint64_t *passed);

/* Slots taken so far. Takes .lock. */
uint64_t ulib_xxl_takes(struct rring_client *client);

/*
 * While the magazine has an XXL slot that was lent for a thread which has not
 * yet taken it, sleep until any thread takes a slot. The slots behind such a
 * slot stay in the magazine, even dropped ones, and cannot be lent again.
 * Return 1: a thread has taken a slot since ulib_xxl_takes() returned @takes,
 * so a refill may succeed now; 0: none has, and all lent slots are taken;
 * -ETIMEDOUT: @deadline has passed. A @deadline of 0 is none: the other thread
 * takes its slot without a wait for anybody. Takes .lock.
 */
int ulib_xxl_await_take(struct rring_client *client, uint64_t takes,
			uint64_t deadline);

/*
 * Fill @event from @entry, and keep its region mapped until ulib_xxl_unpin().
 * Return 0; -ESTALE, -EBADMSG, -ENOMEM or an error of the mapping.
 */
int ulib_xxl_pin(struct rring_reader *reader, uint64_t position,
		 const struct rring_entry *entry, struct rring_event *event);
void ulib_xxl_unpin(struct rring_reader *reader, uint64_t below);

void ulib_xxl_reclaim(struct rring_client *client, uint32_t first,
		      uint32_t count);

/*
 * Ask the kernel to free all XXL slots that no ledger, magazine or ring names.
 * The caller has settled entries of a ring, or moved the magazine's tail: these
 * may have been the last to name some slots.
 */
void ulib_xxl_settled(struct rring_client *client);

#endif /* ULIB_XXL_H */
