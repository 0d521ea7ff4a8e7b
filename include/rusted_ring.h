/* SPDX-License-Identifier: MPL-2.0 */
/*
 * librusted_ring: share events between processes through /dev/rusted_ring, or
 * without this device between the threads of one process.
 *
 * Each header below declares the functions of one kind of object. The manual
 * page of a function has its promises, its errors and an example. The rules for
 * all functions are in rusted_ring(7). In short:
 *
 * Results: a function returns 0, or what its comment says, or a negative errno.
 * A function that fails to create an object leaves the caller's pointer
 * unchanged. No function prints, unless a client is checked: rring_debug(3).
 *
 * Threads: all threads of a process may use a client, unless the client was
 * opened with RRING_SINGLE_THREADED. Only one thread at a time may use a
 * writer, a reader, a set or the end of a pipe. A child after fork() can only
 * close the clients of its parent. Its other calls with these clients fail,
 * mostly with -EPERM, or do nothing. No signal handler may call a function.
 *
 * Waiting: a function waits only if its comment says so. A deadline is an
 * absolute CLOCK_MONOTONIC time in nanoseconds, see rring_deadline(). With the
 * deadline 0 a function does not wait; with RRING_FOREVER it has no limit.
 *
 * A program that wants no inline code defines RRING_NO_INLINE before the first
 * header, and links with librusted_ring-ffi, which has the same functions. The
 * structures of clients, writers and readers are then incomplete types.
 */
#ifndef _RUSTED_RING_H
#define _RUSTED_RING_H

#include <rusted_ring/client.h>
#include <rusted_ring/event.h>
#include <rusted_ring/ring.h>
#include <rusted_ring/set.h>
#include <rusted_ring/pipe.h>
#include <rusted_ring/watch.h>
#include <rusted_ring/service.h>
#include <rusted_ring/factory.h>
#include <rusted_ring/begin.h>
#include <rusted_ring/debug.h>

#ifndef RRING_NO_INLINE
#include <rusted_ring/internal/inline.h>
#endif

#endif /* _RUSTED_RING_H */
