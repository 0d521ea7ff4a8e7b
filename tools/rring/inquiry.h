/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_INQUIRY_H
#define RRING_INQUIRY_H

#include <jansson.h>

#include "link.h"
#include "schema.h"
#include "selection.h"

/* The family's link; ends the program with advice if there is none. */
struct link *inquiry_open(void);

/*
 * All objects of that kind, in all arenas or, if @arena is not 0, in that one,
 * as a JSON array: one consistent dump. Errors are in *@err, then NULL.
 */
json_t *inquiry_try(struct link *link, const struct object *object,
		    uint32_t arena, int *err);

/* The same; ends the program with an error. */
json_t *inquiry_dump(struct link *link, const struct object *object,
		     uint32_t arena);

/* The arena that is selected; 0: none is, so all are meant. */
uint32_t inquiry_arena(struct link *link, const struct selection *selection);

/* The same, and one has to be: "default" if none is. */
uint32_t inquiry_one_arena(struct link *link,
			   const struct selection *selection);

/* The element of @array whose @key is the number; NULL. */
json_t *inquiry_find(json_t *array, const char *key, json_int_t value);

/* Send a change that link_request() began; ends the program if refused. */
void inquiry_change(struct link *link, const char *what);

/* An integer of an object; 0 if it is null or not there. */
json_int_t integer_of(const json_t *object, const char *key);

/* A string of it; "" the same. */
const char *string_of(const json_t *object, const char *key);

#endif /* RRING_INQUIRY_H */
