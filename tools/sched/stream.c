// SPDX-License-Identifier: MPL-2.0
/* The rings of rring_sched, one per CPU. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../rring/input/attach.h"
#include "../rring/output/report.h"
#include "stream.h"

static uint64_t dropped_so_far(const struct rring_reader *reader)
{
	uint64_t dropped = 0;
	int i;

	for (i = 0; i < RRING_DROPS; i++)
		dropped += rring_reader_dropped(reader, i);
	return dropped;
}

/*
 * Join as a gating reader, so that the writer does not overwrite events. A ring
 * of policy RRING_OVERWRITE refuses that with -EINVAL; then join as observer.
 */
static int join(struct rring_client *client, const char *name,
		struct rring_reader **reader)
{
	struct rring_reader_config config = {
		.ring_name = name,
		.start = RRING_START_NEWEST,
	};
	int err = rring_reader_open(client, &config, reader);

	if (err != -EINVAL)
		return err;
	config.flags = RRING_JOIN_OBSERVER;
	return rring_reader_open(client, &config, reader);
}

static int open_stream(struct rring_client *client, const char *prefix,
		       uint32_t cpu, struct stream *stream)
{
	char name[RRING_NAME_MAX];
	int n = snprintf(name, sizeof(name), "%s.%" PRIu32, prefix, cpu);
	int err = n < (int)sizeof(name) ?
		  join(client, name, &stream->reader) : -ENOENT;

	if (err && err != -ENOENT)
		fail_with(err, "cannot read the ring '%s'", name);
	if (err)
		return err;
	stream->cpu = cpu;
	stream->dropped = dropped_so_far(stream->reader);
	stream->before =
		rring_reader_position(stream->reader) + stream->dropped;
	return 0;
}

/*
 * CPU numbers may have gaps, so all numbers are tried. A client has at most
 * RRING_CURSORS readers, so more rings take more clients.
 */
unsigned int stream_open_all(const char *arena, const char *prefix,
			     struct stream **streams)
{
	struct stream *all = must(calloc(RRING_RINGS_MAX, sizeof(*all)));
	struct rring_client *client = NULL;
	unsigned int n = 0;
	uint32_t cpu;

	for (cpu = 0; cpu < RRING_RINGS_MAX; cpu++) {
		if (!client)
			client = attach(arena, RRING_CONSUMER);
		if (open_stream(client, prefix, cpu, &all[n]))
			continue;
		if (++n % RRING_CURSORS == 0)
			client = NULL;
	}
	if (!n)
		fail("there is no ring '%s.0' in this arena: load the module (`modprobe rring_sched')",
		     prefix);
	*streams = all;
	return n;
}

/*
 * Copy the next switch to @to and release it. Returns false if the release
 * fails: the copy may then be overwritten data.
 */
static bool take_one(struct stream *stream, struct rring_sched_switch *to)
{
	struct rring_event event = { 0 };
	int err = rring_entry(stream->reader, 0, &event);
	bool good = !err && event.event_type == RRING_SCHED_SWITCH &&
		    event.len >= sizeof(*to);

	if (good)
		memcpy(to, event.data, sizeof(*to));
	if (rring_release(stream->reader, 1))
		return false;
	if (!good)
		fail("the ring of CPU %" PRIu32 " has other events than rring_sched's",
		     stream->cpu);
	to->prev_comm[RRING_SCHED_COMM - 1] = 0;
	to->next_comm[RRING_SCHED_COMM - 1] = 0;
	return true;
}

bool stream_take(struct stream *stream, struct rring_sched_switch *to)
{
	long n = -ESTALE;

	while (!stream->ended) {
		n = rring_peek(stream->reader, 1);
		if (n > 0 && take_one(stream, to))
			return true;
		if (n == -EAGAIN)
			return false;
		if (n == -EPIPE)
			stream->ended = true;
		else if (n < 0 && n != -ESTALE)
			fail_with((int)n, "cannot go on reading CPU %" PRIu32,
				  stream->cpu);
	}
	return false;
}

struct drops stream_drops(struct stream *stream)
{
	uint64_t dropped = dropped_so_far(stream->reader);
	struct drops drops = {
		.dropped = dropped - stream->dropped,
		.overwritten = rring_reader_lost(stream->reader) - stream->lost,
	};

	stream->dropped = dropped;
	stream->lost = rring_reader_lost(stream->reader);
	return drops;
}
