// SPDX-License-Identifier: MPL-2.0
/*
 * The probes of the library: the kernel counts how often a program passes each of
 * them, by a breakpoint at the place that the program's notes have for it.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "stream.h"
#include "thread.h"

#include "kselftest_harness.h"

#define TRACING		"/sys/kernel/tracing/"
#define GROUP		"library"
#define NOTE_TYPE	3	/* of a probe */
#define SHORT		rring_deadline(NS_PER_S / 1000)

/* ---- what the notes of this program say ---- */

struct program {
	char path[256];
	const char *file;	/* mapped */
};

static const Elf64_Ehdr *header_of(const struct program *program)
{
	return (const Elf64_Ehdr *)program->file;
}

/* Return where the code at @address is in the file. */
static uint64_t offset_of(const struct program *program, uint64_t address)
{
	const Elf64_Ehdr *header = header_of(program);
	const Elf64_Phdr *part = (const Elf64_Phdr *)(program->file +
						      header->e_phoff);
	int i;

	for (i = 0; i < header->e_phnum; i++)
		if (part[i].p_type == PT_LOAD && address >= part[i].p_vaddr &&
		    address - part[i].p_vaddr < part[i].p_filesz)
			return address - part[i].p_vaddr + part[i].p_offset;
	return 0;
}

static const Elf64_Shdr *notes_of(const struct program *program)
{
	const Elf64_Ehdr *header = header_of(program);
	const Elf64_Shdr *section = (const Elf64_Shdr *)(program->file +
							 header->e_shoff);
	const char *names = program->file +
			    section[header->e_shstrndx].sh_offset;
	int i;

	for (i = 0; i < header->e_shnum; i++)
		if (!strcmp(names + section[i].sh_name, ".note.stapsdt"))
			return &section[i];
	return NULL;
}

static int append(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	ssize_t n = -1;

	if (fd >= 0) {
		n = write(fd, line, strlen(line));
		close(fd);
	}
	return n == (ssize_t)strlen(line);
}

/* The note is: address, base, semaphore, the provider, the name, arguments. */
static int watch_note(const struct program *program, const char *note,
		      uint32_t number)
{
	const char *provider = note + 3 * sizeof(uint64_t);
	const char *name = provider + strlen(provider) + 1;
	char line[512];
	uint64_t address;

	if (strcmp(provider, "rusted_ring"))
		return 1;
	memcpy(&address, note, sizeof(address));
	snprintf(line, sizeof(line), "p:" GROUP "/%s__%u %s:0x%llx\n", name,
		 number, program->path,
		 (unsigned long long)offset_of(program, address));
	return append(TRACING "uprobe_events", line);
}

