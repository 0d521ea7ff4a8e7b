/* SPDX-License-Identifier: MPL-2.0 */
/* What the programs of the tutorial send: a temperature. */
#ifndef READING_H
#define READING_H

#include <stdint.h>

struct reading {
	uint64_t number;		/* 0, 1, 2 and so on */
	int32_t millidegrees;		/* Celsius */
	uint32_t pid;			/* of the sensor; 0: the kernel */
};

#endif
