// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * mmap of the device. This file and kring_client_region() ensure the following,
 * and the rest of the module relies on it:
 *
 *   - a client can write a region only if kring_client_region() permits it;
 *     mprotect(2) cannot add that right;
 *   - no mapping is split, moved, grown, or copied by fork, so that the close
 *     of a ledger's mapping is the death of its client;
 *   - because of VM_IO, /proc/pid/mem and process_vm_writev(2) cannot reach the
 *     pages, and MADV_DOFORK fails.
 */
#include <linux/mm.h>
#include <linux/userfaultfd_k.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/compat.h"
#include "../core/death.h"
#include "mapping.h"
#include "own.h"

/*
 * Count one more mapping of the ledger. The kernel calls this function when
 * mremap(2) copies the mapping. Then kring_mapping_no_mremap() makes mremap(2)
 * fail, and the kernel closes the copy. Because of the count, ledger_close() of
 * the copy does not let the client die.
 */
static void ledger_open(struct vm_area_struct *vma)
{
	struct kring_client *client = vma->vm_private_data;

	atomic_inc(&client->ledger_maps);
}

static void ledger_close(struct vm_area_struct *vma)
{
	struct kring_client *client = vma->vm_private_data;

	if (atomic_dec_and_test(&client->ledger_maps))
		kring_client_die(client);
}

int kring_mapping_no_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

int kring_mapping_no_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

/*
 * Return true if a handler of page faults that makes entries itself must fail at
 * once, because the access could fault again without end, in the kernel too:
 *
 *   - The process has registered the mapping with userfaultfd, which can put a
 *     marker where a page is missing. vmf_insert_pfn() does not replace a marker.
 *   - The task is being killed. It looks at signals only after the access.
 */
bool kring_mapping_must_fail(const struct vm_fault *vmf)
{
	return fatal_signal_pending(current) || userfaultfd_armed(vmf->vma);
}

/*
 * Raise SIGBUS where a page has gone from a mapping that had all its pages.
 * Without this handler, an access to a marker of userfaultfd would fault again
 * without end.
 */
static vm_fault_t no_page(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct ledger_ops = {
	.open = ledger_open,
	.close = ledger_close,
	.fault = no_page,
	.may_split = kring_mapping_no_split,
	.mremap = kring_mapping_no_mremap,
};

static const struct vm_operations_struct region_ops = {
	.fault = no_page,
	.may_split = kring_mapping_no_split,
	.mremap = kring_mapping_no_mremap,
};

/*
 * Check whether the client may map @region as @vma asks. Return 0 if it may,
 * -EINVAL if @vma is private or does not have the region's size, or -EACCES if
 * @vma is executable, or is writable although @writable is false. Every shared
 * mapping has VM_MAYSHARE. Do not test VM_SHARED, because a shared mapping
 * lacks that flag if the file is not open for writing.
 */
static int check_vma(const struct vm_area_struct *vma,
		     const struct kring_region *region, bool writable)
{
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_end - vma->vm_start != kring_region_size(region))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;
	if (vma->vm_flags & VM_WRITE && !writable)
		return -EACCES;
	return 0;
}

/* How many pages insert_pages() maps before it checks again whether to stop. */
#define INSERT_PAGES	512u

/*
 * Map @region into @vma, piece by piece, because this may take long. Return 0,
 * -EOWNERDEAD if an eviction of @client has begun, -EINTR if the process is
 * being killed, or an error of kring_region_insert(). After an error mmap()
 * removes all pages from @vma. The caller holds the mmap_lock for writing, and
 * does not hold the arena's lock.
 */
static int insert_pages(const struct kring_client *client,
			struct vm_area_struct *vma,
			const struct kring_region *region)
{
	unsigned long done, n;
	int err = 0;

	lockdep_assert_not_held(&client->arena->lock);
	for (done = 0; !err && done < region->nr_pages; done += n) {
		n = min(region->nr_pages - done, (unsigned long)INSERT_PAGES);
		/* an eviction waits for the mmap_lock that this task holds */
		if (READ_ONCE(client->evicted))
			return -EOWNERDEAD;
		if (fatal_signal_pending(current))
			return -EINTR;
		err = kring_region_insert(region, vma, done, n);
		cond_resched();
	}
	return err;
}

/*
 * Map the region of @ref into @vma. A region of which the client can lose the
 * right to write has no page in @vma until a fault maps it. A mapping that is
 * read-only from the start has all pages of the region, and never gets writable.
 */
