// SPDX-License-Identifier: MPL-2.0
/* Arenas: list, create, remove, set up. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "../input/number.h"
#include "../netlink/inquiry.h"
#include "../output/listing.h"
#include "../output/report.h"
#include "command.h"

/* A cell: the hold limits, in the form of --hold-limit. */
static char *hold_limits(const json_t *arena, const void *context)
{
	char *cell = must(strdup("")), *more;
	char key[32];
	json_int_t percent;
	int i, n;

	(void)context;
	for (i = 0; i < RRING_ROLES; i++) {
		snprintf(key, sizeof(key), "hold_limit_%s", role_words[i]);
		percent = integer_of(arena, key);
		if (!percent)
			continue;
		n = asprintf(&more, "%s%s%s=%" JSON_INTEGER_FORMAT, cell,
			     *cell ? "," : "", role_words[i], percent);
		free(cell);
		if (n < 0)
			return NULL;
		cell = more;
	}
	if (*cell)
		return cell;
	free(cell);
	return strdup("-");
}

const struct column arena_columns[] = {
	{ "ID", "id", true, NULL },
	{ "NAME", "name", false, NULL },
	{ "UID", "uid", true, NULL },
	{ "GID", "gid", true, NULL },
	{ "MODE", "mode", false, NULL },
	{ "QUOTA", "quota", true, NULL },
	{ "HOLD LIMIT", NULL, false, hold_limits },
	{ "CLIENTS", "clients", true, NULL },
	{ "RINGS", "rings", true, NULL },
	{ "SLOTS", "slots", true, NULL },
	{ "BYTES", "bytes", true, NULL },
	{ "DEATHS", "deaths", true, NULL },
	{ "YOU MAY", "may", false, NULL },
	{ NULL, NULL, false, NULL },
};

static const struct listing listing = {
	.object = &arena_object,
	.columns = arena_columns,
	.doc = "List the arenas that you may see, or one.\vOther verbs are create, remove and set: "
	       "`rring arena create --help' has the options of that.",
};

static int list(int argc, char **argv)
{
	return listing_run(&listing, argc, argv);
}

/* ---- create ---- */

/* In the order of enum rring_profile; "auto" is rring_detect_profile(). */
static const char *const profile_words[] = {
	"mobile", "desktop", "server", "auto"
};

/* In the order of enum rring_hold_action. */
static const char *const hold_words[] = { "notice", "evict" };

static const struct argp_option create_options[] = {
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
	  "happens to a client above it: notice (default), or evict, too", 0 },
	{ "mode", 'm', "MODE", 0,
	  "octal: r observes, x consumes, w produces (0700)", 0 },
	{ "user", 'u', "USER", 0, "its owner (you)", 0 },
	{ "group", 'g', "GROUP", 0, "its group (yours)", 0 },
	{ 0 },
};

