// SPDX-License-Identifier: MPL-2.0
/* Prints answers as tables and as JSON. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "../netlink/inquiry.h"
#include "report.h"
#include "table.h"
#include "text.h"

#define COLUMNS	32

/* ---- colours ---- */

static bool wants_colours(FILE *file)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(file)) && !(no && *no) && term && *term &&
	       strcmp(term, "dumb");
}

const char *colour(FILE *file, enum colour colour)
{
	static const char *const sequences[] = {
		[COLOUR_NONE] = "\033[m",
		[COLOUR_BOLD] = "\033[1m",
		[COLOUR_GOOD] = "\033[32m",
		[COLOUR_BAD] = "\033[31m",
		[COLOUR_DIM] = "\033[2m",
	};

	return wants_colours(file) ? sequences[colour] : "";
}

/* ---- cells ---- */

/* Print the words of @array. Print only the number of objects. */
static void put_array(FILE *file, const json_t *array)
{
	json_t *word;
	size_t i;

	if (!json_array_size(array) ||
	    json_is_object(json_array_get(array, 0))) {
		fprintf(file, "%zu", json_array_size(array));
		return;
	}
	json_array_foreach(array, i, word)
		fprintf(file, "%s%s", i ? "," : "", json_string_value(word));
}

static void put_value(FILE *file, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		text_print(file, json_string_value(value),
			   json_string_length(value));
		return;
	case JSON_INTEGER:
		fprintf(file, "%" JSON_INTEGER_FORMAT,
			json_integer_value(value));
		return;
	case JSON_TRUE:
		fputs("yes", file);
		return;
	case JSON_ARRAY:
		put_array(file, value);
		return;
	default:
		fputs("-", file);
	}
}

static char *plain_cell(const json_t *value)
{
	size_t size;
	char *text;
	FILE *file = must(open_memstream(&text, &size));

	if (value)
		put_value(file, value);
	else
		fputs("-", file);
	fclose(file);
	return must(text);
}

static char *make_cell(const struct column *column, const json_t *row,
		       const void *context)
{
	if (column->cell)
		return must(column->cell(row, context));
	return plain_cell(json_object_get(row, column->key));
}

static unsigned int width_of(const char *text)
{
	size_t n = mbstowcs(NULL, text, 0);
	wchar_t *wide;
	int width;

	if (n == (size_t)-1)
		return (unsigned int)strlen(text);
	wide = must(calloc(n + 1, sizeof(*wide)));
	mbstowcs(wide, text, n + 1);
	width = wcswidth(wide, n);
	free(wide);
	return width < 0 ? (unsigned int)n : (unsigned int)width;
}

/* ---- tables ---- */

struct table {
	FILE *file;
	const char *indent;
	const struct column *columns;
	unsigned int nr_columns;
	unsigned int width[COLUMNS];
	char **cells;
};

static void put_cell(const struct table *table, unsigned int i,
		     const char *text)
{
	unsigned int pad = table->width[i] - width_of(text);
	bool last = i + 1 == table->nr_columns;

	if (table->columns[i].right)
		fprintf(table->file, "%*s%s", (int)pad, "", text);
	else
		fprintf(table->file, "%s%*s", text, last ? 0 : (int)pad, "");
	fputs(last ? "" : "  ", table->file);
}

static void put_titles(const struct table *table)
{
	unsigned int i;

	fprintf(table->file, "%s%s", table->indent,
		colour(table->file, COLOUR_BOLD));
	for (i = 0; i < table->nr_columns; i++)
		put_cell(table, i, table->columns[i].title);
	fprintf(table->file, "%s\n", colour(table->file, COLOUR_NONE));
}

static void put_row(const struct table *table, char **cells)
{
	unsigned int i;

	fputs(table->indent, table->file);
	for (i = 0; i < table->nr_columns; i++)
		put_cell(table, i, cells[i]);
	fputc('\n', table->file);
}

static void widen(struct table *table, unsigned int i, const char *text)
{
	unsigned int width = width_of(text);

	if (width > table->width[i])
		table->width[i] = width;
}

static void fill(struct table *table, const json_t *rows, const void *context)
{
	char **cell = table->cells;
	unsigned int i;
	json_t *row;
	size_t n;

	for (i = 0; i < table->nr_columns; i++)
		widen(table, i, table->columns[i].title);
	json_array_foreach(rows, n, row) {
		for (i = 0; i < table->nr_columns; i++, cell++) {
			*cell = make_cell(&table->columns[i], row, context);
			widen(table, i, *cell);
		}
	}
}

void table_print(FILE *file, const struct column *columns, const json_t *rows,
		 const char *indent, const void *context)
{
	struct table table = { file, indent, columns, 0, { 0 }, NULL };
	size_t n = json_array_size(rows), i;

	while (columns[table.nr_columns].title)
		table.nr_columns++;
	table.cells = must(calloc(n * table.nr_columns + 1, sizeof(char *)));
	fill(&table, rows, context);
	put_titles(&table);
	for (i = 0; i < n; i++)
		put_row(&table, table.cells + i * table.nr_columns);
	for (i = 0; i < n * table.nr_columns; i++)
		free(table.cells[i]);
	free(table.cells);
}

/* ---- JSON ---- */

void table_print_json(const json_t *json)
{
	if (json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY))
		fail("cannot write the output");
	putchar('\n');
}

void table_print_json_line(json_t *json)
{
	if (json_dumpf(json, stdout, JSON_COMPACT))
		fail("cannot write the output");
	putchar('\n');
	finish_output();
	json_decref(json);
}
