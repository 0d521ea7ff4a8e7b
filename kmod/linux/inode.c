// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Each open file of the device gets an inode of its own, so that an eviction
 * can revoke the mappings of one file and no others. By default, all files of a
 * device share one inode. The inodes of this file are in a file system that
 * only the module mounts. DRM and cxl do this, too.
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
 * The file system has no .owner. The module keeps the file system mounted while
 * the module is loaded, and a mount holds a reference to .owner. If .owner were
 * the module, the module could never be unloaded.
 */
static struct file_system_type file_system = {
	.name = "rusted_ring",
	.init_fs_context = init_context,
	.kill_sb = kill_anon_super,
};

int kring_inode_register(void)
{
	mount = kern_mount(&file_system);
	return PTR_ERR_OR_ZERO(mount);
}

/* Unmount the file system. The caller ensures that no inode is left. */
void kring_inode_unregister(void)
{
	kern_unmount(mount);
}

/* Return a new inode with a reference, or an ERR_PTR(). May sleep. */
struct inode *kring_inode_new(void)
{
	return alloc_anon_inode(mount->mnt_sb);
}
