/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_NOTIFY_H
#define RRING_NOTIFY_H

#include "compat.h"

struct rring_arena;
struct rring_client;
struct rring_estate;
struct rring_pool;
struct rring_reader;

/* How many notices an arena has sent lately. Under notify.c's own lock. */
struct rring_meter {
	u64 since;		/* ns: when it began to count */
	u32 sent;
	u32 missed;		/* not sent, and nobody was told yet */
};

/*
 * Tell who listens, a little later: these only write down what there is to be
 * said, may sleep for memory, and can be called under the arena's lock or, but
 * for rring_notify_client(), without it.
 */
#ifdef __KERNEL__

void rring_notify_created(struct rring_arena *arena);
void rring_notify_gone(struct rring_arena *arena);
void rring_notify_client(struct rring_client *client,
			 const struct rring_estate *estate);
void rring_notify_dry(struct rring_pool *pool,
		      const struct rring_client *client);
void rring_notify_lapped(const struct rring_reader *reader);
void rring_notify_start(void);
void rring_notify_stop(void);

#else

#define rring_notify_created(arena)		((void)(arena))
#define rring_notify_gone(arena)		((void)(arena))
#define rring_notify_client(client, estate)	((void)(client), (void)(estate))
#define rring_notify_dry(pool, client)		((void)(pool), (void)(client))
#define rring_notify_lapped(reader)		((void)(reader))

#endif

#endif /* RRING_NOTIFY_H */
