/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_IDLE_H
#define KRING_IDLE_H

#include "compat.h"

struct kring_client;
struct kring_xxl;

/*
 * The idle regions of one client: regions of XXL events that are gone, which
 * the kernel keeps for the client's next events. A lock in idle.c protects the
 * fields.
 */
struct kring_idle {
	struct list_head list;		/* of struct kring_xxl, oldest first */
	u32 n;
};

void kring_idle_init(struct kring_idle *idle);
struct kring_xxl *kring_idle_keep(struct kring_client *client,
				  struct kring_xxl *xxl);
struct kring_xxl *kring_idle_take(struct kring_client *client, u64 bytes);
void kring_idle_release(struct kring_client *client);
u64 kring_idle_bytes(void);
bool kring_idle_give_back(u64 bytes);
void kring_idle_free(struct kring_xxl *list);

#ifdef __KERNEL__
bool kring_idle_try_take(struct kring_xxl *xxl);
#else
void kring_idle_lock(void);
void kring_idle_unlock(void);
void kring_idle_forget(void);
#endif

#endif /* KRING_IDLE_H */
