// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Mappings of regions that can go before the mapping: the region of a ring's
 * incarnation, of an XXL event, and of a client's cursors. Such a mapping holds
 * a reference to its region. So the region stays charged until the last mapping
 * goes, however long a process keeps its mapping.
 *
 * In an owned arena, a producer can lose the right to write an XXL event while
 * it has the event mapped writable: it seals the event, or dies. lent_fault()
 * maps the pages of such a mapping, in the way of own.c, and kring_revoke_xxl()
 * takes them out again. These mappings have other offsets than those that are
 * read-only (see PGOFF_LENT), so the read-only ones stay as they are.
 *
 * An XXL region whose event is gone is a remnant while a process has it mapped.
 * The memory cgroup of the producer pays for remnants, so the kernel does not
 * let them grow without limit. kring_remnants_trim() takes pages back:
 *
 *   1. It takes the region's reference away from a mapping. From then on
 *      tracked_fault() maps a page of zeros there, if the mapping is read-only.
 *   2. It waits for faults of mappings in an owned arena that have found the
 *      reference before step 1.
 *   3. It removes the pages from the mapping. Each region has offsets of its
 *      own in the files of all clients (.pgoff). So no mapping of the next
 *      event of the slot loses a page.
 *   4. It puts the reference.
 *
 * kring_remnants_take_back() does the same for a region that was idle, at once:
 * see core/idle.c.
 *
 * A mmap() call that has mapped the pages, but has not returned yet, has a
 * mapping that step 3 does not find. This call holds the mmap_lock for writing.
 * So step 1 takes the reference only if it gets the mmap_lock for a moment. It
 * does not wait for it, because a hostile process can hold its mmap_lock for
 * long: the remnant then stays, and the next call tries again.
 */
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/compat.h"
#include "../core/remnants.h"
#include "../core/revoke.h"
#include "mapper.h"
#include "mapping.h"

/* The first of the offsets of regions: beyond all offsets that mmap() takes. */
#define PGOFF_BASE	(1ul << (63 - PAGE_SHIFT))

/*
 * A writable mapping of an XXL event in an owned arena has the offset of its
 * region plus this. No region has an offset so high.
 */
#define PGOFF_LENT	(1ul << (64 - PAGE_SHIFT))

/* lent_fault() maps so many pages at a time, an aligned block of the mapping. */
#define FAULT_AROUND	64u

/*
 * How many mappings of one region a client may have: one for each reader, and
 * some more. Who takes pages back has to remove them from each of these.
 */
#define MAPS_MAX	(RRING_CURSORS + 16u)

/* how many times one call finds an mmap_lock busy before it gives up */
#define BUSY_MAX	16u

/* protects all mappers (mapper.h) and all remnants */
static DEFINE_SPINLOCK(lock);
static unsigned long next_pgoff = PGOFF_BASE;
static struct page *blank;		/* zeros; nobody has it writable */

int kring_remnants_start(void)
{
	blank = alloc_page(GFP_KERNEL | __GFP_ZERO);
	return blank ? 0 : -ENOMEM;
}

/* The caller ensures that no client is left. */
void kring_remnants_stop(void)
{
	put_page(blank);
}

/*
 * Take the reference to its region away from @mapper. Return the region, whose
 * reference the caller puts. Return NULL if it was taken away before. The
 * caller holds lock.
 */
static struct kring_pages *take_reference(struct kring_mapper *mapper)
{
	struct kring_pages *pages = kring_mapper_remove(mapper);

	if (pages && pages->remnants && list_empty(&pages->mapped)) {
		pages->remnants->bytes -= kring_pages_size(pages);
		pages->remnants = NULL;
		list_del(&pages->node);
	}
	return pages;
}

/* ---- the operations of a mapping ---- */

/* See ledger_open() in mapping.c. */
static void tracked_open(struct vm_area_struct *vma)
{
	struct kring_mapper *mapper = vma->vm_private_data;

	spin_lock(&lock);
	mapper->maps++;
	spin_unlock(&lock);
}

static void tracked_close(struct vm_area_struct *vma)
{
	struct kring_mapper *mapper = vma->vm_private_data;
	struct kring_pages *pages;

	spin_lock(&lock);
	if (--mapper->maps) {
		spin_unlock(&lock);
		return;
	}
	pages = take_reference(mapper);
	spin_unlock(&lock);
	if (pages)
		kring_pages_put(pages);
	kfree(mapper);
}

