// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Clients: attach, the regions of a client, the wait for several rings, and poll.
 */
#include "compat.h"

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "barrier.h"
#include "changes.h"
#include "client.h"
#include "death.h"
#include "descriptor.h"
#include "groups.h"
#include "places.h"
#include "rate.h"
#include "reader.h"
#include "reclaim.h"
#include "ring.h"
#include "trace.h"
#include "xxl.h"

/*
 * Create a client that is not attached. Return it with one reference, or NULL
 * if there is no memory. @read_write says whether the file is open for reading
 * and writing, as ATTACH requires. @inode is an inode that only this file has,
 * so all mappings of @inode are mappings of this client. @inode is NULL in the
 * library, and for client 0. On success the client takes over the caller's
 * reference to @inode.
 */
struct kring_client *kring_client_new(bool read_write, struct inode *inode)
{
	struct kring_client *client;

	client = kzalloc(sizeof(*client), GFP_KERNEL_ACCOUNT);
	if (!client)
		return NULL;
	client->rate = kring_rate_new(client);
	if (!client->rate) {
		kfree(client);
		return NULL;
	}
	kref_init(&client->ref);
	client->read_write = read_write;
	client->inode = inode;
	INIT_LIST_HEAD(&client->mappers);
	INIT_LIST_HEAD(&client->watching);
	kring_idle_init(&client->idle);
	mutex_init(&client->attach_lock);
	init_waitqueue_head(&client->poll_queue);
	return client;
}

static void get_identity(struct kring_client *client)
{
	client->mm = current->mm;
	mmgrab(client->mm);
	client->pid = get_task_pid(current, PIDTYPE_TGID);
	client->uid = current_euid();
	get_task_comm(client->comm, current);
}

static void put_identity(struct kring_client *client)
{
	if (!client->mm)
		return;		/* client 0, the kernel, has no process */
	put_pid(client->pid);
	mmdrop(client->mm);
}

static void put_pages(struct kring_pages **pages)
{
	if (*pages)
		kring_pages_put(*pages);
	*pages = NULL;
}

static void free_regions(struct kring_client *client)
{
	put_pages(&client->headers);
	put_pages(&client->cursors);
	kring_region_free(&client->magazine);
	kring_region_free(&client->ledger);
	kring_tables_uncharge(&client->tables);
}

static void client_free(struct kref *ref)
{
	struct kring_client *client = container_of(ref, struct kring_client,
						   ref);

	if (client->arena) {
		free_regions(client);
		put_identity(client);
		kring_arena_put(client->arena);
	}
	iput(client->inode);
	mutex_destroy(&client->attach_lock);
	kring_rate_free(client->rate);
	kfree(client);
}

void kring_client_put(struct kring_client *client)
{
	kref_put(&client->ref, client_free);
}

/*
 * Put the file's reference to @client, because the file was closed for the last
 * time. If @client is attached, first call kring_client_die(), which takes
 * @client out of its arena. No page of @client is mapped any more, because each
 * mapping holds the file. The caller does not hold the arena's lock.
 */
void kring_client_release(struct kring_client *client)
{
	if (client->arena)
		kring_client_die(client);
	kring_rate_stop(client->rate);
	kring_client_put(client);
}

static struct kring_arena *attach_arena(const struct rring_attach *args)
{
	if (args->arena_fd < 0)
		return kring_arena_find(args->name, args->role);
	if (args->name[0])
		return ERR_PTR(-EINVAL);
	return kring_descriptor_arena(args->arena_fd);
}

static int new_pages(struct kring_pages **pages,
		     struct kring_account *account, u64 size)
{
	struct kring_pages *new = kring_pages_new(account, size);

	if (IS_ERR(new))
		return PTR_ERR(new);
	*pages = new;
	return 0;
}

/*
 * Allocate the regions of @client, and charge them and the struct to @arena.
 * Return 0 or an error. After an error the caller calls free_regions().
 */
static int alloc_regions(struct kring_client *client,
			 struct kring_arena *arena)
{
	struct kring_account *account = &arena->account;
	int err;

