/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_FINDING_H
#define RRING_FINDING_H

#include <jansson.h>
#include <stdbool.h>

#include "../netlink/link.h"

/* Results of `rring doctor', in the order of the checks. */
struct findings {
	json_t *array;		/* of objects */
	unsigned int wrong;	/* findings that are not "ok" */
};

/* Add: @check found no fault. @format describes the state. */
void finding_ok(struct findings *findings, const char *check,
		const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Add: @check found something that works badly. @advice says what to do. */
void finding_warn(struct findings *findings, const char *check,
		  const char *advice, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Add: @check found something that does not work. @advice says what to do. */
void finding_bad(struct findings *findings, const char *check,
		 const char *advice, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void finding_print(const struct findings *findings);

/* Check the machine: kernel, module, device, memory limits. */
void setup_check(struct findings *findings);

/* Check the arenas, pools, clients, rings and readers of @snapshot. */
void health_check(struct findings *findings, const json_t *snapshot);

#endif /* RRING_FINDING_H */
