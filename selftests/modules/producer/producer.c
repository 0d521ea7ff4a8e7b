// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* /dev/rring_producer: see producer.h. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <linux/rusted_ring.h>

#include "contexts.h"

#define PLACES	8

/* One open file; its calls come one at a time. */
struct producer {
	struct mutex lock;		/* of the rest */
	struct rring_kwriter *kw;
	struct rring_kevent event[PLACES];
};

static struct rring_kwriter *left;	/* for the module's end */

union args {
	struct producer_open open;
	struct producer_run run;
	struct producer_stream stream;
	struct producer_place place;
	u32 flags;
};

static int do_open(struct producer *producer, struct producer_open *args)
{
	struct rring_kwriter_config config = {
		.arena = args->arena[0] ? args->arena : NULL,
		.arena_fd = args->arena_fd,
		.ring = args->ring[0] ? args->ring : NULL,
		.kind = args->kind,
		.policy = args->policy,
		.capacity = args->capacity,
		.stride = args->stride,
		.retain = args->retain,
	};
	struct rring_kwriter *kw;

	if (producer->kw)
		return -EBUSY;
	args->arena[sizeof(args->arena) - 1] = 0;
	args->ring[sizeof(args->ring) - 1] = 0;
	memcpy(config.stock, args->stock, sizeof(config.stock));
	kw = rring_kwriter_open(&config);
	if (IS_ERR(kw))
		return PTR_ERR(kw);
	producer->kw = kw;
	args->ring_id = rring_kwriter_ring(kw);
	return 0;
}

static int do_stat(struct producer *producer, void __user *user)
{
	struct rring_kwriter_stat of;
	struct producer_stat stat = { .nmis = contexts_nmis() };

	rring_kwriter_stat(producer->kw, &of);
	stat.sent = of.sent;
	stat.discarded = of.discarded;
	static_assert(sizeof(stat.dropped) == sizeof(of.dropped));
	memcpy(stat.dropped, of.dropped, sizeof(stat.dropped));
	return copy_to_user(user, &stat, sizeof(stat)) ? -EFAULT : 0;
}

static int do_reserve(struct producer *producer,
		      const struct producer_place *args)
{
	struct rring_kevent *event = &producer->event[args->place];
	int err;

	if (event->data || args->len < sizeof(struct producer_event))
		return -EINVAL;
	err = rring_kwriter_reserve(producer->kw, args->len, PRODUCER_TASK,
				    event);
	if (err)
		event->data = NULL;
	else
		contexts_fill(event->data, args->len, PRODUCER_TASK,
			      args->number);
	return err;
}

static int do_finish(struct producer *producer, u32 place, bool commit)
{
	struct rring_kevent *event = &producer->event[place];

	if (!event->data)
		return -EINVAL;
	if (commit)
		rring_kwriter_commit(producer->kw, event);
	else
		rring_kwriter_discard(producer->kw, event);
	event->data = NULL;
	return 0;
}

static void put_words(struct producer *producer, u32 len, u64 number)
{
	struct rring_kevent event;
	u64 *words;
	u32 i;

	if (rring_kwriter_reserve(producer->kw, len, PRODUCER_TASK, &event))
		return;
	words = event.data;
	for (i = 0; i < len / 8; i++)
		words[i] = number + i;
	rring_kwriter_commit(producer->kw, &event);
}

static int do_stream(struct producer *producer,
		     const struct producer_stream *args)
{
	u32 i;

	for (i = 0; i < args->tries; i++) {
		put_words(producer, args->len, i);
		if (i % 1024)
			continue;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static void end(struct producer *producer, u32 flags)
{
	u32 i;

	for (i = 0; i < PLACES; i++)
		if (producer->event[i].data)
			do_finish(producer, i, false);
	rring_kwriter_close(producer->kw, flags);
	producer->kw = NULL;
}

static int do_leave(struct producer *producer)
{
	if (left)
		return -EBUSY;
	left = producer->kw;
	producer->kw = NULL;
	return 0;
}

static int run(struct producer *producer, unsigned int cmd, union args *args,
	       void __user *user)
{
	int err;

	if (cmd == PRODUCER_OPEN) {
		err = do_open(producer, &args->open);
		if (!err && copy_to_user(user, &args->open, sizeof(args->open)))
			err = -EFAULT;
		return err;
	}
	if (cmd == PRODUCER_AVAILABLE)
		return put_user(contexts_available(), (u32 __user *)user);
	if (!producer->kw)
		return -ENOTCONN;
	switch (cmd) {
	case PRODUCER_RUN:
		return contexts_run(producer->kw, &args->run);
	case PRODUCER_STREAM:
		return do_stream(producer, &args->stream);
	case PRODUCER_STAT:
		return do_stat(producer, user);
	case PRODUCER_CLOSE:
		end(producer, args->flags);
		return 0;
	case PRODUCER_LEAVE:
		return do_leave(producer);
	}
	if (args->place.place >= PLACES)
		return -EINVAL;
	switch (cmd) {
	case PRODUCER_RESERVE:
		return do_reserve(producer, &args->place);
	case PRODUCER_COMMIT:
	case PRODUCER_DISCARD:
		return do_finish(producer, args->place.place,
				 cmd == PRODUCER_COMMIT);
	}
	return -ENOTTY;
}

static long producer_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	struct producer *producer = file->private_data;
	void __user *user = (void __user *)arg;
	union args args = {};
	long err;

	if (_IOC_SIZE(cmd) > sizeof(args))
		return -ENOTTY;
	if (_IOC_DIR(cmd) & _IOC_WRITE &&
	    copy_from_user(&args, user, _IOC_SIZE(cmd)))
		return -EFAULT;
	mutex_lock(&producer->lock);
	err = run(producer, cmd, &args, user);
	mutex_unlock(&producer->lock);
	return err;
}

static int producer_open(struct inode *inode, struct file *file)
{
	struct producer *producer = kzalloc(sizeof(*producer), GFP_KERNEL);

	if (!producer)
		return -ENOMEM;
	mutex_init(&producer->lock);
	file->private_data = producer;
	return 0;
}

static int producer_release(struct inode *inode, struct file *file)
{
	struct producer *producer = file->private_data;

	if (producer->kw)
		end(producer, 0);
	kfree(producer);
	return 0;
}

static const struct file_operations producer_fops = {
	.owner = THIS_MODULE,
	.open = producer_open,
	.release = producer_release,
	.unlocked_ioctl = producer_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "rring_producer",
	.fops = &producer_fops,
};

static int __init producer_init(void)
{
	int err = contexts_init();

	if (err)
		return err;
	err = misc_register(&device);
	if (err)
		contexts_exit();
	return err;
}

static void __exit producer_exit(void)
{
	misc_deregister(&device);
	contexts_exit();
	rring_kwriter_close(left, 0);
}

module_init(producer_init);
module_exit(producer_exit);

MODULE_DESCRIPTION("Kernel writers of rusted_ring, for its tests");
MODULE_LICENSE("Dual MPL/GPL");
