// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Rings in the kernel: open, take over, close, and the end of a writer. A
 * client that takes a ring over from its last writer gets new pages, because
 * the last writer may still have the old pages mapped or pinned, and could
 * write them. The kernel copies the entries from the old pages into the new
 * pages.
 */
#include "compat.h"

#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/layout.h>
#include <rusted_ring/internal/name.h>

#include "arena.h"
#include "changes.h"
#include "client.h"
#include "reader.h"
#include "ring.h"
#include "trace.h"

struct kring_ring *kring_ring_find(struct kring_arena *arena, const char *name)
{
	u32 i;

	kring_work_add(KRING_WORK_RINGS, arena->info->max_rings);
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
	kring_tables_uncharge(&ring->tables);
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
 * Call kring_evcount_wait() until args->deadline, store the last waker of
 * @evcount in args->waker, then put the caller's reference to @ring. Return
 * what kring_evcount_wait() returns. The reference keeps @ring during the
 * sleep. In the library, put_ring() puts the reference for a thread that is
 * cancelled in the sleep. The caller does not hold the arena's lock.
 */
int kring_ring_wait(struct kring_ring *ring, struct kring_evcount *evcount,
		    struct kring_client *client,
		    const struct kring_wait_ops *ops, void *context,
		    struct rring_wait *args)
{
	int err;

	kring_on_cancel(put_ring, ring);
	err = kring_evcount_wait(evcount, client, ops, context, args->deadline);
	args->waker = READ_ONCE(evcount->waker);
	kring_on_cancel(NULL, NULL);
	kring_ring_put(ring);
	return err;
}

/*
 * Return how many events writers have dropped instead of writing them to @ring.
 * A writer in a process counts its dropped events in .drops of the ring's page,
 * and the kernel as the writer counts in .dropped[]: return the sum. The caller
 * holds the arena's lock.
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
 * Change the stall limit of @ring to @stall_ns: the kernel laps a reader that
 * stalls longer. The caller ensures that @ring was opened with a stall limit:
 * in a ring without stall limit, readers do not check whether they were lapped.
 * Wake the writer if it waits, so that it uses the new limit. The caller holds
 * the arena's lock.
 */
void kring_ring_set_stall(struct kring_ring *ring, u64 stall_ns)
{
	WRITE_ONCE(ring->info->stall_ns, stall_ns);
	kring_arena_changed(ring->arena);
	kring_ring_wake(ring, RRING_WRITER_WAITS);
}

/*
 * Return true if the stream of @ring has ended: @ring has no writer, and does
 * not await its next writer. Return false in the states OPEN and AWAITED.
 */
bool kring_ring_has_ended(const struct kring_ring *ring)
{
	return rring_flag_load(&ring->info->state) == RRING_RING_ENDED;
}

/*
 * Return a number that names the end of the present stream of @ring: the ring's
 * incarnation plus 1. When the library tells a reader that this stream has
 * ended, the library stores the number in .told of the reader's cursor. The
 * number is never 0, because a .told of 0 means that the reader was told of no
 * end.
 */
u64 kring_ring_end_mark(const struct kring_ring *ring)
{
	return (u64)rring_flag_load(&ring->info->incarnation) + 1;
}

/*
 * Lower the bits @waiters of the ring's waiters flag, and wake the tasks that
 * may have raised these bits. RRING_WRITER_WAITS: wake the tasks that sleep or
 * poll until the writer has room. RRING_READERS_WAIT: wake the tasks that sleep
 * or poll until a reader has an entry. The caller holds the arena's lock.
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
			kring_client_wake(ring->writer,
					  EPOLLOUT | EPOLLWRNORM);
	}
	if (!(waiters & RRING_READERS_WAIT))
		return;
	kring_work_add(KRING_WORK_READERS,
		       rring_flag_load(&ring->info->readers_end));
	kring_evcount_signal(&ring->readable);
	for (i = 0; i < rring_flag_load(&ring->info->readers_end); i++)
		if (ring->readers[i] && ring->readers[i]->client)
			kring_client_wake(ring->readers[i]->client,
					  EPOLLIN | EPOLLRDNORM);
}

static void note(struct kring_ring *ring, enum rring_change_kind kind,
		 const struct kring_client *writer)
{
	struct rring_change change = kring_change_of_ring(ring, kind, writer);

	kring_change_note(ring->arena, &change);
}

/* ---- the writer goes ---- */

/*
 * Return true if @ring has no writer and no reader, and no task is taking @ring
 * over. Then no client needs the entries of @ring, and the caller can free it.
 * The caller holds the arena's lock.
 */
static bool is_deserted(const struct kring_ring *ring)
{
	return !ring->writer && !ring->nr_readers && !ring->has_heir;
}

/*
 * Take @ring out of its arena, even if clients use @ring: remove all its
 * readers (also frozen ones), and wake all tasks that wait on @ring. Put the
 * reference of the arena's table; the last put of a reference frees @ring. The
 * caller holds the arena's lock, or frees the arena.
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
	rring_flag_store(&ring->info->serial, 0);
	/*
	 * M: pairs with N in the library's watch: a client that copies a zero of
	 * this ring then also finds that .serial has changed.
	 */
	rring_fence_release();
	kring_words_store(ring->info, NULL, sizeof(*ring->info));
	kring_evcount_signal(&ring->readable);
	kring_evcount_signal(&ring->writable);
	kring_ring_put(ring);
}

