// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Rings in the kernel: open, take over, close, and the end of a writer. A new
 * writer gets new pages, because the last writer may still have the old pages
 * mapped or pinned, and could write them. The kernel copies the entries into
 * the new pages.
 */
#include "compat.h"

#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "client.h"
#include "reader.h"
#include "ring.h"
#include "trace.h"

struct kring_ring *kring_ring_find(struct kring_arena *arena, const char *name)
{
	u32 i;

	for (i = 1; i <= arena->info->max_rings; i++)
		if (arena->rings[i] &&
		    !strcmp(arena->rings[i]->info->name, name))
			return arena->rings[i];
	return NULL;
}

/* Return ring @id, or NULL if there is none. No ring has the id 0. */
struct kring_ring *kring_ring_at(struct kring_arena *arena, u32 id)
{
	return id <= arena->info->max_rings ? arena->rings[id] : NULL;
}

static void ring_release(struct kref *ref)
{
	struct kring_ring *ring = container_of(ref, struct kring_ring, ref);

	if (ring->pages)
		kring_pages_put(ring->pages);
	kvfree(ring->adopted);
	kfree(ring);
}

void kring_ring_put(struct kring_ring *ring)
{
	kref_put(&ring->ref, ring_release);
}

static void put_ring(void *ring)
{
	kring_ring_put(ring);
}

/*
 * Do what kring_evcount_wait() does, and return what it returns. Then put the
 * caller's reference to @ring, which has kept @ring during the sleep.
 */
int kring_ring_wait(struct kring_ring *ring, struct kring_evcount *evcount,
		    const struct kring_wait_ops *ops, void *context,
		    u64 deadline)
{
	int err;

	kring_on_cancel(put_ring, ring);
	err = kring_evcount_wait(evcount, ops, context, deadline);
	kring_on_cancel(NULL, NULL);
	kring_ring_put(ring);
	return err;
}

/*
 * Return how many events were not written to @ring: those that a process as the
 * writer had no room for, which it counts itself in .drops of its page, and
 * those that the kernel as the writer dropped. The caller holds the arena's
 * lock.
 */
u64 kring_ring_drops(const struct kring_ring *ring)
{
	u64 drops = rring_seq_load(&kring_ring_page(ring)->drops);
	u32 i;

	for (i = 0; i < RRING_DROPS; i++)
		drops += rring_word_load(&ring->info->dropped[i]);
	return drops;
}

/*
 * Change the stall limit of @ring to @stall_ns. @ring must have been opened
 * with a limit: readers of a ring without one do not check whether they were
 * lapped. Wake the writer if it waits, so that it uses the new limit. The
 * caller holds the arena's lock.
 */
void kring_ring_set_stall(struct kring_ring *ring, u64 stall_ns)
{
	WRITE_ONCE(ring->info->stall_ns, stall_ns);
	kring_arena_changed(ring->arena);
	kring_ring_wake(ring, RRING_WRITER_WAITS);
}

/* Has the stream of @ring ended? No if @ring awaits its next writer. */
bool kring_ring_has_ended(const struct kring_ring *ring)
{
	return rring_flag_load(&ring->info->state) == RRING_RING_ENDED;
}

/*
 * Return what a client stores in .told of a reader's cursor when the reader was
 * told of the end of the ring's present incarnation: the number of the
 * incarnation plus 1. It is never 0, because 0 means that the reader was told
 * of no end.
 */
u64 kring_ring_end_mark(const struct kring_ring *ring)
{
	return (u64)rring_flag_load(&ring->info->incarnation) + 1;
}

/*
 * Lower the bits @waiters of the ring's waiters flag, and wake the tasks that
 * sleep or poll for them: the writer (RRING_WRITER_WAITS), the readers
 * (RRING_READERS_WAIT), or both. The caller holds the arena's lock.
 */
