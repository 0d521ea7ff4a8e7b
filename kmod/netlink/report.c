// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Write objects as netlink attributes. report.h says which locks the functions
 * need and what they return.
 */
#include <linux/pid.h>
#include <linux/user_namespace.h>
#include <net/netlink.h>

#include <linux/rusted_ring_netlink.h>
#include <rusted_ring/internal/layout.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/death.h"
#include "../core/pool.h"
#include "../core/reader.h"
#include "../core/ring.h"
#include "../core/usage.h"
#include "report.h"

/*
 * What the put_ functions need to write the attributes of one object to .skb.
 * If an attribute does not fit, these functions set .err to -EMSGSIZE and write
 * no further attribute. .pad is the type of the empty attribute that aligns
 * 64-bit values.
 */
struct report {
	struct sk_buff *skb;
	int pad;
	int err;
};

static void put_u32(struct report *report, int attr, u32 value)
{
	if (!report->err)
		report->err = nla_put_u32(report->skb, attr, value);
}

static void put_u64(struct report *report, int attr, u64 value)
{
	if (!report->err)
		report->err = nla_put_u64_64bit(report->skb, attr, value,
						report->pad);
}

static void put_name(struct report *report, int attr, const char *name)
{
	if (!report->err && name[0])
		report->err = nla_put_string(report->skb, attr, name);
}

static void put_flag(struct report *report, int attr, bool value)
{
	if (!report->err && value)
		report->err = nla_put_flag(report->skb, attr);
}

static void put_uid(struct report *report, int attr, kuid_t uid,
		    const struct kring_id_namespaces *audience)
{
	if (audience)
		put_u32(report, attr,
			from_kuid_munged(audience->user_ns, uid));
}

static void put_gid(struct report *report, int attr, kgid_t gid,
		    const struct kring_id_namespaces *audience)
{
	if (audience)
		put_u32(report, attr,
			from_kgid_munged(audience->user_ns, gid));
}

static void put_bans(struct report *report, const struct kring_bans *bans,
		     const struct kring_id_namespaces *audience)
{
	u32 i;

	for (i = 0; i < bans->n; i++)
		put_uid(report, RRING_A_ARENA_BANNED, bans->uid[i], audience);
}

static void put_hold_limit(struct report *report,
			   const struct kring_hold_limit *limit)
{
	put_u32(report, RRING_A_ARENA_HOLD_LIMIT_OBSERVER,
		limit->percent[RRING_OBSERVER]);
	put_u32(report, RRING_A_ARENA_HOLD_LIMIT_CONSUMER,
		limit->percent[RRING_CONSUMER]);
	put_u32(report, RRING_A_ARENA_HOLD_LIMIT_PRODUCER,
		limit->percent[RRING_PRODUCER]);
	put_u32(report, RRING_A_ARENA_ON_HOLD_LIMIT,
		limit->evict ? RRING_HOLD_EVICT : RRING_HOLD_NOTICE);
}

static u32 count_clients(const struct kring_arena *arena)
{
	u32 n = 0;
	u32 i;

	for (i = 1; i <= arena->info->max_clients; i++)
		n += !!arena->clients[i];
	return n;
}

static u32 count_rings(const struct kring_arena *arena)
{
	u32 n = 0;
	u32 i;

	for (i = 1; i <= arena->info->max_rings; i++)
		n += !!arena->rings[i];
	return n;
}

/*
 * Append the attributes of @arena. Append no name if @name is empty. The caller
 * passes @name and @persistent, because kring_names_lock protects .named and
 * .persistent of @arena, and no task holds kring_names_lock together with the
 * arena's lock.
 */
