// SPDX-License-Identifier: MPL-2.0
#include <string.h>
#include <sys/ioctl.h>

#include "random_calls.h"

enum kind {
	END,
	BITS,		/* valid: a subset of the bits in .limit */
	UP_TO,		/* valid: 0 to .limit */
	ANY,		/* all values are valid; mostly 0 to .limit */
	NAME,
	DESCRIPTOR,
	DEADLINE,
};

struct field {
	enum kind kind;
	uint32_t offset;
	uint32_t size;
	uint64_t limit;
};

#define FIELD(kind, call, member, limit)				\
	{ kind, offsetof(struct rring_##call, member),			\
	  sizeof(((struct rring_##call *)0)->member), limit }

#define FIELDS	20

static const struct form {
	unsigned long request;
	struct field field[FIELDS];
} forms[] = {
	{ RRING_IOC_CREATE, {
		FIELD(BITS, create, flags, RRING_CREATE_PERSIST |
		      RRING_CREATE_OWNED),
		FIELD(NAME, create, name, 0),
		FIELD(UP_TO, create, capacity[0], 64),
		FIELD(UP_TO, create, capacity[1], 16),
		FIELD(UP_TO, create, capacity[2], 8),
		FIELD(UP_TO, create, capacity[3], 4),
		FIELD(UP_TO, create, capacity[4], 2),
		FIELD(UP_TO, create, capacity[5], 3),
		FIELD(UP_TO, create, max_clients, 5),
		FIELD(UP_TO, create, max_rings, 5),
		FIELD(UP_TO, create, quota, 100),
		FIELD(UP_TO, create, mode, 0777),
		FIELD(ANY, create, uid, 0),
		FIELD(ANY, create, gid, 0),
		FIELD(UP_TO, create, hold_limit[0], 100),
		FIELD(UP_TO, create, hold_limit[1], 100),
		FIELD(UP_TO, create, hold_limit[2], 100),
		FIELD(UP_TO, create, on_hold_limit, RRING_HOLD_EVICT),
		FIELD(UP_TO, create, producers, 2),
		FIELD(UP_TO, create, reserved, 0),
	} },
	{ RRING_IOC_REMOVE, {
		FIELD(UP_TO, remove, reserved, 0),
		FIELD(NAME, remove, name, 0),
	} },
	{ RRING_IOC_ATTACH, {
		FIELD(UP_TO, attach, role, RRING_PRODUCER),
		FIELD(DESCRIPTOR, attach, arena_fd, 0),
		FIELD(BITS, attach, flags, RRING_ATTACH_INTERRUPT),
		FIELD(NAME, attach, name, 0),
	} },
	{ RRING_IOC_REFILL, {
		FIELD(UP_TO, refill, pool, RRING_XXL),
		FIELD(ANY, refill, count, 1),
		FIELD(UP_TO, refill, flags, 0),
		FIELD(DEADLINE, refill, deadline, 0),
		FIELD(ANY, refill, bytes, 0),
	} },
	{ RRING_IOC_RING_OPEN, {
		FIELD(UP_TO, ring_open, flags, 0),
		FIELD(NAME, ring_open, name, 0),
		FIELD(UP_TO, ring_open, kind, RRING_HANDLES),
		FIELD(UP_TO, ring_open, policy, RRING_OVERWRITE),
		FIELD(UP_TO, ring_open, capacity, 16),
		FIELD(BITS, ring_open, stride, RRING_STRIDE_MIN),
		FIELD(UP_TO, ring_open, retain, 1),
		FIELD(UP_TO, ring_open, reserved, 0),
		FIELD(ANY, ring_open, stall_ns, 2),
		FIELD(NAME, ring_open, type_name, 0),
		FIELD(UP_TO, ring_open, type_size, 80),
		FIELD(UP_TO, ring_open, reserved2, 0),
	} },
	{ RRING_IOC_RING_CLOSE, {
		FIELD(UP_TO, ring_close, ring, 3),
		FIELD(BITS, ring_close, flags, RRING_CLOSE_AWAIT),
		FIELD(UP_TO, ring_close, reserved, 0),
	} },
	{ RRING_IOC_READER_JOIN, {
		FIELD(BITS, reader_join, flags,
		      RRING_JOIN_OBSERVER | RRING_JOIN_RESUME),
		FIELD(NAME, reader_join, ring_name, 0),
		FIELD(NAME, reader_join, name, 0),
		FIELD(UP_TO, reader_join, ring, 3),
		FIELD(UP_TO, reader_join, start, RRING_START_AT),
		FIELD(ANY, reader_join, position, 20),
		FIELD(NAME, reader_join, type_name, 0),
		FIELD(UP_TO, reader_join, type_size, 80),
		FIELD(UP_TO, reader_join, reserved, 0),
	} },
	{ RRING_IOC_READER_LEAVE, {
		FIELD(BITS, reader_leave, flags, RRING_LEAVE_FORGET),
		FIELD(UP_TO, reader_leave, ring, 3),
		FIELD(UP_TO, reader_leave, reader, 1),
	} },
	{ RRING_IOC_READER_REJOIN, {
		FIELD(UP_TO, reader_rejoin, ring, 3),
		FIELD(UP_TO, reader_rejoin, reader, 1),
		FIELD(UP_TO, reader_rejoin, incarnation, 2),
		FIELD(ANY, reader_rejoin, position, 20),
	} },
	{ RRING_IOC_WAIT, {
		FIELD(UP_TO, wait, what, RRING_WAIT_PEER),
		FIELD(UP_TO, wait, ring, 3),
		FIELD(UP_TO, wait, reader, 1),
		FIELD(ANY, wait, position, 20),
		FIELD(DEADLINE, wait, deadline, 0),
	} },
	{ RRING_IOC_WAKE, {
		FIELD(BITS, wake, flags, RRING_WAKE_READERS |
		      RRING_WAKE_WRITER | RRING_WAKE_POOLS),
		FIELD(UP_TO, wake, ring, 3),
		FIELD(ANY, wake, pools, 63),
	} },
	{ RRING_IOC_POOL_STAT, {
		FIELD(UP_TO, pool_stat, pool, RRING_XXL),
		FIELD(BITS, pool_stat, flags, RRING_STAT_SWEEP),
		FIELD(ANY, pool_stat, capacity, 0),
	} },
	{ RRING_IOC_RECLAIM, {
		FIELD(UP_TO, reclaim, pool, RRING_XXL),
		FIELD(UP_TO, reclaim, first, 8),
		FIELD(UP_TO, reclaim, count, 8),
	} },
	{ RRING_IOC_SEAL, {
		FIELD(UP_TO, seal, reserved, 0),
		FIELD(ANY, seal, handle, (uint64_t)RRING_L << 29),
	} },
};

#define FORMS	(sizeof(forms) / sizeof(*forms))
_Static_assert(FORMS == CALLS, "a form for each call");

uint64_t forge_number(struct rng *rng, uint64_t limit)
{
	const uint64_t numbers[] = {
		0,
		1,
		limit,
		limit - 1,
		limit + 1,
		limit * 2,
		~0ull,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		1ull << 32,
		1ull << 62,
		1ull << 63,
		(1ull << 63) - 1,
		4096,
		~0ull << 12,
		rng_next(rng),
	};

	return numbers[rng_below(rng, sizeof(numbers) / sizeof(*numbers))];
}

static void forge_name(struct rng *rng, char *to)
{
	static const char *const names[] = {
		"", "", "", "a", "b", "a ring", "a/b", "a/", "..", "\x7f", "\xff",
		"sixty-three-characters/and-no-more/that-is-the-longest-name/123",
		"sixty-four-characters-and-no-zero-within-the-array-of-the-struct",
	};

	strncpy(to,
		names[rng_below(rng, rng_below(rng, 8)
					     ? 5
					     : sizeof(names) / sizeof(*names))],
		RRING_NAME_MAX);
}

static uint64_t forge_deadline(struct rng *rng)
{
	switch (rng_below(rng, 8)) {
	case 0:
		return rring_deadline(20000);
	case 1:
		return RRING_FOREVER;	/* a signal ends it */
	case 2:
		return forge_number(rng, rring_deadline(0));
	default:
		return 0;
	}
}

static uint64_t forge_field(struct rng *rng, const struct field *field,
			    const volatile int *fds, uint32_t nr_fds)
{
	if (field->kind == DESCRIPTOR)
		return rng_below(rng, 4) ? (uint32_t)fds[rng_below(rng, nr_fds)]
					 : ~0u;
	if (field->kind == DEADLINE)
		return forge_deadline(rng);
	if (rng_below(rng, 24) == 0)
		return forge_number(rng, field->limit);
	if (field->kind == BITS)
		return rng_next(rng) & field->limit;
	return rng_below(rng, (uint32_t)field->limit + 1);
}

/* Adjust fields that must be consistent with other fields. */
static void agree(struct rng *rng, struct forged_call *call)
{
	union args *args = &call->args;

	switch (call->request) {
	case RRING_IOC_CREATE:
		if (!rng_below(rng, 4))
			break;
		args->create.uid = ~0u;
		args->create.gid = ~0u;
		break;
	case RRING_IOC_ATTACH:
		if (args->attach.arena_fd >= 0)
			args->attach.name[0] = 0;
		break;
	case RRING_IOC_REFILL:
		if (args->refill.pool == RRING_XXL) {
			args->refill.count = 1;
			args->refill.bytes = 1 + rng_below(rng, 65536);
		}
		break;
	case RRING_IOC_RING_OPEN:
		if (args->ring_open.kind == RRING_INLINE)
			args->ring_open.stride = RRING_STRIDE_MIN;
		else
			args->ring_open.stride = 0;
		if (!args->ring_open.type_name[0])
			args->ring_open.type_size = 0;
		break;
	case RRING_IOC_READER_JOIN:
		if (!args->join.type_name[0])
			args->join.type_size = 0;
		break;
	case RRING_IOC_WAIT:
		if (args->wait.what != RRING_WAIT_ANY)
			break;
		args->wait.ring = 0;
		args->wait.reader = 0;
		break;
	}
}

static uint32_t forge_size(struct rng *rng, uint32_t size)
{
	const uint32_t sizes[] = {
		0,
		3,
		4,
		size - 1,
		size - 4,
		size + 1,
		size + 8,
		4095,
		4096,
		4097,
		0x7fffffff,
		~0u,
		(uint32_t)rng_next(rng),
	};

	if (rng_below(rng, 12))
		return size;
	return sizes[rng_below(rng, sizeof(sizes) / sizeof(*sizes))];
}

void forge_call(struct rng *rng, const volatile int *fds, uint32_t nr_fds,
		struct forged_call *call)
{
	const struct form *form = &forms[rng_below(rng, FORMS)];
	const struct field *field;

	memset(&call->args, 0, sizeof(call->args));
	call->request = form->request;
	call->size = _IOC_SIZE(form->request);
	call->answers = !!(_IOC_DIR(form->request) & _IOC_READ);
	for (field = form->field; field < form->field + FIELDS && field->kind;
	     field++) {
		uint64_t value;

		if (field->kind == NAME) {
			forge_name(rng, (char *)&call->args + field->offset);
			continue;
		}
		value = forge_field(rng, field, fds, nr_fds);
		memcpy((char *)&call->args + field->offset, &value,
		       field->size);
	}
	if (rng_below(rng, 10))
		agree(rng, call);
	call->args.size = forge_size(rng, call->size);
	/* a nonzero byte in a field that only a newer kernel would know */
	if (call->args.size > call->size && rng_below(rng, 2))
		call->args.byte[call->size] = 1;
	if (rng_below(rng, 50) == 0) {
		call->request ^= 1ul << rng_below(rng, 32);
		call->size = 0;
	}
}

/* ---- netlink ---- */

/* Ids of arenas are never reused; all other ids are low in each arena. */
static uint32_t forge_id(struct rng *rng, uint32_t arena)
{
	return rng_below(rng, 2) ? rng_below(rng, 6)
				 : arena + rng_below(rng, 6);
}

static void forge_attr(struct rng *rng, struct nlmsghdr *message, uint16_t type,
		       uint32_t arena)
{
	char name[RRING_NAME_MAX + 1] = "";

	switch (rng_below(rng, 16)) {
	case 0:
		mnl_attr_put_u64(message, type, forge_number(rng, 5));
		break;
	case 1:
		forge_name(rng, name);
		mnl_attr_put_strz(message, type, name);
		break;
	case 2:
		mnl_attr_put(message, type | NLA_F_NESTED,
			     4 * rng_below(rng, 4), message);
		break;
	case 3:
		mnl_attr_put(message, (uint16_t)rng_next(rng),
			     rng_below(rng, 12), message);
		break;
	case 4:
		mnl_attr_put_u32(message, type,
				 (uint32_t)forge_number(rng, 100));
		break;
	default:
		mnl_attr_put_u32(message, type, forge_id(rng, arena));
	}
}

/* Flip a bit behind the headers, or shorten the message. */
static void garble(struct rng *rng, struct nlmsghdr *message)
{
	uint8_t *bytes = (uint8_t *)message;
	uint32_t from = MNL_NLMSG_HDRLEN + GENL_HDRLEN;

	if (message->nlmsg_len > from)
		bytes[from + rng_below(rng, message->nlmsg_len - from)] ^=
			(uint8_t)(1u << rng_below(rng, 8));
	else
		message->nlmsg_len -= rng_below(rng, GENL_HDRLEN);
}

/* In each set of attributes, those that identify an object have low numbers. */
size_t forge_message(struct rng *rng, uint16_t family, uint32_t arena,
		     void *buffer, size_t size)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *header;
	uint32_t n = rng_below(rng, 6);

	memset(message + 1, 0, size - sizeof(*message));
	message->nlmsg_type = family;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->cmd = (uint8_t)rng_below(rng, RRING_CMD_MAX + 2);
	header->version = RRING_GENL_VERSION;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (rng_below(rng, 16) == 0)
		message->nlmsg_flags |= (uint16_t)rng_next(rng);
	else if (header->cmd <= RRING_CMD_READER_GET)
		message->nlmsg_flags |= NLM_F_DUMP;
	while (n--)
		forge_attr(rng, message, (uint16_t)(2 + rng_below(rng, 25)),
			   arena);
	/* attributes of a change: the arena, the object and its new value */
	if (rng_below(rng, 2)) {
		mnl_attr_put_u32(message, RRING_A_CLIENT_ARENA,
				 arena + rng_below(rng, 6));
		mnl_attr_put_u32(message, RRING_A_CLIENT_ID, rng_below(rng, 5));
		if (header->cmd == RRING_CMD_CLIENT_SET)
			mnl_attr_put_u32(message, RRING_A_CLIENT_QUOTA,
					 rng_below(rng, 102));
		if (header->cmd == RRING_CMD_ARENA_BAN ||
		    header->cmd == RRING_CMD_ARENA_UNBAN)
			mnl_attr_put_u32(message, RRING_A_ARENA_BANNED,
					 rng_below(rng, 2) ? 65534 :
					 rng_below(rng, 20));
		if (header->cmd == RRING_CMD_READER_FORGET)
			mnl_attr_put_u32(message, RRING_A_READER_ID,
					 rng_below(rng, 4));
		if (header->cmd == RRING_CMD_RING_SET)
			mnl_attr_put_u64(message, RRING_A_RING_STALL_NS,
					 forge_number(rng, 1000));
	}
	if (rng_below(rng, 8) == 0)
		garble(rng, message);
	return message->nlmsg_len;
}
