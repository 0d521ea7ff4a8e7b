/* SPDX-License-Identifier: MPL-2.0 */
/* Processes that run as other users. */
#ifndef SELFTESTS_USER_H
#define SELFTESTS_USER_H

#include <sys/types.h>

#define NOBODY		65534
#define STRANGER	1234

/* Set all three ids, and drop all supplementary groups, or exit. */
void become(uid_t uid, gid_t gid);

/* Drop one effective and permitted capability, or exit. */
void drop_capability(int capability);

/*
 * Fork a child that becomes @uid and @gid and calls @run. Return its exit
 * status, or 128 + the signal that killed it.
 */
int run_as(uid_t uid, gid_t gid, int (*run)(void *arg), void *arg);

#endif /* SELFTESTS_USER_H */