static size_t padded(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* Have the kernel count each probe of @program. Return how many there are. */
static uint32_t watch_all(const struct program *program)
{
	const Elf64_Shdr *section = notes_of(program);
	const char *at, *end;
	uint32_t n = 0;

	if (!section)
		return 0;
	at = program->file + section->sh_offset;
	end = at + section->sh_size;
	while (at < end) {
		const Elf64_Nhdr *note = (const Elf64_Nhdr *)at;

		at += sizeof(*note) + padded(note->n_namesz);
		if (note->n_type == NOTE_TYPE)
			MUST(watch_note(program, at, n++));
		at += padded(note->n_descsz);
	}
	return n;
}

static void map_program(struct program *program)
{
	struct stat stat;
	ssize_t len = readlink("/proc/self/exe", program->path,
			       sizeof(program->path) - 1);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	MUST(len > 0 && fd >= 0 && !fstat(fd, &stat));
	program->path[len] = 0;
	program->file = mmap(NULL, (size_t)stat.st_size, PROT_READ,
			     MAP_PRIVATE, fd, 0);
	MUST(program->file != MAP_FAILED);
	close(fd);
}

/* ---- how often each was passed ---- */

/* Return how often @name was passed, at all its places. */
static unsigned long passed(const char *name)
{
	FILE *file = fopen(TRACING "uprobe_profile", "r");
	char path[256], probe[64];
	unsigned long count, all = 0;

	MUST(file);
	while (fscanf(file, " %255s %63s %lu %*u", path, probe, &count) == 3)
		if (!strncmp(probe, name, strlen(name)) &&
		    !strncmp(probe + strlen(name), "__", 2))
			all += count;
	fclose(file);
	return all;
}

FIXTURE(probes)
{
	struct program program;
	struct rring_client *client;
	struct rring_client *other;
	struct rring_writer *writer;	/* of 2 entries, RRING_FAIL */
	struct rring_reader *reader;	/* of that */
	/* what the test needs, or NULL; a SKIP in the setup would not end it */
	const char *missing;
};

/* Return what the tests need and do not have, or NULL. */
static const char *watch_probes(struct program *program)
{
	if (access(TRACING "trace", F_OK))
		mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	if (access(TRACING "uprobe_events", W_OK))
		return "this kernel has no uprobes";
	map_program(program);
	if (!watch_all(program))
		return "the library was built without <sys/sdt.h>";
	MUST(append(TRACING "events/" GROUP "/enable", "1"));
	return NULL;
}

FIXTURE_SETUP(probes)
{
	static const uint32_t capacity[RRING_POOLS] = { 4 };
	struct rring_ring_config config = {
		.policy = RRING_FAIL,
		.capacity = 2,
		.stride = 64,
	};
	int arena = arena_with(capacity, 0);

	self->missing = watch_probes(&self->program);
	self->client = client_with(arena, RRING_PRODUCER, 0);
	self->other = client_with(arena, RRING_PRODUCER, 0);
	self->writer = writer_of(self->client, &config);
	self->reader = reader_at(self->client,
				 rring_writer_ring_id(self->writer));
	close(arena);
}

FIXTURE_TEARDOWN(probes)
{
	int fd;

	rring_close(self->other);
	rring_close(self->client);
	if (self->missing)
		return;
	EXPECT_TRUE(append(TRACING "events/" GROUP "/enable", "0"));
	fd = open(TRACING "uprobe_events", O_WRONLY | O_TRUNC | O_CLOEXEC);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST_F(probes, of_allocation_tell_refills_and_a_dry_pool)
{
	struct rring_event event;

	if (self->missing)
		SKIP(return, "%s", self->missing);
	ASSERT_EQ(0, rring_alloc(self->client, 8, 1, &event));
	EXPECT_EQ(1, passed("refill"));
	EXPECT_EQ(0, passed("dry"));
	while (!rring_alloc(self->client, 8, 1, &event))
		;
	EXPECT_EQ(1, passed("dry"));
	EXPECT_LE(2, passed("refill"));
}

TEST_F(probes, of_a_writer_tell_each_time_that_its_ring_is_full)
{
	if (self->missing)
		SKIP(return, "%s", self->missing);
	ASSERT_EQ(0, put_value(self->writer, 1));
	ASSERT_EQ(0, put_value(self->writer, 1));
	EXPECT_EQ(0, passed("full"));
	EXPECT_EQ(-EAGAIN, put_value(self->writer, 1));
	EXPECT_EQ(-EAGAIN, put_value(self->writer, 1));
	EXPECT_EQ(2, passed("full"));
}

TEST_F(probes, of_a_reader_tell_that_it_was_lapped)
{
	struct rring_ring_config config = {
		.policy = RRING_OVERWRITE,
		.capacity = 2,
		.stride = 64,
	};
	struct rring_writer *writer = writer_of(self->client, &config);
	struct rring_reader_config observing = {
		.flags = RRING_JOIN_OBSERVER,
		.ring = rring_writer_ring_id(writer),
	};
	struct rring_reader *observer = reader_of(self->other, &observing);
	struct rring_event event;
	int i;

	if (self->missing)
		SKIP(return, "%s", self->missing);
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, put_value(writer, i));
	EXPECT_EQ(0, passed("lapped"));
	EXPECT_EQ(-ESTALE, rring_try_read(observer, &event));
	EXPECT_EQ(1, passed("lapped"));
}

TEST_F(probes, of_a_sleep_tell_its_begin_and_its_end)
{
	if (self->missing)
		SKIP(return, "%s", self->missing);
	EXPECT_EQ(-ETIMEDOUT, rring_wait_readable(self->reader, SHORT));
	EXPECT_EQ(1, passed("sleep"));
	EXPECT_EQ(1, passed("awake"));
}

static void *wait_for_event(void *reader)
{
	MUST(!rring_wait_readable(reader, SOON()));
	return NULL;
}

TEST_F(probes, of_a_writer_tell_that_it_wakes)
{
	pthread_t thread;

	if (self->missing)
		SKIP(return, "%s", self->missing);
	thread = thread_start(wait_for_event, self->reader);
	until_waiting(self->reader->info, RRING_READERS_WAIT);
	EXPECT_EQ(0, put_value(self->writer, 1));
	thread_end(thread);
	EXPECT_EQ(1, passed("wake"));
}

static void *wait_for_slot(void *client)
{
	struct rring_event event;

	MUST(!rring_alloc_until(client, 8, 1, SOON(), &event));
	return NULL;
}

TEST_F(probes, of_a_drop_tell_that_it_wakes_who_waits_for_a_slot)
{
	struct rring_event event;
	pthread_t thread;

	if (self->missing)
		SKIP(return, "%s", self->missing);
	while (!rring_alloc(self->client, 8, 1, &event))
		;
	thread = thread_start(wait_for_slot, self->other);
	until_slot_wanted(self->client, RRING_XS);
	EXPECT_EQ(0, rring_drop(self->client, &event));
	thread_end(thread);
	EXPECT_LE(1, passed("wake_pools"));
}

TEST_HARNESS_MAIN