/*
 * Map a page of zeros where kring_remnants_trim() has removed a page. Raise
 * SIGBUS if the client was evicted, if the mapping is or can become writable,
 * or if the process itself has removed the page.
 */
static vm_fault_t tracked_fault(struct vm_fault *vmf)
{
	const struct kring_mapper *mapper = vmf->vma->vm_private_data;

	if (READ_ONCE(mapper->client->evicted) || READ_ONCE(mapper->pages) ||
	    vmf->vma->vm_flags & VM_MAYWRITE)
		return VM_FAULT_SIGBUS;
	get_page(blank);
	vmf->page = blank;
	return 0;
}

static const struct vm_operations_struct tracked_ops = {
	.open = tracked_open,
	.close = tracked_close,
	.fault = tracked_fault,
	.may_split = kring_mapping_no_split,
	.mremap = kring_mapping_no_mremap,
};

/* ---- writable mappings in an owned arena ---- */

/*
 * Return the pages that a fault of @mapper may map writable, or NULL if there
 * are none: the event is sealed, its pages were taken back, or its producer has
 * gone. The pages stay at least as long as the caller has the arena's lock
 * locked: trim waits for the lock before it puts a reference, and an eviction
 * takes references only of a client that has gone.
 */
static const struct kring_pages *
writable_pages(const struct kring_mapper *mapper)
{
	const struct kring_pages *pages;

	if (kring_client_is_gone(mapper->client))
		return NULL;
	spin_lock(&lock);
	pages = mapper->pages;
	if (pages && pages->sealed)
		pages = NULL;
	spin_unlock(&lock);
	return pages;
}

/* Map the page at @page, an offset in pages, and its neighbours. */
static vm_fault_t insert_lent(struct vm_area_struct *vma,
			      const struct kring_region *region, unsigned long page)
{
	unsigned long at = round_down(page, FAULT_AROUND);
	unsigned long end = min(at + FAULT_AROUND, region->nr_pages);
	vm_fault_t fault = VM_FAULT_NOPAGE;

	for (; at < end && fault == VM_FAULT_NOPAGE; at++)
		fault = vmf_insert_pfn(vma, vma->vm_start + (at << PAGE_SHIFT),
				       page_to_pfn(region->pages[at]));
	return fault;
}

static vm_fault_t lent_fault(struct vm_fault *vmf)
{
	const struct kring_mapper *mapper = vmf->vma->vm_private_data;
	struct kring_arena *arena = mapper->client->arena;
	vm_fault_t fault = VM_FAULT_SIGBUS;
	const struct kring_pages *pages;

	if (kring_mapping_must_fail(vmf) || mutex_lock_killable(&arena->lock))
		return VM_FAULT_SIGBUS;
	pages = writable_pages(mapper);
	if (pages)
		fault = insert_lent(vmf->vma, &pages->region,
				    vmf->pgoff - vmf->vma->vm_pgoff);
	mutex_unlock(&arena->lock);
	return fault;
}

static const struct vm_operations_struct lent_ops = {
	.open = tracked_open,
	.close = tracked_close,
	.fault = lent_fault,
	.may_split = kring_mapping_no_split,
	.mremap = kring_mapping_no_mremap,
};

/*
 * Take @pages, which are sealed, out of all writable mappings that @client has.
 * On return no write of @client reaches them. The caller has a reference to
 * @pages, and does not hold the arena's lock. May sleep.
 */
void kring_revoke_xxl(struct kring_client *client,
		      const struct kring_pages *pages)
{
	unsigned long pgoff;

	spin_lock(&lock);
	pgoff = pages->pgoff;
	spin_unlock(&lock);
	/* without an offset, no mmap() is done; a later fault maps nothing */
	if (client->inode && pgoff)
		unmap_mapping_pages(client->inode->i_mapping,
				    PGOFF_LENT + pgoff, pages->region.nr_pages,
				    true);
}

/*
 * Do the same for all XXL events of @client, which is dying: no fault of
 * @client maps a page writable any more.
 */
void kring_revoke_all_xxl(struct kring_client *client)
{
	if (client->inode)
		unmap_mapping_pages(client->inode->i_mapping, PGOFF_LENT,
				    PGOFF_LENT - 1, true);
}

/* ---- new mappings ---- */

/*
 * Count one more mapping of @pages, by the client of @new. Return its mapper:
 * @new, or the one that the client has already. Return ERR_PTR(-ENXIO) if the
 * event of @pages is gone, because then nobody would take the pages back, or
 * ERR_PTR(-EBUSY) if the client has MAPS_MAX mappings of @pages. The caller
 * holds lock.
 */
