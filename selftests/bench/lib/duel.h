/* SPDX-License-Identifier: MPL-2.0 */
/* Two threads and the queues between them. */
#ifndef BENCH_DUEL_H
#define BENCH_DUEL_H

#include "queue.h"
#include "sample.h"

/*
 * One thread writes, the other one reads: millions of events a second, the
 * median of some slices of rounds_seconds(), after a warm-up of some more. They
 * run on two CPUs; or, if @work is placed on "one", on one; or, if it is placed
 * on "any", where the kernel has them run.
 */
double duel_stream(const struct queue_kind *kind, const struct sample *work);

/* An event there and another one back: nanoseconds, likewise. */
double duel_pingpong(const struct queue_kind *kind, const struct sample *work);

/*
 * From before an event is written until after it was read by a thread that had
 * gone to sleep for it: microseconds. On one CPU: there, and another one back.
 */
double duel_wakeup(const struct queue_kind *kind, const struct sample *work);

#endif /* BENCH_DUEL_H */
