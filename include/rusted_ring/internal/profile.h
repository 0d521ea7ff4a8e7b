/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/* Profiles: the capacities of an arena's pools for three kinds of machines. */
#ifndef _RUSTED_RING_PROFILE_H
#define _RUSTED_RING_PROFILE_H

#include <linux/rusted_ring.h>

enum {
	RRING_MOBILE,
	RRING_DESKTOP,
	RRING_SERVER,
	RRING_PROFILES,
};

/* The names of the profiles. The index is the profile. */
static const char *const rring_profile_names[] = {
	"mobile", "desktop", "server",
};

/*
 * How many slots the pools XS to XXL have in each profile. The first index is
 * the profile, the second one the class.
 */
static const __u32 rring_profile_capacities[RRING_PROFILES][RRING_POOLS] = {
	{ 500, 250, 100, 20, 5, 8 },
	{ 2000, 1000, 300, 60, 15, 64 },
	{ 4000, 2000, 600, 120, 30, 256 },
};

/*
 * Return the profile for a machine with @bytes of usable memory and @cpus CPUs.
 * @battery is not 0 if a battery powers the machine. Return RRING_MOBILE if the
 * machine has less than 2 GiB, or fewer than 2 CPUs, or a battery and less than
 * 8 GiB. Return RRING_SERVER if it has no battery, at least 16 GiB, and at
 * least 8 CPUs. Return RRING_DESKTOP in all other cases.
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
