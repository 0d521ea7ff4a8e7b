/* SPDX-License-Identifier: MPL-2.0 */
/* A memory cgroup of the test. Each call exits if it fails, but the last one. */
#ifndef SELFTESTS_MEMORY_GROUP_H
#define SELFTESTS_MEMORY_GROUP_H

#define MEMORY_GROUP "/sys/fs/cgroup/rusted_ring"

void memory_group_make(void);
void memory_group_limit(const char *bytes);	/* as "32M" */
void memory_group_slow_above(const char *bytes); /* who allocates sleeps then */
void memory_group_join(void);			/* this process */
long memory_group_in_use(void);			/* bytes */

/* Remove the group, which has no processes any more. Return 0 or -1. */
int memory_group_remove(void);

#endif /* SELFTESTS_MEMORY_GROUP_H */