	client->tables.account = account;
	err = kring_tables_charge(&client->tables, sizeof(*client));
	if (!err)
		err = kring_region_alloc(&client->ledger, account,
					 arena->info->ledger_size);
	if (!err)
		err = kring_region_alloc(&client->magazine, account,
					 sizeof(struct rring_magazines));
	if (!err)
		err = new_pages(&client->cursors, account,
				sizeof(struct rring_cursors));
	if (!err && kring_arena_is_owned(arena) &&
	    client->role == RRING_PRODUCER)
		err = new_pages(&client->headers, account,
				rring_headers_size(arena->info));
	return err;
}

/*
 * Return the lowest free id of @arena for a client whose role is @role and
 * whose process is the current one. Return -EUSERS if no id is free, or if the
 * free ids are for others, -EDQUOT if the user of this process has the most
 * clients that it may have, or -EACCES if the user is banned. The caller holds
 * the arena's lock.
 */
static int find_id(const struct kring_arena *arena, u32 role)
{
	int err = kring_places_admit_client(arena, role);
	u32 id;

	if (err)
		return err == -ENOSPC ? -EUSERS : err;
	kring_work_add(KRING_WORK_CLIENTS, arena->info->max_clients);
	for (id = 1; id <= arena->info->max_clients; id++)
		if (!arena->clients[id])
			return id;
	return -EUSERS;
}

/*
 * Check again whether the calling task may attach by name to @arena, which
 * kring_arena_find() has found: its mode or its group may have changed, or its name
 * may be gone. This may be long ago, if the task had to wait for memory. Return 0,
 * -ENOENT if the arena has no name any more, or -EACCES if the mode does not permit
 * @role. The caller holds the arena's lock.
 */
static int check_found(const struct kring_arena *arena, u32 role)
{
	if (!READ_ONCE(arena->named))
		return -ENOENT;
	return kring_arena_permits(arena, role) ? 0 : -EACCES;
}

/*
 * Give @client a free id of @arena, enter @client into the arena's tables, and
 * store .arena of @client: from then on @client is attached. The caller has set
 * all other fields. If @by_name is true, the caller has found the arena by its
 * name. Return 0, an error of check_found() or find_id(), or -EINTR if the process
 * is being killed. Takes the arena's lock.
 */
static int add_to_tables(struct kring_client *client, struct kring_arena *arena,
			 bool by_name)
{
	int id;

	if (mutex_lock_killable(&arena->lock))
		return -EINTR;
	id = by_name ? check_found(arena, client->role) : 0;
	if (!id)
		id = find_id(arena, client->role);
	if (id > 0)
		id = kring_groups_join(client, arena) ?: id;
	if (id < 0) {
		mutex_unlock(&arena->lock);
		return id;
	}
	client->id = id;
	client->serial = kring_arena_next_serial(&arena->client_serial);
	arena->clients[id] = client;
	arena->last_client = max(arena->last_client, client->id);
	kring_arena_add_ledger(arena, client);
	rring_flag_store_release(&arena->info->client_serial[id],
				 client->serial);
	/*
	 * Pairs with the acquire in kring_client_lock() and
	 * kring_mapping_mmap(): a task that loads .arena there also sees the
	 * fields of @client that were stored before.
	 */
	smp_store_release(&client->arena, arena);
	kring_arena_changed(arena);
	trace_client_attach(client);
	mutex_unlock(&arena->lock);
	return 0;
}

/* Return what add_to_tables() returns. Takes the arena's lock. */
static int check_place(struct kring_arena *arena, u32 role)
{
	int id;

	if (mutex_lock_killable(&arena->lock))
		return -EINTR;
	id = find_id(arena, role);
	mutex_unlock(&arena->lock);
	return min(id, 0);
}

/*
 * Sweep all pools of @arena that have groups. Each recall of magazines that this
 * takes counts for the rate of barriers of @client. Return 0, or -EINTR if the
 * process is being killed. Takes the arena's lock. May sleep.
 */
static int sweep_groups(struct kring_client *client, struct kring_arena *arena)
{
	int err = 0;
	u32 i;

	for (i = 0; i < RRING_XXL && !err; i++) {
		if (!arena->pool[i].groups)
			continue;
		err = kring_rate_await_barrier(client);
		if (!err)
			kring_pool_sweep_all(&arena->pool[i]);
	}
	return err;
}

