// SPDX-License-Identifier: MPL-2.0
#include "../netlink/schema.h"
#include "geometry.h"
#include "number.h"

#define CAPACITY	1024		/* of a ring, if the pools carry it */
#define STRIDE		256		/* of an inline ring */
#define SHORT_EVENT	256		/* bytes: the usual event has less */
#define OPEN		UINT32_MAX	/* the user has not chosen */

enum { KEY_STALL = 256 };

static const struct argp_option options[] = {
	{ "kind", 'k', "KIND", 0, "of the ring: handles (default), or inline: "
	  "the payload lies in the ring itself", 0 },
	{ "policy", 'p', "POLICY", 0, "of a full ring: block (default), fail, "
	  "which drops what does not fit, or overwrite", 0 },
	{ "capacity", 'c', "N", 0, "entries (what the arena carries, up to "
	  "1024)", 0 },
	{ "stride", 's', "BYTES", 0, "of an inline ring: how long an event may "
	  "be; a multiple of 64 (256)", 0 },
	{ "retain", 'R', "N", 0, "entries that are kept for late readers "
	  "(what the arena carries, up to half of the entries)", 0 },
	{ "stall-ms", KEY_STALL, "MS", 0, "lap a reader that holds the ring "
	  "back for longer", 0 },
	{ 0 },
};

static void begin(struct rring_ring_config *config)
{
	config->kind = RRING_HANDLES;
	config->policy = RRING_BLOCK;
	config->capacity = OPEN;
	config->retain = OPEN;
}

static void check(const struct rring_ring_config *config,
		  struct argp_state *state)
{
	if (config->retain != OPEN && config->capacity != OPEN &&
	    config->retain >= config->capacity)
		refuse(state, "--retain has to be below --capacity");
	if (config->policy == RRING_OVERWRITE &&
	    ((config->retain && config->retain != OPEN) || config->stall_ns))
		refuse(state, "a ring that overwrites has neither --retain nor --stall-ms");
	if (config->stride && config->kind == RRING_HANDLES)
		refuse(state, "only an inline ring has a --stride");
}

static uint32_t parse_stride(const char *arg, struct argp_state *state)
{
	uint32_t stride = (uint32_t)number(arg, RRING_STRIDE_MIN,
					   RRING_STRIDE_MAX, state);

	if (stride % RRING_LINE)
		refuse(state, "%s: a multiple of 64 is wanted", arg);
	return stride;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct rring_ring_config *config = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		begin(config);
		return 0;
	case 'k':
		config->kind = (enum rring_kind)number_word(arg, kind_words, 2,
							    state);
		return 0;
	case 'p':
		config->policy = (enum rring_policy)
			number_word(arg, policy_words, 3, state);
		return 0;
	case 'c':
		config->capacity = (uint32_t)
			number(arg, 1, RRING_RING_CAPACITY_MAX, state);
		return 0;
	case 's':
		config->stride = parse_stride(arg, state);
		return 0;
	case 'R':
		config->retain = (uint32_t)
			number(arg, 0, RRING_RING_CAPACITY_MAX - 1, state);
		return 0;
	case KEY_STALL:
		config->stall_ns = number(arg, 1, INT64_MAX / 1000000, state) *
				   1000000;
		return 0;
	case ARGP_KEY_END:
		check(config, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp geometry_argp = {
	.options = options,
	.parser = parse,
};

enum rring_class geometry_class(const struct rring_client *client, size_t len)
{
	const struct rring_pool_info *pool = client->arena->pool;
	int i = rring_class_for(len);

	while (i < RRING_XXL && !pool[i].capacity)
		i++;
	return i == RRING_XXL && rring_class_for(len) < RRING_XXL ?
	       RRING_POOLS : (enum rring_class)i;
}

/*
 * How many entries a ring may name without end: half of the slots for short
 * events, so that other rings and events have the other half.
 */
static uint32_t carried(const struct rring_client *client)
{
	enum rring_class pool = geometry_class(client, SHORT_EVENT);
	uint32_t slots;

	if (pool == RRING_POOLS)
		return 1;
	slots = client->arena->pool[pool].capacity / 2;
	return slots ? slots : 1;
}

static uint32_t choose_capacity(const struct rring_ring_config *config,
				uint32_t most)
{
	if (config->retain != OPEN && config->retain >= CAPACITY)
		return config->retain + 1;
	if (config->policy == RRING_OVERWRITE && most < CAPACITY)
		return most;
	return CAPACITY;
}

static uint32_t choose_retain(const struct rring_ring_config *config,
			      uint32_t most)
{
	uint32_t half = config->capacity / 2;

	if (config->policy == RRING_OVERWRITE)
		return 0;
	return half < most ? half : most;
}

void geometry_choose(struct rring_ring_config *config,
		     const struct rring_client *client)
{
	uint32_t most = config->kind == RRING_INLINE ? CAPACITY :
						       carried(client);

	if (config->kind == RRING_INLINE && !config->stride)
		config->stride = STRIDE;
	if (config->capacity == OPEN)
		config->capacity = choose_capacity(config, most);
	if (config->retain == OPEN)
		config->retain = choose_retain(config, most);
}