/*
 * If no client needs @ring any more (is_deserted()), take it out of its arena: then
 * the caller must not use @ring afterwards. The caller holds the arena's lock.
 */
void kring_ring_reap_deserted(struct kring_ring *ring)
{
	struct kring_arena *arena = ring->arena;
	struct rring_change change;

	if (!is_deserted(ring))
		return;
	change = kring_change_of_ring(ring, RRING_CHANGE_GONE, NULL);
	kring_ring_reap(ring);
	kring_change_note(arena, &change);
}

/*
 * Take the writer away from @ring, because this writer leaves or has died. The
 * stream stops at the head, and a next writer can go on at this position. Until
 * a next writer comes, @state decides what a reader sees after the last entry:
 * the end of the stream (RRING_RING_ENDED), or only that there is no new entry
 * (RRING_RING_AWAITED). A hostile writer may raise the head while this function
 * runs: the stream stops at most a lap above the window's lower end. Wake all
 * tasks that wait on @ring, and all clients that wait for a slot. If
 * @ring has no reader, take @ring out of the arena: the caller must not use
 * @ring afterwards. The caller holds the arena's lock.
 */
void kring_ring_detach(struct kring_ring *ring, enum rring_ring_state state)
{
	u64 low = kring_ring_low(ring);
	u64 end = min(kring_ring_head(ring), low + ring->info->capacity);
	const struct kring_client *writer = ring->writer;

	if (ring->info->kind == RRING_HANDLES)
		kring_ring_adopt(ring, low, end);
	/* wake the writer's threads in WAIT_PEER: they return an error now */
	kring_evcount_signal(&ring->writer->evcount);
	ring->writer = NULL;
	ring->kwriter = NULL;
	WRITE_ONCE(ring->info->writer, 0);
	rring_seq_store(&ring->info->end, end);
	/*
	 * O: pairs with P in the library's peek. Without this pair, a reader
	 * could see the new state, but an old .end.
	 */
	rring_flag_store_release(&ring->info->state, state);
	kring_arena_changed(ring->arena);
	kring_ring_wake(ring, RRING_READERS_WAIT | RRING_WRITER_WAITS);
	kring_arena_wake_pools(ring->arena, ~0u);
	note(ring, state == RRING_RING_ENDED ? RRING_CHANGE_ENDED :
					       RRING_CHANGE_AWAITED, writer);
	kring_ring_reap_deserted(ring);
}

/* ---- open and close ---- */

/* Return true if an event of a ring that @args describes can have the type. */
static bool type_fits(const struct rring_ring_open *args)
{
	return rring_type_is_valid(args->type_name, args->type_size) &&
	       (args->kind == RRING_HANDLES || args->type_size <= args->stride);
}

static int check_open(const struct rring_ring_open *args)
{
	if (args->flags || args->reserved || args->reserved2)
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
	if (!type_fits(args))
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
	info->type_size = args->type_size;
	strscpy(info->type_name, args->type_name, sizeof(info->type_name));
	rring_layout_ring(info);
	strscpy(info->name, args->name, sizeof(info->name));
}

