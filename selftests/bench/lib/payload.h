/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The work of all contenders: the sender writes the whole payload, the receiver
 * reads it and compares each word.
 */
#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H

#include <stdint.h>
#include <stdlib.h>

#define PAYLOAD_LINE	64

/*
 * The widest vector of the machine. A wider type would be taken apart, which
 * costs ten times as much.
 */
#if defined(__AVX512F__)
#define PAYLOAD_VECTOR	64
#define PAYLOAD_WORDS	{ 0, 1, 2, 3, 4, 5, 6, 7 }
#elif defined(__AVX2__)
#define PAYLOAD_VECTOR	32
#define PAYLOAD_WORDS	{ 0, 1, 2, 3 }
#else
#define PAYLOAD_VECTOR	16
#define PAYLOAD_WORDS	{ 0, 1 }
#endif

typedef uint64_t payload_vector __attribute__((vector_size(PAYLOAD_VECTOR),
					       may_alias));

/* The first words of event @number: one instruction spreads it, another adds. */
static inline payload_vector payload_first(uint64_t number)
{
	return number + (payload_vector)PAYLOAD_WORDS;
}

/* Fill @size bytes, a multiple of 64, aligned to that, for event @number. */
static inline void payload_fill(void *payload, uint32_t size, uint64_t number)
{
	payload_vector value = payload_first(number);
	payload_vector *at = (payload_vector *)payload;
	payload_vector *end = at + size / PAYLOAD_VECTOR;

	for (; at < end; at++, value++)
		*at = value;
}

/* Every word of it is as payload_fill() wrote it; else this ends in abort(). */
static inline void payload_check(const void *payload, uint32_t size,
				 uint64_t number)
{
	payload_vector value = payload_first(number);
	payload_vector differ = value ^ value;
	const payload_vector *at = (const payload_vector *)payload;
	const payload_vector *end = at + size / PAYLOAD_VECTOR;
	uint64_t any = 0;
	uint32_t i;

	for (; at < end; at++, value++)
		differ |= *at ^ value;
	for (i = 0; i < PAYLOAD_VECTOR / sizeof(any); i++)
		any |= differ[i];
	if (__builtin_expect(any != 0, 0))
		abort();
}

#endif /* BENCH_PAYLOAD_H */
