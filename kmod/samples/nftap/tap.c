// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * The netfilter hooks publish the packets of one network namespace. When this
 * namespace ends, or the module is unloaded, the kernel calls .pre_exit of
 * tap_net_ops, which unregisters the hooks. After a grace period no CPU runs a
 * hook any more, and the kernel calls .exit, which closes the ring.
 */
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/preempt.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include <uapi/linux/rusted_ring_nftap.h>

#include "tap.h"

/*
 * The only tap. When the namespace .net ends or the module is unloaded,
 * close_ring() sets .net and .kw to NULL.
 */
static struct {
	/* protects .kw and .stat; the hooks use .kw without this lock */
	struct mutex lock;
	struct net *net;	/* compared, never dereferenced; no reference */
	struct rring_kwriter *kw;
	/* counts of .kw at the last tap_stat(), or at close_ring() */
	struct rring_kwriter_stat stat;
	u32 snaplen;
	struct nf_hook_ops ops[RRING_NFTAP_HOOKS];
	unsigned int nr_ops;
} tap = {
	.lock = __MUTEX_INITIALIZER(tap.lock),
};

static_assert((int)RRING_NFTAP_PREROUTING == (int)NF_INET_PRE_ROUTING);
static_assert((int)RRING_NFTAP_INPUT == (int)NF_INET_LOCAL_IN);
static_assert((int)RRING_NFTAP_FORWARD == (int)NF_INET_FORWARD);
static_assert((int)RRING_NFTAP_OUTPUT == (int)NF_INET_LOCAL_OUT);
static_assert((int)RRING_NFTAP_POSTROUTING == (int)NF_INET_POST_ROUTING);
static_assert(sizeof(struct rring_nftap_packet) == 48);
static_assert(sizeof(struct rring_nftap_packet) + RRING_NFTAP_SNAPLEN_MAX ==
	      RRING_STRIDE_MAX);

/* ---- a packet ---- */

static void describe(const struct sk_buff *skb,
		     const struct nf_hook_state *state,
		     struct rring_nftap_packet *packet)
{
	const struct net_device *dev = state->in ?: state->out;

	packet->time_ns = ktime_get_real_ns();
	packet->version = RRING_NFTAP_VERSION;
	packet->orig_len = skb->len;
	packet->family = state->pf == NFPROTO_IPV6 ? 6 : 4;
	packet->hook = state->hook;
	if (!dev)
		return;
	packet->ifindex = dev->ifindex;
	strscpy(packet->ifname, dev->name, sizeof(packet->ifname));
}

/*
 * Publish the packet @skb as an event, and accept the packet in any case. The
 * kernel calls this hook in softirq, or in the task that sends the packet.
 */
static unsigned int publish(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	struct rring_nftap_packet packet = {
		.cap_len = min(skb->len, tap.snaplen),
	};
	struct rring_kevent event;

	/*
	 * Readers see no later event until this event is committed. So prevent
	 * preemption between reserve and commit.
	 */
	preempt_disable();
	if (rring_kwriter_reserve(tap.kw, sizeof(packet) + packet.cap_len,
				  RRING_NFTAP_PACKET, &event))
		goto dropped;	/* the writer has counted the drop */
	describe(skb, state, &packet);
	memcpy(event.data, &packet, sizeof(packet));
	/* at these hooks the data begins with the IP header */
	if (skb_copy_bits(skb, 0, event.data + sizeof(packet), packet.cap_len))
		rring_kwriter_discard(tap.kw, &event);
	else
		rring_kwriter_commit(tap.kw, &event);
dropped:
	preempt_enable();
	return NF_ACCEPT;
}

/* ---- the namespace ---- */

static int __net_init tap_net_init(struct net *net)
{
	if (net != READ_ONCE(tap.net))
		return 0;
	return nf_register_net_hooks(net, tap.ops, tap.nr_ops);
}

static void __net_exit tap_net_pre_exit(struct net *net)
{
	if (net == READ_ONCE(tap.net))
		nf_unregister_net_hooks(net, tap.ops, tap.nr_ops);
}

static void close_ring(void)
{
	mutex_lock(&tap.lock);
	rring_kwriter_stat(tap.kw, &tap.stat);
	rring_kwriter_close(tap.kw, 0);
	tap.kw = NULL;
	mutex_unlock(&tap.lock);
	WRITE_ONCE(tap.net, NULL);
}

static void __net_exit tap_net_exit(struct net *net)
{
	if (net == READ_ONCE(tap.net))
		close_ring();
}

static struct pernet_operations tap_net_ops = {
	.init = tap_net_init,
	.pre_exit = tap_net_pre_exit,
	.exit = tap_net_exit,
};

/* ---- begin and end ---- */

/*
 * Fill tap.ops for the hook points in @hooks, which has bits of enum
 * rring_nftap_hook. At POSTROUTING the tap's hook runs after all other hooks,
 * to see each packet as it leaves the host. At each other point it runs before
 * all other hooks, to see even the packets that other hooks drop.
 */
static void set_hooks(unsigned long hooks, u8 family)
{
	unsigned int hook;

	for_each_set_bit(hook, &hooks, RRING_NFTAP_HOOKS)
		tap.ops[tap.nr_ops++] = (struct nf_hook_ops) {
			.hook = publish,
			.pf = family,
			.hooknum = hook,
			.priority = hook == RRING_NFTAP_POSTROUTING ?
				    NF_IP_PRI_LAST : NF_IP_PRI_FIRST,
		};
}

int tap_begin(const struct tap_config *config)
{
	struct rring_kwriter *kw = rring_kwriter_open(&config->ring);
	int err;

	if (IS_ERR(kw))
		return PTR_ERR(kw);
	tap.snaplen = config->snaplen;
	set_hooks(config->hooks, config->family);
	mutex_lock(&tap.lock);
	tap.kw = kw;
	mutex_unlock(&tap.lock);
	tap.net = config->net;
	err = register_pernet_subsys(&tap_net_ops);
	if (err)
		close_ring();
	return err;
}

void tap_end(void)
{
	unregister_pernet_subsys(&tap_net_ops);
}

void tap_stat(struct rring_kwriter_stat *stat)
{
	mutex_lock(&tap.lock);
	if (tap.kw)
		rring_kwriter_stat(tap.kw, &tap.stat);
	*stat = tap.stat;
	mutex_unlock(&tap.lock);
}
