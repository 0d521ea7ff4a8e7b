// SPDX-License-Identifier: MPL-2.0
#include <string.h>

#include <linux/rusted_ring_netlink.h>

#include "settings.h"

bool settings_any(const struct settings *settings)
{
	static const struct settings none = SETTINGS_NONE;

	return memcmp(settings, &none, sizeof(none));
}

static void put(struct nlmsghdr *nlh, uint16_t attribute, uint32_t value)
{
	if (value != ~0u)
		mnl_attr_put_u32(nlh, attribute, value);
}

void settings_request(struct link *link, uint32_t arena,
		      const struct settings *settings)
{
	static const uint16_t hold_limits[] = {
		RRING_A_ARENA_HOLD_LIMIT_OBSERVER,
		RRING_A_ARENA_HOLD_LIMIT_CONSUMER,
		RRING_A_ARENA_HOLD_LIMIT_PRODUCER,
	};
	struct nlmsghdr *nlh = link_request(link, RRING_CMD_ARENA_SET, 0);
	int i;

	mnl_attr_put_u32(nlh, RRING_A_ARENA_ID, arena);
	put(nlh, RRING_A_ARENA_QUOTA, settings->quota);
	put(nlh, RRING_A_ARENA_GID, settings->gid);
	put(nlh, RRING_A_ARENA_MODE, settings->mode);
	for (i = 0; i < RRING_ROLES; i++)
		put(nlh, hold_limits[i], settings->hold_limit[i]);
}
