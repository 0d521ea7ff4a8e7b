// SPDX-License-Identifier: MPL-2.0
/* Print the frequency of this machine's time stamp counter, in kHz. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define LOOKS	1000
#define NS	200000000	/* nanoseconds between the two samples */

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/*
 * Read the clock LOOKS times. Store the reading that took the shortest time,
 * and the counter in the middle of that reading.
 */
static void look(uint64_t *ns, uint64_t *tsc)
{
	uint64_t shortest = UINT64_MAX, before, after, clock;
	int i;

	for (i = 0; i < LOOKS; i++) {
		before = __rdtsc();
		clock = now();
		after = __rdtsc();
		if (after - before >= shortest)
			continue;
		shortest = after - before;
		*ns = clock;
		*tsc = before + shortest / 2;
	}
}

int main(void)
{
	struct timespec wait = { .tv_nsec = NS };
	uint64_t ns[2], tsc[2];

	look(&ns[0], &tsc[0]);
	nanosleep(&wait, NULL);
	look(&ns[1], &tsc[1]);
	printf("%.0f\n", (double)(tsc[1] - tsc[0]) * 1e6 /
	       (double)(ns[1] - ns[0]));
	return 0;
}
