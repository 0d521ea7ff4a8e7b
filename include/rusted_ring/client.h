/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Arenas, and the clients that are attached to them. None of these functions
 * waits.
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
 * RRING_IN_LINE marks the inline functions. If RRING_NO_INLINE is defined, the
 * macro is empty: the library for other languages exports these functions as
 * symbols.
 */
#ifndef RRING_IN_LINE
#ifdef RRING_NO_INLINE
#define RRING_IN_LINE
#else
#define RRING_IN_LINE	static inline
#endif
#endif

#define RRING_DEVICE		"/dev/rusted_ring"

/* ---- where arenas live: rring_open(3) ---- */

enum rring_backend {
	RRING_BACKEND_AUTO,	/* what rring_backend() returns */
	RRING_BACKEND_DEVICE,	/* for any number of processes */
	RRING_BACKEND_PROCESS,	/* for the threads of one process */
};

/*
 * Returns the backend that RRING_BACKEND_AUTO means now: the device, unless
 * there is none, or $RRING_BACKEND names a backend.
 */
enum rring_backend rring_backend(void);

/* ---- arenas: rring_arena_create(3), rring_profile(3) ---- */

struct rring_arena_config {
	const char *name;	/* up to 31 characters; NULL: anonymous */
	uint32_t capacity[RRING_POOLS];	/* slots of each class, 0 to 2^24;
					 * RRING_XXL: 0 to 4096. At least one
					 * class has slots
					 */
	uint32_t max_clients;	/* up to 255; 0: 64 */
	uint32_t max_rings;	/* up to 255; 0: 64 */
	uint32_t quota;		/* limit per client, % of a pool; 0: 100 */
	uint32_t mode;		/* like a file's, up to 0777;
				 * r: observe, x: consume, w: produce
				 */
	uint32_t uid, gid;	/* owner and group; ~0: the caller's */
	uint32_t flags;		/* 0 or RRING_CREATE_PERSIST */
	enum rring_backend backend;
};

enum rring_profile {
	RRING_PROFILE_MOBILE,
	RRING_PROFILE_DESKTOP,
	RRING_PROFILE_SERVER,
};

/* Store in @capacity how many slots of each size class @profile has. */
int rring_profile(enum rring_profile profile, uint32_t capacity[RRING_POOLS]);

/* Returns the profile that fits this machine. */
enum rring_profile rring_detect_profile(void);

/* Fill @config: an anonymous arena of mode 0700, with the slots of @profile. */
int rring_arena_profile(struct rring_arena_config *config,
			enum rring_profile profile);

/* Returns the smallest size class that takes @len bytes; RRING_POOLS: none. */
enum rring_class rring_class_for(size_t len);

/*
 * Create an arena. Returns a close-on-exec descriptor, which keeps the arena
 * alive, and which the caller closes.
 */
int rring_arena_create(const struct rring_arena_config *config);

/* Remove the name of an arena. Clients that are attached go on. */
int rring_arena_remove(const char *name);

/* ---- clients: rring_open(3), rring_pool_stat(3) ---- */

struct rring_client;

/* One thread uses the client: no locked instruction on the short paths. */
#define RRING_SINGLE_THREADED	(1u << 0)
/* For rring_open(): use the device, or fail. */
#define RRING_ON_DEVICE		(1u << 1)
/* For rring_open(): use an arena of this process. */
#define RRING_IN_PROCESS	(1u << 2)

/*
 * Attach to the arena @name with the role @role. @name NULL: the arena
 * "default". If the device or the arena denies it, this fails; there is no
 * private arena instead. The caller closes the client with rring_close().
 */
int rring_open(struct rring_client **client, const char *name,
	       enum rring_role role, unsigned int flags);

/* Attach to the arena of @arena_fd. The caller still closes that descriptor. */
int rring_open_arena(struct rring_client **client, int arena_fd,
		     enum rring_role role, unsigned int flags);

/* Create an arena, and attach to it as producer. */
int rring_open_config(struct rring_client **client,
		      const struct rring_arena_config *config,
		      unsigned int flags);

/* End @client: close its writers, readers and pipes, and drop its holds. */
void rring_close(struct rring_client *client);

/* Returns the client's number in its arena, 1 to 255. */
RRING_IN_LINE uint32_t rring_client_id(const struct rring_client *client);

RRING_IN_LINE enum rring_role
rring_client_role(const struct rring_client *client);

/* Returns RRING_BACKEND_DEVICE or RRING_BACKEND_PROCESS. */
enum rring_backend rring_client_backend(const struct rring_client *client);

/*
 * Returns a descriptor for poll() and epoll. The client owns and closes it.
 * POLLIN: a reader of the client has an event, was lapped, or its stream has
 * ended. POLLOUT: a writer has room. POLLERR: the client was evicted.
 */
int rring_client_fd(const struct rring_client *client);

/* Count the slots of class @pool. @flags: 0 or RRING_STAT_SWEEP. */
int rring_pool_stat(struct rring_client *client, enum rring_class pool,
		    unsigned int flags, struct rring_pool_stat *stat);

/* ---- times and errors: rring_wait_readable(3), rring_strerror(3) ---- */

/* Returns a deadline: the present time plus @nanoseconds_from_now. */
uint64_t rring_deadline(uint64_t nanoseconds_from_now);

/* Returns a constant text for @err, 0 or a negative errno of this library. */
const char *rring_strerror(int err);

/*
 * Returns why the last call of this thread failed with @err, which it returned:
 * the detail, or rring_strerror() if there is none. The text is valid until the
 * thread's next call.
 */
const char *rring_error_detail(int err);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_CLIENT_H */
