/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_TABLE_H
#define RRING_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct column {
	const char *title;
	const char *key;	/* of the row's object */
	bool right;		/* align to the right, for numbers */
	/* instead of .key: returns the cell, which the caller frees */
	char *(*cell)(const json_t *row, const void *context);
};

/*
 * Print @rows, an array of objects, as a table under a line of titles, each
 * line after @indent. Columns end with .title NULL.
 */
void table_print(FILE *file, const struct column *columns, const json_t *rows,
		 const char *indent, const void *context);

/* Print @json, in several lines. */
void table_print_json(const json_t *json);

/* Print @json in one line, flush it, and drop the reference to @json. */
void table_print_json_line(json_t *json);

/* Returns the escape sequence of @colour, or "" if @file does not want it. */
enum colour { COLOUR_NONE, COLOUR_BOLD, COLOUR_GOOD, COLOUR_BAD, COLOUR_DIM };
const char *colour(FILE *file, enum colour colour);

#endif /* RRING_TABLE_H */
