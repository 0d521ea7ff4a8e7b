// SPDX-License-Identifier: MPL-2.0
/*
 * The checking mode finds each misuse, and reports where it was done: with the
 * right line of this file, if addr2line(1) is there to tell the lines.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN	1
#endif
#endif
#ifndef HAS_ASAN
#define HAS_ASAN	0
#endif

#define ENTRIES		8
#define SLOTS		64	/* of class XS */
#define TEXT_MAX	(256 << 10)

/* That of LLVM also finds the lines of inline functions that clang compiles. */
#define ADDR2LINE	"command -v llvm-addr2line || command -v addr2line"

/*
 * WRONG: the report has this line. TOUCH: AddressSanitizer reports this line, if
 * it is there. What is behind the call keeps it from being the last one of its
 * function, which would then have no frame.
 */
#define AT(word, statement) do {					\
	fprintf(stderr, "%s %d\n", word, __LINE__);			\
	statement;							\
	__asm__ __volatile__("" ::: "memory");				\
} while (0)
#define WRONG(statement)	AT("wrong", statement)
#define TOUCH(statement)	AT("touch", statement)

/* What a misuse is done with. */
struct stage {
	struct rring_client *client;	/* checked */
	struct rring_client *other;	/* checked, too */
	struct rring_writer *handles;	/* of .client, as all below */
	struct rring_reader *taker;	/* of the ring of .handles */
	struct rring_reader *observer;	/* of that ring, too */
	struct rring_writer *writer;	/* of an inline ring, RRING_FAIL */
	struct rring_reader *reader;	/* of that */
	struct rring_event event;
};

static void alloc(struct stage *stage)
{
	MUST(!rring_alloc(stage->client, 40, 1, &stage->event));
	memset(stage->event.data, 1, 40);
}

/* .event is the first one in the ring, and .taker has peeked at it. */
static void take(struct stage *stage)
{
	alloc(stage);
	MUST(!rring_publish(stage->handles, &stage->event));
	MUST(rring_peek(stage->taker, 1) == 1);
	MUST(!rring_entry(stage->taker, 0, &stage->event));
}

/* ---- holds ---- */

static void double_drop(struct stage *stage)
{
	alloc(stage);
	MUST(!rring_drop(stage->client, &stage->event));
	WRONG(rring_drop(stage->client, &stage->event));
}

static void drop_after_publish(struct stage *stage)
{
	alloc(stage);
	MUST(!rring_publish(stage->handles, &stage->event));
	WRONG(rring_drop(stage->client, &stage->event));
}

static void drop_of_peeked(struct stage *stage)
{
	struct rring_reader *reader;
	struct rring_reader_config config = {
		.ring = rring_writer_ring_id(stage->handles),
		.start = RRING_START_OLDEST,
	};

	reader = reader_of(stage->other, &config);
	alloc(stage);
	MUST(!rring_publish(stage->handles, &stage->event));
	MUST(!rring_try_read(reader, &stage->event));
	WRONG(rring_drop(stage->other, &stage->event));
}

static int is_same_slot(const struct rring_event *a,
			const struct rring_event *b)
{
	return a->word == b->word;
}

static void drop_of_reused(struct stage *stage)
{
	struct rring_event events[SLOTS];
	uint32_t i, n = 0;

	take(stage);
	MUST(!rring_release(stage->taker, 1));
	/* the pool gets dry, and so the slot is used again */
	while (n < SLOTS && !rring_alloc(stage->client, 40, 1, &events[n]))
		n++;
	MUST(n == SLOTS && !is_same_slot(&events[0], &stage->event));
	WRONG(rring_drop(stage->client, &stage->event));
	for (i = 0; i < n; i++)
		MUST(!rring_drop(stage->client, &events[i]));
}

static void hold_after_drop(struct stage *stage)
{
	alloc(stage);
	MUST(!rring_drop(stage->client, &stage->event));
	WRONG(rring_hold(stage->client, &stage->event));
}

static void hold_after_release(struct stage *stage)
{
	take(stage);
	MUST(!rring_release(stage->taker, 1));
	WRONG(rring_hold(stage->client, &stage->event));
}

static void hold_of_observed(struct stage *stage)
{
	alloc(stage);
	MUST(!rring_publish(stage->handles, &stage->event));
	MUST(!rring_try_read(stage->observer, &stage->event));
	/* the other reader gates, but it has passed the entry */
	MUST(stream_take(stage->taker, 64) == -EBADMSG);
	WRONG(rring_hold(stage->client, &stage->event));
}

