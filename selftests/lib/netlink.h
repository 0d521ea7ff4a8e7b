/* SPDX-License-Identifier: MPL-2.0 */
/* The netlink family, as a program sees it that trusts nothing it is told. */
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

/* One message: a copy. */
struct nl_object {
	uint8_t command;
	struct nlmsghdr *message;
	const struct nlattr *attr[NL_ATTRS];
	const struct nlattr *pool[NL_POOLS];	/* RRING_A_CLIENT_POOL, in turn */
	uint32_t pools;
};

/* All messages of one answer. */
struct nl_answer {
	int err;
	int interrupted;	/* some message said NLM_F_DUMP_INTR */
	int done;
	uint32_t pieces;
	uint32_t n;
	struct nl_object *object;
};

/* What a request carries; ends with type 0. */
struct nl_value {
	uint16_t type;
	uint16_t size;		/* 4, 8, or 0: a string */
	uint64_t number;
	const char *string;
};

#define NL_U32(attr, value)	{ .type = (attr), .size = 4, .number = (value) }
#define NL_U64(attr, value)	{ .type = (attr), .size = 8, .number = (value) }
#define NL_STR(attr, value)	{ .type = (attr), .string = (value) }

/* Exits on failure; nl_try() returns a negative errno instead. */
struct nl nl_open(void);
int nl_try(struct nl *nl);
void nl_close(struct nl *nl);

/* A change: 0 or a negative errno. */
int nl_change(struct nl *nl, uint8_t command, const struct nl_value *values);

/* The eviction of a client. */
int nl_evict(struct nl *nl, uint32_t arena, uint32_t client, uint32_t serial);

/* A whole dump. Freed with nl_free(). */
struct nl_answer nl_dump(struct nl *nl, uint8_t command,
			 const struct nl_value *values);
void nl_free(struct nl_answer *answer);

/* The same, a piece at a time. nl_piece() returns 0 when there is no more. */
void nl_begin(struct nl *nl, uint8_t command, const struct nl_value *values);
int nl_piece(struct nl *nl, struct nl_answer *answer);

/* A request in @buffer, as the others send theirs; for nl_raw(). */
struct nlmsghdr *nl_request(struct nl *nl, void *buffer, uint8_t command,
			    uint16_t flags, const struct nl_value *values);

/* Anything, as it is; then what the kernel says to it. */
int nl_raw(struct nl *nl, const void *message, size_t len);

/* A dump of what arena @id has. */
struct nl_answer nl_of_arena(struct nl *nl, uint8_t command, uint32_t id);

/* The id of arena @name; 0: it is not seen. */
uint32_t nl_arena(struct nl *nl, const char *name);

/* Hear what happens: 0 or a negative errno. */
int nl_listen(struct nl *nl);

/*
 * The next notification of arena @id, whose others are passed over; of @command
 * alone, if that is not 0. Freed with nl_free(). Exits if there is none soon.
 */
struct nl_answer nl_hear(struct nl *nl, uint8_t command, uint32_t id);

/* Attributes; ~0 and "" if they are not there, or are something else. */
uint32_t nl_u32(const struct nl_object *object, int attr);
uint64_t nl_u64(const struct nl_object *object, int attr);
const char *nl_str(const struct nl_object *object, int attr);
uint32_t nl_pool_u32(const struct nl_object *client, uint32_t pool, int attr);

/* The first object whose @attr is @value, or NULL. */
const struct nl_object *nl_find(const struct nl_answer *answer, int attr,
				uint32_t value);

#endif /* SELFTESTS_NETLINK_H */
