/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_SELECTION_H
#define RRING_SELECTION_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* Which arena, and in which form the answer: what most commands take. */
struct selection {
	const char *arena;	/* its name, or NULL */
	uint32_t id;		/* or its number; 0: not given */
	bool json;
};

/* Children for a command's own argp; their input is a struct selection. */
extern const struct argp selection_argp;	/* --arena, --id, --json */
extern const struct argp json_argp;		/* --json alone */

/*
 * What a command does that has nothing but those, and names of things:
 * at least @least and at most @most of them, which are left in @word. One that
 * has more begins its input with this, and leaves other keys to words_parse().
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
