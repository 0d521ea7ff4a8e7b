// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Each open file gets an inode of its own, so that an eviction can revoke the
 * mappings of this file and no others: by default, all files of a device share
 * one inode. These inodes are in a file system that only the module mounts, as
 * in DRM and cxl.
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
 * No .owner: the module keeps this file system mounted while it is loaded, and
 * a mount holds a reference to .owner. If .owner were the module, the module
 * could never be unloaded.
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

/* Called when no inode is left. */
void kring_inode_unregister(void)
{
	kern_unmount(mount);
}

/* A new inode with a reference, or an ERR_PTR(). May sleep. */
struct inode *kring_inode_new(void)
{
	return alloc_anon_inode(mount->mnt_sb);
}
