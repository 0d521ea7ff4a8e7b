/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_METRICS_H
#define RRING_METRICS_H

#include <jansson.h>
#include <stdio.h>

/* Print @snapshot as OpenMetrics text. */
void metrics_print(FILE *file, const json_t *snapshot);

#endif /* RRING_METRICS_H */
