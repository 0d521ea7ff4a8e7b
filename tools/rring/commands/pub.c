// SPDX-License-Identifier: MPL-2.0
/* rring pub: publishes lines of standard input as events. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rusted_ring.h>

#include "../input/attach.h"
#include "../input/number.h"
#include "../input/selection.h"
#include "../netlink/schema.h"
#include "../output/report.h"
#include "../output/table.h"
#include "command.h"

#define PATIENCE_NS	(50 * 1000 * 1000)	/* between checks for readers */

enum { KEY_STALL = 256 };

struct pub {
	struct selection selection;
	struct rring_ring_config config;
	uint32_t type;
	uint32_t readers;	/* wait for this many first */
	bool await;		/* do not end the stream */
	struct rring_client *client;
	struct rring_writer *writer;
	uint64_t lines;
	uint64_t dropped;	/* lines that the full ring refused */
};

static const struct argp_option options[] = {
	{ "kind", 'k', "KIND", 0, "of the ring: handles (default), or inline: "
	  "the payload lies in the ring itself", 0 },
	{ "policy", 'p', "POLICY", 0, "of a full ring: block (default), fail, "
	  "which drops what does not fit, or overwrite", 0 },
	{ "capacity", 'c', "N", 0, "entries (1024)", 0 },
	{ "stride", 's', "BYTES", 0, "of an inline ring: how long a line may "
	  "be; a multiple of 64 (256)", 0 },
	{ "retain", 'R', "N", 0, "entries that are kept for late readers", 0 },
	{ "stall-ms", KEY_STALL, "MS", 0, "lap a reader that holds the ring "
	  "back for longer", 0 },
	{ "type", 't', "N", 0, "of the events (0)", 0 },
	{ "readers", 'r', "N", 0, "wait for that many readers first", 0 },
	{ "await", 'A', NULL, 0, "do not end the stream: another writer will "
	  "go on", 0 },
	{ 0 },
};

