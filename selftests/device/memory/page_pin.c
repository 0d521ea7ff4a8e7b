// SPDX-License-Identifier: MPL-2.0
/*
 * vmsplice(2) can pin a page beyond the death of its client, until the pipe is
 * read. The page is not reused meanwhile.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#include "arena.h"
#include "device.h"
#include "kselftest_harness.h"
#include "page.h"
#include "region.h"
#include "region_variants.h"

FIXTURE(pin) {
	int pages[2];		/* pipe with the pinned page */
	int copies[2];		/* pipe with a copy of its content */
	enum region_kind kind;
};

FIXTURE_REGIONS(pin);

FIXTURE_SETUP(pin)
{
	ASSERT_EQ(0, pipe2(self->pages, O_NONBLOCK));
	ASSERT_EQ(0, pipe2(self->copies, O_NONBLOCK));
	self->kind = variant->kind;
}

FIXTURE_TEARDOWN(pin)
{
	close(self->pages[0]);
	close(self->pages[1]);
	close(self->copies[0]);
	close(self->copies[1]);
}

/* Fill a writable region with @c, except for its first word. */
static void dirty(const struct region *region, int c)
{
	if (region->writable)
		memset(region->addr + 8, c, region->size - 8);
}

/*
 * Since Linux 6.10, pinning can fail with EFAULT: with memfd_secret(2), GUP
 * checks the mapping of pages without a file, and these mappings are VM_IO.
 */
static int pins_are_refused(void)
{
	int major = 0, minor = 0;
	struct utsname kernel;

	if (uname(&kernel) ||
	    sscanf(kernel.release, "%d.%d", &major, &minor) != 2)
		return 0;
	return major > 6 || (major == 6 && minor >= 10);
}

/* Pin @page in a pipe. Return 0, also if the kernel refuses pins. */
static int pin(int pipe_fd, void *page)
{
	struct iovec iov = { .iov_base = page, .iov_len = PAGE };

	if (vmsplice(pipe_fd, &iov, 1, 0) == (ssize_t)PAGE)
		return 0;
	return pins_are_refused() && errno == EFAULT ? 0 : -1;
}

/* Pin the last page of the region, which is not the page of heads. */
static int pin_and_die(void *arg)
{
	FIXTURE_DATA(pin) *self = arg;
	struct region region;
	void *page;

	region_init(&region, self->kind);
	dirty(&region, 0xd1);
	page = region.addr + region.size - PAGE;
	if (write(self->copies[1], page, PAGE) != (ssize_t)PAGE)
		return 1;
	if (pin(self->pages[1], page))
		return 2;
	raise(SIGKILL);
	return 3;
}

/*
 * Other arenas and clients overwrite all their pages. They do not work after
 * that.
 */
static int take_pages(void *arg)
{
	static const enum region_kind kinds[] = {
		LEDGER, OWN_CURSORS, OWN_RING, OWN_PAYLOAD,
	};
	struct region region[16];
	int i;

	(void)arg;
	for (i = 0; i < 16; i++) {
		region_init(&region[i], kinds[i % 4]);
		dirty(&region[i], 0xa5);
	}
	return 0;
}

TEST_F(pin, page_of_the_dead_is_nobody_elses)
{
	static char page[PAGE_MAX], copy[PAGE_MAX];

	ASSERT_EQ(128 + SIGKILL, reap(spawn(pin_and_die, self)));
	ASSERT_EQ(0, reap(spawn(take_pages, NULL)));
	ASSERT_EQ(PAGE, read(self->copies[0], copy, PAGE));
	if (read(self->pages[0], page, PAGE) != (ssize_t)PAGE) {
		ASSERT_TRUE(pins_are_refused());
		return;
	}
	EXPECT_EQ(0, memcmp(page, copy, PAGE));
}

/* The pipe keeps only the page of the dead client. */
static int pin_in(struct rring_client *client, int pipe_fd)
{
	struct rring_event event;

	if (rring_alloc(client, 60, 0, &event))
		return 1;
	if (pin(pipe_fd, ledger_of(client)))
		return 2;
	raise(SIGKILL);
	return 3;
}

struct pinner {
	int arena_fd;
	int pipe_fd;
};

static int hold_pin_and_die(void *arg)
{
	const struct pinner *pinner = arg;

	return pin_in(client_of(pinner->arena_fd, RRING_PRODUCER),
		      pinner->pipe_fd);
}

TEST(pinned_ledger_holds_nothing)
{
	struct pinner pinner = { .arena_fd = arena_small() };
	struct rring_client *client = client_of(pinner.arena_fd,
						RRING_PRODUCER);
	int fd[2];

	ASSERT_EQ(0, pipe(fd));
	pinner.pipe_fd = fd[1];
	ASSERT_EQ(128 + SIGKILL, reap(spawn(hold_pin_and_die, &pinner)));
	EXPECT_EQ(1, client->arena->deaths);
	EXPECT_TRUE(all_free(client));
	rring_close(client);
}

TEST_HARNESS_MAIN
