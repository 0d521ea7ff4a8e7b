/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reports of misuses that are found with clients that are checked: those opened
 * with RRING_CHECKED, or while the environment variable RRING_DEBUG is set. See
 * rring_debug(3). None of these functions waits.
 */
#ifndef _RUSTED_RING_DEBUG_H
#define _RUSTED_RING_DEBUG_H

#include <rusted_ring/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A misuse. It is valid until the handler returns. */
struct rring_misuse {
	const char *kind;	/* its name in rring_debug(3), "double-drop" */
	const char *report;	/* what was done and where, in some lines */
	uint64_t handle;	/* of the event; 0: no event is concerned */
	/* return addresses of the call, the innermost function's first */
	void *const *stack;
	uint32_t depth;		/* how many addresses .stack has */
};

/*
 * Take note of @misuse. @context is what rring_on_misuse() has got. This function
 * must not call the library.
 */
typedef void (*rring_misuse_handler_t)(void *context,
				       const struct rring_misuse *misuse);

/*
 * From now on call @handler with @context for each misuse, in the thread that
 * finds it, instead of printing the report to stderr. NULL: print again.
 */
void rring_on_misuse(rring_misuse_handler_t handler, void *context);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_DEBUG_H */