int kring_report_arena(struct sk_buff *skb, struct kring_arena *arena,
		       const char *name, bool persistent,
		       const struct kring_id_namespaces *audience)
{
	struct report report = { .skb = skb, .pad = RRING_A_ARENA_PAD };
	const struct rring_arena_info *info = arena->info;

	put_u32(&report, RRING_A_ARENA_ID, arena->id);
	put_name(&report, RRING_A_ARENA_NAME, name);
	put_flag(&report, RRING_A_ARENA_PERSISTENT, persistent);
	put_uid(&report, RRING_A_ARENA_UID, arena->uid, audience);
	put_gid(&report, RRING_A_ARENA_GID, READ_ONCE(arena->gid),
		audience);
	put_u32(&report, RRING_A_ARENA_MODE, READ_ONCE(arena->mode));
	put_u32(&report, RRING_A_ARENA_QUOTA, arena->quota);
	put_hold_limit(&report, &arena->hold_limit);
	put_flag(&report, RRING_A_ARENA_OWNED, kring_arena_is_owned(arena));
	put_u32(&report, RRING_A_ARENA_MAX_CLIENTS, info->max_clients);
	put_u32(&report, RRING_A_ARENA_CLIENTS, count_clients(arena));
	put_u32(&report, RRING_A_ARENA_MAX_RINGS, info->max_rings);
	put_u32(&report, RRING_A_ARENA_RINGS, count_rings(arena));
	put_u32(&report, RRING_A_ARENA_SLOTS, info->slots);
	put_u64(&report, RRING_A_ARENA_BYTES,
		kring_account_bytes(&arena->account));
	put_u64(&report, RRING_A_ARENA_DEATHS, info->deaths);
	put_u64(&report, RRING_A_ARENA_DEAD_HOLDS, info->dead_holds);
	put_u64(&report, RRING_A_ARENA_EVICTIONS, arena->evictions);
	put_u64(&report, RRING_A_ARENA_LAPS, info->laps);
	put_u64(&report, RRING_A_ARENA_WAKES, info->wakes);
	put_bans(&report, &arena->bans, audience);
	return report.err;
}

static u32 count_in_magazines(const struct kring_pool *pool)
{
	const struct kring_arena *arena = pool->arena;
	u32 n = 0;
	u32 i;

	for (i = 1; i <= arena->info->max_clients; i++)
		if (arena->clients[i])
			n += kring_client_lent(arena->clients[i], pool->index);
	return n;
}

static void put_usage(struct report *report, const struct kring_usage *usage)
{
	put_u32(report, RRING_A_POOL_HELD, usage->held);
	put_u32(report, RRING_A_POOL_IN_FLIGHT, usage->in_flight);
	put_u32(report, RRING_A_POOL_RECLAIMABLE, usage->reclaimable);
}

int kring_report_pool(struct sk_buff *skb, struct kring_pool *pool,
		      const struct kring_usage *usage)
{
	struct report report = { .skb = skb, .pad = RRING_A_POOL_PAD };
	const struct rring_pool_info *info = pool->info;
	u32 waiters = rring_flag_load(&pool->arena->info->pool_waiters);
	u32 free = pool->nr_free;

	/*
	 * A sweep may have freed slots after the caller counted @usage. Such
	 * slots are in .nr_free and in .reclaimable. So limit the sum to the
	 * capacity.
	 */
	if (usage)
		free = min(pool->capacity, free + usage->reclaimable);

	put_u32(&report, RRING_A_POOL_ARENA, pool->arena->id);
	put_u32(&report, RRING_A_POOL_CLASS, pool->index);
	put_u32(&report, RRING_A_POOL_SLOT_SIZE, info->slot_size);
	put_u32(&report, RRING_A_POOL_CAPACITY, pool->capacity);
	put_u32(&report, RRING_A_POOL_QUOTA, kring_pool_quota(pool, NULL));
	put_u32(&report, RRING_A_POOL_FREE, free);
	put_u32(&report, RRING_A_POOL_HIGH_WATER, pool->high_water);
	put_u32(&report, RRING_A_POOL_IN_MAGAZINES, count_in_magazines(pool));
	put_flag(&report, RRING_A_POOL_WAITED_FOR, waiters & BIT(pool->index));
	put_u64(&report, RRING_A_POOL_REFILLS, info->refills);
	put_u64(&report, RRING_A_POOL_LENT, info->lent);
	put_u64(&report, RRING_A_POOL_RECLAIMED, info->reclaimed);
	put_u64(&report, RRING_A_POOL_FAILURES, info->failures);
	put_u64(&report, RRING_A_POOL_DRY_SPELLS, pool->dry_spells);
	if (usage)
		put_usage(&report, usage);
	return report.err;
}

static void put_pool_usage(struct report *report,
			   const struct kring_client *client, u32 i,
			   const struct kring_client_usage *usage)
{
	const struct kring_pool *pool = &client->arena->pool[i];
	u32 limit = kring_holders_limit(pool, client);
	struct nlattr *nest;

	if (report->err)
		return;
	nest = nla_nest_start(report->skb, RRING_A_CLIENT_POOL);
	if (!nest) {
		report->err = -EMSGSIZE;
		return;
	}
	put_u32(report, RRING_A_CLIENT_POOL_CLASS, i);
	put_u32(report, RRING_A_CLIENT_POOL_HELD, usage->held[i]);
	put_u32(report, RRING_A_CLIENT_POOL_IN_MAGAZINE, usage->lent[i]);
	put_u32(report, RRING_A_CLIENT_POOL_CHARGED, usage->charged[i]);
	put_u32(report, RRING_A_CLIENT_POOL_QUOTA,
		kring_pool_quota(pool, client));
	if (limit < pool->capacity)
		put_u32(report, RRING_A_CLIENT_POOL_HOLD_LIMIT, limit);
	put_flag(report, RRING_A_CLIENT_POOL_OVER_LIMIT,
		 client->over_limit & BIT(i) && usage->held[i] > limit);
	nla_nest_end(report->skb, nest);
}

