/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_SETTINGS_H
#define RRING_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/rusted_ring.h>

#include "link.h"

/* What can be changed of an arena that exists. ~0: stays as it is. */
struct settings {
	uint32_t quota;
	uint32_t gid;
	uint32_t mode;
	uint32_t hold_limit[RRING_ROLES];
};

#define SETTINGS_NONE	{ ~0u, ~0u, ~0u, { ~0u, ~0u, ~0u } }

/* Is there something to change? */
bool settings_any(const struct settings *settings);

/* Build the request that changes @arena. */
void settings_request(struct link *link, uint32_t arena,
		      const struct settings *settings);

#endif /* RRING_SETTINGS_H */
