// SPDX-License-Identifier: MPL-2.0
#include <stdlib.h>

#include "repetition.h"

uint32_t rounds(uint32_t n)
{
	const char *scale = getenv("RRING_TEST_SCALE");
	unsigned long parts = scale ? strtoul(scale, NULL, 10) : 1;
	uint32_t left = parts > 1 ? (uint32_t)(n / parts) : n;

	return left ? left : 1;
}

int is_scaled(void)
{
	return rounds(UINT32_MAX) != UINT32_MAX;
}

int is_torture(void)
{
	return !!getenv("TORTURE");
}
