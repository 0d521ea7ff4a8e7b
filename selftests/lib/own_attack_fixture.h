/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Fixture with a page that a producer of an owned arena may not write: one of
 * another producer, which it never owned, or owned, mapped and prepared until the
 * other producer got it; or a page of an event above 16 KiB of its own, which it
 * has mapped, prepared, and then sealed. In the end no event has changed. A test
 * program includes this file once.
 */
#ifndef SELFTESTS_OWN_ATTACK_FIXTURE_H
#define SELFTESTS_OWN_ATTACK_FIXTURE_H

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rusted_ring/internal/layout.h>

#include "arena.h"
#include "device.h"
#include "owned_arena.h"
#include "page.h"
#include "region.h"
#include "stream.h"

#include "kselftest_harness.h"

#define GROUPS	16	/* of one slot each */
#define KEPT	2	/* events that the attacker has all the time */
#define VIEWS	3	/* more mappings of OWN that the attacker has */

FIXTURE(own_attack)
{
	int arena;
	struct rring_client *bad, *good;
	struct rring_event kept[KEPT];		/* of .bad */
	struct rring_event event[GROUPS];	/* of .good */
	int n;
	struct rring_event *target;		/* one of .event */
	char *addr;				/* its page in .own of .bad */
	char *own;				/* writable mapping: OWN, or the
						 * region of the sealed event
						 */
	size_t size;
	enum rring_region_type region;
	uint32_t index;
	char *view[VIEWS];
	int pipe[2];
};

FIXTURE_VARIANT(own_attack)
{
	int was_owned;
	int is_sealed;
};

FIXTURE_VARIANT_ADD(own_attack, never_owned) { .was_owned = 0 };
FIXTURE_VARIANT_ADD(own_attack, owned_until_now) { .was_owned = 1 };
FIXTURE_VARIANT_ADD(own_attack, sealed_xxl) { .is_sealed = 1 };

#define errno_of(call) ((long)(call) < 0 ? -errno : 0)

/* The class of which a slot is a page, and a group. */
static enum rring_class page_class(void)
{
	return PAGE > owned_slot_bytes(RRING_L) ? RRING_XL : RRING_L;
}

static uint32_t index_of(const struct rring_event *event)
{
	return event->handle & 0xffffff;
}

/* Offer the page to the kernel in each way that could pin it. */
static void prepare(FIXTURE_DATA(own_attack) *self, char *page)
{
	struct iovec iov = { .iov_base = page, .iov_len = PAGE };
	size_t at = (size_t)(page - self->own);
	int i;

	for (i = 0; i < VIEWS; i++)
		*(volatile char *)(self->view[i] + at) = 1;
	MUST(!mlock(page, PAGE));
	MUST(vmsplice(self->pipe[1], &iov, 1, SPLICE_F_NONBLOCK) < 0 &&
	     errno == EFAULT);
	MUST(vmsplice(self->pipe[1], &iov, 1,
		      SPLICE_F_NONBLOCK | SPLICE_F_GIFT) < 0 &&
	     errno == EFAULT);
}

/* The attacker owns, maps and prepares pages, and gives them back. */
static void own_and_lose(FIXTURE_DATA(own_attack) *self, int *was_owned)
{
	struct rring_event event[GROUPS];
	int n = 0;

	while (n < GROUPS && !rring_alloc_class(self->bad, page_class(), 8, 1,
						&event[n])) {
		memset(event[n].data, 0xbd, PAGE);
		prepare(self, event[n].data);
		was_owned[index_of(&event[n])] = 1;
		n++;
	}
	while (n--)
		MUST(!rring_drop(self->bad, &event[n]));
}

/* The honest producer gets all groups that it may, and writes their pages. */
static void be_honest(FIXTURE_DATA(own_attack) *self)
{
	struct rring_event probe;

	while (self->n < GROUPS &&
	       !rring_alloc_class(self->good, page_class(), 8, 1, &probe)) {
		MUST(!rring_drop(self->good, &probe));
		self->event[self->n] = owned_make(self->good, page_class(),
						  (uint64_t)self->n);
		self->n++;
	}
}

