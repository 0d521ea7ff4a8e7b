// SPDX-License-Identifier: MPL-2.0
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "device.h"
#include "owned_arena.h"
#include "page.h"
#include "region.h"

static void need(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "# no region to attack: %s\n", what);
	exit(1);
}

static void choose(struct region *region)
{
	const struct rring_client *client = region->client;

	region->index = 0;
	switch (region->kind) {
	case ARENA:
		region->type = RRING_REGION_ARENA;
		region->size = client->arena->size;
		break;
	case MAGAZINE:
		region->type = RRING_REGION_MAGAZINE;
		region->size = sizeof(struct rring_magazines);
		break;
	case PEER_CURSORS:
	case OWN_CURSORS:
		region->type = RRING_REGION_CURSORS;
		region->index = region->kind == OWN_CURSORS ?
			client->id : region->peer->id;
		region->size = sizeof(struct rring_cursors);
		break;
	case PEER_RING:
	case OWN_RING:
		region->type = RRING_REGION_RING;
		region->index = region->kind == OWN_RING ?
			region->writer->id : region->peer_writer->id;
		region->size = region->peer_writer->size;
		break;
	case PEER_HEADERS:
		region->type = RRING_REGION_HEADERS;
		region->index = region->peer->id;
		region->size = rring_headers_size(client->arena);
		break;
	case READ_PAYLOAD:
	case OWNED_PAYLOAD:
	case OWN_PAYLOAD:
		region->type = RRING_REGION_PAYLOAD;
		region->size = client->arena->payload_size;
		break;
	case LEDGER:
		region->type = RRING_REGION_LEDGER;
		region->size = ledger_size(client);
		break;
	}
	region->size = whole_pages(region->size);
}

void *region_map(const struct region *region, size_t size, int prot, int flags)
{
	return mmap(NULL, size, prot, flags, region->client->fd,
		    (off_t)RRING_OFF(region->type, region->index));
}

static struct rring_writer *open_ring(struct rring_client *client)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 1024,
	};
	struct rring_writer *writer;

	need(!rring_writer_open(client, &config, &writer), "ring");
	return writer;
}

void region_init(struct region *region, enum region_kind kind)
{
	int is_owned = kind == OWNED_PAYLOAD || kind == PEER_HEADERS;
	struct rring_reader_config config = { 0 };

	memset(region, 0, sizeof(*region));
	region->kind = kind;
	region->writable = kind >= LEDGER;
	region->arena_fd = is_owned ? owned_arena(8, 2) : arena_small();
	region->peer = client_of(region->arena_fd, RRING_PRODUCER);
	region->peer_writer = open_ring(region->peer);
	config.ring = region->peer_writer->id;
	region->client = client_of(region->arena_fd,
				   region->writable || is_owned ?
				   RRING_PRODUCER : RRING_CONSUMER);
	need(!rring_reader_open(region->client, &config, &region->reader),
	     "reader");
	if (region->writable)
		region->writer = open_ring(region->client);
	need(region_works(region), "works");
	choose(region);
	region->addr = kind == LEDGER ? ledger_of(region->client) :
		region_map(region, region->size, PROT_READ |
			   (region->writable ? PROT_WRITE : 0), MAP_SHARED);
	need(region->addr != MAP_FAILED, "mmap");
	region->copy = malloc(region->size);
	need(!!region->copy, "malloc");
	memcpy(region->copy, region->addr, region->size);
}

void region_end(struct region *region)
{
	if (region->kind != LEDGER)
		munmap(region->addr, region->size);
	rring_close(region->client);
	rring_close(region->peer);
	free(region->copy);
}

int region_is_whole(const struct region *region)
{
	unsigned long start = (unsigned long)region->addr;
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char line[512], rights[5];
	int whole = 0;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) != 3 ||
		    from != start)
			continue;
		whole = to - from == region->size &&
			!strcmp(rights, region->writable ? "rw-s" : "r--s");
	}
	if (maps)
		fclose(maps);
	return whole;
}

int region_is_unchanged(const struct region *region)
{
	return !memcmp(region->addr, region->copy, region->size);
}

int region_is_sealed(const struct region *region)
{
	return signal_of_store(region->addr) == SIGSEGV &&
	       signal_of_store(region->addr + region->size - 1) == SIGSEGV;
}

/* Publish one event. @reader, unless NULL, reads, keeps and drops it. */
static int pass_event(struct rring_writer *writer, struct rring_reader *reader)
{
	static uint32_t stamp;
	struct rring_event event, seen;

	if (rring_alloc(writer->client, 60, ++stamp, &event))
		return 0;
	*(uint32_t *)event.data = stamp;
	if (rring_publish(writer, &event))
		return 0;
	if (!reader)
		return 1;
	return !rring_try_read(reader, &seen) && seen.event_type == stamp &&
	       *(uint32_t *)seen.data == stamp && !rring_keep(reader, &seen) &&
	       rring_try_read(reader, &event) == -EAGAIN &&
	       *(uint32_t *)seen.data == stamp &&
	       !rring_drop(reader->client, &seen);
}

int region_works(struct region *region)
{
	return pass_event(region->peer_writer, region->reader) &&
	       (!region->writer || pass_event(region->writer, NULL));
}

/* ---- faults ---- */

static sigjmp_buf fault;

static void jump(int signal)
{
	siglongjmp(fault, signal);
}

static void expect_faults(struct sigaction *segv, struct sigaction *bus)
{
	struct sigaction action = { .sa_handler = jump };

	sigaction(SIGSEGV, &action, segv);
	sigaction(SIGBUS, &action, bus);
}

static int signal_of(volatile char *addr, int store)
{
	struct sigaction segv, bus;
	int signal;

	expect_faults(&segv, &bus);
	signal = sigsetjmp(fault, 1);
	if (!signal) {
		char c = *addr;

		if (store)
			*addr = c;
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	return signal;
}

int signal_of_load(const volatile char *addr)
{
	return signal_of((volatile char *)addr, 0);
}

int signal_of_store(volatile char *addr)
{
	return signal_of(addr, 1);
}
