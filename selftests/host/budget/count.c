// SPDX-License-Identifier: MPL-2.0
#include <valgrind/callgrind.h>

#include "count.h"

static int counting;

void count_begin(void)
{
	counting = 1;
	CALLGRIND_ZERO_STATS;
}

void count_toggle(void)
{
	if (counting)
		CALLGRIND_TOGGLE_COLLECT;
}

void count_end(const char *name, uint32_t times)
{
	char dump[64];

	snprintf(dump, sizeof(dump), "%s %u", name, times);
	CALLGRIND_DUMP_STATS_AT(dump);
	counting = 0;
}
