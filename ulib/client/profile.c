// SPDX-License-Identifier: MPL-2.0
/* A profile is a set of pool capacities that suits one kind of machine. */
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include <rusted_ring/internal/profile.h>

#include "battery.h"
#include "client.h"

static uint64_t memory_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	long size = sysconf(_SC_PAGESIZE);

	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

/*
 * Return the number of CPUs that this thread may run on. If the kernel's mask
 * of CPUs does not fit a cpu_set_t, return the number of CPUs that are online.
 */
static uint32_t count_cpus(void)
{
	cpu_set_t cpus;
	long online;

	if (!sched_getaffinity(0, sizeof(cpus), &cpus))
		return (uint32_t)CPU_COUNT(&cpus);
	online = sysconf(_SC_NPROCESSORS_ONLN);
	return online > 0 ? (uint32_t)online : 1;
}

enum rring_profile rring_detect_profile(void)
{
	return (enum rring_profile)
		rring_profile_detect(memory_bytes(), count_cpus(),
				     ulib_battery_in(ULIB_POWER_SUPPLIES));
}

int rring_arena_profile(struct rring_arena_config *config,
			enum rring_profile profile)
{
	memset(config, 0, sizeof(*config));
	config->mode = 0700;
	config->uid = ~0u;
	config->gid = ~0u;
	return rring_profile(profile, config->capacity);
}