/*
 * Add @client to the tables of @arena: see add_to_tables(). In an owned arena,
 * slots that no client needs any more may be all that keeps the groups in use that
 * a new producer needs. So free such slots, and try again. Entries that rings only
 * retain do not give way: who may not attach should not take them from others.
 * Return 0, or an error of add_to_tables() or sweep_groups(). Takes the arena's
 * lock. May sleep.
 */
static int add_or_sweep(struct kring_client *client, struct kring_arena *arena,
			bool by_name)
{
	bool needs_groups = kring_arena_is_owned(arena) &&
			    client->role == RRING_PRODUCER;
	int err = add_to_tables(client, arena, by_name);

	if (err != -EUSERS || !needs_groups)
		return err;
	err = sweep_groups(client, arena);
	return err ? err : add_to_tables(client, arena, by_name);
}

static int attach(struct kring_client *client, const struct rring_attach *args)
{
	struct kring_arena *arena;
	int err;

	if (client->arena)
		return -EBUSY;
	arena = attach_arena(args);
	if (IS_ERR(arena))
		return PTR_ERR(arena);
	/* add_to_tables() checks again; this check saves the allocations */
	err = check_place(arena, args->role);
	if (err)
		goto fail_arena;
	client->role = args->role;
	client->interruptible = args->flags & RRING_ATTACH_INTERRUPT;
	err = alloc_regions(client, arena);
	if (err)
		goto fail_regions;
	kring_evcount_init(&client->evcount, arena);
	kring_rate_begin(client);
	get_identity(client);
	err = add_or_sweep(client, arena, args->arena_fd < 0);
	if (err)
		goto fail_identity;
	return 0;

fail_identity:
	put_identity(client);
fail_regions:
	free_regions(client);
fail_arena:
	kring_arena_put(arena);
	return err;
}

int kring_client_attach(struct kring_client *client, struct rring_attach *args)
{
	int err;

	if (args->role > RRING_PRODUCER ||
	    args->flags & ~RRING_ATTACH_INTERRUPT)
		return -EINVAL;
	if (!client->read_write)
		return -EACCES;
	if (mutex_lock_killable(&client->attach_lock))
		return -EINTR;
	err = attach(client, args);
	mutex_unlock(&client->attach_lock);
	if (err)
		return err;
	args->client = client->id;
	args->serial = client->serial;
	args->arena_size = kring_region_size(&client->arena->region);
	args->payload_size = kring_region_size(&client->arena->payload);
	args->ledger_size = kring_region_size(&client->ledger);
	args->magazine_size = kring_region_size(&client->magazine);
	return 0;
}

/*
 * Take the arena's lock for an ioctl of @client. Return 0 with the lock held if
 * @client is live and the calling thread belongs to the process of @client.
 * Otherwise return an error without the lock: -ENOTCONN if @client is not
 * attached, or has not mapped its ledger yet; -EPERM if another process calls;
 * -EOWNERDEAD if @client is dead or evicted; -EINTR if the process is being
 * killed.
 */
int kring_client_lock(struct kring_client *client)
{
	/* pairs with add_to_tables() */
	struct kring_arena *arena = smp_load_acquire(&client->arena);
	int err = 0;

	if (!arena)
		return -ENOTCONN;
	if (client->mm != current->mm)
		return -EPERM;
	if (mutex_lock_killable(&arena->lock))
		return -EINTR;
	if (kring_client_is_gone(client))
		err = -EOWNERDEAD;
	else if (client->state == RRING_CLIENT_ATTACHED)
		err = -ENOTCONN;
	if (err)
		mutex_unlock(&arena->lock);
	return err;
}

void kring_client_unlock(struct kring_client *client)
{
	mutex_unlock(&client->arena->lock);
}

static struct kring_client *client_at(struct kring_arena *arena, u32 id)
{
	return id <= arena->info->max_clients ? arena->clients[id] : NULL;
}

static void take_pages(struct kring_region_ref *ref, struct kring_pages *pages)
{
	kring_pages_get(pages);
	ref->pages = pages;
	ref->region = &pages->region;
}

static int find_cursors(struct kring_client *client, u32 index,
			struct kring_region_ref *ref)
{
	struct kring_arena *arena = client->arena;
	struct kring_client *peer = index ? client_at(arena, index) :
					    arena->kernel;

	if (!peer || !peer->cursors)
		return -ENXIO;
	take_pages(ref, peer->cursors);
	ref->writable = peer == client;
	return 0;
}

