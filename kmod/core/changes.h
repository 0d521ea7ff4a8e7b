/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_CHANGES_H
#define KRING_CHANGES_H

#include "compat.h"
#include <linux/rusted_ring.h>

struct kring_arena;
struct kring_client;
struct kring_reader;
struct kring_ring;

struct rring_change kring_change_of_ring(const struct kring_ring *ring,
					 enum rring_change_kind kind,
					 const struct kring_client *writer);
struct rring_change kring_change_of_reader(const struct kring_reader *reader,
					   enum rring_change_kind kind);
void kring_change_note(struct kring_arena *arena,
		       const struct rring_change *change);
int kring_changes_wait(struct kring_client *client, struct rring_wait *args);
void kring_changes_watch(struct kring_client *client);
bool kring_changes_above(const struct kring_client *client, u64 position);
bool kring_changes_due(const struct kring_client *client);
void kring_changes_arm(struct kring_client *client);
void kring_changes_forget(struct kring_client *client);

#endif /* KRING_CHANGES_H */
