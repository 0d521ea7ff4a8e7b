/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_REPORT_H
#define KRING_REPORT_H

#include <linux/types.h>

struct kring_arena;
struct kring_client;
struct kring_client_usage;
struct kring_pool;
struct kring_reader;
struct kring_ring;
struct kring_usage;
struct rring_change;
struct sk_buff;
struct user_namespace;

/* User, group and process ids in messages are numbers of these namespaces. */
struct kring_id_namespaces {
	struct user_namespace *user_ns;
	struct pid_namespace *pid_ns;
};

/*
 * Append the attributes of an arena, pool, client, ring or reader to @skb.
 * Return 0, or -EMSGSIZE if the attributes do not fit. After -EMSGSIZE @skb may
 * have some of the attributes, so the caller must cancel the message or free
 * @skb. If @audience is NULL, append no user, group or process ids. If @usage
 * of kring_report_pool() is NULL, append none of the counts in struct
 * kring_usage. The caller holds the arena's lock. The caller may call
 * kring_report_arena() without the lock if no other task can reach the arena.
 */
int kring_report_arena(struct sk_buff *skb, struct kring_arena *arena,
		       const char *name, bool persistent,
		       const struct kring_id_namespaces *audience);
int kring_report_pool(struct sk_buff *skb, struct kring_pool *pool,
		      const struct kring_usage *usage);
int kring_report_client(struct sk_buff *skb, const struct kring_client *client,
			const struct kring_client_usage *usage,
			const struct kring_id_namespaces *audience);
int kring_report_over_limit(struct sk_buff *skb, const struct kring_pool *pool,
			    const struct kring_client *client, u32 claimed);
int kring_report_ring(struct sk_buff *skb, struct kring_ring *ring,
		      const struct kring_id_namespaces *audience);
int kring_report_reader(struct sk_buff *skb, const struct kring_reader *reader,
			const struct kring_id_namespaces *audience);

/*
 * Append the attributes of the ring or the reader that @change is about. The
 * client is the one that has done it, even if it has gone. Return 0 or -EMSGSIZE.
 * The caller needs no lock.
 */
int kring_report_ring_change(struct sk_buff *skb,
			     const struct kring_arena *arena,
			     const struct rring_change *change);
int kring_report_reader_change(struct sk_buff *skb,
			       const struct kring_arena *arena,
			       const struct rring_change *change);

#endif /* KRING_REPORT_H */
