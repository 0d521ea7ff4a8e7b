// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Dumps: answers that list objects. A dump can take many buffers, and netlink
 * calls kring_dump() for each buffer. No lock is held between two calls:
 * cb->args keeps the id of the arena and the index of the next object in the
 * arena, and the next call continues at this object. If an object is added or
 * removed during the dump, the dump may show the object or not.
 *
 * Each call hashes .changes of all arenas that belong to the dump, and stores
 * the hash in cb->seq. If the hash differs from the hash of the call before,
 * netlink sets NLM_F_DUMP_INTR. When all objects are written, netlink makes one
 * more call, which writes no object and computes the hash once more. So netlink
 * also notices a change that happened while the last buffer was written.
 */
#include <linux/jhash.h>
#include <linux/pid_namespace.h>
#include <net/genetlink.h>

#include <linux/rusted_ring_netlink.h>
#include <rusted_ring/internal/ledger.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/death.h"
#include "../core/reader.h"
#include "../core/ring.h"
#include "../core/usage.h"
#include "dump.h"
#include "netlink.h"
#include "report.h"
#include "viewer.h"

/*
 * The position at which the next call of kring_dump() continues the dump. It is
 * stored in cb->args, which netlink sets to 0 before the first call.
 */
struct dump_position {
	/* id of the arena whose objects are dumped; 0 before the first arena */
	long arena;
	long done;		/* 1 if all objects of .arena are dumped */
	long index;		/* index of the next object in .arena */
	/* for RRING_CMD_READER_GET: index of the next reader of ring .index */
	long inner;
};

struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	struct dump_position *at;
	u8 command;
	struct kring_viewer viewer;
	struct kring_id_namespaces audience;
	/* dump only the arena with this id (0: any) and this name ("": any) */
	u32 only;
	char only_name[RRING_NAME_MAX];
	u32 seq;

	/* the arena with id .at->arena; kring_dump() has a reference */
	struct kring_arena *arena;
	/*
	 * select_arena() stores here the rights of .viewer to .arena, and
	 * copies of .persistent and .named of .arena.
	 */
	u32 may;
	bool persistent;
	bool named;
};

/* ---- which arenas ---- */

static bool arena_matches(const struct dump *dump,
			  const struct kring_arena *arena)
{
	if (dump->only && arena->id != dump->only)
		return false;
	return !dump->only_name[0] ||
	       (arena->named && !strcmp(dump->only_name, arena->name));
}

/*
 * Return true if @arena belongs to the dump @context. If so, copy the fields of
 * @arena that kring_names_lock protects, so that the dump can read the copies
 * without the lock. kring_arena_next() makes its last call of this function for
 * the arena that it returns, so the copies are of the returned arena. This is a
 * kring_arena_filter_t. The caller holds kring_names_lock.
 */
static bool select_arena(const struct kring_arena *arena, void *context)
{
	struct dump *dump = context;
	u32 may = kring_viewer_rights(&dump->viewer, arena);

	if (!may || !arena_matches(dump, arena))
		return false;
	dump->may = may;
	dump->persistent = arena->persistent;
	dump->named = arena->named;
	return true;
}

/*
 * Hash the id and .changes of @arena into .seq of the dump @context, if @arena
 * belongs to the dump. Always return true; kring_arena_each() ignores the
 * result. This is a kring_arena_filter_t. The caller holds kring_names_lock.
 */
static bool hash_arena(const struct kring_arena *arena, void *context)
{
	struct dump *dump = context;

	if (kring_viewer_rights(&dump->viewer, arena) &&
	    arena_matches(dump, arena))
		dump->seq = jhash_2words(arena->id,
					 atomic_read(&arena->changes),
					 dump->seq);
	return true;
}

/* Return 0, or -EINTR if the task is being killed. */
static int compute_seq(struct dump *dump)
{
	int err;

	dump->seq = 0;
	err = kring_arena_each(dump->viewer.net, hash_arena, dump);
	/* netlink would not compare a seq of 0 */
	dump->cb->seq = dump->seq ?: 1;
	return err;
}

/*
 * Return the arena that the dump continues with, and take a reference to the
 * arena. Return NULL if all arenas are dumped, or ERR_PTR(-EINTR) if the task is
 * being killed. If the returned arena is not arena .at->arena, set .at to the
 * first object of the returned arena.
 */
