/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_REVOKE_H
#define KRING_REVOKE_H

#include "compat.h"

struct kring_client;
struct kring_pages;

bool kring_can_revoke(void);
void kring_revoke_own(struct kring_client *client, u64 page, u64 n);
void kring_revoke_xxl(struct kring_client *client,
		      const struct kring_pages *pages);
void kring_revoke_all_xxl(struct kring_client *client);

#endif /* KRING_REVOKE_H */
