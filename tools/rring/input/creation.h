/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_CREATION_H
#define RRING_CREATION_H

#include <argp.h>
#include <stdint.h>

#include <rusted_ring.h>

/* An arena that is to be created. */
struct creation {
	struct rring_arena_config config;
	int profile;		/* index of a word; -1: not given */
	int capacities;		/* 1: a capacity is given */
	uint32_t capacity[RRING_POOLS];	/* the given ones; ~0: not given */
};

/* All parameters. The keys are for creation_parse(). */
extern const struct argp_option creation_options[];

void creation_begin(struct creation *creation);

/*
 * Parser of argp, whose input is a struct creation. An argument is the name of
 * the arena, which has to be given.
 */
error_t creation_parse(int key, char *arg, struct argp_state *state);

/* Store the percentages of @text, ROLE=PERCENT,..., by role. */
void creation_parse_hold_limit(uint32_t percent[RRING_ROLES], char *text,
			       struct argp_state *state);

/* Complete .config, when all parameters have been parsed. */
void creation_finish(struct creation *creation);

/* Returns what to do about the error @err of rring_arena_create(). */
const char *creation_advice(int err);

#endif /* RRING_CREATION_H */
