// SPDX-License-Identifier: MPL-2.0
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define REWRITE_SECONDS	0.2

void progress_begin(struct progress *progress, uint64_t total)
{
	progress->total = total;
	progress->next = total / 10;
	progress->began = seconds_now();
	progress->shown = 0;
	progress->terminal = isatty(STDOUT_FILENO);
}

static void line(const struct progress *progress, uint64_t position,
		 uint32_t kills)
{
	double seconds = seconds_now() - progress->began;

	printf("%s%3" PRIu64 "%%  %" PRIu64 " of %" PRIu64
	       " events by all actors, %u kills, %.0f events/s%s",
	       progress->terminal ? "\r" : "",
	       position * 100 / progress->total, position, progress->total,
	       kills, seconds > 0 ? (double)position / seconds : 0,
	       progress->terminal ? "\033[K" : "\n");
	fflush(stdout);
}

void progress_show(struct progress *progress, uint64_t position,
		   uint32_t kills)
{
	double time = seconds_now();

	if (progress->terminal && time - progress->shown < REWRITE_SECONDS)
		return;
	if (!progress->terminal && position < progress->next)
		return;
	progress->shown = time;
	while (progress->next <= position)
		progress->next += progress->total / 10 + 1;
	line(progress, position, kills);
}

void progress_end(struct progress *progress, uint64_t position, uint32_t kills)
{
	if (!progress->terminal)
		return;
	line(progress, position, kills);
	putchar('\n');
}
