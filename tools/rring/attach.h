/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_ATTACH_H
#define RRING_ATTACH_H

#include <stdbool.h>

#include <rusted_ring.h>

/*
 * Attach to the arena @name of the device, NULL for `default'; what fails ends
 * the program with advice.
 */
struct rring_client *attach(const char *name, enum rring_role role);

/*
 * Join the ring @ring of that arena, by its name or its number, as @config says
 * otherwise. @wait: until it is there.
 */
struct rring_reader *attach_reader(struct rring_client *client,
				   const char *ring,
				   struct rring_reader_config *config,
				   bool wait);

#endif /* RRING_ATTACH_H */
