// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "module.h"
#include "stream.h"

#define MODULE		"rusted_ring"
#define PARAMETERS	"/sys/module/" MODULE "/parameters/"

static const char *module_file(void)
{
	const char *file = getenv("RRING_MODULE");

	return file ? file : "/" MODULE ".ko";
}

int module_load_file(const char *file, const char *parameters)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, parameters, 0))
		err = -errno;
	close(fd);
	return err;
}

int module_load(const char *parameters)
{
	return module_load_file(module_file(), parameters);
}

int module_unload_name(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

int module_unload(void)
{
	return module_unload_name(MODULE);
}

int module_unload_soon(void)
{
	uint64_t deadline = SOON();
	int err;

	while ((err = module_unload()) == -EAGAIN && rring_deadline(0) < deadline)
		usleep(1000);
	return err;
}

int module_is_loaded(void)
{
	return !access("/sys/module/" MODULE "/initstate", F_OK);
}

/* Append " NAME=VALUE" to @to, unless the parameter is empty. */
static void append_parameter(char *to, size_t size, const char *name)
{
	char path[128], value[128] = "";
	size_t len = strlen(to);
	FILE *file;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	file = fopen(path, "r");
	if (!file)
		return;
	if (fgets(value, sizeof(value), file)) {
		value[strcspn(value, "\n")] = 0;
		if (value[0])
			snprintf(to + len, size - len, " %s=%s", name, value);
	}
	fclose(file);
}

void module_parameters(char *to, size_t size)
{
	static const char *const names[] = {
		"profile", "capacity", "quota", "default_mode",
		"default_gid", "dev_mode", "max_bytes", "barrier_rate",
		"user_arenas", "user_listeners", "user_places",
	};
	size_t i;

	to[0] = 0;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		append_parameter(to, size, names[i]);
}

void module_set(const char *parameter, const char *value)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), PARAMETERS "%s", parameter);
	file = fopen(path, "w");
	MUST(file && fputs(value, file) > 0);
	MUST(!fclose(file));
}
