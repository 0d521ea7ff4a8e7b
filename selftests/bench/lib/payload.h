/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The work that is the same for all: a payload is written in full by whoever
 * sends it, and read in full, each word compared, by whoever receives it.
 */
#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H

#include <stdint.h>
#include <stdlib.h>

#define PAYLOAD_LINE	64

typedef uint64_t payload_words __attribute__((vector_size(16), may_alias));

/* Fill @size bytes, a multiple of 64, aligned to 16, for event @number. */
static inline void payload_fill(void *payload, uint32_t size, uint64_t number)
{
	payload_words word = { number, ~number };
	payload_words *at = (payload_words *)payload;
	payload_words *end = at + size / sizeof(word);

	for (; at < end; at += 4) {
		at[0] = word;
		at[1] = word;
		at[2] = word;
		at[3] = word;
		word += number | 1;
	}
}

/* Every word of it is as payload_fill() wrote it; else this ends in abort(). */
static inline void payload_check(const void *payload, uint32_t size,
				 uint64_t number)
{
	payload_words word = { number, ~number };
	payload_words differ = { 0, 0 };
	const payload_words *at = (const payload_words *)payload;
	const payload_words *end = at + size / sizeof(word);

	for (; at < end; at += 4) {
		differ |= (at[0] ^ word) | (at[1] ^ word) |
			  (at[2] ^ word) | (at[3] ^ word);
		word += number | 1;
	}
	if (__builtin_expect(differ[0] || differ[1], 0))
		abort();
}

#endif /* BENCH_PAYLOAD_H */
