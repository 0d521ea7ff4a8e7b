// SPDX-License-Identifier: MPL-2.0
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "../thread.h"
#include "battery.h"

/*
 * Return 1 if the first line of the file @dir/@supply/@attribute is @word; else
 * 0, also if the file cannot be read.
 */
static int attribute_is(const char *dir, const char *supply,
			const char *attribute, const char *word)
{
	char path[1024], text[32] = "";
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

/*
 * Return 1 if @dir lists a battery that powers the machine, else 0. A battery
 * whose scope is "Device" is in a peripheral, such as a mouse, and does not
 * count.
 */
static int find_battery(const char *dir)
{
	DIR *supplies = opendir(dir);
	struct dirent *supply;
	int found = 0;

	if (!supplies)
		return 0;
	while (!found && (supply = readdir(supplies)))
		found = attribute_is(dir, supply->d_name, "type", "Battery") &&
			!attribute_is(dir, supply->d_name, "scope", "Device");
	closedir(supplies);
	return found;
}

int ulib_battery_in(const char *dir)
{
	int state = ulib_cancel_hold();
	int found = find_battery(dir);

	ulib_cancel_release(state);
	return found;
}
