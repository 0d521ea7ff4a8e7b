// SPDX-License-Identifier: MPL-2.0
/*
 * A mapping is never split, moved, grown, duplicated or inherited by fork.
 * After refused calls, the client still works.
 */
#include <sys/mman.h>

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"
#include "page.h"
#include "region.h"
#include "region_variants.h"

FIXTURE(remap) {
	struct region region;
	char *addr;
	size_t size;
};

FIXTURE_REGIONS(remap);

FIXTURE_SETUP(remap)
{
	region_init(&self->region, variant->kind);
	self->addr = self->region.addr;
	self->size = self->region.size;
}

FIXTURE_TEARDOWN(remap)
{
	struct region *region = &self->region;

	EXPECT_TRUE(region_is_whole(region));
	EXPECT_TRUE(region_is_unchanged(region));
	EXPECT_TRUE(region_works(region));
	region_end(region);
}

/*
 * Offset of the first, second, middle or last page, or @size if the region has
 * one page.
 */
static size_t part(size_t size, int i)
{
	const size_t offset[] = { 0, PAGE, size / PAGE / 2 * PAGE,
				  size - PAGE };

	return size > PAGE ? offset[i] : size;
}

#define for_each_part(offset)						\
	for (int i_ = 0; i_ < 4 &&					\
	     ((offset) = part(self->size, i_)) < self->size; i_++)

#define errno_of(call) ((call) ? -errno : 0)
#define errno_of_map(call) ((call) == MAP_FAILED ? -errno : 0)

TEST_F(remap, no_page_is_unmapped_alone)
{
	size_t offset;

	for_each_part(offset)
		EXPECT_EQ(-EINVAL, errno_of(munmap(self->addr + offset, PAGE)));
	if (self->size > PAGE) {
		EXPECT_EQ(-EINVAL, errno_of(munmap(self->addr,
						   self->size - PAGE)));
		EXPECT_EQ(-EINVAL, errno_of(munmap(self->addr + PAGE,
						   self->size - PAGE)));
	}
}

TEST_F(remap, nothing_is_mapped_over_a_part)
{
	size_t offset;

	for_each_part(offset) {
		EXPECT_NE(0, errno_of_map(mmap(self->addr + offset, PAGE,
					       PROT_READ | PROT_WRITE,
					       MAP_PRIVATE | MAP_ANONYMOUS |
					       MAP_FIXED, -1, 0)));
		EXPECT_NE(0, errno_of_map(region_map(&self->region, PAGE,
						     PROT_READ,
						     MAP_SHARED)));
	}
}

TEST_F(remap, no_page_gets_rights_of_its_own)
{
	size_t offset;

	for_each_part(offset) {
		EXPECT_NE(0, errno_of(mprotect(self->addr + offset, PAGE,
					       PROT_NONE)));
		EXPECT_NE(0, errno_of(madvise(self->addr + offset, PAGE,
					      MADV_RANDOM)));
		EXPECT_NE(0, errno_of(madvise(self->addr + offset, PAGE,
					      MADV_DOFORK)));
	}
}

