// SPDX-License-Identifier: MPL-2.0
/* Converts netlink attributes to JSON, by the tables of schema.c. */
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>

#include "../output/report.h"
#include "../output/text.h"
#include "message.h"

#define ATTRIBUTES	64	/* more than any object has */

uint8_t message_command(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *header = mnl_nlmsg_get_payload(nlh);

	return header->cmd;
}

/* ---- one attribute ---- */

static json_t *decode_string(const struct nlattr *attr)
{
	const char *bytes = mnl_attr_get_payload(attr);
	size_t len = strnlen(bytes, mnl_attr_get_payload_len(attr));
	json_t *string = json_stringn(bytes, len);
	char *escaped;

	if (string)
		return string;
	/* the name of a process need not be UTF-8 */
	escaped = text_escape(bytes, len);
	string = json_string(escaped);
	free(escaped);
	return string;
}

static json_t *decode_word(uint32_t value, const char *const *words)
{
	uint32_t i;

	for (i = 0; words[i]; i++)
		if (i == value)
			return json_string(words[i]);
	return json_sprintf("%u", value);	/* from a newer kernel */
}

static json_t *decode_words(uint32_t value, const char *const *words)
{
	json_t *array = json_array();
	uint32_t i;

	for (i = 0; words[i]; i++)
		if (value & 1u << i)
			json_array_append_new(array, json_string(words[i]));
	return array;
}

static json_t *decode_u32(const struct field *field, const struct nlattr *attr)
{
	uint32_t value;

	if (mnl_attr_get_payload_len(attr) != sizeof(value))
		return NULL;
	value = mnl_attr_get_u32(attr);
	switch (field->type) {
	case FIELD_WORD:
		return decode_word(value, field->words);
	case FIELD_WORDS:
		return decode_words(value, field->words);
	case FIELD_MODE:
		return json_sprintf("%04o", value);
	default:
		return json_integer(value);
	}
}

static json_t *decode_u64(const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) != sizeof(uint64_t))
		return NULL;
	return json_integer((json_int_t)mnl_attr_get_u64(attr));
}

static json_t *decode(const struct field *field, const struct nlattr *attr)
{
	switch (field->type) {
	case FIELD_STRING:
		return decode_string(attr);
	case FIELD_FLAG:
		return json_true();
	case FIELD_U64:
		return decode_u64(attr);
	default:
		return decode_u32(field, attr);
	}
}

static json_t *absent(const struct field *field)
{
	switch (field->type) {
	case FIELD_FLAG:
		return json_false();
	case FIELD_OBJECTS:
	case FIELD_U32S:
		return json_array();
	default:
		return json_null();
	}
}

/* ---- an object ---- */

struct attributes {
	const struct nlattr *first;
	const struct nlattr *end;
};

static json_t *decode_object(const struct object *object,
			     const struct attributes *attributes, bool whole);

static const struct nlattr *next(const struct nlattr *attr,
				 const struct attributes *attributes)
{
	int left = (int)((const char *)attributes->end - (const char *)attr);

	return mnl_attr_ok(attr, left) ? attr : NULL;
}

static json_t *decode_element(const struct field *field,
			      const struct nlattr *attr)
{
	struct attributes nested = {
		mnl_attr_get_payload(attr),
		mnl_attr_next(attr),
	};

	return field->type == FIELD_OBJECTS ?
	       decode_object(field->object, &nested, true) :
	       decode_u32(field, attr);
}

/* Collect the attributes of one type. */
static json_t *decode_array(const struct field *field,
			    const struct attributes *attributes)
{
	json_t *array = json_array();
	const struct nlattr *attr;

	for (attr = attributes->first; next(attr, attributes);
	     attr = mnl_attr_next(attr))
		if (mnl_attr_get_type(attr) == field->attribute)
			json_array_append_new(array,
					      must(decode_element(field,
								  attr)));
	return array;
}

/* Store the last attribute of each type; larger types are a newer kernel's. */
static void sort(const struct attributes *attributes,
		 const struct nlattr **table)
{
	const struct nlattr *attr;

	for (attr = attributes->first; next(attr, attributes);
	     attr = mnl_attr_next(attr))
		if (mnl_attr_get_type(attr) < ATTRIBUTES)
			table[mnl_attr_get_type(attr)] = attr;
}

/* Returns NULL if the field is malformed, then @bad is set, or left out. */
static json_t *decode_field(const struct field *field,
			    const struct attributes *attributes,
			    const struct nlattr *attr, bool whole, bool *bad)
{
	json_t *value;

	if (!attr)
		return whole && !field->in_events ? absent(field) : NULL;
	if (field->type == FIELD_OBJECTS || field->type == FIELD_U32S)
		return decode_array(field, attributes);
	value = decode(field, attr);
	*bad |= !value;
	return value;
}

static json_t *decode_object(const struct object *object,
			     const struct attributes *attributes, bool whole)
{
	const struct nlattr *table[ATTRIBUTES] = { NULL };
	json_t *json = json_object();
	const struct field *field;
	bool bad = false;

	sort(attributes, table);
	for (field = object->fields; field->key; field++) {
		json_t *value = decode_field(field, attributes,
					     table[field->attribute], whole,
					     &bad);

		if (value)
			json_object_set_new(json, field->key, value);
	}
	if (!bad)
		return json;
	json_decref(json);
	return NULL;
}

static json_t *decode_message(const struct nlmsghdr *nlh,
			      const struct object *object, bool whole)
{
	struct attributes attributes = {
		mnl_nlmsg_get_payload_offset(nlh, sizeof(struct genlmsghdr)),
		mnl_nlmsg_get_payload_tail(nlh),
	};

	return decode_object(object, &attributes, whole);
}

json_t *message_answer(const struct nlmsghdr *nlh, const struct object *object)
{
	return decode_message(nlh, object, true);
}

json_t *message_notification(const struct nlmsghdr *nlh,
			     const struct object *object)
{
	return decode_message(nlh, object, false);
}
