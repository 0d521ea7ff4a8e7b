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

static int insert(struct vm_area_struct *vma,
		  const struct kring_region *region, bool writable)
{
	vm_flags_clear(vma, VM_MAYEXEC);
	if (!writable)
		vm_flags_clear(vma, VM_MAYWRITE);
	vm_flags_set(vma, VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	return kring_region_insert(region, vma);
}

/*
 * Map the ledger of @client into @vma. This makes @client live. Returns 0;
 * -EBUSY: @client has mapped its ledger before; -EACCES: @vma is not writable;
 * or an error of insert(). The caller holds the arena's lock.
 */
static int map_ledger(struct kring_client *client, struct vm_area_struct *vma)
{
	int err;

	if (client->state != RRING_CLIENT_ATTACHED)
		return -EBUSY;
	if (!(vma->vm_flags & VM_WRITE))
		return -EACCES;
	err = insert(vma, &client->ledger, true);
	if (err)
		return err;
	atomic_set(&client->ledger_maps, 1);
	vma->vm_private_data = client;
	vma->vm_ops = &ledger_ops;
	client->state = RRING_CLIENT_LIVE;
	return 0;
}

static int map_region(struct kring_client *client, struct vm_area_struct *vma)
{
	const struct kring_region *region;
	bool writable;
	int err;

	if (client->state == RRING_CLIENT_DEAD || client->evicted)
		return -EOWNERDEAD;
	err = kring_client_region(client, (u64)vma->vm_pgoff << PAGE_SHIFT,
				  &region, &writable);
	if (err)
		return err;
	err = check_vma(vma, region, writable);
	if (err)
		return err;
	if (region == &client->ledger)
		return map_ledger(client, vma);
	vma->vm_ops = &region_ops;
	return insert(vma, region, writable);
}

/*
 * Carry out mmap() for @client: map the region that the offset of @vma names.
 * Returns 0; -ENOTCONN: @client is not attached; -EPERM: @vma belongs to a
 * process that has not attached @client; -EOWNERDEAD: @client is dead or
 * evicted; or an error of kring_client_region(), check_vma(), map_ledger() or
 * insert(). Takes the arena's lock; the caller holds the mmap_lock for writing.
 */
int kring_mapping_mmap(struct kring_client *client, struct vm_area_struct *vma)
{
	/* pairs with add_to_tables() in client.c, which stores .arena last */
	struct kring_arena *arena = smp_load_acquire(&client->arena);
	int err;

	if (!arena)
		return -ENOTCONN;
	if (vma->vm_mm != client->mm)
		return -EPERM;
	mutex_lock(&arena->lock);
	err = map_region(client, vma);
	mutex_unlock(&arena->lock);
	return err;
}
