/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Arenas, and the clients that are attached to them. None of these functions
 * waits for another client.
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

/* ---- backends, where arenas live: rring_open(3) ---- */

enum rring_backend {
	RRING_BACKEND_AUTO,	/* what rring_backend() returns */
	RRING_BACKEND_DEVICE,	/* for any number of processes */
	RRING_BACKEND_PROCESS,	/* for the threads of one process */
};

/*
 * Returns the backend that RRING_BACKEND_AUTO stands for: the one that
 * $RRING_BACKEND names; else the device, if it exists, even if the caller may
 * not open it; else the process.
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
	/* most slots of one client, in percent of each pool; 0: 100 */
	uint32_t quota;
	uint32_t mode;		/* who may attach by name, up to 0777, like a
				 * file's. r permits RRING_OBSERVER, x
				 * RRING_CONSUMER, w RRING_PRODUCER
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

/*
 * Store in @capacity how many slots of each size class @profile has. Returns 0,
 * or -EINVAL: there is no such profile.
 */
int rring_profile(enum rring_profile profile, uint32_t capacity[RRING_POOLS]);

/*
 * Returns the profile that fits the memory, the CPUs and the battery of this
 * machine.
 */
enum rring_profile rring_detect_profile(void);

/*
 * Fill all of @config: an anonymous arena of the caller, with mode 0700 and the
 * slots of @profile. Returns 0, or -EINVAL: there is no such profile.
 */
int rring_arena_profile(struct rring_arena_config *config,
			enum rring_profile profile);

/*
 * Returns the smallest size class whose slots take @len bytes, or RRING_POOLS
 * if no class takes so many.
 */
enum rring_class rring_class_for(size_t len);

/*
 * Create an arena. Returns a close-on-exec descriptor of the arena, or a
 * negative errno. The caller closes the descriptor. The arena stays alive while
 * the descriptor is open or a client is attached.
 */
int rring_arena_create(const struct rring_arena_config *config);

/*
 * Remove the name of an arena: from then on no client can attach by this name.
 * The clients that are attached go on. -ENOENT: no arena has this name.
 */
int rring_arena_remove(const char *name);

/* ---- clients: rring_open(3), rring_pool_stat(3) ---- */

struct rring_client;

/*
 * Flag: the caller promises that only one thread uses the client. Then the
 * short paths need no locked instruction.
 */
#define RRING_SINGLE_THREADED	(1u << 0)
/* Flag of rring_open(): use the device, or fail. */
#define RRING_ON_DEVICE		(1u << 1)
/* Flag of rring_open(): use an arena of this process, not the device. */
#define RRING_IN_PROCESS	(1u << 2)

/*
 * Attach to the arena @name with the role @role. @name NULL: the arena
 * "default". @flags choose the backend; without them rring_backend() does.
 * -EACCES: the caller may not open the device, or may not have this role. The
 * call then does not turn to an arena of the process instead. The caller closes
 * the client with rring_close().
 */
int rring_open(struct rring_client **client, const char *name,
	       enum rring_role role, unsigned int flags);

/*
 * Attach to the arena of the descriptor @arena_fd, which permits every role.
 * The caller still closes the descriptor, at any time after this call.
 */
int rring_open_arena(struct rring_client **client, int arena_fd,
		     enum rring_role role, unsigned int flags);

/*
 * Create an arena, and attach to it as RRING_PRODUCER. The arena ends with its
 * last client, unless it has RRING_CREATE_PERSIST.
 */
int rring_open_config(struct rring_client **client,
		      const struct rring_arena_config *config,
		      unsigned int flags);

/*
 * End @client: close its writers, readers and pipes, drop its holds, and free
 * all of these. Its named readers stay in their rings and go on gating.
 */
void rring_close(struct rring_client *client);

/* Returns the client's number in its arena, 1 to 255. */
RRING_IN_LINE uint32_t rring_client_id(const struct rring_client *client);

RRING_IN_LINE enum rring_role
rring_client_role(const struct rring_client *client);

/*
 * Returns where the client's arena is: RRING_BACKEND_DEVICE or
 * RRING_BACKEND_PROCESS.
 */
enum rring_backend rring_client_backend(const struct rring_client *client);

/*
 * Returns a descriptor for poll() and epoll, or a negative errno. It is for all
 * readers and writers of the client, which owns and closes it. POLLIN: a reader
 * has an event, was lapped, or its stream has ended and no read call has
 * returned -EPIPE for this end yet. POLLOUT: a writer has room. POLLERR: the
 * client was evicted.
 */
int rring_client_fd(const struct rring_client *client);

/*
 * Count the slots of class @pool, and store the counts in @stat. @flags: 0, or
 * RRING_STAT_SWEEP: sweep the whole pool first, so that all slots that nothing
 * names count as free.
 */
int rring_pool_stat(struct rring_client *client, enum rring_class pool,
		    unsigned int flags, struct rring_pool_stat *stat);

/* ---- times and errors: rring_wait_readable(3), rring_strerror(3) ---- */

/*
 * Returns a deadline: the present CLOCK_MONOTONIC time plus
 * @nanoseconds_from_now, or RRING_FOREVER if the sum is too large.
 */
uint64_t rring_deadline(uint64_t nanoseconds_from_now);

/*
 * Returns a text that says what @err means in this library. @err is 0 or a
 * negative errno. The text is constant, and the caller does not free it.
 */
const char *rring_strerror(int err);

/*
 * Returns a text that says why the last call of this thread failed. @err is the
 * negative errno which that call returned. If the library knows no more than
 * the errno, this is the text of rring_strerror(). The text is valid until the
 * thread's next call of the library.
 */
const char *rring_error_detail(int err);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_CLIENT_H */
