// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <rusted_ring/internal/layout.h>

#include "device.h"

int device_open(void)
{
	int fd = open(RRING_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		perror("# " RRING_DEVICE);
		exit(1);
	}
	return fd;
}

int device_call(int fd, unsigned long request, void *args)
{
	int ret = ioctl(fd, request, args);

	return ret < 0 ? -errno : ret;
}

int device_attach(int fd, int arena_fd, enum rring_role role,
		  struct rring_attach *args)
{
	*args = (struct rring_attach) {
		.size = sizeof(*args),
		.role = role,
		.arena_fd = arena_fd,
	};
	return device_call(fd, RRING_IOC_ATTACH, args);
}

void *device_map(int fd, enum rring_region_type region, uint32_t index,
		 size_t size, int prot)
{
	return mmap(NULL, size, prot, MAP_SHARED, fd,
		    (off_t)RRING_OFF(region, index));
}

/* The ledger begins with struct rring_tails; the words of pool 0 follow. */
void *ledger_of(const struct rring_client *client)
{
	return (char *)client->pool[0].ledger - sizeof(struct rring_tails);
}

size_t ledger_size(const struct rring_client *client)
{
	return client->arena->ledger_size;
}
