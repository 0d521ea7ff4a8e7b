// SPDX-License-Identifier: MPL-2.0
/* Malformed messages get an error and change nothing. */
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "rng.h"
#include "netlink.h"
#include "stream.h"

#include "kselftest_harness.h"

#define NAME	"badly-asked"

FIXTURE(malformed)
{
	struct nl nl;
	int arena_fd;
	uint32_t arena;
	struct rring_client *client;
	uint32_t ring;
};

FIXTURE_SETUP(malformed)
{
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { 4 },
		.quota = 50,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	struct rring_ring_config ring = {
		.name = "a-ring",
		.kind = RRING_INLINE,
		.capacity = 2,
		.stride = 64,
		.stall_ns = NS_PER_S,
	};

	self->nl = nl_open();
	self->arena_fd = rring_arena_create(&config);
	ASSERT_LE(0, self->arena_fd);
	self->arena = nl_arena(&self->nl, NAME);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->ring = writer_of(self->client, &ring)->id;
}

static int is_whole(struct nl *nl, uint32_t arena)
{
	struct nl_answer answer = nl_of_arena(nl, RRING_CMD_ARENA_GET, arena);
	int whole = answer.n == 1 &&
		    nl_u32(answer.object, RRING_A_ARENA_QUOTA) == 50 &&
		    nl_u32(answer.object, RRING_A_ARENA_CLIENTS) == 1;

	nl_free(&answer);
	answer = nl_of_arena(nl, RRING_CMD_RING_GET, arena);
	whole &= answer.n == 1 &&
		 nl_u64(answer.object, RRING_A_RING_STALL_NS) == NS_PER_S;
	nl_free(&answer);
	return whole;
}

FIXTURE_TEARDOWN(malformed)
{
	EXPECT_TRUE(is_whole(&self->nl, self->arena));
	rring_close(self->client);
	close(self->arena_fd);
	nl_close(&self->nl);
}

static const uint8_t dumps[] = {
	RRING_CMD_ARENA_GET, RRING_CMD_POOL_GET, RRING_CMD_CLIENT_GET,
	RRING_CMD_RING_GET, RRING_CMD_READER_GET,
};

static const uint8_t changes[] = {
	RRING_CMD_ARENA_SET, RRING_CMD_CLIENT_SET, RRING_CMD_CLIENT_EVICT,
	RRING_CMD_RING_SET, RRING_CMD_READER_FORGET, RRING_CMD_ARENA_BAN,
	RRING_CMD_ARENA_UNBAN,
};

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

static int dump_err(struct nl *nl, uint8_t command,
		    const struct nl_value *values)
{
	struct nl_answer answer = nl_dump(nl, command, values);
	int err = answer.err;

	nl_free(&answer);
	return err;
}

TEST_F(malformed, commands_that_are_none)
{
	static const uint8_t none[] = {
		RRING_CMD_UNSPEC, RRING_CMD_ARENA_CREATED,
		RRING_CMD_READER_LAPPED, RRING_CMD_MAX + 1, 255,
	};
	size_t i;

	for (i = 0; i < COUNT(none); i++) {
		EXPECT_EQ(-EOPNOTSUPP, nl_change(&self->nl, none[i], NULL));
		EXPECT_EQ(-EOPNOTSUPP, dump_err(&self->nl, none[i], NULL));
	}
	/* dump commands cannot be sent as changes, nor changes as dumps */
	for (i = 0; i < COUNT(dumps); i++)
		EXPECT_EQ(-EOPNOTSUPP, nl_change(&self->nl, dumps[i], NULL));
	for (i = 0; i < COUNT(changes); i++)
		EXPECT_EQ(-EOPNOTSUPP, dump_err(&self->nl, changes[i], NULL));
}

