/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * Tracepoints of the module. The files of kmod/core also compile into the
 * library: in the library, the calls of trace_*() do nothing.
 */
#ifndef KRING_TRACE_H
#define KRING_TRACE_H

#ifdef __KERNEL__

#include "tracepoints.h"

#else

#define trace_refill(...)		((void)0)
#define trace_reclaim(...)		((void)0)
#define trace_client_attach(...)	((void)0)
#define trace_client_exit(...)		((void)0)
#define trace_wake(...)			((void)0)
#define trace_wake_pools(...)		((void)0)
#define trace_lap(...)			((void)0)

#endif

#endif /* KRING_TRACE_H */
