// SPDX-License-Identifier: MPL-2.0
/*
 * Files that declare arenas: "[NAME]" begins an arena, and "KEY = VALUE" is the
 * option of that name of `rring arena create'. Libraries for such files have
 * limits that a name of an arena can exceed, and keep no numbers of lines.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../output/report.h"
#include "declaration.h"
#include "number.h"

/* The line that is being read. .state makes refuse() name it. */
struct line {
	char *place;
	struct argp_state state;
};

static char *place_of(const char *path, unsigned int number)
{
	char *place;

	if (asprintf(&place, "%s:%u", path, number) < 0)
		place = NULL;
	return must(place);
}

/* Returns @text without the blanks at both ends. Changes @text. */
static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

static void refuse_second(struct declaration *list, const char *name,
			  struct line *line)
{
	for (; list; list = list->next)
		if (!strcmp(list->creation.config.name, name))
			refuse(&line->state, "the arena '%s' is declared in %s, too",
			       name, list->place);
}

/* Returns the new declaration of the arena @name, the last one of *@list. */
static struct declaration *begin(struct declaration **list, char *name,
				 struct line *line)
{
	struct declaration *declaration = must(calloc(1, sizeof(*declaration)));

	number_name(name, &line->state);
	refuse_second(*list, name, line);
	creation_begin(&declaration->creation);
	declaration->creation.config.name = must(strdup(name));
	declaration->place = must(strdup(line->place));
	while (*list)
		list = &(*list)->next;
	*list = declaration;
	return declaration;
}

static const struct argp_option *find_option(const char *name)
{
	const struct argp_option *option;

	for (option = creation_options; option->name; option++)
		if (!strcmp(option->name, name))
			return option;
	return NULL;
}

/* Returns whether @value, of an option without an argument, says yes. */
static bool says_yes(const char *value, struct line *line)
{
	static const char *const words[] = { "no", "yes" };

	return number_word(value, words, 2, &line->state);
}

static void set(struct declaration *declaration, const char *key, char *value,
		struct line *line)
{
	const struct argp_option *option = find_option(key);

	if (!option) {
		refuse(&line->state, "there is no key '%s'", key);
		return;
	}
	if (declaration->given[option->key])
		refuse(&line->state, "the key '%s' is there a second time", key);
	declaration->given[option->key] = true;
	line->state.input = &declaration->creation;
	if (option->arg || says_yes(value, line))
		creation_parse(option->key, value, &line->state);
}

/* Read "KEY = VALUE" for @declaration, NULL: there is none yet. */
static void read_value(struct declaration *declaration, char *text,
		       struct line *line)
{
	char *value = strchr(text, '=');

	if (!value) {
		refuse(&line->state, "%s: [NAME] or KEY = VALUE is wanted",
		       text);
		return;
	}
	*value++ = '\0';
	if (!declaration)
		refuse(&line->state, "the [NAME] of an arena has to come first");
	else
		set(declaration, trim(text), trim(value), line);
}

/*
 * Read @text, one line of a file, whose last declaration so far is @current.
 * Returns the last one after it.
 */
static struct declaration *read_line(struct declaration **list, char *text,
				     struct declaration *current,
				     struct line *line)
{
	size_t len;

	text = trim(text);
	len = strlen(text);
	if (!len || *text == '#' || *text == ';')
		return current;
	if (*text == '[' && text[len - 1] == ']') {
		text[len - 1] = '\0';
		return begin(list, trim(text + 1), line);
	}
	read_value(current, text, line);
	return current;
}

static void read_file(const char *path, struct declaration **list)
{
	struct line line = { .state = { .err_stream = stderr } };
	struct declaration *current = NULL;
	FILE *file = fopen(path, "re");
	unsigned int number = 0;
	char *text = NULL;
	size_t size = 0;

	if (!file)
		fail("cannot read %s: %s", path, strerror(errno));
	while (getline(&text, &size, file) >= 0) {
		line.place = place_of(path, ++number);
		line.state.name = line.place;
		current = read_line(list, text, current, &line);
		free(line.place);
	}
	if (ferror(file))
		fail("cannot read %s: %s", path, strerror(errno));
	fclose(file);
	free(text);
}

static int is_a_declaration(const struct dirent *entry)
{
	return !fnmatch("*.conf", entry->d_name, FNM_PERIOD);
}

static void read_directory(const char *path, struct declaration **list)
{
	struct dirent **entries;
	char *file;
	int i, n = scandir(path, &entries, is_a_declaration, alphasort);

	if (n < 0)
		fail("cannot read %s: %s", path, strerror(errno));
	for (i = 0; i < n; i++) {
		if (asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			file = NULL;
		read_file(must(file), list);
		free(file);
		free(entries[i]);
	}
	free(entries);
}

void declaration_read(const char *path, struct declaration **list)
{
	struct stat stat_;

	if (!stat(path, &stat_) && S_ISDIR(stat_.st_mode))
		read_directory(path, list);
	else
		read_file(path, list);
}
