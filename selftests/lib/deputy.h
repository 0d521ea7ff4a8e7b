/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A child process that does things in place of this one, whose own heap,
 * mappings and files so stay as they are, for children to inherit.
 */
#ifndef SELFTESTS_DEPUTY_H
#define SELFTESTS_DEPUTY_H

#include <sys/types.h>

struct deputy {
	pid_t pid;
	int fd;			/* orders go out there, results come in */
};

/*
 * It has memory as it is now, and later sees only changes of what is shared. It
 * does not outlive its parent. Exits on failure.
 */
void deputy_start(struct deputy *deputy);
void deputy_end(struct deputy *deputy);

/* What @run returns, which it runs. Exits if it has ended instead. */
int deputy_run(struct deputy *deputy, int (*run)(void *arg), void *arg);

/* The same in two steps: it runs meanwhile. */
void deputy_begin(struct deputy *deputy, int (*run)(void *arg), void *arg);
int deputy_finish(struct deputy *deputy);

#endif /* SELFTESTS_DEPUTY_H */
