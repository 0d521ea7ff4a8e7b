// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Notices: netlink messages about events in an arena. The task that causes an
 * event writes the message at once, and a worker sends the message later. So no
 * task waits for listeners while it holds an arena's lock, and a notice needs
 * no reference to an object. A notice keeps the cookie of its network
 * namespace. The worker drops the notice if the namespace has ended.
 *
 * Processes can cause any number of notices. So an arena may queue at most
 * SENT_PER_SECOND notices of changes per second, and as many others, and none
 * while PENDING_MAX notices of all arenas are unsent. A meter of the arena counts
 * the notices that could not be queued, and its next notice carries the count. The
 * notice ARENA_GONE is the last one of its arena: if it cannot be queued, the
 * listeners get ENOBUFS instead.
 *
 * A notice is charged to the memory cgroup of the task that causes it, and each
 * listener's copy to the cgroup of the listener. The receive buffers of their
 * sockets limit what listeners keep.
 */
#include <linux/spinlock.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include <linux/rusted_ring_netlink.h>

#include "../core/announce.h"
#include "../core/arena.h"
#include "../core/client.h"
#include "../core/death.h"
#include "../core/pool.h"
#include "../core/reader.h"
#include "../core/ring.h"
#include "listener.h"
#include "netlink.h"
#include "notify.h"
#include "report.h"
#include "viewer.h"

#define SENT_PER_SECOND	500	/* most notices of one arena per second */
#define PENDING_MAX	4096	/* most unsent notices of all arenas */
#define MESSAGE_SIZE	1024	/* bytes; all attributes of a notice fit */

/*
 * A task that holds a lock does not wait for memory: in a full memory cgroup
 * this can take as long as a hostile process likes. Without a lock, a task
 * tries once to free memory, and nothing is killed for a notice.
 */
#define GFP_LOCKED	(GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN)
#define GFP_UNLOCKED	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/*
 * A message that the worker will send. The task that causes the event writes
 * most attributes. The worker calls append_late_attrs() to append the count
 * .missed, and the user and group ids: their values depend on the user
 * namespace that owns the arena's network namespace, which the worker looks up.
 */
struct notice {
	struct list_head node;		/* in the list pending */
	u64 net_cookie;
	struct kring_access access;	/* decides which listeners get it */
	struct sk_buff *skb;
	void *header;
	struct kring_meter *meter;	/* of the arena; only until the notice is
					 * in the list
					 */
	/* notices of .meter that were lost since its last queued notice */
	u32 missed;
	int missed_attr;
	int uid_attr;			/* 0: no user id */
	kuid_t uid;
	int gid_attr;			/* 0: no group id */
	kgid_t gid;
	struct pid *pid;		/* the client's process, with a
					 * reference; NULL: no process id
					 */
};

static LIST_HEAD(pending);
static u32 nr_pending;
static bool stopped = true;
/* protects pending, nr_pending and stopped, and .meter of all arenas */
static DEFINE_SPINLOCK(pending_lock);

static void deliver_all(struct work_struct *work);
static DECLARE_WORK(delivery, deliver_all);

/* ---- the worker ---- */

/*
 * Return the network namespace that has @cookie, and take a reference to the
 * namespace. Return NULL if the namespace has ended.
 */
static struct net *find_net(u64 cookie)
{
	struct net *net, *found = NULL;

