// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * /dev/rusted_ring: the file operations, and ioctls in and out of user memory.
 * Nothing here runs under an arena's lock.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>

#include "arena.h"
#include "chardev.h"
#include "client.h"
#include "mapping.h"
#include "reader.h"
#include "ring.h"
#include "writer.h"

/* The largest ioctl struct. */
union args {
	u32 size;
	struct rring_create create;
	struct rring_remove remove;
	struct rring_attach attach;
	struct rring_refill refill;
	struct rring_ring_open ring_open;
	struct rring_ring_close ring_close;
	struct rring_reader_join reader_join;
	struct rring_reader_leave reader_leave;
	struct rring_reader_rejoin reader_rejoin;
	struct rring_wait wait;
	struct rring_wake wake;
	struct rring_pool_stat pool_stat;
};

/* Closed by a zero, printable, and no path. */
static int check_name(const char *name)
{
	size_t i;

	for (i = 0; i < RRING_NAME_MAX && name[i]; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '/')
			return -EINVAL;
	return i < RRING_NAME_MAX ? 0 : -EINVAL;
}

/* ---- an arena's descriptor ---- */

static int arena_release(struct inode *inode, struct file *file)
{
	rring_arena_put(file->private_data);
	return 0;
}

static const struct file_operations arena_fops = {
	.owner = THIS_MODULE,
	.release = arena_release,
	.llseek = noop_llseek,
};

/* A reference to the arena that @fd stands for. */
struct rring_arena *rring_arena_from_fd(int fd)
{
	struct rring_arena *arena = ERR_PTR(-EINVAL);
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op == &arena_fops) {
		arena = file->private_data;
		rring_arena_get(arena);
	}
	fput(file);
	return arena;
}

/* ---- ioctls ---- */

static int do_create(struct rring_client *client, struct file *file,
		     union args *args)
{
	struct rring_arena *arena;
	int fd;

	if (check_name(args->create.name))
		return -EINVAL;
	arena = rring_arena_create(&args->create, current->nsproxy->net_ns);
	if (IS_ERR(arena))
		return PTR_ERR(arena);
	fd = anon_inode_getfd("[rusted_ring]", &arena_fops, arena,
			      O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	rring_arena_forget_name(arena);
	rring_arena_put(arena);
	return fd;
}

static int do_remove(struct rring_client *client, struct file *file,
		     union args *args)
{
	if (check_name(args->remove.name) || args->remove.reserved)
		return -EINVAL;
	return rring_arena_remove(args->remove.name,
				  current->nsproxy->net_ns);
}

static int do_attach(struct rring_client *client, struct file *file,
		     union args *args)
{
	if (check_name(args->attach.name))
		return -EINVAL;
	return rring_client_attach(client, file, &args->attach);
}

static int do_refill(struct rring_client *client, struct file *file,
		     union args *args)
{
	struct rring_refill *refill = &args->refill;

	if (client->role != RRING_PRODUCER)
		return -EPERM;
	if (refill->pool >= RRING_POOLS || !refill->count || refill->flags)
		return -EINVAL;
	return rring_pool_refill(client, refill->pool, refill->deadline,
				 &refill->count);
}

static int do_ring_open(struct rring_client *client, struct file *file,
			union args *args)
{
	if (client->role != RRING_PRODUCER)
		return -EPERM;
	if (check_name(args->ring_open.name))
		return -EINVAL;
	return rring_ring_open(client, &args->ring_open);
}

static int do_ring_close(struct rring_client *client, struct file *file,
			 union args *args)
{
	return rring_ring_close(client, &args->ring_close);
}

static int do_reader_join(struct rring_client *client, struct file *file,
			  union args *args)
{
	if (check_name(args->reader_join.ring_name) ||
	    check_name(args->reader_join.name))
		return -EINVAL;
	return rring_reader_join(client, &args->reader_join);
}

static int do_reader_leave(struct rring_client *client, struct file *file,
			   union args *args)
{
	return rring_reader_leave(client, &args->reader_leave);
}

static int do_reader_rejoin(struct rring_client *client, struct file *file,
			    union args *args)
{
	return rring_reader_rejoin(client, &args->reader_rejoin);
}

static int do_wait(struct rring_client *client, struct file *file,
		   union args *args)
{
	switch (args->wait.what) {
	case RRING_WAIT_READABLE:
		return rring_reader_wait_readable(client, &args->wait);
	case RRING_WAIT_WRITABLE:
	case RRING_WAIT_PEER:
		return rring_writer_wait(client, &args->wait);
	case RRING_WAIT_ANY:
		return rring_client_wait_any(client, &args->wait);
	default:
		return -EINVAL;
	}
}

static int do_wake(struct rring_client *client, struct file *file,
		   union args *args)
{
	const struct rring_wake *wake = &args->wake;
	u32 waiters = wake->flags & (RRING_WAKE_READERS | RRING_WAKE_WRITER);
	struct rring_ring *ring;
	int err;

