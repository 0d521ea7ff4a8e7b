// SPDX-License-Identifier: MPL-2.0
/* Requests to the kernel, with their complete answers. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../output/report.h"
#include "inquiry.h"
#include "message.h"

#define TRIES	100	/* of a dump that is interrupted by changes */

struct link *inquiry_open(void)
{
	struct link *link;
	int err = link_open(&link);

	if (err == -ENOENT)
		fail("the kernel has no rusted_ring: load the module (`modprobe rusted_ring'), `rring doctor' says more");
	if (err)
		fail("cannot ask the kernel over netlink: %s", strerror(-err));
	if (link_version(link) != RRING_GENL_VERSION)
		fail("the module speaks version %" PRIu32 " of its netlink family, and this program %u; install those of one version",
		     link_version(link), RRING_GENL_VERSION);
	return link;
}

struct dump {
	const struct object *object;
	json_t *array;
};

static int on_answer(const struct nlmsghdr *nlh, void *context)
{
	struct dump *dump = context;
	json_t *json = message_answer(nlh, dump->object);

	if (!json)
		return MNL_CB_ERROR;
	json_array_append_new(dump->array, json);
	return MNL_CB_OK;
}

static int dump_once(struct link *link, struct dump *dump, uint32_t arena)
{
	struct nlmsghdr *nlh = link_request(link, dump->object->get,
					    NLM_F_DUMP);

	if (arena)
		mnl_attr_put_u32(nlh, dump->object->arena, arena);
	json_array_clear(dump->array);
	return link_ask(link, on_answer, dump);
}

json_t *inquiry_try(struct link *link, const struct object *object,
		    uint32_t arena, int *err)
{
	struct dump dump = { object, must(json_array()) };
	int tries = TRIES;

	do {
		*err = dump_once(link, &dump, arena);
	} while (*err == -EINTR && --tries);
	if (!*err)
		return dump.array;
	json_decref(dump.array);
	return NULL;
}

static const char *reason(struct link *link, int err)
{
	static const char gone[] = "it has gone meanwhile";
	const char *complaint = link_complaint(link);

	switch (err) {
	case -EINTR:
		return "they change faster than they can be listed; try again";
	case -EPROTO:
		return "the module speaks another version; is it as old as this program?";
	case -EPERM:
	case -EACCES:
		return *complaint ? complaint :
		       "only the arena's owner may, or CAP_SYS_ADMIN";
	case -ESRCH:
		return *complaint ? complaint : gone;
	case -ENOENT:
	case -ENXIO:
	case -ESTALE:
		return gone;
	default:
		return *complaint ? complaint : strerror(-err);
	}
}

json_t *inquiry_dump(struct link *link, const struct object *object,
		     uint32_t arena)
{
	int err;
	json_t *array = inquiry_try(link, object, arena, &err);

	if (!array)
		fail("cannot list %s: %s", object->plural, reason(link, err));
	return array;
}

static uint32_t find_by_name(struct link *link, const char *name)
{
	json_t *arenas = inquiry_dump(link, &arena_object, 0);
	uint32_t id = 0;
	json_t *arena;
	size_t i;

	json_array_foreach(arenas, i, arena)
		if (!strcmp(string_of(arena, "name"), name))
			id = (uint32_t)integer_of(arena, "id");
	json_decref(arenas);
	if (!id)
		fail("there is no arena '%s' here, or it is not for you to see (`rring arena' lists all others)",
		     name);
	return id;
}

uint32_t inquiry_arena(struct link *link, const struct selection *selection)
{
	if (selection->arena)
		return find_by_name(link, selection->arena);
	return selection->id;
}

uint32_t inquiry_one_arena(struct link *link,
			   const struct selection *selection)
{
	uint32_t id = inquiry_arena(link, selection);

	return id ? id : find_by_name(link, "default");
}

json_t *inquiry_find(json_t *array, const char *key, json_int_t value)
{
	json_t *object;
	size_t i;

	json_array_foreach(array, i, object)
		if (integer_of(object, key) == value)
			return object;
	return NULL;
}

void inquiry_change(struct link *link, const char *what)
{
	int err = link_ask(link, NULL, NULL);

	if (err)
		fail("cannot %s: %s", what, reason(link, err));
}

bool inquiry_change_if_there(struct link *link, const char *what)
{
	int err = link_ask(link, NULL, NULL);

	switch (err) {
	case 0:
		return true;
	case -ENOENT:	/* the arena */
	case -ENXIO:	/* the ring or the reader */
	case -ESRCH:	/* the client */
	case -ESTALE:
		return false;
	default:
		fail("cannot %s: %s", what, reason(link, err));
	}
}

json_int_t integer_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *string_of(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));

	return string ? string : "";
}
