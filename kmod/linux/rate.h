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

	/*
	 * .late is to pass barrier K for poll(). The arena's lock protects each
	 * change to true; kring_rate_told() needs no lock.
	 */
	bool late_poll;
	u32 late_pools;			/* pools that .late is to wake; the
					 * arena's lock protects this field
					 */
};

int kring_late_start(void);
void kring_late_stop(void);

#endif /* KRING_LINUX_RATE_H */
