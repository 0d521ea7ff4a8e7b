/* SPDX-License-Identifier: MPL-2.0 */
/* Events above 16 KiB, each in a region of its own. */
#ifndef ULIB_XXL_H
#define ULIB_XXL_H

#include <pthread.h>

#include <rusted_ring.h>

struct ulib_mapped;

/*
 * The XXL regions that this client has mapped: the regions of the events that
 * the client holds or that one of its readers has peeked at, and some that it
 * may need again, for later events (xxl_mapping.c). .lock protects all
 * fields. A thread must have .lock locked to change its holds on XXL events, so
 * that each held event is mapped. A thread that has .lock locked must not lock
 * .lock of struct rring_client_private.
 */
struct ulib_xxl_table {
	pthread_mutex_t lock;
	struct ulib_mapped **mapped;	/* by slot: list of its mappings */
	struct ulib_mapped *idle;	/* list of idle mappings, newest first */
	/*
	 * a bit for each position of the magazine. 1: a thread has taken the
	 * slot, but the tail has not passed it yet
	 */
	uint64_t taken[RRING_MAGAZINE_SLOTS / 64];
	uint64_t takes;			/* how many slots were taken so far */
	pthread_cond_t taken_one;	/* is signalled when .takes grows */
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
void *ulib_xxl_read_only(struct rring_client *client, uint64_t handle,
			 int *err);

/*
 * Return the size in bytes of the region that the slot of @handle has now, or 0
 * if it has none. If the use that @handle names is over, the region may be that
 * of a later use.
 */
uint64_t ulib_xxl_bytes(const struct rring_client *client, uint64_t handle);

/*
 * Take from the magazine a slot whose region has exactly @bytes, rounded up to
 * pages of the machine, and hold it. Return the slot's handle, and set *@passed
 * to the number of slots that this call has moved the magazine's tail past.
 * Return 0 if the magazine has no such slot; *@passed then stays unchanged. The
 * caller holds .lock of the table.
 */
uint64_t ulib_xxl_take_slot(struct rring_client *client, uint64_t bytes,
			    uint64_t *passed);

/*
 * Return how many slots the threads of @client have taken from the magazine so
 * far. This function locks .lock of the table.
 */
uint64_t ulib_xxl_takes(struct rring_client *client);

/*
 * Sleep until a thread takes a slot from the magazine, if the magazine has a
 * slot that another thread has asked for and has not taken yet. The slots
 * behind such a slot stay in the magazine, even if threads have taken and
 * dropped them, and cannot be lent again. Return 1 if a thread has taken a slot
 * since ulib_xxl_takes() returned @takes: a refill may succeed now. Return 0 if
 * no thread has, and all lent slots are taken. Return -ETIMEDOUT if @deadline
 * has passed. If @deadline is 0, sleep without limit: the other thread waits
 * for nothing before it takes its slot. This function locks .lock of the table.
 */
int ulib_xxl_await_take(struct rring_client *client, uint64_t takes,
			uint64_t deadline);

/*
 * Fill @event from @entry, which is at @position. Keep the event's region
 * mapped until ulib_xxl_unpin() is called with a position above @position.
 * Return 0; -ESTALE if the slot of @entry has another generation by now;
 * -EBADMSG if the length in @entry is larger than the region; -ENOMEM; or
 * another error of ulib_map().
 */
int ulib_xxl_pin(struct rring_reader *reader, uint64_t position,
		 const struct rring_entry *entry, struct rring_event *event);
void ulib_xxl_unpin(struct rring_reader *reader, uint64_t below);

void ulib_xxl_reclaim(struct rring_client *client, uint32_t first,
		      uint32_t count);

/*
 * Ask the kernel to free all XXL slots that no ledger, magazine or ring names.
 * The caller has settled entries of a ring, or has moved the magazine's tail:
 * some slots may have been named only by these entries or by the magazine.
 */
void ulib_xxl_settled(struct rring_client *client);

#endif /* ULIB_XXL_H */
