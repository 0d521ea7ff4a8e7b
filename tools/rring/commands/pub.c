// SPDX-License-Identifier: MPL-2.0
/* rring pub: publishes lines of standard input as events. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "../input/attach.h"
#include "../input/geometry.h"
#include "../input/lines.h"
#include "../input/number.h"
#include "../input/selection.h"
#include "../output/report.h"
#include "../output/table.h"
#include "../stream/pace.h"
#include "command.h"

#define PATIENCE_NS	(50 * 1000 * 1000)	/* between checks for readers */
#define OBSERVER_NS	10000000000ull	/* how long an observer may rest */

struct pub {
	struct selection selection;
	struct rring_ring_config config;
	uint32_t type;
	uint32_t readers;	/* wait for this many first */
	bool await;		/* do not end the stream */
	struct rring_client *client;
	struct rring_writer *writer;
	struct pace *pace;	/* NULL: observers are not waited for */
	uint64_t lines;
	uint64_t dropped;	/* lines that the full ring refused */
};

static const struct argp_option options[] = {
	{ "type", 't', "N", 0, "of the events (0)", 0 },
	{ "readers", 'r', "N", 0, "wait for that many readers first", 0 },
	{ "await", 'A', NULL, 0, "do not end the stream: another writer will "
	  "go on", 0 },
	{ 0 },
};

static void check(const struct pub *pub, struct argp_state *state)
{
	if (!pub->config.name)
		refuse(state, "a ring is wanted");
	if (pub->selection.id)
		refuse(state, "an arena is attached to by --arena, its name");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct pub *pub = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &pub->selection;
		state->child_inputs[1] = &pub->config;
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
		pub->config.name = number_name(arg, state);
		return 0;
	case ARGP_KEY_END:
		check(pub, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{ &selection_argp, 0, NULL, 0 },
	{ &geometry_argp, 0, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "RING",
	.doc = "Publish each line of standard input, without its end, as an "
	       "event of a ring, in the arena `default' if no other is named. "
	       "If a ring of that name has no writer, its stream goes on.",
	.children = children,
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

	geometry_choose(&pub->config, pub->client);
	err = rring_writer_open(pub->client, &pub->config, &pub->writer);
	if (err)
		fail("cannot write the ring '%s': %s", pub->config.name,
		     advice(err));
	if (pub->config.policy == RRING_BLOCK)
		pub->pace = pace_new(pub->writer, OBSERVER_NS);
}

static uint32_t count_readers(const struct rring_ring_info *info)
{
	uint32_t end = rring_flag_load_acquire(&info->readers_end);
	uint32_t i, n = 0;

	for (i = 0; i < end && i < RRING_READERS; i++) {
		uint8_t state = (uint8_t)rring_word_load(&info->readers[i].ref);

		n += state == RRING_READER_LIVE ||
		     state == RRING_READER_OBSERVER ||
		     state == RRING_READER_CAPPED ||
		     state == RRING_READER_CAPPED_OBSERVER;
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
	if (pub->pace)
		pace_wait(pub->pace, RRING_POOLS);
	return rring_add(pub->writer, line, (uint32_t)len, pub->type);
}

/* Allocate @len bytes. What the pace keeps goes if there is no other slot. */
static int alloc_room(struct pub *pub, size_t len, struct rring_event *event)
{
	uint64_t deadline;
	int err;

	do {
		deadline = pub->pace && pace_keeps(pub->pace) ? 0 :
							       RRING_FOREVER;
		err = rring_alloc_until(pub->client, len, pub->type, deadline,
					event);
		if (err != -ENOSPC && err != -EDQUOT)
			break;
		if (!deadline)
			pace_let_go(pub->pace);
	} while (!deadline);
	return err;
}

static int alloc(struct pub *pub, enum rring_class pool, size_t len,
		 struct rring_event *event)
{
	size_t room = pool == RRING_XXL ?
		      len : pub->client->arena->pool[pool].slot_size;
	int err;

	do {
		err = alloc_room(pub, room, event);
	} while (err == -EINTR);
	return err ? err : rring_resize(pub->client, event, (uint32_t)len);
}

/* Publish @event, which this function takes over. */
static int publish_filled(struct pub *pub, const struct rring_event *event)
{
	int err = pub->pace ? rring_hold(pub->client, event) : 0;

	if (!err) {
		do {
			err = rring_publish(pub->writer, event);
		} while (err == -EINTR);
		if (!err && pub->pace)
			pace_keep(pub->pace, event);
		if (!err)
			return 0;
		if (pub->pace)
			rring_drop(pub->client, event);
	}
	rring_drop(pub->client, event);
	return err;
}

static int publish_event(struct pub *pub, const char *line, size_t len)
{
	enum rring_class pool = geometry_class(pub->client, len);
	struct rring_event event;
	int err;

	if (pool == RRING_POOLS)
		return -E2BIG;
	if (pub->pace)
		pace_wait(pub->pace, pool);
	err = alloc(pub, pool, len, &event);
	if (err)
		return err;
	if (len)
		memcpy(event.data, line, len);
	return publish_filled(pub, &event);
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
	struct lines lines = { .fd = STDIN_FILENO };
	char *line;
	size_t len;

	do {
		if (pub->pace && lines_must_wait(&lines))
			pace_end(pub->pace);
		line = lines_next(&lines, &len);
		if (line)
			publish(pub, line, len);
	} while (line);
	lines_free(&lines);
	if (!pub->pace)
		return;
	pace_end(pub->pace);
	pace_free(pub->pace);
}

int pub_run(int argc, char **argv)
{
	struct pub pub = { .readers = 0 };

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
