/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * The core calls these functions to tell netlink (netlink/notify.c) and the
 * kernel's writers (kclient/writer_window.c) that something has changed. In the
 * library these functions do nothing. Tracepoints are in trace.h.
 */
#ifndef KRING_ANNOUNCE_H
#define KRING_ANNOUNCE_H

#include "compat.h"

struct kring_arena;
struct kring_client;
struct kring_client_usage;
struct kring_pool;
struct kring_reader;
struct rring_change;

/*
 * Counts the netlink notices of one arena. An arena may send only a limited
 * number of notices per second, so that its clients cannot flood the listeners.
 * pending_lock (netlink/notify.c) protects the fields.
 */
struct kring_meter {
	u64 since;		/* ktime in ns: when .sent was last set to 0 */
	u32 sent;		/* notices begun since .since, also those that a
				 * limit forbade
				 */
	u32 missed;		/* lost notices; the next notice reports this
				 * number, and sets .missed to 0
				 */
};

#ifdef __KERNEL__

/*
 * Queue a notice for netlink's listeners. A worker sends the notice later. A
 * function whose caller holds a lock does not wait for memory. The others may
 * sleep.
 *
 * - kring_announce_created(): @arena was created. The caller holds
 *   kring_names_lock, so no other task can find @arena yet.
 * - kring_announce_gone(): @arena is about to be freed. The last reference to
 *   @arena is gone, so the caller needs no lock.
 * - kring_announce_client(): @client has died or was evicted. @usage says what
 *   @client had at its death. Takes the arena's lock.
 * - kring_announce_dry(): a refill for @client has found no free slot in @pool
 *   or, for an XXL event, no memory. The caller holds the arena's lock.
 * - kring_announce_lapped(): the kernel has lapped @reader. The caller holds
 *   the arena's lock.
 * - kring_announce_over_limit(): @client holds @claimed slots of @pool, which
 *   is more than its hold limit, and another client has found no free slot.
 *   Return false if the notice was lost, so that the caller tries again later.
 *   The caller holds the arena's lock.
 * - kring_announce_change(): @change has happened in @arena. The caller holds the
 *   arena's lock.
 */
void kring_announce_created(struct kring_arena *arena);
void kring_announce_gone(struct kring_arena *arena);
void kring_announce_client(struct kring_client *client,
			   const struct kring_client_usage *usage);
void kring_announce_dry(struct kring_pool *pool,
			const struct kring_client *client);
void kring_announce_lapped(const struct kring_reader *reader);
bool kring_announce_over_limit(const struct kring_pool *pool,
			       const struct kring_client *client, u32 claimed);
void kring_announce_change(struct kring_arena *arena,
			   const struct rring_change *change);

/*
 * Evict @client soon, unless it is gone already: its calls fail from now on, and
 * a worker does the rest (netlink/evict.c). Do nothing if there is no memory.
 * The caller holds the arena's lock.
 */
void kring_evict_later(struct kring_client *client);

/*
 * Tell the kernel writer of @reader's ring that @reader has changed:
 * kring_announce_reader_state() if .state or .start has changed,
 * kring_announce_reader_client() if .client has changed. Do nothing if the ring
 * has no kernel writer. The caller holds the arena's lock.
 */
void kring_announce_reader_state(const struct kring_reader *reader);
void kring_announce_reader_client(const struct kring_reader *reader);

#else

#define kring_announce_created(arena)		((void)(arena))
#define kring_announce_gone(arena)		((void)(arena))
#define kring_announce_client(client, usage)	((void)(client), (void)(usage))
#define kring_announce_dry(pool, client)	((void)(pool), (void)(client))
#define kring_announce_lapped(reader)		((void)(reader))
#define kring_announce_over_limit(pool, client, claimed) \
	((void)(pool), (void)(client), (void)(claimed), true)
#define kring_announce_change(arena, change)	((void)(arena), (void)(change))
#define kring_evict_later(client)		((void)(client))
#define kring_announce_reader_state(reader)	((void)(reader))
#define kring_announce_reader_client(reader)	((void)(reader))

#endif

#endif /* KRING_ANNOUNCE_H */