/* Find the region HEADERS of the producer @index, or of @client. */
static int find_headers(struct kring_client *client, u32 index,
			struct kring_region_ref *ref)
{
	struct kring_client *peer = client_at(client->arena, index);

	if (!peer || !peer->headers)
		return -ENXIO;
	take_pages(ref, peer->headers);
	ref->writable = peer == client;
	return 0;
}

static int find_ring(struct kring_client *client, u32 index,
		     struct kring_region_ref *ref)
{
	struct kring_ring *ring = kring_ring_at(client->arena, index);

	if (!ring)
		return -ENXIO;
	take_pages(ref, ring->pages);
	ref->writable = ring->writer == client;
	return 0;
}

/*
 * Find the region of the XXL slot @index. Only the client that the kernel has
 * lent the slot for this event may write the region, until it seals the event:
 * not even another producer changes an XXL event. In an owned arena, the pages
 * that it writes can be taken out of its mappings.
 */
static int find_xxl(struct kring_client *client, u32 index,
		    struct kring_region_ref *ref)
{
	const struct kring_pool *pool = &client->arena->pool[RRING_XXL];
	struct kring_pages *pages = kring_xxl_pages(pool, index);

	if (!pages)
		return -ENXIO;
	take_pages(ref, pages);
	ref->writable = pool->lease[index].serial == client->serial &&
			!pages->sealed;
	ref->own = ref->writable && kring_arena_is_owned(client->arena);
	return 0;
}

/*
 * Find the region OWN of @client. Return 0, or -EINVAL if @client owns no
 * pages: only producers in an owned arena do.
 */
static int find_own(struct kring_client *client, struct kring_region_ref *ref)
{
	if (!client->headers)
		return -EINVAL;
	ref->region = &client->arena->payload;
	ref->writable = true;
	ref->own = true;
	return 0;
}

/*
 * Find the region that @offset names (see RRING_OFF()), and store the region
 * with a reference in @ref. Return 0: the caller then has to call
 * kring_region_ref_put(). Return -EINVAL if @offset is not valid, or -ENXIO if
 * @offset names a client, ring or XXL slot that has no such region now; then
 * @ref has no reference. The caller holds the arena's lock.
 */
int kring_client_region(struct kring_client *client, u64 offset,
			struct kring_region_ref *ref)
{
	u32 type = offset >> RRING_OFF_REGION_SHIFT;
	u32 index = (offset >> RRING_OFF_INDEX_SHIFT) & 0xfff;

	if (offset != RRING_OFF(type, index))
		return -EINVAL;
	if (index && type != RRING_REGION_CURSORS &&
	    type != RRING_REGION_RING && type != RRING_REGION_XXL &&
	    type != RRING_REGION_HEADERS)
		return -EINVAL;
	memset(ref, 0, sizeof(*ref));
	switch (type) {
	case RRING_REGION_ARENA:
		ref->region = &client->arena->region;
		return 0;
	case RRING_REGION_LEDGER:
		ref->region = &client->ledger;
		ref->writable = true;
		return 0;
	case RRING_REGION_MAGAZINE:
		ref->region = &client->magazine;
		return 0;
	case RRING_REGION_PAYLOAD:
		ref->region = &client->arena->payload;
		ref->writable = client->role == RRING_PRODUCER &&
				!kring_arena_is_owned(client->arena);
		return 0;
	case RRING_REGION_CURSORS:
		return find_cursors(client, index, ref);
	case RRING_REGION_RING:
		return find_ring(client, index, ref);
	case RRING_REGION_XXL:
		return find_xxl(client, index, ref);
	case RRING_REGION_OWN:
		return find_own(client, ref);
	case RRING_REGION_HEADERS:
		return find_headers(client, index, ref);
	default:
		return -EINVAL;
	}
}

/* Put the reference in @ref, if it has one. Needs no lock. May sleep. */
void kring_region_ref_put(struct kring_region_ref *ref)
{
	if (ref->pages)
		kring_pages_put(ref->pages);
}

/* ---- wait for several rings ---- */

/*
 * Wake the threads of @client that sleep on its event count (in WAIT_ANY or
 * WAIT_PEER), and the tasks that poll its file. @events has the poll events to
 * report; only the library uses @events. In the kernel, the caller needs no
 * lock, but keeps @client alive. In the library, the caller holds the arena's
 * lock.
 */