TEST_F(malformed, changes_that_say_too_little)
{
	struct nl_value arena_only[] = {
		NL_U32(RRING_A_ARENA_ID, self->arena),
		{ 0 }
	};
	struct nl_value no_quota[] = {
		NL_U32(RRING_A_CLIENT_ARENA, self->arena),
		NL_U32(RRING_A_CLIENT_ID, self->client->id),
		{ 0 }
	};
	struct nl_value no_arena[] = {
		NL_U32(RRING_A_CLIENT_ID, self->client->id),
		{ 0 }
	};
	size_t i;

	for (i = 0; i < COUNT(changes); i++) {
		EXPECT_EQ(-EINVAL, nl_change(&self->nl, changes[i], NULL));
		EXPECT_EQ(-EINVAL, nl_change(&self->nl, changes[i],
					     arena_only));
	}
	EXPECT_EQ(-EINVAL, nl_change(&self->nl, RRING_CMD_CLIENT_SET,
				     no_quota));
	EXPECT_EQ(-EINVAL, nl_change(&self->nl, RRING_CMD_CLIENT_EVICT,
				     no_arena));
	EXPECT_EQ(-EINVAL, nl_change(&self->nl, RRING_CMD_RING_SET, no_quota));
}

TEST_F(malformed, watch_with_attributes)
{
	struct nl_value arena[] = {
		NL_U32(RRING_A_ARENA_ID, self->arena),
		{ 0 }
	};

	struct nl nl = nl_open();

	EXPECT_EQ(-EINVAL, nl_change(&nl, RRING_CMD_WATCH, arena));
	EXPECT_EQ(-EOPNOTSUPP, dump_err(&nl, RRING_CMD_WATCH, NULL));
	EXPECT_EQ(0, nl_change(&nl, RRING_CMD_WATCH, NULL));
	EXPECT_EQ(-EALREADY, nl_change(&nl, RRING_CMD_WATCH, NULL));
	nl_close(&nl);
}

TEST_F(malformed, values_out_of_range)
{
	static const uint32_t quotas[] = { 0, 101, ~0u };
	static const uint64_t limits[] = { 0, 1ull << 63, ~0ull };
	struct nl_value mode[] = {
		NL_U32(RRING_A_ARENA_ID, self->arena),
		NL_U32(RRING_A_ARENA_MODE, 01000),
		{ 0 }
	};
	size_t i;

	EXPECT_EQ(-ERANGE, nl_change(&self->nl, RRING_CMD_ARENA_SET, mode));
	for (i = 0; i < RRING_ROLES; i++) {
		struct nl_value hold_limit[] = {
			NL_U32(RRING_A_ARENA_ID, self->arena),
			NL_U32(RRING_A_ARENA_HOLD_LIMIT_OBSERVER + i, 101),
			{ 0 }
		};

		EXPECT_EQ(-ERANGE, nl_change(&self->nl, RRING_CMD_ARENA_SET,
					     hold_limit));
	}
	for (i = 0; i < COUNT(quotas); i++) {
		struct nl_value arena[] = {
			NL_U32(RRING_A_ARENA_ID, self->arena),
			NL_U32(RRING_A_ARENA_QUOTA, quotas[i]),
			{ 0 }
		};
		struct nl_value client[] = {
			NL_U32(RRING_A_CLIENT_ARENA, self->arena),
			NL_U32(RRING_A_CLIENT_ID, self->client->id),
			NL_U32(RRING_A_CLIENT_QUOTA, quotas[i]),
			{ 0 }
		};

		EXPECT_EQ(-ERANGE, nl_change(&self->nl, RRING_CMD_ARENA_SET,
					     arena));
		/* 0 restores the arena's quota */
		EXPECT_EQ(quotas[i] ? -ERANGE : 0,
			  nl_change(&self->nl, RRING_CMD_CLIENT_SET, client));
	}
	for (i = 0; i < COUNT(limits); i++) {
		struct nl_value ring[] = {
			NL_U32(RRING_A_RING_ARENA, self->arena),
			NL_U32(RRING_A_RING_ID, self->ring),
			NL_U64(RRING_A_RING_STALL_NS, limits[i]),
			{ 0 }
		};

		EXPECT_EQ(-EINVAL, nl_change(&self->nl, RRING_CMD_RING_SET,
					     ring));
	}
}

