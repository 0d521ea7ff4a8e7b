/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_RATE_H
#define KRING_RATE_H

#include "compat.h"

struct kring_client;
struct kring_rate;

extern unsigned int kring_barrier_rate;

struct kring_rate *kring_rate_new(struct kring_client *client);
void kring_rate_begin(struct kring_client *client);
void kring_rate_stop(struct kring_rate *rate);
void kring_rate_free(struct kring_rate *rate);
bool kring_rate_barrier(struct kring_client *client, u64 *due);
int kring_rate_await_barrier(struct kring_client *client);
void kring_rate_poll_late(struct kring_client *client, u64 due);
void kring_rate_told(struct kring_client *client);
void kring_rate_wake_pools(struct kring_client *client, u32 pools);

#endif /* KRING_RATE_H */
