// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* /dev/rring_consumer: see consumer.h. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include <linux/rusted_ring.h>

#include "consumer.h"

#define PIECE	4096

/* One open file; its calls come one at a time. */
struct consumer {
	struct mutex lock;	/* over the calls */
	struct rring_kreader *kr;
	u32 max;
	u8 *piece;

	spinlock_t seen_lock;	/* over .seen, which a thread writes */
	struct consumer_seen seen;
	wait_queue_head_t queue;
	u32 hold;
};

static struct consumer *left;	/* for the module's end */

union args {
	struct consumer_open open;
	struct consumer_copy copy;
	u64 deadline;
	u32 flags;
};

/* ---- the stream, as selftests/lib/stream.c has it ---- */

static bool words_fit(const u64 *words, u32 first, u32 n, u64 number)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (words[i] != number * 0x9e3779b97f4a7c15ull + first + i)
			return false;
	return true;
}

static bool header_fits(const struct consumer *consumer,
			const struct rring_kentry *entry)
{
	u64 rest;

	div64_u64_rem(entry->position * 5, consumer->max / 8, &rest);
	return entry->len == 8 + rest * 8 &&
	       entry->event_type == (u32)entry->position;
}

/* One too large for the reader's copy. */
static bool pieces_fit(struct consumer *consumer, struct rring_kreader *kr,
		       const struct rring_kentry *entry)
{
	u32 at, n;

	for (at = 0; at < entry->len; at += n) {
		n = min_t(u32, PIECE, entry->len - at);
		if (rring_kreader_copy(kr, at, consumer->piece, n) ||
		    !words_fit((u64 *)consumer->piece, at / 8, n / 8,
			       entry->position))
			return false;
	}
	return true;
}

static bool fits(struct consumer *consumer, struct rring_kreader *kr,
		 const struct rring_kentry *entry)
{
	if (!header_fits(consumer, entry))
		return false;
	if (!entry->data)
		return pieces_fit(consumer, kr, entry);
	return words_fit(entry->data, 0, entry->len / 8, entry->position);
}

/* ---- the thread's calls ---- */

static void take_event(void *context, struct rring_kreader *kr,
		       const struct rring_kentry *entry)
{
	struct consumer *consumer = context;
	struct consumer_seen *seen = &consumer->seen;
	bool fit;

	wait_event(consumer->queue, !READ_ONCE(consumer->hold));
	fit = fits(consumer, kr, entry);
	spin_lock(&consumer->seen_lock);
	seen->events++;
	seen->wrong += !fit;
	seen->bytes += entry->len;
	seen->large += !entry->data;
	seen->backwards += entry->position < seen->next;
	seen->next = entry->position + 1;
	spin_unlock(&consumer->seen_lock);
}

static void take_end(void *context, struct rring_kreader *kr)
{
	struct consumer *consumer = context;

	spin_lock(&consumer->seen_lock);
	consumer->seen.ends++;
	spin_unlock(&consumer->seen_lock);
}

/* ---- ioctls ---- */

static const char *name_or_null(char name[RRING_NAME_MAX])
{
	name[RRING_NAME_MAX - 1] = 0;
	return name[0] ? name : NULL;
}

static int do_open(struct consumer *consumer, struct consumer_open *args)
{
	struct rring_kreader_config config = {
		.arena = name_or_null(args->arena),
		.arena_fd = args->arena_fd,
		.ring = name_or_null(args->ring),
		.ring_id = args->ring_id,
		.name = name_or_null(args->name),
		.flags = args->flags,
		.start = args->start,
		.position = args->position,
		.context = consumer,
	};
	struct rring_kreader *kr;

	if (consumer->kr)
		return -EBUSY;
	consumer->max = args->max ?: 64;
	memset(&consumer->seen, 0, sizeof(consumer->seen));
	if (args->thread) {
		config.event = take_event;
		config.ended = take_end;
	}
	kr = rring_kreader_open(&config);
	if (IS_ERR(kr))
		return PTR_ERR(kr);
	consumer->kr = kr;
	return 0;
}

static int do_seen(struct consumer *consumer, void __user *user)
{
	struct consumer_seen seen;

	spin_lock(&consumer->seen_lock);
	seen = consumer->seen;
	spin_unlock(&consumer->seen_lock);
	return copy_to_user(user, &seen, sizeof(seen)) ? -EFAULT : 0;
}

static void set_hold(struct consumer *consumer, u32 hold)
{
	WRITE_ONCE(consumer->hold, hold);
	wake_up_all(&consumer->queue);
}

