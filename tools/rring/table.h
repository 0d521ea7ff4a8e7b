/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_TABLE_H
#define RRING_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct column {
	const char *title;
	const char *key;	/* of the row's object */
	bool right;		/* numbers */
	/* instead: the cell as a new string */
	char *(*cell)(const json_t *row, const void *context);
};

/*
 * Print @rows, an array of objects, as a table under a line of titles, each
 * line after @indent. Columns end with .title NULL.
 */
void table_print(FILE *file, const struct column *columns, const json_t *rows,
		 const char *indent, const void *context);

/* Print @json, and a line's end. */
void table_print_json(const json_t *json);

/* The same in one line, at once: for who reads along. */
void table_print_json_line(json_t *json);

/* Bold and so on, where @file is a terminal that wants it; else "". */
enum colour { COLOUR_NONE, COLOUR_BOLD, COLOUR_GOOD, COLOUR_BAD, COLOUR_DIM };
const char *colour(FILE *file, enum colour colour);

#endif /* RRING_TABLE_H */
