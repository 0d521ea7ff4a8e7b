// SPDX-License-Identifier: MPL-2.0
/* The arguments of rring-relay. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "../rring/input/geometry.h"
#include "../rring/input/number.h"
#include "../rring/output/report.h"
#include "relay.h"
#include "source.h"

#define WINDOW		256
#define WINDOW_MAX	65536
#define BATCH		256
#define READER		"relay"		/* name of the reader */
#define PATIENCE	60		/* seconds */

enum {
	KEY_METRICS = 512, KEY_SKIP, KEY_END, KEY_MAXLEN, KEY_PATIENCE, KEY_MOVED,
	KEY_CACERT, KEY_CERT, KEY_KEY,
};

struct arguments {
	struct relay *relay;
	const char *word[3];
	unsigned int n;
	bool out;
};

static const struct argp_option options[] = {
	{ "arena", 'a', "NAME", 0, "the arena of that name; then the argument is "
	  "the name of the ring alone", 0 },
	{ "wait", 'w', NULL, 0, "wait for the ring and the broker if they are not "
	  "there yet", 0 },
	{ "skip-missing", KEY_SKIP, NULL, 0, "go on without events that are "
	  "neither in the stream nor in the ring, and count them", 0 },
	{ "patience", KEY_PATIENCE, "SECONDS", 0, "in: wait so long for positions "
	  "that the stream should have (60)", 0 },
	{ "moved", KEY_MOVED, NULL, 0, "in: the stream has another URL than before",
	  0 },
	{ "batch", 'b', "N", 0, "entries that are read or sent at a time (256)",
	  0 },
	{ "metrics", KEY_METRICS, "FILE", 0, "write counts to it every five "
	  "seconds, as OpenMetrics", 0 },
	{ "cacert", KEY_CACERT, "FILE", 0, "rediss: the authorities that are trusted "
	  "(those of the system)", 0 },
	{ "cert", KEY_CERT, "FILE", 0, "rediss: the relay's own certificate", 0 },
	{ "key", KEY_KEY, "FILE", 0, "rediss: and its key", 0 },
	{ NULL, 0, NULL, 0, "out:", 1 },
	{ "name", 'n', "NAME", 0, "of the reader that keeps the place in the ring "
	  "(relay)", 1 },
	{ "window", 'W', "N", 0, "entries that may be on the way, without an "
	  "acknowledgment (256)", 1 },
	{ "maxlen", KEY_MAXLEN, "N", 0, "entries that the stream keeps, about; "
	  "older ones are removed (all)", 1 },
	{ "end", KEY_END, NULL, 0, "end with the stream of the ring", 1 },
	{ NULL, 0, NULL, 0, "in, for a ring that is not there yet:", 2 },
	{ 0 },
};

static error_t parse_out(int key, char *arg, struct argp_state *state)
{
	struct relay *relay = ((struct arguments *)state->input)->relay;

	switch (key) {
	case 'n':
		relay->name = number_name(arg, state);
		if (strlen(arg) + strlen(SOURCE_BEGUN) >= RRING_NAME_MAX)
			refuse(state, "%s: too long, as %s" SOURCE_BEGUN " has to be a name, too",
			       arg, arg);
		return 0;
	case 'W':
		relay->window = (uint32_t)number(arg, 1, WINDOW_MAX, state);
		return 0;
	case KEY_MAXLEN:
		relay->most = number(arg, 1, INT64_MAX, state);
		return 0;
	case KEY_END:
		relay->until_end = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_tls(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct url *url = &arguments->relay->url;

	switch (key) {
	case KEY_CACERT:
		url->authority = arg;
		return 0;
	case KEY_CERT:
		url->certificate = arg;
		return 0;
	case KEY_KEY:
		url->key = arg;
		return 0;
	default:
		return parse_out(key, arg, state);
	}
}

/* ARENA/RING, or RING alone. Names may have slashes, too: --arena parts them. */
static void parse_ring(struct relay *relay, const char *text,
		       struct argp_state *state)
{
	const char *slash = strchr(text, '/');

	relay->ring = number_name(relay->arena || !slash ? text : slash + 1,
				  state);
	if (relay->arena || !slash)
		return;
	relay->arena = number_name(must(strndup(text,
						(size_t)(slash - text))), state);
}

static void parse_words(struct arguments *arguments, struct argp_state *state)
{
	static const char *const directions[] = { "in", "out" };
	struct relay *relay = arguments->relay;
	const char *ring, *url;

	if (arguments->n < 3 || url_is_one(arguments->word[0]))
		refuse(state, "`out RING URL' or `in URL RING' is wanted");
	arguments->out = number_word(arguments->word[0], directions, 2, state);
	ring = arguments->word[arguments->out ? 1 : 2];
	url = arguments->word[arguments->out ? 2 : 1];
	if (url_is_one(ring))
		refuse(state, "out: first the ring, then the URL; in: the other way round");
	url_parse(&relay->url, url, state);
	parse_ring(relay, ring, state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct relay *relay = arguments->relay;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &relay->config;
		return 0;
	case 'a':
		relay->arena = number_name(arg, state);
		return 0;
	case 'w':
		relay->wait = true;
		return 0;
	case KEY_SKIP:
		relay->skip_missing = true;
		return 0;
	case KEY_MOVED:
		relay->moved = true;
		return 0;
	case KEY_PATIENCE:
		relay->patience = (uint32_t)number(arg, 0, UINT32_MAX / 1000,
						   state);
		return 0;
	case 'b':
		relay->batch = (uint32_t)number(arg, 1, WINDOW_MAX, state);
		return 0;
	case KEY_METRICS:
		relay->metrics = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->n == 3)
			refuse(state, "more than three arguments, and no option");
		arguments->word[arguments->n++] = arg;
		return 0;
	case ARGP_KEY_END:
		parse_words(arguments, state);
		return 0;
	default:
		return parse_tls(key, arg, state);
	}
}

static const struct argp_child children[] = {
	{ &geometry_argp, 0, NULL, 2 },
	{ 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "out [ARENA/]RING URL\nin URL [ARENA/]RING",
	.doc = "Append the events of a ring to a stream of Redis, or publish "
	       "those of a stream in a ring: each once, in order, until SIGTERM "
	       "or SIGINT.\vURL is redis://[USER[:PASSWORD]@]HOST[:PORT]/STREAM, "
	       "rediss://... with TLS, or redis+unix:///PATH?stream=STREAM.",
	.children = children,
};

int relay_run(int argc, char **argv)
{
	struct relay relay = {
		.name = READER,
		.window = WINDOW,
		.batch = BATCH,
		.patience = PATIENCE,
	};
	struct arguments arguments = { .relay = &relay };

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	relay.broker = redis_new(&relay.url, relay.most);
	relay.about = (struct counts_about) {
		.direction = arguments.out ? "out" : "in",
		.arena = relay.arena ? relay.arena : "default",
		.ring = relay.ring,
		.stream = relay.url.stream,
	};
	return arguments.out ? out_run(&relay) : in_run(&relay);
}
