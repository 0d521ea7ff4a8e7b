/* SPDX-License-Identifier: MPL-2.0 */
/* How operations are counted: each leaves a dump of callgrind of its own. */
#ifndef COUNT_H
#define COUNT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define EVENTS	8192	/* a multiple of all batches */

/* End the program with status 1, unless @right. Inline: a call would be counted. */
static inline void check(int right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "operations: %s\n", what);
	exit(1);
}

/* Begin to count: from now on count_toggle() switches the counting on and off. */
void count_begin(void);
void count_toggle(void);

/* End the count: operation @name was done @times times. */
void count_end(const char *name, uint32_t times);

/* Count what sets, and what services, cost with few and with many members. */
void count_sets(void);
void count_services(void);

#endif /* COUNT_H */