static struct kring_ring *ring_new(struct kring_arena *arena,
				   const struct rring_ring_info *info,
				   kuid_t owner)
{
	struct kring_pages *pages;
	struct kring_ring *ring;
	int err;

	ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return ERR_PTR(-ENOMEM);
	ring->tables.account = &arena->account;
	kref_init(&ring->ref);
	ring->arena = arena;
	ring->owner = owner;
	kring_evcount_init(&ring->readable, arena);
	kring_evcount_init(&ring->writable, arena);
	err = kring_tables_charge(&ring->tables, sizeof(*ring));
	if (err)
		goto fail;
	pages = kring_pages_new(&arena->account, info->size);
	err = PTR_ERR_OR_ZERO(pages);
	if (err)
		goto fail;
	ring->pages = pages;
	if (info->kind == RRING_HANDLES)
		ring->adopted = kring_tables_alloc(&ring->tables,
						   info->capacity, sizeof(u32),
						   &err);
	if (err)
		goto fail;
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
	/* M: also after what another thread has cleared in kring_ring_reap() */
	rring_fence_release();
	kring_words_store(ring->info, info, sizeof(*info));
	ring->stall_ns = info->stall_ns;
	ring->writer = client;
	WRITE_ONCE(ring->info->writer, client->id);
	arena->rings[id] = ring;
	/*
	 * O: pairs with P in the library's watch. Without this pair, a client
	 * could see the new serial, but copy what was there before.
	 */
	rring_flag_store_release(&ring->info->serial,
				 kring_arena_next_serial(&arena->ring_serial));
	rring_flag_store_release(&ring->info->state, RRING_RING_OPEN);
	kring_arena_changed(arena);
	note(ring, RRING_CHANGE_OPENED, client);
	return 0;
}

/*
 * Return true if @ring has the geometry that @b asks for. Compare the stall
 * limit of @b with ring->stall_ns: the limit with which @ring was first opened.
 * The present limit in .info of @ring can differ from it, because
 * kring_ring_set_stall() changes only the present limit.
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
 * Return true if @ring was created with the type @name of @size bytes, or if
 * @size is 0: then the caller has given no type.
 */
bool kring_ring_has_type(const struct kring_ring *ring, const char *name,
			 u32 size)
{
	return !size || (ring->info->type_size == size &&
			 !strcmp(ring->info->type_name, name));
}

/*
 * Check whether a client of user @owner may become the writer of @ring with the
 * geometry and the type in @info. Return 0 if it may. Otherwise return the first
 * errno of this list whose condition is true. The caller holds the arena's lock.
 *
 *	-EACCES: @ring belongs to another user
 *	-EBUSY: @ring has a writer, or another client is taking @ring over
 *	-EOVERFLOW: the last writer stopped at 2^62 or above
 *	-EEXIST: @ring has another geometry
 *	-EPROTOTYPE: @ring has not the type in @info
 */
static int may_take_over(const struct kring_ring *ring, kuid_t owner,
			 const struct rring_ring_info *info)
{
	if (!uid_eq(ring->owner, owner))
		return -EACCES;
	if (ring->writer || ring->has_heir)
		return -EBUSY;
	/* keep positions below S64_MAX; only a hostile writer gets so high */
	if (rring_seq_load(&ring->info->end) > S64_MAX / 2)
		return -EOVERFLOW;
	if (!same_geometry(ring, info))
		return -EEXIST;
	return kring_ring_has_type(ring, info->type_name, info->type_size) ?
	       0 : -EPROTOTYPE;
}

/*
 * Copy @size bytes. @size is a multiple of the page size. Return 0, or -EINTR
 * if the process is being killed: then only a part is copied. May sleep.
 */
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
 * Copy the pages of @old to the pages of @fresh, for @client, which takes @old
 * over. @old has no writer. Return 0, -EINTR if the process is being killed, or
 * -EOWNERDEAD if @client has died or was evicted meanwhile. After an error,
 * take @old out of the arena if no client uses @old any more.
 *
 * The caller holds the arena's lock. This function releases the lock while it
 * copies, because the copy can take long, and takes the lock again. Meanwhile
 * .has_heir ensures that @old stays in the arena and gets no other writer. The
 * last writer may have died while it overwrote entries. The copied .claim tells
 * readers which entries can be half overwritten.
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
	/* not killable: only this task can clear .has_heir of @old */
	mutex_lock(&arena->lock);
	old->has_heir = false;
	if (!err && kring_client_is_gone(client))
		err = -EOWNERDEAD;
	if (err)
		kring_ring_reap_deserted(old);
	return err;
}

