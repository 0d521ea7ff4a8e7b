/* SPDX-License-Identifier: MPL-2.0 */
/* What was measured once, as selftests/bench/report reads it. */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stdint.h>

#define SAMPLE_KEYS	4

/* One more key of a row: a number, or a text. */
struct sample_key {
	const char *name;
	const char *text;	/* NULL: .number */
	uint64_t number;
};

struct sample {
	const char *figure;	/* of which table row: "stream", "alloc", ... */
	uint32_t size;		/* bytes of a payload; 0: none */
	uint32_t batch;		/* 0: does not apply */
	const char *placement;	/* "near", "far", "any", "one", "vm" */
	const char *who;
	const char *unit;
	double value;
	uint32_t round;
	double line_ns;		/* of placement_cost(), beside it; 0: none */
	struct sample_key more[SAMPLE_KEYS];	/* up to one without name */
};

/* One line of JSON on stdout. */
void sample_print(const struct sample *sample);

#endif /* BENCH_SAMPLE_H */
