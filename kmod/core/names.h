/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_NAMES_H
#define KRING_NAMES_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct kring_arena;

/* arena.h declares the functions that find arenas. */
int kring_names_enter(struct kring_arena *arena,
		      const struct rring_create *args, struct net *net);
void kring_names_remove(struct kring_arena *arena);
int kring_names_check_user(void);

#endif /* KRING_NAMES_H */
