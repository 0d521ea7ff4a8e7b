// SPDX-License-Identifier: MPL-2.0
/* rring top: shows snapshots with rates, again and again. */
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../input/number.h"
#include "../input/selection.h"
#include "../netlink/inquiry.h"
#include "../netlink/snapshot.h"
#include "../output/frame.h"
#include "../output/report.h"
#include "../output/table.h"
#include "command.h"

struct top {
	struct words words;
	bool batch;
	uint64_t delay_ms;
	struct link *link;
	uint32_t arena;
	json_t *before;
	struct timespec taken;	/* time of .before */
	double seconds;		/* between the last two snapshots */
};

static const struct argp_option options[] = {
	{ "batch", 'b', NULL, 0, "print one frame as plain text, and end", 0 },
	{ "delay", 'd', "MS", 0, "between two looks (1000)", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct top *top = state->input;

	switch (key) {
	case 'b':
		top->batch = true;
		return 0;
	case 'd':
		top->delay_ms = number(arg, 10, 3600000, state);
		return 0;
	default:
		return words_parse(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Show what moves in all arenas that you may see, or in one. "
	       "Space looks at once, the arrow keys move, q ends it. With "
	       "--json, one look, with rates, as JSON.",
	.children = selection_children,
};

/* ---- snapshots ---- */

static double elapsed(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) +
	       1e-9 * (double)(to->tv_nsec - from->tv_nsec);
}

/* Returns a new snapshot, with rates since the last one; @top owns it. */
static const json_t *look(struct top *top)
{
	json_t *now = snapshot_take(top->link, top->arena);
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	top->seconds = top->before ? elapsed(&top->taken, &time) : 0;
	snapshot_rate(now, top->before, top->seconds);
	json_decref(top->before);
	top->before = now;
	top->taken = time;
	return now;
}

static void pause_for(uint64_t ms)
{
	struct timespec time = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	nanosleep(&time, NULL);
}

static void print_once(struct top *top)
{
	const json_t *snapshot;

	look(top);
	pause_for(top->delay_ms);
	snapshot = look(top);
	if (top->words.selection.json)
		table_print_json(snapshot);
	else
		frame_print(stdout, snapshot, top->seconds);
}

/* ---- the screen ---- */

static char *frame_text(struct top *top)
{
	const json_t *snapshot = look(top);
	char *text;
	size_t size;
	FILE *file = must(open_memstream(&text, &size));

	frame_print(file, snapshot, top->seconds);
	fclose(file);
	return must(text);
}

static int is_title(const char *line)
{
	return !strncmp(line, "  POOL", 6) || !strncmp(line, "  CLIENT", 8) ||
	       !strncmp(line, "  RING", 6) || !strncmp(line, "rring", 5);
}

/* Draw the lines of @text from @first on, as many as the screen can show. */
static void draw(const char *text, int first)
{
	int row, len;

	erase();
	for (row = -first; *text && row < LINES; row++) {
		len = (int)strcspn(text, "\n");
		if (is_title(text))
			attron(A_BOLD);
		if (row >= 0)
			mvaddnstr(row, 0, text, len < COLS ? len : COLS);
		attroff(A_BOLD);
		text += len + (text[len] == '\n');
	}
	refresh();
}

static int count_lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static int scroll_by(int key, int first)
{
	switch (key) {
	case KEY_UP:
		return first - 1;
	case KEY_DOWN:
		return first + 1;
	case KEY_PPAGE:
		return first - LINES;
	case KEY_NPAGE:
		return first + LINES;
	case KEY_HOME:
		return 0;
	default:
		return first;
	}
}

static int clamp(int first, int lines)
{
	int last = lines > LINES ? lines - LINES : 0;

	if (first > last)
		first = last;
	return first < 0 ? 0 : first;
}

/* Called at exit, also after fail(). */
static void end_screen(void)
{
	endwin();
}

static void begin_screen(struct top *top)
{
	if (!newterm(NULL, stdout, stdin))
		fail("this terminal ($TERM) is not known: `rring top --batch' needs none");
	atexit(end_screen);
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	timeout((int)top->delay_ms);
}

static void run_screen(struct top *top)
{
	char *text = NULL;
	int first = 0, key = ERR;

	begin_screen(top);
	do {
		/* keys that scroll do not take a new snapshot */
		if (key == ERR || key == ' ') {
			free(text);
			text = frame_text(top);
		}
		first = clamp(scroll_by(key, first), count_lines(text));
		draw(text, first);
		key = getch();
	} while (key != 'q');
	free(text);
}

int top_run(int argc, char **argv)
{
	struct top top = { .delay_ms = 1000 };

	argp_parse(&argp, argc, argv, 0, NULL, &top);
	top.link = inquiry_open();
	top.arena = inquiry_arena(top.link, &top.words.selection);
	if (top.batch || top.words.selection.json)
		print_once(&top);
	else
		run_screen(&top);
	json_decref(top.before);
	link_close(top.link);
	return STATUS_DONE;
}