void kring_client_wake(struct kring_client *client, __poll_t events)
{
	kring_rate_told(client);
	kring_evcount_signal(&client->evcount);
	kring_wake_pollers(&client->poll_queue, events);
}

/*
 * Raise RRING_READERS_WAIT in the waiters flag of the ring that @reader reads, if
 * there is a reader. The caller holds the arena's lock.
 */
static void raise_reader(const struct kring_reader *reader)
{
	if (reader)
		kring_flag_raise(&reader->ring->info->waiters,
				 RRING_READERS_WAIT);
}

/*
 * Raise RRING_READERS_WAIT in the waiters flag of the ring that @cursor of @client
 * reads. Do nothing if kring_client_lock() fails. Takes the arena's lock.
 */
void kring_client_raise(struct kring_client *client, u32 cursor)
{
	/* ignore the error: the next call of .ready in the wait returns it */
	if (kring_client_lock(client))
		return;
	raise_reader(client->readers[cursor]);
	kring_client_unlock(client);
}

/* What a task waits for by RRING_WAIT_ANY. */
struct wait_any {
	struct kring_client *client;
	u64 cursors[RRING_CURSORS / 64];	/* bit i % 64 of word i / 64 */
	u32 end;				/* each cursor is below this */
	u64 changes;				/* 0, or so many changes */
};

static bool waits_for(const struct wait_any *wait, u32 cursor)
{
	return wait->cursors[cursor / 64] & BIT_ULL(cursor % 64);
}

/* Return 1 + the highest cursor that @wait names, or 0 if it names none. */
static u32 find_end(const struct wait_any *wait)
{
	u32 end = RRING_CURSORS;

	while (end && !waits_for(wait, end - 1))
		end--;
	return end;
}

/*
 * Check the readers that @wait names, and the changes of the arena. Return 0 if
 * there are so many changes, or one of these readers has entries or was lapped.
 * Also return 0 if the streams of all these readers have ended, and the client was
 * not told yet of at least one of these ends. Return -ENXIO if one of these cursors
 * has no reader, and no reader at a lower cursor has entries or was lapped.
 * Otherwise return -EAGAIN. The caller holds the arena's lock.
 */
static int check_any(const struct wait_any *wait)
{
	const struct kring_client *client = wait->client;
	bool ended = true, due = false;
	u32 i;

	if (wait->changes && kring_changes_above(client, wait->changes - 1))
		return 0;
	kring_work_add(KRING_WORK_READERS, wait->end);
	for (i = 0; i < wait->end; i++) {
		struct kring_reader *reader = client->readers[i];

		if (!waits_for(wait, i))
			continue;
		if (!reader)
			return -ENXIO;
		if (kring_reader_has_news(reader,
					  kring_ring_present_head(reader->ring),
					  kring_reader_reached(reader)))
			return 0;
		if (!kring_ring_has_ended(reader->ring))
			ended = false;
		else if (kring_reader_end_due(reader))
			due = true;
	}
	return ended && due ? 0 : -EAGAIN;
}

static int any_ready(void *context, u64 *wake_at)
{
	struct wait_any *wait = context;
	int err = kring_client_lock(wait->client);

	if (err)
		return err;
	if (wait->changes)
		kring_changes_watch(wait->client);
	err = check_any(wait);
	kring_client_unlock(wait->client);
	return err;
}

static void raise_any(void *context)
{
	struct wait_any *wait = context;
	struct kring_client *client = wait->client;
	u32 i;

	/* ignore the error: the next call of .ready in the wait returns it */
	if (kring_client_lock(client))
		return;
	for (i = 0; i < wait->end; i++)
		if (waits_for(wait, i))
			raise_reader(client->readers[i]);
	kring_client_unlock(client);
}

static const struct kring_wait_ops any_ops = {
	.ready = any_ready,
	.raise = raise_any,
};

/*
 * Without readers there is no flag to raise, and no barrier is needed: only the
 * kernel notes changes, under the arena's lock, and wakes each client in .watchers.
 */
static const struct kring_wait_ops no_reader_ops = {
	.ready = any_ready,
};