static void cap_readers(struct kring_ring *ring, u64 end)
{
	u32 i;

	for (i = 0; i < RRING_READERS; i++)
		if (ring->readers[i])
			kring_reader_cap(ring->readers[i], end);
}

/*
 * Make @client the writer of @old, and swap the pages of @old and @fresh, so
 * that the previous writer cannot write the pages that @client gets. Return 0,
 * or an error of may_take_over() or copy_entries(). The pages get a new number,
 * .incarnation. When a reader next looks at the head, it sees the new number,
 * maps the new pages, and calls READER_REJOIN, because the kernel caps the
 * readers here (see join.c). Wake no reader, because there is no new entry yet.
 * The waiters flags stay up, so that the first entry of @client wakes the
 * readers. The caller holds the arena's lock. copy_entries() releases this lock
 * for a while, and takes it again.
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
	/* @client never lowers .passed; the last writer may be hostile */
	passed = rring_seq_load(&kring_ring_page(old)->passed);
	rring_seq_store(&kring_ring_page(old)->passed, min(passed, end));
	old->head = end;
	cap_readers(old, end);
	old->writer = client;
	WRITE_ONCE(old->info->writer, client->id);
	/*
	 * O: pairs with P in the library's peek. The state is stored before
	 * .incarnation, the number of the ring's new pages, which is stored
	 * with release below. Without this order, a reader that has mapped the
	 * new pages could still see the old state, and report the end of the
	 * stream. The readers are capped before, so a reader that sees the new
	 * number is capped already.
	 */
	rring_flag_store_release(&old->info->state, RRING_RING_OPEN);
	next = rring_flag_load(&old->info->incarnation) + 1;
	rring_flag_store_release(&old->info->incarnation, next);
	kring_arena_changed(old->arena);
	note(old, RRING_CHANGE_OPENED, client);
	return 0;
}

/* What prepare() allocates for a ring, without the arena's lock. */
struct opening {
	struct rring_ring_info *info;
	struct kring_ring *fresh;	/* NULL if it was put into the arena */
};

/*
 * Allocate a ring and its pages, as @args describes the ring, and store them in
 * @opening. Return 0 if all is allocated: the caller later calls discard().
 * Otherwise return a negative errno: then nothing is allocated, and the caller
 * must not call discard(). May sleep.
 */
static int prepare(struct opening *opening, struct kring_arena *arena,
		   const struct rring_ring_open *args, kuid_t owner)
{
	opening->info = kzalloc(sizeof(*opening->info), GFP_KERNEL_ACCOUNT);
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
 * the arena. After a take-over, this is a ring with the previous writer's
 * pages. The caller must not hold the arena's lock, because it takes long to
 * free many pages. May sleep.
 */
static void discard(struct opening *opening)
{
	if (opening->fresh)
		kring_ring_put(opening->fresh);
	kfree(opening->info);
}

/*
 * Make @client the writer of the ring that @args names, and fill the output
 * fields of @args. If the ring exists, @client takes it over, and the ring gets
 * the pages of opening->fresh. Otherwise opening->fresh becomes a new ring of
 * the arena. Return the ring, without a reference for the caller. Return an
 * ERR_PTR() of an error of take_over(), or ERR_PTR(-ENOSPC) if the arena has
 * .max_rings rings. The caller holds the arena's lock. take_over() releases
 * this lock for a while, and takes it again.
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
		/* wake tasks that poll, so that they poll for this ring, too */
		if (!err)
			kring_client_wake(client, EPOLLOUT | EPOLLWRNORM);
		kring_client_unlock(client);
	}
	discard(&opening);
	return err;
}

#ifdef __KERNEL__

/*
 * Open a ring with the kernel as its writer. @kernel is client 0. After
 * success, call @attach with @context and the ring while this function holds
 * the arena's lock. Return 0: the caller then owns a reference to the ring.
 * Otherwise return a negative errno: -EINVAL if @args is not valid, -EINTR if
 * the task is being killed, or an error of prepare() or open_or_take_over().
 * Takes the arena's lock. May sleep.
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
	err = -EINTR;
	if (!mutex_lock_killable(&kernel->arena->lock)) {
		ring = open_or_take_over(kernel, &opening, args);
		err = PTR_ERR_OR_ZERO(ring);
		if (!err) {
			kref_get(&ring->ref);
			attach(context, ring);
		}
		mutex_unlock(&kernel->arena->lock);
	}
	discard(&opening);
	return err;
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
