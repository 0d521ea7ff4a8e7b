/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Arenas, and the clients that are attached to them. None of these functions
 * waits or may be called in a signal handler.
 */
#ifndef _RUSTED_RING_CLIENT_H
#define _RUSTED_RING_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <linux/rusted_ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Empty in the library for other languages, which exports the inline functions
 * as symbols.
 */
#ifndef RRING_IN_LINE
#define RRING_IN_LINE	static inline
#endif

#define RRING_DEVICE		"/dev/rusted_ring"
#define RRING_PARKED_SLOTS	64	/* size of .parked_handle */

/* ---- where arenas live ---- */

/*
 * Where an arena is: on the device, for any number of processes, or in the
 * process that creates it, for its threads, without the module. All functions
 * work on both. On the device, other processes and the kernel can use an arena,
 * page tables protect its words, and it survives the death of a client's
 * process. An arena in a process ends with that process.
 */
enum rring_backend {
	RRING_BACKEND_AUTO,	/* what rring_backend() returns */
	RRING_BACKEND_DEVICE,
	RRING_BACKEND_PROCESS,
};

/*
 * Returns the backend that RRING_BACKEND_AUTO means now: the one that the
 * environment variable RRING_BACKEND names, "device" or "process". Without this
 * variable, with another value, and in set-user-ID programs:
 * RRING_BACKEND_DEVICE if the caller can open the device for reading and
 * writing, else RRING_BACKEND_PROCESS.
 */
enum rring_backend rring_backend(void);

/* ---- arenas ---- */

enum rring_profile {
	RRING_PROFILE_MOBILE,
	RRING_PROFILE_DESKTOP,
	RRING_PROFILE_SERVER,
};

/*
 * At least one capacity is not 0. A name has printable ASCII characters, no
 * space and no slash; on the device it belongs to the caller's network
 * namespace. A quota of 0 is 100 percent. A .uid or .gid of 0 is root's: other
 * callers set ~0. RRING_CREATE_PERSIST demands a name; the arena then stays
 * until rring_arena_remove().
 */
struct rring_arena_config {
	const char *name;	/* up to 31 characters; NULL: anonymous */
	uint32_t capacity[RRING_POOLS];	/* slots per class, up to 2^24; 0
					 * allowed; RRING_XXL: events at a
					 * time, up to 4096
					 */
	uint32_t max_clients;	/* up to 255; 0: 64 */
	uint32_t max_rings;	/* up to 255; 0: 64 */
	uint32_t quota;		/* percent of each pool per client */
	uint32_t mode;		/* like a file's, up to 0777;
				 * r: observe, x: consume, w: produce
				 */
	uint32_t uid, gid;	/* owner and group; ~0: the caller's */
	uint32_t flags;		/* 0 or RRING_CREATE_PERSIST */
	enum rring_backend backend;
};

/*
 * Store the slots per size class of @profile in @capacity. Returns 0, or
 * -EINVAL: there is no such profile.
 */
int rring_profile(enum rring_profile profile, uint32_t capacity[RRING_POOLS]);

/*
 * Returns the profile that fits this machine. MOBILE: less than 2 GiB of memory
 * or 2 CPUs, or a battery and less than 8 GiB. SERVER: no battery, and at least
 * 16 GiB and 8 CPUs. Else DESKTOP. CPUs are those that the calling thread may
 * run on; a battery is one that powers the machine, charging or not.
 */
enum rring_profile rring_detect_profile(void);

/*
 * Fill @config for an anonymous arena with the capacities of @profile, mode
 * 0700, and the caller's user and group; all else is 0. Returns 0, or -EINVAL:
 * there is no such profile.
 */
int rring_arena_profile(struct rring_arena_config *config,
			enum rring_profile profile);

/*
 * Returns the smallest size class that takes @len bytes: RRING_XXL above 16384;
 * RRING_POOLS, which is no class, above RRING_XXL_MAX (1 GiB).
 */
enum rring_class rring_class_for(size_t len);

