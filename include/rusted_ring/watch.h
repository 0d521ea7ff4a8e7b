/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Watches: learn of the rings of an arena that come and go, and of their readers.
 * See rring_watch(3). Only the functions with a deadline wait.
 */
#ifndef _RUSTED_RING_WATCH_H
#define _RUSTED_RING_WATCH_H

#include <rusted_ring/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Watches the rings of one arena. Only one thread at a time may use a watch. */
struct rring_watch;

/*
 * Begin to watch the rings of the client's arena whose names begin with @prefix
 * (NULL or empty: all rings, also nameless ones), and store the watch in *@watch.
 * Return 0 or a negative errno. The caller frees the watch with
 * rring_watch_close().
 */
int rring_watch_open(struct rring_client *client, const char *prefix,
		     struct rring_watch **watch);

/* Free the watch. */
void rring_watch_close(struct rring_watch *watch);

/*
 * Store the next change in @change. The rings that exist at the beginning come
 * first, each as RRING_CHANGE_OPENED, and then ENDED or AWAITED if it has no
 * writer. Then come the changes, in their order. If there is none, wait for one
 * until @deadline. Return 0, -ETIMEDOUT if @deadline passed (-EAGAIN if it is
 * 0), or another negative errno.
 */
int rring_watch_next(struct rring_watch *watch, struct rring_change *change,
		     uint64_t deadline);

/*
 * Copy the name of the type of the ring that @change tells of to @name, and return
 * the bytes of the type, see struct rring_type. If the ring has no type, or is
 * gone, the name is empty, and the result 0. A service, see rring_service(3), is a
 * ring of its name that has the type RRING_SERVICE_TYPE.
 */
uint32_t rring_watch_type(const struct rring_watch *watch,
			  const struct rring_change *change,
			  char name[RRING_NAME_MAX]);

/*
 * Return how many changes this watch has not seen, because the arena keeps only
 * the newest ones. The watch has then compared the rings that there are with
 * those that it knew, and so has reported each ring that has come or gone since.
 * But it has not reported a ring that has come and gone meanwhile, nor readers.
 */
uint64_t rring_watch_missed(const struct rring_watch *watch);

/*
 * Wait until the arena of @client has a ring with the name @name. Return 0 if it
 * has one, -ETIMEDOUT if it had none until @deadline (also if @deadline is 0),
 * or another negative errno.
 */
int rring_await_ring(struct rring_client *client, const char *name,
		     uint64_t deadline);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_WATCH_H */
