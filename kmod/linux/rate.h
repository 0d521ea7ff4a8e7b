/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_LINUX_RATE_H
#define KRING_LINUX_RATE_H

#include <linux/atomic.h>
#include <linux/workqueue.h>

#define KRING_RATE_BURST	64

struct kring_client;

/*
 * What a client may do at a limited rate. A bucket is the time, a ktime in ns,
 * up to which its tokens are used: a token is one interval of time between the
 * bucket and now, and there are never more than KRING_RATE_BURST.
 */
struct kring_rate {
	struct kring_client *client;
	atomic64_t barrier_bucket;	/* barriers K */
	atomic64_t wake_bucket;		/* WAKE for pools, in vain */
	atomic64_t barriers;		/* barriers that were allowed */
	atomic64_t refused;		/* barriers that have to come later */
	struct delayed_work late;

	/* the arena's lock protects these fields */
	bool late_poll;			/* .late is to pass barrier K for poll() */
	u64 late_progress;		/* progress() before that poll() looked,
					 * or when its task was woken last
					 */
	u32 late_pools;			/* pools that .late is to wake */
};

#endif /* KRING_LINUX_RATE_H */