static void put_pid_of(struct report *report, const struct kring_client *client,
		       const struct kring_id_namespaces *audience)
{
	u32 pid = 0;

	if (audience)
		pid = pid_nr_ns(client->pid, audience->pid_ns);
	if (pid)
		put_u32(report, RRING_A_CLIENT_PID, pid);
}

static void put_client(struct report *report, const struct kring_client *client,
		       const struct kring_id_namespaces *audience)
{
	put_u32(report, RRING_A_CLIENT_ARENA, client->arena->id);
	put_u32(report, RRING_A_CLIENT_ID, client->id);
	put_u32(report, RRING_A_CLIENT_SERIAL, client->serial);
	put_pid_of(report, client, audience);
	put_uid(report, RRING_A_CLIENT_UID, client->uid, audience);
	put_name(report, RRING_A_CLIENT_COMM, client->comm);
	put_u32(report, RRING_A_CLIENT_ROLE, client->role);
	put_u32(report, RRING_A_CLIENT_STATE, client->state);
}

int kring_report_over_limit(struct sk_buff *skb, const struct kring_pool *pool,
			    const struct kring_client *client, u32 claimed)
{
	struct report report = { .skb = skb, .pad = RRING_A_CLIENT_PAD };

	put_client(&report, client, NULL);
	put_u32(&report, RRING_A_CLIENT_CLASS, pool->index);
	put_u32(&report, RRING_A_CLIENT_CLAIMED, claimed);
	put_u32(&report, RRING_A_CLIENT_HOLD_LIMIT,
		kring_holders_limit(pool, client));
	return report.err;
}

int kring_report_client(struct sk_buff *skb, const struct kring_client *client,
			const struct kring_client_usage *usage,
			const struct kring_id_namespaces *audience)
{
	struct report report = { .skb = skb, .pad = RRING_A_CLIENT_PAD };
	u32 i;

	put_client(&report, client, audience);
	if (client->quota)
		put_u32(&report, RRING_A_CLIENT_QUOTA, client->quota);
	put_u32(&report, RRING_A_CLIENT_HELD, kring_client_usage_holds(usage));
	for (i = 0; i < RRING_POOLS; i++)
		if (client->arena->pool[i].capacity)
			put_pool_usage(&report, client, i, usage);
	put_u32(&report, RRING_A_CLIENT_RINGS, usage->rings);
	put_u32(&report, RRING_A_CLIENT_READERS, usage->readers);
	put_u64(&report, RRING_A_CLIENT_REFILLS, client->refills);
	put_u64(&report, RRING_A_CLIENT_WAKES, client->wakes);
	return report.err;
}

int kring_report_ring(struct sk_buff *skb, struct kring_ring *ring,
		      const struct kring_id_namespaces *audience)
{
	struct report report = { .skb = skb, .pad = RRING_A_RING_PAD };
	const struct rring_ring_info *info = ring->info;
	u64 low = kring_ring_low(ring);
	u64 head = kring_ring_head(ring);
	u64 fill = head > low ? head - low : 0;

	put_u32(&report, RRING_A_RING_ARENA, ring->arena->id);
	put_u32(&report, RRING_A_RING_ID, ring->id);
	put_name(&report, RRING_A_RING_NAME, info->name);
	put_uid(&report, RRING_A_RING_UID, ring->owner, audience);
	put_u32(&report, RRING_A_RING_KIND, info->kind);
	put_u32(&report, RRING_A_RING_POLICY, info->policy);
	put_u32(&report, RRING_A_RING_CAPACITY, info->capacity);
	put_u32(&report, RRING_A_RING_STRIDE, info->stride);
	put_u32(&report, RRING_A_RING_RETAIN, info->retain);
	put_u64(&report, RRING_A_RING_STALL_NS, info->stall_ns);
	put_u32(&report, RRING_A_RING_STATE, rring_flag_load(&info->state));
	put_u32(&report, RRING_A_RING_INCARNATION,
		rring_flag_load(&info->incarnation));
	put_u32(&report, RRING_A_RING_WRITER, info->writer);
	put_u64(&report, RRING_A_RING_HEAD, head);
	put_u64(&report, RRING_A_RING_LOW, low);
	put_u32(&report, RRING_A_RING_FILL, min_t(u64, fill, info->capacity));
	put_u32(&report, RRING_A_RING_READERS, ring->nr_readers);
	put_u64(&report, RRING_A_RING_BYTES,
		kring_pages_size(ring->pages));
	put_u64(&report, RRING_A_RING_DROPS, kring_ring_drops(ring));
	put_u64(&report, RRING_A_RING_LAPS, ring->laps);
	put_u64(&report, RRING_A_RING_WAKES, ring->wakes);
	put_name(&report, RRING_A_RING_TYPE, info->type_name);
	if (info->type_size)
		put_u32(&report, RRING_A_RING_TYPE_SIZE, info->type_size);
	put_u32(&report, RRING_A_RING_SERIAL, rring_flag_load(&info->serial));
	put_u64(&report, RRING_A_RING_EPOCH,
		rring_ring_epoch(ring->arena->info, info));
	return report.err;
}

