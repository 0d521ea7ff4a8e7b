/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_SEAL_H
#define KRING_SEAL_H

#include "compat.h"

struct kring_client;

int kring_seal(struct kring_client *client, u64 handle);

#endif /* KRING_SEAL_H */
