// SPDX-License-Identifier: MPL-2.0
/* The tracepoints in tracefs. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "arena.h"
#include "kernel_reader.h"
#include "device.h"
#include "module.h"
#include "netlink.h"
#include "stream.h"

#include "kselftest_harness.h"

#define TRACING	"/sys/kernel/tracing/"
#define EVENTS	TRACING "events/rusted_ring/"
#define NAME	"traced"

FIXTURE(tracing)
{
	struct nl nl;
	int arena_fd;
	uint32_t arena;
	struct rring_client *client;
	char *text;
};

static int put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t n = -1;

	if (fd >= 0) {
		n = write(fd, value, strlen(value));
		close(fd);
	}
	return n == (ssize_t)strlen(value);
}

/* Return the content of the trace buffers. */
static char *trace(void)
{
	FILE *file = fopen(TRACING "trace", "r");
	char *text = calloc(1, 1);
	size_t size = 0, n;
	char chunk[4096];

	while (file && (n = fread(chunk, 1, sizeof(chunk), file))) {
		text = realloc(text, size + n + 1);
		memcpy(text + size, chunk, n);
		size += n;
		text[size] = 0;
	}
	if (file)
		fclose(file);
	return text;
}

#define POLLS	500
#define BURST	64	/* barriers that a client may have saved up */

FIXTURE_SETUP(tracing)
{
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { 16 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	if (access(TRACING "trace", F_OK))
		mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	if (access(TRACING "trace", F_OK))
		SKIP(return, "this kernel has no tracefs");
	self->nl = nl_open();
	self->arena_fd = rring_arena_create(&config);
	ASSERT_LE(0, self->arena_fd);
	self->arena = nl_arena(&self->nl, NAME);
	ASSERT_TRUE(put(TRACING "trace", ""));
	ASSERT_TRUE(put(EVENTS "enable", "1"));
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	self->text = NULL;
}

FIXTURE_TEARDOWN(tracing)
{
	if (self->client)
		rring_close(self->client);
	EXPECT_TRUE(put(EVENTS "enable", "0"));
	close(self->arena_fd);
	nl_close(&self->nl);
	free(self->text);
}

/*
 * Count the lines with this event of the arena whose fields begin with @fields,
 * up to the end or a blank.
 */
static int count(const char *text, uint32_t arena, const char *event,
		 const char *fields)
{
	char line[256];
	size_t len;
	int n = 0;

	snprintf(line, sizeof(line), " %s: arena=%u%s%s", event, arena,
		 fields[0] ? " " : "", fields);
	len = strlen(line);
	while ((text = strstr(text, line))) {
		text += len;
		n += *text == '\n' || *text == ' ';
	}
	return n;
}

#define LOOK() (free(self->text), self->text = trace())
#define COUNT(event, ...) ({					\
	char fields_[256];					\
								\
	snprintf(fields_, sizeof(fields_), __VA_ARGS__);	\
	count(self->text, self->arena, event, fields_);		\
})

static uint32_t serial_of(const struct rring_client *client)
{
	return rring_flag_load(&client->arena->client_serial[client->id]);
}

TEST_F(tracing, client_attaches_and_exits)
{
	uint32_t id = self->client->id, serial = serial_of(self->client);
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};
	struct rring_writer *writer;
	struct rring_event event;

	LOOK();
	EXPECT_EQ(1, COUNT("client_attach", "client=%u serial=%u role=producer",
			   id, serial));
	EXPECT_EQ(0, COUNT("client_exit", "%s", ""));
	writer = writer_of(self->client, &config);
	reader_at(self->client, writer->id);
	ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &event));
	/* has the effect of death: nothing is closed before */
	ASSERT_EQ(0, munmap(ledger_of(self->client),
			    ledger_size(self->client)));
	self->client = NULL;
	LOOK();
	EXPECT_EQ(1, COUNT("client_exit",
			   "client=%u serial=%u held=1 rings=1 readers=1 evicted=0",
			   id, serial));
}

TEST_F(tracing, pool_is_swept_and_refills)
{
	struct rring_event event[16], one;
	int i;

	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &event[i]));
	LOOK();
	/* a refill lends an eighth of the pool */
	EXPECT_EQ(8, COUNT("refill", "class=xs client=%u want=2 lent=2",
			   self->client->id));
	EXPECT_EQ(1, COUNT("refill", "class=xs client=%u want=2 lent=2 free=0",
			   self->client->id));
	ASSERT_TRUE(put(TRACING "trace", ""));
	ASSERT_EQ(-ENOSPC, rring_alloc(self->client, 8, 1, &one));
	for (i = 0; i < 3; i++) {
		rring_share(self->client, &event[i]);
		ASSERT_EQ(0, rring_drop(self->client, &event[i]));
	}
	ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &one));
	LOOK();
	EXPECT_EQ(1, COUNT("reclaim",
			   "class=xs windows=0 want=2 seen=16 freed=0"));
	EXPECT_EQ(1, COUNT("reclaim",
			   "class=xs windows=1 want=2 seen=16 freed=0"));
	EXPECT_EQ(1, COUNT("reclaim",
			   "class=xs windows=0 want=2 seen=3 freed=3"));
	EXPECT_EQ(1, COUNT("refill", "class=xs client=%u want=2 lent=2 free=1",
			   self->client->id));
}

