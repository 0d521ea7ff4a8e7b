// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* The file operations of /dev/rusted_ring. They copy the ioctl arguments. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "../core/client.h"
#include "../core/command.h"
#include "chardev.h"
#include "inode.h"
#include "mapping.h"

/*
 * Copy the argument of an ioctl, a struct that begins with its size in bytes,
 * from @user to @args. Set *@size to the size that the process has stored in
 * the struct. @known is the size of the struct that the kernel knows. Return 0,
 * -EFAULT if @user cannot be read, -EINVAL if *@size is below @known, or -E2BIG
 * if *@size is above a page or a byte at offset @known or above is not zero.
 */
static int copy_args(union kring_args *args, void __user *user, u32 known,
		     u32 *size)
{
	if (get_user(*size, (u32 __user *)user))
		return -EFAULT;
	if (*size < known)
		return -EINVAL;
	if (*size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(args, known, user, *size);
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct kring_command *command = kring_command_find(cmd);
	struct kring_client *client = file->private_data;
	void __user *user = (void __user *)arg;
	union kring_args args = {};
	u32 size;
	int err;

	if (!command)
		return -ENOTTY;
	err = copy_args(&args, user, command->size, &size);
	if (err)
		return err;
	err = kring_command_check(command, client);
	if (err)
		return err;
	/* test whether the answer can be stored, before the command runs */
	if (command->answers && copy_to_user(user, &args, command->size))
		return -EFAULT;
	err = command->run(client, &args);
	if (err < 0)
		return err;
	args.size = size;
	if (command->answers && copy_to_user(user, &args, command->size))
		return -EFAULT;
	return err;
}

static int device_open(struct inode *inode, struct file *file)
{
	fmode_t both = FMODE_READ | FMODE_WRITE;
	struct kring_client *client;
	struct inode *own;

	own = kring_inode_new();
	if (IS_ERR(own))
		return PTR_ERR(own);
	client = kring_client_new((file->f_mode & both) == both, own);
	if (!client) {
		iput(own);
		return -ENOMEM;
	}
	file->private_data = client;
	file->f_mapping = own->i_mapping;
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	kring_client_release(file->private_data);
	return 0;
}

static int device_mmap(struct file *file, struct vm_area_struct *vma)
{
	return kring_mapping_mmap(file->private_data, vma);
}

static __poll_t device_poll(struct file *file, struct poll_table_struct *table)
{
	struct kring_client *client = file->private_data;

	poll_wait(file, &client->poll_queue, table);
	return kring_client_poll(client);
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

int kring_chardev_register(umode_t mode)
{
	device.mode = mode;
	return misc_register(&device);
}

void kring_chardev_unregister(void)
{
	misc_deregister(&device);
}
