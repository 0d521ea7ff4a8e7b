/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Backends: how the library reaches the code of kmod/, which manages arenas.
 * The device backend makes system calls on /dev/rusted_ring; the code runs in
 * the kernel. The process backend calls that code directly: it is compiled into
 * this library too.
 */
#ifndef ULIB_BACKEND_H
#define ULIB_BACKEND_H

#include <stddef.h>
#include <stdint.h>

struct ulib_backend_calls;

/*
 * An open file of the device or, on the process backend, the object that stands
 * for one. At most one client attaches through it.
 */
struct ulib_file {
	const struct ulib_backend_calls *calls;
	int fd;		/* device backend: descriptor of the file; else -1 */
	void *host;	/* process backend: its kring_client; else NULL */
};

/*
 * The operations of a backend. Those that return int return a negative errno on
 * failure.
 */
struct ulib_backend_calls {
	int in_process;
	int (*open)(struct ulib_file *file);
	void (*close)(struct ulib_file *file);
	/*
	 * In a child of fork(): close the child's copies of the descriptors of
	 * @file. The parent goes on using its own copies.
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
	 * return the client's one descriptor for poll(2); the caller holds
	 * own->lock
	 */
	int (*poll_fd)(struct ulib_file *file);
	/*
	 * Re-arm the poll descriptor, so that it reports what comes next. @mask
	 * POLLIN or POLLOUT: the caller has just looked for an event or for
	 * room, and found none. 0: the client has just got, or closed, a reader
	 * or a writer.
	 */
	void (*poll_again)(struct ulib_file *file, uint32_t mask);
	/*
	 * Raise @waiters of ring @ring, so that the next event or room there
	 * makes the poll descriptor ready again (an edge). NULL: not needed, as
	 * each poll(2) raises the flags.
	 */
	void (*poll_next)(struct ulib_file *file, uint32_t ring,
			  uint32_t waiters);
};

extern const struct ulib_backend_calls ulib_backend_device;
extern const struct ulib_backend_calls ulib_backend_process;

/* Open /dev/rusted_ring. Return the descriptor, or a negative errno. */
int ulib_device_open(void);

/* 1: @fd is the descriptor of an arena of the process backend; else 0. */
int ulib_backend_process_has(int fd);

#endif /* ULIB_BACKEND_H */
