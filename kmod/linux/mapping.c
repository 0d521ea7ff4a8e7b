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

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/compat.h"
#include "../core/death.h"
#include "mapping.h"

/*
 * Count one more mapping of the ledger. mremap(2) copies the mapping, which
 * calls this, then fails in no_mremap(), then closes the copy. Because of the
 * count, this close does not end the client.
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

static int no_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

static int no_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

static const struct vm_operations_struct ledger_ops = {
	.open = ledger_open,
	.close = ledger_close,
	.may_split = no_split,
	.mremap = no_mremap,
};

static const struct vm_operations_struct region_ops = {
	.may_split = no_split,
	.mremap = no_mremap,
};

/*
 * May the client map @region as @vma asks? Returns 0: yes; -EINVAL: @vma is
 * private, or does not have the region's size; -EACCES: @vma is executable, or
 * is writable although @writable is false. Looks at VM_MAYSHARE, which every
 * shared mapping has; VM_SHARED is missing if the file is not open for writing.
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

/* Pages that are mapped between two looks at whether to go on. */
#define INSERT_PAGES	512u

/*
 * Map @region into @vma, piece by piece: this may take long. Returns 0;
 * -EOWNERDEAD: @client was evicted meanwhile; -EINTR: the process is being
 * killed; or another negative errno. After an error mmap() takes all pages out
 * of @vma again. Needs no lock but the mmap_lock.
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
		/* the evicting task waits for the mmap_lock of this process */
		if (READ_ONCE(client->evicted))
			return -EOWNERDEAD;
		if (fatal_signal_pending(current))
			return -EINTR;
		err = kring_region_insert(region, vma, done, n);
		cond_resched();
	}
	return err;
}

static int insert(const struct kring_client *client, struct vm_area_struct *vma,
		  const struct kring_region_ref *ref)
{
	vm_flags_clear(vma, VM_MAYEXEC);
	if (!ref->writable)
		vm_flags_clear(vma, VM_MAYWRITE);
	vm_flags_set(vma, VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	return insert_pages(client, vma, ref->region);
}

/*
 * May @client map its ledger into @vma? Returns 0; -EBUSY: @client has mapped
 * its ledger before; -EACCES: @vma is not writable. The caller holds the arena's
 * lock.
 */
static int check_ledger(const struct kring_client *client,
			const struct vm_area_struct *vma)
{
	if (client->state != RRING_CLIENT_ATTACHED)
		return -EBUSY;
	return vma->vm_flags & VM_WRITE ? 0 : -EACCES;
}

/*
 * Find the region that @vma asks for, and store it in @ref with a reference.
 * Returns 0; -EINTR: the process is being killed; -EOWNERDEAD: @client is dead
 * or evicted; or an error of kring_client_region(), check_vma() or
 * check_ledger(). Takes the arena's lock.
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
 * Make @client live: its ledger is mapped into @vma. Nobody else maps it now, as
 * the caller holds the mmap_lock of the only process that may. Returns 0;
 * -EINTR: the process is being killed; -EOWNERDEAD: @client was evicted while
 * the ledger was mapped. Takes the arena's lock.
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
 * Returns 0; -ENOTCONN: @client is not attached; -EPERM: @vma belongs to a
 * process that has not attached @client; or an error of find_region(),
 * insert_pages() or go_live(). The caller holds the mmap_lock for writing.
 *
 * Takes the arena's lock, but does not hold it while it maps pages: a region can
 * be large, and a client slow. An eviction sets .evicted first, then waits for
 * the mmap_lock. So it finds all mappings: of a call that has not seen .evicted,
 * and that has ended by then.
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
	else if (!err)
		vma->vm_ops = &region_ops;
	kring_region_ref_put(&ref);
	return err;
}
