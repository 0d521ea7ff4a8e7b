// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Commands. Each ioctl has a function in this file that checks the arguments of
 * the ioctl and calls the function that does the work. The caller of such a
 * function does not hold an arena's lock.
 */
#include "compat.h"

#include <rusted_ring/internal/handle.h>
#include <rusted_ring/internal/name.h>

#include "arena.h"
#include "changes.h"
#include "client.h"
#include "command.h"
#include "descriptor.h"
#include "groups.h"
#include "pool.h"
#include "reader.h"
#include "reclaim.h"
#include "refill.h"
#include "ring.h"
#include "seal.h"
#include "wake.h"
#include "writer.h"

/* Return 0 if @name is valid or empty, else -EINVAL. */
int kring_command_check_name(const char *name)
{
	u32 at;

	return rring_name_check(name, &at) ? -EINVAL : 0;
}

static int do_create(struct kring_client *client, union kring_args *args)
{
	if (kring_command_check_name(args->create.name))
		return -EINVAL;
	return kring_descriptor_create(&args->create);
}

static int do_remove(struct kring_client *client, union kring_args *args)
{
	if (kring_command_check_name(args->remove.name) ||
	    args->remove.reserved)
		return -EINVAL;
	return kring_arena_unname(args->remove.name,
				  current->nsproxy->net_ns);
}

static int do_attach(struct kring_client *client, union kring_args *args)
{
	if (kring_command_check_name(args->attach.name))
		return -EINVAL;
	return kring_client_attach(client, &args->attach);
}

static int check_bytes(const struct rring_refill *refill)
{
	if (refill->pool != RRING_XXL)
		return refill->bytes ? -EINVAL : 0;
	if (!refill->bytes || refill->count != 1)
		return -EINVAL;
	return refill->bytes > RRING_XXL_MAX ? -E2BIG : 0;
}

static int do_refill(struct kring_client *client, union kring_args *args)
{
	struct rring_refill *refill = &args->refill;
	int err;

	if (client->role != RRING_PRODUCER)
		return -EPERM;
	if (refill->pool >= RRING_POOLS || !refill->count || refill->flags)
		return -EINVAL;
	err = check_bytes(refill);
	return err ? err : kring_pool_refill(client, refill);
}

static int do_ring_open(struct kring_client *client, union kring_args *args)
{
	if (client->role != RRING_PRODUCER)
		return -EPERM;
	if (kring_command_check_name(args->ring_open.name))
		return -EINVAL;
	return kring_ring_open(client, &args->ring_open);
}

static int do_ring_close(struct kring_client *client, union kring_args *args)
{
	return kring_ring_close(client, &args->ring_close);
}

static int do_reader_join(struct kring_client *client, union kring_args *args)
{
	if (kring_command_check_name(args->reader_join.ring_name) ||
	    kring_command_check_name(args->reader_join.name))
		return -EINVAL;
	return kring_reader_join(client, &args->reader_join);
}

static int do_reader_leave(struct kring_client *client, union kring_args *args)
{
	return kring_reader_leave(client, &args->reader_leave);
}

static int do_reader_rejoin(struct kring_client *client, union kring_args *args)
{
	return kring_reader_rejoin(client, &args->reader_rejoin);
}

/* Return true if @wait has what only RRING_WAIT_ANY has, and is another one. */
static bool has_more_than_it_may(const struct rring_wait *wait)
{
	u64 more = wait->changes;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(wait->more); i++)
		more |= wait->more[i];
	return more && wait->what != RRING_WAIT_ANY;
}

static int do_wait(struct kring_client *client, union kring_args *args)
{
	args->wait.reserved = 0;
	if (has_more_than_it_may(&args->wait))
		return -EINVAL;
	switch (args->wait.what) {
	case RRING_WAIT_READABLE:
		return kring_reader_wait_readable(client, &args->wait);
	case RRING_WAIT_WRITABLE:
	case RRING_WAIT_PEER:
		return kring_writer_wait(client, &args->wait);
	case RRING_WAIT_ANY:
		return kring_client_wait_any(client, &args->wait);
	case RRING_WAIT_CHANGES:
		return kring_changes_wait(client, &args->wait);
	default:
		return -EINVAL;
	}
}

static int do_wake(struct kring_client *client, union kring_args *args)
{
	return kring_wake(client, &args->wake);
}

