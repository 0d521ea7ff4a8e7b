/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_NUMBER_H
#define RRING_NUMBER_H

#include <argp.h>
#include <stdint.h>

/* A decimal number of an argument, from @least to @most. */
uint64_t number(const char *text, uint64_t least, uint64_t most,
		struct argp_state *state);

/* Permissions, in octal digits. */
uint32_t number_mode(const char *text, struct argp_state *state);

/* Which of @n @words @text is. */
unsigned int number_word(const char *text, const char *const *words,
			 unsigned int n, struct argp_state *state);

/* @text, if it is a name of an arena, a ring or a reader. */
const char *number_name(const char *text, struct argp_state *state);

/* Refuse the arguments, in one line. */
void refuse(struct argp_state *state, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* RRING_NUMBER_H */
