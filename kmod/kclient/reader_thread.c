// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* A kernel reader's thread, which calls the reader's callbacks. */
#include "../core/compat.h"

#include <linux/kthread.h>
#include <rusted_ring/internal/layout.h>

#include "../core/arena.h"
#include "../core/ring.h"
#include "../core/wait.h"
#include "reader.h"

#define BATCH	64	/* most events of one deliver_batch() */

/*
 * Call .event, the callback, for the next event. The callback gets a copy of
 * the payload, which no process can change. Once the copy is complete, the
 * event counts as received, even if the writer overwrites the original. If the
 * payload exceeds .copy_size, the callback gets no data, but can call
 * rring_kreader_copy(). If the writer may have overwritten the event before the
 * copy was complete, do not call the callback. Return 0 in all these cases. If
 * kreader_next() finds no event, return its error, -EAGAIN or -EPIPE. May
 * sleep.
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

/*
 * Call deliver_next() until it returns an error, at most BATCH times. Return 0
 * if it has found BATCH events: there may be more. Otherwise return its error,
 * -EAGAIN or -EPIPE. May sleep.
 */
static int deliver_batch(struct rring_kreader *kr)
{
	int err = 0;
	u32 i;

	for (i = 0; i < BATCH && !err; i++)
		err = deliver_next(kr);
	return err;
}

/*
 * Run the reader's thread: deliver events until kreader_thread_stop() is
 * called. Call .ended once for each end of the stream that the thread finds.
 * The thread knows that an end is a new one because update_head() gives .told a
 * new value for each end.
 */
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

/*
 * Return the size of the largest payload that the thread copies: in a ring of
 * handles an XL slot, in an inline ring the stride.
 */
static u32 copy_size(const struct rring_kreader *kr)
{
	return kr->handles ? rring_slot_size(RRING_XL) : kr->stride;
}

/*
 * Create and start the reader's thread. The thread may call the callbacks of
 * @config before this function returns. Return 0, -ENOMEM, or the error of
 * kthread_create(), which is -EINTR if the calling task was killed.
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
	/* kthread_stop() needs the task_struct even if the thread has exited */
	get_task_struct(thread);
	kr->thread = thread;
	wake_up_process(thread);
	return 0;
}

/*
 * Stop the thread, if there is one, and wait until it has exited. After the
 * return no callback runs or is called again. A callback must not call this
 * function, because the thread would wait for its own exit. Takes the arena's
 * lock, also if the task is being killed, because this is a release. May sleep.
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
