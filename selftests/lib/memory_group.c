// SPDX-License-Identifier: MPL-2.0
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream.h"
#include "file.h"
#include "memory_group.h"

#define ROOT "/sys/fs/cgroup"

void memory_group_make(void)
{
	mkdir(ROOT, 0755);
	if (access(ROOT "/cgroup.procs", F_OK))
		MUST(!mount("cgroup2", ROOT, "cgroup2", 0, NULL));
	MUST(!file_write(ROOT "/cgroup.subtree_control", "+memory"));
	MUST(!mkdir(MEMORY_GROUP, 0755));
}

void memory_group_limit(const char *bytes)
{
	MUST(!file_write(MEMORY_GROUP "/memory.max", bytes));
}

void memory_group_slow_above(const char *bytes)
{
	MUST(!file_write(MEMORY_GROUP "/memory.high", bytes));
}

void memory_group_join(void)
{
	MUST(!file_write(MEMORY_GROUP "/cgroup.procs", "0"));
}

long memory_group_in_use(void)
{
	return file_number(MEMORY_GROUP "/memory.current");
}

int memory_group_remove(void)
{
	return rmdir(MEMORY_GROUP);
}
