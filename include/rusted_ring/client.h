/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Functions for arenas, and for the clients that are attached to them. None of
 * these functions waits for another client.
 */
#ifndef _RUSTED_RING_CLIENT_H
#define _RUSTED_RING_CLIENT_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/rusted_ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * RRING_IN_LINE marks the inline functions. In a program that defines
 * RRING_NO_INLINE the macro is empty: the program gets declarations only, and
 * links with librusted_ring-ffi, which exports these functions as symbols.
 */
#ifndef RRING_IN_LINE
#ifdef RRING_NO_INLINE
#define RRING_IN_LINE
#else
#define RRING_IN_LINE	static inline
#endif
#endif

#define RRING_DEVICE		"/dev/rusted_ring"

/* ---- backends (places where arenas live): rring_open(3) ---- */

enum rring_backend {
	RRING_BACKEND_AUTO,	/* the backend that rring_backend() returns */
	RRING_BACKEND_DEVICE,	/* any number of processes share the arena */
	RRING_BACKEND_PROCESS,	/* the threads of one process share the arena */
};

/*
 * Return the backend that RRING_BACKEND_AUTO stands for: the one named by the
 * environment variable RRING_BACKEND ("device" or "process"). Without this: the
 * device if the module is loaded, even without permission, else the process.
 */
enum rring_backend rring_backend(void);

/* ---- arenas: rring_arena_create(3), rring_profile(3) ---- */

struct rring_arena_config {
	const char *name;	/* up to 63 characters; NULL: no name */
	uint32_t capacity[RRING_POOLS];	/* slots of each class: 0 to 2^24, for
					 * RRING_XXL 0 to 4096; not all 0
					 */
	uint32_t max_clients;	/* up to 255; 0 means 64 */
	uint32_t max_rings;	/* up to 1023; 0 means 64 */
	/* largest share of each pool for one client, in percent; 0 means 100 */
	uint32_t quota;
	uint32_t mode;		/* who may attach by name, like the mode of a
				 * file, up to 0777: r permits RRING_OBSERVER, x
				 * RRING_CONSUMER, w RRING_PRODUCER
				 */
	uint32_t uid, gid;	/* owner and group; ~0 means the caller's */
	uint32_t flags;		/* RRING_CREATE_PERSIST, RRING_CREATE_OWNED */
	/*
	 * With RRING_CREATE_OWNED: the arena is made for so many producers; 0
	 * means as many as its pools permit
	 */
	uint32_t producers;
	enum rring_backend backend;
	/*
	 * by role: how much of a pool, in percent, a client may hold while
	 * another client finds no free slot there; 0 means no limit. Only on
	 * the device
	 */
	uint32_t hold_limit[RRING_ROLES];
	/* what happens to a client above it */
	enum rring_hold_action on_hold_limit;
};

enum rring_profile {
	RRING_PROFILE_MOBILE,
	RRING_PROFILE_DESKTOP,
	RRING_PROFILE_SERVER,
};

/*
 * Store in @capacity how many slots of each size class @profile has. Return 0,
 * or -EINVAL if there is no such profile.
 */
int rring_profile(enum rring_profile profile, uint32_t capacity[RRING_POOLS]);

/* Return the profile that fits the memory, CPUs and battery of this machine. */
enum rring_profile rring_detect_profile(void);

/*
 * Fill all of @config for an anonymous arena that belongs to the caller, with
 * mode 0700 and the slots of @profile. Return 0, or -EINVAL if there is no such
 * profile.
 */
int rring_arena_profile(struct rring_arena_config *config,
			enum rring_profile profile);

/*
 * Return the smallest size class whose slots have room for @len bytes. Return
 * RRING_POOLS if no class has so much room.
 */
enum rring_class rring_class_for(size_t len);

/*
 * Create an arena. Return a close-on-exec descriptor of the arena, or a
 * negative errno. The caller closes the descriptor. The arena lives while the
 * descriptor is open, a client is attached, or RRING_CREATE_PERSIST keeps it.
 */
int rring_arena_create(const struct rring_arena_config *config);

/*
 * Remove the name of an arena: no client can attach by this name any more. The
 * attached clients stay attached. Return 0, -ENOENT if no arena has this name,
 * or another negative errno.
 */
int rring_arena_remove(const char *name);

/* ---- clients: rring_open(3), rring_pool_stat(3) ---- */

struct rring_client;

/*
 * Flag: the caller promises that only one thread uses the client. Then the fast
 * paths of the library execute no locked CPU instruction.
 */
