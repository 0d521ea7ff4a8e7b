// SPDX-License-Identifier: MPL-2.0
/* A summary is built as JSON. The text is printed from the JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "../rring/output/report.h"
#include "../rring/output/table.h"
#include "../rring/output/text.h"
#include "summary.h"

#define NS_PER_S	1000000000.0

/* ---- as JSON ---- */

static json_t *cpu_json(const struct cpu *cpu, struct stream *stream)
{
	struct drops drops = stream_drops(stream);

	return must(json_pack(
		"{s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"cpu", (json_int_t)stream->cpu, "ended", stream->ended,
		"before", (json_int_t)stream->before,
		"last", (json_int_t)cpu->last.number,
		"switches", (json_int_t)cpu->switches,
		"dropped", (json_int_t)drops.dropped,
		"overwritten", (json_int_t)drops.overwritten,
		"time_ns", (json_int_t)cpu->time,
		"idle_ns", (json_int_t)cpu->idle,
		"unknown_ns", (json_int_t)cpu->unknown));
}

static json_t *cpus_json(const struct account *account, struct stream *streams)
{
	json_t *cpus = must(json_array());
	unsigned int i;

	for (i = 0; i < account->nr_cpus; i++)
		json_array_append_new(cpus, cpu_json(&account->cpus[i],
						     &streams[i]));
	return cpus;
}

/* JSON allows UTF-8 only, so a name that is not UTF-8 is escaped. */
static json_t *comm_json(const char *comm)
{
	json_t *text = json_string(comm);
	char *escaped;

	if (text)
		return text;
	escaped = must(text_escape(comm, strlen(comm)));
	text = must(json_string(escaped));
	free(escaped);
	return text;
}

/* "share" is in percent of one CPU. */
static json_t *task_json(const struct task *task, uint64_t time)
{
	return must(json_pack("{s:i, s:i, s:o, s:I, s:I, s:I, s:f}",
			      "pid", task->pid, "tgid", task->tgid,
			      "comm", comm_json(task->comm),
			      "runtime_ns", (json_int_t)task->runtime,
			      "time_ns", (json_int_t)task->time,
			      "switches", (json_int_t)task->switches,
			      "share", time ? 100.0 * (double)task->time /
					      (double)time : 0.0));
}

static json_t *tasks_json(const struct summary *summary,
			  const struct account *account)
{
	json_t *tasks = must(json_array());
	size_t i, n;
	const struct task **list = account_busiest(account, &n);

	if (summary->top && n > summary->top)
		n = summary->top;
	for (i = 0; i < n; i++)
		json_array_append_new(tasks, task_json(list[i],
						       summary->time));
	free(list);
	return tasks;
}

static json_int_t sum(const json_t *cpus, const char *key)
{
	json_int_t sum = 0;
	json_t *cpu;
	size_t i;

	json_array_foreach(cpus, i, cpu)
		sum += json_integer_value(json_object_get(cpu, key));
	return sum;
}

static json_t *summary_json(const struct summary *summary,
			    const struct account *account,
			    struct stream *streams)
{
	json_t *cpus = cpus_json(account, streams);

	return must(json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
			      "time_ns", (json_int_t)summary->time,
			      "switches", sum(cpus, "switches"),
			      "dropped", sum(cpus, "dropped"),
			      "overwritten", sum(cpus, "overwritten"),
			      "idle_ns", sum(cpus, "idle_ns"),
			      "unknown_ns", sum(cpus, "unknown_ns"),
			      "cpus", cpus,
			      "tasks", tasks_json(summary, account)));
}

/* ---- as text ---- */

static json_int_t integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/*
 * Shows a negative runtime as 0. It is negative if account_running() credited
 * too much in an earlier interval.
 */
static char *runtime_cell(const json_t *row, const void *context)
{
	json_int_t runtime = integer(row, "runtime_ns");
	char *text;

	(void)context;
	if (asprintf(&text, "%.3f", runtime > 0 ? (double)runtime / 1e6 : 0.0) <
	    0)
		return NULL;
	return text;
}

static char *share_cell(const json_t *row, const void *context)
{
	char *text;

	(void)context;
	if (asprintf(&text, "%.1f",
		     json_real_value(json_object_get(row, "share"))) < 0)
		return NULL;
	return text;
}

static const struct column columns[] = {
	{ "PID", "pid", true, NULL },
	{ "COMM", "comm", false, NULL },
	{ "MS", NULL, true, runtime_cell },
	{ "SWITCHES", "switches", true, NULL },
	{ "CPU%", NULL, true, share_cell },
	{ 0 },
};

static void print_text(const json_t *json)
{
	double time = (double)integer(json, "time_ns");
	const json_t *cpus = json_object_get(json, "cpus");
	json_int_t dropped = integer(json, "dropped");
	json_int_t overwritten = integer(json, "overwritten");
	json_int_t unknown = integer(json, "unknown_ns");

	printf("%.3f s, %zu CPUs: %" JSON_INTEGER_FORMAT
	       " switches, %.1f %% idle\n", time / NS_PER_S,
	       json_array_size(cpus), integer(json, "switches"),
	       time > 0 ? 100.0 * (double)integer(json, "idle_ns") /
			  (time * (double)json_array_size(cpus)) : 0.0);
	if (dropped || overwritten || unknown)
		printf("%sincomplete: %" JSON_INTEGER_FORMAT " dropped, %"
		       JSON_INTEGER_FORMAT
		       " overwritten; nothing is known of %.3f s%s\n",
		       colour(stdout, COLOUR_BAD), dropped, overwritten,
		       (double)unknown / NS_PER_S,
		       colour(stdout, COLOUR_NONE));
	table_print(stdout, columns, json_object_get(json, "tasks"), "", NULL);
	putchar('\n');
}

void summary_print(const struct summary *summary, const struct account *account,
		   struct stream *streams)
{
	json_t *json = summary_json(summary, account, streams);

	if (summary->json) {
		table_print_json_line(json);
		return;
	}
	print_text(json);
	finish_output();
	json_decref(json);
}
