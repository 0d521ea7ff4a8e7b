/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_DESCRIPTOR_H
#define KRING_DESCRIPTOR_H

struct kring_arena;
struct rring_create;

int kring_descriptor_create(const struct rring_create *args);
struct kring_arena *kring_descriptor_arena(int fd);

#endif /* KRING_DESCRIPTOR_H */