/*
 * Create an arena. Returns a close-on-exec descriptor, which keeps the arena
 * alive and which rring_open_arena() takes. The caller closes it. On the device
 * it may be passed to other processes, and its possession permits every role;
 * in-process it is of use in this process only.
 *
 * The arena and its name end when no client is attached and no descriptor is
 * open; with RRING_CREATE_PERSIST, not before rring_arena_remove(). In-process,
 * the library notices that a descriptor was closed at the next call that
 * creates or removes an arena, or opens or closes a client.
 *
 * Errors:
 *   -EINVAL: all capacities are 0, a value is out of its range, the name has a
 *	character that is not allowed, or RRING_CREATE_PERSIST without a name
 *   -ENAMETOOLONG: the name has more than 31 characters
 *   -EEXIST: the name is in use
 *   -EPERM: without CAP_CHOWN, .uid must be the caller's, and .gid one of the
 *	caller's groups (in-process: the effective one)
 *   -ENOENT, -EACCES: the device does not exist, or may not be opened
 *   -ENOSPC: the arena needs more memory than max_bytes allows
 *   -ENOMEM: out of memory
 *   -EMFILE, -ENFILE: no descriptor is left
 */
int rring_arena_create(const struct rring_arena_config *config);

/*
 * Remove the name of an arena of the backend that rring_backend() returns.
 * Clients that are attached go on; the arena ends with its last client and
 * descriptor.
 *
 * Returns 0, or:
 *   -ENOENT: no arena has this name, or the device does not exist
 *   -EACCES: the caller is neither the owner nor has CAP_SYS_ADMIN, or may not
 *	open the device
 *   -EINVAL, -ENAMETOOLONG: no arena can have this name
 *   -ENOMEM, -EMFILE, -ENFILE: out of memory or descriptors
 */
int rring_arena_remove(const char *name);

/* ---- clients ---- */

/*
 * For rring_open() and similar: only one thread uses the client, its writers
 * and its readers. Then allocation, hold, drop and publish execute no locked
 * instruction, but for RRING_XXL.
 */
#define RRING_SINGLE_THREADED	(1u << 0)
/* For rring_open(): use the device, or fail. */
#define RRING_ON_DEVICE		(1u << 1)
/* For rring_open(): use an arena of this process. */
#define RRING_IN_PROCESS	(1u << 2)

/* A pool as one client sees it. For the inline functions. */
struct rring_pool_view {
	rring_word_t *ledger;	/* this client's word per slot */
	const rring_flag_t *generation;
	char *payload;		/* of slot 0 */
	struct rring_event_header *header;
	uint32_t capacity;	/* slots */
	uint32_t parked;	/* handles in parked_handle[] */
	uint64_t *parked_handle; /* private slots, dropped, to be reused */
	const struct rring_magazine *magazine;
	rring_seq_t *tail;	/* of the magazine */
	uint64_t parked_max;	/* limit of .parked: a batch; XXL: 0 */
};

/* Programs may read .id and .role; the rest is for the inline functions. */
struct rring_client {
	struct rring_pool_view pool[RRING_POOLS];
	const struct rring_arena_info *arena;
	uint32_t shared;	/* 1: not RRING_SINGLE_THREADED */
	uint32_t short_holds;	/* the short paths take ledger words whose
				 * lower half is less; 0 if .shared
				 */
	uint32_t id;		/* 1 to 255, unique in the arena */
	uint32_t role;		/* enum rring_role */
	int fd;			/* of the device; -1: in-process */
	struct rring_client_private *own;
};

/*
 * Attach to the arena @name as @role, and store the new client in *@client.
 * @flags are RRING_SINGLE_THREADED and at most one of RRING_ON_DEVICE and
 * RRING_IN_PROCESS; without the latter two, rring_backend() decides. On the
 * device, @name is looked up in the caller's network namespace.
 *
 * @name NULL is the arena `default`. The module creates one on the device, in
 * the initial network namespace. The library creates one in the process at its
 * first use, with capacities for this machine. If the mode of the device's
 * `default` denies @role, the client attaches to the one of the process, unless
 * @flags or the environment ask for the device.
 *
 * The caller ends the client with rring_close(). The end of the process does so
 * as well.
 *
 * Returns 0, or:
 *   -ENOENT: no arena has this name, or the device does not exist
 *   -EACCES: the mode of the arena or of the device denies it
 *   -ENOSPC: all places for clients are taken, or the client needs more memory
 *	than max_bytes allows
 *   -EINVAL: unknown role or flag, RRING_ON_DEVICE with RRING_IN_PROCESS, or
 *	no arena can have this name
 *   -ENAMETOOLONG: @name has more than 31 characters
 *   -EPROTO: the module has another version of the ABI
 *   -ENOMEM, -EMFILE, -ENFILE: out of memory or descriptors
 */