static int do_pool_stat(struct kring_client *client, union kring_args *args)
{
	if (args->pool_stat.pool >= RRING_POOLS ||
	    args->pool_stat.flags & ~RRING_STAT_SWEEP)
		return -EINVAL;
	return kring_pool_count(client, &args->pool_stat);
}

static int do_reclaim(struct kring_client *client, union kring_args *args)
{
	struct rring_reclaim *reclaim = &args->reclaim;
	struct kring_pool *pool;

	if (reclaim->pool >= RRING_POOLS || !reclaim->count ||
	    reclaim->count > RRING_RECLAIM_MAX)
		return -EINVAL;
	pool = &client->arena->pool[reclaim->pool];
	if (reclaim->count > pool->capacity ||
	    reclaim->first > pool->capacity - reclaim->count)
		return -EINVAL;
	reclaim->count = kring_sweep_range_killable(pool, reclaim->first,
						    reclaim->first +
						    reclaim->count);
	/*
	 * Wake the clients that wait for a slot of this pool, because
	 * kring_sweep_range() wakes them only if it frees XXL regions.
	 */
	if (reclaim->count)
		kring_arena_wake_pools(client->arena, BIT(reclaim->pool));
	return 0;
}

static int do_seal(struct kring_client *client, union kring_args *args)
{
	u32 class = rring_handle_class(args->seal.handle);

	if (args->seal.reserved || class < RRING_L || class >= RRING_POOLS)
		return -EINVAL;
	return kring_seal(client, args->seal.handle);
}

#define COMMAND_SINCE(cmd, member, needs_client, first)			\
	[_IOC_NR(cmd)] = {						\
		.size = sizeof_field(union kring_args, member),		\
		.least = first,						\
		.attached = needs_client,				\
		.answers = _IOC_DIR(cmd) & _IOC_READ,			\
		.run = do_##member,					\
	}

#define COMMAND(cmd, member, needs_client)				\
	COMMAND_SINCE(cmd, member, needs_client,			\
		      sizeof_field(union kring_args, member))

static const struct kring_command commands[] = {
	COMMAND_SINCE(RRING_IOC_CREATE, create, false,
		      offsetof(struct rring_create, hold_limit)),
	COMMAND(RRING_IOC_REMOVE, remove, false),
	COMMAND(RRING_IOC_ATTACH, attach, false),
	COMMAND(RRING_IOC_REFILL, refill, true),
	COMMAND_SINCE(RRING_IOC_RING_OPEN, ring_open, true,
		      offsetof(struct rring_ring_open, type_name)),
	COMMAND(RRING_IOC_RING_CLOSE, ring_close, true),
	COMMAND_SINCE(RRING_IOC_READER_JOIN, reader_join, true,
		      offsetof(struct rring_reader_join, type_name)),
	COMMAND(RRING_IOC_READER_LEAVE, reader_leave, true),
	COMMAND(RRING_IOC_READER_REJOIN, reader_rejoin, true),
	COMMAND_SINCE(RRING_IOC_WAIT, wait, true,
		      offsetof(struct rring_wait, waker)),
	COMMAND(RRING_IOC_WAKE, wake, true),
	COMMAND(RRING_IOC_POOL_STAT, pool_stat, true),
	COMMAND(RRING_IOC_RECLAIM, reclaim, true),
	COMMAND(RRING_IOC_SEAL, seal, true),
};

/*
 * Return the command of the ioctl @cmd, or NULL if there is no such command.
 * Ignore the size and the direction that @cmd contains, because the program
 * stores the size of the ioctl's struct in .size of this struct.
 */
const struct kring_command *kring_command_find(unsigned int cmd)
{
	if (_IOC_TYPE(cmd) != RRING_IOC_MAGIC ||
	    _IOC_NR(cmd) >= ARRAY_SIZE(commands))
		return NULL;
	return &commands[_IOC_NR(cmd)];
}

/*
 * Check whether @client may run @command. Return 0 if @command does not need a
 * live client, or if @client is live and belongs to the caller's process.
 * Otherwise return the error of kring_client_lock(). Take the arena's lock for
 * this check, and release the lock before the return.
 */
int kring_command_check(const struct kring_command *command,
			struct kring_client *client)
{
	int err;

	if (!command->attached)
		return 0;
	err = kring_client_lock(client);
	if (!err)
		kring_client_unlock(client);
	return err;
}
