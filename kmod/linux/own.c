// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The region OWN of a producer in an owned arena: PAYLOAD once more, writable,
 * but only the pages of groups that the producer owns. A fault maps a page when
 * the producer first touches it, and kring_revoke_own() takes pages out again.
 * After that, no write of the producer reaches these pages:
 *
 *   - a fault checks the owner under the arena's lock, and maps the page under
 *     the same lock. So after the group has lost its owner, no new entry of the
 *     page tables leads to it, and unmap_mapping_range() finds the older ones.
 *   - the entries are special ones, of VM_PFNMAP: get_user_pages() refuses them,
 *     also in its fast form. So nobody pins these pages for writing, and nothing
 *     keeps them writable when the entries are gone.
 *   - the mapping is not split, moved, grown, or copied by fork.
 *
 * The pages stay allocated while a mapping exists: they belong to the arena, the
 * client has a reference to the arena, and the mapping has one to the client's
 * file.
 */
#include <linux/fs.h>
#include <linux/mm.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/compat.h"
#include "../core/groups.h"
#include "../core/revoke.h"
#include "mapping.h"
#include "own.h"

/* A fault maps the client's pages among so many neighbours, an aligned block. */
#define FAULT_AROUND	16u

/*
 * How many mappings of OWN a client may have. The library has one. A client that
 * claims a group waits until its pages have left all mappings of the owner.
 */
#define MAPS_MAX	16

/* kring_own_prepare() allocates page tables for so many bytes at a time. */
#define TABLE_BYTES	PMD_SIZE

static u64 first_page(void)
{
	return RRING_OFF(RRING_REGION_OWN, 0) >> PAGE_SHIFT;
}

static vm_fault_t insert_page(const struct kring_client *client,
			      struct vm_area_struct *vma, u64 page)
{
	struct page *const *pages = client->arena->payload.pages;

	return vmf_insert_pfn(vma, vma->vm_start + (page << PAGE_SHIFT),
			      page_to_pfn(pages[page]));
}

/*
 * Map page @page of OWN into @vma, and those of its neighbours that @client
 * owns, too. Return VM_FAULT_NOPAGE if @page is mapped, or VM_FAULT_SIGBUS if
 * @client does not own it, or is dead or evicted. The caller holds the arena's
 * lock.
 */
static vm_fault_t insert_owned(const struct kring_client *client,
			       struct vm_area_struct *vma, u64 page)
{
	u64 at = round_down(page, FAULT_AROUND);
	u64 end = min(at + FAULT_AROUND, (u64)client->arena->payload.nr_pages);
	u64 first, next;
	vm_fault_t fault;

	if (kring_client_is_gone(client) ||
	    !kring_groups_writable(client, page, &first, &next))
		return VM_FAULT_SIGBUS;
	fault = insert_page(client, vma, page);
	for (; fault == VM_FAULT_NOPAGE && at < end; at++)
		if (at != page &&
		    kring_groups_writable(client, at, &first, &next))
			insert_page(client, vma, at);
	return fault;
}

static vm_fault_t own_fault(struct vm_fault *vmf)
{
	struct kring_client *client = vmf->vma->vm_private_data;
	vm_fault_t fault;

	if (kring_mapping_must_fail(vmf) ||
	    mutex_lock_killable(&client->arena->lock))
		return VM_FAULT_SIGBUS;
	fault = insert_owned(client, vmf->vma, vmf->pgoff - first_page());
	mutex_unlock(&client->arena->lock);
	return fault;
}

/* mremap(2) copies the mapping, fails, and closes the copy. */
static void own_open(struct vm_area_struct *vma)
{
	struct kring_client *client = vma->vm_private_data;

	atomic_inc(&client->own_maps);
}

static void own_close(struct vm_area_struct *vma)
{
	struct kring_client *client = vma->vm_private_data;

	atomic_dec(&client->own_maps);
}

static const struct vm_operations_struct own_ops = {
	.open = own_open,
	.close = own_close,
	.fault = own_fault,
	.may_split = kring_mapping_no_split,
	.mremap = kring_mapping_no_mremap,
};

/*
 * Make @vma a mapping whose pages a fault maps under the arena's lock, by
 * special entries, so that nobody pins them. Allocate its page tables, piece by
 * piece, so that no fault allocates memory under the lock. Return 0, -EOWNERDEAD
 * if an eviction of @client has begun, -EINTR if the process is being killed, or
 * -ENOMEM. The caller holds the mmap_lock for writing.
 */
int kring_own_prepare(const struct kring_client *client,
		      struct vm_area_struct *vma)
{
	unsigned long at = vma->vm_start;
	int err = 0;

	vm_flags_set(vma, VM_PFNMAP);
	while (!err && at < vma->vm_end) {
		unsigned long bytes = min(vma->vm_end - at, TABLE_BYTES);

		/* an eviction waits for the mmap_lock that this task holds */
		if (READ_ONCE(client->evicted))
			return -EOWNERDEAD;
		if (fatal_signal_pending(current))
			return -EINTR;
		err = apply_to_page_range(vma->vm_mm, at, bytes, NULL, NULL);
		at += bytes;
		cond_resched();
	}
	return err;
}

/*
 * Make @vma a mapping of OWN for @client. The caller has checked that it has the
 * region's size and is shared. Return 0, -EACCES if @vma is not writable, -EBUSY
 * if @client has MAPS_MAX mappings of OWN, or an error of kring_own_prepare().
 * The caller holds the mmap_lock for writing, so no other mapping of the client
 * comes or goes.
 */
int kring_own_mmap(struct kring_client *client, struct vm_area_struct *vma)
{
	int err;

	if (!(vma->vm_flags & VM_WRITE))
		return -EACCES;
	if (atomic_read(&client->own_maps) == MAPS_MAX)
		return -EBUSY;
	err = kring_own_prepare(client, vma);
	if (err)
		return err;
	atomic_inc(&client->own_maps);
	vma->vm_private_data = client;
	vma->vm_ops = &own_ops;
	return 0;
}

/*
 * Return true if this kernel has the special page table entries on which OWN
 * relies.
 */
bool kring_can_revoke(void)
{
	return IS_ENABLED(CONFIG_ARCH_HAS_PTE_SPECIAL);
}

/*
 * Take @n pages of PAYLOAD, from page @page on, out of all mappings of OWN that
 * @client has. On return no write of @client reaches these pages, unless a later
 * fault has mapped them again. The caller does not hold the arena's lock. May
 * sleep.
 */
void kring_revoke_own(struct kring_client *client, u64 page, u64 n)
{
	if (client->inode)
		unmap_mapping_range(client->inode->i_mapping,
				    (first_page() + page) << PAGE_SHIFT,
				    n << PAGE_SHIFT, 1);
}