static int insert(struct kring_client *client, struct vm_area_struct *vma,
		  const struct kring_region_ref *ref)
{
	bool by_faults = ref->own && vma->vm_flags & VM_WRITE;

	vm_flags_clear(vma, VM_MAYEXEC);
	if (!ref->writable || (ref->own && !by_faults))
		vm_flags_clear(vma, VM_MAYWRITE);
	vm_flags_set(vma, VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	if (ref->own && !ref->pages)
		return kring_own_mmap(client, vma);
	if (by_faults)
		return kring_own_prepare(client, vma);
	return insert_pages(client, vma, ref->region);
}

/*
 * Check whether @client may map its ledger into @vma. Return 0 if it may,
 * -EBUSY if @client has mapped its ledger before, or -EACCES if @vma is not
 * writable. The caller holds the arena's lock.
 */
static int check_ledger(const struct kring_client *client,
			const struct vm_area_struct *vma)
{
	if (client->state != RRING_CLIENT_ATTACHED)
		return -EBUSY;
	return vma->vm_flags & VM_WRITE ? 0 : -EACCES;
}

/*
 * Find the region that the offset of @vma names, and store it in @ref with a
 * reference. Return 0, -EINTR if the process is being killed, -EOWNERDEAD if
 * @client is dead or evicted, or an error of kring_client_region(), check_vma()
 * or check_ledger(). Even after an error, the caller calls
 * kring_region_ref_put() for @ref. Take the arena's lock and release it again.
 */
static int find_region(struct kring_client *client, struct kring_arena *arena,
		       const struct vm_area_struct *vma,
		       struct kring_region_ref *ref)
{
	int err;

	if (mutex_lock_killable(&arena->lock))
		return -EINTR;
	err = kring_client_is_gone(client) ? -EOWNERDEAD :
	      kring_client_region(client, (u64)vma->vm_pgoff << PAGE_SHIFT,
				  ref);
	if (err)
		goto unlock;
	err = check_vma(vma, ref->region, ref->writable);
	if (!err && ref->region == &client->ledger)
		err = check_ledger(client, vma);
unlock:
	mutex_unlock(&arena->lock);
	return err;
}

/*
 * Change the state of @client to live, because the ledger of @client is now
 * mapped into @vma. Return 0, -EINTR if the process is being killed, or
 * -EOWNERDEAD if an eviction of @client began while the pages were mapped. No
 * other task maps the ledger now: only the process of @client may map the
 * ledger, and the caller holds the mmap_lock of this process for writing. Take
 * the arena's lock and release it again.
 */
static int go_live(struct kring_client *client, struct kring_arena *arena,
		   struct vm_area_struct *vma)
{
	int err = 0;

	if (mutex_lock_killable(&arena->lock))
		return -EINTR;
	if (kring_client_is_gone(client)) {
		err = -EOWNERDEAD;
	} else {
		atomic_set(&client->ledger_maps, 1);
		vma->vm_private_data = client;
		vma->vm_ops = &ledger_ops;
		client->state = RRING_CLIENT_LIVE;
	}
	mutex_unlock(&arena->lock);
	return err;
}

/*
 * Carry out mmap() for @client: map the region that the offset of @vma names.
 * Return 0, -ENOTCONN if @client is not attached, -EPERM if @vma belongs to a
 * process that has not attached @client, or an error of find_region(),
 * insert_pages(), go_live() or kring_mapping_track(). The caller holds the
 * mmap_lock for writing.
 *
 * Do not hold the arena's lock while the pages are mapped, because that can
 * take long and other clients need the lock. An eviction nevertheless finds all
 * mappings of @client. It first sets .evicted, then waits for the mmap_lock. A
 * call of this function that sees .evicted fails. A call that does not see
 * .evicted has completed its mapping when the eviction gets the mmap_lock.
 */
int kring_mapping_mmap(struct kring_client *client, struct vm_area_struct *vma)
{
	/* pairs with add_to_tables() in client.c, which stores .arena last */
	struct kring_arena *arena = smp_load_acquire(&client->arena);
	struct kring_region_ref ref = {};
	int err;

	if (!arena)
		return -ENOTCONN;
	if (vma->vm_mm != client->mm)
		return -EPERM;
	err = find_region(client, arena, vma, &ref);
	if (!err)
		err = insert(client, vma, &ref);
	if (!err && ref.region == &client->ledger)
		err = go_live(client, arena, vma);
	else if (!err && ref.pages)
		err = kring_mapping_track(client, vma, ref.pages);
	else if (!err && !ref.own)
		vma->vm_ops = &region_ops;
	kring_region_ref_put(&ref);
	return err;
}