#define RRING_SINGLE_THREADED	(1u << 0)
/* Flag of rring_open(): use the device, or fail. */
#define RRING_ON_DEVICE		(1u << 1)
/* Flag of rring_open(): use an arena of this process, not the device. */
#define RRING_IN_PROCESS	(1u << 2)
/*
 * Flag: check the calls with the client, and report misuses: rring_debug(3). The
 * environment variable RRING_DEBUG does the same for all clients.
 */
#define RRING_CHECKED		(1u << 5)

/*
 * Flag: an allocation that finds no free slot in its class takes one of the next
 * larger class that has one, up to RRING_XL. Without this flag it fails or waits.
 */
#define RRING_SPILL		(1u << 3)

/*
 * Flag: a handler of a signal ends the sleep of each function of this client that
 * waits, with -EINTR, even if it was installed with SA_RESTART. All waits sleep,
 * whatever their strategy.
 */
#define RRING_INTERRUPTIBLE	(1u << 4)

/*
 * Attach to the arena @name (NULL: "default") with the role @role, and store
 * the new client in *@client. If @flags names no backend, rring_backend()
 * chooses. Return 0 or a negative errno. The errno is -EACCES if the caller may
 * not open the device or may not have this role; the library does not try the
 * process backend then. The caller ends the client with rring_close().
 */
int rring_open(struct rring_client **client, const char *name,
	       enum rring_role role, unsigned int flags);

/*
 * Attach to the arena of the descriptor @arena_fd, which permits every role,
 * and store the new client in *@client. Return 0 or a negative errno. The
 * caller still closes the descriptor, at any time after this call.
 */
int rring_open_arena(struct rring_client **client, int arena_fd,
		     enum rring_role role, unsigned int flags);

/*
 * Create an arena, attach to it as RRING_PRODUCER, and store the new client in
 * *@client. Return 0 or a negative errno. The arena ends with its last client,
 * unless the arena has RRING_CREATE_PERSIST.
 */
int rring_open_config(struct rring_client **client,
		      const struct rring_arena_config *config,
		      unsigned int flags);

/*
 * Drop all holds of @client. Close and free its writers, readers and pipes, and
 * free @client. Its named readers stay in their rings and still hold writers
 * back.
 */
void rring_close(struct rring_client *client);

/* Return the client's number in its arena, 1 to 255. */
RRING_IN_LINE uint32_t rring_client_id(const struct rring_client *client);

RRING_IN_LINE enum rring_role
rring_client_role(const struct rring_client *client);

/*
 * Return the client's backend: RRING_BACKEND_DEVICE or _PROCESS, never _AUTO.
 */
enum rring_backend rring_client_backend(const struct rring_client *client);

/*
 * Return a descriptor for poll() and epoll, or a negative errno. The descriptor
 * is for all readers and writers of the client, and the caller must not close
 * it. It reports POLLIN if a reader has an event or was lapped, or if its
 * stream has ended and no read call has returned -EPIPE for this end yet;
 * POLLOUT if a writer has room; POLLERR if the client was evicted.
 */
int rring_client_fd(const struct rring_client *client);

/*
 * From now on this process survives the eviction of one of its clients: an access
 * to the client's memory, which otherwise raises SIGBUS, reads zeros or writes
 * nothing, and the calls with the client return -EOWNERDEAD. Return 0 or a
 * negative errno. See rring_guard_evictions(3) for what this needs.
 */
int rring_guard_evictions(void);

/*
 * Return 1 if @client was evicted, else 0. After rring_guard_evictions(), what the
 * program has read from the client's memory before a 0 was returned is right.
 */
int rring_client_evicted(const struct rring_client *client);

/*
 * Count the slots of class @pool, and store the counts in @stat. If @flags has
 * RRING_STAT_SWEEP, first sweep the whole pool: free all slots that no client
 * holds and no magazine or ring names. Return 0 or a negative errno.
 */
int rring_pool_stat(struct rring_client *client, enum rring_class pool,
		    unsigned int flags, struct rring_pool_stat *stat);

/* ---- times and errors: rring_wait_readable(3), rring_strerror(3) ---- */

/*
 * Return a deadline: the present CLOCK_MONOTONIC time plus
 * @nanoseconds_from_now, or RRING_FOREVER if the sum is too large.
 */
uint64_t rring_deadline(uint64_t nanoseconds_from_now);

/*
 * Return a text that says what @err means in this library. @err is 0 or a
 * negative errno. The text is constant, and the caller does not free it.
 */
const char *rring_strerror(int err);

/*
 * Return a text that says why the last call of this thread failed. @err is the
 * negative errno that the call returned. If the library knows only the errno,
 * return the text of rring_strerror(). The text is valid until the thread calls
 * the library again.
 */
const char *rring_error_detail(int err);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_CLIENT_H */
