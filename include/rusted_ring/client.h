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

/* ---- where arenas live ---- */

/*
 * On the device, for any number of processes, or in the process that creates
 * them, for its threads, without the module. All calls are the same. What the
 * device adds is that other processes, and the kernel, see the arena, that
 * pages protect its words, and that a client's death costs nobody anything: a
 * process takes its own arenas with it.
 */
enum rring_backend {
	RRING_BACKEND_AUTO,	/* the device if it is there and permitted */
	RRING_BACKEND_DEVICE,
	RRING_BACKEND_PROCESS,
};

/*
 * What RRING_BACKEND_AUTO is at present: by $RRING_BACKEND, "device" or
 * "process", if it is set (and the program is not set-user-ID), else whether
 * the device can be opened for reading and writing.
 */
enum rring_backend rring_backend(void);

/* ---- arenas ---- */

enum rring_profile {
	RRING_PROFILE_MOBILE,
	RRING_PROFILE_DESKTOP,
	RRING_PROFILE_SERVER,
};

struct rring_arena_config {
	const char *name;	/* NULL: anonymous, to be passed as descriptor */
	uint32_t capacity[RRING_POOLS];	/* slots per size class, 0 allowed;
					 * of XXL: events at a time
					 */
	uint32_t max_clients;	/* 0: 64 */
	uint32_t max_rings;	/* 0: 64 */
	uint32_t quota;		/* percent of a pool for one client; 0: 100 */
	uint32_t mode;		/* like a file's: r observe, x consume, w produce */
	uint32_t uid, gid;	/* ~0: the caller's */
	uint32_t flags;		/* RRING_CREATE_PERSIST: until removed by name */
	enum rring_backend backend; /* where: 0 is RRING_BACKEND_AUTO */
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

/*
 * The smallest class that takes @len bytes; RRING_XXL above 16 KiB; RRING_POOLS
 * above RRING_XXL_MAX: none does.
 */
enum rring_class rring_class_for(size_t len);

/*
 * Create an arena. Returns a descriptor that keeps it alive and that may be
 * passed to other processes, for rring_open_arena() there (that of an arena in
 * this process is good for nothing elsewhere). The caller closes it. Without
 * RRING_CREATE_PERSIST a name goes when nobody uses the arena. In-process, an
 * arena whose descriptor is closed, and that has no client, goes when the next
 * call is made that creates an arena or opens or closes a client.
 * -EEXIST, -EINVAL, -ENOMEM, -ENOSPC (the module's max_bytes; in-process, a
 * quarter of the memory), -EMFILE, -ENOENT or -EACCES (the device).
 */
int rring_arena_create(const struct rring_arena_config *config);

/*
 * Take the name off an arena of the RRING_BACKEND_AUTO kind; it ends when its
 * last client goes.
 */
int rring_arena_remove(const char *name);

/* ---- clients ---- */

/* rring_open(): every call on the client comes from one thread. */
#define RRING_SINGLE_THREADED	(1u << 0)
/* rring_open(): not RRING_BACKEND_AUTO, but this one. */
#define RRING_ON_DEVICE		(1u << 1)
#define RRING_IN_PROCESS	(1u << 2)

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
	uint32_t short_holds;	/* ledger words below are for short paths */
	uint32_t id;
	uint32_t role;
	int fd;			/* of the device, or -1 */
	struct rring_client_private *own;
};

/*
 * Attach this process to the arena @name as @role. NULL is the arena `default`
 * of the device, if that is there and permitted, or else of this process, which
 * is made when it is asked for first: rring_client_backend() says which it is.
 * The client ends with rring_close() or with the process, whichever way that
 * goes; a child after fork() does not have it. On the device an administrator
 * can end it, too: then its memory is SIGBUS, calls that were asleep return
 * -EOWNERDEAD, and rring_close() is all that is left to do. -ENOENT: no such arena, or no
 * module; -EACCES: not permitted; -ENOSPC: all client places are taken;
 * -EINVAL: unknown flags, or RRING_ON_DEVICE with RRING_IN_PROCESS.
 */
int rring_open(struct rring_client **client, const char *name,
	       enum rring_role role, unsigned int flags);

/*
 * The same for an arena's descriptor. It may be closed afterwards. Where the
 * arena is, the descriptor knows: the two flags are -EINVAL.
 */
int rring_open_arena(struct rring_client **client, int arena_fd,
		     enum rring_role role, unsigned int flags);

/*
 * Create an arena as rring_arena_create() does, and attach to it as producer.
 * It ends with its last client, unless it persists. What the two say.
 */
int rring_open_config(struct rring_client **client,
		      const struct rring_arena_config *config,
		      unsigned int flags);

/*
 * Ends its writers, readers and ends of pipes as its death would, drops its
 * holds, frees all of these and @client.
 */
void rring_close(struct rring_client *client);

/* RRING_BACKEND_DEVICE or RRING_BACKEND_PROCESS. */
enum rring_backend rring_client_backend(const struct rring_client *client);

/*
 * A descriptor for poll() and epoll, level- or edge-triggered: POLLIN when one
 * of the client's readers has something to say (events, end, lapped), POLLOUT
 * when one of its writers has room. Drain until -EAGAIN before waiting again.
 * It is the client's, and the same each time. -EMFILE, -ENOMEM (in-process).
 */
int rring_client_fd(const struct rring_client *client);

/*
 * Fill @stat for the class @pool. At about the same time: how many slots there
 * are (.capacity), are free (.free), lie in clients' magazines (.lent), are
 * held by at least one client (.held), stand in the window of at least one ring
 * (.in_flight; they may be held, too), and count for this client's quota
 * (.charged). The rest waits to be reclaimed, which happens when slots are
 * needed, or, with RRING_STAT_SWEEP in @flags, before the counts.
 *
 * Since the arena exists: .failures, the calls to the kernel that got no slot,
 * and .high_water, the most slots that were not free at once. That is more than
 * were in use, by what was not reclaimed yet: a half and a batch at most, while
 * no two clients are in want of slots at the same time.
 * -EINVAL: no such class, or flag.
 */
int rring_pool_stat(struct rring_client *client, enum rring_class pool,
		    unsigned int flags, struct rring_pool_stat *stat);

uint64_t rring_deadline(uint64_t nanoseconds_from_now);

/* What @err, as any call returned it, means here. Never NULL; constant. */
const char *rring_strerror(int err);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_CLIENT_H */
