/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_KCLIENT_H
#define RRING_KCLIENT_H

struct rring_arena;
struct rring_client;

struct rring_client *rring_kclient_get(struct rring_arena *arena, bool ledger);
void rring_kclient_put(struct rring_arena *arena);

#endif /* RRING_KCLIENT_H */
