/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_INQUIRY_H
#define RRING_INQUIRY_H

#include <jansson.h>

#include "../input/selection.h"
#include "link.h"
#include "schema.h"

/* Open a link to the kernel. An error ends the program with advice. */
struct link *inquiry_open(void);

/*
 * Dump all objects of the kind @object, in all arenas or, if @arena is not 0,
 * in that arena. A dump that is interrupted by changes is repeated. Returns a
 * JSON array, or NULL with a negative errno in @err.
 */
json_t *inquiry_try(struct link *link, const struct object *object,
		    uint32_t arena, int *err);

/* Dump as inquiry_try() does. An error ends the program. */
json_t *inquiry_dump(struct link *link, const struct object *object,
		     uint32_t arena);

/*
 * Returns the id of the selected arena; 0 if none is selected: all are meant.
 * Ends the program if there is no arena of the selected name.
 */
uint32_t inquiry_arena(struct link *link, const struct selection *selection);

/*
 * Returns the id of the selected arena, or of "default" if none is selected.
 * Ends the program if there is no such arena.
 */
uint32_t inquiry_one_arena(struct link *link,
			   const struct selection *selection);

/* Returns the element of @array whose @key is @value, or NULL. */
json_t *inquiry_find(json_t *array, const char *key, json_int_t value);

/*
 * Send the change that the caller built with link_request(). If it is refused,
 * the program ends with "cannot @what".
 */
void inquiry_change(struct link *link, const char *what);

/*
 * Send the change, as inquiry_change() does. If the object that it is for has
 * gone meanwhile, return false; otherwise return true.
 */
bool inquiry_change_if_there(struct link *link, const char *what);

/* Returns integer @key of @object; 0 if it is null or missing. */
json_int_t integer_of(const json_t *object, const char *key);

/* Returns string @key of @object; "" if it is null or missing. */
const char *string_of(const json_t *object, const char *key);

#endif /* RRING_INQUIRY_H */