static void publish_after_drop(struct stage *stage)
{
	alloc(stage);
	MUST(!rring_drop(stage->client, &stage->event));
	WRONG(rring_publish(stage->handles, &stage->event));
}

static void publish_twice(struct stage *stage)
{
	alloc(stage);
	MUST(!rring_publish(stage->handles, &stage->event));
	WRONG(rring_publish(stage->handles, &stage->event));
}

static void publish_batch_twice(struct stage *stage)
{
	struct rring_event twice[2];

	alloc(stage);
	twice[0] = stage->event;
	twice[1] = stage->event;
	WRONG(rring_publish_batch(stage->handles, twice, 2));
}

static void share_after_drop(struct stage *stage)
{
	alloc(stage);
	MUST(!rring_drop(stage->client, &stage->event));
	WRONG(rring_share(stage->client, &stage->event));
}

static void resize_after_share(struct stage *stage)
{
	alloc(stage);
	MUST(rring_share(stage->client, &stage->event));
	WRONG(rring_resize(stage->client, &stage->event, 8));
	MUST(!rring_drop(stage->client, &stage->event));
}

static void never_dropped(struct stage *stage)
{
	WRONG(rring_alloc(stage->client, 40, 1, &stage->event));
}

static void kept_for_ever(struct stage *stage)
{
	struct rring_event event;
	uint64_t handle;

	alloc(stage);
	handle = rring_share(stage->client, &stage->event);
	WRONG(rring_upgrade(stage->other, handle, &event));
	MUST(!rring_drop(stage->client, &stage->event));
}

/* ---- clients ---- */

static void drop_by_other(struct stage *stage)
{
	alloc(stage);
	WRONG(rring_drop(stage->other, &stage->event));
	MUST(!rring_drop(stage->client, &stage->event));
}

static void hold_by_other(struct stage *stage)
{
	alloc(stage);
	WRONG(rring_hold(stage->other, &stage->event));
	MUST(!rring_drop(stage->client, &stage->event));
}

static void publish_by_other(struct stage *stage)
{
	struct rring_event event;

	MUST(!rring_alloc(stage->other, 40, 1, &event));
	WRONG(rring_publish(stage->handles, &event));
	MUST(!rring_drop(stage->other, &event));
}

/* ---- payloads ---- */

static void write_past_end(struct stage *stage)
{
	volatile char *data;

	alloc(stage);
	data = stage->event.data;
	TOUCH(data[40] = 1);
	WRONG(rring_drop(stage->client, &stage->event));
}

static void write_after_drop(struct stage *stage)
{
	volatile char *data;

	alloc(stage);
	data = stage->event.data;
	WRONG(rring_drop(stage->client, &stage->event));
	TOUCH(data[3] = 1);
}

static void write_after_publish(struct stage *stage)
{
	volatile char *data;

	alloc(stage);
	data = stage->event.data;
	WRONG(rring_publish(stage->handles, &stage->event));
	data[3] = 2;
}

/* ---- threads ---- */

static void *drop_in_thread(void *arg)
{
	struct stage *stage = arg;

	WRONG(rring_drop(stage->client, &stage->event));
	return NULL;
}

static void second_thread(struct stage *stage)
{
	alloc(stage);
	thread_end(thread_start(drop_in_thread, stage));
}

static void *wait_for_room(void *arg)
{
	struct stage *stage = arg;

	MUST(!rring_wait_writable(stage->writer, 1, RRING_FOREVER));
	return NULL;
}

static void second_writer_thread(struct stage *stage)
{
	pthread_t thread;

	while (!put_value(stage->writer, 1))
		;
	thread = thread_start(wait_for_room, stage);
	until_waiting(stage->writer->info, RRING_WRITER_WAITS);
	WRONG(rring_reserve(stage->writer, 1));
	while (rring_peek(stage->reader, 1) == 1)
		MUST(!rring_release(stage->reader, 1));
	thread_end(thread);
}

static void *wait_for_event(void *arg)
{
	struct stage *stage = arg;

	MUST(!rring_wait_readable(stage->reader, RRING_FOREVER));
	return NULL;
}

