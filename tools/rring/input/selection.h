/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_SELECTION_H
#define RRING_SELECTION_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* Options of most commands: the arena, and the form of the output. */
struct selection {
	const char *arena;	/* name; NULL: not given */
	uint32_t id;		/* number; 0: not given */
	bool json;
};

/* Children for a command's own argp; their input is a struct selection. */
extern const struct argp selection_argp;	/* --arena, --id, --json */
extern const struct argp json_argp;		/* --json alone */

/*
 * The input of words_parse(): a selection, and .least to .most arguments, which
 * words_parse() stores in .word. A command with more options begins its input
 * with this structure, and passes other keys to words_parse().
 */
struct words {
	struct selection selection;
	unsigned int least;
	unsigned int most;
	unsigned int n;
	char *word[16];
};

error_t words_parse(int key, char *arg, struct argp_state *state);

extern const struct argp_child selection_children[];
extern const struct argp_child json_children[];

#endif /* RRING_SELECTION_H */
