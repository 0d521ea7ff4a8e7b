/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_LABEL_H
#define RRING_LABEL_H

#include <stdio.h>

/* Print NAME="TEXT", a label of a sample, as Prometheus and OpenMetrics have it. */
void label_print(FILE *file, const char *name, const char *text);

#endif /* RRING_LABEL_H */
