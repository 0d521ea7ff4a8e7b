// SPDX-License-Identifier: MPL-2.0
/* What is wrong on purpose, for selftests/host/sanitizers.sh: each is found, or not. */
#include <limits.h>
#include <stdlib.h>

#include "kselftest_harness.h"

#include "thread.h"

static int hidden(int value)
{
	__asm__ __volatile__("" : "+r"(value));
	return value;
}

TEST(nothing)
{
	free(malloc((size_t)hidden(8)));
}

TEST(leak)
{
	volatile char *memory = malloc((size_t)hidden(100));

	memory[0] = 1;
	memory = NULL;
}

TEST(overrun)
{
	volatile char *memory = malloc((size_t)hidden(100));
	char c = memory[hidden(100)];

	hidden(c);
	free((void *)memory);
}

TEST(overflow)
{
	hidden(hidden(INT_MAX) + hidden(1));
}

static int word;

static void *write_word(void *arg)
{
	word += hidden(1);
	return arg;
}

TEST(race)
{
	pthread_t thread[2];
	int i;

	for (i = 0; i < 2; i++)
		thread[i] = thread_start(write_word, NULL);
	for (i = 0; i < 2; i++)
		thread_end(thread[i]);
	EXPECT_LT(0, word);
}

TEST_HARNESS_MAIN
