// SPDX-License-Identifier: MPL-2.0
#include <err.h>
#include <stdio.h>
#include <jansson.h>

#include "sample.h"

static void set(json_t *line, const char *key, json_t *value)
{
	if (json_object_set_new(line, key, value))
		errx(1, "no memory for a sample");
}

static void set_more(json_t *line, const struct sample_key *key)
{
	set(line, key->name, key->text ? json_string(key->text) :
					 json_integer((json_int_t)key->number));
}

void sample_print(const struct sample *sample)
{
	json_t *line = json_object();
	int i;

	set(line, "figure", json_string(sample->figure));
	if (sample->size)
		set(line, "size", json_integer(sample->size));
	if (sample->batch)
		set(line, "batch", json_integer(sample->batch));
	for (i = 0; i < SAMPLE_KEYS && sample->more[i].name; i++)
		set_more(line, &sample->more[i]);
	set(line, "placement", json_string(sample->placement));
	set(line, "who", json_string(sample->who));
	set(line, "value", json_real(sample->value));
	set(line, "unit", json_string(sample->unit));
	set(line, "round", json_integer(sample->round));
	if (sample->line_ns > 0)
		set(line, "line_ns", json_real(sample->line_ns));
	if (json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6)) ||
	    putchar('\n') == EOF || fflush(stdout))
		err(1, "stdout");
	json_decref(line);
}
