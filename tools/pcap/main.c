// SPDX-License-Identifier: MPL-2.0
/* rring-pcap: writes the packets of rring_nftap to a capture file. */
#include <argp.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../rring/input/attach.h"
#include "../rring/input/number.h"
#include "../rring/output/report.h"
#include "capture.h"

const char *argp_program_version = "rring-pcap " RUSTED_RING_VERSION;

struct arguments {
	const char *arena;
	const char *ring;
	const char *output;
	enum format format;
	uint64_t count;
	bool observe;
	bool wait;
	bool json;
};

static const struct argp_option options[] = {
	{ "arena", 'a', "NAME", 0, "the arena of that name", 0 },
	{ "write", 'w', "FILE", 0, "what to write; - is standard output", 0 },
	{ "format", 'f', "FORMAT", 0, "pcapng (default), or pcap", 0 },
	{ "count", 'n', "N", 0, "end after that many packets", 0 },
	{ "observe", 'o', NULL, 0, "never make the ring drop a packet; those "
	  "that are overwritten before they are read are lost", 0 },
	{ "wait", 'W', NULL, 0, "wait for the ring if it is not there yet", 0 },
	{ "json", 'j', NULL, 0, "print what became of the packets as JSON, to "
	  "standard output", 0 },
	{ 0 },
};

static void check(const struct arguments *arguments, struct argp_state *state)
{
	bool to_stdout;

	if (!arguments->output)
		refuse(state, "--write is wanted");
	to_stdout = !strcmp(arguments->output, "-");
	if (to_stdout && arguments->json)
		refuse(state, "packets or --json to standard output, not both");
	if (to_stdout && isatty(STDOUT_FILENO))
		refuse(state, "packets are nothing for a terminal");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const formats[] = {
		[FORMAT_PCAPNG] = "pcapng",
		[FORMAT_PCAP] = "pcap",
	};
	struct arguments *arguments = state->input;

	switch (key) {
	case 'a':
		arguments->arena = number_name(arg, state);
		return 0;
	case 'w':
		arguments->output = arg;
		return 0;
	case 'f':
		arguments->format = (enum format)number_word(arg, formats, 2,
							     state);
		return 0;
	case 'n':
		arguments->count = number(arg, 1, UINT64_MAX - 1, state);
		return 0;
	case 'o':
		arguments->observe = true;
		return 0;
	case 'W':
		arguments->wait = true;
		return 0;
	case 'j':
		arguments->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			refuse(state, "%s: what is this?", arg);
		arguments->ring = number_name(arg, state);
		return 0;
	case ARGP_KEY_END:
		check(arguments, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[RING]",
	.doc = "Write the packets of a ring that the module rring_nftap fills "
	       "(`nftap'), in the arena `default' if no other is named, to a "
	       "file for tcpdump or Wireshark, until the stream ends, or "
	       "SIGINT or SIGTERM comes.",
};

static void print_json(const struct capture *capture)
{
	const uint64_t *dropped = capture->dropped;
	json_t *json = must(json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"ring", capture->ring,
		"captured", (json_int_t)capture->counts.captured,
		"dropped", (json_int_t)capture->counts.dropped,
		"dropped_full", (json_int_t)dropped[RRING_DROP_FULL],
		"dropped_busy", (json_int_t)dropped[RRING_DROP_BUSY],
		"dropped_no_slot", (json_int_t)dropped[RRING_DROP_NO_SLOT],
		"dropped_too_large", (json_int_t)dropped[RRING_DROP_TOO_LARGE],
		"lost", (json_int_t)capture->counts.lost));

	json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(json);
	finish_output();
}

static void print_text(const struct capture *capture)
{
	fprintf(stderr, "%" PRIu64 " packets captured, %" PRIu64
		" dropped by the ring", capture->counts.captured,
		capture->counts.dropped);
	if (capture->reader->observer)
		fprintf(stderr, ", %" PRIu64 " lost by this observer",
			capture->counts.lost);
	fputc('\n', stderr);
}

static void open_file(struct capture *capture,
		      const struct arguments *arguments)
{
	struct source source = {
		.arena = arguments->arena,
		.ring = arguments->ring,
		.snaplen = frame_len(rring_reader_stride(capture->reader) -
				     sizeof(struct rring_nftap_packet)),
	};

	if (rring_reader_kind(capture->reader) != RRING_INLINE)
		fail("the ring '%s' is not one of rring_nftap: it has handles",
		     arguments->ring);
	capture->file = file_open(arguments->output, arguments->format,
				  &source);
}

int main(int argc, char **argv)
{
	struct arguments arguments = {
		.arena = "default",
		.ring = "nftap",
		.count = UINT64_MAX,
	};
	struct rring_reader_config config = { .start = RRING_START_NEWEST };
	struct capture capture = { 0 };
	struct rring_client *client;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (arguments.observe)
		config.flags = RRING_JOIN_OBSERVER;
	client = attach(arguments.arena, arguments.observe ? RRING_OBSERVER :
							     RRING_CONSUMER);
	capture.ring = arguments.ring;
	capture.left = arguments.count;
	capture_begin(&capture, attach_reader(client, arguments.ring, &config,
					      arguments.wait));
	open_file(&capture, &arguments);
	capture_catch_signals();
	capture_run(&capture);
	file_close(capture.file, &capture.counts);
	if (arguments.json)
		print_json(&capture);
	else
		print_text(&capture);
	rring_close(client);
	return STATUS_DONE;
}
