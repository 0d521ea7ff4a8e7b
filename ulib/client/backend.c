// SPDX-License-Identifier: MPL-2.0
/*
 * Which backend is used: the one that the caller names, else the one that
 * $RRING_BACKEND names, else the device if it exists, else the process backend.
 * If the device exists but cannot be opened, the call fails. The process
 * backend would not help then: its arenas are in this process, and the
 * processes that the program wants to share events with could not reach them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../thread.h"
#include "client.h"

static enum rring_backend from_environment(void)
{
	const char *name = secure_getenv("RRING_BACKEND");

	if (name && !strcmp(name, "device"))
		return RRING_BACKEND_DEVICE;
	if (name && !strcmp(name, "process"))
		return RRING_BACKEND_PROCESS;
	return RRING_BACKEND_AUTO;
}

/* 1: the device is there, whether it can be opened or not. */
static int device_is_there(void)
{
	int fd = ulib_device_open();

	/* ENXIO and ENODEV: the file exists, but its module is not loaded */
	if (fd < 0)
		return fd != -ENOENT && fd != -ENXIO && fd != -ENODEV;
	ulib_close(fd);
	return 1;
}

enum rring_backend rring_backend(void)
{
	enum rring_backend backend = from_environment();

	if (backend != RRING_BACKEND_AUTO)
		return backend;
	return device_is_there() ? RRING_BACKEND_DEVICE : RRING_BACKEND_PROCESS;
}

static void explain_device(int err)
{
	if (err == -EACCES)
		ulib_error(err, "this user may not open " RRING_DEVICE " for reading and writing; load the module with another dev_mode=, or have udev set a group");
	else if (err == -ENOENT)
		ulib_error(err, "there is no " RRING_DEVICE "; load the module (`modprobe rusted_ring'), or use the process backend");
	else
		ulib_error(err, "cannot open " RRING_DEVICE ": %s",
			   rring_strerror(err));
}

/*
 * Open @file on @backend; RRING_BACKEND_AUTO stands for what rring_backend()
 * returns. 0 or a negative errno.
 */
int ulib_file_open(struct ulib_file *file, enum rring_backend backend)
{
	int err;

	if (backend == RRING_BACKEND_AUTO)
		backend = rring_backend();
	file->fd = -1;
	file->host = NULL;
	file->calls = backend == RRING_BACKEND_DEVICE ? &ulib_backend_device :
							&ulib_backend_process;
	err = file->calls->open(file);
	if (err && backend == RRING_BACKEND_DEVICE)
		explain_device(err);
	return err;
}