/* Reserve an address range for a move. */
static void *elsewhere(size_t size)
{
	return mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

TEST_F(remap, it_is_not_moved)
{
	void *to = elsewhere(self->size);

	ASSERT_NE(MAP_FAILED, to);
	EXPECT_NE(0, errno_of_map(mremap(self->addr, self->size, self->size,
					 MREMAP_MAYMOVE | MREMAP_FIXED, to)));
	EXPECT_NE(0, errno_of_map(mremap(self->addr, self->size, self->size,
					 MREMAP_MAYMOVE | MREMAP_DONTUNMAP)));
}

TEST_F(remap, no_page_is_moved)
{
	size_t offset;

	for_each_part(offset)
		EXPECT_NE(0, errno_of_map(mremap(self->addr + offset, PAGE,
						 PAGE, MREMAP_MAYMOVE |
						 MREMAP_FIXED,
						 elsewhere(PAGE))));
}

TEST_F(remap, it_does_not_grow)
{
	EXPECT_NE(0, errno_of_map(mremap(self->addr, self->size,
					 self->size + PAGE, 0)));
	EXPECT_NE(0, errno_of_map(mremap(self->addr, self->size,
					 self->size * 2, MREMAP_MAYMOVE)));
}

TEST_F(remap, it_does_not_shrink)
{
	if (self->size > PAGE) {
		EXPECT_NE(0, errno_of_map(mremap(self->addr, self->size,
						 PAGE, 0)));
		EXPECT_NE(0, errno_of_map(mremap(self->addr, self->size,
						 self->size - PAGE,
						 MREMAP_MAYMOVE)));
	}
}

/* An old length of 0 asks for a second mapping of the same pages. */
TEST_F(remap, it_is_not_doubled)
{
	EXPECT_NE(0, errno_of_map(mremap(self->addr, 0, self->size,
					 MREMAP_MAYMOVE)));
	EXPECT_NE(0, errno_of_map(mremap(self->addr, 0, PAGE,
					 MREMAP_MAYMOVE)));
	EXPECT_NE(0, errno_of_map(mremap(self->addr, 0, self->size,
					 MREMAP_MAYMOVE | MREMAP_FIXED,
					 elsewhere(self->size))));
}

static int load_first(void *arg)
{
	volatile char *addr = arg;

	return *addr == 0;
}

static int load_last(void *arg)
{
	const struct region *region = arg;

	return load_first(region->addr + region->size - 1);
}

/*
 * The exit status of a child that loads the first or last byte of the region. 1:
 * it finds zero, although the parent has another value there.
 */
static int end_of_child(int (*load)(void *arg), void *arg, char *byte,
			enum region_kind kind)
{
	char before = kind == LEDGER ? *byte : 0;
	int end;

	if (kind == LEDGER)
		*byte = 77;
	end = reap(spawn(load, arg));
	if (kind == LEDGER)
		*byte = before;
	return end;
}

/*
 * There is nothing for the child. In place of the ledger, the library maps zeros
 * of the child's own.
 */
static int is_absent(const struct region *region, enum region_kind kind)
{
	char *first = region->addr;
	char *last = first + region->size - 1;
	int end = kind == LEDGER ? 1 : 128 + SIGSEGV;

	return end_of_child(load_first, first, first, kind) == end &&
	       end_of_child(load_last, (void *)region, last, kind) == end;
}

TEST_F(remap, child_does_not_have_it)
{
	EXPECT_TRUE(is_absent(&self->region, variant->kind));
}

TEST_F(remap, child_never_gets_it)
{
	EXPECT_EQ(-EINVAL, errno_of(madvise(self->addr, self->size,
					    MADV_DOFORK)));
	EXPECT_TRUE(is_absent(&self->region, variant->kind));
	EXPECT_EQ(0, errno_of(madvise(self->addr, self->size,
				      MADV_DONTFORK)));
	EXPECT_EQ(-EINVAL, errno_of(madvise(self->addr, self->size,
					    MADV_DOFORK)));
	EXPECT_TRUE(is_absent(&self->region, variant->kind));
}

TEST_F(remap, no_hole_is_punched)
{
	EXPECT_NE(0, errno_of(madvise(self->addr, self->size, MADV_REMOVE)));
	EXPECT_NE(0, errno_of(madvise(self->addr, PAGE, MADV_REMOVE)));
	EXPECT_NE(0, errno_of(madvise(self->addr, self->size, MADV_FREE)));
	EXPECT_NE(0, errno_of(madvise(self->addr, self->size,
				      MADV_WIPEONFORK)));
}

TEST_F(remap, it_appears_in_no_core_dump)
{
	EXPECT_EQ(-EINVAL, errno_of(madvise(self->addr, self->size,
					    MADV_DODUMP)));
}

TEST_F(remap, it_may_be_locked_in_memory)
{
	EXPECT_EQ(0, errno_of(mlock(self->addr, self->size)));
	EXPECT_EQ(0, errno_of(munlock(self->addr, self->size)));
	EXPECT_EQ(0, errno_of(mlockall(MCL_CURRENT)));
	EXPECT_EQ(0, errno_of(munlockall()));
}

/* ---- calls by which a client only harms itself ---- */

/* Drop the pages of a region by MADV_DONTNEED. Accesses then fault. */
static int forget_pages(void *arg)
{
	struct region region;
	int signal;

	region_init(&region, *(enum region_kind *)arg);
	if (madvise(region.addr, region.size, MADV_DONTNEED))
		return 1;
	signal = signal_of_load(region.addr);
	if (signal != SIGBUS)
		return 2;
	if (region.writable && signal_of_store(region.addr) != SIGBUS)
		return 3;
	return region_is_whole(&region) ? 0 : 4;
}

TEST_F(remap, who_forgets_pages_harms_itself_alone)
{
	enum region_kind kind = variant->kind;

	EXPECT_EQ(0, reap(spawn(forget_pages, &kind)));
}

/*
 * Drop the pages of a ledger in a shared arena. The client dies, and the others
 * lose nothing.
 */
static int forget_and_die(void *arg)
{
	struct rring_client *client = client_of(*(int *)arg, RRING_PRODUCER);
	struct rring_event event;
	size_t size = sizeof(struct rring_tails) +
		      client->arena->slots * sizeof(rring_word_t);

	if (rring_alloc(client, 60, 0, &event) ||
	    madvise(ledger_of(client), size, MADV_DONTNEED))
		return 1;
	/* the store raises a signal while the hold is taken */
	rring_hold(client, &event);
	return 2;
}

TEST_F(remap, slots_of_who_forgets_its_ledger_come_back)
{
	struct rring_client *peer = self->region.peer;
	uint64_t deaths = peer->arena->deaths;
	uint32_t held = free_slots(peer, RRING_XS);

	ASSERT_EQ(128 + SIGBUS, reap(spawn(forget_and_die,
					   &self->region.arena_fd)));
	EXPECT_EQ(deaths + 1, peer->arena->deaths);
	EXPECT_EQ(held, free_slots(peer, RRING_XS));
	memcpy(self->region.copy, self->addr, self->size);
}

/* remap_file_pages(2) maps the same region again or fails. */
static int remap_pages(void *arg)
{
	struct region region;
	int type;

	region_init(&region, *(enum region_kind *)arg);
	for (type = RRING_REGION_ARENA; type <= RRING_REGION_RING; type++) {
		size_t pgoff = RRING_OFF(type, 0) / PAGE;

		remap_file_pages(region.addr, region.size, 0, pgoff, 0);
		if (!region.writable && signal_of_store(region.addr) != SIGSEGV)
			return 1;
	}
	return 0;
}

TEST_F(remap, remapped_pages_are_no_more_writable)
{
	enum region_kind kind = variant->kind;

	EXPECT_EQ(0, reap(spawn(remap_pages, &kind)));
}

TEST_HARNESS_MAIN
