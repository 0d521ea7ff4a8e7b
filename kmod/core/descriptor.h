/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_DESCRIPTOR_H
#define RRING_DESCRIPTOR_H

struct rring_arena;
struct rring_create;

int rring_descriptor_create(const struct rring_create *args);
struct rring_arena *rring_descriptor_arena(int fd);

#endif /* RRING_DESCRIPTOR_H */
