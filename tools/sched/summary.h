/* SPDX-License-Identifier: MPL-2.0 */
#ifndef SCHED_SUMMARY_H
#define SCHED_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "stream.h"

struct summary {
	uint64_t time;		/* nanoseconds that it is about */
	uint64_t top;		/* tasks that are shown; 0: all */
	bool json;		/* in one line */
};

/* Print what @account has of @streams, and the drops since the last summary. */
void summary_print(const struct summary *summary, const struct account *account,
		   struct stream *streams);

#endif /* SCHED_SUMMARY_H */
