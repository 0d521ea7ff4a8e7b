/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_SNAPSHOT_H
#define RRING_SNAPSHOT_H

#include <jansson.h>

#include "link.h"

/*
 * Returns { "arenas": [...] }: arenas as `arena list' prints them, each with
 * "pools", "clients" and "rings" as lists, and each ring with its "readers".
 * The counts that a dump has under these keys are in "nr_clients", "nr_rings"
 * and "nr_readers". An error ends the program.
 */
json_t *snapshot_take(struct link *link, uint32_t arena);

/*
 * Add rates per second to the objects of @now, as "KEY_rate": the growth since
 * @before, which was taken @seconds earlier. A new object has rates of 0.
 */
void snapshot_rate(json_t *now, const json_t *before, double seconds);

#endif /* RRING_SNAPSHOT_H */
