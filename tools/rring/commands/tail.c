// SPDX-License-Identifier: MPL-2.0
/* rring tail: prints the events of a ring, as an observer. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "../input/attach.h"
#include "../input/number.h"
#include "../input/selection.h"
#include "../output/decoder.h"
#include "../output/report.h"
#include "../output/table.h"
#include "../output/text.h"
#include "command.h"

enum { KEY_RAW = 256, KEY_MIN, KEY_MAX };

enum form { TEXT, LONG, HEX, RAW, DECODED };

struct tail {
	struct selection selection;
	const char *ring;
	enum rring_start start;
	enum form form;
	const char *btf;	/* file that describes the ring's type */
	struct decoder *decoder;
	bool wait;
	bool typed;		/* print events of .type only */
	uint32_t type;
	uint32_t min;		/* bytes of an event */
	uint32_t max;
	uint64_t left;		/* events still to be printed */
	struct rring_reader *reader;
	uint64_t first;		/* position at which it joined */
	uint64_t lost;		/* lost events that are already reported */
	uint64_t nonsense;	/* entries with -EBADMSG */
	size_t size;
	char *copy;
};

static const struct argp_option options[] = {
	{ "from", 'f', "START", 0,
	  "begin with the oldest event that is kept, or with the newest: "
	  "what is published from now on (default)", 0 },
	{ "count", 'n', "N", 0, "end after that many", 0 },
	{ "wait", 'w', NULL, 0, "wait for the ring if it is not there yet", 0 },
	{ "type", 't', "N", 0, "only events of that type", 0 },
	{ "min-length", KEY_MIN, "BYTES", 0, "only from that length on", 0 },
	{ "max-length", KEY_MAX, "BYTES", 0, "only up to that length", 0 },
	{ "long", 'l', NULL, 0, "each with its position, type and length", 0 },
	{ "hex", 'x', NULL, 0, "the same, and the bytes in hexadecimal", 0 },
	{ "raw", KEY_RAW, NULL, 0, "the bytes as they are, and nothing else",
	  0 },
	{ "btf", 'b', "FILE", 0, "each as the type of the ring, which FILE "
	  "describes: BTF, or a program or object file that has BTF", 0 },
	{ 0 },
};

