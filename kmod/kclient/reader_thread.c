// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* The thread of a kernel reader: calls the owner's callback for each event. */
#include "../core/compat.h"

#include <linux/kthread.h>
#include <rusted_ring/internal/layout.h>

#include "../core/arena.h"
#include "../core/ring.h"
#include "../core/wait.h"
#include "reader.h"

#define BATCH	64	/* events between two looks at .stop */

/*
 * Call the callback for the next event. The callback gets a copy of the
 * payload, which no process can change. The event then counts as received, even
 * if the original is overwritten meanwhile. A payload above .copy_size is not
 * copied: the callback gets no data, but can call rring_kreader_copy(). Returns
 * 0, also if the event was overwritten before the copy was complete; -EAGAIN;
 * or -EPIPE. May sleep.
 */
static int deliver_next(struct rring_kreader *kr)
{
	struct rring_kentry entry;
	int err = kreader_next(kr);

	if (err)
		return err;
	entry = kr->entry;
	entry.data = NULL;
	if (entry.len <= kr->copy_size) {
		err = rring_kreader_copy(kr, 0, kr->copy, entry.len);
		entry.data = kr->copy;
		if (!err)
			kr->verdict = KREADER_ENTRY_VALID;
	}
	if (!err)
		kr->event(kr->context, kr, &entry);
	kreader_finish(kr);
	return 0;
}

/* Deliver at most BATCH events. 0: there may be more; or -EAGAIN, -EPIPE. */
static int deliver_batch(struct rring_kreader *kr)
{
	int err = 0;
	u32 i;

	for (i = 0; i < BATCH && !err; i++)
		err = deliver_next(kr);
	return err;
}

/* Call .ended once for each end: .told changes when another one is found. */
static int kreader_thread(void *context)
{
	struct rring_kreader *kr = context;
	u64 told = 0;
	int err;

	while ((err = kreader_sleep(kr, RRING_FOREVER)) != -ESHUTDOWN) {
		/* a pending signal would prevent every further sleep */
		if (err)
			flush_signals(current);
		if (deliver_batch(kr) == -EPIPE && kr->told != told) {
			told = kr->told;
			if (kr->ended)
				kr->ended(kr->context, kr);
		}
		cond_resched();
	}
	return 0;
}

/* Largest payload that is copied: an XL slot, or an inline ring's stride. */
static u32 copy_size(const struct rring_kreader *kr)
{
	return kr->handles ? rring_slot_size(RRING_XL) : kr->stride;
}

/*
 * Create and start the thread, which may call callbacks before this function
 * returns. Returns 0, -ENOMEM, or the error of kthread_create() (-EINTR: the
 * task was killed).
 */
int kreader_thread_start(struct rring_kreader *kr,
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
	thread = kthread_create(kreader_thread, kr, "rring/%u/%u",
				kr->arena->id, kr->ring->id);
	if (IS_ERR(thread)) {
		kvfree(kr->copy);
		return PTR_ERR(thread);
	}
	/* with the reference the thread may exit before kthread_stop() */
	get_task_struct(thread);
	kr->thread = thread;
	wake_up_process(thread);
	return 0;
}

/*
 * Stop the thread, if there is one, and wait for its exit. On return no
 * callback runs or is called again. A callback must not call this. Takes the
 * arena's lock. May sleep.
 */
void kreader_thread_stop(struct rring_kreader *kr)
{
	if (!kr->thread)
		return;
	mutex_lock(&kr->arena->lock);
	kr->stop = true;
	mutex_unlock(&kr->arena->lock);
	kring_evcount_signal(&kr->ring->readable);
	kthread_stop(kr->thread);
	put_task_struct(kr->thread);
	kvfree(kr->copy);
}
