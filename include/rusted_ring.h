/* SPDX-License-Identifier: MPL-2.0 */
/*
 * librusted_ring: share events between processes through /dev/rusted_ring, or
 * between the threads of one process without that device. These rules hold for
 * all functions of the library.
 *
 * Results: a function returns 0, or what its comment says, or a negative errno.
 * No function reports an error in the variable errno, but some change it. No
 * function prints. A function that fails to create an object leaves the
 * caller's pointer unchanged.
 *
 * Eviction: on the device, the arena's owner or an administrator can evict a
 * client. Then its mapped memory raises SIGBUS, functions that call the kernel
 * return -EOWNERDEAD, and rring_close() is the only useful call. -EOWNERDEAD is
 * not repeated in the comments of the functions.
 *
 * Threads: all threads of a process may use a client, unless it was opened with
 * RRING_SINGLE_THREADED. A writer, a reader, a set or the end of a pipe is used
 * by one thread at a time.
 *
 * Waiting: a function waits only if its comment says so. A deadline is an
 * absolute CLOCK_MONOTONIC time in nanoseconds, see rring_deadline(). 0: do not
 * wait; RRING_FOREVER: wait without limit.
 *
 * Signals: no function may be called in a signal handler. A signal ends a sleep
 * with -EINTR, unless its handler has SA_RESTART: then the sleep goes on with
 * the same deadline. (In-process, a sleep that has a deadline ends with -EINTR
 * in either case.)
 *
 * Memory: all arenas of the device together take at most max_bytes, a parameter
 * of the module. The arenas of a process together take at most a quarter of the
 * machine's memory. The comments of the functions say max_bytes for both
 * limits.
 *
 * fork(): the child must not use the clients of its parent.
 *
 * Headers in rusted_ring/internal/ are no API: only the library and its inline
 * functions use what they declare.
 */
#ifndef _RUSTED_RING_H
#define _RUSTED_RING_H

#include <rusted_ring/client.h>
#include <rusted_ring/event.h>
#include <rusted_ring/ring.h>
#include <rusted_ring/set.h>
#include <rusted_ring/pipe.h>
#include <rusted_ring/factory.h>
#include <rusted_ring/internal/inline.h>

#endif /* _RUSTED_RING_H */