	rcu_read_lock();
	for_each_net_rcu(net) {
		if (net->net_cookie == cookie) {
			found = maybe_get_net(net);
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/*
 * Append the user and group ids of @notice, in the numbers of the user
 * namespace that owns @net, and the count of lost notices if it is not 0.
 * Return 0, or -EMSGSIZE if an attribute does not fit.
 */
static int append_late_attrs(struct notice *notice, const struct net *net)
{
	struct sk_buff *skb = notice->skb;
	int err = 0;

	if (notice->uid_attr)
		err = nla_put_u32(skb, notice->uid_attr,
				  from_kuid_munged(net->user_ns, notice->uid));
	if (!err && notice->gid_attr)
		err = nla_put_u32(skb, notice->gid_attr,
				  from_kgid_munged(net->user_ns, notice->gid));
	if (!err && notice->missed)
		err = nla_put_u32(skb, notice->missed_attr, notice->missed);
	return err;
}

static void send_notice(struct notice *notice, struct net *net)
{
	if (!genl_has_listeners(&kring_genl_family, net, 0) &&
	    !kring_listener_any(net, &notice->access))
		return;
	if (append_late_attrs(notice, net))
		return;
	genlmsg_end(notice->skb, notice->header);
	kring_listener_send(net, &notice->access, notice->skb, notice->pid);
	genlmsg_multicast_netns(&kring_genl_family, net, notice->skb, 0, 0,
				GFP_KERNEL);
	notice->skb = NULL;
}

static void notice_free(struct notice *notice)
{
	put_pid(notice->pid);
	nlmsg_free(notice->skb);
	kfree(notice);
}

static void deliver(struct notice *notice)
{
	struct net *net = find_net(notice->net_cookie);

	if (net) {
		send_notice(notice, net);
		put_net(net);
	}
	notice_free(notice);
}

static struct notice *pop_notice(void)
{
	struct notice *notice;

	spin_lock(&pending_lock);
	notice = list_first_entry_or_null(&pending, struct notice, node);
	if (notice) {
		list_del(&notice->node);
		nr_pending--;
	}
	spin_unlock(&pending_lock);
	return notice;
}

static void deliver_all(struct work_struct *work)
{
	struct notice *notice;

	while ((notice = pop_notice())) {
		deliver(notice);
		cond_resched();
	}
}

/* ---- writing one ---- */

/*
 * Return true if the limits allow the arena of @meter one more notice: .sent is
 * below SENT_PER_SECOND, and fewer than PENDING_MAX notices of all arenas are
 * unsent. Add 1 to .sent even if the result is false. When a second has passed
 * since .since, .sent begins at 0 again. The caller holds pending_lock.
 */
static bool meter_allows(struct kring_meter *meter)
{
	u64 now = ktime_get_ns();

	if (!meter->since || now - meter->since >= NSEC_PER_SEC) {
		meter->since = now;
		meter->sent = 0;
	}
	return meter->sent++ < SENT_PER_SECOND && nr_pending < PENDING_MAX;
}

/*
 * Return true if one more notice may be queued that @meter counts. If a limit
 * forbids the notice, count it in .missed of @meter, and return false. After
 * kring_notify_stop() return false and count nothing. Takes pending_lock.
 */
static bool notice_is_allowed(struct kring_meter *meter)
{
	bool allowed;

	spin_lock(&pending_lock);
	allowed = !stopped && meter_allows(meter);
	if (!allowed && !stopped)
		meter->missed++;
	spin_unlock(&pending_lock);
	return allowed;
}

static void count_missed(struct kring_meter *meter)
{
	spin_lock(&pending_lock);
	meter->missed++;
	spin_unlock(&pending_lock);
}

static struct kring_access access_of(const struct kring_arena *arena)
{
	struct kring_access access = {
		.uid = arena->uid,
		.gid = READ_ONCE(arena->gid),
		.mode = READ_ONCE(arena->mode),
		.named = READ_ONCE(arena->named),
	};

	kring_bans_copy(&access.bans, &arena->bans);
	return access;
}

static struct notice *notice_new(struct kring_arena *arena,
				 struct kring_meter *meter, u8 command,
				 int missed_attr, gfp_t gfp)
{
	struct notice *notice = kzalloc(sizeof(*notice), gfp);

	if (!notice)
		return NULL;
	notice->net_cookie = arena->net_cookie;
	notice->access = access_of(arena);
	notice->meter = meter;
	notice->missed_attr = missed_attr;
	notice->skb = genlmsg_new(MESSAGE_SIZE, gfp);
	if (!notice->skb) {
		kfree(notice);
		return NULL;
	}
	notice->header = genlmsg_put(notice->skb, 0, 0, &kring_genl_family, 0,
				     command);
	return notice;
}

/*
 * Return a new notice of @command that @meter counts, a meter of @arena. The
 * caller appends attributes to the notice, then calls notice_post(). @missed_attr
 * is the attribute for the count of lost notices. @gfp is GFP_LOCKED if the caller
 * holds a lock, else GFP_UNLOCKED. If a limit is reached or there is no memory,
 * count the notice as lost and return NULL. After kring_notify_stop() return NULL
 * and count nothing.
 */
static struct notice *metered(struct kring_arena *arena,
			      struct kring_meter *meter, u8 command,
			      int missed_attr, gfp_t gfp)
{
	struct notice *notice;

	if (!notice_is_allowed(meter))
		return NULL;
	notice = notice_new(arena, meter, command, missed_attr, gfp);
	if (!notice)
		count_missed(meter);
	return notice;
}

static struct notice *notice_begin(struct kring_arena *arena, u8 command,
				   int missed_attr, gfp_t gfp)
{
	return metered(arena, &arena->meter, command, missed_attr, gfp);
}

/*
 * Queue @notice for the worker, and move the count of notices that its meter has
 * lost into @notice. Return true. After kring_notify_stop() do nothing and
 * return false: the caller then has to free @notice. Takes pending_lock.
 */
static bool notice_enqueue(struct notice *notice)
{
	bool queued;

	spin_lock(&pending_lock);
	queued = !stopped;
	if (queued) {
		notice->missed = notice->meter->missed;
		notice->meter->missed = 0;
		list_add_tail(&notice->node, &pending);
		nr_pending++;
		schedule_work(&delivery);
	}
	spin_unlock(&pending_lock);
	return queued;
}

/*
 * Queue @notice for the worker. If kring_notify_stop() was called, or if @err
 * is not 0, free @notice instead. @err is the result of appending the
 * attributes. If @err is not 0, the module has a bug, because MESSAGE_SIZE is
 * enough for all attributes.
 */
static void notice_post(struct notice *notice, int err)
{
	if (!WARN_ON_ONCE(err) && notice_enqueue(notice))
		return;
	notice_free(notice);
}

/* ---- the notices ---- */

/*
 * Queue the notice ARENA_CREATED. The caller holds kring_names_lock, so no
 * other task can find @arena yet. So this function reads @arena without the
 * arena's lock.
 */
void kring_announce_created(struct kring_arena *arena)
{
	struct notice *notice = notice_begin(arena, RRING_CMD_ARENA_CREATED,
					     RRING_A_ARENA_MISSED, GFP_LOCKED);

	if (!notice)
		return;
	notice->uid_attr = RRING_A_ARENA_UID;
	notice->uid = arena->uid;
	notice->gid_attr = RRING_A_ARENA_GID;
	notice->gid = READ_ONCE(arena->gid);
	notice_post(notice,
		    kring_report_arena(notice->skb, arena, arena->name,
				       arena->persistent, NULL));
}

/*
 * Return true if fewer than PENDING_MAX notices are unsent. Takes pending_lock.
 */
static bool has_room(void)
{
	bool room;

	spin_lock(&pending_lock);
	room = nr_pending < PENDING_MAX;
	spin_unlock(&pending_lock);
	return room;
}

static bool queue_gone(struct kring_arena *arena)
{
	struct notice *notice;

	if (!has_room())
		return false;
	notice = notice_new(arena, &arena->meter, RRING_CMD_ARENA_GONE,
			    RRING_A_ARENA_MISSED, GFP_UNLOCKED);
	if (!notice)
		return false;
	notice->access.named = arena->name[0];
	notice_post(notice,
		    kring_report_arena(notice->skb, arena, arena->name,
				       arena->persistent, NULL));
	return true;
}

/*
 * Tell the listeners that could see @arena, and the multicast group of its
 * network namespace, that they have lost a notice: their next receive call
 * fails with ENOBUFS.
 */
static void report_loss(const struct kring_arena *arena)
{
	struct net *net = find_net(arena->net_cookie);
	struct kring_access access = access_of(arena);

	if (!net)
		return;
	access.named = arena->name[0];
	genl_set_err(&kring_genl_family, net, 0, 0, -ENOBUFS);
	kring_listener_lose(net, &access);
	put_net(net);
}

/*
 * Queue the notice ARENA_GONE. Even if the name of @arena was removed, the
 * notice goes to all listeners that could see @arena while @arena had the name.
 * If PENDING_MAX notices are unsent or there is no memory, these listeners get
 * ENOBUFS instead. The last reference to @arena is gone, and the list of arenas
 * no longer contains @arena, so the caller needs no lock. After
 * kring_notify_stop() do nothing.
 */
void kring_announce_gone(struct kring_arena *arena)
{
	if (!READ_ONCE(stopped) && !queue_gone(arena))
		report_loss(arena);
}

/*
 * Queue the notice CLIENT_DIED or CLIENT_EVICTED. @usage tells what @client had
 * at its death. Takes the arena's lock, also if the task is being killed,
 * because this is part of a death.
 */
void kring_announce_client(struct kring_client *client,
			   const struct kring_client_usage *usage)
{
	struct kring_arena *arena = client->arena;
	struct notice *notice;
	int err;

	notice = notice_begin(arena,
			      client->evicted ? RRING_CMD_CLIENT_EVICTED :
						RRING_CMD_CLIENT_DIED,
			      RRING_A_CLIENT_MISSED, GFP_UNLOCKED);
	if (!notice)
		return;
	notice->uid_attr = RRING_A_CLIENT_UID;
	notice->uid = client->uid;
	mutex_lock(&arena->lock);
	err = kring_report_client(notice->skb, client, usage, NULL);
	mutex_unlock(&arena->lock);
	notice_post(notice, err);
}

/*
 * Queue the notice POOL_DRY: a refill for @client has found no free slot in
 * @pool or, if @pool is the XXL pool, no memory. The caller holds the arena's
 * lock.
 */
void kring_announce_dry(struct kring_pool *pool,
			const struct kring_client *client)
{
	struct notice *notice = notice_begin(pool->arena, RRING_CMD_POOL_DRY,
					     RRING_A_POOL_MISSED, GFP_LOCKED);
	int err;

	if (!notice)
		return;
	err = kring_report_pool(notice->skb, pool, NULL);
	if (!err)
		err = nla_put_u32(notice->skb, RRING_A_POOL_CLIENT, client->id);
	notice_post(notice, err);
}

/*
 * Queue the notice CLIENT_OVER_LIMIT: @client holds @claimed slots of @pool,
 * which is more than its hold limit, and another client has found no free slot.
 * Each listener gets the process id in its own numbers. Return true, or false if
 * a limit is reached or there is no memory: a client must not escape its notice
 * because it has caused many others. After kring_notify_stop() return true. The
 * caller holds the arena's lock.
 */
bool kring_announce_over_limit(const struct kring_pool *pool,
			       const struct kring_client *client, u32 claimed)
{
	struct notice *notice = notice_begin(pool->arena,
					     RRING_CMD_CLIENT_OVER_LIMIT,
					     RRING_A_CLIENT_MISSED, GFP_LOCKED);

	if (!notice)
		return READ_ONCE(stopped);
	notice->uid_attr = RRING_A_CLIENT_UID;
	notice->uid = client->uid;
	notice->pid = get_pid(client->pid);
	notice_post(notice,
		    kring_report_over_limit(notice->skb, pool, client,
					    claimed));
	return true;
}

/*
 * Queue the notice READER_LAPPED: @reader has stalled too long, so it no longer
 * holds the writer back. The caller holds the arena's lock.
 */
void kring_announce_lapped(const struct kring_reader *reader)
{
	struct kring_arena *arena = reader->ring->arena;
	struct notice *notice = notice_begin(arena, RRING_CMD_READER_LAPPED,
					     RRING_A_READER_MISSED, GFP_LOCKED);

	if (!notice)
		return;
	notice->uid_attr = RRING_A_READER_UID;
	notice->uid = reader->owner;
	notice_post(notice,
		    kring_report_reader(notice->skb, reader, NULL));
}

/*
 * Queue the notice of a change: RING_OPENED, RING_ENDED, RING_GONE, READER_JOINED
 * or READER_LEFT. These have a meter of their own, so that a client that opens
 * and closes rings all the time does not cost the listeners the other notices.
 * The caller holds the arena's lock.
 */
void kring_announce_change(struct kring_arena *arena,
			   const struct rring_change *change)
{
	static const u8 commands[] = {
		[RRING_CHANGE_OPENED] = RRING_CMD_RING_OPENED,
		[RRING_CHANGE_ENDED] = RRING_CMD_RING_ENDED,
		[RRING_CHANGE_AWAITED] = RRING_CMD_RING_ENDED,
		[RRING_CHANGE_GONE] = RRING_CMD_RING_GONE,
		[RRING_CHANGE_JOINED] = RRING_CMD_READER_JOINED,
		[RRING_CHANGE_LEFT] = RRING_CMD_READER_LEFT,
	};
	bool of_reader = change->kind >= RRING_CHANGE_JOINED;
	struct notice *notice;

	notice = metered(arena, &arena->change_meter, commands[change->kind],
			 of_reader ? RRING_A_READER_MISSED :
				     RRING_A_RING_MISSED, GFP_LOCKED);
	if (!notice)
		return;
	notice_post(notice, of_reader ?
		    kring_report_reader_change(notice->skb, arena, change) :
		    kring_report_ring_change(notice->skb, arena, change));
}

/* ---- start and stop ---- */

void kring_notify_start(void)
{
	WRITE_ONCE(stopped, false);
}

/*
 * Send all queued notices, and make the module drop each later notice. A later
 * notice can come from an arena that is freed after this call, because the
 * module or a netlink request still has a reference to the arena.
 */
void kring_notify_stop(void)
{
	spin_lock(&pending_lock);
	WRITE_ONCE(stopped, true);
	spin_unlock(&pending_lock);
	cancel_work_sync(&delivery);
	deliver_all(NULL);
}
