/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_MESSAGE_H
#define RRING_MESSAGE_H

#include <jansson.h>
#include <libmnl/libmnl.h>

#include "schema.h"

/* Returns the family's command in @nlh. */
uint8_t message_command(const struct nlmsghdr *nlh);

/*
 * Return the attributes of @nlh as a JSON object, with the keys of @object in
 * their order, or NULL if an attribute is malformed. message_answer() adds the
 * absent ones as null, false or []. message_notification() leaves them out.
 */
json_t *message_answer(const struct nlmsghdr *nlh, const struct object *object);
json_t *message_notification(const struct nlmsghdr *nlh,
			     const struct object *object);

#endif /* RRING_MESSAGE_H */
