// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Producing in every context that there is, in all of them at once. */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#ifdef CONFIG_X86
#include <asm/apic.h>
#include <asm/nmi.h>
#endif

#include <linux/rusted_ring.h>

#include "compat.h"
#include "contexts.h"

#define PERIOD_NS	20000

/* One who produces; he does it in one context, and never twice at a time. */
struct source {
	struct rring_kwriter *kw;
	const struct producer_run *run;
	enum producer_context context;
	u32 tried;
	struct task_struct *task;
	struct tasklet_struct tasklet;
	struct hrtimer timer;
	struct irq_work work;
	bool is_lent;			/* to by_irq_work() */
	struct completion done;
};

static DEFINE_MUTEX(run_lock);	/* one run at a time: there is one NMI */
static struct source *nmi_source;
static int nmi_cpu = -1;	/* where one is due */
static u64 nmis;

void contexts_fill(void *data, u32 len, u64 source, u64 number)
{
	struct producer_event *event = data;

	event->source = source;
	event->number = number;
	memset(event + 1, (u8)number, len - sizeof(*event));
}

static bool is_discarded(const struct source *source)
{
	u32 every = source->run->discard;

	return every && source->tried % every == 0;
}

/* One try. True: it was the last. */
static bool try(struct source *source)
{
	u32 len = source->run->len;
	struct rring_kevent event;
	int err;

	err = rring_kwriter_reserve(source->kw, len, source->context, &event);
	if (!err) {
		contexts_fill(event.data, len, source->context,
			      source->run->first + source->tried);
		if (is_discarded(source))
			rring_kwriter_discard(source->kw, &event);
		else
			rring_kwriter_commit(source->kw, &event);
	}
	return ++source->tried >= source->run->tries;
}

static int by_task(void *arg)
{
	struct source *source = arg;

	while (!try(source))
		cond_resched();
	kthread_complete_and_exit(&source->done, 0);
}

static void by_tasklet(struct tasklet_struct *tasklet)
{
	struct source *source = from_tasklet(source, tasklet, tasklet);

	WARN_ON_ONCE(!in_serving_softirq());
	if (try(source))
		complete(&source->done);
	else
		tasklet_schedule(&source->tasklet);
}

static enum hrtimer_restart by_timer(struct hrtimer *timer)
{
	struct source *source = container_of(timer, struct source, timer);

	WARN_ON_ONCE(!in_hardirq());
	if (try(source)) {
		complete(&source->done);
		return HRTIMER_NORESTART;
	}
	hrtimer_forward_now(timer, ns_to_ktime(PERIOD_NS));
	return HRTIMER_RESTART;
}

static void by_irq_work(struct irq_work *work)
{
	struct source *source = container_of(work, struct source, work);

	try(source);
	/* gives it back to drive_irq_work() */
	smp_store_release(&source->is_lent, false);
}

/* On PREEMPT_RT each irq_work_sync() takes a grace period: so there is only one. */
static int drive_irq_work(void *arg)
{
	struct source *source = arg;

	while (source->tried < source->run->tries) {
		WRITE_ONCE(source->is_lent, true);
		irq_work_queue(&source->work);
		/* pairs with the release in by_irq_work() */
		while (smp_load_acquire(&source->is_lent))
			cond_resched();
	}
	irq_work_sync(&source->work);
	kthread_complete_and_exit(&source->done, 0);
}

/* ---- NMI ---- */

#ifdef CONFIG_X86
static int by_nmi(unsigned int type, struct pt_regs *regs)
{
	if (READ_ONCE(nmi_cpu) != raw_smp_processor_id())
		return NMI_DONE;
	WARN_ON_ONCE(!in_nmi());
	nmis++;
	try(nmi_source);
	/* The source is drive_nmi()'s again. */
	smp_store_release(&nmi_cpu, -1);
	return NMI_HANDLED;
}

static void send_nmi(int cpu)
{
	apic->send_IPI_mask(cpumask_of(cpu), NMI_VECTOR);
}

