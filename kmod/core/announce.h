/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * What the core announces to the other folders of the module. netlink/notify.c
 * and kclient/writer_window.c implement these functions. In a process they do
 * nothing. Tracepoints are in trace.h.
 */
#ifndef RRING_ANNOUNCE_H
#define RRING_ANNOUNCE_H

#include "compat.h"

struct rring_arena;
struct rring_client;
struct rring_client_usage;
struct rring_pool;
struct rring_reader;

/* Limits the notices of an arena. Under pending_lock (netlink/notify.c). */
struct rring_meter {
	u64 since;		/* ns: when .sent was last set to 0 */
	u32 sent;		/* notices since .since */
	u32 missed;		/* lost, and in no notice yet */
};

#ifdef __KERNEL__

/*
 * To netlink's listeners. These functions write a notice, which a worker sends
 * later. They may sleep for memory. rring_announce_dry() and
 * rring_announce_lapped() are called under the arena's lock.
 * rring_announce_client() takes that lock. rring_announce_created() and
 * rring_announce_gone() need no lock, as no other task can reach the arena.
 */
void rring_announce_created(struct rring_arena *arena);
void rring_announce_gone(struct rring_arena *arena);
void rring_announce_client(struct rring_client *client,
			   const struct rring_client_usage *usage);
void rring_announce_dry(struct rring_pool *pool,
			const struct rring_client *client);
void rring_announce_lapped(const struct rring_reader *reader);

/*
 * To the kernel writer of the reader's ring, if there is one: the reader's
 * state or start has changed, or its client. The caller holds the arena's lock.
 */
void rring_announce_reader_state(const struct rring_reader *reader);
void rring_announce_reader_client(const struct rring_reader *reader);

#else

#define rring_announce_created(arena)		((void)(arena))
#define rring_announce_gone(arena)		((void)(arena))
#define rring_announce_client(client, usage)	((void)(client), (void)(usage))
#define rring_announce_dry(pool, client)	((void)(pool), (void)(client))
#define rring_announce_lapped(reader)		((void)(reader))
#define rring_announce_reader_state(reader)	((void)(reader))
#define rring_announce_reader_client(reader)	((void)(reader))

#endif

#endif /* RRING_ANNOUNCE_H */