static void second_reader_thread(struct stage *stage)
{
	pthread_t thread = thread_start(wait_for_event, stage);

	until_waiting(stage->reader->info, RRING_READERS_WAIT);
	WRONG(rring_try_read(stage->reader, &stage->event));
	MUST(!put_value(stage->writer, 1));
	thread_end(thread);
}

/* ---- entries ---- */

static void commit_beyond(struct stage *stage)
{
	MUST(!rring_reserve(stage->writer, 1));
	WRONG(rring_commit(stage->writer, 2));
}

static void commit_too_long(struct stage *stage)
{
	MUST(!rring_reserve(stage->writer, 1));
	rring_reserved(stage->writer, 0, 65, 1);
	WRONG(rring_commit(stage->writer, 1));
}

static void entry_beyond(struct stage *stage)
{
	MUST(!put_value(stage->writer, 1));
	MUST(rring_peek(stage->reader, 2) == 1);
	WRONG(rring_entry(stage->reader, 1, &stage->event));
}

static void release_beyond(struct stage *stage)
{
	take(stage);
	WRONG(rring_release(stage->taker, 2));
}

/* ---- in a child process, whose stderr is read ---- */

static void open_stage(struct stage *stage, int arena, unsigned int flags)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = ENTRIES,
	};
	struct rring_reader_config observing = {
		.flags = RRING_JOIN_OBSERVER,
		.start = RRING_START_OLDEST,
	};

	stage->client = client_with(arena, RRING_PRODUCER, flags);
	stage->other = client_with(arena, RRING_PRODUCER, flags);
	stage->handles = writer_of(stage->client, &config);
	observing.ring = rring_writer_ring_id(stage->handles);
	stage->taker = reader_at(stage->client, observing.ring);
	stage->observer = reader_of(stage->client, &observing);
	config.kind = RRING_INLINE;
	config.stride = 64;
	stage->writer = writer_of(stage->client, &config);
	stage->reader = reader_at(stage->client,
				  rring_writer_ring_id(stage->writer));
}

typedef void (*misuse_t)(struct stage *stage);

static void misuse_and_exit(misuse_t misuse, unsigned int flags)
{
	static const uint32_t capacity[RRING_POOLS] = { SLOTS, 16 };
	struct stage stage;

	open_stage(&stage, arena_with(capacity, 0), flags);
	misuse(&stage);
	rring_close(stage.other);
	rring_close(stage.client);
	_exit(0);
}

static char text[TEXT_MAX];	/* what a child has printed */

/* Do @misuse in a child, and store in text what it prints to stderr. */
static void report_of(misuse_t misuse, unsigned int flags)
{
	size_t len = 0;
	int fd[2];
	pid_t pid;
	ssize_t n;

	MUST(!pipe(fd));
	pid = fork();
	MUST(pid >= 0);
	if (!pid) {
		MUST(dup2(fd[1], STDERR_FILENO) == STDERR_FILENO);
		setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
		close(fd[0]);
		close(fd[1]);
		misuse_and_exit(misuse, flags);
	}
	close(fd[1]);
	do {
		n = read(fd[0], text + len, TEXT_MAX - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	text[len] = 0;
	close(fd[0]);
	reap(pid);
}

/* ---- the lines of a report ---- */

/* Return the number behind the last @word that begins a line, or 0. */
static int marked(const char *text, const char *word)
{
	const char *at;
	int line = 0;

	for (at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, word, strlen(word)))
			line = atoi(at + strlen(word));
	}
	return line;
}

/* Return the first line of this file in what @command prints, or 0. */
static int line_of(const char *command)
{
	const char *name = strrchr(__FILE__, '/') + 1;
	FILE *out = popen(command, "r");
	char text[512];
	const char *at;
	int line = 0;

	while (out && !line && fgets(text, sizeof(text), out)) {
		at = strstr(text, name);
		if (at)
			line = atoi(at + strlen(name) + 1);
	}
	if (out)
		pclose(out);
	return line;
}

/*
 * Return the line of this file at which the frame at the beginning of @text is, or
 * 0 if it is elsewhere. A frame is FILE(+OFFSET), or (FILE+OFFSET) if it is of
 * AddressSanitizer. That may have found the line itself.
 */