static struct kring_arena *next_arena(struct dump *dump)
{
	struct dump_position *at = dump->at;
	struct kring_arena *arena;

	arena = kring_arena_next(dump->viewer.net, at->arena + !!at->done,
				 select_arena, dump);
	if (!IS_ERR_OR_NULL(arena) && arena->id != at->arena)
		*at = (struct dump_position) { .arena = arena->id };
	return arena;
}

/* ---- one message ---- */

static void *begin_message(struct dump *dump)
{
	void *header;

	header = genlmsg_put(dump->skb, NETLINK_CB(dump->cb->skb).portid,
			     dump->cb->nlh->nlmsg_seq, &kring_genl_family,
			     NLM_F_MULTI, dump->command);
	if (header)
		genl_dump_check_consistent(dump->cb, header);
	return header;
}

static int end_message(struct dump *dump, void *header, int err)
{
	if (err)
		genlmsg_cancel(dump->skb, header);
	else
		genlmsg_end(dump->skb, header);
	return err;
}

/* ---- the objects of an arena ---- */

static int dump_arena(struct dump *dump)
{
	struct kring_arena *arena = dump->arena;
	void *header = begin_message(dump);
	int err;

	if (!header)
		return -EMSGSIZE;
	err = mutex_lock_killable(&arena->lock);
	if (!err) {
		err = kring_report_arena(dump->skb, arena,
					 dump->named ? arena->name : "",
					 dump->persistent, &dump->audience);
		mutex_unlock(&arena->lock);
	}
	if (!err)
		err = nla_put_u32(dump->skb, RRING_A_ARENA_MAY, dump->may);
	return end_message(dump, header, err);
}

/*
 * Write @pool into the dump, with the counts of its slots that are held, in
 * flight and reclaimable. Return 0, -EMSGSIZE if the buffer is full, or -EINTR
 * if the task got a fatal signal. Takes the arena's lock. May sleep.
 */
static int dump_pool(struct dump *dump, struct kring_pool *pool)
{
	struct kring_usage usage;
	void *header;
	int err;

	err = kring_usage_count(pool, &usage);
	if (err)
		return err;
	header = begin_message(dump);
	if (!header)
		return -EMSGSIZE;
	err = mutex_lock_killable(&pool->arena->lock);
	if (!err) {
		err = kring_report_pool(dump->skb, pool, &usage);
		mutex_unlock(&pool->arena->lock);
	}
	return end_message(dump, header, err);
}

