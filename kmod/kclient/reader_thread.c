// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* A thread that reads for a kernel reader, and hands each event to its owner. */
#include "../core/compat.h"

#include <linux/kthread.h>
#include <rusted_ring/layout.h>

#include "../core/arena.h"
#include "../core/ring.h"
#include "../core/wait.h"
#include "reader.h"

#define BATCH	64	/* events, before it looks whether it is to stop */

/*
 * A copy goes to the owner, which nobody changes under him: so that counts as
 * received, whatever happens to the original. What is too large for that he
 * copies himself.
 */
static int hand_on(struct rring_kreader *kr)
{
	struct rring_kentry entry;
	int err = rring_kreader_next(kr);

	if (err)
		return err;
	entry = kr->entry;
	entry.data = NULL;
	if (entry.len <= kr->copy_size) {
		err = rring_kreader_copy(kr, 0, kr->copy, entry.len);
		entry.data = kr->copy;
		if (!err)
			kr->verdict = RRING_KENTRY_FINE;
	}
	if (!err)
		kr->event(kr->context, kr, &entry);
	rring_kreader_done(kr);
	return 0;
}

static void end(struct rring_kreader *kr)
{
	mutex_lock(&kr->arena->lock);
	kr->end_told = true;
	mutex_unlock(&kr->arena->lock);
	if (kr->ended)
		kr->ended(kr->context, kr);
}

static int read_batch(struct rring_kreader *kr)
{
	int err = 0;
	u32 i;

	for (i = 0; i < BATCH && !err; i++)
		err = hand_on(kr);
	return err;
}

static int run(void *context)
{
	struct rring_kreader *kr = context;
	int err;

	while ((err = rring_kreader_sleep(kr, RRING_FOREVER)) != -ESHUTDOWN) {
		/* nobody has business to signal it, or it would never sleep */
		if (err)
			flush_signals(current);
		if (read_batch(kr) == -EPIPE)
			end(kr);
		cond_resched();
	}
	return 0;
}

/* What slots below XXL take, or the ring itself. */
static u32 copy_size(const struct rring_kreader *kr)
{
	return kr->handles ? rring_slot_size(RRING_XL) : kr->stride;
}

int rring_kthread_start(struct rring_kreader *kr,
			const struct rring_kreader_config *config)
{
	struct task_struct *thread;

	kr->event = config->event;
	kr->ended = config->ended;
	kr->context = config->context;
	kr->copy_size = copy_size(kr);
	kr->copy = kvmalloc(kr->copy_size, GFP_KERNEL_ACCOUNT);
	if (!kr->copy)
		return -ENOMEM;
	thread = kthread_create(run, kr, "rring/%u/%u", kr->arena->id,
				kr->ring->id);
	if (IS_ERR(thread)) {
		kvfree(kr->copy);
		return PTR_ERR(thread);
	}
	/* it may end before it is stopped */
	get_task_struct(thread);
	kr->thread = thread;
	wake_up_process(thread);
	return 0;
}

/* After this it has called its owner for the last time. */
void rring_kthread_stop(struct rring_kreader *kr)
{
	if (!kr->thread)
		return;
	mutex_lock(&kr->arena->lock);
	kr->stop = true;
	mutex_unlock(&kr->arena->lock);
	rring_gate_open(&kr->ring->readable);
	kthread_stop(kr->thread);
	put_task_struct(kr->thread);
	kvfree(kr->copy);
}
