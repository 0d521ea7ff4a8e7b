// SPDX-License-Identifier: MPL-2.0
/*
 * A producer of an owned arena tries to get a page that it may not write (see
 * own_attack_fixture.h) by changes of its mapping, and by other mappings. Each
 * attempt is refused, or changes nothing.
 */
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "own_attack_fixture.h"
#include "write_protection.h"

TEST_F(own_attack, by_other_mappings)
{
	size_t at = (size_t)(self->addr - self->own);
	char *later = map_again(self);
	int i;

	for (i = 0; i < VIEWS; i++)
		EXPECT_EQ(SIGBUS, signal_of_store(self->view[i] + at));
	if (variant->is_sealed) {
		EXPECT_EQ(MAP_FAILED, later);
		return;
	}
	ASSERT_NE(MAP_FAILED, later);
	EXPECT_EQ(SIGBUS, signal_of_store(later + at));
	munmap(later, self->size);
	/* at once, so that the kernel fills the whole mapping */
	later = mmap(NULL, self->size, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_POPULATE | MAP_LOCKED, self->bad->fd,
		     (off_t)RRING_OFF(RRING_REGION_OWN, 0));
	ASSERT_NE(MAP_FAILED, later);
	EXPECT_EQ(SIGBUS, signal_of_store(later + at));
	munmap(later, self->size);
}

TEST_F(own_attack, by_mprotect)
{
	static const int rights[] = {
		PROT_NONE, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE,
	};
	size_t i;

	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, errno_of(mprotect(self->own, self->size,
					       rights[i])));
		EXPECT_EQ(rights[i] ? SIGBUS : SIGSEGV,
			  signal_of_store(self->addr));
	}
	EXPECT_EQ(-EACCES, errno_of(mprotect(self->own, self->size,
					     PROT_READ | PROT_EXEC)));
	EXPECT_EQ(-EINVAL, errno_of(mprotect(self->addr, PAGE, PROT_READ)));
	EXPECT_EQ(SIGBUS, signal_of_store(self->addr));
}

TEST_F(own_attack, by_mprotect_with_a_key)
{
	int key = (int)syscall(SYS_pkey_alloc, 0, 0);

	if (key < 0)
		SKIP(return, "the CPU has no protection keys");
	EXPECT_EQ(0, errno_of(syscall(SYS_pkey_mprotect, self->own, self->size,
				      PROT_READ | PROT_WRITE, key)));
	EXPECT_EQ(SIGBUS, signal_of_store(self->addr));
	EXPECT_EQ(0, errno_of(syscall(SYS_pkey_mprotect, self->own, self->size,
				      PROT_READ | PROT_WRITE, 0)));
	syscall(SYS_pkey_free, key);
}

TEST_F(own_attack, by_userfaultfd)
{
	static const uint64_t modes[] = {
		UFFDIO_REGISTER_MODE_MISSING,
		UFFDIO_REGISTER_MODE_WP,
		UFFDIO_REGISTER_MODE_MINOR,
	};
	struct uffdio_api api = { .api = UFFD_API };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_copy copy = {
		.dst = (unsigned long)self->addr,
		.src = (unsigned long)self->kept[0].data,
		.len = PAGE,
	};
	size_t i;

	if (fd < 0)
		SKIP(return, "this kernel has no userfaultfd");
	ASSERT_EQ(0, ioctl(fd, UFFDIO_API, &api));
	for (i = 0; i < 3; i++) {
		struct uffdio_register range = {
			.range = {
				.start = (unsigned long)self->own,
				.len = self->size,
			},
			.mode = modes[i],
		};

		EXPECT_EQ(-EINVAL, errno_of(ioctl(fd, UFFDIO_REGISTER,
						  &range)));
	}
	EXPECT_EQ(-ENOENT, errno_of(ioctl(fd, UFFDIO_COPY, &copy)));
	close(fd);
}

/* Map the page of .kept[0] once more, in a mapping that has no page yet. */
static char *map_kept(FIXTURE_DATA(own_attack) *self, int is_sealed,
		      char **mapping)
{
	char *kept = self->kept[0].data;

	if (is_sealed)
		self->index = index_of(&self->kept[0]);
	*mapping = map_again(self);
	MUST(*mapping != MAP_FAILED);
	return is_sealed ? *mapping : *mapping + (kept - self->own);
}

/*
 * Where userfaultfd has put a marker no page is mapped, and neither the producer
 * nor the kernel hangs there.
 */
TEST_F(own_attack, by_markers_of_userfaultfd)
{
	char *mapping;
	char *page = map_kept(self, variant->is_sealed, &mapping);
	int fd = write_protect(mapping, self->size);

	if (fd == -ENOSYS || fd == -EINVAL)
		SKIP(munmap(mapping, self->size); return,
		     "this kernel protects no device memory");
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EFAULT, errno_of(write(self->pipe[1], page, 1)));
	EXPECT_EQ(SIGBUS, signal_of_load(page));
	EXPECT_EQ(SIGBUS, signal_of_store(page));
	close(fd);
	EXPECT_EQ(0, signal_of_store(page));
	EXPECT_EQ(0, munmap(mapping, self->size));
}

/* A protected page that is not the producer's any more does not come back. */
TEST_F(own_attack, by_write_protection)
{
	int fd = write_protect(self->own, self->size);

	if (fd == -ENOSYS || fd == -EINVAL)
		SKIP(return, "this kernel protects no device memory");
	ASSERT_LE(0, fd);
	EXPECT_EQ(SIGBUS, signal_of_store(self->addr));
	if (!variant->is_sealed)
		EXPECT_EQ(0, signal_of_store(self->kept[0].data));
	close(fd);
}

