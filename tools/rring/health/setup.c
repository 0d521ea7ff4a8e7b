// SPDX-License-Identifier: MPL-2.0
/* rring doctor: checks the machine: kernel, module, device, limits. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "file.h"
#include "finding.h"
#include "signature.h"

#define MODULE		"/sys/module/rusted_ring"
#define PARAMETERS	MODULE "/parameters/"

static void check_kernel(struct findings *findings)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2 || major < 6 || (major == 6 && minor < 1))
		finding_bad(findings, "kernel",
			    "boot Linux 6.1 or a newer one", "Linux %s",
			    name.release);
	else if (sizeof(long) != 8)
		finding_bad(findings, "kernel", "use a 64-bit system",
			    "Linux %s, 32-bit", name.release);
	else
		finding_ok(findings, "kernel", "Linux %s, %s", name.release,
			   name.machine);
}

/* Returns how to load the module, or why that may be impossible. */
static const char *loading_advice(void)
{
	char line[128];

	if (file_line("/proc/sys/kernel/modules_disabled", line,
		      sizeof(line)) && *line == '1')
		return "kernel.modules_disabled is 1: modules can be loaded after the next boot alone";
	if (signature_is_wanted())
		return "see to its signature, then `modprobe rusted_ring'";
	return "load it: `modprobe rusted_ring', after `make install-module'";
}

static bool check_module(struct findings *findings)
{
	if (access(MODULE, F_OK)) {
		finding_bad(findings, "module", loading_advice(),
			    "rusted_ring is not loaded");
		return false;
	}
	finding_ok(findings, "module", "rusted_ring is loaded");
	return true;
}

static bool check_device(struct findings *findings)
{
	struct stat stat_;

	if (stat(RRING_DEVICE, &stat_)) {
		finding_bad(findings, "device",
			    "is /dev a devtmpfs, or udev running? /sys/class/misc/rusted_ring/dev has the numbers for mknod",
			    RRING_DEVICE ": %s", strerror(errno));
		return false;
	}
	if (!S_ISCHR(stat_.st_mode)) {
		finding_bad(findings, "device",
			    "remove it, and load the module again",
			    RRING_DEVICE " is no device");
		return false;
	}
	if (access(RRING_DEVICE, R_OK | W_OK)) {
		finding_bad(findings, "device",
			    "become a member of its group (`ls -l' shows it; rring, as installed), or load the module with another dev_mode=",
			    RRING_DEVICE " has mode %04o, which does not let you read and write",
			    stat_.st_mode & 0777);
		return false;
	}
	finding_ok(findings, "device", RRING_DEVICE " has mode %04o",
		   stat_.st_mode & 0777);
	return true;
}

static const char *attach_advice(int err)
{
	switch (err) {
	case -EPROTO:
		return "install module and library of one version";
	case -EACCES:
		return "`rring arena set' opens it to a group, as packaging/system/default.conf does; or use an arena of your own (`rring arena create')";
	case -ENOSPC:
		return "all places for clients are taken, or max_bytes= is reached: `rring client' shows by whom";
	case -EDQUOT:
		return "your user has all clients there that user_places= permits: close some";
	case -ENOENT:
		return "it is in the first network namespace alone: create one here (`rring arena create')";
	default:
		return "`dmesg' may say more";
	}
}

/* Attach a client, and close it. */
static void check_abi(struct findings *findings)
{
	struct rring_client *client;
	int err = rring_open(&client, "default", RRING_OBSERVER,
			     RRING_ON_DEVICE);

	if (err == -EPROTO) {
		finding_bad(findings, "abi", attach_advice(err), "%s",
			    rring_error_detail(err));
		return;
	}
	if (err) {
		finding_warn(findings, "abi", attach_advice(err),
			     "cannot attach to the arena `default': %s",
			     rring_error_detail(err));
		return;
	}
	finding_ok(findings, "abi", "version %u, and you may attach to `default'",
		   client->arena->abi_version);
	rring_close(client);
}

