// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"
#include "timeout.h"

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- attributes ---- */

static int note_pool(const struct nlattr *attr, void *data)
{
	struct nl_object *object = data;

	if (mnl_attr_get_type(attr) == RRING_A_CLIENT_POOL &&
	    object->pools < NL_POOLS)
		object->pool[object->pools++] = attr;
	return MNL_CB_OK;
}

static int note(const struct nlattr *attr, void *data)
{
	struct nl_object *object = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type < NL_ATTRS)
		object->attr[type] = attr;
	return MNL_CB_OK;
}

static uint32_t value_u32(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_U32))
		return ~0u;
	return mnl_attr_get_u32(attr);
}

uint32_t nl_u32(const struct nl_object *object, int attr)
{
	return object ? value_u32(object->attr[attr]) : ~0u;
}

uint64_t nl_u64(const struct nl_object *object, int attr)
{
	const struct nlattr *value = object ? object->attr[attr] : NULL;

	if (!value || mnl_attr_validate(value, MNL_TYPE_U64))
		return ~0ull;
	return mnl_attr_get_u64(value);
}

const char *nl_str(const struct nl_object *object, int attr)
{
	const struct nlattr *value = object ? object->attr[attr] : NULL;

	if (!value || mnl_attr_validate(value, MNL_TYPE_NUL_STRING))
		return "";
	return mnl_attr_get_str(value);
}

uint32_t nl_pool_u32(const struct nl_object *client, uint32_t pool, int attr)
{
	struct nl_object nested = { .pools = 0 };

	if (!client || pool >= client->pools)
		return ~0u;
	mnl_attr_parse_nested(client->pool[pool], note, &nested);
	return nl_u32(&nested, attr);
}

const struct nl_object *nl_find(const struct nl_answer *answer, int attr,
				uint32_t value)
{
	uint32_t i;

	for (i = 0; i < answer->n; i++)
		if (nl_u32(&answer->object[i], attr) == value)
			return &answer->object[i];
	return NULL;
}

/* ---- messages ---- */

static void put_values(struct nlmsghdr *message, const struct nl_value *values)
{
	for (; values && values->type; values++) {
		if (values->size == 4)
			mnl_attr_put_u32(message, values->type,
					 (uint32_t)values->number);
		else if (values->size == 8)
			mnl_attr_put_u64(message, values->type, values->number);
		else
			mnl_attr_put_strz(message, values->type,
					  values->string);
	}
}

static struct nlmsghdr *build(struct nl *nl, void *buffer, uint16_t family,
			      uint8_t command, uint16_t flags,
			      const struct nl_value *values)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *header;

	message->nlmsg_type = family;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++nl->seq;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->cmd = command;
	header->version = RRING_GENL_VERSION;
	put_values(message, values);
	return message;
}

struct nlmsghdr *nl_request(struct nl *nl, void *buffer, uint8_t command,
			    uint16_t flags, const struct nl_value *values)
{
	return build(nl, buffer, nl->family, command, flags, values);
}

static void send_request(struct nl *nl, uint16_t family, uint8_t command,
			 uint16_t flags, const struct nl_value *values)
{
	char buffer[4096];
	struct nlmsghdr *message = build(nl, buffer, family, command, flags,
					 values);

	if (mnl_socket_sendto(nl->socket, message, message->nlmsg_len) < 0)
		die("# cannot send to netlink");
}

static void add(struct nl_answer *answer, const struct nlmsghdr *message)
{
	const struct genlmsghdr *header;
	struct nl_object *object;

	answer->object = realloc(answer->object,
				 (answer->n + 1) * sizeof(*object));
	object = &answer->object[answer->n++];
	memset(object, 0, sizeof(*object));
	object->message = malloc(message->nlmsg_len);
	memcpy(object->message, message, message->nlmsg_len);
	header = mnl_nlmsg_get_payload(object->message);
	object->command = header->cmd;
	mnl_attr_parse(object->message, sizeof(*header), note, object);
	mnl_attr_parse(object->message, sizeof(*header), note_pool, object);
}

/* The payload of NLMSG_DONE and NLMSG_ERROR begins with an int: the errno. */
static int status_of(const struct nlmsghdr *message)
{
	const int *status = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*status))
		return -EBADMSG;
	return *status;
}

int nl_piece(struct nl *nl, struct nl_answer *answer)
{
	static char buffer[NL_PIECE];
	const struct nlmsghdr *message = (const void *)buffer;
	ssize_t ret = mnl_socket_recvfrom(nl->socket, buffer, sizeof(buffer));
	int left = (int)ret;

	if (ret < 0) {
		answer->err = -errno;
		return 0;
	}
	answer->pieces++;
	for (; mnl_nlmsg_ok(message, left);
	     message = mnl_nlmsg_next(message, &left)) {
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			answer->interrupted = 1;
		if (message->nlmsg_type == NLMSG_DONE ||
		    message->nlmsg_type == NLMSG_ERROR) {
			answer->err = status_of(message);
			answer->done = 1;
			return 0;
		}
		add(answer, message);
	}
	return 1;
}

void nl_free(struct nl_answer *answer)
{
	uint32_t i;

	for (i = 0; i < answer->n; i++)
		free(answer->object[i].message);
	free(answer->object);
	memset(answer, 0, sizeof(*answer));
}

