// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Accounts: how many bytes each arena takes, and all arenas together. What is
 * allocated for an arena is charged to the arena's account before it is
 * allocated, and uncharged after it is freed. So the sum of all accounts is at
 * least what the arenas take, and at most max_bytes.
 *
 * In the module, the pages are also charged to the memory cgroup of the task
 * that allocates them: see GFP_KERNEL_ACCOUNT.
 */
#include "compat.h"

#include "account.h"
#include "idle.h"

/* how often a charge frees idle regions; others may take what gets free */
#define TRIES	16u

static atomic64_t total;	/* bytes of all accounts together */
static u64 limit = U64_MAX;	/* of total */

/*
 * Set the limit for the bytes of all accounts together to @max_bytes, rounded
 * down to whole pages. The module calls this function once, before it creates
 * an arena.
 */
void kring_account_set_limit(u64 max_bytes)
{
	limit = max_bytes & ~(PAGE_SIZE - 1ull);
}

/*
 * Return true if @bytes are within the limit for all accounts together. If the
 * result is false, so many bytes can never be charged.
 */
bool kring_account_within_limit(u64 bytes)
{
	return bytes <= limit;
}

/* Return the bytes of all accounts together. */
u64 kring_account_total(void)
{
	return atomic64_read(&total);
}

/* Return the bytes that are charged to @account. */
u64 kring_account_bytes(const struct kring_account *account)
{
	return atomic64_read(&account->bytes);
}

/*
 * Charge @bytes to @account. If all accounts together would exceed the limit,
 * first free idle regions of XXL events. Return 0, or -ENOSPC if this frees too
 * little, or others take what it frees: then nothing is charged. The caller
 * holds no arena's lock. May sleep.
 */
int kring_account_charge(struct kring_account *account, u64 bytes)
{
	u32 tries = TRIES;
	u64 sum;

	if (bytes > limit)
		return -ENOSPC;
	while ((sum = atomic64_add_return(bytes, &total)) > limit) {
		atomic64_sub(bytes, &total);
		if (!tries-- || fatal_signal_pending(current) ||
		    !kring_idle_give_back(sum - limit))
			return -ENOSPC;
	}
	atomic64_add(bytes, &account->bytes);
	return 0;
}

/* Take back a charge of @bytes to @account. Needs no lock. */
void kring_account_uncharge(struct kring_account *account, u64 bytes)
{
	atomic64_sub(bytes, &account->bytes);
	atomic64_sub(bytes, &total);
}

/*
 * Charge an allocation of @size bytes, which the caller makes itself, to the
 * account of @tables. Return 0 or an error of kring_account_charge(). The
 * caller serializes calls for the same @tables.
 */
int kring_tables_charge(struct kring_tables *tables, size_t size)
{
	u64 bytes = kring_alloc_size(size);
	int err = kring_account_charge(tables->account, bytes);

	if (!err)
		tables->bytes += bytes;
	return err;
}

/*
 * Allocate a zeroed array of @n elements of @size bytes each, and charge it to
 * the account of @tables. Return the array. If *@err is not 0, do nothing and
 * return NULL, so that a caller can allocate several arrays and look at *@err
 * once. On failure set *@err to -ENOMEM, or to -ENOSPC if the limit of all
 * accounts would be exceeded, and return NULL. The caller frees the array by
 * kvfree(), and then calls kring_tables_uncharge(). The caller serializes calls
 * for the same @tables. May sleep.
 */
void *kring_tables_alloc(struct kring_tables *tables, size_t n, size_t size,
			 int *err)
{
	void *array;

	if (!*err)
		*err = kring_tables_charge(tables, n * size);
	if (*err)
		return NULL;
	array = kvcalloc(n, size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!array)
		*err = -ENOMEM;
	return array;
}

/*
 * Take back all charges of @tables, if there are any, because the caller has
 * freed all of it.
 */
void kring_tables_uncharge(struct kring_tables *tables)
{
	if (tables->bytes)
		kring_account_uncharge(tables->account, tables->bytes);
	tables->bytes = 0;
}

#ifndef __KERNEL__

/*
 * Begin with no bytes, in a child of fork(): the regions of its parent's arenas
 * are not mapped in the child.
 */
void kring_account_forget(void)
{
	atomic64_set(&total, 0);
}

#endif /* __KERNEL__ */
