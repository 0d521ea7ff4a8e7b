/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_FINDING_H
#define RRING_FINDING_H

#include <jansson.h>
#include <stdbool.h>

#include "link.h"

/* What the doctor found: an array of objects, in the order of the checks. */
struct findings {
	json_t *array;
	unsigned int wrong;	/* those that are not "ok" */
};

/* All is well with @check: @format says how so. */
void finding_ok(struct findings *findings, const char *check,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/* It works, but not as it should; @advice says what to do. */
void finding_warn(struct findings *findings, const char *check,
		  const char *advice, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* It does not work; the same. */
void finding_bad(struct findings *findings, const char *check,
		 const char *advice, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void finding_print(const struct findings *findings);

/* Of the machine: kernel, module, device. */
void setup_check(struct findings *findings);

/* Of the arenas, pools, clients, rings and readers in a snapshot. */
void health_check(struct findings *findings, const json_t *snapshot);

#endif /* RRING_FINDING_H */