static int do_peek(struct consumer *consumer, void __user *user)
{
	struct consumer_entry args = {};
	struct rring_kentry entry;
	int err = rring_kreader_peek(consumer->kr, &entry);

	if (err)
		return err;
	args.len = entry.len;
	args.event_type = entry.event_type;
	args.position = entry.position;
	args.handle = entry.handle;
	return copy_to_user(user, &args, sizeof(args)) ? -EFAULT : 0;
}

static int do_copy(struct consumer *consumer, const struct consumer_copy *args)
{
	u32 n = min_t(u32, args->len, PIECE);
	int err = rring_kreader_copy(consumer->kr, args->offset,
				     consumer->piece, n);

	if (err)
		return err;
	return copy_to_user((void __user *)(unsigned long)args->to,
			    consumer->piece, n) ? -EFAULT : 0;
}

static int do_stat(struct consumer *consumer, void __user *user)
{
	struct rring_kreader_stat of;
	struct consumer_stat stat;

	rring_kreader_stat(consumer->kr, &of);
	stat.received = of.received;
	stat.lost = of.lost;
	stat.skipped = of.skipped;
	stat.position = of.position;
	static_assert(sizeof(stat.refused) == sizeof(of.refused));
	memcpy(stat.refused, of.refused, sizeof(stat.refused));
	return copy_to_user(user, &stat, sizeof(stat)) ? -EFAULT : 0;
}

static void end(struct consumer *consumer, u32 flags)
{
	set_hold(consumer, 0);
	rring_kreader_close(consumer->kr, flags);
	consumer->kr = NULL;
}

static int run(struct consumer *consumer, unsigned int cmd, union args *args,
	       void __user *user)
{
	if (cmd == CONSUMER_OPEN)
		return do_open(consumer, &args->open);
	if (!consumer->kr)
		return -ENOTCONN;
	switch (cmd) {
	case CONSUMER_SEEN:
		return do_seen(consumer, user);
	case CONSUMER_HOLD:
		set_hold(consumer, args->flags);
		return 0;
	case CONSUMER_PEEK:
		return do_peek(consumer, user);
	case CONSUMER_COPY:
		return do_copy(consumer, &args->copy);
	case CONSUMER_RELEASE:
		return rring_kreader_release(consumer->kr);
	case CONSUMER_WAIT:
		return rring_kreader_wait(consumer->kr, args->deadline);
	case CONSUMER_STAT:
		return do_stat(consumer, user);
	case CONSUMER_CLOSE:
		end(consumer, args->flags);
		return 0;
	case CONSUMER_LEAVE:
		if (left)
			return -EBUSY;
		left = consumer;
		return 0;
	}
	return -ENOTTY;
}

static long consumer_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	struct consumer *consumer = file->private_data;
	void __user *user = (void __user *)arg;
	union args args = {};
	long err;

	if (_IOC_SIZE(cmd) > sizeof(args) && _IOC_DIR(cmd) & _IOC_WRITE)
		return -ENOTTY;
	if (_IOC_DIR(cmd) & _IOC_WRITE &&
	    copy_from_user(&args, user, _IOC_SIZE(cmd)))
		return -EFAULT;
	mutex_lock(&consumer->lock);
	err = run(consumer, cmd, &args, user);
	mutex_unlock(&consumer->lock);
	return err;
}

static int consumer_open(struct inode *inode, struct file *file)
{
	struct consumer *consumer = kzalloc(sizeof(*consumer), GFP_KERNEL);

	if (!consumer)
		return -ENOMEM;
	consumer->piece = kmalloc(PIECE, GFP_KERNEL);
	if (!consumer->piece) {
		kfree(consumer);
		return -ENOMEM;
	}
	mutex_init(&consumer->lock);
	spin_lock_init(&consumer->seen_lock);
	init_waitqueue_head(&consumer->queue);
	file->private_data = consumer;
	return 0;
}

static void consumer_free(struct consumer *consumer)
{
	if (consumer->kr)
		end(consumer, 0);
	kfree(consumer->piece);
	kfree(consumer);
}

static int consumer_release(struct inode *inode, struct file *file)
{
	struct consumer *consumer = file->private_data;

	if (consumer != left)
		consumer_free(consumer);
	return 0;
}

static const struct file_operations consumer_fops = {
	.owner = THIS_MODULE,
	.open = consumer_open,
	.release = consumer_release,
	.unlocked_ioctl = consumer_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "rring_consumer",
	.fops = &consumer_fops,
};

static int __init consumer_init(void)
{
	return misc_register(&device);
}

static void __exit consumer_exit(void)
{
	misc_deregister(&device);
	if (left)
		consumer_free(left);
}

module_init(consumer_init);
module_exit(consumer_exit);

MODULE_DESCRIPTION("Kernel readers of rusted_ring, for its tests");
MODULE_LICENSE("Dual MPL/GPL");
