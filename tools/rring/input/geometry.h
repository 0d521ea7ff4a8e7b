/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_GEOMETRY_H
#define RRING_GEOMETRY_H

#include <argp.h>

#include <rusted_ring.h>

/*
 * The geometry of a ring that a program writes: options for a command's own argp.
 * The input is a struct rring_ring_config. What the user leaves open is chosen by
 * geometry_choose().
 */
extern const struct argp geometry_argp;

/* Choose what the user has not: what the arena of @client carries. */
void geometry_choose(struct rring_ring_config *config,
		     const struct rring_client *client);

/*
 * The smallest class that takes @len bytes and has slots. RRING_XXL if @len is
 * above XL: the event gets pages of its own, or is too large. RRING_POOLS:
 * there is none.
 */
enum rring_class geometry_class(const struct rring_client *client, size_t len);

#endif /* RRING_GEOMETRY_H */