void kring_ring_wake(struct kring_ring *ring, u32 waiters)
{
	u32 i;

	kring_flag_lower(&ring->info->waiters, waiters);
	ring->wakes++;
	trace_wake(ring, waiters);
	if (waiters & RRING_WRITER_WAITS) {
		kring_evcount_signal(&ring->writable);
		if (ring->writer)
			kring_client_wake(ring->writer, EPOLLOUT | EPOLLWRNORM);
	}
	if (!(waiters & RRING_READERS_WAIT))
		return;
	kring_evcount_signal(&ring->readable);
	for (i = 0; i < rring_flag_load(&ring->info->readers_end); i++)
		if (ring->readers[i] && ring->readers[i]->client)
			kring_client_wake(ring->readers[i]->client,
					  EPOLLIN | EPOLLRDNORM);
}

/* ---- the writer goes ---- */

/*
 * Has @ring neither a writer nor a reader, and is nobody about to take it over?
 * Then nobody needs its entries.
 */
bool kring_ring_is_deserted(const struct kring_ring *ring)
{
	return !ring->writer && !ring->nr_readers && !ring->has_heir;
}

/*
 * Take @ring out of its arena, even if it is in use: remove all its readers,
 * also frozen ones, wake all tasks that wait on it, and put the reference of
 * the arena's table. The caller holds the arena's lock, or frees the arena.
 */
void kring_ring_reap(struct kring_ring *ring)
{
	u32 i;

	for (i = 0; i < RRING_READERS; i++)
		if (ring->readers[i])
			kring_reader_remove(ring->readers[i]);
	kring_ring_release_adopted(ring);
	ring->arena->rings[ring->id] = NULL;
	kring_arena_changed(ring->arena);
	memset(ring->info, 0, sizeof(*ring->info));
	kring_evcount_signal(&ring->readable);
	kring_evcount_signal(&ring->writable);
	kring_ring_put(ring);
}

/*
 * End the writing of @ring, because its writer leaves or has died. The stream
 * stops at the head, and a next writer can go on there. Until then @state
 * decides what a reader sees after the last entry: the end of the stream
 * (RRING_RING_ENDED), or just no new entry (RRING_RING_AWAITED). The stream
 * stops at most a lap above the window's lower end, whatever head a hostile
 * writer has stored. If @ring has no readers, it is freed: the caller must not
 * use it afterwards. The caller holds the arena's lock.
 */
void kring_ring_detach(struct kring_ring *ring, enum rring_ring_state state)
{
	u64 low = kring_ring_low(ring);
	u64 end = min(kring_ring_head(ring), low + ring->info->capacity);

	if (ring->info->kind == RRING_HANDLES)
		kring_ring_adopt(ring, low, end);
	/* wake the writer's threads in WAIT_PEER: they return an error now */
	kring_evcount_signal(&ring->writer->evcount);
	ring->writer = NULL;
	ring->kwriter = NULL;
	ring->info->writer = 0;
	rring_seq_store(&ring->info->end, end);
	/*
	 * O: pairs with P in the library's peek. Without it, a reader could see
	 * the new state, but an old .end.
	 */
	rring_flag_store_release(&ring->info->state, state);
	kring_arena_changed(ring->arena);
	kring_ring_wake(ring, RRING_READERS_WAIT | RRING_WRITER_WAITS);
	kring_arena_wake_pools(ring->arena, ~0u);
	if (kring_ring_is_deserted(ring))
		kring_ring_reap(ring);
}

/* ---- open and close ---- */

static int check_open(const struct rring_ring_open *args)
{
	if (args->flags || args->reserved)
		return -EINVAL;
	if (args->kind > RRING_HANDLES || args->policy > RRING_OVERWRITE)
		return -EINVAL;
	if (!args->capacity || args->capacity > RRING_RING_CAPACITY_MAX ||
	    args->retain >= args->capacity)
		return -EINVAL;
	if (args->stall_ns > S64_MAX)
		return -EINVAL;
	if (args->policy == RRING_OVERWRITE && (args->retain || args->stall_ns))
		return -EINVAL;
	if (args->kind == RRING_HANDLES)
		return args->stride ? -EINVAL : 0;
	if (args->stride < RRING_STRIDE_MIN ||
	    args->stride > RRING_STRIDE_MAX || args->stride % RRING_LINE)
		return -EINVAL;
	return 0;
}

