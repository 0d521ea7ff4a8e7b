// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * An inode for each open file, so that its mappings, and no others, can be
 * revoked: all files of a device share the device's own. They live in a file
 * system of the module's that nobody else sees, as those of DRM and cxl do.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include <linux/rusted_ring.h>

#include "inode.h"

static struct vfsmount *mount;

static int init_context(struct fs_context *context)
{
	return init_pseudo(context, RRING_MAGIC) ? 0 : -ENOMEM;
}

/*
 * No .owner: it is mounted for as long as the module is loaded, and must not
 * keep it.
 */
static struct file_system_type file_system = {
	.name = "rusted_ring",
	.init_fs_context = init_context,
	.kill_sb = kill_anon_super,
};

int rring_inode_register(void)
{
	mount = kern_mount(&file_system);
	return PTR_ERR_OR_ZERO(mount);
}

/* No inode is left. */
void rring_inode_unregister(void)
{
	kern_unmount(mount);
}

struct inode *rring_inode_new(void)
{
	return alloc_anon_inode(mount->mnt_sb);
}
