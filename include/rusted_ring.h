/* SPDX-License-Identifier: MPL-2.0 */
/*
 * librusted_ring: events shared between processes through /dev/rusted_ring, or
 * between the threads of one without it.
 *
 * Calls return 0 (or what they say) or a negative errno; nothing prints and
 * nothing touches errno. A client may be used by all threads of its process,
 * a writer or a reader by one thread at a time. No call but those that say
 * "waits" blocks, and none is safe in a signal handler. A deadline is an
 * absolute CLOCK_MONOTONIC time in nanoseconds: 0 does not wait, RRING_FOREVER
 * waits without end; rring_deadline() makes one.
 */
#ifndef _RUSTED_RING_H
#define _RUSTED_RING_H

#include <rusted_ring/client.h>
#include <rusted_ring/event.h>
#include <rusted_ring/ring.h>
#include <rusted_ring/set.h>
#include <rusted_ring/pipe.h>
#include <rusted_ring/factory.h>
#include <rusted_ring/inline.h>

#endif /* _RUSTED_RING_H */
