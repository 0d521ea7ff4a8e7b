/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_METRICS_H
#define RRING_METRICS_H

#include <jansson.h>
#include <stdio.h>

/* The two forms of text that Prometheus reads. */
enum metrics_form {
	METRICS_OPENMETRICS,
	METRICS_PROMETHEUS,	/* also for the textfile collector */
};

void metrics_print(FILE *file, enum metrics_form form, const json_t *snapshot);

#endif /* RRING_METRICS_H */
