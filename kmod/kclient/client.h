/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_KCLIENT_H
#define RRING_KCLIENT_H

#include "../core/compat.h"

struct net;
struct rring_arena;
struct rring_client;

/* Bits of @needs of rring_kclient_get(). */
#define RRING_KCLIENT_LEDGER	BIT(0)	/* writes a ring of handles */
#define RRING_KCLIENT_CURSORS	BIT(1)	/* reads a ring */

struct rring_client *rring_kclient_get(struct rring_arena *arena, u32 needs);
void rring_kclient_put(struct rring_arena *arena);
struct rring_arena *rring_kclient_arena(struct net *net, const char *name,
					int fd);
int rring_kclient_name(char *to, const char *name);

#endif /* RRING_KCLIENT_H */
