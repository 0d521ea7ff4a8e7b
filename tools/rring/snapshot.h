/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_SNAPSHOT_H
#define RRING_SNAPSHOT_H

#include <jansson.h>

#include "link.h"

/*
 * { "arenas": [...] }: arenas as `arena list' has them, each with "pools",
 * "clients" and "rings" of its own as lists, and rings with their "readers"
 * (the numbers of these move to "nr_clients", "nr_rings", "nr_readers").
 */
json_t *snapshot_take(struct link *link, uint32_t arena);

/*
 * Give the objects in @now rates, per second, as "KEY_rate": by how much the
 * same ones in @before, @seconds ago, had less. 0 for those that are new.
 */
void snapshot_rate(json_t *now, const json_t *before, double seconds);

#endif /* RRING_SNAPSHOT_H */