int rring_open(struct rring_client **client, const char *name,
	       enum rring_role role, unsigned int flags);

/*
 * Attach to the arena of the descriptor @arena_fd as @role, and store the new
 * client in *@client. Every role is permitted, whatever the arena's mode. The
 * caller keeps @arena_fd and may close it. The only flag is
 * RRING_SINGLE_THREADED. The caller ends the client with rring_close().
 *
 * Returns 0, or:
 *   -EBADF: @arena_fd is no descriptor
 *   -EINVAL: @arena_fd is not that of an arena; unknown role, or another flag
 *   -ENOENT, -EACCES: the arena is not of this process, and the device does not
 *	exist or may not be opened
 *   -ENOSPC: all places for clients are taken, or the client needs more memory
 *	than max_bytes allows
 *   -EPROTO: the module has another version of the ABI
 *   -ENOMEM, -EMFILE, -ENFILE: out of memory or descriptors
 */
int rring_open_arena(struct rring_client **client, int arena_fd,
		     enum rring_role role, unsigned int flags);

/*
 * Create an arena like rring_arena_create(), attach to it as producer, and
 * store the new client in *@client. Without RRING_CREATE_PERSIST the arena ends
 * with its last client. The caller ends the client with rring_close().
 *
 * Returns 0, or -EINVAL: a flag other than RRING_SINGLE_THREADED; or an error
 * of rring_arena_create() or rring_open_arena(). In the last case a persistent
 * arena remains.
 */
int rring_open_config(struct rring_client **client,
		      const struct rring_arena_config *config,
		      unsigned int flags);

/*
 * End @client: close its writers, readers and ends of pipes, drop its holds,
 * and free all of these and @client. Pointers to them are invalid afterwards.
 * The streams of the writers end. Named readers stay and gate. Another process
 * can open the ends of pipes again and go on, like after the death of this one.
 * Sets are not freed.
 */
void rring_close(struct rring_client *client);

/* Returns RRING_BACKEND_DEVICE or RRING_BACKEND_PROCESS. */
enum rring_backend rring_client_backend(const struct rring_client *client);

/*
 * Returns a descriptor for poll() and epoll, level- or edge-triggered. POLLIN:
 * a reader of the client has events, was lapped, or its stream has ended.
 * POLLOUT: a writer of the client has room. POLLERR: the client was evicted.
 * Read or write until -EAGAIN before the next poll. The descriptor is the same
 * each time and belongs to the client; do not close it.
 *
 * Errors:
 *   -EMFILE, -ENFILE, -ENOMEM: in-process only: out of descriptors or memory
 */
int rring_client_fd(const struct rring_client *client);

/*
 * Count the slots of class @pool and store the counts in @stat:
 *
 *   .capacity: slots of the pool; RRING_XXL: events at a time
 *   .free: slots that can be lent at once
 *   .lent: slots in the magazines of clients
 *   .held: slots that at least one client holds
 *   .in_flight: slots that the window of at least one ring names; they may be
 *	held, too
 *   .charged: slots that count for the quota of this client
 *   .high_water: most slots that were not free at a time, since the arena
 *	exists. This is at most a half and a batch more than were in use, or
 *	more if several clients ran out of slots at the same time
 *   .failures: calls to the kernel that got no slot, since the arena exists
 *
 * All other slots are unused and wait for a sweep. RRING_STAT_SWEEP in @flags:
 * sweep first, so that .free includes them. The counts are not of one instant
 * if other clients run. The call takes time in proportion to .high_water times
 * the number of clients. Any role may call this. Returns 0, or -EINVAL: there
 * is no such class or flag.
 */
int rring_pool_stat(struct rring_client *client, enum rring_class pool,
		    unsigned int flags, struct rring_pool_stat *stat);

/*
 * Returns the deadline @nanoseconds_from_now: an absolute CLOCK_MONOTONIC time
 * in nanoseconds, or RRING_FOREVER if that is out of range.
 */
uint64_t rring_deadline(uint64_t nanoseconds_from_now);

/*
 * Returns a text for @err, which is 0 or a negative errno of this library:
 * never NULL, constant, not to be freed.
 */
const char *rring_strerror(int err);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_CLIENT_H */
