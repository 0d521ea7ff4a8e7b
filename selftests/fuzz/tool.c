// SPDX-License-Identifier: MPL-2.0
/*
 * libFuzzer: what rring makes of what it is told: netlink messages, as if from
 * the kernel, for each command that prints them; numbers of arguments; and
 * bytes of events, to be printed. The first byte says which.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../tools/rring/commands/command.h"
#include "../../tools/rring/input/number.h"
#include "../../tools/rring/output/text.h"

const char *argp_program_version = "rring";

static jmp_buf ended;
static int running;
static FILE *nowhere;
static char path[64];
static int messages;

void __wrap_exit(int status);
void __real_exit(int status);

/* Where the tool gives up, this goes on; libFuzzer itself ends, in time. */
void __wrap_exit(int status)
{
	if (!running)
		__real_exit(status);
	longjmp(ended, 1);
}

static const struct {
	int (*run)(int argc, char **argv);
	const char *words[4];
} commands[] = {
	{ arena_run, { "rring arena" } },
	{ arena_run, { "rring arena", "--json" } },
	{ pool_run, { "rring pool", "list" } },
	{ client_run, { "rring client" } },
	{ client_run, { "rring client", "--json" } },
	{ ring_run, { "rring ring", "list" } },
	{ ring_run, { "rring ring", "readers" } },
	{ ring_run, { "rring ring", "readers", "--json" } },
	{ stat_run, { "rring stat" } },
	{ stat_run, { "rring stat", "--json" } },
	{ stat_run, { "rring stat", "--openmetrics" } },
	{ watch_run, { "rring watch" } },
	{ watch_run, { "rring watch", "--json" } },
};

#define COMMANDS	(sizeof(commands) / sizeof(*commands))

static void run(uint8_t which, const uint8_t *data, size_t size)
{
	char words[4][32] = { "" }, *argv[5] = { NULL };
	int i;

	if (ftruncate(messages, 0) ||
	    pwrite(messages, data, size, 0) != (ssize_t)size)
		abort();
	for (i = 0; i < 4 && commands[which].words[i]; i++) {
		strcpy(words[i], commands[which].words[i]);
		argv[i] = words[i];
	}
	running = 1;
	if (!setjmp(ended))
		commands[which].run(i, argv);
	running = 0;
}

/* What is refused is told, and is a number in its bounds no more. */
static void read_number(const char *text)
{
	struct argp_state state = { .flags = ARGP_NO_EXIT | ARGP_NO_ERRS };

	number(text, 3, 1u << 24, &state);
	number(text, 0, UINT64_MAX, &state);
	number_mode(text, &state);
	number_name(text, &state);
}

static void print_bytes(const uint8_t *data, size_t size)
{
	char *text = text_escape((const char *)data, size);

	free(text);
	text = text_hex(data, size);
	if (strlen(text) != 2 * size)
		abort();
	free(text);
	text_print(nowhere, (const char *)data, size);
	text_hexdump(nowhere, data, size);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	nowhere = fopen("/dev/null", "w");
	messages = memfd_create("messages", 0);
	if (!nowhere || messages < 0 || !freopen("/dev/null", "w", stdout))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", messages);
	return setenv("RRING_REPLAY", path, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	if (*data < COMMANDS) {
		run(*data, data + 1, size - 1);
		return 0;
	}
	text = strndup((const char *)data + 1, size - 1);
	read_number(text);
	free(text);
	print_bytes(data + 1, size - 1);
	return 0;
}
