// SPDX-License-Identifier: MPL-2.0
/*
 * Regions of the process backend. The process maps each region once, and all
 * its clients use this one mapping, so that sanitizers see one address for each
 * word. The page before a region counts the users of the region: its owner, and
 * each client that has mapped it. When the last user goes, the region is
 * unmapped.
 *
 * The kernel allocates a page of a region when a thread first touches the page.
 * If the memory cgroup has no room for the page, the kernel kills the process.
 * So kring_region_alloc() refuses a new region (-ENOMEM) unless the cgroup has
 * room for the region and for all untouched pages of older regions. This does
 * not prevent a kill: other processes of the cgroup can use up the room later.
 */
#include <sys/mman.h>

#include "cgroup.h"
#include "host.h"

#include "../../kmod/core/idle.h"
#include "../../kmod/core/region.h"
#include "../../kmod/core/revoke.h"

struct region_header {
	struct list_head node;	/* in regions */
	u32 users;	/* 1 for the owner, 1 for each client's mapping */
	struct kring_account *account;	/* charged until the last user goes */
	size_t size;	/* bytes of the region and of this page */
};

/*
 * The variable room has the bytes that the cgroup has left, as take_room()
 * knows it. take_room() reads the limits of the cgroup again if it read them
 * more than ROOM_NS ns ago, or if room is less than the bytes of the new
 * region. If the cgroup has a limit, take_room() also reads it for each region
 * of more than ROOM_BYTES bytes.
 */
#define ROOM_NS		100000000ull
#define ROOM_BYTES	0x100000u
#define NO_LIMIT	(~0ull)		/* value of room without a limit */
#define LOOK_PAGES	512u		/* most pages per mincore(2) */

static u64 bytes_in_use;		/* of all regions, mapped or not */

static DEFINE_MUTEX(room_lock);	/* protects regions, room and room_until */
static LIST_HEAD(regions);
/* result of the last look_for_room(), minus the bytes of newer regions */
static u64 room;
/* time of ktime_get_coarse_ns() from which on the value of room is too old */
static u64 room_until;

/*
 * Begin with no regions. A child of fork() calls this function, too, because
 * the regions of its parent are not mapped in the child.
 */
void host_region_init(void)
{
	mutex_init(&room_lock);
	INIT_LIST_HEAD(&regions);
	bytes_in_use = 0;
	room = 0;
	room_until = 0;
}

/*
 * Lock room_lock. before_fork() in host.c calls this function, so that no other
 * thread holds the lock during fork(). Otherwise the lock would stay locked in
 * the child.
 */
void host_region_lock(void)
{
	mutex_lock(&room_lock);
}

void host_region_unlock(void)
{
	mutex_unlock(&room_lock);
}

u64 kring_region_footprint(u64 size)
{
	return PAGE_ALIGN(size);
}

/* Return how many bytes of the region of @header are in RAM. */
static u64 touched_of(struct region_header *header)
{
	unsigned char pages[LOOK_PAGES];
	u64 bytes = header->size, at, part, touched = 0;
	u32 i;

	for (at = PAGE_SIZE; at < bytes; at += part) {
		part = min_t(u64, bytes - at, LOOK_PAGES * PAGE_SIZE);
		if (mincore((char *)header + at, part, pages))
			break;
		for (i = 0; i < part / PAGE_SIZE; i++)
			touched += pages[i] & 1 ? PAGE_SIZE : 0;
	}
	return touched;
}

/* Return how many bytes of all regions are in RAM. Caller holds room_lock. */
static u64 touched_of_all(void)
{
	struct region_header *header;
	u64 touched = 0;

	list_for_each_entry(header, &regions, node)
		touched += touched_of(header);
	return touched;
}

/*
 * Return how many bytes the cgroup has left for a new region of @bytes: the
 * room of the cgroup, minus the pages of older regions that no thread has
 * touched yet. Return NO_LIMIT if the cgroup has no limit. If the room is
 * enough for @bytes and for all pages of older regions, count all pages of
 * older regions as untouched, which saves the search for touched pages. The
 * caller holds room_lock, and has added @bytes to bytes_in_use.
 */
static u64 look_for_room(u64 bytes)
{
	u64 left = host_cgroup_look(HOST_CGROUP_PROC).room;
	u64 ours = __atomic_load_n(&bytes_in_use, __ATOMIC_RELAXED) - bytes;

	if (left == NO_LIMIT)
		return left;
	if (left < ours + bytes)
		ours -= min(ours, touched_of_all());
	return left - min(left, ours);
}