static int wait_for(struct wait_any *wait, struct rring_wait *args)
{
	struct kring_evcount *evcount = &wait->client->evcount;
	int err = kring_evcount_wait(evcount, wait->client,
				     wait->end ? &any_ops : &no_reader_ops,
				     wait, args->deadline);

	args->waker = READ_ONCE(evcount->waker);
	return err;
}

int kring_client_wait_any(struct kring_client *client,
			  struct rring_wait *args)
{
	struct wait_any wait = {
		.client = client,
		.cursors[0] = args->position,
		.changes = args->changes,
	};

	memcpy(&wait.cursors[1], args->more, sizeof(args->more));
	wait.end = find_end(&wait);
	if (args->ring || args->reader || !(wait.end || wait.changes))
		return -EINVAL;
	return wait_for(&wait, args);
}

/*
 * Sleep until the arena of @client has had @changes changes, or if @changes is 0
 * for nothing, until args->deadline. Return 0 or an error of kring_client_lock() or
 * kring_evcount_wait(). Takes the arena's lock. May sleep.
 */
int kring_client_wait_changes(struct kring_client *client, u64 changes,
			      struct rring_wait *args)
{
	struct wait_any wait = { .client = client, .changes = changes };

	return wait_for(&wait, args);
}

static void raise_flags(struct kring_client *client)
{
	struct kring_arena *arena = client->arena;
	u32 i;

	kring_work_add(KRING_WORK_RINGS, arena->info->max_rings);
	for (i = 0; i < client->cursors_end; i++)
		raise_reader(client->readers[i]);
	for (i = 1; i <= arena->info->max_rings; i++)
		if (arena->rings[i] && arena->rings[i]->writer == client)
			kring_flag_raise(&arena->rings[i]->info->waiters,
					 RRING_WRITER_WAITS);
}

/*
 * Return the poll() mask of @client, which is live. The mask has EPOLLIN if a
 * reader of @client has an entry, was lapped, or must be told that its stream
 * has ended, or if the arena has changes that @client polls for. The mask has
 * EPOLLOUT if one of the rings that @client writes has room. The caller holds the
 * arena's lock.
 */
__poll_t kring_client_ready(struct kring_client *client)
{
	struct kring_arena *arena = client->arena;
	__poll_t mask = 0;
	u32 i;

	kring_work_add(KRING_WORK_READERS, client->cursors_end);
	kring_work_add(KRING_WORK_RINGS, arena->info->max_rings);
	for (i = 0; i < client->cursors_end; i++) {
		struct kring_reader *reader = client->readers[i];

		if (reader && kring_reader_ready(reader,
						 kring_reader_reached(reader)))
			mask |= EPOLLIN | EPOLLRDNORM;
	}
	if (kring_changes_due(client))
		mask |= EPOLLIN | EPOLLRDNORM;
	for (i = 1; i <= arena->info->max_rings; i++)
		if (arena->rings[i] && arena->rings[i]->writer == client &&
		    kring_ring_has_room(arena->rings[i]))
			mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/*
 * Raise the waiters flags of all rings that @client reads or writes, pass
 * barrier K, and return the mask of kring_client_ready(). @client is live. The
 * flags are raised even if some rings are ready. If the flags of these rings
 * stayed down, their next event would not wake a task that polls
 * edge-triggered. For the same reason, the next change wakes @client if it polls
 * for changes. If @client exceeds its rate of barriers, a worker passes the
 * barrier later, and wakes the tasks that poll if the look of this function may
 * have missed something. The caller holds the arena's lock.
 */
__poll_t kring_client_arm(struct kring_client *client)
{
	u64 due = RRING_FOREVER;

	raise_flags(client);
	kring_changes_arm(client);
	if (kring_rate_barrier(client, &due))
		kring_barrier(client->arena);
	else
		kring_rate_poll_late(client, due);
	return kring_client_ready(client);
}

/*
 * Return the mask for poll(): EPOLLERR if kring_client_lock() fails, so also if
 * another process than that of @client polls. Otherwise return the mask of
 * kring_client_arm(). Takes the arena's lock.
 */
__poll_t kring_client_poll(struct kring_client *client)
{
	__poll_t mask;

	if (kring_client_lock(client))
		return EPOLLERR;
	mask = kring_client_arm(client);
	kring_client_unlock(client);
	return mask;
}
