/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A backend is the way in which the library calls the code of kmod/core, which
 * manages arenas. The device backend makes system calls on /dev/rusted_ring,
 * and the code runs in the kernel. The process backend calls functions: the
 * code of kmod/core is compiled into this library, too.
 */
#ifndef ULIB_BACKEND_H
#define ULIB_BACKEND_H

#include <stddef.h>
#include <stdint.h>

struct ulib_backend_calls;

/*
 * An open file of the device. On the process backend, an object that takes the
 * place of such a file. At most one client attaches through each file.
 */
struct ulib_file {
	const struct ulib_backend_calls *calls;
	int fd;		/* device backend: descriptor of the file; else -1 */
	void *host;	/* process backend: struct kring_client; else NULL */
};

/*
 * The operations of a backend. An operation that returns an int returns a
 * negative errno if it fails.
 */
struct ulib_backend_calls {
	int in_process;
	int (*open)(struct ulib_file *file);
	void (*close)(struct ulib_file *file);
	/*
	 * Close the descriptors of @file in a child of fork(), for an inherited
	 * client. The parent's copies of these descriptors stay open.
	 */
	void (*abandon)(struct ulib_file *file);
	int (*call)(struct ulib_file *file, unsigned long request, void *args);
	/*
	 * Like .call, but pthread_cancel(3) may end the thread during this
	 * call. So the caller must hold no lock.
	 */
	int (*wait)(struct ulib_file *file, unsigned long request, void *args);
	/*
	 * Map all @size bytes of the region that @offset names (see
	 * RRING_OFF()). Return the address. On failure return NULL and store a
	 * negative errno in *@err; a success leaves *@err as it is.
	 */
	void *(*map)(struct ulib_file *file, uint64_t offset, size_t size,
		     int writable, int *err);
	void (*unmap)(struct ulib_file *file, void *addr, size_t size);
	/*
	 * Return the descriptor that the program passes to poll(2), the same
	 * one at each call for a client; or a negative errno. The caller holds
	 * .lock of struct rring_client_private.
	 */
	int (*poll_fd)(struct ulib_file *file);
	/*
	 * Make the poll descriptor report what is ready now and what gets ready
	 * next. @mask is POLLIN if the caller has just looked for an event and
	 * found none, POLLOUT if it has looked for room and found none, and 0
	 * if the client has just opened or closed a reader or a writer.
	 */
	void (*poll_again)(struct ulib_file *file, uint32_t mask);
	/*
	 * Set the bits @waiters (RRING_READERS_WAIT, RRING_WRITER_WAITS) in the
	 * waiters flag of ring @ring. The next event or the next room in this
	 * ring then makes the poll descriptor ready anew, which an
	 * edge-triggered poll reports. The pointer is NULL in the device
	 * backend, where each poll(2) sets these bits.
	 */
	void (*poll_next)(struct ulib_file *file, uint32_t ring,
			  uint32_t waiters);
};

extern const struct ulib_backend_calls ulib_backend_device;
extern const struct ulib_backend_calls ulib_backend_process;

/* Open /dev/rusted_ring. Return the descriptor, or a negative errno. */
int ulib_device_open(void);

/* Return 1 if @fd is the descriptor of an arena of this process, else 0. */
int ulib_backend_process_has(int fd);

#endif /* ULIB_BACKEND_H */
