// SPDX-License-Identifier: MPL-2.0
#include <linux/rusted_ring.h>
#include <string.h>

#include "number.h"
#include "selection.h"

static const struct argp_option selection_options[] = {
	{ "arena", 'a', "NAME", 0, "the arena of that name", 0 },
	{ "id", 'i', "ID", 0, "the arena of that number, as `rring arena' "
	  "shows it", 0 },
	{ "json", 'j', NULL, 0, "print JSON, see rring-json(5)", 0 },
	{ 0 },
};

static const struct argp_option json_options[] = {
	{ "json", 'j', NULL, 0, "print JSON, see rring-json(5)", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct selection *selection = state->input;

	switch (key) {
	case 'a':
		selection->arena = number_name(arg, state);
		return 0;
	case 'i':
		selection->id = (uint32_t)number(arg, 1, UINT32_MAX, state);
		return 0;
	case 'j':
		selection->json = true;
		return 0;
	case ARGP_KEY_END:
		if (selection->arena && selection->id)
			refuse(state, "--arena or --id, not both");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp selection_argp = {
	.options = selection_options,
	.parser = parse,
};

const struct argp json_argp = {
	.options = json_options,
	.parser = parse,
};

const struct argp_child selection_children[] = {
	{ &selection_argp, 0, NULL, 0 },
	{ 0 },
};

const struct argp_child json_children[] = {
	{ &json_argp, 0, NULL, 0 },
	{ 0 },
};

error_t words_parse(int key, char *arg, struct argp_state *state)
{
	struct words *words = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &words->selection;
		return 0;
	case ARGP_KEY_ARG:
		if (words->n == words->most)
			refuse(state, "%s: what is this?", arg);
		words->word[words->n++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (words->n < words->least)
			refuse(state, "something is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}