/*
 * Return the state of @reader without its cap, which is a matter of the kernel,
 * the writer and the client alone.
 */
static enum rring_reader_state
reported_state(const struct kring_reader *reader)
{
	switch (reader->state) {
	case RRING_READER_CAPPED:
		return RRING_READER_LIVE;
	case RRING_READER_CAPPED_OBSERVER:
		return RRING_READER_OBSERVER;
	default:
		return reader->state;
	}
}

int kring_report_reader(struct sk_buff *skb, const struct kring_reader *reader,
			const struct kring_id_namespaces *audience)
{
	struct report report = { .skb = skb, .pad = RRING_A_READER_PAD };
	u64 pos = kring_reader_reached(reader);
	u64 head = kring_ring_head(reader->ring);

	put_u32(&report, RRING_A_READER_ARENA, reader->ring->arena->id);
	put_u32(&report, RRING_A_READER_RING, reader->ring->id);
	put_u32(&report, RRING_A_READER_ID, reader->id);
	put_u32(&report, RRING_A_READER_SERIAL, reader->serial);
	put_name(&report, RRING_A_READER_NAME, reader->name);
	put_uid(&report, RRING_A_READER_UID, reader->owner, audience);
	put_u32(&report, RRING_A_READER_CLIENT,
		reader->client ? reader->client->id : 0);
	put_u32(&report, RRING_A_READER_STATE, reported_state(reader));
	put_u64(&report, RRING_A_READER_POSITION, pos);
	put_u64(&report, RRING_A_READER_LAG, head > pos ? head - pos : 0);
	put_u64(&report, RRING_A_READER_LOST, reader->lost);
	put_u64(&report, RRING_A_READER_LAPS, reader->laps);
	return report.err;
}

static enum rring_ring_state state_after(enum rring_change_kind kind)
{
	switch (kind) {
	case RRING_CHANGE_OPENED:
		return RRING_RING_OPEN;
	case RRING_CHANGE_ENDED:
		return RRING_RING_ENDED;
	case RRING_CHANGE_AWAITED:
		return RRING_RING_AWAITED;
	default:
		return RRING_RING_NONE;
	}
}

int kring_report_ring_change(struct sk_buff *skb,
			     const struct kring_arena *arena,
			     const struct rring_change *change)
{
	struct report report = { .skb = skb, .pad = RRING_A_RING_PAD };

	put_u32(&report, RRING_A_RING_ARENA, arena->id);
	put_u32(&report, RRING_A_RING_ID, change->ring);
	put_u32(&report, RRING_A_RING_SERIAL, change->ring_serial);
	put_name(&report, RRING_A_RING_NAME, change->ring_name);
	put_u32(&report, RRING_A_RING_STATE, state_after(change->kind));
	put_u32(&report, RRING_A_RING_INCARNATION, change->incarnation);
	put_u32(&report, RRING_A_RING_WRITER, change->client);
	put_u32(&report, RRING_A_RING_READERS, change->readers);
	return report.err;
}

int kring_report_reader_change(struct sk_buff *skb,
			       const struct kring_arena *arena,
			       const struct rring_change *change)
{
	struct report report = { .skb = skb, .pad = RRING_A_READER_PAD };

	put_u32(&report, RRING_A_READER_ARENA, arena->id);
	put_u32(&report, RRING_A_READER_RING, change->ring);
	put_u32(&report, RRING_A_READER_ID, change->reader);
	put_name(&report, RRING_A_READER_NAME, change->reader_name);
	put_u32(&report, RRING_A_READER_CLIENT, change->client);
	return report.err;
}
