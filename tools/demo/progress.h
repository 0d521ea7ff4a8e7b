/* SPDX-License-Identifier: MPL-2.0 */
/* The progress line: rewritten on a terminal, else one per tenth. */
#ifndef DEMO_PROGRESS_H
#define DEMO_PROGRESS_H

#include <stdint.h>

#include <rusted_ring.h>

static inline double seconds_now(void)
{
	return (double)rring_deadline(0) / 1e9;
}

struct progress {
	uint64_t total;
	uint64_t next;		/* not a terminal: the next tenth */
	double began;
	double shown;
	int terminal;
};

/* From here on messages of error() take the place of the line. */
void progress_begin(struct progress *progress, uint64_t total);
void progress_show(struct progress *progress, uint64_t position,
		   uint32_t kills);
void progress_end(struct progress *progress, uint64_t position,
		  uint32_t kills);

#endif /* DEMO_PROGRESS_H */
