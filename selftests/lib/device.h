/* SPDX-License-Identifier: MPL-2.0 */
/* Direct access to the device, without the library, like a hostile program. */
#ifndef SELFTESTS_DEVICE_H
#define SELFTESTS_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include <rusted_ring.h>

/* Open the device without attaching. Return the fd, or exit. */
int device_open(void);

/* ioctl(2). Return its result, or a negative errno. */
int device_call(int fd, unsigned long request, void *args);

/*
 * Attach @fd to an arena without mapping anything. The kernel's answer is left
 * in @args. Return 0 or a negative errno.
 */
int device_attach(int fd, int arena_fd, enum rring_role role,
		  struct rring_attach *args);

/* Map a region with MAP_SHARED. Return the address, or MAP_FAILED and errno. */
void *device_map(int fd, enum rring_region_type region, uint32_t index,
		 size_t size, int prot);

/* Address and size in bytes of the ledger that the library has mapped. */
void *ledger_of(const struct rring_client *client);
size_t ledger_size(const struct rring_client *client);

#endif /* SELFTESTS_DEVICE_H */
