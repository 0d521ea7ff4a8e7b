// SPDX-License-Identifier: MPL-2.0
/*
 * Find the limits of a process's memory cgroup, of version 1 or 2. PROC is the
 * directory of the process in proc(5). PROC/cgroup has the path of the
 * process's group in the tree of groups. PROC/mountinfo has the directory where
 * this tree is mounted, and the group that is the top of the mount. In a
 * container, the top need not be the root group.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"

/* Names of the files of a group: first for cgroup version 1, then version 2. */
static const struct version {
	const char *limit, *usage;
	/*
	 * Names of lines in memory.stat, which have the bytes of the group's
	 * page cache. The kernel frees cache before it kills a process.
	 */
	const char *idle, *active;
} versions[] = {
	{ "memory.limit_in_bytes", "memory.usage_in_bytes",
	  "total_inactive_file", "total_active_file" },
	{ "memory.max", "memory.current", "inactive_file", "active_file" },
};

struct group {
	const struct version *version;
	/* path of the group in the tree of groups, from PROC/cgroup */
	char path[PATH_MAX];
	/* directory of the group in the file system; empty if not found */
	char dir[2 * PATH_MAX];
	/* length of the mount point, with which .dir begins */
	size_t top;
};

/*
 * Open the file @dir/@name for reading, or return NULL. The path is built on
 * the heap, because it may be longer than 4 KiB, and no call of the library may
 * need more than 4 KiB of stack.
 */
static FILE *open_in(const char *dir, const char *name)
{
	size_t len = strlen(dir);
	char *path = malloc(len + strlen(name) + 2);
	FILE *file;

	if (!path)
		return NULL;
	memcpy(path, dir, len);
	path[len] = '/';
	strcpy(path + len + 1, name);
	file = fopen(path, "re");
	free(path);
	return file;
}

/* Return 1 if @list, words separated by commas, contains @word, else 0. */
static int has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (!strncmp(list, word, len) && strchr(",", list[len]))
			return 1;
	}
	return 0;
}

/* ---- where the group is ---- */

/*
 * End the string @line at its first character @c. Return the text after this
 * character, or NULL if @line is NULL or has no @c.
 */
static char *cut(char *line, int c)
{
	char *end = line ? strchr(line, c) : NULL;

	if (end)
		*end++ = 0;
	return end;
}

/*
 * Set .version and .path of @group from @line of PROC/cgroup, if the line is
 * that of the memory controller. A line has the form NUMBER:CONTROLLERS:PATH.
 * The memory controller's line of version 1 has the word `memory' in
 * CONTROLLERS. The line of version 2 has empty CONTROLLERS. If PROC/cgroup has
 * both, use version 1, because it manages the memory then. Ignore other lines.
 */
static void read_group_line(char *line, struct group *group)
{
	char *controllers = cut(line, ':');
	char *path = cut(controllers, ':');

	cut(path, '\n');
	if (!path || strlen(path) >= sizeof(group->path))
		return;
	if (has_word(controllers, "memory"))
		group->version = &versions[0];
	else if (!*controllers && !group->version)
		group->version = &versions[1];
	else
		return;
	strcpy(group->path, path);
}

/* Decode @text in place: mountinfo has \040 for a space, for example. */
static void unescape(char *text)
{
	char *to = text;

	while (*text)
		if (*text == '\\' && strspn(text + 1, "01234567") >= 3) {
			*to++ = (char)((text[1] - '0') * 64 +
				       (text[2] - '0') * 8 + text[3] - '0');
			text += 4;
		} else {
			*to++ = *text++;
		}
	*to = 0;
}

/*
 * Return the part of .path that follows @root, the path of the mounted group.
 * Return NULL if the group at .path is neither @root nor below @root.
 */
static const char *path_below(const struct group *group, const char *root)
{
	size_t len = strcmp(root, "/") ? strlen(root) : 0;

	if (strncmp(group->path, root, len) || !strchr("/", group->path[len]) ||
	    strstr(group->path, "/.."))
		return NULL;
	return group->path + len;
}

/*
 * If @line of PROC/mountinfo is for the tree of groups of .version, set .dir
 * and .top of @group. The line has the form ID PARENT DEVICE ROOT PLACE
 * OPTIONS... - TYPE SOURCE OPTIONS: the group ROOT is mounted at the directory
 * PLACE. If the process's group is neither ROOT nor below ROOT, set .dir to
 * PLACE, but only if no earlier line has set .dir.
 */
