/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SCHED_SUMMARY_H
#define SCHED_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "stream.h"

struct summary {
	uint64_t time;		/* length of the interval, in nanoseconds */
	uint64_t top;		/* most tasks that are shown; 0: all */
	bool json;		/* one line of JSON instead of text */
};

/* Print @account, and the drops of @streams since the last summary. */
void summary_print(const struct summary *summary, const struct account *account,
		   struct stream *streams);

#endif /* SCHED_SUMMARY_H */
