// SPDX-License-Identifier: MPL-2.0
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "deputy.h"

struct order {
	int (*run)(void *arg);
	void *arg;
};

static void die(const char *what)
{
	fprintf(stderr, "# the deputy %s\n", what);
	exit(1);
}

/* Until nobody gives orders any more. */
static int obey(void *arg)
{
	int fd = *(int *)arg;
	struct order order;
	int result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (recv(fd, &order, sizeof(order), 0) == sizeof(order)) {
		result = order.run(order.arg);
		fflush(NULL);
		if (send(fd, &result, sizeof(result), MSG_NOSIGNAL) < 0)
			return 1;
	}
	return 0;
}

void deputy_start(struct deputy *deputy)
{
	int end[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, end))
		die("has no socket");
	deputy->pid = spawn(obey, &end[1]);
	deputy->fd = end[0];
	close(end[1]);
}

void deputy_end(struct deputy *deputy)
{
	close(deputy->fd);
	slay(deputy->pid);
}

void deputy_begin(struct deputy *deputy, int (*run)(void *arg), void *arg)
{
	struct order order = { .run = run, .arg = arg };

	if (send(deputy->fd, &order, sizeof(order), MSG_NOSIGNAL) < 0)
		die("takes no orders");
}

int deputy_finish(struct deputy *deputy)
{
	int result;

	if (recv(deputy->fd, &result, sizeof(result), 0) != sizeof(result))
		die("has ended");
	return result;
}

int deputy_run(struct deputy *deputy, int (*run)(void *arg), void *arg)
{
	deputy_begin(deputy, run, arg);
	return deputy_finish(deputy);
}