static int line_of_frame(const char *text)
{
	const char *end = strchrnul(text, '\n');
	char command[512], file[300];
	const char *open = memchr(text, '(', (size_t)(end - text));
	const char *name = strrchr(__FILE__, '/') + 1;
	const char *at = strstr(text, name);
	unsigned long offset;

	if (at && at < end)
		return atoi(at + strlen(name) + 1);
	if (!open || open > end)
		return 0;
	if (sscanf(text, " #%*u %299[^(](+%lx)", file, &offset) != 2 &&
	    sscanf(open, "(%299[^+]+%lx)", file, &offset) != 2)
		return 0;
	snprintf(command, sizeof(command),
		 "$(%s) -i -e '%s' %#lx", ADDR2LINE, file, offset);
	return line_of(command);
}

/* Return the first line of this file in the frames behind @heading, or 0. */
static int first_line(const char *text, const char *heading)
{
	const char *at = strstr(text, heading);
	int line = 0;

	while (at && !line) {
		at = strchr(at, '\n');
		if (!at || strncmp(at + 1, "    #", 5))
			break;
		line = line_of_frame(++at);
	}
	return line;
}

static int can_tell_lines(void)
{
	return !system(ADDR2LINE " >/dev/null 2>&1");
}

FIXTURE(misuse)
{
};

FIXTURE_VARIANT(misuse)
{
	misuse_t run;
	const char *kind;
	const char *heading;	/* of the frames with the line */
	unsigned int flags;	/* and RRING_CHECKED */
	int touches;		/* 1: AddressSanitizer finds it first */
};

#define MISUSE(function, kind_, heading_, ...)				\
	FIXTURE_VARIANT_ADD(misuse, function)				\
	{								\
		.run = function,					\
		.kind = kind_,						\
		.heading = heading_,					\
		__VA_ARGS__						\
	}

MISUSE(double_drop, "double-drop", "called");
MISUSE(drop_after_publish, "drop-after-publish", "called");
MISUSE(drop_of_peeked, "not-held", "called");
MISUSE(drop_of_reused, "drop-after-publish", "called");
MISUSE(hold_after_drop, "use-after-drop", "called");
MISUSE(hold_after_release, "use-after-publish", "called");
MISUSE(hold_of_observed, "use-after-publish", "called");
MISUSE(publish_after_drop, "use-after-drop", "called");
MISUSE(publish_twice, "use-after-publish", "called");
MISUSE(publish_batch_twice, "not-held", "called");
MISUSE(share_after_drop, "use-after-drop", "called");
MISUSE(resize_after_share, "use-after-publish", "called");
MISUSE(never_dropped, "still-held", "allocated");
MISUSE(kept_for_ever, "still-held", "taken");
MISUSE(drop_by_other, "wrong-client", "called");
MISUSE(hold_by_other, "wrong-client", "called");
MISUSE(publish_by_other, "wrong-client", "called");
MISUSE(write_past_end, "write-past-end", "called", .touches = 1);
MISUSE(write_after_drop, "write-after-drop", "dropped, by", .touches = 1);
MISUSE(write_after_publish, "write-after-publish", "published");
MISUSE(second_thread, "wrong-thread", "called", .flags = RRING_SINGLE_THREADED);
MISUSE(second_writer_thread, "wrong-thread", "called");
MISUSE(second_reader_thread, "wrong-thread", "called");
MISUSE(commit_beyond, "beyond-reserved", "called");
MISUSE(commit_too_long, "beyond-reserved", "called");
MISUSE(entry_beyond, "beyond-peeked", "called");
MISUSE(release_beyond, "beyond-peeked", "called");

FIXTURE_SETUP(misuse)
{
}

FIXTURE_TEARDOWN(misuse)
{
}

TEST_F(misuse, is_reported_where_it_is_done)
{
	int touches = HAS_ASAN && variant->touches;
	const char *kind = touches ? "AddressSanitizer: use-after-poison" :
				     variant->kind;
	const char *heading = touches ? " of size " : variant->heading;
	const char *word = touches ? "touch" : "wrong";

	report_of(variant->run, variant->flags | RRING_CHECKED);
	EXPECT_NE(NULL, strstr(text, kind));
	EXPECT_NE(NULL, strstr(text, heading));
	if (can_tell_lines())
		EXPECT_EQ(marked(text, word),
			  first_line(text, heading));
	if (!_metadata->passed)
		fprintf(stderr, "%s", text);
}

