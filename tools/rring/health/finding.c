// SPDX-License-Identifier: MPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../netlink/inquiry.h"
#include "../output/report.h"
#include "../output/table.h"
#include "../output/text.h"
#include "finding.h"

static void add(struct findings *findings, const char *status,
		const char *check, const char *advice, const char *format,
		va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	json_array_append_new(findings->array,
			      must(json_pack("{s:s, s:s, s:s, s:s?}",
					     "check", check, "status", status,
					     "text", must(text),
					     "advice", advice)));
	findings->wrong += !!advice;
	free(text);
}

void finding_ok(struct findings *findings, const char *check,
		const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(findings, "ok", check, NULL, format, args);
	va_end(args);
}

void finding_warn(struct findings *findings, const char *check,
		  const char *advice, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(findings, "warning", check, advice, format, args);
	va_end(args);
}

void finding_bad(struct findings *findings, const char *check,
		 const char *advice, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(findings, "bad", check, advice, format, args);
	va_end(args);
}

static enum colour shade(const char *status)
{
	return strcmp(status, "ok") ? COLOUR_BAD : COLOUR_GOOD;
}

static void print_one(const json_t *finding)
{
	const char *status = string_of(finding, "status");
	const char *text = string_of(finding, "text");
	const char *advice = string_of(finding, "advice");

	printf("%s%-8s%s%-8s ", colour(stdout, shade(status)), status,
	       colour(stdout, COLOUR_NONE), string_of(finding, "check"));
	text_print(stdout, text, strlen(text));
	putchar('\n');
	if (*advice)
		printf("%17s%s\n", "", advice);
}

void finding_print(const struct findings *findings)
{
	json_t *finding;
	size_t i;

	json_array_foreach(findings->array, i, finding)
		print_one(finding);
}
