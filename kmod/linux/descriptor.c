// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The file descriptor of an arena, which CREATE returns. The descriptor holds a
 * reference to the arena. A process can pass the descriptor to another process,
 * which can then attach to the arena.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/nsproxy.h>

#include "../core/arena.h"
#include "../core/descriptor.h"

static int arena_release(struct inode *inode, struct file *file)
{
	kring_arena_put(file->private_data);
	return 0;
}

static const struct file_operations arena_fops = {
	.owner = THIS_MODULE,
	.release = arena_release,
	.llseek = noop_llseek,
};

/*
 * Create the arena that @args describes. Return a new descriptor of the arena,
 * which is close-on-exec, or a negative errno: -EMFILE, -ENFILE, -ENOMEM, or an
 * error of kring_arena_new().
 */
int kring_descriptor_create(const struct rring_create *args)
{
	struct kring_arena *arena;
	int fd;

	arena = kring_arena_new(args, current->nsproxy->net_ns);
	if (IS_ERR(arena))
		return PTR_ERR(arena);
	fd = anon_inode_getfd("[rusted_ring]", &arena_fops, arena,
			      O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	kring_arena_forget_name(arena);
	kring_arena_put(arena);
	return fd;
}

/*
 * Return the arena of descriptor @fd of the calling task, with a reference for
 * the caller. Return ERR_PTR(-EBADF) if @fd is not open, or ERR_PTR(-EINVAL) if
 * @fd is not the descriptor of an arena.
 */
struct kring_arena *kring_descriptor_arena(int fd)
{
	struct kring_arena *arena = ERR_PTR(-EINVAL);
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op == &arena_fops) {
		arena = file->private_data;
		kring_arena_get(arena);
	}
	fput(file);
	return arena;
}
