/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * Calls by which the core tells netlink and the kernel's writers of a change.
 * netlink/notify.c and kclient/writer_window.c implement these functions. In
 * the library they do nothing. Tracepoints are in trace.h.
 */
#ifndef KRING_ANNOUNCE_H
#define KRING_ANNOUNCE_H

#include "compat.h"

struct kring_arena;
struct kring_client;
struct kring_client_usage;
struct kring_pool;
struct kring_reader;

/*
 * Counts the netlink notices of an arena. An arena may send a limited number in
 * a second, so that its clients cannot flood the listeners. pending_lock
 * (netlink/notify.c) protects the fields.
 */
struct kring_meter {
	u64 since;		/* ns: when .sent was last set to 0 */
	u32 sent;		/* notices since .since */
	u32 missed;		/* lost, and in no notice yet */
};

#ifdef __KERNEL__

/*
 * Send notices to netlink's listeners: each function queues a notice, and a
 * worker sends it later. The functions may sleep to get memory.
 *
 * kring_announce_created(): the caller holds kring_names_lock, so no other task
 * can find the arena yet. kring_announce_gone() needs no lock, because the last
 * reference to the arena is gone. kring_announce_client() takes the arena's
 * lock. For kring_announce_dry() and kring_announce_lapped(), the caller holds
 * the arena's lock.
 */
void kring_announce_created(struct kring_arena *arena);
void kring_announce_gone(struct kring_arena *arena);
void kring_announce_client(struct kring_client *client,
			   const struct kring_client_usage *usage);
void kring_announce_dry(struct kring_pool *pool,
			const struct kring_client *client);
void kring_announce_lapped(const struct kring_reader *reader);

/*
 * Tell the kernel writer of @reader's ring what has changed: the state or
 * .start of @reader (first function), or its .client (second function). Do
 * nothing if the ring has no kernel writer. The caller holds the arena's lock.
 */
void kring_announce_reader_state(const struct kring_reader *reader);
void kring_announce_reader_client(const struct kring_reader *reader);

#else

#define kring_announce_created(arena)		((void)(arena))
#define kring_announce_gone(arena)		((void)(arena))
#define kring_announce_client(client, usage)	((void)(client), (void)(usage))
#define kring_announce_dry(pool, client)	((void)(pool), (void)(client))
#define kring_announce_lapped(reader)		((void)(reader))
#define kring_announce_reader_state(reader)	((void)(reader))
#define kring_announce_reader_client(reader)	((void)(reader))

#endif

#endif /* KRING_ANNOUNCE_H */
