// SPDX-License-Identifier: MPL-2.0
/* The device backend: system calls on /dev/rusted_ring. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "../thread.h"
#include "client.h"

int ulib_device_open(void)
{
	int state = ulib_cancel_hold();
	int fd = open(RRING_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fd = -errno;
	ulib_cancel_release(state);
	return fd;
}

static int device_open(struct ulib_file *file)
{
	file->fd = ulib_device_open();
	return file->fd < 0 ? file->fd : 0;
}

static void device_close(struct ulib_file *file)
{
	ulib_close(file->fd);
}

static int device_call(struct ulib_file *file, unsigned long request,
		       void *args)
{
	int ret = ioctl(file->fd, request, args);

	return ret < 0 ? -errno : ret;
}

/*
 * Make an ioctl(2) during which pthread_cancel(3) may end the thread. ioctl(2)
 * is no cancellation point, so permit cancellation at each instruction between
 * the two calls of pthread_setcanceltype(). This function owns nothing that
 * would leak. The kernel may have carried out the request before the thread
 * ends. If the request must then be undone, a cleanup handler of the caller
 * does it.
 */
static int device_wait(struct ulib_file *file, unsigned long request,
		       void *args)
{
	int type, ret;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	ret = device_call(file, request, args);
	pthread_setcanceltype(type, &type);
	return ret;
}

static void *device_map(struct ulib_file *file, uint64_t offset, size_t size,
			int writable, int *err)
{
	int prot = writable ? PROT_READ | PROT_WRITE : PROT_READ;
	void *addr = mmap(NULL, size, prot, MAP_SHARED, file->fd,
			  (off_t)offset);

	if (addr != MAP_FAILED)
		return addr;
	/*
	 * Under mlockall(2), mmap() fails with EAGAIN if the memory exceeds
	 * RLIMIT_MEMLOCK. Return -ENOMEM instead: to callers of the library
	 * -EAGAIN means that a ring is full or has nothing new.
	 */
	if (errno == EAGAIN)
		*err = ulib_error(-ENOMEM, "the memory of the arena exceeds RLIMIT_MEMLOCK, as mlockall() is in effect; raise the limit");
	else
		*err = rring_refuse_slow(-errno);
	return NULL;
}

static void device_unmap(struct ulib_file *file, void *addr, size_t size)
{
	(void)file;
	munmap(addr, size);
}

static int device_poll_fd(struct ulib_file *file)
{
	return file->fd;
}

/*
 * Do nothing: each poll(2) on the device makes the module look at the rings
 * again.
 */
static void device_poll_again(struct ulib_file *file, uint32_t mask)
{
	(void)file;
	(void)mask;
}

const struct ulib_backend_calls ulib_backend_device = {
	.open = device_open,
	.close = device_close,
	.abandon = device_close,
	.call = device_call,
	.wait = device_wait,
	.map = device_map,
	.unmap = device_unmap,
	.poll_fd = device_poll_fd,
	.poll_again = device_poll_again,
};