static error_t parse_filter(int key, char *arg, struct argp_state *state)
{
	struct tail *tail = state->input;

	switch (key) {
	case 't':
		tail->type = (uint32_t)number(arg, 0, UINT32_MAX, state);
		tail->typed = true;
		return 0;
	case KEY_MIN:
		tail->min = (uint32_t)number(arg, 0, UINT32_MAX, state);
		return 0;
	case KEY_MAX:
		tail->max = (uint32_t)number(arg, 0, UINT32_MAX, state);
		return 0;
	case 'n':
		tail->left = number(arg, 1, UINT64_MAX - 1, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const starts[] = { "newest", "oldest" };
	struct tail *tail = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &tail->selection;
		return 0;
	case 'f':
		tail->start = number_word(arg, starts, 2, state) ?
			      RRING_START_OLDEST : RRING_START_NEWEST;
		return 0;
	case 'w':
		tail->wait = true;
		return 0;
	case 'l':
		tail->form = LONG;
		return 0;
	case 'x':
		tail->form = HEX;
		return 0;
	case KEY_RAW:
		tail->form = RAW;
		return 0;
	case 'b':
		tail->form = DECODED;
		tail->btf = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (tail->ring)
			refuse(state, "%s: what is this?", arg);
		tail->ring = number_name(arg, state);
		return 0;
	case ARGP_KEY_END:
		if (!tail->ring)
			refuse(state, "a ring is wanted");
		if (tail->selection.id)
			refuse(state, "an arena is attached to by --arena, its name");
		return 0;
	default:
		return parse_filter(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "RING",
	.doc = "Print the events of a ring (its name, or its number), in the "
	       "arena `default' if no other is named, until the stream ends. "
	       "Only `rring pub' waits for this reader. If it is too slow for "
	       "another writer, it says how many events it has lost.",
	.children = selection_children,
};

/* ---- an event ---- */

static json_t *decoded_json(const struct tail *tail,
			    const struct rring_event *event)
{
	char *text = decoder_text(tail->decoder, tail->copy, event->len);
	json_t *json = text ? json_string(text) : NULL;

	free(text);
	return json;
}

/* Print the event as its type; in hexadecimal if it is too short for that. */
static void print_decoded(const struct tail *tail,
			  const struct rring_event *event)
{
	char *text = decoder_text(tail->decoder, tail->copy, event->len);
	char *line, *rest = text;

	if (!text)
		text_hexdump(stdout, (unsigned char *)tail->copy, event->len);
	while ((line = strsep(&rest, "\n"))) {
		text_print(stdout, line, strlen(line));
		putchar('\n');
	}
	free(text);
}

static void print_json(const struct tail *tail, const struct rring_event *event,
		       uint64_t position)
{
	json_t *text = NULL;
	char *hex = NULL;

	if (tail->form == DECODED)
		text = decoded_json(tail, event);
	else if (tail->form != HEX)
		text = json_stringn(tail->copy, event->len);
	if (!text)
		hex = text_hex((unsigned char *)tail->copy, event->len);
	table_print_json_line(must(json_pack(
		"{s:I, s:I, s:I, s:o?, s:s?}", "position",
		(json_int_t)position, "type", (json_int_t)event->event_type,
		"length", (json_int_t)event->len, "text", text, "hex", hex)));
	free(hex);
}

static void print_text(const struct tail *tail, const struct rring_event *event)
{
	uint32_t len = event->len;

	/* without a newline at the end */
	if (len && tail->copy[len - 1] == '\n')
		len--;
	text_print(stdout, tail->copy, len);
	putchar('\n');
}

static void print(const struct tail *tail, const struct rring_event *event,
		  uint64_t position)
{
	if (tail->selection.json) {
		print_json(tail, event, position);
		return;
	}
	if (tail->form == RAW) {
		fwrite(tail->copy, 1, event->len, stdout);
		return;
	}
	if (tail->form != TEXT)
		printf("%s%" PRIu64 " type %" PRIu32 " length %" PRIu32 "%s%s",
		       colour(stdout, COLOUR_DIM), position, event->event_type,
		       event->len, colour(stdout, COLOUR_NONE),
		       tail->form == LONG ? ": " : "\n");
	if (tail->form == DECODED)
		print_decoded(tail, event);
	else if (tail->form == HEX)
		text_hexdump(stdout, (unsigned char *)tail->copy, event->len);
	else
		print_text(tail, event);
}

static bool is_wanted(const struct tail *tail, const struct rring_event *event)
{
	return (!tail->typed || event->event_type == tail->type) &&
	       event->len >= tail->min && event->len <= tail->max;
}

/* Called before the release: that tells whether the copy was overwritten. */
static void copy(struct tail *tail, const struct rring_event *event)
{
	if (event->len > tail->size) {
		tail->size = event->len;
		tail->copy = must(realloc(tail->copy, tail->size));
	}
	if (event->len)
		memcpy(tail->copy, event->data, event->len);
}

/*
 * @err is what rring_entry() has returned for an entry whose release then
 * succeeded: 0, or the error if the entry can be read later. Counts an entry
 * that is no event.
 */
static int judge(struct tail *tail, int err)
{
	if (err == -EBADMSG || err == -ESTALE)
		tail->nonsense++;
	return err == -EBADMSG || err == -ESTALE || err == -ENODATA ? 0 : err;
}

/*
 * Print the next event if it is wanted. Returns 0 or an error: -ESTALE if the
 * event was overwritten before it was copied.
 */
static int take(struct tail *tail)
{
	uint64_t position = rring_reader_position(tail->reader);
	struct rring_event event = { 0 };
	bool wanted = false;
	int err = rring_entry(tail->reader, 0, &event), released;

	if (!err) {
		wanted = is_wanted(tail, &event);
		if (wanted)
			copy(tail, &event);
	}
	released = rring_release(tail->reader, 1);
	if (released)
		return released;
	if (wanted) {
		print(tail, &event, position);
		tail->left--;
	}
	return judge(tail, err);
}

/* ---- what was lost ---- */

/*
 * One line about all that was lost so far, or NULL. There are two buffers, so
 * that a signal finds a whole line while the next one is written.
 */
static char lost_lines[2][256];
static const char *volatile lost_line;

/* Write the line: at exit(3), and in signal handlers. */
static void write_lost_line(void)
{
	const char *line = lost_line;
	ssize_t n = line ? write(STDERR_FILENO, line, strlen(line)) : 0;

	(void)n;
}

/* The program ends by @signal: say before that what was lost. */
static void on_end(int signal)
{
	write_lost_line();
	raise(signal);
}

/* Let @signal call on_end(), unless it is ignored, as nohup(1) lets it be. */
static void expect_signal(int signal)
{
	const struct sigaction action = {
		.sa_handler = on_end,
		.sa_flags = (int)(SA_RESETHAND | SA_NODEFER),
	};
	struct sigaction before;

	sigaction(signal, NULL, &before);
	if (before.sa_handler != SIG_IGN)
		sigaction(signal, &action, NULL);
}

static void expect_end(void)
{
	atexit(write_lost_line);
	expect_signal(SIGINT);
	expect_signal(SIGTERM);
	expect_signal(SIGHUP);
}

/* Why an observer of this ring loses events. */
static void explain(const struct rring_reader *reader, char *text, size_t size)
{
	const struct rring_ring_info *info = reader->info;

	if (info->policy == RRING_OVERWRITE)
		snprintf(text, size, "the ring overwrites what is older than %" PRIu32 " entries",
			 info->capacity);
	else if (info->kind == RRING_INLINE)
		snprintf(text, size, "the writer does not wait for it, and the ring has %" PRIu32 " entries",
			 info->capacity);
	else
		snprintf(text, size, "the writer does not wait for it, and the ring retains %" PRIu32 " entries, or fewer if slots are short",
			 info->retain);
}

static void renew_lost_line(const struct tail *tail)
{
	char *line = lost_lines[lost_line == lost_lines[0]];
	char why[128];

	explain(tail->reader, why, sizeof(why));
	snprintf(line, sizeof(lost_lines[0]),
		 "%s: %" PRIu64 " of %" PRIu64 " events of '%s' were gone before they were read: %s\n",
		 program_invocation_short_name, tail->lost,
		 rring_reader_position(tail->reader) - tail->first, tail->ring,
		 why);
	lost_line = line;
}

/* Take note of events that were lost since the last call. */
static void note_lost(struct tail *tail)
{
	uint64_t lost = rring_reader_lost(tail->reader) - tail->lost;

	if (!lost)
		return;
	tail->lost += lost;
	renew_lost_line(tail);
	if (tail->selection.json)
		table_print_json_line(must(json_pack("{s:I}", "lost",
						     (json_int_t)lost)));
}

/* ---- all events ---- */

/*
 * Print or wait for an event. Returns 0, -EPIPE at the end of the stream, or
 * another negative errno.
 */
static int step(struct tail *tail)
{
	long n = rring_peek(tail->reader, 1);
	int err = n < 0 ? (int)n : 0;

	if (n > 0)
		err = take(tail);
	note_lost(tail);
	if (err == -EAGAIN) {
		finish_output();
		err = rring_wait_readable(tail->reader, RRING_FOREVER);
	}
	return err == -ESTALE || err == -EINTR ? 0 : err;
}

static struct decoder *new_decoder(const struct tail *tail)
{
	struct rring_type type = rring_reader_type(tail->reader);

	if (!type.name)
		fail("the ring '%s' has no type: its writer gives one when it creates the ring",
		     tail->ring);
	return decoder_new(tail->btf, &type);
}

static void join(struct tail *tail, struct rring_client *client)
{
	struct rring_reader_config config = {
		.flags = RRING_JOIN_OBSERVER,
		.start = tail->start,
	};

	tail->reader = attach_reader(client, tail->ring, &config, tail->wait);
	tail->first = rring_reader_position(tail->reader);
	if (tail->form == DECODED)
		tail->decoder = new_decoder(tail);
}

/* Returns the status. write_lost_line() follows at exit(3). */
static int finish(const struct tail *tail)
{
	if (tail->lost)
		renew_lost_line(tail);
	if (tail->nonsense)
		fail("%" PRIu64 " entries had nonsense in them: their writer is broken",
		     tail->nonsense);
	finish_output();
	return tail->lost ? STATUS_LOST : STATUS_DONE;
}

int tail_run(int argc, char **argv)
{
	struct tail tail = {
		.start = RRING_START_NEWEST,
		.max = UINT32_MAX,
		.left = UINT64_MAX,
	};
	struct rring_client *client;
	int err = 0, status;

	argp_parse(&argp, argc, argv, 0, NULL, &tail);
	client = attach(tail.selection.arena, RRING_OBSERVER);
	join(&tail, client);
	expect_end();
	while (!err && tail.left)
		err = step(&tail);
	if (err && err != -EPIPE)
		fail_with(err, "cannot go on reading '%s'", tail.ring);
	status = finish(&tail);
	rring_close(client);
	free(tail.copy);
	if (tail.decoder)
		decoder_free(tail.decoder);
	return status;
}