static void check_max_bytes(struct findings *findings)
{
	struct sysinfo info;
	char line[64], used[64];
	uint64_t most, memory;

	if (!file_line(PARAMETERS "max_bytes", line, sizeof(line)) ||
	    !file_line(PARAMETERS "used_bytes", used, sizeof(used)) ||
	    sysinfo(&info))
		return;
	most = strtoull(line, NULL, 10);
	memory = (uint64_t)info.totalram * info.mem_unit;
	if (most > memory / 2)
		finding_warn(findings, "memory",
			     "load the module with a smaller max_bytes=",
			     "arenas take %s bytes, and may take %" PRIu64 " of %" PRIu64,
			     used, most, memory);
	else
		finding_ok(findings, "memory",
			   "arenas take %s bytes, and may take %" PRIu64 " of %" PRIu64,
			   used, most ? most : memory / 4, memory);
}

/* Limits of each user without CAP_SYS_ADMIN. */
static void check_user(struct findings *findings)
{
	char places[64], arenas[64], listeners[64];

	if (file_line(PARAMETERS "user_places", places, sizeof(places)) &&
	    file_line(PARAMETERS "user_arenas", arenas, sizeof(arenas)) &&
	    file_line(PARAMETERS "user_listeners", listeners,
		      sizeof(listeners)))
		finding_ok(findings, "user",
			   "a user may create %s arenas, take %s percent of the free places of another's, and have %s sockets that watch",
			   arenas, places, listeners);
}

/* How often a client may interrupt the CPUs of its peers. */
static void check_rate(struct findings *findings)
{
	char rate[64];

	if (!file_line(PARAMETERS "barrier_rate", rate, sizeof(rate)))
		return;
	if (strcmp(rate, "0"))
		finding_ok(findings, "rate",
			   "a client may interrupt the CPUs of its peers %s times a second",
			   rate);
	else
		finding_warn(findings, "rate", "barrier_rate=1000 of the module",
			     "a client may interrupt the CPUs of its peers without a limit");
}

/* Returns the own cgroup (version 2), in @line, or NULL. */
static const char *own_cgroup(char *line, size_t size)
{
	if (!file_line("/proc/self/cgroup", line, size) ||
	    strncmp(line, "0::", 3))
		return NULL;
	return line + 3;
}

/* Returns the memory limit of @group; 0: none. */
static uint64_t cgroup_limit(const char *group)
{
	uint64_t most = 0;
	char line[64];
	char *path;

	if (!group || asprintf(&path, "/sys/fs/cgroup%s/memory.max", group) < 0)
		return 0;
	if (file_line(path, line, sizeof(line)))
		most = strtoull(line, NULL, 10);	/* "max" gives 0 */
	free(path);
	return most;
}

static uint64_t profile_bytes(void)
{
	uint32_t capacity[RRING_POOLS];
	uint64_t bytes = 0;
	int i;

	rring_profile(rring_detect_profile(), capacity);
	for (i = 0; i < RRING_XXL; i++)
		bytes += (uint64_t)capacity[i] << rring_slot_shift(i);
	return bytes;
}

static void check_cgroup(struct findings *findings)
{
	char line[4096];
	const char *group = own_cgroup(line, sizeof(line));
	uint64_t most = cgroup_limit(group);
	uint64_t wanted = profile_bytes();

	if (!most)
		finding_ok(findings, "memory",
			   "your memory cgroup has no limit");
	else if (most < wanted)
		finding_warn(findings, "memory",
			     "raise memory.max, or create arenas with --profile=mobile or --capacity",
			     "the cgroup %s may take %" PRIu64 " bytes, but an arena for this machine has %" PRIu64,
			     group, most, wanted);
	else
		finding_ok(findings, "memory",
			   "the cgroup %s may take %" PRIu64 " bytes", group,
			   most);
}

/* Check which backend the library chooses if a program does not choose. */
static void check_backend(struct findings *findings)
{
	const char *told = getenv("RRING_BACKEND");

	if (rring_backend() == RRING_BACKEND_DEVICE)
		finding_ok(findings, "backend",
			   "programs share arenas of the device");
	else if (told && *told)
		finding_warn(findings, "backend",
			     "unset RRING_BACKEND, or set it to `device'",
			     "RRING_BACKEND=%s: each program has arenas of its own",
			     told);
	else
		finding_warn(findings, "backend",
			     "see to the device first",
			     "without the device, each program falls back to arenas of its own");
}

void setup_check(struct findings *findings)
{
	check_kernel(findings);
	signature_check(findings, !access(MODULE, F_OK));
	if (check_module(findings) && check_device(findings)) {
		check_abi(findings);
		check_max_bytes(findings);
		check_user(findings);
		check_rate(findings);
	}
	check_cgroup(findings);
	check_backend(findings);
}
