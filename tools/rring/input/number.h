/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_NUMBER_H
#define RRING_NUMBER_H

#include <argp.h>
#include <stdint.h>

/* Each function calls refuse() if @text is invalid. */

/* Returns decimal @text as a number from @least to @most. */
uint64_t number(const char *text, uint64_t least, uint64_t most,
		struct argp_state *state);

/* Returns octal @text as permissions. */
uint32_t number_mode(const char *text, struct argp_state *state);

/* Returns the index of @text in the @n @words. */
unsigned int number_word(const char *text, const char *const *words,
			 unsigned int n, struct argp_state *state);

/* Returns the id of a user or a group, given by name or number. */
uint32_t number_user(const char *text, struct argp_state *state);
uint32_t number_group(const char *text, struct argp_state *state);

/* Returns @text, if it is a valid name and not empty. */
const char *number_name(const char *text, struct argp_state *state);

/*
 * Print what is wrong with the arguments, and exit with STATUS_USAGE. @state
 * without a .root_argp is for a line of a file, whose place is its .name: print
 * what is wrong with the line, and exit with STATUS_FAILED.
 */
void refuse(struct argp_state *state, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* RRING_NUMBER_H */