struct create {
	struct rring_arena_config config;
	int profile;		/* index in profile_words; -1: not given */
	int capacities;		/* 1: --capacity is given */
	uint32_t capacity[RRING_POOLS];	/* of --capacity; ~0: not given */
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

static void parse_capacities(struct create *create, char *text,
			     struct argp_state *state)
{
	parse_numbers(text, class_words, RRING_POOL_CAPACITY_MAX,
		      "CLASS=SLOTS is wanted, as in xs=1024", create->capacity,
		      state);
	create->capacities = 1;
}

static void parse_hold_limit(uint32_t percent[RRING_ROLES], char *text,
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

static error_t parse_create(int key, char *arg, struct argp_state *state)
{
	struct create *create = state->input;
	struct rring_arena_config *config = &create->config;

	switch (key) {
	case 'p':
		create->profile = (int)number_word(arg, profile_words, 4,
						   state);
		return 0;
	case 'c':
		parse_capacities(create, arg, state);
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
		parse_hold_limit(config->hold_limit, arg, state);
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

static const struct argp create_argp = {
	.options = create_options,
	.parser = parse_create,
	.args_doc = "NAME",
	.doc = "Create an arena. It stays until it is removed, and until its "
	       "last client has gone after that.",
};

/* A class has 0 slots if neither the profile nor --capacity names it. */
static void fill_capacities(struct create *create)
{
	uint32_t *capacity = create->config.capacity;
	enum rring_profile profile;
	int i;

	memset(capacity, 0, sizeof(create->capacity));
	if (create->profile >= 0 || !create->capacities) {
		profile = create->profile >= 0 && create->profile < 3 ?
			  (enum rring_profile)create->profile :
			  rring_detect_profile();
		rring_profile(profile, capacity);
	}
	for (i = 0; i < RRING_POOLS; i++)
		if (create->capacity[i] != UINT32_MAX)
			capacity[i] = create->capacity[i];
}

static const char *create_advice(int err)
{
	switch (err) {
	case -ENOENT:
		return "there is no " RRING_DEVICE ": load the module (`modprobe rusted_ring')";
	case -EACCES:
		return RRING_DEVICE " is not open to you: load the module with another dev_mode=";
	case -EEXIST:
		return "there is one of that name";
	case -EPERM:
		return "only with CAP_CHOWN can it be another's";
	default:
		return rring_error_detail(err);
	}
}

static int create(int argc, char **argv)
{
	struct create create = {
		.config = {
			.mode = 0700,
			.uid = UINT32_MAX,
			.gid = UINT32_MAX,
			.flags = RRING_CREATE_PERSIST,
			.backend = RRING_BACKEND_DEVICE,
		},
		.profile = -1,
	};
	int fd;

	memset(create.capacity, 0xff, sizeof(create.capacity));
	argp_parse(&create_argp, argc, argv, 0, NULL, &create);
	fill_capacities(&create);
	fd = rring_arena_create(&create.config);
	if (fd < 0)
		fail("cannot create the arena '%s': %s", create.config.name,
		     create_advice(fd));
	close(fd);
	return STATUS_DONE;
}

/* ---- remove ---- */

static error_t parse_remove(int key, char *arg, struct argp_state *state)
{
	const char **name = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (*name)
			refuse(state, "%s: what is this?", arg);
		*name = number_name(arg, state);
		return 0;
	case ARGP_KEY_END:
		if (!*name)
			refuse(state, "a name is wanted");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp remove_argp = {
	.parser = parse_remove,
	.args_doc = "NAME",
	.doc = "Take the name off an arena. Nobody new can attach; it goes "
	       "when its last client does.",
};

static int remove_arena(int argc, char **argv)
{
	const char *name = NULL;
	int err;

	argp_parse(&remove_argp, argc, argv, 0, NULL, &name);
	/* only arenas of the device can be removed by another process */
	setenv("RRING_BACKEND", "device", 1);
	err = rring_arena_remove(name);
	if (err == -ENOENT)
		fail("there is no arena '%s' here (`rring arena' lists them)",
		     name);
	if (err == -EACCES)
		fail("the arena '%s' is for its owner or CAP_SYS_ADMIN to remove, and " RRING_DEVICE " has to be open to you",
		     name);
	if (err)
		fail_with(err, "cannot remove the arena '%s'", name);
	return STATUS_DONE;
}

/* ---- set ---- */

struct set {
	struct selection selection;
	uint32_t quota;		/* 0: not given */
	uint32_t mode;		/* ~0: not given */
	uint32_t hold_limit[RRING_ROLES];	/* ~0: not given */
};

static const struct argp_option set_options[] = {
	{ "quota", 'q', "PERCENT", 0, "of each pool for one client", 0 },
	{ "hold-limit", 'l', "ROLE=PERCENT,...", 0,
	  "of each pool, that one observer, consumer or producer may hold while "
	  "another client finds no free slot; 0: no limit", 0 },
	{ "mode", 'm', "MODE", 0,
	  "octal: r observes, x consumes, w produces", 0 },
	{ 0 },
};

static bool has_setting(const struct set *set)
{
	int i;

	for (i = 0; i < RRING_ROLES; i++)
		if (set->hold_limit[i] != ~0u)
			return true;
	return set->quota || set->mode != ~0u;
}

static error_t parse_set(int key, char *arg, struct argp_state *state)
{
	struct set *set = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &set->selection;
		return 0;
	case 'q':
		set->quota = (uint32_t)number(arg, 1, 100, state);
		return 0;
	case 'm':
		set->mode = number_mode(arg, state);
		return 0;
	case 'l':
		parse_hold_limit(set->hold_limit, arg, state);
		return 0;
	case ARGP_KEY_ARG:
		refuse(state, "%s: what is this? An arena goes with --arena",
		       arg);
		return 0;
	case ARGP_KEY_END:
		if (!has_setting(set))
			refuse(state, "--quota, --hold-limit or --mode is wanted");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp set_argp = {
	.options = set_options,
	.parser = parse_set,
	.doc = "Set up an arena, `default' if no other is named. What clients "
	       "have above a new quota is not taken from them. A new mode is "
	       "for those that attach later: `rring evict' ends a client.",
	.children = selection_children,
};

static void put_hold_limits(struct nlmsghdr *nlh, const struct set *set)
{
	static const uint16_t attributes[] = {
		RRING_A_ARENA_HOLD_LIMIT_OBSERVER,
		RRING_A_ARENA_HOLD_LIMIT_CONSUMER,
		RRING_A_ARENA_HOLD_LIMIT_PRODUCER,
	};
	int i;

	for (i = 0; i < RRING_ROLES; i++)
		if (set->hold_limit[i] != ~0u)
			mnl_attr_put_u32(nlh, attributes[i],
					 set->hold_limit[i]);
}

static int set(int argc, char **argv)
{
	struct set set = {
		.mode = ~0u,
		.hold_limit = { ~0u, ~0u, ~0u },
	};
	struct nlmsghdr *nlh;
	struct link *link;
	uint32_t arena;

	argp_parse(&set_argp, argc, argv, 0, NULL, &set);
	link = inquiry_open();
	arena = inquiry_one_arena(link, &set.selection);
	nlh = link_request(link, RRING_CMD_ARENA_SET, 0);
	mnl_attr_put_u32(nlh, RRING_A_ARENA_ID, arena);
	if (set.quota)
		mnl_attr_put_u32(nlh, RRING_A_ARENA_QUOTA, set.quota);
	if (set.mode != ~0u)
		mnl_attr_put_u32(nlh, RRING_A_ARENA_MODE, set.mode);
	put_hold_limits(nlh, &set);
	inquiry_change(link, "set up this arena");
	link_close(link);
	return STATUS_DONE;
}

static const struct command verbs[] = {
	{ "list", "which there are, and who may do what", list },
	{ "create", "make one", create },
	{ "remove", "take the name off one", remove_arena },
	{ "set", "set the limits of its clients, or its mode", set },
	{ 0 },
};

int arena_run(int argc, char **argv)
{
	return command_run_verb(verbs, argc, argv);
}
