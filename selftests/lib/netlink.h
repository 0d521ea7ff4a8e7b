/* SPDX-License-Identifier: MPL-2.0 */
/* A netlink client that validates every answer of the kernel. */
#ifndef SELFTESTS_NETLINK_H
#define SELFTESTS_NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/rusted_ring_netlink.h>

#define NL_ATTRS	32
#define NL_POOLS	8
#define NL_PIECE	32768

struct nl {
	struct mnl_socket *socket;
	uint16_t family;
	uint32_t group;
	uint32_t seq;
};

/* Copy of one message. */
struct nl_object {
	uint8_t command;
	struct nlmsghdr *message;
	const struct nlattr *attr[NL_ATTRS];
	const struct nlattr *pool[NL_POOLS];	/* each RRING_A_CLIENT_POOL */
	uint32_t pools;
};

/* All messages of one answer; freed with nl_free(). */
struct nl_answer {
	int err;
	int interrupted;	/* a message had NLM_F_DUMP_INTR */
	int done;
	uint32_t pieces;
	uint32_t n;
	struct nl_object *object;
};

/* Attribute of a request. An array of these ends with type 0. */
struct nl_value {
	uint16_t type;
	uint16_t size;		/* 4 or 8; 0 means @string */
	uint64_t number;
	const char *string;
};

#define NL_U32(attr, value)	{ .type = (attr), .size = 4, .number = (value) }
#define NL_U64(attr, value)	{ .type = (attr), .size = 8, .number = (value) }
#define NL_STR(attr, value)	{ .type = (attr), .string = (value) }

/* nl_open() exits on failure; nl_try() returns 0 or a negative errno. */
struct nl nl_open(void);
int nl_try(struct nl *nl);
void nl_close(struct nl *nl);

/* Send a request with NLM_F_ACK. Return 0 or a negative errno. */
int nl_change(struct nl *nl, uint8_t command, const struct nl_value *values);

/* Evict a client. Return 0 or a negative errno. */
int nl_evict(struct nl *nl, uint32_t arena, uint32_t client, uint32_t serial);

/* Request and receive a whole dump. The caller frees it with nl_free(). */
struct nl_answer nl_dump(struct nl *nl, uint8_t command,
			 const struct nl_value *values);
void nl_free(struct nl_answer *answer);

/*
 * Request a dump, and receive it one datagram at a time. nl_piece() returns 0
 * at the end or on an error, with @answer->err set.
 */
void nl_begin(struct nl *nl, uint8_t command, const struct nl_value *values);
int nl_piece(struct nl *nl, struct nl_answer *answer);

/* Build a request in @buffer, for nl_raw(). */
struct nlmsghdr *nl_request(struct nl *nl, void *buffer, uint8_t command,
			    uint16_t flags, const struct nl_value *values);

/* Send @message unchanged. Return the kernel's answer: 0 or an errno < 0. */
int nl_raw(struct nl *nl, const void *message, size_t len);

/* Dump the objects of arena @id. The caller frees it with nl_free(). */
struct nl_answer nl_of_arena(struct nl *nl, uint8_t command, uint32_t id);

/* Return the id of arena @name, or 0 if the caller cannot see that arena. */
uint32_t nl_arena(struct nl *nl, const char *name);

/* Join the multicast group of notifications. Return 0 or a negative errno. */
int nl_listen(struct nl *nl);

/*
 * Receive the next notification of arena @id, and of @command unless that is 0.
 * Others are discarded. The caller frees it with nl_free(). Exits if none comes
 * within SOON_MS.
 */
struct nl_answer nl_hear(struct nl *nl, uint8_t command, uint32_t id);

/* Value of an attribute; ~0 or "" if it is absent or has another type. */
uint32_t nl_u32(const struct nl_object *object, int attr);
uint64_t nl_u64(const struct nl_object *object, int attr);
const char *nl_str(const struct nl_object *object, int attr);
uint32_t nl_pool_u32(const struct nl_object *client, uint32_t pool, int attr);

/* Return the first object whose u32 @attr is @value, or NULL. */
const struct nl_object *nl_find(const struct nl_answer *answer, int attr,
				uint32_t value);

#endif /* SELFTESTS_NETLINK_H */
