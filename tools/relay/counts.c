// SPDX-License-Identifier: MPL-2.0
/*
 * The counts of a relay as OpenMetrics or, in a file whose name ends in .prom, as
 * Prometheus' text: there a counter has its whole name in the line TYPE.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../rring/output/label.h"
#include "../rring/output/report.h"
#include "counts.h"

#define COUNT(field)	offsetof(struct counts, field)

static const struct metric {
	size_t field;
	bool counter;
	const char *name;
	const char *help;
} metrics[] = {
	{ COUNT(sent), true, "rring_relay_sent",
	  "Entries sent to the broker, or read from it." },
	{ COUNT(acknowledged), true, "rring_relay_acknowledged",
	  "Entries that the broker has acknowledged, or that are in the ring." },
	{ COUNT(repeated), true, "rring_relay_repeated",
	  "Entries that were sent once more." },
	{ COUNT(empty), true, "rring_relay_empty",
	  "Positions of the ring without an event." },
	{ COUNT(lost), true, "rring_relay_lost",
	  "Events that were overwritten before the relay read them." },
	{ COUNT(missing), true, "rring_relay_missing",
	  "Positions that are neither in the stream nor in the ring." },
	{ COUNT(connections), true, "rring_relay_connections",
	  "Connections to the broker." },
	{ COUNT(refusals), true, "rring_relay_refusals",
	  "Answers of the broker that it cannot take or give events now." },
	{ COUNT(lag), false, "rring_relay_lag",
	  "Events that are still to be relayed." },
};

static void put_sample(FILE *file, const char *name, bool counter,
		       const struct counts_about *about, uint64_t value)
{
	fprintf(file, "%s%s{", name, counter ? "_total" : "");
	label_print(file, "direction", about->direction);
	fputc(',', file);
	label_print(file, "arena", about->arena);
	fputc(',', file);
	label_print(file, "ring", about->ring);
	fputc(',', file);
	label_print(file, "stream", about->stream);
	fprintf(file, "} %" PRIu64 "\n", value);
}

static void put_family(FILE *file, const char *name, bool counter, bool plain,
		       const char *help)
{
	const char *suffix = counter && plain ? "_total" : "";

	fprintf(file, "# TYPE %s%s %s\n# HELP %s%s %s\n", name, suffix,
		counter ? "counter" : "gauge", name, suffix, help);
}

/* What reads files of this name reads Prometheus' text. */
static bool is_plain(const char *path)
{
	size_t len = strlen(path);

	return len >= 5 && !strcmp(path + len - 5, ".prom");
}

static void put_all(FILE *file, const struct counts *counts,
		    const struct counts_about *about, bool plain)
{
	size_t i;

	for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		const struct metric *metric = &metrics[i];
		uint64_t value;

		memcpy(&value, (const char *)counts + metric->field,
		       sizeof(value));
		put_family(file, metric->name, metric->counter, plain,
			   metric->help);
		put_sample(file, metric->name, metric->counter, about, value);
	}
	put_family(file, "rring_relay_connected", false, plain,
		   "1 while the relay is connected to the broker.");
	put_sample(file, "rring_relay_connected", false, about,
		   counts->connected);
	if (!plain)
		fputs("# EOF\n", file);
}

int counts_write(const struct counts *counts, const struct counts_about *about,
		 const char *path)
{
	char *new;
	FILE *file;
	int err;

	if (asprintf(&new, "%s.new", path) < 0)
		return -ENOMEM;
	file = fopen(new, "we");
	err = file ? 0 : -errno;
	if (file) {
		put_all(file, counts, about, is_plain(path));
		if (ferror(file))
			err = -EIO;
		if (fclose(file))
			err = -errno;
	}
	if (!err && rename(new, path))
		err = -errno;
	free(new);
	return err;
}