/* Map once more what the attacker has mapped writable, or may not any more. */
static char *map_again(const FIXTURE_DATA(own_attack) *self)
{
	return device_map(self->bad->fd, self->region, self->index, self->size,
			  PROT_READ | PROT_WRITE);
}

static void map_views(FIXTURE_DATA(own_attack) *self)
{
	int i;

	for (i = 0; i < VIEWS; i++) {
		self->view[i] = map_again(self);
		MUST(self->view[i] != MAP_FAILED);
	}
}

/* The target is in a group of the honest producer. */
static void aim_at_group(FIXTURE_DATA(own_attack) *self, int has_owned)
{
	int was_owned[GROUPS] = { 0 };
	int i;

	self->region = RRING_REGION_OWN;
	self->size = whole_pages(self->bad->arena->payload_size);
	self->own = self->bad->pool[0].own -
		    self->bad->arena->pool[0].payload_offset;
	map_views(self);
	for (i = 0; i < KEPT; i++)
		self->kept[i] = owned_make(self->bad, page_class(), 100);
	if (has_owned)
		own_and_lose(self, was_owned);
	be_honest(self);
	for (i = 0; i < self->n; i++)
		if (was_owned[index_of(&self->event[i])] == has_owned)
			self->target = &self->event[i];
	MUST(self->target);
	self->addr = owned_write_view(self->bad, self->target);
}

/* The target is an event of XXL that the attacker has prepared and sealed. */
static void aim_at_sealed(FIXTURE_DATA(own_attack) *self)
{
	struct rring_event event = owned_make(self->bad, RRING_XXL, 0);
	uint64_t *word = event.data;
	uint64_t i;

	self->region = RRING_REGION_XXL;
	self->index = index_of(&event);
	self->own = event.data;
	self->size = whole_pages(event.len);
	self->addr = self->own + PAGE;
	map_views(self);
	prepare(self, self->own);
	prepare(self, self->addr);
	for (i = 0; i < event.len / sizeof(*word); i++)
		word[i] = i;
	for (i = 0; i < KEPT; i++)
		self->kept[i] = owned_make(self->bad, RRING_XXL, 100);
	MUST(!rring_seal(self->bad, &event));
	self->event[0] = event;
	self->n = 1;
	self->target = &self->event[0];
}

FIXTURE_SETUP(own_attack)
{
	self->arena = owned_arena(GROUPS, 2);
	self->bad = client_of(self->arena, RRING_PRODUCER);
	self->good = client_of(self->arena, RRING_PRODUCER);
	ASSERT_EQ(0, pipe2(self->pipe, O_NONBLOCK));
	if (variant->is_sealed)
		aim_at_sealed(self);
	else
		aim_at_group(self, variant->was_owned);
}

/* After each attack no event has changed, and each producer writes its own. */
FIXTURE_TEARDOWN(own_attack)
{
	struct rring_client *last;
	int i;

	for (i = 0; i < self->n; i++)
		EXPECT_TRUE(owned_is(&self->event[i], (uint64_t)i));
	for (i = 0; i < self->n && !variant->is_sealed; i++) {
		EXPECT_EQ(0, signal_of_store(self->event[i].data));
		EXPECT_EQ(SIGBUS, signal_of_store(
				owned_write_view(self->bad, &self->event[i])));
	}
	if (variant->is_sealed) {
		EXPECT_EQ(1, rring_is_sealed(self->bad, self->target));
		EXPECT_EQ(SIGSEGV, signal_of_store(self->target->data));
		EXPECT_EQ(SIGBUS, signal_of_store(self->addr));
	}
	for (i = 0; i < KEPT; i++) {
		EXPECT_TRUE(owned_is(&self->kept[i], 100));
		EXPECT_EQ(0, signal_of_store(self->kept[i].data));
	}
	for (i = 0; i < VIEWS; i++)
		munmap(self->view[i], self->size);
	rring_close(self->bad);
	rring_close(self->good);
	last = client_of(self->arena, RRING_OBSERVER);
	EXPECT_TRUE(all_free(last));
	rring_close(last);
	close(self->arena);
	close(self->pipe[0]);
	close(self->pipe[1]);
}

static int store_there(void *addr)
{
	*(volatile char *)addr = 1;
	return 0;
}

#endif /* SELFTESTS_OWN_ATTACK_FIXTURE_H */
