/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_MESSAGE_H
#define RRING_MESSAGE_H

#include <jansson.h>
#include <libmnl/libmnl.h>

#include "schema.h"

/* The family's command in @nlh. */
uint8_t message_command(const struct nlmsghdr *nlh);

/*
 * The attributes of @nlh as a JSON object, with the keys of @object in their
 * order. An answer to a dump has all of them, whatever is absent as null or
 * false; a notification those that are there. NULL: it is malformed.
 */
json_t *message_answer(const struct nlmsghdr *nlh, const struct object *object);
json_t *message_notification(const struct nlmsghdr *nlh,
			     const struct object *object);

#endif /* RRING_MESSAGE_H */
