// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * What is wrong on purpose, for selftests/long/debug_kernels.sh: one fault for each
 * checker of the debug kernels. insmod rring_faulty.ko fault=NAME commits it,
 * and leaves the kernel as well as it can be left.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>

static char *fault = "";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "which");

static void use_after_free(void)
{
	int *memory = kzalloc(sizeof(*memory), GFP_KERNEL);

	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	READ_ONCE(*memory);
}

static void overrun(void)
{
	char *memory = vmalloc(100);

	OPTIMIZER_HIDE_VAR(memory);
	WRITE_ONCE(memory[100], 1);
	vfree(memory);
}

static void shift(void)
{
	int bits = 40;
	int one = 1;

	OPTIMIZER_HIDE_VAR(bits);
	pr_info("%d\n", one << bits);
}

static void leak(void)
{
	void *memory = kmalloc(200, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(memory);
}

static DEFINE_MUTEX(a);
static DEFINE_MUTEX(b);

static void both(struct mutex *first, struct mutex *second)
{
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
}

static void inversion(void)
{
	both(&a, &b);
	both(&b, &a);
}

static DEFINE_SPINLOCK(lock);

static void sleep_locked(void)
{
	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

static DEFINE_RAW_SPINLOCK(raw);

/* Both of these are allowed without PREEMPT_RT, where no spinlock sleeps. */
static void lock_unpreempted(void)
{
	preempt_disable();
	spin_lock(&lock);
	spin_unlock(&lock);
	preempt_enable();
}

static void lock_below_raw(void)
{
	raw_spin_lock(&raw);
	spin_lock(&lock);
	spin_unlock(&lock);
	raw_spin_unlock(&raw);
}

static void list(void)
{
	struct list_head head, node;

	INIT_LIST_HEAD(&head);
	list_add(&node, &head);
	list_add(&node, &head);
}

static void late(struct timer_list *timer)
{
}

static void timer(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	timer_setup(timer, late, 0);
	mod_timer(timer, jiffies + HZ * 1000);
	kfree(timer);	/* whereupon it is stopped */
}

static void refcount(void)
{
	refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
}

static int shared;

static int increment(void *done)
{
	int i;

	for (i = 0; i < 200000; i++) {
		shared++;
		barrier();
		if (!(i % 1000))
			cond_resched();
	}
	complete(done);
	return 0;
}

static void race(void)
{
	struct completion done;
	int i;

	init_completion(&done);
	for (i = 0; i < 2; i++)
		kthread_run(increment, &done, "rring_faulty");
	for (i = 0; i < 2; i++)
		wait_for_completion(&done);
	msleep(20);	/* until they have left this module */
}

static const struct {
	const char *name;
	void (*commit)(void);
} faults[] = {
	{ "use_after_free", use_after_free },
	{ "overrun", overrun },
	{ "shift", shift },
	{ "leak", leak },
	{ "inversion", inversion },
	{ "sleep_locked", sleep_locked },
	{ "lock_unpreempted", lock_unpreempted },
	{ "lock_below_raw", lock_below_raw },
	{ "list", list },
	{ "timer", timer },
	{ "refcount", refcount },
	{ "race", race },
};

static int __init faulty_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (!strcmp(fault, faults[i].name)) {
			faults[i].commit();
			return 0;
		}
	}
	return -EINVAL;
}

static void __exit faulty_exit(void)
{
}

module_init(faulty_init);
module_exit(faulty_exit);

MODULE_DESCRIPTION("What checkers of the kernel find");
MODULE_LICENSE("Dual MPL/GPL");