static error_t parse_ring(int key, char *arg, struct argp_state *state)
{
	struct rring_ring_config *config =
		&((struct pub *)state->input)->config;

	switch (key) {
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
		config->stride = (uint32_t)number(arg, RRING_STRIDE_MIN,
						  RRING_STRIDE_MAX, state);
		if (config->stride % RRING_LINE)
			refuse(state, "%s: a multiple of 64 is wanted", arg);
		return 0;
	case 'R':
		config->retain = (uint32_t)
			number(arg, 0, RRING_RING_CAPACITY_MAX, state);
		return 0;
	case KEY_STALL:
		config->stall_ns = number(arg, 1, INT64_MAX / 1000000, state) *
				   1000000;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void check(const struct pub *pub, struct argp_state *state)
{
	const struct rring_ring_config *config = &pub->config;

	if (!config->name || !*config->name)
		refuse(state, "a ring is wanted");
	if (pub->selection.id)
		refuse(state, "an arena is attached to by --arena, its name");
	if (config->retain >= config->capacity)
		refuse(state, "--retain has to be below --capacity");
	if (config->policy == RRING_OVERWRITE &&
	    (config->retain || config->stall_ns))
		refuse(state, "a ring that overwrites has neither --retain nor --stall-ms");
	if (config->stride && config->kind == RRING_HANDLES)
		refuse(state, "only an inline ring has a --stride");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct pub *pub = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &pub->selection;
		return 0;
	case 't':
		pub->type = (uint32_t)number(arg, 0, UINT32_MAX, state);
		return 0;
	case 'r':
		pub->readers = (uint32_t)number(arg, 0, RRING_READERS, state);
		return 0;
	case 'A':
		pub->await = true;
		return 0;
	case ARGP_KEY_ARG:
		if (pub->config.name)
			refuse(state, "%s: what is this?", arg);
		pub->config.name = arg;
		return 0;
	case ARGP_KEY_END:
		check(pub, state);
		return 0;
	default:
		return parse_ring(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "RING",
	.doc = "Publish each line of standard input, without its end, as an "
	       "event of a ring, in the arena `default' if no other is named. "
	       "A ring of that name that is without a writer is gone on with.",
	.children = selection_children,
};

/* ---- the ring ---- */

static const char *advice(int err)
{
	switch (err) {
	case -EBUSY:
		return "it has a writer, and takes no second one (`rring ring' shows which)";
	case -EEXIST:
		return "it is there with another kind, capacity or stride; give the same, or another name";
	case -EACCES:
		return "it is another user's";
	default:
		return rring_error_detail(err);
	}
}

static void open_ring(struct pub *pub)
{
	int err;

	if (pub->config.kind == RRING_INLINE && !pub->config.stride)
		pub->config.stride = 256;
	err = rring_writer_open(pub->client, &pub->config, &pub->writer);
	if (err)
		fail("cannot write the ring '%s': %s", pub->config.name,
		     advice(err));
}

static uint32_t count_readers(const struct rring_ring_info *info)
{
	uint32_t end = rring_flag_load_acquire(&info->readers_end);
	uint32_t i, n = 0;

	for (i = 0; i < end && i < RRING_READERS; i++) {
		uint8_t state = (uint8_t)rring_word_load(&info->readers[i].ref);

		n += state == RRING_READER_LIVE ||
		     state == RRING_READER_OBSERVER;
	}
	return n;
}

static void wait_for_readers(const struct pub *pub)
{
	static const struct timespec patience = { .tv_nsec = PATIENCE_NS };

	while (count_readers(pub->writer->info) < pub->readers)
		nanosleep(&patience, NULL);
}

/* ---- a line ---- */

static int publish_inline(struct pub *pub, const char *line, size_t len)
{
	if (len > pub->config.stride)
		return -E2BIG;
	return rring_add(pub->writer, line, (uint32_t)len, pub->type);
}

/*
 * Returns the slot size of the smallest class that fits @len and has slots, or
 * 0 if there is none. Above XL returns @len: the event gets pages of its own,
 * or is too large.
 */
static size_t find_room(const struct rring_client *client, size_t len)
{
	const struct rring_pool_info *pool = client->arena->pool;
	int i;

	if (rring_class_for(len) >= RRING_XXL)
		return len;
	for (i = rring_class_for(len); i < RRING_XXL; i++)
		if (pool[i].capacity)
			return pool[i].slot_size;
	return 0;
}

static int alloc(struct pub *pub, size_t len, struct rring_event *event)
{
	size_t room = find_room(pub->client, len);
	int err;

	if (!room)
		return -E2BIG;
	do {
		err = rring_alloc_until(pub->client, room, pub->type,
					RRING_FOREVER, event);
	} while (err == -EINTR);
	return err ? err : rring_resize(pub->client, event, (uint32_t)len);
}

static int publish_event(struct pub *pub, const char *line, size_t len)
{
	struct rring_event event;
	int err = alloc(pub, len, &event);

	if (err)
		return err;
	if (len)
		memcpy(event.data, line, len);
	do {
		err = rring_publish(pub->writer, &event);
	} while (err == -EINTR);
	if (err)
		rring_drop(pub->client, &event);
	return err;
}

static void publish(struct pub *pub, const char *line, size_t len)
{
	int err;

	do {
		err = pub->config.kind == RRING_INLINE ?
		      publish_inline(pub, line, len) :
		      publish_event(pub, line, len);
	} while (err == -EINTR);
	pub->lines++;
	if (err == -EAGAIN)
		pub->dropped++;
	else if (err == -E2BIG && pub->config.kind == RRING_INLINE)
		fail("line %" PRIu64 " has %zu bytes: --stride=%" PRIu32 " is too small",
		     pub->lines, len, pub->config.stride);
	else if (err == -E2BIG)
		fail("line %" PRIu64 " has %zu bytes: no slots of this arena are that large (`rring pool' shows them)",
		     pub->lines, len);
	else if (err)
		fail_with(err, "cannot publish line %" PRIu64 " (%zu bytes)",
			  pub->lines, len);
}

static void publish_all(struct pub *pub)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) >= 0) {
		if (len && line[len - 1] == '\n')
			len--;
		publish(pub, line, (size_t)len);
	}
	if (ferror(stdin))
		fail("cannot read the input: %s", strerror(errno));
	free(line);
}

int pub_run(int argc, char **argv)
{
	struct pub pub = {
		.config = {
			.kind = RRING_HANDLES,
			.policy = RRING_BLOCK,
			.capacity = 1024,
		},
	};

	argp_parse(&argp, argc, argv, 0, NULL, &pub);
	pub.client = attach(pub.selection.arena, RRING_PRODUCER);
	open_ring(&pub);
	wait_for_readers(&pub);
	publish_all(&pub);
	if (pub.await)
		rring_writer_leave(pub.writer);
	if (pub.selection.json)
		table_print_json_line(must(json_pack(
			"{s:s, s:I, s:I}", "ring", pub.config.name, "published",
			(json_int_t)(pub.lines - pub.dropped), "dropped",
			(json_int_t)pub.dropped)));
	rring_close(pub.client);
	if (pub.dropped)
		fail("%" PRIu64 " of %" PRIu64 " lines found the ring full and were dropped",
		     pub.dropped, pub.lines);
	return STATUS_DONE;
}
