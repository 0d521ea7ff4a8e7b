/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KCLIENT_H
#define KCLIENT_H

#include "../core/compat.h"

struct net;
struct kring_arena;
struct kring_client;

/* Bits of the argument @needs of kclient_get(). */
#define KCLIENT_LEDGER	BIT(0)		/* for a writer of a ring of handles */
#define KCLIENT_CURSORS	BIT(1)		/* for a reader of a ring */

struct kring_client *kclient_get(struct kring_arena *arena, u32 needs);
void kclient_put(struct kring_arena *arena);
struct kring_arena *kclient_arena(struct net *net, const char *name,
				  int fd);
int kclient_text(char *to, const char *text);
int kclient_name(char *to, const char *name);

#endif /* KCLIENT_H */