/* Objects that do not exist, or names and serials of other objects. */
TEST_F(malformed, objects_that_are_not_there)
{
	static const uint32_t ids[] = { 7, 63, 64, 65, 255, 1u << 31, ~0u };
	struct nl_value other_name[] = {
		NL_U32(RRING_A_RING_ARENA, self->arena),
		NL_U32(RRING_A_RING_ID, self->ring),
		NL_STR(RRING_A_RING_NAME, "another"),
		NL_U64(RRING_A_RING_STALL_NS, 5),
		{ 0 }
	};
	size_t i;

	EXPECT_EQ(-ESTALE, nl_change(&self->nl, RRING_CMD_RING_SET,
				     other_name));
	/* no ring has the number 0 */
	other_name[1].number = 0;
	EXPECT_EQ(-ENXIO, nl_change(&self->nl, RRING_CMD_RING_SET,
				    other_name));
	for (i = 0; i < COUNT(ids); i++) {
		struct nl_value client[] = {
			NL_U32(RRING_A_CLIENT_ARENA, self->arena),
			NL_U32(RRING_A_CLIENT_ID, ids[i]),
			NL_U32(RRING_A_CLIENT_QUOTA, 10),
			{ 0 }
		};
		struct nl_value ring[] = {
			NL_U32(RRING_A_RING_ARENA, self->arena),
			NL_U32(RRING_A_RING_ID, ids[i]),
			NL_U64(RRING_A_RING_STALL_NS, 5),
			{ 0 }
		};
		struct nl_value reader[] = {
			NL_U32(RRING_A_READER_ARENA, self->arena),
			NL_U32(RRING_A_READER_RING, self->ring),
			NL_U32(RRING_A_READER_ID, ids[i]),
			{ 0 }
		};

		EXPECT_EQ(-ESRCH, nl_change(&self->nl, RRING_CMD_CLIENT_SET,
					    client));
		EXPECT_EQ(-ENXIO, nl_change(&self->nl, RRING_CMD_RING_SET,
					    ring));
		EXPECT_EQ(-ENXIO, nl_change(&self->nl, RRING_CMD_READER_FORGET,
					    reader));
	}
}

/* ---- raw messages ---- */

struct message {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	uint8_t data[256];
};

static struct message message_of(const struct nl *nl, uint8_t command,
				 uint16_t flags, size_t len)
{
	struct message message = {
		.nl.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + GENL_HDRLEN + len),
		.nl.nlmsg_type = nl->family,
		.nl.nlmsg_flags = NLM_F_REQUEST | flags,
		.genl.cmd = command,
		.genl.version = 1,
	};

	return message;
}

/*
 * Send one attribute with @len bytes of payload and the length @claims in its
 * header.
 */
static int send_attr(struct nl *nl, uint8_t command, uint16_t flags,
		     uint16_t type, uint16_t claims, size_t len)
{
	struct message message = message_of(nl, command, flags,
					    MNL_ALIGN(NLA_HDRLEN + len));
	struct nlattr *attr = (void *)message.data;

	attr->nla_type = type;
	attr->nla_len = claims;
	memset(attr + 1, 1, len);
	return nl_raw(nl, &message, message.nl.nlmsg_len);
}

TEST_F(malformed, attributes_of_a_wrong_size)
{
	static const size_t wrong[] = { 0, 1, 2, 3, 5, 8, 100 };
	size_t i, j;

	for (i = 0; i < COUNT(wrong); i++) {
		uint16_t claims = (uint16_t)(NLA_HDRLEN + wrong[i]);

		for (j = 0; j < COUNT(dumps); j++)
			EXPECT_NE(0, send_attr(&self->nl, dumps[j], NLM_F_DUMP,
					       RRING_A_POOL_ARENA, claims,
					       wrong[i]));
		for (j = 0; j < COUNT(changes); j++)
			EXPECT_NE(0, send_attr(&self->nl, changes[j],
					       NLM_F_ACK, RRING_A_POOL_ARENA,
					       claims, wrong[i]));
	}
}

/* Attribute lengths below the header or beyond the message. */
TEST_F(malformed, attributes_that_lie_about_their_size)
{
	static const uint16_t claims[] = { 0, 1, 3, 12, 200, 0x7fff, 0xffff };
	size_t i, j;

	for (i = 0; i < COUNT(claims); i++) {
		for (j = 0; j < COUNT(changes); j++)
			EXPECT_EQ(-EINVAL,
				  send_attr(&self->nl, changes[j], NLM_F_ACK,
					    RRING_A_POOL_ARENA, claims[i], 4));
		for (j = 0; j < COUNT(dumps); j++)
			EXPECT_EQ(-EINVAL,
				  send_attr(&self->nl, dumps[j], NLM_F_DUMP,
					    RRING_A_POOL_ARENA, claims[i], 4));
	}
}