static void fill_info(struct rring_ring_info *info,
		      const struct rring_ring_open *args)
{
	info->kind = args->kind;
	info->policy = args->policy;
	info->capacity = args->capacity;
	info->stride = args->stride;
	info->retain = args->policy == RRING_OVERWRITE ? args->capacity :
							 args->retain;
	info->stall_ns = args->stall_ns;
	rring_layout_ring(info);
	strscpy(info->name, args->name, sizeof(info->name));
}

static struct kring_ring *ring_new(struct kring_arena *arena,
				   const struct rring_ring_info *info,
				   kuid_t owner)
{
	struct rring_pages *pages;
	struct kring_ring *ring;
	int err = -ENOMEM;

	ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return ERR_PTR(err);
	kref_init(&ring->ref);
	ring->arena = arena;
	ring->owner = owner;
	kring_evcount_init(&ring->readable, arena);
	kring_evcount_init(&ring->writable, arena);
	pages = kring_pages_new(info->size);
	err = PTR_ERR_OR_ZERO(pages);
	if (err)
		goto fail;
	ring->pages = pages;
	if (info->kind == RRING_HANDLES) {
		ring->adopted = kvcalloc(info->capacity, sizeof(u32),
					 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		err = -ENOMEM;
		if (!ring->adopted)
			goto fail;
	}
	return ring;

fail:
	kring_ring_put(ring);
	return ERR_PTR(err);
}

static int add_to_arena(struct kring_ring *ring, struct kring_client *client,
			const struct rring_ring_info *info)
{
	struct kring_arena *arena = ring->arena;
	u32 id;

	for (id = 1; id <= arena->info->max_rings; id++)
		if (!arena->rings[id])
			break;
	if (id > arena->info->max_rings)
		return -ENOSPC;
	ring->id = id;
	ring->info = &arena->ring_info[id - 1];
	*ring->info = *info;
	ring->stall_ns = info->stall_ns;
	ring->writer = client;
	ring->info->writer = client->id;
	arena->rings[id] = ring;
	rring_flag_store_release(&ring->info->state, RRING_RING_OPEN);
	kring_arena_changed(arena);
	return 0;
}

/*
 * Does @ring have the geometry that @b asks for? The stall limit of @b is
 * compared with .stall_ns of @ring, the limit at its first open, because
 * kring_ring_set_stall() may have changed the present limit.
 */
static bool same_geometry(const struct kring_ring *ring,
			  const struct rring_ring_info *b)
{
	const struct rring_ring_info *a = ring->info;

	return a->kind == b->kind && a->policy == b->policy &&
	       a->capacity == b->capacity && a->stride == b->stride &&
	       a->retain == b->retain && ring->stall_ns == b->stall_ns;
}

/*
 * May user @owner become the writer of @ring with the geometry @info? Returns
 * 0: yes; -EACCES: @ring belongs to another user; -EBUSY: @ring has a writer, or
 * another client is about to become it; -EOVERFLOW: the stream stopped at 2^62
 * or above; -EEXIST: @ring has another geometry.
 */
static int may_take_over(const struct kring_ring *ring, kuid_t owner,
			 const struct rring_ring_info *info)
{
	if (!uid_eq(ring->owner, owner))
		return -EACCES;
	if (ring->writer || ring->has_heir)
		return -EBUSY;
	/* only a hostile writer gets there; positions may not exceed S64_MAX */
	if (rring_seq_load(&ring->info->end) > S64_MAX / 2)
		return -EOVERFLOW;
	return same_geometry(ring, info) ? 0 : -EEXIST;
}

/* Copy @size bytes, whole pages. Returns 0; -EINTR: the process is being killed. */
static int copy_pages(void *to, const void *from, u64 size)
{
	u64 done;

	for (done = 0; done < size; done += PAGE_SIZE) {
		memcpy(to + done, from + done, PAGE_SIZE);
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/*
 * Copy the entries of @old, which has no writer, to @fresh. Returns 0; -EINTR:
 * the process is being killed; -EOWNERDEAD: @client has died or was evicted
 * meanwhile. The caller holds the arena's lock. This releases the lock while it
 * copies, which can take long. Meanwhile .has_heir keeps @old, and without a
 * writer, so its entries stay. Some may be half overwritten; .claim, which is
 * copied too, tells which.
 */
static int copy_entries(struct kring_ring *old, struct kring_ring *fresh,
			const struct kring_client *client)
{
	struct kring_arena *arena = old->arena;
	int err;

	old->has_heir = true;
	mutex_unlock(&arena->lock);
	err = copy_pages(fresh->pages->region.addr, old->pages->region.addr,
			 kring_pages_size(old->pages));
	mutex_lock(&arena->lock);
	old->has_heir = false;
	if (!err && kring_client_is_gone(client))
		err = -EOWNERDEAD;
	if (err && kring_ring_is_deserted(old))
		kring_ring_reap(old);
	return err;
}

/*
 * Make @client the writer of @old, and swap the pages of @old and @fresh, so
 * that the last writer cannot write the pages of the new one. Returns 0, or an
 * error of may_take_over() or copy_entries(). A reader sees the new incarnation
 * when it next looks at the head, and then maps the new pages. No reader is
 * woken, because there is no new entry yet; the waiters flags stay up, so that
 * the writer's first entry wakes the readers. The caller holds the arena's lock,
 * which copy_entries() releases for a while.
 */
static int take_over(struct kring_ring *old, struct kring_ring *fresh,
		     struct kring_client *client,
		     const struct rring_ring_info *info)
{
	int err = may_take_over(old, fresh->owner, info);
	u64 claim, passed, end;
	u32 next;

	if (!err)
		err = copy_entries(old, fresh, client);
	if (err)
		return err;
	end = rring_seq_load(&old->info->end);
	swap(old->pages, fresh->pages);
	claim = clamp(rring_seq_load(&kring_ring_page(old)->claim), end,
		      end + info->capacity);
	rring_seq_store(&kring_ring_page(old)->claim, claim);
	rring_seq_store(&kring_ring_page(old)->head, end);
	/* the next writer never lowers it: no value that the last one forged */
	passed = rring_seq_load(&kring_ring_page(old)->passed);
	rring_seq_store(&kring_ring_page(old)->passed, min(passed, end));
	old->head = end;
	rring_seq_store(&old->info->begin, end);
	old->writer = client;
	old->info->writer = client->id;
	/*
	 * O: pairs with P in the library's peek. The state is stored before the
	 * incarnation. Without it, a reader that has mapped the new pages could
	 * still see the old state, and report the end of the stream.
	 */
	rring_flag_store_release(&old->info->state, RRING_RING_OPEN);
	next = rring_flag_load(&old->info->incarnation) + 1;
	rring_flag_store_release(&old->info->incarnation, next);
	kring_arena_changed(old->arena);
	return 0;
}

/* What prepare() allocates for a ring, without the arena's lock. */
struct opening {
	struct rring_ring_info *info;
	struct kring_ring *fresh;	/* NULL: installed in the arena */
};

/*
 * Allocate what @opening needs, with the pages of a ring as @args describes it.
 * Returns 0 or a negative errno. After an error nothing is allocated, and the
 * caller must not call discard(). May sleep.
 */
static int prepare(struct opening *opening, struct kring_arena *arena,
		   const struct rring_ring_open *args, kuid_t owner)
{
	opening->info = kzalloc(sizeof(*opening->info), GFP_KERNEL);
	if (!opening->info)
		return -ENOMEM;
	fill_info(opening->info, args);
	opening->fresh = ring_new(arena, opening->info, owner);
	if (IS_ERR(opening->fresh)) {
		kfree(opening->info);
		return PTR_ERR(opening->fresh);
	}
	return 0;
}

/*
 * Free what prepare() has allocated and open_or_take_over() has not put into
 * the arena. The caller must not hold the arena's lock: a ring, or the old
 * pages of one, can be large, so that freeing takes long.
 */
static void discard(struct opening *opening)
{
	if (opening->fresh)
		kring_ring_put(opening->fresh);
	kfree(opening->info);
}

/*
 * Make @client the writer of the ring that @args names. If that ring exists,
 * @client takes it over, with the pages of @opening->fresh. Otherwise
 * @opening->fresh becomes a new ring of the arena. Returns the ring, without a
 * reference for the caller, or an ERR_PTR(). The caller holds the arena's lock,
 * which take_over() releases for a while.
 */
static struct kring_ring *open_or_take_over(struct kring_client *client,
					    struct opening *opening,
					    struct rring_ring_open *args)
{
	struct kring_ring *ring = NULL;
	int err;

	if (args->name[0])
		ring = kring_ring_find(client->arena, args->name);
	if (ring) {
		err = take_over(ring, opening->fresh, client, opening->info);
	} else {
		ring = opening->fresh;
		err = add_to_arena(ring, client, opening->info);
		if (!err)
			opening->fresh = NULL;
	}
	if (err)
		return ERR_PTR(err);
	args->ring = ring->id;
	args->incarnation = rring_flag_load(&ring->info->incarnation);
	args->head = ring->head;
	return ring;
}

int kring_ring_open(struct kring_client *client, struct rring_ring_open *args)
{
	struct opening opening;
	struct kring_ring *ring;
	int err;

	err = check_open(args);
	if (err)
		return err;
	err = kring_client_lock(client);
	if (err)
		return err;
	kring_client_unlock(client);
	err = prepare(&opening, client->arena, args, current_euid());
	if (err)
		return err;
	err = kring_client_lock(client);
	if (!err) {
		ring = open_or_take_over(client, &opening, args);
		err = PTR_ERR_OR_ZERO(ring);
		/* a task that polls already does not know of this ring */
		if (!err)
			kring_client_wake(client, EPOLLOUT | EPOLLWRNORM);
		kring_client_unlock(client);
	}
	discard(&opening);
	return err;
}

#ifdef __KERNEL__

/*
 * Open a ring with the kernel as its writer: @kernel is client 0. If this
 * succeeds, call @attach with @context and the ring, under the arena's lock.
 * Returns 0, and the caller then owns a reference to the ring; or a negative
 * errno. Takes the arena's lock. May sleep.
 */
int kring_ring_open_kernel(struct kring_client *kernel,
			   struct rring_ring_open *args,
			   void (*attach)(void *context,
					  struct kring_ring *ring),
			   void *context)
{
	struct opening opening;
	struct kring_ring *ring;
	int err;

	err = check_open(args);
	if (err)
		return err;
	err = prepare(&opening, kernel->arena, args, GLOBAL_ROOT_UID);
	if (err)
		return err;
	mutex_lock(&kernel->arena->lock);
	ring = open_or_take_over(kernel, &opening, args);
	if (!IS_ERR(ring)) {
		kref_get(&ring->ref);
		attach(context, ring);
	}
	mutex_unlock(&kernel->arena->lock);
	discard(&opening);
	return PTR_ERR_OR_ZERO(ring);
}

#endif /* __KERNEL__ */

int kring_ring_close(struct kring_client *client,
		     const struct rring_ring_close *args)
{
	struct kring_ring *ring;
	int err;

	if (args->flags & ~RRING_CLOSE_AWAIT || args->reserved)
		return -EINVAL;
	err = kring_client_lock(client);
	if (err)
		return err;
	ring = kring_ring_at(client->arena, args->ring);
	if (!ring)
		err = -ENXIO;
	else if (ring->writer != client)
		err = -EPERM;
	else
		kring_ring_detach(ring, args->flags & RRING_CLOSE_AWAIT ?
				  RRING_RING_AWAITED : RRING_RING_ENDED);
	kring_client_unlock(client);
	return err;
}