static int dump_pools(struct dump *dump)
{
	struct dump_position *at = dump->at;
	int err = 0;

	for (; at->index < RRING_POOLS; at->index++) {
		struct kring_pool *pool = &dump->arena->pool[at->index];

		if (pool->capacity)
			err = dump_pool(dump, pool);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Return client @id, without a reference, or NULL if there is no such client.
 * If @serial is not 0 and client @id has another serial, return NULL. The
 * caller holds the arena's lock.
 */
static struct kring_client *client_at(struct kring_arena *arena, u32 id,
				      u32 serial)
{
	struct kring_client *client = arena->clients[id];

	return client && (!serial || client->serial == serial) ? client : NULL;
}

#define HOLDS_AT_ONCE	4096

/*
 * Look at the next HOLDS_AT_ONCE slots of @pool, or fewer at the end of the
 * pool, beginning with slot @from. Return how many of these slots @client
 * holds. Do not count a parked slot (one that @client keeps for its next event)
 * if the kernel has recalled the slot. The caller holds the arena's lock.
 */
static u32 count_holds(struct kring_client *client,
		       const struct kring_pool *pool, u32 from)
{
	const rring_word_t *ledger = kring_client_ledger(client) + pool->base;
	u32 to = min_t(u32, pool->capacity, from + HOLDS_AT_ONCE);
	u32 parked = kring_client_parked(client, pool->index);
	u32 held = 0;

	for (; from < to; from++)
		if (kring_word_holds(rring_word_load(&ledger[from]), parked))
			held++;
	return held;
}

/*
 * Count, for each pool, the slots that client @id holds. Store the counts in
 * @usage->held, and set all other fields of @usage to 0. Return 0, or -EINTR if
 * the task got a fatal signal. If the client with @id and @serial dies during
 * the call, return 0 with incomplete counts. Take the arena's lock, and release
 * the lock after each HOLDS_AT_ONCE slots, so that other tasks do not wait long
 * for the lock.
 */
static int count_all_holds(struct kring_arena *arena, u32 id, u32 serial,
			   struct kring_client_usage *usage)
{
	u32 i, from;

	memset(usage, 0, sizeof(*usage));
	for (i = 0; i < RRING_POOLS; i++) {
		struct kring_pool *pool = &arena->pool[i];

		for (from = 0; from < pool->capacity; from += HOLDS_AT_ONCE) {
			struct kring_client *client;

			if (mutex_lock_killable(&arena->lock))
				return -EINTR;
			client = client_at(arena, id, serial);
			if (client)
				usage->held[i] += count_holds(client, pool,
							       from);
			mutex_unlock(&arena->lock);
			if (!client)
				return 0;
			cond_resched();
			if (fatal_signal_pending(current))
				return -EINTR;
		}
	}
	return 0;
}

/*
 * Write client @id into the dump. Return 0, -EMSGSIZE if the buffer is full, or
 * -EINTR if the task got a fatal signal. If there is no client @id, or the
 * client dies during the call, write nothing and return 0. Takes the arena's
 * lock.
 */
static int dump_client(struct dump *dump, u32 id)
{
	struct kring_arena *arena = dump->arena;
	struct kring_client *client;
	struct kring_client_usage usage;
	void *header;
	u32 serial;
	int err;

	if (mutex_lock_killable(&arena->lock))
		return -EINTR;
	client = client_at(arena, id, 0);
	serial = client ? client->serial : 0;
	mutex_unlock(&arena->lock);
	if (!client)
		return 0;
	err = count_all_holds(arena, id, serial, &usage);
	if (err)
		return err;
	header = begin_message(dump);
	if (!header)
		return -EMSGSIZE;
	err = mutex_lock_killable(&arena->lock);
	if (err)
		return end_message(dump, header, err);
	client = client_at(arena, id, serial);
	if (client) {
		kring_client_usage_take(client, &usage);
		err = kring_report_client(dump->skb, client, &usage,
					  &dump->audience);
	}
	mutex_unlock(&arena->lock);
	if (client)
		return end_message(dump, header, err);
	genlmsg_cancel(dump->skb, header);
	return 0;
}

static int dump_clients(struct dump *dump)
{
	struct dump_position *at = dump->at;
	int err;

	for (; at->index < dump->arena->info->max_clients; at->index++) {
		err = dump_client(dump, at->index + 1);
		if (err)
			return err;
	}
	return 0;
}

static int dump_ring(struct dump *dump, struct kring_ring *ring)
{
	void *header = begin_message(dump);
	int err;

	if (!header)
		return -EMSGSIZE;
	err = kring_report_ring(dump->skb, ring, &dump->audience);
	return end_message(dump, header, err);
}

/*
 * Call @dump_one for each ring, beginning with ring .at->index. Take the
 * arena's lock for each call of @dump_one, and release the lock after the call.
 * Return 0, -EINTR if the task got a fatal signal, or the first error of
 * @dump_one. After an error .at->index is still the id of the ring that
 * @dump_one did not complete, so that the next call of kring_dump() continues
 * with this ring.
 */
static int dump_each_ring(struct dump *dump,
			  int (*dump_one)(struct dump *dump,
					  struct kring_ring *ring))
{
	struct kring_arena *arena = dump->arena;
	struct dump_position *at = dump->at;
	int err = 0;

	/* .index begins at 0, but ring ids begin at 1: rings[0] is NULL */
	for (; at->index <= arena->info->max_rings; at->index++) {
		err = mutex_lock_killable(&arena->lock);
		if (err)
			return err;
		if (arena->rings[at->index])
			err = dump_one(dump, arena->rings[at->index]);
		mutex_unlock(&arena->lock);
		if (err)
			return err;
		at->inner = 0;
	}
	return 0;
}

static int dump_rings(struct dump *dump)
{
	return dump_each_ring(dump, dump_ring);
}

static int dump_reader(struct dump *dump, const struct kring_reader *reader)
{
	void *header = begin_message(dump);
	int err;

	if (!header)
		return -EMSGSIZE;
	err = kring_report_reader(dump->skb, reader, &dump->audience);
	return end_message(dump, header, err);
}

/*
 * Write the readers of @ring, beginning with reader .at->inner, into the dump.
 * Return 0, or -EMSGSIZE if the buffer is full: .at->inner is then the index of
 * the reader that did not fit. The caller holds the arena's lock.
 */
static int dump_readers_of(struct dump *dump, struct kring_ring *ring)
{
	struct dump_position *at = dump->at;
	int err;

	for (; at->inner < RRING_READERS; at->inner++) {
		if (!ring->readers[at->inner])
			continue;
		err = dump_reader(dump, ring->readers[at->inner]);
		if (err)
			return err;
	}
	return 0;
}

static int dump_readers(struct dump *dump)
{
	return dump_each_ring(dump, dump_readers_of);
}

/* ---- the walk ---- */

struct dump_kind {
	int id_attr;	/* attribute of the request that has the arena's id */
	/*
	 * Write the objects of @dump->arena, beginning at @dump->at, into
	 * @dump->skb. Return 0 if all objects are written, -EMSGSIZE if the
	 * buffer is full, or -EINTR if the task got a fatal signal. Takes the
	 * arena's lock.
	 */
	int (*objects)(struct dump *dump);
};

static const struct dump_kind kinds[] = {
	[RRING_CMD_ARENA_GET] = { RRING_A_ARENA_ID, dump_arena },
	[RRING_CMD_POOL_GET] = { RRING_A_POOL_ARENA, dump_pools },
	[RRING_CMD_CLIENT_GET] = { RRING_A_CLIENT_ARENA, dump_clients },
	[RRING_CMD_RING_GET] = { RRING_A_RING_ARENA, dump_rings },
	[RRING_CMD_READER_GET] = { RRING_A_READER_ARENA, dump_readers },
};

static void read_filter(struct dump *dump)
{
	struct nlattr **attrs = kring_dump_attrs(dump->cb);
	const struct nlattr *id = attrs[kinds[dump->command].id_attr];

	if (id)
		dump->only = nla_get_u32(id);
	if (dump->command == RRING_CMD_ARENA_GET && attrs[RRING_A_ARENA_NAME])
		nla_strscpy(dump->only_name, attrs[RRING_A_ARENA_NAME],
			    sizeof(dump->only_name));
}

static int dump_init(struct dump *dump, struct netlink_callback *cb)
{
	const struct genlmsghdr *header = nlmsg_data(cb->nlh);

	BUILD_BUG_ON(sizeof(struct dump_position) > sizeof(cb->args));
	dump->cb = cb;
	dump->command = header->cmd;
	dump->at = (struct dump_position *)cb->args;
	read_filter(dump);
	return kring_viewer_init(&dump->viewer, cb->skb);
}

/*
 * Check a dump request. Netlink calls this function once, before it first calls
 * kring_dump(). Return 0, -EPERM if the socket has no file, or -EINTR if the task
 * is being killed. Return -ENOENT if the request names an arena by id or name,
 * but the arena does not exist or the socket may not see it.
 */
int kring_dump_start(struct netlink_callback *cb)
{
	struct kring_arena *arena;
	struct dump dump = {};
	int err = dump_init(&dump, cb);

	if (err || (!dump.only && !dump.only_name[0]))
		return err;
	arena = kring_arena_next(dump.viewer.net, 0, select_arena, &dump);
	if (!arena)
		return -ENOENT;
	if (IS_ERR(arena))
		return PTR_ERR(arena);
	kring_arena_put(arena);
	return 0;
}

/*
 * Write the next objects of the dump to @skb, as many as fit. Return the number
 * of bytes in @skb, which is 0 if the dump was complete before the call. If an
 * error comes before @skb has an object, return the error.
 */
int kring_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump dump = { .skb = skb };
	int err = dump_init(&dump, cb);

	if (err)
		return err;
	dump.audience.user_ns = dump.viewer.cred->user_ns;
	dump.audience.pid_ns = task_active_pid_ns(current);
	err = compute_seq(&dump);
	while (!err && (dump.arena = next_arena(&dump))) {
		if (IS_ERR(dump.arena))
			return PTR_ERR(dump.arena);
		err = kinds[dump.command].objects(&dump);
		kring_arena_put(dump.arena);
		dump.at->done = !err;
	}
	return err && !skb->len ? err : skb->len;
}
