// SPDX-License-Identifier: MPL-2.0
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "user.h"

static void need(int err, const char *what)
{
	if (!err)
		return;
	perror(what);
	exit(99);
}

void become(uid_t uid, gid_t gid)
{
	need(setgroups(0, NULL), "# setgroups");
	need(setresgid(gid, gid, gid), "# setresgid");
	need(setresuid(uid, uid, uid), "# setresuid");
}

void drop_capability(int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	__u32 bit = 1u << capability % 32;

	need((int)syscall(SYS_capget, &header, data), "# capget");
	data[capability / 32].effective &= ~bit;
	data[capability / 32].permitted &= ~bit;
	need((int)syscall(SYS_capset, &header, data), "# capset");
}

struct task {
	uid_t uid;
	gid_t gid;
	int (*run)(void *arg);
	void *arg;
};

static int run_task(void *arg)
{
	const struct task *task = arg;

	become(task->uid, task->gid);
	return task->run(task->arg);
}

int run_as(uid_t uid, gid_t gid, int (*run)(void *arg), void *arg)
{
	struct task task = {
		.uid = uid,
		.gid = gid,
		.run = run,
		.arg = arg,
	};

	return reap(spawn(run_task, &task));
}