static struct kring_mapper *enlist(struct kring_mapper *new,
				   struct kring_pages *pages)
{
	struct kring_mapper *mapper;

	if (pages->is_gone)
		return ERR_PTR(-ENXIO);
	mapper = kring_mapper_enter(new, pages);
	if (mapper->maps == MAPS_MAX)
		return ERR_PTR(-EBUSY);
	mapper->maps++;
	if (!pages->pgoff) {
		pages->pgoff = next_pgoff;
		next_pgoff += pages->region.nr_pages;
	}
	return mapper;
}

/*
 * Make @vma, into which all of @pages is mapped, or is mapped by faults if @vma
 * is VM_PFNMAP, count as a mapping of @pages, for which @client has a reference.
 * Return 0, -ENXIO if the event of @pages is gone, -EBUSY if the client has
 * MAPS_MAX mappings of @pages, or -ENOMEM. After an error the caller lets
 * mmap() fail. The caller holds the mmap_lock for writing.
 */
int kring_mapping_track(struct kring_client *client, struct vm_area_struct *vma,
			struct kring_pages *pages)
{
	struct kring_mapper *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	bool is_lent = vma->vm_flags & VM_PFNMAP;
	struct kring_mapper *mapper;

	if (!new)
		return -ENOMEM;
	new->client = client;
	spin_lock(&lock);
	mapper = enlist(new, pages);
	spin_unlock(&lock);
	if (mapper != new)
		kfree(new);
	if (IS_ERR(mapper))
		return PTR_ERR(mapper);
	vma->vm_pgoff = pages->pgoff + (is_lent ? PGOFF_LENT : 0);
	vma->vm_private_data = mapper;
	vma->vm_ops = is_lent ? &lent_ops : &tracked_ops;
	return 0;
}

/*
 * @client dies: no region that it has mapped is lent again as long as it is
 * mapped. One piece of this work for each region. The caller may hold an
 * mmap_lock. May sleep.
 */
void kring_mappings_leave(struct kring_client *client)
{
	bool more;

	do {
		spin_lock(&lock);
		more = kring_mapper_leave_one(client);
		spin_unlock(&lock);
		cond_resched();
	} while (more);
}

/*
 * Take the references to regions away from all mappings of @client, which was
 * evicted, and whose mappings have no pages any more. May sleep.
 */
void kring_mappings_forget(struct kring_client *client)
{
	struct kring_mapper *mapper;
	struct kring_pages *pages;

	do {
		spin_lock(&lock);
		mapper = list_first_entry_or_null(&client->mappers,
						  struct kring_mapper,
						  of_client);
		pages = mapper ? take_reference(mapper) : NULL;
		spin_unlock(&lock);
		if (pages)
			kring_pages_put(pages);
		cond_resched();
	} while (pages);
}

/* ---- remnants ---- */

/*
 * Put the reference that an XXL slot has to @pages, because the event is gone.
 * If a process has @pages mapped, add @pages to @remnants. May sleep.
 */
void kring_remnants_add(struct kring_remnants *remnants,
			struct kring_pages *pages)
{
	spin_lock(&lock);
	pages->is_gone = true;
	if (!list_empty(&pages->mapped)) {
		pages->remnants = remnants;
		list_add_tail(&pages->node, &remnants->list);
		remnants->bytes += kring_pages_size(pages);
	}
	spin_unlock(&lock);
	kring_pages_put(pages);
}

/*
 * Return the first mapper of @pages. If the mmap_lock of its process is busy,
 * put it behind the others, count it in *@busy, and return NULL. The caller
 * holds lock.
 */
static struct kring_mapper *first_mapper(struct kring_pages *pages, u32 *busy)
{
	struct kring_mapper *mapper =
		list_first_entry(&pages->mapped, struct kring_mapper, of_pages);
	struct mm_struct *mm = mapper->client->mm;

	if (mmap_read_trylock(mm)) {
		mmap_read_unlock(mm);
		return mapper;
	}
	list_move_tail(&mapper->of_pages, &pages->mapped);
	++*busy;
	return NULL;
}

/*
 * Return a mapper of the oldest region in @remnants, or of the next one if the
 * mmap_lock of its process is busy. Return NULL if there is none, or after
 * BUSY_MAX busy locks. The caller holds lock.
 */
