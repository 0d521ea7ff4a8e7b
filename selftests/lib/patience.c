// SPDX-License-Identifier: MPL-2.0
/*
 * The harness ends a test by alarm(), after what TEST_F_TIMEOUT() says.
 * Programs are linked so that its alarm() is this one.
 */
#include <stdlib.h>

#include "patience.h"

unsigned int __real_alarm(unsigned int seconds);
unsigned int __wrap_alarm(unsigned int seconds);

unsigned int patience(void)
{
	const char *times = getenv("RRING_TEST_PATIENCE");
	unsigned long n = times ? strtoul(times, NULL, 10) : 1;

	return n ? (unsigned int)n : 1;
}

unsigned int __wrap_alarm(unsigned int seconds)
{
	return __real_alarm(seconds * patience());
}
