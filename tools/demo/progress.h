/* SPDX-License-Identifier: MPL-2.0 */
/* Progress: one line that is rewritten on a terminal, else ten lines. */
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
	uint64_t next;		/* not a terminal: position of the next line */
	double began;
	double shown;
	int terminal;
};

/* Start. On a terminal, messages of error() replace the line from now on. */
void progress_begin(struct progress *progress, uint64_t total);
void progress_show(struct progress *progress, uint64_t position,
		   uint32_t kills);
void progress_end(struct progress *progress, uint64_t position,
		  uint32_t kills);

#endif /* DEMO_PROGRESS_H */
