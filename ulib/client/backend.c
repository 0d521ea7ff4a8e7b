// SPDX-License-Identifier: MPL-2.0
/*
 * Choose the backend. The library uses the backend that the caller names. If
 * the caller names none, the environment variable RRING_BACKEND names it:
 * "device" or "process". If the variable has no such value, the library uses
 * the device if it exists, and otherwise the process backend. If the device
 * exists but cannot be opened, the caller gets an error. The process backend
 * would be no replacement, because other processes cannot attach to its arenas.
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

/* Return 1 if the device exists, even if it cannot be opened; else 0. */
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
 * Open @file on @backend. If @backend is RRING_BACKEND_AUTO, open it on the
 * backend that rring_backend() returns. Return 0 or a negative errno. If the
 * device cannot be opened, store an error detail.
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