static void read_mount_line(char *line, struct group *group)
{
	char *words[5], *type, *options, *rest = line;
	const char *below;
	int i;

	for (i = 0; i < 5; i++) {
		words[i] = rest;
		rest = cut(rest, ' ');
		if (!rest)
			return;
	}
	rest = strstr(rest, "- ");
	if (!rest)
		return;
	type = rest + 2;
	options = cut(cut(type, ' '), ' ');
	cut(options, '\n');
	if (group->version == &versions[1] ? strcmp(type, "cgroup2") :
	    strcmp(type, "cgroup") || !has_word(options, "memory"))
		return;
	unescape(words[3]);
	unescape(words[4]);
	below = path_below(group, words[3]);
	/*
	 * The tree can be mounted more than once. Prefer a mount in which the
	 * process's group can be found.
	 */
	if (!below && group->dir[0])
		return;
	if (!below || !strcmp(below, "/"))
		below = "";
	if (strlen(words[4]) + strlen(below) >= sizeof(group->dir))
		return;
	group->top = strlen(words[4]);
	strcpy(group->dir, words[4]);
	strcpy(group->dir + group->top, below);
}

static void each_line(const char *proc, const char *name, struct group *group,
		      void (*read_line)(char *line, struct group *group))
{
	FILE *file = open_in(proc, name);
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return;
	while (getline(&line, &size, file) > 0)
		read_line(line, group);
	free(line);
	fclose(file);
}

/* ---- the numbers of a group ---- */

/*
 * Return the number with which the file @dir/@name begins. Return UINT64_MAX if
 * the file has `max' instead, or cannot be read.
 */
static uint64_t number_in(const char *dir, const char *name)
{
	FILE *file = open_in(dir, name);
	uint64_t n = UINT64_MAX;
	char text[32], *end;

	if (!file)
		return n;
	if (fgets(text, sizeof(text), file)) {
		n = strtoull(text, &end, 10);
		if (end == text)
			n = UINT64_MAX;
	}
	fclose(file);
	return n;
}

/*
 * Return the number behind @word in the first line of @dir/@name that begins
 * with @word. Return 0 if no line begins with @word, or the file does not
 * exist.
 */
static uint64_t number_after(const char *dir, const char *name,
			     const char *word)
{
	FILE *file = open_in(dir, name);
	uint64_t n = 0;
	char line[128];
	size_t len = strlen(word);

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, word, len) && strchr(" :", line[len])) {
			n = strtoull(line + len + 1, NULL, 10);
			break;
		}
	fclose(file);
	return n;
}

/*
 * Lower .limit of @sum to the limit of the group at .dir of @group, and .room
 * of @sum to the group's room, each only if the new value is lower. Page cache
 * of files counts as room. Do nothing if the group has no limit.
 */
static void look_at(const struct group *group, struct host_cgroup *sum)
{
	const struct version *version = group->version;
	uint64_t limit = number_in(group->dir, version->limit);
	uint64_t usage, cache, room;

	/* without a limit, the file has `max' or a number near INT64_MAX */
	if (limit >= INT64_MAX / 2)
		return;
	usage = number_in(group->dir, version->usage);
	if (usage == UINT64_MAX)
		usage = 0;
	cache = number_after(group->dir, "memory.stat", version->idle) +
		number_after(group->dir, "memory.stat", version->active);
	usage -= cache < usage ? cache : usage;
	room = usage < limit ? limit - usage : 0;
	if (limit < sum->limit)
		sum->limit = limit;
	if (room < sum->room)
		sum->room = room;
}

struct host_cgroup host_cgroup_look(const char *proc)
{
	struct host_cgroup sum = { UINT64_MAX, UINT64_MAX };
	struct group *group = calloc(1, sizeof(*group));
	char *slash;

	if (!group)
		return sum;
	each_line(proc, "cgroup", group, read_group_line);
	if (group->version)
		each_line(proc, "mountinfo", group, read_mount_line);
	while (group->dir[0]) {
		look_at(group, &sum);
		slash = strrchr(group->dir + group->top, '/');
		if (!slash)
			break;
		*slash = 0;
	}
	free(group);
	return sum;
}
