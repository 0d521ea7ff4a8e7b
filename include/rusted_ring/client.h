/* SPDX-License-Identifier: MPL-2.0 */
/* Arenas, and the clients that are attached to them. */
#ifndef _RUSTED_RING_CLIENT_H
#define _RUSTED_RING_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <linux/rusted_ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library for foreign languages defines this away, and so exports them. */
#ifndef RRING_IN_LINE
#define RRING_IN_LINE	static inline
#endif

#define RRING_DEVICE		"/dev/rusted_ring"
#define RRING_PARKED_SLOTS	64

/* ---- arenas ---- */

enum rring_profile {
	RRING_PROFILE_MOBILE,
	RRING_PROFILE_DESKTOP,
	RRING_PROFILE_SERVER,
};

struct rring_arena_config {
	const char *name;	/* NULL: anonymous, to be passed as descriptor */
	uint32_t capacity[RRING_POOLS];	/* slots per size class, 0 allowed */
	uint32_t max_clients;	/* 0: 64 */
	uint32_t max_rings;	/* 0: 64 */
	uint32_t quota;		/* percent of a pool for one client; 0: 100 */
	uint32_t mode;		/* like a file's: r observe, x consume, w produce */
	uint32_t uid, gid;	/* ~0: the caller's */
	uint32_t flags;		/* RRING_CREATE_PERSIST: until removed by name */
};

/* Capacities of @profile, as the arena `default` has them. */
int rring_profile(enum rring_profile profile, uint32_t capacity[RRING_POOLS]);

/*
 * The profile that fits this machine. Below 2 GiB of memory or 2 CPUs (that
 * this thread may run on), or below 8 GiB with a battery that it runs on:
 * MOBILE; from 16 GiB and 8 CPUs on, without a battery: SERVER; else DESKTOP.
 */
enum rring_profile rring_detect_profile(void);

/*
 * Fill @config for an anonymous arena of the caller's own with the capacities
 * of @profile: mode 0700, everything else as 0 has it. -EINVAL.
 */
int rring_arena_profile(struct rring_arena_config *config,
			enum rring_profile profile);

/* The smallest class that takes @len bytes; RRING_XXL above 16 KiB. */
enum rring_class rring_class_for(size_t len);

/*
 * Create an arena. Returns a descriptor that keeps it alive and that may be
 * passed to other processes, for rring_open_arena() there. The caller closes
 * it. Without RRING_CREATE_PERSIST a name goes when nobody uses the arena.
 * -EEXIST, -EINVAL, -ENOMEM, -ENOSPC (the module's max_bytes), -ENOENT or
 * -EACCES (the device).
 */
int rring_arena_create(const struct rring_arena_config *config);

/* Take the name off an arena; it ends when its last client goes. */
int rring_arena_remove(const char *name);

/* ---- clients ---- */

/* rring_open(): every call on the client comes from one thread. */
#define RRING_SINGLE_THREADED	(1u << 0)

/* A pool as one client sees it. */
struct rring_pool_view {
	rring_word_t *ledger;
	const rring_flag_t *generation;
	char *payload;
	struct rring_event_header *header;
	uint32_t capacity;
	uint32_t parked;	/* handles in parked_handle[] */
	uint64_t *parked_handle; /* dropped unshared, still held: reuse */
	const struct rring_magazine *magazine;
	rring_seq_t *tail;
	uint64_t parked_max;	/* so that an idle client keeps but a batch */
};

struct rring_client {
	struct rring_pool_view pool[RRING_POOLS];
	const struct rring_arena_info *arena;
	uint32_t shared;	/* not RRING_SINGLE_THREADED */
	uint32_t id;
	uint32_t role;
	int fd;
	struct rring_client_private *own;
};

/*
 * Attach this process to the arena @name ("default" if NULL) as @role.
 * The client ends with rring_close() or with the process, whichever way that
 * goes; a child after fork() does not have it. -ENOENT: no such arena, or no
 * module; -EACCES: not permitted; -ENOSPC: all client places are taken.
 */
int rring_open(struct rring_client **client, const char *name,
	       enum rring_role role, unsigned int flags);

/* The same for an arena's descriptor. It may be closed afterwards. */
int rring_open_arena(struct rring_client **client, int arena_fd,
		     enum rring_role role, unsigned int flags);

/*
 * Create an arena as rring_arena_create() does, and attach to it as producer.
 * It ends with its last client, unless it persists. What the two say.
 */
int rring_open_config(struct rring_client **client,
		      const struct rring_arena_config *config,
		      unsigned int flags);

/* Ends its writers and readers, drops its holds, frees @client. */
void rring_close(struct rring_client *client);

/*
 * For poll() and epoll, level- or edge-triggered: POLLIN when one of the
 * client's readers has something to say (events, end, lapped), POLLOUT when
 * one of its writers has room. Drain until -EAGAIN before waiting again.
 */
int rring_client_fd(const struct rring_client *client);

int rring_pool_stat(struct rring_client *client, enum rring_class pool,
		    unsigned int flags, struct rring_pool_stat *stat);

uint64_t rring_deadline(uint64_t nanoseconds_from_now);

/* What @err, as any call returned it, means here. Never NULL; not to be freed. */
const char *rring_strerror(int err);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_CLIENT_H */
