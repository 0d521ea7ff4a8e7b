/* SPDX-License-Identifier: MPL-2.0 */
/* The device without the library: what a hostile program would do. */
#ifndef SELFTESTS_DEVICE_H
#define SELFTESTS_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include <rusted_ring.h>

/* A file of the device that is no client yet; exits on failure. */
int device_open(void);

/* ioctl(2) that returns a negative errno. */
int device_call(int fd, unsigned long request, void *args);

/* Make @fd a client without mapping anything. */
int device_attach(int fd, int arena_fd, enum rring_role role,
		  struct rring_attach *args);

/* mmap(2) of a region, shared; MAP_FAILED and errno. */
void *device_map(int fd, enum rring_region_type region, uint32_t index,
		 size_t size, int prot);

/* Where the library has mapped the ledger of @client, and how large it is. */
void *ledger_of(const struct rring_client *client);
size_t ledger_size(const struct rring_client *client);

#endif /* SELFTESTS_DEVICE_H */
