/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Interleaved rounds: in each of them every contender does the same work once,
 * in rotating order, so that a disturbance of the machine does not hit one
 * contender alone.
 */
#ifndef BENCH_ROUNDS_H
#define BENCH_ROUNDS_H

#include "sample.h"

/* $BENCH_ROUNDS, or 7. */
int rounds_count(void);

/* $BENCH_SECONDS, or 0.1: what one measurement is to take at least. */
double rounds_seconds(void);

/*
 * How many events take @wanted ns, if @n took @ns: at least @step, and a multiple
 * of it.
 */
uint64_t rounds_fit(uint64_t n, double ns, double wanted, uint64_t step);

struct contender {
	const char *name;
	/* Warm up, do the work, return the sample's value. */
	double (*run)(const struct contender *contender,
		      const struct sample *work);
	const void *context;
	/*
	 * It does not pause between two looks at a queue that is full or empty:
	 * some peers are better that way. Its samples' .who ends in ", eager".
	 */
	int eager;
};

/*
 * Print a sample for each of @n contenders and each round; @work says all about
 * it but .who, .value and .round. If it has no .placement, two CPUs are at work:
 * then what it costs to pass a line is measured before and after each sample,
 * which is thrown away and taken again if the CPUs were moved in between; after
 * some attempts it is left out, and said so on stderr.
 *
 * $BENCH_PLACEMENT is where all of that is, if not on this machine: there the
 * cost of a line says nothing, and what @work places itself is left out.
 */
void rounds_run(const struct sample *work, const struct contender *contenders,
		int n);

/*
 * Called by .run: this run has one more value, which becomes a sample of its own.
 * That sample differs from the first one in .value, .unit and the text of its
 * last key, @text. A run has up to ROUNDS_ALSO of them.
 */
#define ROUNDS_ALSO	4
void rounds_also(const char *text, double value, const char *unit);

/* rounds_run() on two CPUs, and then on one. */
void rounds_run_on_both(struct sample *work,
			const struct contender *contenders, int n);

#endif /* BENCH_ROUNDS_H */
