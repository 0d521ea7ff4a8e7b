/* SPDX-License-Identifier: MPL-2.0 */
/* The module rring_consumer, and kernel readers by it. */
#ifndef SELFTESTS_KERNEL_READER_H
#define SELFTESTS_KERNEL_READER_H

#include <rusted_ring.h>

#include "consumer/consumer.h"

/* 0 or a negative errno. One that is loaded, and idle, is loaded anew. */
int consumer_load(void);
int consumer_unload(void);

/* Ask a consumer for something: 0 or a negative errno. */
int consumer_call(int fd, unsigned long request, void *args);

/* A new one, without a reader; exits on failure. */
int consumer_new(void);

/* One that reads as @open says; exits on failure. */
int consumer_of(const struct consumer_open *open);

int consumer_close(int fd, uint32_t flags);

struct consumer_seen consumer_seen(int fd);
struct consumer_stat consumer_stat(int fd);

/* The reasons, as enum rring_refusal has them. */
enum { BAD_HEAD, BAD_LEN, BAD_HANDLE, BAD_STALE };

/* Of all of them. */
uint64_t consumer_refused(const struct consumer_stat *stat);

/* Until its thread has been given so many, or told so many ends. */
void until_seen(int fd, uint64_t events);
void until_ended(int fd, uint64_t ends);

/* Peek, copy, release: 0 if that was event @position of a stream; or why not. */
int consumer_take(int fd, uint64_t position, uint32_t max);

/* The same for all that there is: how many, or what ended it but -EAGAIN. */
long consumer_drain(int fd, uint64_t *position, uint32_t max);

#endif /* SELFTESTS_KERNEL_READER_H */
