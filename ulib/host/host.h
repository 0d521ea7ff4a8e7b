/* SPDX-License-Identifier: MPL-2.0 */
/* What the files of this directory share. */
#ifndef ULIB_HOST_HOST_H
#define ULIB_HOST_HOST_H

#include "kernel.h"

int rring_host_barrier_init(void);
void rring_host_barrier_lock(void);
void rring_host_barrier_unlock(void);

/* Add and remove a user of a region's memory; the last one unmaps it. */
void rring_host_memory_get(void *addr);
void rring_host_memory_put(void *addr);

void rring_host_descriptors_lock(void);
void rring_host_descriptors_unlock(void);
void rring_host_descriptors_reap(void);

/* A descriptor for poll(2), with what it reports. See signal.c. */
struct rring_signal *rring_signal_new(void);
void rring_signal_free(struct rring_signal *signal);
int rring_signal_fd(const struct rring_signal *signal);
bool rring_signal_is_armed(struct rring_signal *signal, __poll_t for_what);
void rring_signal_clear(struct rring_signal *signal);
void rring_signal_arm(struct rring_signal *signal, __poll_t mask);
void rring_signal_raise(struct rring_signal *signal, __poll_t mask);

#endif /* ULIB_HOST_HOST_H */