TEST_F(tracing, who_is_woken)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	struct rring_wake wake = {
		.size = sizeof(wake),
		.ring = writer->id,
		.pools = 5,
	};

	ASSERT_EQ(0, stream_put(writer, 64));
	wake.flags = RRING_WAKE_READERS;
	ASSERT_EQ(0, device_call(self->client->fd, RRING_IOC_WAKE, &wake));
	ASSERT_EQ(0, stream_take(reader, 64));
	wake.flags |= RRING_WAKE_WRITER;
	ASSERT_EQ(0, device_call(self->client->fd, RRING_IOC_WAKE, &wake));
	/* nobody waits for a slot, and nothing has changed in the ring */
	wake.flags |= RRING_WAKE_POOLS;
	ASSERT_EQ(0, device_call(self->client->fd, RRING_IOC_WAKE, &wake));
	LOOK();
	EXPECT_EQ(1, COUNT("wake", "ring=%u waiters=readers", writer->id));
	EXPECT_EQ(1, COUNT("wake", "ring=%u waiters=writer", writer->id));
	EXPECT_EQ(0, COUNT("wake_pools", "pools=0x5"));
	rring_writer_close(writer);
	LOOK();
	EXPECT_EQ(1, COUNT("wake_pools", "pools=0x3f"));
}

TEST_F(tracing, barriers_of_a_client)
{
	struct pollfd pollfd = { .fd = self->client->fd, .events = POLLIN };
	uint32_t client = self->client->id;
	uint64_t began, most;
	int now, i;

	/* it has none to spare when it attaches */
	do {
		ASSERT_LE(0, poll(&pollfd, 1, 0));
		LOOK();
	} while (!COUNT("barrier", "client=%u late=0", client));
	ASSERT_TRUE(put(TRACING "trace", ""));
	module_set("barrier_rate", "1");
	began = rring_deadline(0);
	for (i = 0; i < POLLS; i++)
		EXPECT_LE(0, poll(&pollfd, 1, 0));
	module_set("barrier_rate", "1000");
	most = BURST + (rring_deadline(0) - began) / NS_PER_S + 1;
	LOOK();
	now = COUNT("barrier", "client=%u late=0", client);
	/* clients that fence themselves have as many as they like */
	if (!is_fenced(self->client))
		EXPECT_GE(most, (uint64_t)now);
	EXPECT_LE(POLLS, now + COUNT("barrier", "client=%u late=1", client));
}

TEST_F(tracing, reader_is_lapped)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 4,
		.stride = 64,
		.stall_ns = 1,
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	struct rring_reader *reader = reader_at(self->client, writer->id);
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, stream_put(writer, 64));
	ASSERT_EQ(0, stream_take(reader, 64));
	ASSERT_EQ(0, stream_put(writer, 64));
	while (stream_put(writer, 64))
		;
	LOOK();
	EXPECT_EQ(1, COUNT("lap",
			   "ring=%u reader=%u client=%u position=1 head=5",
			   writer->id, reader->id, self->client->id));
}

TEST_F(tracing, kernel_reader_refuses)
{
	struct rring_ring_config config = {
		.name = "liar",
		.kind = RRING_INLINE,
		.capacity = 4,
		.stride = 64,
	};
	struct consumer_open open = {
		.arena_fd = self->arena_fd,
		.ring = "liar",
		.start = RRING_START_OLDEST,
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	struct consumer_entry entry;
	int fd;

	ASSERT_EQ(0, consumer_load());
	fd = consumer_of(&open);
	ASSERT_EQ(0, stream_put(writer, 64));
	writer->headers[0].len = 65;
	EXPECT_EQ(-EAGAIN, consumer_call(fd, CONSUMER_PEEK, &entry));
	rring_seq_store_release(&writer->ring->head, 100);
	EXPECT_EQ(-EAGAIN, consumer_call(fd, CONSUMER_PEEK, &entry));
	close(fd);
	EXPECT_EQ(0, consumer_unload());
	LOOK();
	EXPECT_EQ(1, COUNT("refuse", "ring=%u reader=0 reason=len position=0",
			   writer->id));
	EXPECT_EQ(1, COUNT("refuse", "ring=%u reader=0 reason=head position=1",
			   writer->id));
}

TEST_F(tracing, client_is_evicted)
{
	uint32_t id = self->client->id, serial = serial_of(self->client);
	struct nl_value values[] = {
		NL_U32(RRING_A_CLIENT_ARENA, self->arena),
		NL_U32(RRING_A_CLIENT_ID, id),
		{ 0 }
	};

	ASSERT_EQ(0, nl_change(&self->nl, RRING_CMD_CLIENT_EVICT, values));
	LOOK();
	EXPECT_EQ(1, COUNT("evict", "client=%u serial=%u", id, serial));
	EXPECT_EQ(1, COUNT("client_exit",
			   "client=%u serial=%u held=0 rings=0 readers=0 evicted=1",
			   id, serial));
}

/* perf and trace-cmd read these formats and do not know the enums. */
TEST_F(tracing, formats_have_numbers_for_names)
{
	static const char *const events[] = {
		"refill", "reclaim", "client_attach", "client_exit", "wake",
		"wake_pools", "lap", "evict", "refuse",
	};
	char path[128], text[8192];
	size_t i, n;
	FILE *file;

	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		snprintf(path, sizeof(path), EVENTS "%s/format", events[i]);
		file = fopen(path, "r");
		ASSERT_NE(NULL, file);
		n = fread(text, 1, sizeof(text) - 1, file);
		text[n] = 0;
		fclose(file);
		EXPECT_NE(NULL, strstr(text, "field:u32 arena;"));
		EXPECT_EQ(NULL, strstr(text, "RRING_"));
	}
}

TEST_HARNESS_MAIN