TEST_F(misuse, is_reported_once)
{
	const char *first, *at;
	int reports = 0;

	report_of(variant->run, variant->flags | RRING_CHECKED);
	first = strstr(text, "rusted_ring: ");
	for (at = first; at; at = strstr(at + 1, "rusted_ring: "))
		reports++;
	EXPECT_EQ(!(HAS_ASAN && variant->touches), reports);
}

/* The library keeps the slot for a while, to find writes after the drop. */
TEST(an_event_that_was_dropped_is_not_found_any_more)
{
	static const uint32_t capacity[RRING_POOLS] = { SLOTS };
	struct rring_client *client = client_with(arena_with(capacity, 0),
						  RRING_PRODUCER,
						  RRING_CHECKED);
	struct rring_event event, found;

	ASSERT_EQ(0, rring_alloc(client, 8, 1, &event));
	EXPECT_EQ(0, rring_find(client, event.handle, &found));
	ASSERT_EQ(0, rring_drop(client, &event));
	EXPECT_EQ(-ESTALE, rring_find(client, event.handle, &found));
	EXPECT_EQ(-ESTALE, rring_upgrade(client, event.handle, &found));
	rring_close(client);
}

TEST(all_slots_can_be_used_in_spite_of_those_that_wait_for_their_check)
{
	static const uint32_t capacity[RRING_POOLS] = { SLOTS };
	struct rring_client *client = client_with(arena_with(capacity, 0),
						  RRING_PRODUCER,
						  RRING_CHECKED);
	struct rring_event events[SLOTS];
	int round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < SLOTS; i++)
			ASSERT_EQ(0, rring_alloc(client, 8, 1, &events[i]));
		EXPECT_EQ(-ENOSPC, rring_alloc(client, 8, 1, &events[0]));
		for (i = 0; i < SLOTS; i++)
			ASSERT_EQ(0, rring_drop(client, &events[i]));
	}
	EXPECT_TRUE(all_free(client));
	rring_close(client);
}

/* ---- right use ---- */

static int see(void *context, const struct rring_event *event)
{
	if (event)
		++*(int *)context;
	return 0;
}

/* Hold and drop what was published, in place and by a batch. */
static void use_readers(struct stage *stage)
{
	int seen = 0;

	take(stage);
	MUST(!rring_keep(stage->taker, &stage->event));
	MUST(!rring_release(stage->taker, 1));
	MUST(!rring_hold(stage->client, &stage->event));
	MUST(!rring_drop(stage->client, &stage->event));
	MUST(!rring_drop(stage->client, &stage->event));
	alloc(stage);
	MUST(!rring_publish(stage->handles, &stage->event));
	MUST(rring_read_batch(stage->taker, see, &seen, 8) == 1);
	MUST(seen == 1);
}

static void use_rightly(struct stage *stage)
{
	alloc(stage);
	MUST(!rring_resize(stage->client, &stage->event, 64));
	memset(stage->event.data, 2, 64);
	MUST(!rring_resize(stage->client, &stage->event, 8));
	MUST(rring_share(stage->client, &stage->event));
	MUST(!rring_hold(stage->client, &stage->event));
	MUST(!rring_drop(stage->client, &stage->event));
	MUST(!rring_drop(stage->client, &stage->event));
	use_readers(stage);
}

static void note_misuse(void *context, const struct rring_misuse *misuse)
{
	fprintf(stderr, "%s", misuse->report);
	++*(int *)context;
}

static int misuses_of(misuse_t use)
{
	static const uint32_t capacity[RRING_POOLS] = { SLOTS };
	int arena = arena_with(capacity, 0);
	struct stage stage;
	int count = 0;

	rring_on_misuse(note_misuse, &count);
	open_stage(&stage, arena, RRING_CHECKED);
	use(&stage);
	rring_close(stage.other);
	rring_close(stage.client);
	rring_on_misuse(NULL, NULL);
	close(arena);
	return count;
}

TEST(right_use_is_not_reported)
{
	EXPECT_EQ(0, misuses_of(use_rightly));
}

/* The event that found no room is still the client's: it may write it, and drop it. */
static void publish_to_a_full_ring(struct stage *stage)
{
	uint32_t i;

	for (i = 0; i < ENTRIES; i++) {
		alloc(stage);
		MUST(!rring_publish(stage->handles, &stage->event));
	}
	alloc(stage);
	MUST(rring_publish(stage->handles, &stage->event) == -EAGAIN);
	MUST(!rring_resize(stage->client, &stage->event, 48));
	memset(stage->event.data, 2, 48);
	MUST(!rring_drop(stage->client, &stage->event));
}