#define ANY	1	/* depends on how the kernel is configured */

TEST_F(own_attack, by_madvise)
{
	static const struct {
		int advice;
		int err;
	} tries[] = {
		{ MADV_NORMAL, 0 },
		{ MADV_RANDOM, 0 },
		{ MADV_SEQUENTIAL, 0 },
		{ MADV_WILLNEED, ANY },
		{ MADV_DONTNEED, -EINVAL },
		{ MADV_FREE, -EINVAL },
		{ MADV_REMOVE, ANY },
		{ MADV_DONTFORK, 0 },
		{ MADV_DOFORK, -EINVAL },
		{ MADV_MERGEABLE, ANY },
		{ MADV_UNMERGEABLE, ANY },
		{ MADV_HUGEPAGE, ANY },
		{ MADV_NOHUGEPAGE, ANY },
		{ MADV_DONTDUMP, 0 },
		{ MADV_DODUMP, -EINVAL },
		{ MADV_WIPEONFORK, -EINVAL },
		{ MADV_KEEPONFORK, 0 },
		{ MADV_COLD, -EINVAL },
		{ MADV_PAGEOUT, -EINVAL },
		{ MADV_POPULATE_READ, -EINVAL },
		{ MADV_POPULATE_WRITE, -EINVAL },
		{ 24 /* MADV_DONTNEED_LOCKED */, -EINVAL },
		{ 25 /* MADV_COLLAPSE */, -EINVAL },
	};
	size_t i;
	int err;

	for (i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		err = errno_of(madvise(self->own, self->size,
				       tries[i].advice));
		if (tries[i].err != ANY)
			EXPECT_EQ(tries[i].err, err)
				TH_LOG("advice %d", tries[i].advice);
		madvise(self->addr, PAGE, tries[i].advice);
		EXPECT_EQ(SIGBUS, signal_of_store(self->addr));
	}
	/* also after all of these, a child has nothing */
	EXPECT_EQ(128 + SIGSEGV, reap(spawn(store_there, self->addr)));
	EXPECT_EQ(128 + SIGSEGV, reap(spawn(store_there,
					    self->kept[0].data)));
}

TEST_F(own_attack, by_locking_it)
{
	EXPECT_EQ(0, errno_of(mlock(self->addr, PAGE)));
	EXPECT_EQ(0, errno_of(mlock(self->own, self->size)));
	EXPECT_EQ(0, errno_of(mlockall(MCL_CURRENT | MCL_FUTURE)));
	EXPECT_EQ(SIGBUS, signal_of_store(self->addr));
	EXPECT_EQ(0, errno_of(munlockall()));
	EXPECT_EQ(0, errno_of(munlock(self->own, self->size)));
}

TEST_F(own_attack, by_moving_the_mapping)
{
	void *free = mmap(NULL, self->size, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, free);
	EXPECT_EQ(MAP_FAILED, mremap(self->own, self->size, self->size,
				     MREMAP_MAYMOVE | MREMAP_FIXED, free));
	EXPECT_EQ(MAP_FAILED, mremap(self->own, self->size, self->size + PAGE,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(self->own, 0, self->size,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(self->addr, PAGE, PAGE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, free));
	EXPECT_EQ(MAP_FAILED, mremap(self->own, self->size, self->size,
				     MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
	EXPECT_EQ(SIGBUS, signal_of_store(self->addr));
}

TEST_F(own_attack, by_unmapping_a_part)
{
	EXPECT_EQ(-EINVAL, errno_of(munmap(self->addr, PAGE)));
	EXPECT_EQ(-EINVAL, errno_of(munmap(self->own, PAGE)));
	EXPECT_EQ(MAP_FAILED, mmap(self->addr, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
				   0));
	EXPECT_EQ(MAP_FAILED, device_map(self->bad->fd, self->region,
					 self->index, PAGE,
					 PROT_READ | PROT_WRITE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, self->size, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE, self->bad->fd,
				   (off_t)RRING_OFF(self->region,
						    self->index)));
	EXPECT_EQ(EINVAL, errno);
}

/* Pages of OWN have no node that a policy could change. */
TEST_F(own_attack, by_moving_the_page)
{
	unsigned long node = 1;
	void *page[1] = { self->addr };
	int nodes[1] = { 0 }, status[1] = { 7 };

	if (syscall(SYS_mbind, self->own, self->size, MPOL_BIND, &node, 64,
		    MPOL_MF_MOVE | MPOL_MF_MOVE_ALL | MPOL_MF_STRICT) < 0 &&
	    errno == ENOSYS)
		SKIP(return, "this kernel has no memory policies");
	EXPECT_EQ(SIGBUS, signal_of_store(self->addr));
	if (!syscall(SYS_move_pages, 0, 1, page, nodes, status, MPOL_MF_MOVE))
		EXPECT_GT(0, status[0]);
	page[0] = self->kept[0].data;
	if (!syscall(SYS_move_pages, 0, 1, page, nodes, status, MPOL_MF_MOVE))
		EXPECT_GT(0, status[0]);
	syscall(SYS_migrate_pages, 0, 64, &node, &node);
	EXPECT_EQ(SIGBUS, signal_of_store(self->addr));
}

TEST_HARNESS_MAIN
