// SPDX-License-Identifier: MPL-2.0
/* The parameters of an arena: options of commands, and keys of files. */
#include <argp.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../netlink/schema.h"
#include "attach.h"
#include "creation.h"
#include "number.h"

/* In the order of enum rring_profile; "auto" is rring_detect_profile(). */
static const char *const profile_words[] = {
	"mobile", "desktop", "server", "auto"
};

/* In the order of enum rring_hold_action. */
static const char *const hold_words[] = { "notice", "evict" };

const struct argp_option creation_options[] = {
	{ "profile", 'p', "PROFILE", 0,
	  "capacities for that machine: mobile, desktop, server, or auto, "
	  "which is what this one seems to be (default)", 0 },
	{ "capacity", 'c', "CLASS=SLOTS,...", 0,
	  "slots of the size classes xs, s, m, l, xl, xxl; others have what the "
	  "profile says, or, without --profile, none", 0 },
	{ "clients", 'n', "N", 0, "the most clients at a time (64)", 0 },
	{ "rings", 'r', "N", 0, "the most rings (64)", 0 },
	{ "quota", 'q', "PERCENT", 0, "of each pool for one client (100)", 0 },
	{ "owned", 'w', NULL, 0,
	  "a producer writes only the payloads of its own events", 0 },
	{ "producers", 'P', "N", 0,
	  "make an owned arena for so many producers (as many as fit)", 0 },
	{ "hold-limit", 'l', "ROLE=PERCENT,...", 0,
	  "of each pool, that one observer, consumer or producer may hold while "
	  "another client finds no free slot; 0: no limit (default)", 0 },
	{ "on-hold-limit", 'o', "WHAT", 0,
	  "what is done with a client above it: notice (default), or evict", 0 },
	{ "mode", 'm', "MODE", 0,
	  "octal: r observes, x consumes, w produces (0700)", 0 },
	{ "user", 'u', "USER", 0, "its owner (you)", 0 },
	{ "group", 'g', "GROUP", 0, "its group (yours)", 0 },
	{ 0 },
};

/*
 * Store the numbers of @text, WORD=NUMBER,..., in @numbers, by the index of WORD
 * in @words, which ends with NULL. A number is up to @most. @wanted says what
 * @text looks like.
 */
static void parse_numbers(char *text, const char *const *words, uint64_t most,
			  const char *wanted, uint32_t *numbers,
			  struct argp_state *state)
{
	char *value;
	int i;

	do {
		char *word = text;

		i = getsubopt(&text, (char *const *)words, &value);
		if (i < 0 || !value) {
			refuse(state, "%s: %s", word, wanted);
			return;
		}
		numbers[i] = (uint32_t)number(value, 0, most, state);
	} while (*text);
}

static void parse_capacities(struct creation *creation, char *text,
			     struct argp_state *state)
{
	parse_numbers(text, class_words, RRING_POOL_CAPACITY_MAX,
		      "CLASS=SLOTS is wanted, as in xs=1024", creation->capacity,
		      state);
	creation->capacities = 1;
}

void creation_parse_hold_limit(uint32_t percent[RRING_ROLES], char *text,
			       struct argp_state *state)
{
	parse_numbers(text, role_words, 100,
		      "ROLE=PERCENT is wanted, as in observer=10", percent,
		      state);
}

static void parse_name(struct rring_arena_config *config, const char *name,
		       struct argp_state *state)
{
	if (config->name)
		refuse(state, "%s: what is this?", name);
	config->name = number_name(name, state);
}

error_t creation_parse(int key, char *arg, struct argp_state *state)
{
	struct creation *creation = state->input;
	struct rring_arena_config *config = &creation->config;

	switch (key) {
	case 'p':
		creation->profile = (int)number_word(arg, profile_words, 4,
						   state);
		return 0;
	case 'c':
		parse_capacities(creation, arg, state);
		return 0;
	case 'n':
		config->max_clients = (uint32_t)number(arg, 1,
						       RRING_CLIENTS_MAX,
						       state);
		return 0;
	case 'r':
		config->max_rings = (uint32_t)number(arg, 1, RRING_RINGS_MAX,
						     state);
		return 0;
	case 'q':
		config->quota = (uint32_t)number(arg, 1, 100, state);
		return 0;
	case 'w':
		config->flags |= RRING_CREATE_OWNED;
		return 0;
	case 'P':
		config->producers = (uint32_t)number(arg, 1, RRING_CLIENTS_MAX,
						     state);
		return 0;
	case 'l':
		creation_parse_hold_limit(config->hold_limit, arg, state);
		return 0;
	case 'o':
		config->on_hold_limit = (enum rring_hold_action)
			number_word(arg, hold_words, 2, state);
		return 0;
	case 'm':
		config->mode = number_mode(arg, state);
		return 0;
	case 'u':
		config->uid = number_user(arg, state);
		return 0;
	case 'g':
		config->gid = number_group(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		parse_name(config, arg, state);
		return 0;
	case ARGP_KEY_END:
		if (!config->name)
			refuse(state, "a name is wanted");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void creation_begin(struct creation *creation)
{
	*creation = (struct creation) {
		.config = {
			.mode = 0700,
			.uid = UINT32_MAX,
			.gid = UINT32_MAX,
			.backend = RRING_BACKEND_DEVICE,
		},
		.profile = -1,
	};
	memset(creation->capacity, 0xff, sizeof(creation->capacity));
}

/* A class has 0 slots if neither the profile nor --capacity names it. */
void creation_finish(struct creation *creation)
{
	uint32_t *capacity = creation->config.capacity;
	enum rring_profile profile;
	int i;

	memset(capacity, 0, sizeof(creation->capacity));
	if (creation->profile >= 0 || !creation->capacities) {
		profile = creation->profile >= 0 && creation->profile < 3 ?
			  (enum rring_profile)creation->profile :
			  rring_detect_profile();
		rring_profile(profile, capacity);
	}
	for (i = 0; i < RRING_POOLS; i++)
		if (creation->capacity[i] != UINT32_MAX)
			capacity[i] = creation->capacity[i];
}

const char *creation_advice(int err)
{
	switch (err) {
	case -ENOENT:
		return "there is no " RRING_DEVICE ": load the module (`modprobe rusted_ring')";
	case -EACCES:
		return ATTACH_CLOSED;
	case -EEXIST:
		return "there is one of that name";
	case -EPERM:
		return "only with CAP_CHOWN can it be another's";
	default:
		return rring_error_detail(err);
	}
}
