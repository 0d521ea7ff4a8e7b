// SPDX-License-Identifier: MPL-2.0
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arena.h"
#include "module.h"
#include "kernel_writer.h"

#define MODULE "rring_producer"

int producer_load(void)
{
	module_unload_name(MODULE);	/* left by an aborted test */
	return module_load_file("/" MODULE ".ko", "");
}

int producer_unload(void)
{
	return module_unload_name(MODULE);
}

int producer_call(int fd, unsigned long request, void *args)
{
	return ioctl(fd, request, args) ? -errno : 0;
}

static void die(const char *what, int err)
{
	fprintf(stderr, "# %s: %s\n", what, strerror(-err));
	_exit(1);
}

int producer_new(void)
{
	int fd = open("/dev/" MODULE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/" MODULE, -errno);
	return fd;
}

uint32_t producer_contexts(void)
{
	int fd = producer_new();
	uint32_t contexts;
	int err = producer_call(fd, PRODUCER_AVAILABLE, &contexts);

	if (err)
		die("no contexts", err);
	close(fd);
	return contexts;
}

int producer_of(int arena_fd, enum rring_kind kind, enum rring_policy policy,
		uint32_t capacity, uint32_t *ring)
{
	struct producer_open open = {
		.arena_fd = arena_fd,
		.kind = kind,
		.policy = policy,
		.capacity = capacity,
		.stride = kind == RRING_INLINE ? 256 : 0,
	};
	int fd = producer_new();
	int err = producer_call(fd, PRODUCER_OPEN, &open);

	if (err)
		die("cannot open a kernel writer", err);
	*ring = open.ring_id;
	return fd;
}

int producer_put(int fd, uint32_t number, uint32_t len)
{
	struct producer_place place = { .len = len, .number = number };
	int err = producer_call(fd, PRODUCER_RESERVE, &place);

	return err ? err : producer_call(fd, PRODUCER_COMMIT, &place);
}

int producer_put_soon(int fd, uint32_t number, uint32_t len)
{
	int err;

	while ((err = producer_put(fd, number, len)) == -ENOSPC)
		sched_yield();
	return err;
}

struct producer_stat producer_stat(int fd)
{
	struct producer_stat stat;
	int err = producer_call(fd, PRODUCER_STAT, &stat);

	if (err)
		die("no statistics", err);
	return stat;
}

uint64_t producer_dropped(const struct producer_stat *stat)
{
	return stat->dropped[RRING_DROP_FULL] + stat->dropped[RRING_DROP_BUSY] +
	       stat->dropped[RRING_DROP_NO_SLOT] +
	       stat->dropped[RRING_DROP_TOO_LARGE];
}

int found_add(struct found *found, const struct rring_event *event)
{
	const struct producer_event *of = event->data;
	const volatile uint8_t *rest = (const void *)(of + 1);
	uint32_t i;

	if (event->len < sizeof(*of) || of->source >= PRODUCER_CONTEXTS ||
	    event->event_type != of->source ||
	    of->number < found->next[of->source])
		return -EBADMSG;
	for (i = 0; i < event->len - sizeof(*of); i++)
		if (rest[i] != (uint8_t)of->number)
			return -EBADMSG;
	found->next[of->source] = of->number + 1;
	found->source[of->source]++;
	found->events++;
	return 0;
}

int found_now(struct found *found, struct rring_reader *reader)
{
	struct rring_event event;
	int err;

	while (!(err = rring_try_read(reader, &event))) {
		err = found_add(found, &event);
		if (err)
			return err;
	}
	return err == -EAGAIN ? 0 : err;
}

int found_all(struct found *found, struct rring_reader *reader)
{
	int err;

	while (!(err = found_now(found, reader))) {
		err = rring_wait_readable(reader, SOON());
		if (err)
			return err;
	}
	return err;
}
