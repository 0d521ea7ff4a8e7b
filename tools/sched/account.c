// SPDX-License-Identifier: MPL-2.0
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "../rring/output/report.h"
#include "account.h"

void account_init(struct account *account, unsigned int nr_cpus)
{
	account->cpus = must(calloc(nr_cpus, sizeof(*account->cpus)));
	account->nr_cpus = nr_cpus;
	account->tasks = NULL;
}

/* ---- tasks ---- */

static int compare_pids(const void *a, const void *b)
{
	const struct task *one = a, *other = b;

	return (one->pid > other->pid) - (one->pid < other->pid);
}

static struct task *find_task(struct account *account, int32_t pid,
			      int32_t tgid, const char *comm)
{
	struct task key = { .pid = pid };
	struct task **node = must(tsearch(&key, &account->tasks,
					  compare_pids));
	struct task *task = *node;

	if (task == &key) {
		task = must(calloc(1, sizeof(*task)));
		task->pid = pid;
		*node = task;
	}
	task->tgid = tgid;
	memcpy(task->comm, comm, sizeof(task->comm));
	return task;
}

/* ---- spans: from one switch to the next ---- */

static bool is_idle(const struct rring_sched_switch *from)
{
	return from->next_pid == 0;
}

static bool follows(const struct rring_sched_switch *from,
		    const struct rring_sched_switch *to)
{
	return to->number == from->number + 1 && to->prev_pid == from->next_pid;
}

/* Returns 0 if @to is earlier: an adjusted clock may step back a little. */
static uint64_t nanoseconds(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/*
 * The scheduler's account differs from the clock. It excludes the time of
 * interrupts and of the hypervisor, if the kernel knows it, and may begin when
 * the task was woken. Subtract what account_running() has already credited.
 */
static void end_task_span(struct account *account, const struct cpu *cpu,
			  const struct rring_sched_switch *to, uint64_t time)
{
	struct task *task = find_task(account, to->prev_pid, to->prev_tgid,
				      to->prev_comm);

	task->time += time;
	task->runtime += (int64_t)(to->prev_runtime - cpu->last.next_runtime -
				   cpu->credited);
}

static void end_span(struct account *account, struct cpu *cpu,
		     const struct rring_sched_switch *to)
{
	uint64_t time = nanoseconds(cpu->last.time + cpu->credited, to->time);

	cpu->time += time;
	if (!follows(&cpu->last, to))
		cpu->unknown += time;
	else if (is_idle(&cpu->last))
		cpu->idle += time;
	else
		end_task_span(account, cpu, to, time);
}

void account_switch(struct account *account, unsigned int i,
		    const struct rring_sched_switch *event)
{
	struct cpu *cpu = &account->cpus[i];

	if (cpu->last.number)
		end_span(account, cpu, event);
	cpu->switches++;
	cpu->last = *event;
	cpu->credited = 0;
	if (!is_idle(event))
		find_task(account, event->next_pid, event->next_tgid,
			  event->next_comm)->switches++;
}

void account_running(struct account *account, unsigned int i, uint64_t now)
{
	struct cpu *cpu = &account->cpus[i];
	const struct rring_sched_switch *last = &cpu->last;
	struct task *task;
	uint64_t time;

	if (!last->number)
		return;
	time = nanoseconds(last->time + cpu->credited, now);
	cpu->credited += time;
	cpu->time += time;
	if (is_idle(last)) {
		cpu->idle += time;
		return;
	}
	task = find_task(account, last->next_pid, last->next_tgid,
			 last->next_comm);
	task->time += time;
	task->runtime += (int64_t)time;
}

/* ---- all of them ---- */

/*
 * What collect() has found. twalk() passes nothing on to it, and musl has no
 * twalk_r().
 */
static struct {
	const struct task **tasks;
	size_t n;
	size_t room;
} list;

static void collect(const void *node, VISIT visit, int depth)
{
	(void)depth;
	if (visit != postorder && visit != leaf)
		return;
	if (list.n == list.room) {
		list.room = 2 * list.room + 64;
		list.tasks = must(reallocarray(list.tasks, list.room,
					       sizeof(*list.tasks)));
	}
	list.tasks[list.n++] = *(const struct task *const *)node;
}

static int compare_runtimes(const void *a, const void *b)
{
	const struct task *one = *(const struct task *const *)a;
	const struct task *other = *(const struct task *const *)b;

	if (one->runtime != other->runtime)
		return one->runtime < other->runtime ? 1 : -1;
	return compare_pids(one, other);
}

const struct task **account_busiest(const struct account *account, size_t *n)
{
	memset(&list, 0, sizeof(list));
	twalk(account->tasks, collect);
	if (list.n)
		qsort(list.tasks, list.n, sizeof(*list.tasks),
		      compare_runtimes);
	*n = list.n;
	return list.tasks;
}

void account_clear(struct account *account)
{
	unsigned int i;

	tdestroy(account->tasks, free);
	account->tasks = NULL;
	for (i = 0; i < account->nr_cpus; i++) {
		struct cpu *cpu = &account->cpus[i];

		cpu->switches = 0;
		cpu->time = 0;
		cpu->idle = 0;
		cpu->unknown = 0;
	}
}
