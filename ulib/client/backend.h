/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Backends: how the library reaches the kernel's side of an arena. The device
 * backend makes system calls on /dev/rusted_ring. The process backend calls
 * the objects of kmod/, which are compiled into this library.
 */
#ifndef ULIB_BACKEND_H
#define ULIB_BACKEND_H

#include <stddef.h>
#include <stdint.h>

struct ulib_backend_calls;

/*
 * An open file of the device, or what stands for it in this process. At most
 * one client attaches through it.
 */
struct ulib_file {
	const struct ulib_backend_calls *calls;
	int fd;			/* device: its descriptor; else -1 */
	void *host;		/* process: the client of kmod/; else NULL */
};

/* Operations of a backend. Errors are negative errno. */
struct ulib_backend_calls {
	int in_process;
	int (*open)(struct ulib_file *file);
	void (*close)(struct ulib_file *file);
	/* close the descriptors of @file, which a parent goes on using */
	void (*abandon)(struct ulib_file *file);
	int (*call)(struct ulib_file *file, unsigned long request, void *args);
	/*
	 * Like .call, but pthread_cancel(3) ends a thread that sleeps in it.
	 * The caller has no lock.
	 */
	int (*wait)(struct ulib_file *file, unsigned long request, void *args);
	/*
	 * Map all @size bytes of the region that @offset names, see
	 * RRING_OFF(). NULL: it failed, and *@err says why; *@err does not
	 * change otherwise.
	 */
	void *(*map)(struct ulib_file *file, uint64_t offset, size_t size,
		     int writable, int *err);
	void (*unmap)(struct ulib_file *file, void *addr, size_t size);
	/* returns the one descriptor for poll(2); the caller holds own->lock */
	int (*poll_fd)(struct ulib_file *file);
	/*
	 * Make the poll descriptor report the next event, too. The caller has
	 * looked for what @mask says (POLLIN or POLLOUT) and found nothing; or
	 * @mask is 0, and the client has a new reader or writer, or one less.
	 */
	void (*poll_again)(struct ulib_file *file, uint32_t mask);
	/*
	 * Raise @waiters of ring @ring, so that what comes next there is an
	 * edge of the poll descriptor. NULL: each poll(2) does so.
	 */
	void (*poll_next)(struct ulib_file *file, uint32_t ring,
			  uint32_t waiters);
};

extern const struct ulib_backend_calls ulib_backend_device;
extern const struct ulib_backend_calls ulib_backend_process;

/* Open the device: a descriptor, or a negative errno. */
int ulib_device_open(void);

/* Is @fd the descriptor of an arena of this process? */
int ulib_backend_process_has(int fd);

#endif /* ULIB_BACKEND_H */
