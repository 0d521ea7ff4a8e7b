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

typedef uint64_t payload_line __attribute__((vector_size(PAYLOAD_LINE),
					     may_alias));

/* Fill @size bytes, a multiple of 64, aligned to that, for event @number. */
static inline void payload_fill(void *payload, uint32_t size, uint64_t number)
{
	payload_line line = { number, 1, number, 2, number, 3, number, 4 };
	payload_line *at = (payload_line *)payload;
	payload_line *end = at + size / PAYLOAD_LINE;

	for (; at < end; at++, line++)
		*at = line;
}

/* Every word of it is as payload_fill() wrote it; else this ends in abort(). */
static inline void payload_check(const void *payload, uint32_t size,
				 uint64_t number)
{
	payload_line line = { number, 1, number, 2, number, 3, number, 4 };
	payload_line differ = line ^ line;
	const payload_line *at = (const payload_line *)payload;
	const payload_line *end = at + size / PAYLOAD_LINE;

	for (; at < end; at++, line++)
		differ |= *at ^ line;
	differ[0] |= differ[1] | differ[2] | differ[3] | differ[4] |
		     differ[5] | differ[6] | differ[7];
	if (__builtin_expect(differ[0] != 0, 0))
		abort();
}

#endif /* BENCH_PAYLOAD_H */
