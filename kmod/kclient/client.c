// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Client 0 of an arena is the kernel itself. Client 0 exists while the kernel
 * has a writer or a reader in the arena. The first kernel writer of a ring of
 * handles gives it a ledger, which sweeps read like any other. The first kernel
 * reader gives it a page of cursors, which writers map like any client's.
 * Client 0 is not in the arena's table of clients, and has no mapping, no
 * magazines and no quota.
 */
#include "../core/compat.h"

#include <rusted_ring/internal/layout.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/command.h"
#include "../core/descriptor.h"
#include "client.h"

/*
 * Protects .kernel_users of all arenas. A task holds this lock while it changes
 * .kernel of an arena, or the ledger or the cursors of that client 0. To change
 * .kernel or the cursors it also takes the arena's lock, after this one. So a
 * task that only reads these two needs the arena's lock alone.
 */
static DEFINE_MUTEX(kernel_lock);

static struct kring_client *kernel_new(struct kring_arena *arena)
{
	struct kring_client *kernel = kring_client_new(false, NULL);

	if (!kernel)
		return NULL;
	kernel->arena = arena;
	kernel->role = RRING_PRODUCER;
	kernel->state = RRING_CLIENT_LIVE;
	kring_evcount_init(&kernel->evcount, arena);
	return kernel;
}

/*
 * Free client 0. It has no reference to the arena: each kernel writer or reader
 * has one, and calls kclient_put() before it puts that reference.
 */
static void kernel_free(struct kring_client *kernel)
{
	kring_region_free(&kernel->ledger);
	kring_region_free(&kernel->cursors);
	mutex_destroy(&kernel->attach_lock);
	kfree(kernel);
}

/*
 * Give client 0 a ledger if it has none. Returns 0; -ENOSPC: max_bytes of the
 * module is exceeded; -ENOMEM. The caller holds kernel_lock. Takes the arena's
 * lock. May sleep.
 */
static int add_ledger(struct kring_arena *arena)
{
	struct kring_client *kernel = arena->kernel;
	int err;

	if (kernel->ledger.addr)
		return 0;
	err = kring_region_alloc(&kernel->ledger, arena->info->ledger_size);
	if (err)
		return err;
	mutex_lock(&arena->lock);
	kring_arena_add_ledger(arena, kernel);
	mutex_unlock(&arena->lock);
	return 0;
}

/*
 * Give client 0 a page of cursors if it has none. Returns 0; -ENOSPC: max_bytes
 * of the module is exceeded; -ENOMEM. Each new page comes with a new serial: a
 * writer that sees the new serial maps the new page. The caller holds
 * kernel_lock. Takes the arena's lock. May sleep.
 */
static int add_cursors(struct kring_arena *arena)
{
	struct kring_client *kernel = arena->kernel;
	struct kring_region cursors = {};
	int err;

	if (kernel->cursors.addr)
		return 0;
	err = kring_region_alloc(&cursors, sizeof(struct rring_cursors));
	if (err)
		return err;
	mutex_lock(&arena->lock);
	kernel->cursors = cursors;
	kernel->serial = kring_arena_next_serial(arena);
	rring_flag_store_release(&arena->info->client_serial[0],
				 kernel->serial);
	mutex_unlock(&arena->lock);
	return 0;
}

/*
 * Take client 0 out of @arena and free it, if it has no user. The caller holds
 * kernel_lock. Takes the arena's lock.
 */
static void free_if_unused(struct kring_arena *arena)
{
	struct kring_client *kernel = arena->kernel;

	if (arena->kernel_users)
		return;
	mutex_lock(&arena->lock);
	if (kernel->ledger.addr)
		kring_arena_remove_ledger(arena, kernel);
	rring_flag_store_release(&arena->info->client_serial[0], 0);
	arena->kernel = NULL;
	mutex_unlock(&arena->lock);
	kernel_free(kernel);
}

static int add_regions(struct kring_arena *arena, u32 needs)
{
	int err = 0;

	if (needs & KCLIENT_LEDGER)
		err = add_ledger(arena);
	if (!err && needs & KCLIENT_CURSORS)
		err = add_cursors(arena);
	return err;
}

static int kernel_find_or_new(struct kring_arena *arena)
{
	struct kring_client *kernel;

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

/*
 * Begin one use of client 0 of @arena, for a kernel writer or reader. Creates
 * client 0, and the regions that @needs names (KCLIENT_* bits), if they are
 * missing. Returns client 0, or an ERR_PTR(): -ENOSPC: max_bytes of the module
 * is exceeded; -ENOMEM. The caller has a reference to @arena, and calls
 * kclient_put() before it puts that reference. Takes kernel_lock and the
 * arena's lock. May sleep.
 */
struct kring_client *kclient_get(struct kring_arena *arena, u32 needs)
{
	struct kring_client *kernel;
	int err;

	mutex_lock(&kernel_lock);
	err = kernel_find_or_new(arena);
	if (!err) {
		err = add_regions(arena, needs);
		arena->kernel_users += !err;
		kernel = arena->kernel;
		if (err)
			free_if_unused(arena);
	}
	mutex_unlock(&kernel_lock);
	return err ? ERR_PTR(err) : kernel;
}

/*
 * End one use of client 0 of @arena, which kclient_get() began; the last put
 * frees client 0. Before this call, a kernel writer has left its ring and
 * dropped its holds; a kernel reader has left its ring. Takes kernel_lock and
 * the arena's lock. May sleep.
 */
void kclient_put(struct kring_arena *arena)
{
	mutex_lock(&kernel_lock);
	arena->kernel_users--;
	free_if_unused(arena);
	mutex_unlock(&kernel_lock);
}

/*
 * Find the arena named @name in namespace @net (NULL: the initial one). If
 * @name is NULL, find the arena of file descriptor @fd of the calling task.
 * Return the arena with a reference, or an ERR_PTR(): -ENOENT: no arena has
 * this name; -EBADF: @fd is not open; -EINVAL: @fd is not an arena's. Does not
 * check permissions. May sleep.
 */
struct kring_arena *kclient_arena(struct net *net, const char *name,
				  int fd)
{
	if (!name)
		return kring_descriptor_arena(fd);
	return kring_arena_lookup(name, net ?: &init_net);
}

/*
 * Copy @name to the RRING_NAME_MAX bytes of @to. If @name is NULL, there is no
 * name: @to keeps the zeros that the caller has stored there. Returns 0, or
 * -EINVAL: @name is too long or has a character that is not allowed.
 */
int kclient_name(char *to, const char *name)
{
	if (!name)
		return 0;
	if (strscpy(to, name, RRING_NAME_MAX) < 0)
		return -EINVAL;
	return kring_command_check_name(to);
}
