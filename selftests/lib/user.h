/* SPDX-License-Identifier: MPL-2.0 */
/* Processes of other users. */
#ifndef SELFTESTS_USER_H
#define SELFTESTS_USER_H

#include <sys/types.h>

#define NOBODY		65534
#define STRANGER	1234

/* All three ids, and no supplementary group; exits on failure. */
void become(uid_t uid, gid_t gid);

/* Give up one capability, effective and permitted; exits on failure. */
void drop_capability(int capability);

/*
 * The exit status of a child that becomes @uid and @gid and runs @run, or 128
 * + the signal that ended it.
 */
int run_as(uid_t uid, gid_t gid, int (*run)(void *arg), void *arg);

#endif /* SELFTESTS_USER_H */