/*
 * If the memory cgroup has room for @bytes, subtract @bytes from the variable
 * room and return true. Otherwise return false. This function takes room_lock.
 */
static bool take_room(u64 bytes)
{
	u64 now = ktime_get_coarse_ns();
	bool enough;

	mutex_lock(&room_lock);
	if (bytes > room || now >= room_until ||
	    (bytes > ROOM_BYTES && room != NO_LIMIT)) {
		room = look_for_room(bytes);
		room_until = now + ROOM_NS;
	}
	enough = bytes <= room;
	if (enough && room != NO_LIMIT)
		room -= bytes;
	mutex_unlock(&room_lock);
	return enough;
}

static void add_bytes(u64 bytes)
{
	__atomic_add_fetch(&bytes_in_use, bytes, __ATOMIC_RELAXED);
}

static void uncharge(struct kring_account *account, u64 bytes)
{
	__atomic_sub_fetch(&bytes_in_use, bytes, __ATOMIC_RELAXED);
	kring_account_uncharge(account, bytes);
}

/*
 * Charge @bytes, the size of a new region, to @account, and add them to
 * bytes_in_use. Return 0, an error of kring_account_charge(), or -ENOMEM if the
 * memory cgroup has no room. On an error nothing is charged.
 */
static int charge(struct kring_account *account, u64 bytes)
{
	int err = kring_account_charge(account, bytes);

	if (err)
		return err;
	add_bytes(bytes);
	if (take_room(bytes))
		return 0;
	uncharge(account, bytes);
	return -ENOMEM;
}

static struct region_header *header_of(void *addr)
{
	return (struct region_header *)((char *)addr - PAGE_SIZE);
}

/*
 * Map @size bytes of zeros at @addr, in place of a mapping that the caller has
 * made there. A child of fork() does not inherit these pages. They belong to no
 * file, so RLIMIT_FSIZE does not limit @size. Return 0 or -ENOMEM.
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
 * Map a page for the header and, behind that page, @size bytes for a region.
 * Return the address of the region, or NULL if there is no memory.
 */
static void *memory_new(struct kring_account *account, size_t size)
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
	header->account = account;
	header->size = PAGE_SIZE + size;
	return memory + PAGE_SIZE;
}

int kring_region_alloc(struct kring_region *region,
		       struct kring_account *account, u64 bytes)
{
	u64 size = PAGE_ALIGN(bytes);
	int err = charge(account, size);

	/* the idle regions are of this process, and so of its cgroup */
	if (err == -ENOMEM && kring_idle_bytes() &&
	    kring_idle_give_back(kring_idle_bytes()))
		err = charge(account, size);
	if (err)
		return err;
	region->addr = memory_new(account, size);
	if (!region->addr) {
		uncharge(account, size);
		return -ENOMEM;
	}
	region->nr_pages = size >> PAGE_SHIFT;
	region->account = account;
	mutex_lock(&room_lock);
	list_add_tail(&header_of(region->addr)->node, &regions);
	mutex_unlock(&room_lock);
	return 0;
}

void kring_region_free(struct kring_region *region)
{
	if (!region->addr)
		return;
	host_memory_put(region->addr);
	memset(region, 0, sizeof(*region));
}

void host_memory_get(void *addr)
{
	__atomic_add_fetch(&header_of(addr)->users, 1, __ATOMIC_RELAXED);
}

/*
 * Remove one user of the memory at @addr. If it was the last user, unmap the
 * memory. The arena to which the memory is charged still exists: the owner and
 * each client that has the memory mapped have a reference to the arena.
 */
void host_memory_put(void *addr)
{
	struct region_header *header = header_of(addr);

	if (__atomic_sub_fetch(&header->users, 1, __ATOMIC_ACQ_REL))
		return;
	mutex_lock(&room_lock);
	list_del(&header->node);
	mutex_unlock(&room_lock);
	uncharge(header->account, header->size - PAGE_SIZE);
	munmap(header, header->size);
}

/*
 * Return false: a process has no owned arenas, because all clients use the same
 * writable mapping of a region.
 */
bool kring_can_revoke(void)
{
	return false;
}

/* Do nothing: no client of a process has a region OWN. */
void kring_revoke_own(struct kring_client *client, u64 page, u64 n)
{
}

/* Do nothing: no event of a process can be sealed. */
void kring_revoke_xxl(struct kring_client *client,
		      const struct kring_pages *pages)
{
}

void kring_revoke_all_xxl(struct kring_client *client)
{
}