static struct kring_mapper *find_mapper(struct kring_remnants *remnants,
					u32 *busy)
{
	while (!list_empty(&remnants->list) && *busy < BUSY_MAX) {
		struct kring_pages *pages =
			list_first_entry(&remnants->list, struct kring_pages,
					 node);
		struct kring_mapper *mapper = first_mapper(pages, busy);

		if (mapper)
			return mapper;
		list_move_tail(&pages->node, &remnants->list);
	}
	return NULL;
}

/*
 * Return a mapper of @pages whose process has its mmap_lock free. Return NULL if
 * there is none, or after BUSY_MAX busy locks. The caller holds lock.
 */
static struct kring_mapper *find_mapper_of(struct kring_pages *pages, u32 *busy)
{
	struct kring_mapper *mapper = NULL;

	while (!mapper && !list_empty(&pages->mapped) && *busy < BUSY_MAX)
		mapper = first_mapper(pages, busy);
	return mapper;
}

/*
 * Take @pages out of all mappings of @client, which has no reference for them
 * any more. May sleep.
 */
static void remove_pages(struct kring_client *client,
			 const struct kring_pages *pages)
{
	struct kring_arena *arena = client->arena;

	if (kring_arena_is_owned(arena)) {
		/*
		 * Wait for faults that have found the reference. Not
		 * killable: the references are taken already.
		 */
		mutex_lock(&arena->lock);
		mutex_unlock(&arena->lock);
		kring_revoke_xxl(client, pages);
	}
	unmap_mapping_pages(client->inode->i_mapping, pages->pgoff,
			    pages->region.nr_pages, true);
}

/*
 * Take the pages of @mapper out of all mappings that its client has of them.
 * The caller holds lock. This function releases it for a while, and takes it
 * again. May sleep.
 */
static void take_back(struct kring_mapper *mapper)
	__must_hold(&lock)
{
	struct kring_client *client = mapper->client;
	struct kring_pages *pages = take_reference(mapper);

	kref_get(&client->ref);
	spin_unlock(&lock);
	remove_pages(client, pages);
	kring_pages_put(pages);
	kring_client_put(client);
	cond_resched();
	spin_lock(&lock);
}

/*
 * Do what kring_remnants_add() does for @pages, whose event is gone for long, and
 * take them out of all mappings now. They stay in @remnants, and the next call
 * of kring_remnants_trim() tries again, if a process that has them mapped is in
 * mmap() or munmap(). The caller holds no lock but perhaps an mmap_lock, and
 * keeps the arena. May sleep.
 */
void kring_remnants_take_back(struct kring_remnants *remnants,
			      struct kring_pages *pages)
{
	struct kring_mapper *mapper;
	u32 busy = 0;

	kring_pages_get(pages);
	kring_remnants_add(remnants, pages);
	spin_lock(&lock);
	while ((mapper = find_mapper_of(pages, &busy)))
		take_back(mapper);
	spin_unlock(&lock);
	kring_pages_put(pages);
}

/*
 * Take back pages of @remnants, the oldest first, until @remnants has at most
 * @most bytes. Return earlier if the processes that have the rest mapped are in
 * mmap() or munmap(). The caller holds no lock but perhaps an mmap_lock, and
 * keeps the arena. Takes the arena's lock if the arena is owned. May sleep.
 */
void kring_remnants_trim(struct kring_remnants *remnants, u64 most)
{
	struct kring_mapper *mapper;
	u32 busy = 0;

	spin_lock(&lock);
	while (remnants->bytes > most &&
	       (mapper = find_mapper(remnants, &busy)))
		take_back(mapper);
	spin_unlock(&lock);
}

/* ---- idle regions ---- */

/*
 * Return true if somebody uses the pages of @pages who may not see the next
 * event there: a kernel reader, a task in mmap(), a process that has pinned a
 * page, as vmsplice(2) can before Linux 6.10, or one that has kept a mapping of
 * a client that has died. The result may also be true if a process is about to
 * unmap @pages. @pages is of no event, so nobody can begin to map it, and the
 * caller has a reference. May sleep.
 */
bool kring_remnants_is_pinned(struct kring_pages *pages)
{
	unsigned long i;
	bool pinned;

	spin_lock(&lock);
	pinned = !kring_mapper_none_else(pages);
	spin_unlock(&lock);
	for (i = 0; i < pages->region.nr_pages && !pinned; i++) {
		pinned = kring_region_page_is_pinned(&pages->region, i);
		if (i % 1024 == 0)
			cond_resched();
	}
	return pinned;
}