TEST(a_publish_that_fails_is_not_reported)
{
	EXPECT_EQ(0, misuses_of(publish_to_a_full_ring));
}

/* Only events of an owned arena can be sealed. */
TEST(after_a_failed_seal_the_client_may_still_write_the_event)
{
	static const uint32_t capacity[RRING_POOLS] = { [RRING_L] = 1 };
	struct rring_client *client = client_with(arena_with(capacity, 0),
						  RRING_PRODUCER,
						  RRING_CHECKED);
	struct rring_event event;
	int count = 0;

	rring_on_misuse(note_misuse, &count);
	ASSERT_EQ(0, rring_alloc_l(client, 40, 1, &event));
	memset(event.data, 1, 40);
	EXPECT_EQ(-EOPNOTSUPP, rring_seal(client, &event));
	EXPECT_EQ(0, rring_resize(client, &event, 8));
	memset(event.data, 2, 8);
	EXPECT_EQ(0, rring_drop(client, &event));
	rring_close(client);
	rring_on_misuse(NULL, NULL);
	EXPECT_EQ(0, count);
}

static void leave_from_two_places(struct stage *stage)
{
	int i;

	for (i = 0; i < 3; i++)
		alloc(stage);
	MUST(!rring_alloc(stage->client, 8, 1, &stage->event));
}

TEST(what_is_left_is_reported_for_each_place)
{
	EXPECT_LE(2, misuses_of(leave_from_two_places));
}

/* ---- how reports are made ---- */

static void misuse_again(struct stage *stage)
{
	int i;

	alloc(stage);
	MUST(!rring_drop(stage->client, &stage->event));
	for (i = 0; i < 3; i++)
		MUST(rring_drop(stage->client, &stage->event) == -EINVAL);
}

static void count_misuse(void *context, const struct rring_misuse *misuse)
{
	MUST(!strcmp(misuse->kind, "double-drop"));
	MUST(strstr(misuse->report, "double-drop"));
	MUST(misuse->handle && misuse->depth && misuse->stack[0]);
	++*(int *)context;
}

static void handle_misuse(struct stage *stage)
{
	int count = 0;

	rring_on_misuse(count_misuse, &count);
	misuse_again(stage);
	MUST(count == 1);
	rring_on_misuse(NULL, NULL);
	fprintf(stderr, "handled\n");
}

static void misuses_without_harm(struct stage *stage)
{
	double_drop(stage);
	drop_by_other(stage);
	release_beyond(stage);
	never_dropped(stage);
}

TEST(no_misuse_is_reported_unless_the_client_is_checked)
{
	report_of(misuses_without_harm, 0);
	EXPECT_EQ(NULL, strstr(text, "rusted_ring: "));
}

TEST(a_misuse_goes_to_the_handler_of_the_program)
{
	report_of(handle_misuse, RRING_CHECKED);
	EXPECT_NE(NULL, strstr(text, "handled"));
	EXPECT_EQ(NULL, strstr(text, "rusted_ring: "));
}

TEST(a_misuse_of_one_place_is_reported_once)
{
	const char *first;

	report_of(misuse_again, RRING_CHECKED);
	first = strstr(text, "rusted_ring: ");
	ASSERT_NE(NULL, first);
	EXPECT_EQ(NULL, strstr(first + 1, "rusted_ring: "));
}

TEST(a_misuse_is_reported_by_the_environment_alone)
{
	setenv("RRING_DEBUG", "1", 1);
	report_of(double_drop, 0);
	unsetenv("RRING_DEBUG");
	EXPECT_NE(NULL, strstr(text, "double-drop"));
}

static void misuse_to_abort(struct stage *stage)
{
	double_drop(stage);
	fprintf(stderr, "survived\n");
}

TEST(a_misuse_aborts_if_the_environment_says_so)
{
	setenv("RRING_DEBUG", "abort", 1);
	report_of(misuse_to_abort, 0);
	unsetenv("RRING_DEBUG");
	EXPECT_NE(NULL, strstr(text, "double-drop"));
	EXPECT_EQ(NULL, strstr(text, "survived"));
}

TEST_HARNESS_MAIN
