// SPDX-License-Identifier: MPL-2.0
/* Which profile fits this machine. */
#include <dirent.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rusted_ring/profile.h>

#include "client.h"
#include "profile.h"

static uint64_t memory_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);
	long size = sysconf(_SC_PAGESIZE);

	return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

/* A mask of more CPUs than a cpu_set_t has is not worth its memory here. */
static uint32_t count_cpus(void)
{
	cpu_set_t cpus;
	long online;

	if (!sched_getaffinity(0, sizeof(cpus), &cpus))
		return (uint32_t)CPU_COUNT(&cpus);
	online = sysconf(_SC_NPROCESSORS_ONLN);
	return online > 0 ? (uint32_t)online : 1;
}

/* Does @dir/@supply/@attribute say @word? */
static int says(const char *dir, const char *supply, const char *attribute,
		const char *word)
{
	char path[PATH_MAX / 4], text[32] = "";
	FILE *file;
	int n;

	n = snprintf(path, sizeof(path), "%s/%s/%s", dir, supply, attribute);
	if (n < 0 || (size_t)n >= sizeof(path))
		return 0;
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = 0;
	fclose(file);
	text[strcspn(text, "\n")] = 0;
	return !strcmp(text, word);
}

/* A mouse may have a battery, too: its scope is a device. */
int rring_battery_in(const char *dir)
{
	DIR *supplies = opendir(dir);
	struct dirent *supply;
	int found = 0;

	if (!supplies)
		return 0;
	while (!found && (supply = readdir(supplies)))
		found = says(dir, supply->d_name, "type", "Battery") &&
			!says(dir, supply->d_name, "scope", "Device");
	closedir(supplies);
	return found;
}

enum rring_profile rring_detect_profile(void)
{
	return (enum rring_profile)
		rring_profile_detect(memory_bytes(), count_cpus(),
				     rring_battery_in(RRING_POWER_SUPPLIES));
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
