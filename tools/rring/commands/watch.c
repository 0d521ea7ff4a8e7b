// SPDX-License-Identifier: MPL-2.0
/* rring watch: prints notifications. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../input/number.h"
#include "../netlink/inquiry.h"
#include "../netlink/message.h"
#include "../output/report.h"
#include "../output/table.h"
#include "../output/text.h"
#include "command.h"

#define ALL_EVENTS	12

struct watch {
	struct words words;
	uint32_t arena;		/* 0: all */
	uint32_t events;	/* bit by index in notifications[]; 0: all */
	uint64_t left;		/* notifications still to be printed */
};

static const struct argp_option options[] = {
	{ "event", 'e', "EVENT", 0, "only these (may be given several times): "
	  "arena-created, arena-gone, client-died, client-evicted, pool-dry, "
	  "reader-lapped, client-over-limit, ring-opened, ring-ended, "
	  "ring-gone, reader-joined, reader-left", 0 },
	{ "count", 'n', "N", 0, "end after that many", 0 },
	{ 0 },
};

static uint32_t event_bit(const char *name, struct argp_state *state)
{
	const char *words[ALL_EVENTS];
	unsigned int i;

	for (i = 0; i < ALL_EVENTS; i++)
		words[i] = notifications[i].name;
	return 1u << number_word(name, words, ALL_EVENTS, state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct watch *watch = state->input;

	switch (key) {
	case 'e':
		watch->events |= event_bit(arg, state);
		return 0;
	case 'n':
		watch->left = number(arg, 1, UINT64_MAX - 1, state);
		return 0;
	default:
		return words_parse(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Print what happens, as it happens: in all arenas that you may "
	       "see, or in one.",
	.children = selection_children,
};

/* ---- one notification ---- */

static void print_member(const char *key, const json_t *value)
{
	if (json_is_array(value) || json_is_null(value))
		return;
	printf(" %s=", key);
	if (json_is_string(value))
		text_print(stdout, json_string_value(value),
			   json_string_length(value));
	else if (json_is_integer(value))
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		fputs("yes", stdout);
}

static bool is_good(const char *name)
{
	return !strcmp(name, "arena-created") || !strcmp(name, "ring-opened") ||
	       !strcmp(name, "reader-joined");
}

static void print_text(const char *name, json_t *object)
{
	enum colour shade = is_good(name) ? COLOUR_GOOD : COLOUR_BAD;
	struct timespec now;
	const char *key;
	json_t *value;
	char time[16];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	strftime(time, sizeof(time), "%H:%M:%S", localtime_r(&now.tv_sec, &tm));
	printf("%s.%03ld %s%s%s", time, now.tv_nsec / 1000000,
	       colour(stdout, shade), name, colour(stdout, COLOUR_NONE));
	json_object_foreach(object, key, value)
		print_member(key, value);
	putchar('\n');
	finish_output();
}

static void print_json(const struct notification *notification,
		       json_t *object)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	table_print_json_line(must(json_pack(
		"{s:f, s:s, s:O}", "time",
		(double)now.tv_sec + 1e-9 * now.tv_nsec,
		"event", notification->name,
		notification->object->name, object)));
}

static const struct notification *known(uint8_t command)
{
	const struct notification *notification;

	for (notification = notifications; notification->name; notification++)
		if (notification->command == command)
			return notification;
	return NULL;
}

static bool is_wanted(const struct watch *watch,
		      const struct notification *notification,
		      const json_t *object)
{
	const char *key = notification->object == &arena_object ? "id" :
								  "arena";
	uint32_t bit = 1u << (notification - notifications);

	if (watch->events && !(watch->events & bit))
		return false;
	return !watch->arena || integer_of(object, key) == watch->arena;
}

static int on_notification(const struct nlmsghdr *nlh, void *context)
{
	const struct notification *notification = known(message_command(nlh));
	struct watch *watch = context;
	json_t *object;

	if (!notification || !watch->left)
		return MNL_CB_OK;	/* a newer kernel's, or .left is 0 */
	object = message_notification(nlh, notification->object);
	if (!object)
		return MNL_CB_ERROR;
	if (is_wanted(watch, notification, object)) {
		if (watch->words.selection.json)
			print_json(notification, object);
		else
			print_text(notification->name, object);
		watch->left--;
	}
	json_decref(object);
	return MNL_CB_OK;
}

int watch_run(int argc, char **argv)
{
	struct watch watch = { .left = UINT64_MAX };
	struct link *link;
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &watch);
	link = inquiry_open();
	watch.arena = inquiry_arena(link, &watch.words.selection);
	err = link_join(link);
	if (err)
		fail("cannot watch: %s", *link_complaint(link) ?
		     link_complaint(link) : strerror(-err));
	while (watch.left) {
		err = link_listen(link, on_notification, &watch);
		if (err == -ENOBUFS)
			warn("more happened than could be kept for this program: some of it is not shown");
		else if (err == -EPROTO)
			fail("the module speaks another version; is it as old as this program?");
		else if (err)
			fail("cannot watch: %s", strerror(-err));
	}
	link_close(link);
	return STATUS_DONE;
}