void nl_begin(struct nl *nl, uint8_t command, const struct nl_value *values)
{
	send_request(nl, nl->family, command, NLM_F_DUMP, values);
}

struct nl_answer nl_dump(struct nl *nl, uint8_t command,
			 const struct nl_value *values)
{
	struct nl_answer answer = { .err = 0 };

	nl_begin(nl, command, values);
	while (nl_piece(nl, &answer))
		;
	return answer;
}

struct nl_answer nl_of_arena(struct nl *nl, uint8_t command, uint32_t id)
{
	/* the arena id has the same attribute number in every message */
	struct nl_value only[] = { NL_U32(RRING_A_ARENA_ID, id), { 0 } };

	return nl_dump(nl, command, only);
}

uint32_t nl_arena(struct nl *nl, const char *name)
{
	struct nl_value only[] = { NL_STR(RRING_A_ARENA_NAME, name), { 0 } };
	struct nl_answer answer = nl_dump(nl, RRING_CMD_ARENA_GET, only);
	uint32_t id = 0;

	if (!answer.err && answer.n == 1)
		id = nl_u32(&answer.object[0], RRING_A_ARENA_ID);
	nl_free(&answer);
	return id;
}

static int acknowledge(struct nl *nl)
{
	struct nl_answer answer = { .err = 0 };
	int err;

	while (nl_piece(nl, &answer))
		;
	err = answer.err;
	nl_free(&answer);
	return err;
}

int nl_change(struct nl *nl, uint8_t command, const struct nl_value *values)
{
	send_request(nl, nl->family, command, NLM_F_ACK, values);
	return acknowledge(nl);
}

int nl_evict(struct nl *nl, uint32_t arena, uint32_t client, uint32_t serial)
{
	struct nl_value values[] = {
		NL_U32(RRING_A_CLIENT_ARENA, arena),
		NL_U32(RRING_A_CLIENT_ID, client),
		NL_U32(RRING_A_CLIENT_SERIAL, serial),
		{ 0 }
	};

	return nl_change(nl, RRING_CMD_CLIENT_EVICT, values);
}

int nl_raw(struct nl *nl, const void *message, size_t len)
{
	if (mnl_socket_sendto(nl->socket, message, len) < 0)
		return -errno;
	return acknowledge(nl);
}

/* ---- notifications ---- */

int nl_listen(struct nl *nl)
{
	int fd = mnl_socket_get_fd(nl->socket);
	int size = 4 << 20;

	/* notifications that do not fit into the buffer are lost */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (mnl_socket_setsockopt(nl->socket, NETLINK_ADD_MEMBERSHIP,
				  &nl->group, sizeof(nl->group)))
		return -errno;
	return 0;
}

struct nl_answer nl_hear(struct nl *nl, uint8_t command, uint32_t id)
{
	struct pollfd fd = {
		.fd = mnl_socket_get_fd(nl->socket),
		.events = POLLIN,
	};
	struct nl_answer answer = { .err = 0 };

	for (;;) {
		if (poll(&fd, 1, SOON_MS) != 1 || !nl_piece(nl, &answer)) {
			errno = -answer.err;
			die("# nothing is heard from netlink");
		}
		/* the arena id has the same number in every message */
		if (nl_u32(answer.object, RRING_A_ARENA_ID) == id &&
		    (!command || answer.object->command == command))
			return answer;
		nl_free(&answer);
	}
}

/* ---- the family ---- */

static int note_group(const struct nlattr *attr, void *data)
{
	struct nl_object group = { .pools = 0 };
	uint32_t *id = data;

	mnl_attr_parse_nested(attr, note, &group);
	if (!strcmp(nl_str(&group, CTRL_ATTR_MCAST_GRP_NAME),
		    RRING_GENL_GROUP_EVENTS))
		*id = nl_u32(&group, CTRL_ATTR_MCAST_GRP_ID);
	return MNL_CB_OK;
}

static int resolve(struct nl *nl)
{
	struct nl_value name[] = {
		NL_STR(CTRL_ATTR_FAMILY_NAME, RRING_GENL_NAME),
		{ 0 }
	};
	struct nl_answer answer = { .err = 0 };
	const struct nlattr *id, *groups;
	int err;

	send_request(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK, name);
	while (nl_piece(nl, &answer))
		;
	err = answer.n == 1 ? answer.err : answer.err ?: -ENOENT;
	if (err) {
		nl_free(&answer);
		return err;
	}
	id = answer.object[0].attr[CTRL_ATTR_FAMILY_ID];
	groups = answer.object[0].attr[CTRL_ATTR_MCAST_GROUPS];
	nl->family = mnl_attr_get_u16(id);
	if (groups)
		mnl_attr_parse_nested(groups, note_group, &nl->group);
	nl_free(&answer);
	return 0;
}

int nl_try(struct nl *nl)
{
	int err;

	memset(nl, 0, sizeof(*nl));
	nl->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->socket)
		return -errno;
	if (mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID)) {
		err = -errno;
		mnl_socket_close(nl->socket);
		return err;
	}
	err = resolve(nl);
	if (err)
		nl_close(nl);
	return err;
}

struct nl nl_open(void)
{
	struct nl nl;
	int err = nl_try(&nl);

	if (err) {
		fprintf(stderr, "# cannot open netlink: %s\n", strerror(-err));
		exit(1);
	}
	return nl;
}

void nl_close(struct nl *nl)
{
	mnl_socket_close(nl->socket);
}
