// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "write_protection.h"

/* Headers before Linux 6.7 do not have it. */
#define FEATURE_WP_ASYNC	(1ull << 15)

static int protect(int fd, struct uffdio_range range)
{
	struct uffdio_register all = {
		.range = range,
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect protection = {
		.range = range,
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	if (ioctl(fd, UFFDIO_REGISTER, &all) ||
	    ioctl(fd, UFFDIO_WRITEPROTECT, &protection))
		return -errno;
	return 0;
}

int write_protect(void *addr, size_t size)
{
	struct uffdio_range range = { .start = (uintptr_t)addr, .len = size };
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = FEATURE_WP_ASYNC,
	};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	int err = -ENOSYS;

	if (fd < 0)
		return err;
	if (!ioctl(fd, UFFDIO_API, &api))
		err = protect(fd, range);
	if (!err)
		return fd;
	close(fd);
	return err;
}
