// SPDX-License-Identifier: MPL-2.0
/* rring arena apply: makes the arenas that files declare. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "../input/declaration.h"
#include "../input/number.h"
#include "../netlink/inquiry.h"
#include "../netlink/settings.h"
#include "../output/report.h"
#include "command.h"

struct apply {
	char **paths;
	int n;
	bool check;		/* read the files, and change nothing */
};

static const struct argp_option options[] = {
	{ "check", 'c', NULL, 0, "read the files, and change nothing", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct apply *apply = state->input;

	(void)arg;
	switch (key) {
	case 'c':
		apply->check = true;
		return 0;
	case ARGP_KEY_ARGS:
		apply->paths = state->argv + state->next;
		apply->n = state->argc - state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[FILE|DIRECTORY]...",
	.doc = "Create the arenas that files declare, and set up those that "
	       "there are; see rring-arenas.conf(5). Of a directory, " DECLARATIONS
	       " if nothing else is named, the files are *.conf.",
};

/* ---- what differs, of an arena that there is ---- */

/* Returns @value if the file gives @key, and the arena has something else. */
static uint32_t new_value(const struct declaration *declaration, int key,
			  uint32_t value, uint32_t now)
{
	return declaration->given[key] && value != now ? value : ~0u;
}

static uint32_t mode_of(const json_t *arena)
{
	return (uint32_t)strtoul(string_of(arena, "mode"), NULL, 8);
}

static uint32_t hold_limit_of(const json_t *arena, int role)
{
	char key[32];

	snprintf(key, sizeof(key), "hold_limit_%s", role_words[role]);
	return (uint32_t)integer_of(arena, key);
}

static struct settings settings_of(const struct declaration *declaration,
				   const json_t *arena)
{
	const struct rring_arena_config *config = &declaration->creation.config;
	struct settings settings = {
		.quota = new_value(declaration, 'q', config->quota,
				   (uint32_t)integer_of(arena, "quota")),
		.gid = new_value(declaration, 'g', config->gid,
				 (uint32_t)integer_of(arena, "gid")),
		.mode = new_value(declaration, 'm', config->mode,
				  mode_of(arena)),
	};
	int i;

	for (i = 0; i < RRING_ROLES; i++)
		settings.hold_limit[i] =
			new_value(declaration, 'l', config->hold_limit[i],
				  hold_limit_of(arena, i));
	return settings;
}

/* Returns the slots that the pool @class of @pools has. */
static json_int_t capacity_of(const json_t *pools, int class)
{
	json_t *pool;
	size_t i;

	json_array_foreach(pools, i, pool)
		if (!strcmp(string_of(pool, "class"), class_words[class]))
			return integer_of(pool, "capacity");
	return 0;
}

/* In an owned arena the kernel has rounded the capacities up. */
static bool has_capacities(const struct declaration *declaration,
			   const json_t *pools, bool owned)
{
	const uint32_t *wanted = declaration->creation.config.capacity;
	int i;

	for (i = 0; i < RRING_POOLS; i++) {
		json_int_t have = capacity_of(pools, i);

		if (have < wanted[i] || (have > wanted[i] && !owned))
			return false;
	}
	return true;
}

static bool has_action(const struct declaration *declaration,
		       const json_t *arena)
{
	bool evict = declaration->creation.config.on_hold_limit ==
		     RRING_HOLD_EVICT;

	return evict == !strcmp(string_of(arena, "on_hold_limit"), "evict");
}

/*
 * Returns the key of a parameter that cannot be changed, and that @arena has
 * another value of than the file gives; NULL: there is none.
 */
static const char *fixed_difference(const struct declaration *declaration,
				    const json_t *arena, const json_t *pools)
{
	const struct rring_arena_config *config = &declaration->creation.config;
	const bool *given = declaration->given;
	bool owned = json_is_true(json_object_get(arena, "owned"));

	if (given['n'] && integer_of(arena, "max_clients") != config->max_clients)
		return "clients";
	if (given['r'] && integer_of(arena, "max_rings") != config->max_rings)
		return "rings";
	if (given['w'] && owned != !!(config->flags & RRING_CREATE_OWNED))
		return "owned";
	if (given['u'] && integer_of(arena, "uid") != config->uid)
		return "user";
	if (given['o'] && !has_action(declaration, arena))
		return "on-hold-limit";
	if ((given['c'] || given['p']) &&
	    !has_capacities(declaration, pools, owned))
		return given['c'] ? "capacity" : "profile";
	return NULL;
}

/* ---- changes ---- */

/* Returns whether nothing differs that cannot be changed. */
static bool report_differences(struct link *link,
			       const struct declaration *declaration,
			       const json_t *arena)
{
	uint32_t id = (uint32_t)integer_of(arena, "id");
	json_t *pools = inquiry_dump(link, &pool_object, id);
	const char *key = fixed_difference(declaration, arena, pools);

	if (key)
		warn("%s: the arena '%s' exists with another %s, which cannot be changed: `rring arena remove' it, and apply again",
		     declaration->place, declaration->creation.config.name,
		     key);
	json_decref(pools);
	return !key;
}

static void change(struct link *link, const struct declaration *declaration,
		   const json_t *arena, const struct settings *settings)
{
	const char *name = declaration->creation.config.name;
	char *what;

	if (asprintf(&what, "set up the arena '%s', as %s says", name,
		     declaration->place) < 0)
		what = NULL;
	settings_request(link, (uint32_t)integer_of(arena, "id"), settings);
	inquiry_change(link, must(what));
	free(what);
	printf("%s: set up\n", name);
}

static bool set_up(struct link *link, const struct declaration *declaration,
		   const json_t *arena)
{
	struct settings settings = settings_of(declaration, arena);

	if (settings_any(&settings))
		change(link, declaration, arena, &settings);
	return report_differences(link, declaration, arena);
}

static bool create(const struct declaration *declaration)
{
	const struct rring_arena_config *config = &declaration->creation.config;
	int fd = rring_arena_create(config);

	if (fd < 0) {
		warn("%s: cannot create the arena '%s': %s", declaration->place,
		     config->name, creation_advice(fd));
		return false;
	}
	close(fd);
	printf("%s: created\n", config->name);
	return true;
}

static const json_t *find(const json_t *arenas, const char *name)
{
	json_t *arena;
	size_t i;

	json_array_foreach(arenas, i, arena)
		if (!strcmp(string_of(arena, "name"), name))
			return arena;
	return NULL;
}

/* Returns whether all is as @list says now. */
static bool apply_all(const struct declaration *list)
{
	struct link *link = inquiry_open();
	json_t *arenas = inquiry_dump(link, &arena_object, 0);
	const json_t *arena;
	bool done = true;

	for (; list; list = list->next) {
		arena = find(arenas, list->creation.config.name);
		done &= arena ? set_up(link, list, arena) : create(list);
	}
	json_decref(arenas);
	link_close(link);
	return done;
}

static void finish(struct declaration *list)
{
	for (; list; list = list->next) {
		creation_finish(&list->creation);
		list->creation.config.flags |= RRING_CREATE_PERSIST;
	}
}

/* The program ends right after this, so nothing is freed. */
int apply_run(int argc, char **argv)
{
	struct declaration *list = NULL;
	struct apply apply = { .n = 0 };
	int i;

	argp_parse(&argp, argc, argv, 0, NULL, &apply);
	for (i = 0; i < apply.n; i++)
		declaration_read(apply.paths[i], &list);
	if (!apply.n && !access(DECLARATIONS, F_OK))
		declaration_read(DECLARATIONS, &list);
	if (!list || apply.check)
		return STATUS_DONE;
	finish(list);
	return apply_all(list) ? STATUS_DONE : STATUS_FAILED;
}
