// SPDX-License-Identifier: MPL-2.0
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "proxy_process.h"

struct order {
	int (*run)(void *arg);
	void *arg;
};

static void die(const char *what)
{
	fprintf(stderr, "# the proxy %s\n", what);
	exit(1);
}

/* Execute orders until the parent closes its socket. */
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

void proxy_start(struct proxy *proxy)
{
	int end[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, end))
		die("has no socket");
	proxy->pid = spawn(obey, &end[1]);
	proxy->fd = end[0];
	close(end[1]);
}

void proxy_end(struct proxy *proxy)
{
	close(proxy->fd);
	slay(proxy->pid);
}

void proxy_begin(struct proxy *proxy, int (*run)(void *arg), void *arg)
{
	struct order order = { .run = run, .arg = arg };

	if (send(proxy->fd, &order, sizeof(order), MSG_NOSIGNAL) < 0)
		die("takes no orders");
}

int proxy_finish(struct proxy *proxy)
{
	int result;

	if (recv(proxy->fd, &result, sizeof(result), 0) != sizeof(result))
		die("has ended");
	return result;
}

int proxy_run(struct proxy *proxy, int (*run)(void *arg), void *arg)
{
	proxy_begin(proxy, run, arg);
	return proxy_finish(proxy);
}
