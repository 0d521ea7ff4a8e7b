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
 * Copy the argument of @command, a struct that begins with its size in bytes,
 * from @user to @args. Set *@size to the size that the process has stored in
 * the struct. Fields that the process's struct lacks become 0. Return 0,
 * -EFAULT if @user cannot be read, -EINVAL if *@size is below the size of the
 * struct's first version, or -E2BIG if *@size is above 4096 or a byte that the
 * kernel does not know is not zero.
 */
static int copy_args(const struct kring_command *command,
		     union kring_args *args, void __user *user, u32 *size)
{
	if (get_user(*size, (u32 __user *)user))
		return -EFAULT;
	if (*size < command->least)
		return -EINVAL;
	if (*size > RRING_PAGE)
		return -E2BIG;
	return copy_struct_from_user(args, command->size, user, *size);
}

/* Copy the answer of @command to @user, whose struct has @size bytes. */
static int copy_answer(const struct kring_command *command,
		       const union kring_args *args, void __user *user,
		       u32 size)
{
	if (!command->answers)
		return 0;
	return copy_to_user(user, args, min(size, command->size)) ? -EFAULT : 0;
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
	err = copy_args(command, &args, user, &size);
	if (err)
		return err;
	err = kring_command_check(command, client);
	if (err)
		return err;
	/* test whether the answer can be stored, before the command runs */
	err = copy_answer(command, &args, user, size);
	if (err)
		return err;
	err = command->run(client, &args);
	/* -ERESTARTSYS goes on sleeping after a handler with SA_RESTART */
	if (err == -ERESTARTSYS && client->interruptible)
		return -EINTR;
	if (err < 0)
		return err;
	args.size = size;
	return copy_answer(command, &args, user, size) ?: err;
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
