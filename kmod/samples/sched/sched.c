// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The module rring_sched publishes every context switch as an event in the ring
 * of the CPU that switches.
 *
 * The probe runs in the middle of a switch: interrupts are off, and the run
 * queue is locked. Each CPU has a writer of its own, so the probe never waits
 * for another CPU. The previous and the next task belong to the locked run
 * queue, and the scheduler has just updated the run times of both tasks.
 *
 * When the module is loaded, it opens a ring for each possible CPU. A CPU that
 * comes online later writes into its ring. An offline CPU writes no events.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>

#include <linux/rusted_ring.h>
#include <uapi/linux/rusted_ring_sched.h>

static char *arena = "default";
module_param(arena, charp, 0444);
MODULE_PARM_DESC(arena, "name of the arena, in the initial network namespace");

static char *prefix = "sched";
module_param(prefix, charp, 0444);
MODULE_PARM_DESC(prefix, "of the rings' names: PREFIX.0, PREFIX.1 and so on, by CPU");

static unsigned int capacity = 4096;
module_param(capacity, uint, 0444);
MODULE_PARM_DESC(capacity, "switches that each ring takes");

static char *policy = "drop";
module_param(policy, charp, 0444);
MODULE_PARM_DESC(policy, "of a full ring: drop (the new switch) or overwrite (the oldest one)");

struct recorder {
	struct rring_kwriter *kw;
	u64 number;		/* switches of the CPU, published or dropped */
};

/*
 * The probe uses the recorder of its CPU, with interrupts off. Other code uses
 * the recorders only while no probe can run.
 */
static DEFINE_PER_CPU(struct recorder, recorders);

static struct tracepoint *sched_switch;

/* ---- the probe ---- */

static u8 state_of(const struct task_struct *task, bool preempt,
		   unsigned int state)
{
	if (preempt)
		return 'R';
	return task_index_to_char(__task_state_index(state, task->exit_state));
}

static void fill(struct rring_sched_switch *to, bool preempt,
		 const struct task_struct *prev, const struct task_struct *next,
		 unsigned int prev_state)
{
	static_assert(TASK_COMM_LEN == RRING_SCHED_COMM);

	/* CLOCK_MONOTONIC, as programs read it; this call takes no lock */
	to->time = ktime_get_mono_fast_ns();
	to->cpu = raw_smp_processor_id();
	to->prev_runtime = prev->se.sum_exec_runtime;
	to->prev_pid = prev->pid;
	to->prev_tgid = prev->tgid;
	to->prev_prio = prev->prio;
	to->prev_state = state_of(prev, preempt, prev_state);
	to->preempted = preempt;
	memcpy(to->prev_comm, prev->comm, sizeof(to->prev_comm));
	to->next_runtime = next->se.sum_exec_runtime;
	to->next_pid = next->pid;
	to->next_tgid = next->tgid;
	to->next_prio = next->prio;
	memcpy(to->next_comm, next->comm, sizeof(to->next_comm));
	memset(to->reserved, 0, sizeof(to->reserved));
}

static void on_switch(void *data, bool preempt, struct task_struct *prev,
		      struct task_struct *next, unsigned int prev_state)
{
	struct recorder *recorder = this_cpu_ptr(&recorders);
	struct rring_sched_switch *to;
	struct rring_kevent event;

	recorder->number++;
	/* after an error, the writer counts the drop; readers see the count */
	if (rring_kwriter_reserve(recorder->kw, sizeof(*to),
				  RRING_SCHED_SWITCH, &event))
		return;
	to = event.data;
	to->number = recorder->number;
	fill(to, preempt, prev, next, prev_state);
	rring_kwriter_commit(recorder->kw, &event);
}

static void compare_name(struct tracepoint *tracepoint, void *data)
{
	if (!strcmp(tracepoint->name, "sched_switch"))
		sched_switch = tracepoint;
}

static int start(void)
{
	int err;

	/* the kernel does not export sched_switch by name */
	for_each_kernel_tracepoint(compare_name, NULL);
	if (!sched_switch) {
		pr_err("this kernel has no tracepoint sched_switch\n");
		return -EOPNOTSUPP;
	}
	err = tracepoint_probe_register(sched_switch, on_switch, NULL);
	if (err)
		pr_err("cannot attach to sched_switch: %d\n", err);
	return err;
}

