/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/* Ready-made capacities, by what kind of machine it is. */
#ifndef _RUSTED_RING_PROFILE_H
#define _RUSTED_RING_PROFILE_H

#include <linux/rusted_ring.h>

enum {
	RRING_MOBILE,
	RRING_DESKTOP,
	RRING_SERVER,
	RRING_PROFILES,
};

static const char *const rring_profile_names[] = {
	"mobile", "desktop", "server",
};

static const __u32 rring_profile_capacities[RRING_PROFILES][RRING_POOLS] = {
	{ 500, 250, 100, 20, 5, 8 },
	{ 2000, 1000, 300, 60, 15, 64 },
	{ 4000, 2000, 600, 120, 30, 256 },
};

/*
 * Below 2 GiB or 2 CPUs, or with a battery below 8 GiB: mobile. From 16 GiB and
 * 8 CPUs on, without a battery: server. Bytes of memory that can be used; a
 * battery that the machine runs on.
 */
static inline int rring_profile_detect(__u64 bytes, __u32 cpus, int battery)
{
	if (bytes < 2ull << 30 || cpus < 2)
		return RRING_MOBILE;
	if (battery)
		return bytes < 8ull << 30 ? RRING_MOBILE : RRING_DESKTOP;
	return bytes >= 16ull << 30 && cpus >= 8 ? RRING_SERVER : RRING_DESKTOP;
}

#endif /* _RUSTED_RING_PROFILE_H */
