/* SPDX-License-Identifier: MPL-2.0 */
/* Declarations that the files of ulib/host/ share. */
#ifndef ULIB_HOST_HOST_H
#define ULIB_HOST_HOST_H

#include "kernel.h"

int host_barrier_init(void);
int host_barrier_check(void);

void host_region_init(void);
void host_region_lock(void);
void host_region_unlock(void);

/*
 * Claim the names of arenas in this process for this copy of the library. Return 0,
 * or -EBUSY if another copy has claimed them.
 */
int host_claim_names(void);

/*
 * Add (get) or remove (put) one user of the region at @addr. When its last user
 * is removed, the region is unmapped.
 */
void host_memory_get(void *addr);
void host_memory_put(void *addr);

void host_descriptors_init(void);
void host_descriptors_lock(void);
void host_descriptors_unlock(void);
void host_descriptors_reap(void);

/*
 * A host_signal has a descriptor for poll(2). The process backend sets what
 * this descriptor reports. See signal.c.
 */
struct host_signal *host_signal_new(void);
void host_signal_free(struct host_signal *signal);
int host_signal_fd(const struct host_signal *signal);
bool host_signal_is_armed(struct host_signal *signal, __poll_t for_what);
u64 host_signal_begin(struct host_signal *signal);
void host_signal_arm(struct host_signal *signal, __poll_t mask, u64 seen);
void host_signal_lock(struct host_signal *signal);
void host_signal_unlock(struct host_signal *signal);
void host_signal_raise(struct host_signal *signal, __poll_t mask);

#endif /* ULIB_HOST_HOST_H */