/* Unregister the probe. After the return no probe runs, and none can start. */
static void stop(void)
{
	tracepoint_probe_unregister(sched_switch, on_switch, NULL);
	tracepoint_synchronize_unregister();
}

/* ---- the rings ---- */

static int find_policy(enum rring_policy *to)
{
	if (!strcmp(policy, "drop")) {
		*to = RRING_FAIL;
	} else if (!strcmp(policy, "overwrite")) {
		*to = RRING_OVERWRITE;
	} else {
		pr_err("policy= takes drop or overwrite\n");
		return -EINVAL;
	}
	return 0;
}

static int check_numbers(void)
{
	char name[RRING_NAME_MAX];

	if (!capacity || capacity > RRING_RING_CAPACITY_MAX) {
		pr_err("capacity= takes 1 to %u\n", RRING_RING_CAPACITY_MAX);
		return -EINVAL;
	}
	if (snprintf(name, sizeof(name), "%s.%u", prefix, nr_cpu_ids - 1) >=
	    sizeof(name)) {
		pr_err("prefix= is too long for names of %u characters\n",
		       RRING_NAME_MAX - 1);
		return -EINVAL;
	}
	return 0;
}

static int open_ring(unsigned int cpu, enum rring_policy how)
{
	struct recorder *recorder = per_cpu_ptr(&recorders, cpu);
	char name[RRING_NAME_MAX];
	struct rring_kwriter_config config = {
		.arena = arena,
		.ring = name,
		.kind = RRING_INLINE,
		.policy = how,
		.capacity = capacity,
		.stride = RRING_SCHED_STRIDE,
		.type = "struct rring_sched_switch",
		.type_size = sizeof(struct rring_sched_switch),
	};

	static_assert(sizeof(struct rring_sched_switch) <= RRING_SCHED_STRIDE);

	snprintf(name, sizeof(name), "%s.%u", prefix, cpu);
	recorder->kw = rring_kwriter_open(&config);
	if (IS_ERR(recorder->kw)) {
		pr_err("cannot write the ring %s in the arena %s: %pe\n",
		       name, arena, recorder->kw);
		return PTR_ERR(recorder->kw);
	}
	return 0;
}

static void close_rings(void)
{
	unsigned int cpu;

	/* rring_kwriter_close() ignores a .kw that is NULL or an ERR_PTR() */
	for_each_possible_cpu(cpu)
		rring_kwriter_close(per_cpu_ptr(&recorders, cpu)->kw, 0);
}

static int open_rings(enum rring_policy how)
{
	unsigned int cpu;
	int err;

	for_each_possible_cpu(cpu) {
		err = open_ring(cpu, how);
		if (err) {
			close_rings();
			return err;
		}
	}
	return 0;
}

/* ---- the module ---- */

/*
 * Log how many switches all CPUs together have recorded, and how many of these
 * were dropped. A reader's totals can be compared with these numbers.
 */
static void tell_sums(void)
{
	struct rring_kwriter_stat stat;
	u64 switches = 0, dropped = 0;
	unsigned int cpu, i;

	for_each_possible_cpu(cpu) {
		struct recorder *recorder = per_cpu_ptr(&recorders, cpu);

		switches += recorder->number;
		rring_kwriter_stat(recorder->kw, &stat);
		for (i = 0; i < RRING_DROPS; i++)
			dropped += stat.dropped[i];
	}
	pr_info("%llu switches, of which %llu were dropped\n", switches,
		dropped);
}

static int __init rring_sched_init(void)
{
	enum rring_policy how;
	int err = find_policy(&how);

	if (!err)
		err = check_numbers();
	if (!err)
		err = open_rings(how);
	if (err)
		return err;
	err = start();
	if (err)
		close_rings();
	return err;
}

static void __exit rring_sched_exit(void)
{
	stop();
	tell_sums();
	close_rings();
}

module_init(rring_sched_init);
module_exit(rring_sched_exit);

MODULE_AUTHOR("The rusted_ring authors");
MODULE_VERSION("0.2.0");
MODULE_DESCRIPTION("Context switches as events of rusted_ring");
MODULE_LICENSE("Dual MPL/GPL");
