/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How the library reaches the kernel's side of an arena: through the device, or
 * by calling the same objects, compiled into this library, in this process.
 */
#ifndef ULIB_BACKEND_H
#define ULIB_BACKEND_H

#include <stddef.h>
#include <stdint.h>

struct rring_backend_calls;

/* What an open file of the device is; one client at most. */
struct rring_file {
	const struct rring_backend_calls *calls;
	int fd;			/* of the device, else -1 */
	void *host;		/* in this process, else NULL */
};

/* Errors are negative errno. */
struct rring_backend_calls {
	int in_process;
	int (*open)(struct rring_file *file);
	void (*close)(struct rring_file *file);
	int (*call)(struct rring_file *file, unsigned long request, void *args);
	/* of a region, see RRING_OFF(); NULL, and *@err set, if it fails */
	void *(*map)(struct rring_file *file, uint64_t offset, size_t size,
		     int writable, int *err);
	void (*unmap)(struct rring_file *file, void *addr, size_t size);
	int (*poll_fd)(struct rring_file *file);
	/*
	 * A look for @mask, of POLLIN and POLLOUT, found nothing; 0: there is
	 * more to look at than before. The descriptor is to say what comes.
	 */
	void (*poll_again)(struct rring_file *file, uint32_t mask);
};

extern const struct rring_backend_calls rring_backend_device;
extern const struct rring_backend_calls rring_backend_process;

/* Is @fd the descriptor of an arena of this process? */
int rring_backend_process_has(int fd);

#endif /* ULIB_BACKEND_H */
