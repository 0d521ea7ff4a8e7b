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
#else
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/smp.h>
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

/* An NMI has come to this CPU. True: it was due here. */
static bool by_nmi(void)
{
	if (READ_ONCE(nmi_cpu) != raw_smp_processor_id())
		return false;
	WARN_ON_ONCE(!in_nmi());
	nmis++;
	try(nmi_source);
	/* The source is drive_nmi()'s again. */
	smp_store_release(&nmi_cpu, -1);
	return true;
}

#ifdef CONFIG_X86
/* Sent from one CPU to another. */
static int handle_nmi(unsigned int type, struct pt_regs *regs)
{
	return by_nmi() ? NMI_HANDLED : NMI_DONE;
}

static int begin_nmis(void)
{
	return 0;
}

static void end_nmis(void)
{
}

static void send_nmi(int cpu)
{
	apic->send_IPI_mask(cpumask_of(cpu), NMI_VECTOR);
}

static void expect_nmi(int cpu)
{
}

static bool there_is_an_nmi(void)
{
	return true;
}

static int register_nmi(void)
{
	return register_nmi_handler(NMI_LOCAL, handle_nmi, 0, "rring_producer");
}

void contexts_exit(void)
{
	unregister_nmi_handler(NMI_LOCAL, "rring_producer");
}
#else
/*
 * A counter of cycles overflows on each CPU, again and again. Whether its
 * interrupt is an NMI shows when it comes: on arm64 it is one if the kernel was
 * configured for pseudo-NMIs (CONFIG_ARM64_PSEUDO_NMI) and booted with
 * irqchip.gicv3_pseudo_nmi=1.
 */
#define CYCLES	20000		/* from one overflow to the next */

static DEFINE_PER_CPU(struct perf_event *, counter);
static bool there_was_an_overflow;
static bool it_was_an_nmi;

static void by_overflow(struct perf_event *event, struct perf_sample_data *data,
			struct pt_regs *regs)
{
	if (!READ_ONCE(there_was_an_overflow)) {
		WRITE_ONCE(it_was_an_nmi, !!in_nmi());
		/* pairs with the acquire in there_is_an_nmi() */
		smp_store_release(&there_was_an_overflow, true);
	}
	by_nmi();
}

static void end_nmis(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		if (per_cpu(counter, cpu))
			perf_event_release_kernel(per_cpu(counter, cpu));
		per_cpu(counter, cpu) = NULL;
	}
}

static int begin_nmis(void)
{
	struct perf_event_attr cycles = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.size = sizeof(cycles),
		.sample_period = CYCLES,
		.pinned = 1,
	};
	struct perf_event *event;
	int cpu;

	for_each_online_cpu(cpu) {
		event = perf_event_create_kernel_counter(&cycles, cpu, NULL,
							 by_overflow, NULL);
		if (IS_ERR(event)) {
			end_nmis();
			return PTR_ERR(event);
		}
		per_cpu(counter, cpu) = event;
	}
	return 0;
}

/* They come without that. */
static void send_nmi(int cpu)
{
}

static void do_nothing(void *arg)
{
}

/* A CPU that sleeps has no cycles. */
static void expect_nmi(int cpu)
{
	smp_call_function_single(cpu, do_nothing, NULL, 1);
}

/* An overflow comes at once; if none does, there is none. */
static bool there_is_an_nmi(void)
{
	unsigned long end = jiffies + HZ;
	bool there_is;

	if (begin_nmis())
		return false;
	/* pairs with the release in by_overflow() */
	while (!smp_load_acquire(&there_was_an_overflow) &&
	       time_before(jiffies, end))
		cond_resched();
	there_is = READ_ONCE(it_was_an_nmi);
	end_nmis();
	return there_is;
}

static int register_nmi(void)
{
	return 0;
}

void contexts_exit(void)
{
}
#endif

static u32 available = BIT(PRODUCER_CONTEXTS) - 1;

/* Sets .available: which contexts this kernel has. */
int contexts_init(void)
{
	if (!there_is_an_nmi())
		available &= ~BIT(PRODUCER_NMI);
	return register_nmi();
}

u32 contexts_available(void)
{
	return available;
}

/* To each CPU in turn, this one among them; one is under way at a time. */
static int drive_nmi(void *arg)
{
	struct source *source = arg;
	int err = begin_nmis();
	int cpu = -1;

	WARN_ON_ONCE(err);
	nmi_source = source;
	while (!err && source->tried < source->run->tries) {
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
		/* Lends by_nmi() the source, */
		smp_store_release(&nmi_cpu, cpu);
		send_nmi(cpu);
		/* which gives it back. */
		while (smp_load_acquire(&nmi_cpu) != -1) {
			expect_nmi(cpu);
			cond_resched();
		}
	}
	end_nmis();
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
	    run->contexts & ~available)
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
