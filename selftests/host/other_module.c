// SPDX-License-Identifier: MPL-2.0
/*
 * What the library does with a module of another version. Functions of this
 * program, which the library calls instead of those of the C library, stand for
 * the module. Needs no module.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rusted_ring.h>

#include "kselftest_harness.h"

#define ARENA_SIZE	(2 * RRING_PAGE)

/* The module: what its arena says, and what has been mapped of it. */
static struct {
	int fd;
	uint32_t version;
	uint32_t features;
	uint32_t mapped;	/* regions, beside ARENA */
} module;

int open(const char *path, int flags, ...)
{
	int is_device = !strcmp(path, RRING_DEVICE);
	va_list args;
	int mode, fd;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	fd = (int)syscall(SYS_openat, AT_FDCWD, is_device ? "/dev/null" : path,
			  flags, mode);
	if (is_device)
		module.fd = fd;
	return fd;
}

static int attach(struct rring_attach *args)
{
	args->client = 1;
	args->serial = 1;
	args->arena_size = ARENA_SIZE;
	args->payload_size = RRING_PAGE;
	args->ledger_size = RRING_PAGE;
	args->magazine_size = RRING_PAGE;
	return 0;
}

/* It can attach a client, and has the first version of CREATE. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == RRING_IOC_ATTACH)
		return attach(arg);
	errno = request == RRING_IOC_CREATE ? E2BIG : ENOTTY;
	return -1;
}

/* ARENA can be mapped. All other regions have other sizes. */
void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	struct rring_arena_info *arena;

	if (fd < 0 || fd != module.fd)
		return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd,
				       offset);
	if ((uint64_t)offset != RRING_OFF(RRING_REGION_ARENA, 0)) {
		module.mapped++;
		errno = EINVAL;
		return MAP_FAILED;
	}
	arena = (void *)syscall(SYS_mmap, NULL, len, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	arena->magic = RRING_MAGIC;
	arena->abi_version = module.version;
	arena->features = module.features;
	return arena;
}

static int open_client(uint32_t version, uint32_t features)
{
	struct rring_client *client;

	module.version = version;
	module.features = features;
	module.mapped = 0;
	return rring_open(&client, NULL, RRING_PRODUCER, RRING_ON_DEVICE);
}

TEST(another_version_of_the_abi_is_refused_at_once)
{
	EXPECT_EQ(-EPROTO, open_client(RRING_ABI_VERSION + 1, 0));
	EXPECT_NE(NULL, strstr(rring_error_detail(-EPROTO),
			       "install those of one version"));
	EXPECT_EQ(0, module.mapped);
	EXPECT_EQ(-EPROTO, open_client(RRING_ABI_VERSION - 1, 0));
	EXPECT_EQ(0, module.mapped);
}

TEST(a_feature_that_must_be_known_is_refused_if_it_is_not)
{
	uint32_t unknown = RRING_FEATURE_REQUIRED & ~RRING_FEATURE_OWNED;
	uint32_t bit;

	for (bit = 1; bit; bit <<= 1) {
		if (!(unknown & bit))
			continue;
		EXPECT_EQ(-EPROTO, open_client(RRING_ABI_VERSION, bit));
		EXPECT_NE(NULL, strstr(rring_error_detail(-EPROTO),
				       "install a newer library"));
		EXPECT_EQ(0, module.mapped);
	}
}

TEST(any_other_feature_is_ignored)
{
	EXPECT_EQ(-EINVAL, open_client(RRING_ABI_VERSION,
				       ~RRING_FEATURE_REQUIRED));
	EXPECT_LT(0, module.mapped);
	EXPECT_EQ(-EINVAL, open_client(RRING_ABI_VERSION, RRING_FEATURE_OWNED));
	EXPECT_LT(0, module.mapped);
}

TEST(an_older_module_is_named_as_the_reason)
{
	struct rring_arena_config config;

	ASSERT_EQ(0, rring_arena_profile(&config, RRING_PROFILE_MOBILE));
	config.backend = RRING_BACKEND_DEVICE;
	EXPECT_EQ(-E2BIG, rring_arena_create(&config));
	EXPECT_NE(NULL, strstr(rring_error_detail(-E2BIG),
			       "the module is older"));
}

TEST_HARNESS_MAIN