int contexts_init(void)
{
	return register_nmi_handler(NMI_LOCAL, by_nmi, 0, "rring_producer");
}

void contexts_exit(void)
{
	unregister_nmi_handler(NMI_LOCAL, "rring_producer");
}
#else
/* PRODUCER_ALL has no NMI, so nobody calls this function. */
static void send_nmi(int cpu)
{
}

int contexts_init(void)
{
	return 0;
}

void contexts_exit(void)
{
}
#endif

/* To each CPU in turn, this one among them; one is under way at a time. */
static int drive_nmi(void *arg)
{
	struct source *source = arg;
	int cpu = -1;

	nmi_source = source;
	while (source->tried < source->run->tries) {
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
		/* Lends by_nmi() the source, */
		smp_store_release(&nmi_cpu, cpu);
		send_nmi(cpu);
		/* which gives it back. */
		while (smp_load_acquire(&nmi_cpu) != -1)
			cond_resched();
	}
	kthread_complete_and_exit(&source->done, 0);
}

u64 contexts_nmis(void)
{
	return READ_ONCE(nmis);
}

/* ---- all at once ---- */

static int start_task(struct source *source, int (*run)(void *arg))
{
	u32 cpu = source->context == PRODUCER_OTHER_TASK ?
		cpumask_last(cpu_online_mask) : cpumask_first(cpu_online_mask);

	source->task = kthread_create(run, source, "rring_producer");
	if (IS_ERR(source->task))
		return PTR_ERR(source->task);
	kthread_bind(source->task, cpu);
	wake_up_process(source->task);
	return 0;
}

static int start(struct source *source)
{
	switch (source->context) {
	case PRODUCER_SOFTIRQ:
		tasklet_setup(&source->tasklet, by_tasklet);
		tasklet_schedule(&source->tasklet);
		return 0;
	case PRODUCER_HARDIRQ:
		hrtimer_setup(&source->timer, by_timer, CLOCK_MONOTONIC,
			      HRTIMER_MODE_REL_HARD);
		hrtimer_start(&source->timer, ns_to_ktime(PERIOD_NS),
			      HRTIMER_MODE_REL_HARD);
		return 0;
	case PRODUCER_IRQ_WORK:
		init_irq_work(&source->work, by_irq_work);
		return start_task(source, drive_irq_work);
	case PRODUCER_NMI:
		return start_task(source, drive_nmi);
	default:
		return start_task(source, by_task);
	}
}

/* It is over when the last try of it is: nothing of it runs any more. */
static void finish(struct source *source)
{
	wait_for_completion(&source->done);
	if (source->context == PRODUCER_SOFTIRQ)
		tasklet_kill(&source->tasklet);
	else if (source->context == PRODUCER_HARDIRQ)
		hrtimer_cancel(&source->timer);
}

int contexts_run(struct rring_kwriter *kw, const struct producer_run *run)
{
	struct source *sources;
	u32 started = 0;
	int err = 0;
	u32 i;

	if (!run->tries || run->len < sizeof(struct producer_event) ||
	    run->contexts & ~PRODUCER_ALL)
		return -EINVAL;
	sources = kcalloc(PRODUCER_CONTEXTS, sizeof(*sources), GFP_KERNEL);
	if (!sources)
		return -ENOMEM;
	mutex_lock(&run_lock);
	for (i = 0; i < PRODUCER_CONTEXTS && !err; i++) {
		if (!(run->contexts & BIT(i)))
			continue;
		sources[i].kw = kw;
		sources[i].run = run;
		sources[i].context = i;
		init_completion(&sources[i].done);
		err = start(&sources[i]);
		if (!err)
			started |= BIT(i);
	}
	for (i = 0; i < PRODUCER_CONTEXTS; i++)
		if (started & BIT(i))
			finish(&sources[i]);
	mutex_unlock(&run_lock);
	kfree(sources);
	return err;
}
