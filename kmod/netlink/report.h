/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_REPORT_H
#define RRING_REPORT_H

#include <linux/types.h>

struct rring_arena;
struct rring_client;
struct rring_client_usage;
struct rring_pool;
struct rring_reader;
struct rring_ring;
struct sk_buff;
struct user_namespace;

/* The namespaces in which user ids and process ids are given. */
struct rring_id_namespaces {
	struct user_namespace *user_ns;
	struct pid_namespace *pid_ns;
};

/*
 * Append the attributes of an object to @skb: 0, or -EMSGSIZE if they do not
 * fit. The caller then cancels the message, or frees it. Without an @audience,
 * user ids and process ids are left out. Under the arena's lock;
 * rring_report_arena() also without it, if no other task can reach the arena.
 */
int rring_report_arena(struct sk_buff *skb, struct rring_arena *arena,
		       const char *name, bool persistent,
		       const struct rring_id_namespaces *audience);
int rring_report_pool(struct sk_buff *skb, struct rring_pool *pool);
int rring_report_client(struct sk_buff *skb, const struct rring_client *client,
			const struct rring_client_usage *usage,
			const struct rring_id_namespaces *audience);
int rring_report_ring(struct sk_buff *skb, struct rring_ring *ring,
		      const struct rring_id_namespaces *audience);
int rring_report_reader(struct sk_buff *skb, const struct rring_reader *reader,
			const struct rring_id_namespaces *audience);

#endif /* RRING_REPORT_H */
