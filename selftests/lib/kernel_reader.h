/* SPDX-License-Identifier: MPL-2.0 */
/* The module rring_consumer and its kernel readers. */
#ifndef SELFTESTS_KERNEL_READER_H
#define SELFTESTS_KERNEL_READER_H

#include <rusted_ring.h>

#include "consumer/consumer.h"

/*
 * Return 0 or a negative errno. consumer_load() first unloads the module if it
 * is loaded and unused.
 */
int consumer_load(void);
int consumer_unload(void);

/* ioctl(2) on a consumer. Return 0 or a negative errno. */
int consumer_call(int fd, unsigned long request, void *args);

/* Open a consumer that has no reader yet. Return its fd, or exit. */
int consumer_new(void);

/* Open a consumer with a reader as @open describes. Return its fd, or exit. */
int consumer_of(const struct consumer_open *open);

int consumer_close(int fd, uint32_t flags);

struct consumer_seen consumer_seen(int fd);
struct consumer_stat consumer_stat(int fd);

/* Indices of consumer_stat.refused, in the order of enum rring_refusal. */
enum { BAD_HEAD, BAD_LEN, BAD_HANDLE, BAD_STALE };

/* Sum of all refusals. */
uint64_t consumer_refused(const struct consumer_stat *stat);

/* Wait until the thread has read @events events, or has seen @ends ends. */
void until_seen(int fd, uint64_t events);
void until_ended(int fd, uint64_t ends);

/*
 * Peek, copy and release one event. Return 0, the errno of a call, or -EBADMSG
 * if it is not event @position of a stream.
 */
int consumer_take(int fd, uint64_t position, uint32_t max);

/*
 * Take all available events from *@position on, and advance *@position. Return
 * their number, or a negative errno.
 */
long consumer_drain(int fd, uint64_t *position, uint32_t max);

#endif /* SELFTESTS_KERNEL_READER_H */
