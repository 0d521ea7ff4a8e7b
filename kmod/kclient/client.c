// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Client 0 of an arena, the kernel. It is there while the kernel writes or reads
 * rings. It has a ledger, a location like any other, from the first ring on that
 * it writes and that carries handles; and cursors, in a page that writers map
 * like any client's, from its first reader on. It has no place in the table of
 * clients, no mapping, no magazines and no quota.
 */
#include "../core/compat.h"

#include <rusted_ring/layout.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/command.h"
#include "../core/descriptor.h"
#include "client.h"

/*
 * Over .kernel, .kernel_users of all arenas, and over the birth of what it has.
 * The arena's lock nests in it, under which others look at the cursors.
 */
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
	rring_region_free(&kernel->cursors);
	mutex_destroy(&kernel->attach_lock);
	kfree(kernel);
}

static int add_ledger(struct rring_arena *arena)
{
	struct rring_client *kernel = arena->kernel;
	int err;

	if (kernel->ledger.addr)
		return 0;
	err = rring_region_alloc(&kernel->ledger, arena->info->ledger_size);
	if (err)
		return err;
	mutex_lock(&arena->lock);
	arena->ledgers[arena->nr_ledgers++] = rring_client_ledger(kernel);
	mutex_unlock(&arena->lock);
	return 0;
}

/* A serial of its own each time: writers then map the page anew. */
static int add_cursors(struct rring_arena *arena)
{
	struct rring_client *kernel = arena->kernel;
	struct rring_region cursors = {};
	int err;

	if (kernel->cursors.addr)
		return 0;
	err = rring_region_alloc(&cursors, sizeof(struct rring_cursors));
	if (err)
		return err;
	mutex_lock(&arena->lock);
	kernel->cursors = cursors;
	kernel->serial = rring_arena_next_serial(arena);
	rring_flag_store_release(&arena->info->client_serial[0],
				 kernel->serial);
	mutex_unlock(&arena->lock);
	return 0;
}

/* Under the arena's lock. */
static void remove_ledger(struct rring_arena *arena)
{
	const rring_word_t *ledger = rring_client_ledger(arena->kernel);
	u32 i;

	if (!arena->kernel->ledger.addr)
		return;
	for (i = 0; arena->ledgers[i] != ledger; i++)
		;
	arena->ledgers[i] = arena->ledgers[--arena->nr_ledgers];
}

static void put_locked(struct rring_arena *arena)
{
	struct rring_client *kernel = arena->kernel;

	if (arena->kernel_users)
		return;
	mutex_lock(&arena->lock);
	remove_ledger(arena);
	rring_flag_store_release(&arena->info->client_serial[0], 0);
	arena->kernel = NULL;
	mutex_unlock(&arena->lock);
	kernel_free(kernel);
}

static int add(struct rring_arena *arena, u32 needs)
{
	int err = 0;

	if (needs & RRING_KCLIENT_LEDGER)
		err = add_ledger(arena);
	if (!err && needs & RRING_KCLIENT_CURSORS)
		err = add_cursors(arena);
	return err;
}

static int find_or_add(struct rring_arena *arena)
{
	struct rring_client *kernel;

	if (arena->kernel)
		return 0;
	kernel = kernel_new(arena);
	if (!kernel)
		return -ENOMEM;
	mutex_lock(&arena->lock);
	arena->kernel = kernel;
	mutex_unlock(&arena->lock);
	return 0;
}

/* For one more writer or reader, with what that @needs. May sleep. */
struct rring_client *rring_kclient_get(struct rring_arena *arena, u32 needs)
{
	struct rring_client *kernel;
	int err;

	mutex_lock(&kernel_lock);
	err = find_or_add(arena);
	if (!err) {
		err = add(arena, needs);
		arena->kernel_users += !err;
		kernel = arena->kernel;
		if (err)
			put_locked(arena);
	}
	mutex_unlock(&kernel_lock);
	return err ? ERR_PTR(err) : kernel;
}

/* Its rings are adopted, and it holds and reads nothing any more. May sleep. */
void rring_kclient_put(struct rring_arena *arena)
{
	mutex_lock(&kernel_lock);
	arena->kernel_users--;
	put_locked(arena);
	mutex_unlock(&kernel_lock);
}

/* A reference to the arena of that name, or without one, of that descriptor. */
struct rring_arena *rring_kclient_arena(struct net *net, const char *name,
					int fd)
{
	if (!name)
		return rring_descriptor_arena(fd);
	return rring_arena_lookup(name, net ?: &init_net);
}

/* @name, if it is one, into RRING_NAME_MAX bytes; NULL is the empty one. */
int rring_kclient_name(char *to, const char *name)
{
	if (!name)
		return 0;
	if (strscpy(to, name, RRING_NAME_MAX) < 0)
		return -EINVAL;
	return rring_command_check_name(to);
}