	if (wake->flags & ~(RRING_WAKE_READERS | RRING_WAKE_WRITER |
			    RRING_WAKE_POOLS))
		return -EINVAL;
	err = rring_client_lock(client);
	if (err)
		return err;
	client->arena->info->wakes++;
	if (wake->flags & RRING_WAKE_POOLS)
		rring_arena_wake_pools(client->arena, wake->pools);
	if (waiters) {
		ring = rring_ring_at(client->arena, wake->ring);
		if (ring)
			rring_ring_wake(ring, waiters);
		else
			err = -ENXIO;
	}
	rring_client_unlock(client);
	return err;
}

static int do_pool_stat(struct rring_client *client, struct file *file,
			union args *args)
{
	if (args->pool_stat.pool >= RRING_POOLS ||
	    args->pool_stat.flags & ~RRING_STAT_SWEEP)
		return -EINVAL;
	return rring_pool_stat(client, &args->pool_stat);
}

struct command {
	u32 size;
	bool attached;		/* only for a live client */
	bool answers;		/* in the struct */
	int (*run)(struct rring_client *client, struct file *file,
		   union args *args);
};

#define COMMAND(cmd, member, needs_client)				\
	[_IOC_NR(cmd)] = {						\
		.size = sizeof_field(union args, member),		\
		.attached = needs_client,				\
		.answers = _IOC_DIR(cmd) & _IOC_READ,			\
		.run = do_##member,					\
	}

static const struct command commands[] = {
	COMMAND(RRING_IOC_CREATE, create, false),
	COMMAND(RRING_IOC_REMOVE, remove, false),
	COMMAND(RRING_IOC_ATTACH, attach, false),
	COMMAND(RRING_IOC_REFILL, refill, true),
	COMMAND(RRING_IOC_RING_OPEN, ring_open, true),
	COMMAND(RRING_IOC_RING_CLOSE, ring_close, true),
	COMMAND(RRING_IOC_READER_JOIN, reader_join, true),
	COMMAND(RRING_IOC_READER_LEAVE, reader_leave, true),
	COMMAND(RRING_IOC_READER_REJOIN, reader_rejoin, true),
	COMMAND(RRING_IOC_WAIT, wait, true),
	COMMAND(RRING_IOC_WAKE, wake, true),
	COMMAND(RRING_IOC_POOL_STAT, pool_stat, true),
};

/* A struct of any size that the caller knows, as in clone3(2). */
static int copy_args(union args *args, void __user *user, u32 known, u32 *size)
{
	if (get_user(*size, (u32 __user *)user))
		return -EFAULT;
	if (*size < known)
		return -EINVAL;
	if (*size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(args, known, user, *size);
}

/* Is @client alive, and the caller's own? */
static int check_client(struct rring_client *client)
{
	int err = rring_client_lock(client);

	if (!err)
		rring_client_unlock(client);
	return err;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct rring_client *client = file->private_data;
	void __user *user = (void __user *)arg;
	const struct command *command;
	union args args = {};
	u32 size;
	int err;

	if (_IOC_TYPE(cmd) != RRING_IOC_MAGIC ||
	    _IOC_NR(cmd) >= ARRAY_SIZE(commands))
		return -ENOTTY;
	command = &commands[_IOC_NR(cmd)];
	err = copy_args(&args, user, command->size, &size);
	if (err)
		return err;
	if (command->attached) {
		err = check_client(client);
		if (err)
			return err;
	}
	/* nothing is to change if the answer cannot be given */
	if (command->answers && copy_to_user(user, &args, command->size))
		return -EFAULT;
	err = command->run(client, file, &args);
	if (err < 0)
		return err;
	args.size = size;
	if (command->answers && copy_to_user(user, &args, command->size))
		return -EFAULT;
	return err;
}

/* ---- the file ---- */

static int device_open(struct inode *inode, struct file *file)
{
	file->private_data = rring_client_new();
	return file->private_data ? 0 : -ENOMEM;
}

static int device_release(struct inode *inode, struct file *file)
{
	rring_client_free(file->private_data);
	return 0;
}

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	return rring_mapping_mmap(file->private_data, vma);
}

static __poll_t device_poll(struct file *file, struct poll_table_struct *table)
{
	return rring_client_poll(file->private_data, file, table);
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.mmap = device_mmap,
	.poll = device_poll,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "rusted_ring",
	.fops = &device_fops,
};

int rring_chardev_register(umode_t mode)
{
	device.mode = mode;
	return misc_register(&device);
}

void rring_chardev_unregister(void)
{
	misc_deregister(&device);
}
