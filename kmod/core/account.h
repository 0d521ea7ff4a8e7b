/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_ACCOUNT_H
#define KRING_ACCOUNT_H

#include "compat.h"

/*
 * Counts the bytes that an arena takes: the pages of its regions, and what the
 * kernel allocates for the arena, its clients, rings and readers. The bytes of
 * all accounts together stay within the limit max_bytes.
 */
struct kring_account {
	atomic64_t bytes;
};

void kring_account_set_limit(u64 max_bytes);
bool kring_account_within_limit(u64 bytes);
u64 kring_account_total(void);
u64 kring_account_bytes(const struct kring_account *account);
int kring_account_charge(struct kring_account *account, u64 bytes);
void kring_account_uncharge(struct kring_account *account, u64 bytes);

/*
 * Allocations that are charged to .account, and that the holder frees all at
 * the same time. .bytes is their size.
 */
struct kring_tables {
	struct kring_account *account;
	u64 bytes;
};

void *kring_tables_alloc(struct kring_tables *tables, size_t n, size_t size,
			 int *err);
int kring_tables_charge(struct kring_tables *tables, size_t size);
void kring_tables_uncharge(struct kring_tables *tables);

#ifndef __KERNEL__
void kring_account_forget(void);
#endif

#endif /* KRING_ACCOUNT_H */
