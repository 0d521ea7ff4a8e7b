/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_ATTACH_H
#define RRING_ATTACH_H

#include <stdbool.h>

#include <rusted_ring.h>

/* What to do if the device is not open to the caller. */
#define ATTACH_CLOSED	RRING_DEVICE " is not open to you: become a member of its group, or load the module with another dev_mode="

/* The variable that has the number of an arena's descriptor. */
#define ATTACH_VARIABLE	"RRING_ARENA_FD"

/*
 * Attach to the arena @name of the device; NULL: that of the descriptor in
 * ATTACH_VARIABLE, or else `default'. An error ends the program with advice. Later the
 * program also ends if the client is evicted.
 */
struct rring_client *attach(const char *name, enum rring_role role);

/*
 * Join the ring @ring, a name or a number, as @config says. @wait: wait until
 * the ring exists; if it did not, the reader starts at its oldest event.
 * Overwrites .ring, .ring_name and .start of @config. An error ends the
 * program.
 */
struct rring_reader *attach_reader(struct rring_client *client,
				   const char *ring,
				   struct rring_reader_config *config,
				   bool wait);

#endif /* RRING_ATTACH_H */
