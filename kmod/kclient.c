// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Client 0 of an arena, the kernel. It is there while the kernel writes rings,
 * and has a ledger, a location like any other, from the first of them that
 * carries handles. It has no place in the table of clients, no mapping, no
 * magazines and no quota.
 */
#include "compat.h"

#include <rusted_ring/layout.h>

#include "arena.h"
#include "client.h"
#include "kclient.h"

/* Over .kernel, .kernel_writers of all arenas, and over the ledger's birth. */
static DEFINE_MUTEX(kernel_lock);

static struct rring_client *kernel_new(struct rring_arena *arena)
{
	struct rring_client *kernel = rring_client_new(false, NULL);

	if (!kernel)
		return NULL;
	kernel->arena = arena;
	kernel->role = RRING_PRODUCER;
	kernel->state = RRING_CLIENT_LIVE;
	rring_gate_init(&kernel->gate, arena);
	return kernel;
}

/* No reference of its own: whoever gets it has the arena, and puts it first. */
static void kernel_free(struct rring_client *kernel)
{
	rring_region_free(&kernel->ledger);
	mutex_destroy(&kernel->attach_lock);
	kfree(kernel);
}

static int add_ledger(struct rring_arena *arena)
{
	struct rring_client *kernel = arena->kernel;
	int err;

	if (kernel->ledger.addr)
		return 0;
	err = rring_region_alloc(&kernel->ledger,
				 rring_layout_ledger_size(arena->info->slots));
	if (err)
		return err;
	mutex_lock(&arena->lock);
	arena->ledgers[arena->nr_ledgers++] = rring_client_ledger(kernel);
	mutex_unlock(&arena->lock);
	return 0;
}

static void remove_ledger(struct rring_arena *arena)
{
	const rring_word_t *ledger = rring_client_ledger(arena->kernel);
	u32 i;

	if (!arena->kernel->ledger.addr)
		return;
	mutex_lock(&arena->lock);
	for (i = 0; arena->ledgers[i] != ledger; i++)
		;
	arena->ledgers[i] = arena->ledgers[--arena->nr_ledgers];
	mutex_unlock(&arena->lock);
}

static void put_locked(struct rring_arena *arena)
{
	if (arena->kernel_writers)
		return;
	remove_ledger(arena);
	kernel_free(arena->kernel);
	arena->kernel = NULL;
}

/* For one more writer; with a ledger, if it shares events. May sleep. */
struct rring_client *rring_kclient_get(struct rring_arena *arena, bool ledger)
{
	struct rring_client *kernel;
	int err = 0;

	mutex_lock(&kernel_lock);
	if (!arena->kernel)
		arena->kernel = kernel_new(arena);
	kernel = arena->kernel;
	if (!kernel)
		err = -ENOMEM;
	else if (ledger)
		err = add_ledger(arena);
	if (!err)
		arena->kernel_writers++;
	else if (kernel)
		put_locked(arena);
	mutex_unlock(&kernel_lock);
	return err ? ERR_PTR(err) : kernel;
}

/* Its rings are adopted, and it holds nothing any more. May sleep. */
void rring_kclient_put(struct rring_arena *arena)
{
	mutex_lock(&kernel_lock);
	arena->kernel_writers--;
	put_locked(arena);
	mutex_unlock(&kernel_lock);
}
