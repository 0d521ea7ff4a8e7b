/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_ATTACH_H
#define RRING_ATTACH_H

#include <rusted_ring.h>

/*
 * Attach to the arena @name of the device, NULL for `default'; what fails ends
 * the program with advice.
 */
struct rring_client *attach(const char *name, enum rring_role role);

#endif /* RRING_ATTACH_H */
