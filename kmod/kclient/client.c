// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Client 0 of an arena is the kernel itself. Client 0 exists while the kernel
 * has a writer or a reader in the arena. The first kernel writer of a ring of
 * handles gives client 0 a ledger. Sweeps read this ledger as they read the
 * ledger of a process. The first kernel reader gives client 0 a page of
 * cursors, its positions in rings. Processes that write rings map this page
 * read-only. Client 0 is not in the arena's table of clients. It has no
 * process, no magazines and no quota.
 */
#include "../core/compat.h"

#include <rusted_ring/internal/layout.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/command.h"
#include "../core/descriptor.h"
#include "../core/ledger.h"
#include "client.h"

/*
 * Protects .kernel_users of all arenas. A task that changes .kernel of an arena
 * (a pointer to client 0), or .ledger or .cursors of client 0, holds
 * kernel_lock. For a change of .kernel or .cursors, the task takes kernel_lock
 * first and the arena's lock second. So a task that only reads .kernel or
 * .cursors needs only the arena's lock.
 */
static DEFINE_MUTEX(kernel_lock);

static struct kring_client *kernel_new(struct kring_arena *arena)
{
	struct kring_client *kernel = kring_client_new(false, NULL);

	if (!kernel)
		return NULL;
	kring_arena_get(arena);
	kernel->arena = arena;
	kernel->role = RRING_PRODUCER;
	kernel->state = RRING_CLIENT_LIVE;
	kring_evcount_init(&kernel->evcount, arena);
	return kernel;
}

/*
 * Give client 0 of @arena a ledger if it has none. Return 0, -ENOSPC if the
 * limit max_bytes of the module would be exceeded, -ENOMEM, or -EINTR if the
 * task is being killed. The caller holds kernel_lock. This function takes the
 * arena's lock, and may sleep.
 */
static int add_ledger(struct kring_arena *arena)
{
	struct kring_client *kernel = arena->kernel;
	int err;

	if (kernel->ledger.addr)
		return 0;
	err = kring_region_alloc(&kernel->ledger, &arena->account,
				 arena->info->ledger_size);
	if (err)
		return err;
	if (mutex_lock_killable(&arena->lock)) {
		kring_region_free(&kernel->ledger);
		return -EINTR;
	}
	kring_ledger_init(kernel);
	kring_arena_add_ledger(arena, kernel);
	mutex_unlock(&arena->lock);
	return 0;
}

/*
 * Give client 0 of @arena a page of cursors if it has none. Store a new serial
 * with the page: a writer that sees the new serial maps the new page. Return 0,
 * -ENOSPC if the limit max_bytes of the module would be exceeded, -ENOMEM, or
 * -EINTR if the task is being killed. The caller holds kernel_lock. This
 * function takes the arena's lock, and may sleep.
 */
static int add_cursors(struct kring_arena *arena)
{
	struct kring_client *kernel = arena->kernel;
	struct kring_pages *cursors;

	if (kernel->cursors)
		return 0;
	cursors = kring_pages_new(&arena->account,
				  sizeof(struct rring_cursors));
	if (IS_ERR(cursors))
		return PTR_ERR(cursors);
	if (mutex_lock_killable(&arena->lock)) {
		kring_pages_put(cursors);
		return -EINTR;
	}
	kernel->cursors = cursors;
	kernel->serial = kring_arena_next_serial(&arena->client_serial);
	rring_flag_store_release(&arena->info->client_serial[0],
				 kernel->serial);
	mutex_unlock(&arena->lock);
	return 0;
}

/*
 * If no kernel writer or reader uses client 0 of @arena, take client 0 out of
 * @arena and free it. The caller holds kernel_lock. This function takes the
 * arena's lock, also if the task is being killed, because it is a release.
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
	kring_client_put(kernel);
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
	if (mutex_lock_killable(&arena->lock)) {
		kring_client_put(kernel);
		return -EINTR;
	}
	arena->kernel = kernel;
	mutex_unlock(&arena->lock);
	return 0;
}

/*
 * Begin one use of client 0 of @arena, for a kernel writer or reader. Create
 * client 0 if it is missing, and each missing region that a KCLIENT_* bit of
 * @needs names. Return client 0, or an ERR_PTR(): -ENOSPC if the limit
 * max_bytes of the module would be exceeded, -ENOMEM, or -EINTR if the task is
 * being killed. After an error no use has begun. The caller has a reference to
 * @arena, and ends the use by kclient_put() before it puts that reference. This
 * function takes kernel_lock and the arena's lock, and may sleep.
 */
struct kring_client *kclient_get(struct kring_arena *arena, u32 needs)
{
	struct kring_client *kernel;
	int err;

	if (mutex_lock_killable(&kernel_lock))
		return ERR_PTR(-EINTR);
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
 * End one use of client 0 of @arena that kclient_get() began. The end of the
 * last use frees client 0. Before this call, a kernel writer leaves its ring
 * and drops its holds, and a kernel reader leaves its ring. This function takes
 * kernel_lock and the arena's lock, and may sleep.
 */
void kclient_put(struct kring_arena *arena)
{
	mutex_lock(&kernel_lock);	/* not killable: this is a release */
	arena->kernel_users--;
	free_if_unused(arena);
	mutex_unlock(&kernel_lock);
}

/*
 * Find the arena named @name in the network namespace @net, or in the initial
 * namespace if @net is NULL. If @name is NULL, find the arena of the file
 * descriptor @fd of the calling task instead. Return the arena with a reference
 * for the caller, or an ERR_PTR(): -ENOENT if no arena has this name, -EINTR if
 * the task is being killed, -EBADF if @fd is not open, or -EINVAL if @fd is not
 * the descriptor of an arena. This function does not check permissions, and may
 * sleep.
 */
struct kring_arena *kclient_arena(struct net *net, const char *name,
				  int fd)
{
	if (!name)
		return kring_descriptor_arena(fd);
	return kring_arena_lookup(name, net ?: &init_net);
}

/*
 * Copy @text to @to, which has room for RRING_NAME_MAX bytes. Return 0, or
 * -EINVAL if @text is too long. If @text is NULL, copy nothing and return 0: @to
 * keeps the zeros that the caller has stored there, and they mean that there is
 * no text.
 */
int kclient_text(char *to, const char *text)
{
	return text && strscpy(to, text, RRING_NAME_MAX) < 0 ? -EINVAL : 0;
}

/*
 * Copy @name like kclient_text(). Also return -EINVAL if rring_name_check() finds
 * a fault in @name.
 */
int kclient_name(char *to, const char *name)
{
	return kclient_text(to, name) ?: kring_command_check_name(to);
}