/* Attributes of answers only, unknown ones, and nested ones. */
TEST_F(malformed, attributes_that_do_not_belong)
{
	static const uint16_t types[] = {
		0, 1, RRING_A_CLIENT_PID, RRING_A_CLIENT_POOL,
		RRING_A_CLIENT_POOL | NLA_F_NESTED, 31, 100, 0x3fff,
		RRING_A_POOL_ARENA | NLA_F_NESTED,
		RRING_A_POOL_ARENA | NLA_F_NET_BYTEORDER,
	};
	size_t i, j;

	for (i = 0; i < COUNT(types); i++) {
		for (j = 0; j < COUNT(dumps); j++) {
			if (dumps[j] == RRING_CMD_ARENA_GET && types[i] == 3)
				continue;
			EXPECT_NE(0, send_attr(&self->nl, dumps[j], NLM_F_DUMP,
					       types[i], 8, 4));
		}
		for (j = 0; j < COUNT(changes); j++)
			EXPECT_NE(0, send_attr(&self->nl, changes[j],
					       NLM_F_ACK, types[i], 8, 4));
	}
}

TEST_F(malformed, names_that_are_none)
{
	static const char *const bad[] = {
		"/", "a/", "a//b", ".", "a/..", "a b", "a\n", "\x7f", "\xff",
	};
	char name[RRING_NAME_MAX + 1];
	struct nl_value long_name[] = {
		NL_STR(RRING_A_ARENA_NAME, name),
		{ 0 }
	};
	size_t i;

	memset(name, 'x', sizeof(name));
	name[RRING_NAME_MAX] = 0;
	EXPECT_EQ(-EINVAL, dump_err(&self->nl, RRING_CMD_ARENA_GET, long_name));
	name[RRING_NAME_MAX - 1] = 0;
	EXPECT_EQ(-ENOENT, dump_err(&self->nl, RRING_CMD_ARENA_GET, long_name));
	for (i = 0; i < COUNT(bad); i++) {
		strcpy(name, bad[i]);
		EXPECT_EQ(-EINVAL, dump_err(&self->nl, RRING_CMD_ARENA_GET,
					    long_name));
	}
	/* a string without a terminating zero */
	EXPECT_EQ(-EINVAL, send_attr(&self->nl, RRING_CMD_ARENA_GET, NLM_F_DUMP,
				     RRING_A_ARENA_NAME, 12, 8));
}

/* Messages that end within their headers. */
TEST_F(malformed, messages_that_are_too_short)
{
	size_t i;

	for (i = 0; i < COUNT(changes); i++) {
		struct message message = message_of(&self->nl, changes[i],
						    NLM_F_ACK, 0);

		message.nl.nlmsg_len = NLMSG_HDRLEN;
		EXPECT_EQ(-EINVAL, nl_raw(&self->nl, &message, NLMSG_HDRLEN));
		message.nl.nlmsg_len = NLMSG_HDRLEN + 2;
		EXPECT_EQ(-EINVAL, nl_raw(&self->nl, &message,
					  NLMSG_ALIGN(NLMSG_HDRLEN + 2)));
	}
}

/*
 * Random bytes follow the headers. It is practically impossible that a message
 * has all attributes of a valid change of this arena. Each message is answered.
 */
TEST_F(malformed, messages_of_random_bytes)
{
	struct rng rng = rng_new("malformed");
	int i, j;

	for (i = 0; i < 20000; i++) {
		int dump = (int)rng_below(&rng, 2);
		uint8_t command = dump ? dumps[rng_below(&rng, COUNT(dumps))]
			: changes[rng_below(&rng, COUNT(changes))];
		size_t len = 4 * rng_below(&rng, 40);
		struct message message = message_of(&self->nl, command,
				dump ? NLM_F_DUMP : NLM_F_ACK, len);

		for (j = 0; j < (int)len; j++)
			message.data[j] = rng_below(&rng, 3) ? 0 :
				(uint8_t)rng_below(&rng, 32);
		/* the request of a dump may be valid by chance */
		ASSERT_TRUE(nl_raw(&self->nl, &message, message.nl.nlmsg_len) ||
			    dump);
	}
}

TEST_HARNESS_MAIN
