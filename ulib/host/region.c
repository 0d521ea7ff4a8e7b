// SPDX-License-Identifier: MPL-2.0
/*
 * Regions of the process backend. Each is a memfd that no other process has,
 * mapped once. All clients use that one mapping, so that sanitizers see one
 * address per word. The mapping goes when the region is freed and its last user
 * has unmapped it. The page before the region counts the users.
 */
#include <sys/mman.h>

#include "host.h"

#include "../../kmod/core/region.h"

struct region_header {
	u32 users;	/* with the region itself */
	size_t size;	/* bytes, with this page */
};

static u64 bytes_in_use;
static u64 bytes_max = ~0ull;

void kring_region_set_limit(unsigned long max_bytes)
{
	bytes_max = max_bytes & ~(PAGE_SIZE - 1ul);
}

bool kring_region_within_limit(u64 size)
{
	return size <= bytes_max;
}

static int charge(u64 bytes)
{
	if (bytes > bytes_max)
		return -ENOSPC;
	if (__atomic_add_fetch(&bytes_in_use, bytes, __ATOMIC_RELAXED) <=
	    bytes_max)
		return 0;
	__atomic_sub_fetch(&bytes_in_use, bytes, __ATOMIC_RELAXED);
	return -ENOSPC;
}

static void uncharge(u64 bytes)
{
	__atomic_sub_fetch(&bytes_in_use, bytes, __ATOMIC_RELAXED);
}

static struct region_header *header_of(void *addr)
{
	return (struct region_header *)((char *)addr - PAGE_SIZE);
}

/*
 * Map @size zeroed bytes at @addr. A child does not inherit this mapping at
 * fork(). 0 or a negative errno.
 */
static int map_memory(void *addr, size_t size)
{
	int fd = memfd_create("rusted_ring", MFD_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) ||
	    mmap(addr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 0) == MAP_FAILED ||
	    madvise(addr, size, MADV_DONTFORK))
		err = -errno;
	close(fd);
	return err;
}

/*
 * Map a page for the header and @size bytes behind it. Returns the address of
 * the latter; NULL: *@err is a negative errno.
 */
static void *memory_new(size_t size, int *err)
{
	char *memory = mmap(NULL, PAGE_SIZE + size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct region_header *header = (struct region_header *)memory;

	if (memory == MAP_FAILED) {
		*err = -ENOMEM;
		return NULL;
	}
	*err = map_memory(memory + PAGE_SIZE, size);
	if (*err) {
		munmap(memory, PAGE_SIZE + size);
		return NULL;
	}
	header->users = 1;
	header->size = PAGE_SIZE + size;
	return memory + PAGE_SIZE;
}

int kring_region_alloc(struct kring_region *region, u64 size)
{
	int err = charge(size);

	if (err)
		return err;
	region->addr = memory_new(size, &err);
	if (!region->addr) {
		uncharge(size);
		return err == -EMFILE || err == -ENFILE ? err : -ENOMEM;
	}
	region->nr_pages = size >> PAGE_SHIFT;
	return 0;
}

void kring_region_free(struct kring_region *region)
{
	if (!region->addr)
		return;
	host_memory_put(region->addr);
	uncharge(kring_region_size(region));
	memset(region, 0, sizeof(*region));
}

void host_memory_get(void *addr)
{
	__atomic_add_fetch(&header_of(addr)->users, 1, __ATOMIC_RELAXED);
}

void host_memory_put(void *addr)
{
	struct region_header *header = header_of(addr);

	if (!__atomic_sub_fetch(&header->users, 1, __ATOMIC_ACQ_REL))
		munmap(header, header->size);
}
