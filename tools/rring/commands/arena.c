// SPDX-License-Identifier: MPL-2.0
/* Arenas: list, create, remove, set up. apply.c and run.c have more. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "../input/creation.h"
#include "../input/number.h"
#include "../netlink/inquiry.h"
#include "../netlink/settings.h"
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
	.doc = "List the arenas that you may see, or one.\vOther verbs are create, remove, set, apply and run: "
	       "`rring arena create --help' has the options of that.",
};

static int list(int argc, char **argv)
{
	return listing_run(&listing, argc, argv);
}

/* ---- create ---- */

static const struct argp create_argp = {
	.options = creation_options,
	.parser = creation_parse,
	.args_doc = "NAME",
	.doc = "Create an arena. It stays until it is removed, and until its "
	       "last client has gone after that.",
};

static int create(int argc, char **argv)
{
	struct creation creation;
	int fd;

	creation_begin(&creation);
	argp_parse(&create_argp, argc, argv, 0, NULL, &creation);
	creation_finish(&creation);
	creation.config.flags |= RRING_CREATE_PERSIST;
	fd = rring_arena_create(&creation.config);
	if (fd < 0)
		fail("cannot create the arena '%s': %s", creation.config.name,
		     creation_advice(fd));
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
	struct settings settings;
};

static const struct argp_option set_options[] = {
	{ "quota", 'q', "PERCENT", 0, "of each pool for one client", 0 },
	{ "hold-limit", 'l', "ROLE=PERCENT,...", 0,
	  "of each pool, that one observer, consumer or producer may hold while "
	  "another client finds no free slot; 0: no limit", 0 },
	{ "group", 'g', "GROUP", 0, "its group: one of yours", 0 },
	{ "mode", 'm', "MODE", 0,
	  "octal: r observes, x consumes, w produces", 0 },
	{ 0 },
};

static error_t parse_set(int key, char *arg, struct argp_state *state)
{
	struct set *set = state->input;
	struct settings *settings = &set->settings;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &set->selection;
		return 0;
	case 'q':
		settings->quota = (uint32_t)number(arg, 1, 100, state);
		return 0;
	case 'g':
		settings->gid = number_group(arg, state);
		return 0;
	case 'm':
		settings->mode = number_mode(arg, state);
		return 0;
	case 'l':
		creation_parse_hold_limit(settings->hold_limit, arg, state);
		return 0;
	case ARGP_KEY_ARG:
		refuse(state, "%s: what is this? An arena goes with --arena",
		       arg);
		return 0;
	case ARGP_KEY_END:
		if (!settings_any(settings))
			refuse(state, "--quota, --hold-limit, --group or --mode is wanted");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp set_argp = {
	.options = set_options,
	.parser = parse_set,
	.doc = "Set up an arena, `default' if no other is named. What clients "
	       "have above a new quota is not taken from them. A new group or "
	       "mode is for those that attach later: `rring evict' ends a "
	       "client.",
	.children = selection_children,
};

static int set(int argc, char **argv)
{
	struct set set = { .settings = SETTINGS_NONE };
	struct link *link;

	argp_parse(&set_argp, argc, argv, 0, NULL, &set);
	link = inquiry_open();
	settings_request(link, inquiry_one_arena(link, &set.selection),
			 &set.settings);
	inquiry_change(link, "set up this arena");
	link_close(link);
	return STATUS_DONE;
}

static const struct command verbs[] = {
	{ "list", "which there are, and who may do what", list },
	{ "create", "make one", create },
	{ "remove", "take the name off one", remove_arena },
	{ "set", "set the limits of its clients, its group or its mode", set },
	{ "apply", "make and set up those that files declare", apply_run },
	{ "run", "make one for a command, and run it", run_run },
	{ 0 },
};

int arena_run(int argc, char **argv)
{
	return command_run_verb(verbs, argc, argv);
}
