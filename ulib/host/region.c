// SPDX-License-Identifier: MPL-2.0
/*
 * Regions of the process backend. Each is mapped once. All clients use that one
 * mapping, so that sanitizers see one address per word. The mapping goes when
 * the region is freed and its last user has unmapped it. The page before the
 * region counts the users.
 *
 * The kernel gives a region its pages when they are first touched, and kills
 * the process if the memory cgroup has no room for them then. So a region is
 * refused at its creation if the cgroup has no room for it, and for what is
 * still untouched of the regions that there are. Other processes of the cgroup
 * can take that room later.
 */
#include <sys/mman.h>

#include "cgroup.h"
#include "host.h"

#include "../../kmod/core/region.h"

struct region_header {
	u32 users;	/* with the region itself */
	size_t size;	/* bytes, with this page */
};

#define ROOM_NS		100000000ull	/* a look at the cgroup is good for */
#define ROOM_BYTES	0x100000u	/* a larger region needs a new one */

static u64 bytes_in_use;
static u64 bytes_max = ~0ull;

static DEFINE_MUTEX(room_lock);	/* protects .room and .room_until */
static u64 room;		/* bytes that the cgroup had left */
static u64 room_until;		/* a ktime in ns: then look again */

void host_region_init(void)
{
	mutex_init(&room_lock);
}

/* Held across fork(): see before_fork() in host.c. */
void host_region_lock(void)
{
	mutex_lock(&room_lock);
}

void host_region_unlock(void)
{
	mutex_unlock(&room_lock);
}

void kring_region_set_limit(unsigned long max_bytes)
{
	bytes_max = max_bytes & ~(PAGE_SIZE - 1ul);
}

bool kring_region_within_limit(u64 size)
{
	return size <= bytes_max;
}

/* Bytes that the cgroup has left. .bytes_in_use has @bytes of a new region. */
static u64 look_for_room(u64 bytes)
{
	u64 left = host_cgroup_look(HOST_CGROUP_PROC).room;
	u64 ours = __atomic_load_n(&bytes_in_use, __ATOMIC_RELAXED) - bytes;
	u64 touched;

	if (left == ~0ull)
		return left;
	touched = host_cgroup_touched(HOST_CGROUP_PROC);
	ours -= min(ours, touched);
	return left - min(left, ours);
}

/* Is there room for @bytes in the cgroup? Takes them off .room. */
static bool take_room(u64 bytes)
{
	u64 now = ktime_get_coarse_ns();
	bool enough;

	mutex_lock(&room_lock);
	if (bytes > room || bytes > ROOM_BYTES || now >= room_until) {
		room = look_for_room(bytes);
		room_until = now + ROOM_NS;
	}
	enough = bytes <= room;
	if (enough)
		room -= bytes;
	mutex_unlock(&room_lock);
	return enough;
}

/* 0; -ENOSPC: the limit for all regions; -ENOMEM: the cgroup has no room. */
static int charge(u64 bytes)
{
	int err = 0;

	if (bytes > bytes_max)
		return -ENOSPC;
	if (__atomic_add_fetch(&bytes_in_use, bytes, __ATOMIC_RELAXED) >
	    bytes_max)
		err = -ENOSPC;
	else if (!take_room(bytes))
		err = -ENOMEM;
	if (err)
		__atomic_sub_fetch(&bytes_in_use, bytes, __ATOMIC_RELAXED);
	return err;
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
 * fork(). The pages are no file's, so that RLIMIT_FSIZE does not count. 0 or
 * -ENOMEM.
 */
static int map_memory(void *addr, size_t size)
{
	if (mmap(addr, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ||
	    madvise(addr, size, MADV_DONTFORK))
		return -ENOMEM;
	return 0;
}

/*
 * Map a page for the header and @size bytes behind it. Returns the address of
 * the latter, or NULL: out of memory.
 */
static void *memory_new(size_t size)
{
	char *memory = mmap(NULL, PAGE_SIZE + size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct region_header *header = (struct region_header *)memory;

	if (memory == MAP_FAILED)
		return NULL;
	if (map_memory(memory + PAGE_SIZE, size)) {
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
	region->addr = memory_new(size);
	if (!region->addr) {
		uncharge(size);
		return -ENOMEM;
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
