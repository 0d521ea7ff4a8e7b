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

/* Add or remove a user of the region at @addr. Without users it is unmapped. */
void host_memory_get(void *addr);
void host_memory_put(void *addr);

void host_descriptors_init(void);
void host_descriptors_lock(void);
void host_descriptors_unlock(void);
void host_descriptors_reap(void);

/* A descriptor for poll(2); the backend sets what it reports. See signal.c. */
struct host_signal *host_signal_new(void);
void host_signal_free(struct host_signal *signal);
int host_signal_fd(const struct host_signal *signal);
bool host_signal_is_armed(struct host_signal *signal, __poll_t for_what);
u64 host_signal_begin(struct host_signal *signal);
void host_signal_arm(struct host_signal *signal, __poll_t mask, u64 seen);
void host_signal_raise(struct host_signal *signal, __poll_t mask);

#endif /* ULIB_HOST_HOST_H */
