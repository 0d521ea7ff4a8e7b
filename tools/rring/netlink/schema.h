/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tables that describe the attributes of the family's messages, as they are in
 * Documentation/netlink/specs/rusted_ring.yaml. A key is the spec's name of
 * an attribute, with an underscore for each hyphen.
 */
#ifndef RRING_SCHEMA_H
#define RRING_SCHEMA_H

#include <stdint.h>

#include <linux/rusted_ring.h>
#include <linux/rusted_ring_netlink.h>

enum field_type {
	FIELD_U32,
	FIELD_U64,
	FIELD_STRING,
	FIELD_FLAG,	/* present or absent */
	FIELD_WORD,	/* a number, shown as a word */
	FIELD_WORDS,	/* bits, shown as words */
	FIELD_MODE,	/* permissions, shown in octal digits */
	FIELD_OBJECTS,	/* nested objects, any number of them */
	FIELD_U32S,	/* numbers, any number of them */
};

struct object;

struct field {
	uint16_t attribute;
	enum field_type type;
	const char *key;
	const char *const *words;	/* ends with NULL */
	const struct object *object;
	int in_events;			/* 1: in notifications only */
};

struct object {
	const char *name;
	const char *plural;
	uint8_t get;			/* the command that dumps them */
	uint16_t arena;			/* attribute that selects an arena */
	const struct field *fields;	/* ends with .key NULL */
};

extern const struct object arena_object;
extern const struct object pool_object;
extern const struct object client_object;
extern const struct object ring_object;
extern const struct object reader_object;

struct notification {
	uint8_t command;
	const char *name;
	const struct object *object;
};

extern const struct notification notifications[];	/* ends with .name NULL */

extern const char *const role_words[];
extern const char *const class_words[];
extern const char *const kind_words[];
extern const char *const policy_words[];

#endif /* RRING_SCHEMA_H */
