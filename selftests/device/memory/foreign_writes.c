// SPDX-License-Identifier: MPL-2.0
/*
 * A region can only be written by plain stores of its owner. All other ways to
 * write memory are refused, for regions that a consumer maps read-only and for
 * those of a producer.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "arena.h"
#include "kselftest_harness.h"
#include "region.h"
#include "region_variants.h"
#include "write_protection.h"

#define EVIL	0x6576696c6576696cul

FIXTURE(foreign_write) {
	struct region region;
	char *addr;
	char *last;		/* last eight bytes */
	size_t size;
	int sealed;
	unsigned long evil;
};

FIXTURE_REGIONS(foreign_write);

FIXTURE_SETUP(foreign_write)
{
	region_init(&self->region, variant->kind);
	self->addr = self->region.addr;
	self->size = self->region.size;
	self->last = self->addr + self->size - sizeof(long);
	self->sealed = !self->region.writable;
	self->evil = EVIL;
}

/*
 * After each attack, no byte has changed, and a store to a read-only region
 * still faults.
 */
FIXTURE_TEARDOWN(foreign_write)
{
	struct region *region = &self->region;

	EXPECT_TRUE(region_is_whole(region));
	EXPECT_TRUE(region_is_unchanged(region));
	EXPECT_EQ(self->sealed, region_is_sealed(region));
	EXPECT_TRUE(region_works(region));
	region_end(region);
}

#define errno_of(call) ((call) < 0 ? -errno : 0)

TEST_F(foreign_write, by_a_plain_store)
{
	EXPECT_EQ(self->sealed ? SIGSEGV : 0, signal_of_store(self->addr));
	EXPECT_EQ(self->sealed ? SIGSEGV : 0, signal_of_store(self->last));
}

TEST_F(foreign_write, by_mprotect)
{
	EXPECT_EQ(self->sealed ? -EACCES : 0,
		  errno_of(mprotect(self->addr, self->size,
				    PROT_READ | PROT_WRITE)));
	EXPECT_EQ(self->sealed ? -EACCES : 0,
		  errno_of(mprotect(self->addr, self->size, PROT_WRITE)));
	EXPECT_EQ(-EACCES, errno_of(mprotect(self->addr, self->size,
					     PROT_READ | PROT_EXEC)));
	/* first drop all rights, then ask for them again */
	EXPECT_EQ(0, errno_of(mprotect(self->addr, self->size, PROT_NONE)));
	EXPECT_EQ(self->sealed ? -EACCES : 0,
		  errno_of(mprotect(self->addr, self->size,
				    PROT_READ | PROT_WRITE)));
	EXPECT_EQ(0, errno_of(mprotect(self->addr, self->size, PROT_READ |
				       (self->sealed ? 0 : PROT_WRITE))));
}

TEST_F(foreign_write, by_mprotect_with_a_key)
{
	int key = syscall(SYS_pkey_alloc, 0, 0);
	int err = errno_of(syscall(SYS_pkey_mprotect, self->addr, self->size,
				   PROT_READ | PROT_WRITE, -1));

	if (err == -ENOSYS)
		SKIP(return, "the kernel has no protection keys");
	EXPECT_EQ(self->sealed ? -EACCES : 0, err);
	if (key < 0)
		return;		/* the CPU has no protection keys */
	EXPECT_EQ(self->sealed ? -EACCES : 0,
		  errno_of(syscall(SYS_pkey_mprotect, self->addr, self->size,
				   PROT_READ | PROT_WRITE, key)));
	if (!self->sealed)
		syscall(SYS_pkey_mprotect, self->addr, self->size,
			PROT_READ | PROT_WRITE, 0);
	syscall(SYS_pkey_free, key);
}

/* READ_IMPLIES_EXEC does not make the mapping executable. */
TEST_F(foreign_write, by_personality)
{
	int prot = PROT_READ | (self->sealed ? 0 : PROT_WRITE);
	int old = personality(0xffffffff);

	ASSERT_LE(0, personality((unsigned int)old | READ_IMPLIES_EXEC));
	EXPECT_EQ(0, errno_of(mprotect(self->addr, self->size, prot)));
	EXPECT_TRUE(region_is_whole(&self->region));
	EXPECT_EQ(MAP_FAILED, region_map(&self->region, self->size, PROT_READ,
					 MAP_SHARED));
	personality((unsigned int)old);
}

static int write_mem(const char *mem, char *addr)
{
	unsigned long evil = EVIL;
	int fd = open(mem, O_RDWR);
	int written = 0;

	if (fd < 0)
		return 100;
	if (pwrite(fd, &evil, sizeof(evil), (off_t)(long)addr) >= 0)
		written++;
	/* write one byte, with FOLL_FORCE as for a debugger */
	if (pwrite(fd, &evil, 1, (off_t)(long)addr) >= 0)
		written++;
	close(fd);
	return written;
}

TEST_F(foreign_write, by_proc_self_mem)
{
	EXPECT_EQ(0, write_mem("/proc/self/mem", self->addr));
	EXPECT_EQ(0, write_mem("/proc/self/mem", self->last));
}

static int write_mem_of_parent(void *arg)
{
	char mem[64];

	snprintf(mem, sizeof(mem), "/proc/%d/mem", getppid());
	return write_mem(mem, arg);
}

TEST_F(foreign_write, by_proc_mem_of_another_process)
{
	EXPECT_EQ(0, reap(spawn(write_mem_of_parent, self->addr)));
	EXPECT_EQ(0, reap(spawn(write_mem_of_parent, self->last)));
}

static int vm_write(pid_t pid, char *addr)
{
	unsigned long evil = EVIL;
	struct iovec from = { .iov_base = &evil, .iov_len = sizeof(evil) };
	struct iovec to = { .iov_base = addr, .iov_len = sizeof(evil) };

	return process_vm_writev(pid, &from, 1, &to, 1, 0) < 0 ? errno : 0;
}

static int vm_write_to_parent(void *arg)
{
	return vm_write(getppid(), arg);
}

TEST_F(foreign_write, by_process_vm_writev)
{
	EXPECT_EQ(EFAULT, vm_write(getpid(), self->addr));
	EXPECT_EQ(EFAULT, vm_write(getpid(), self->last));
	EXPECT_EQ(EFAULT, reap(spawn(vm_write_to_parent, self->addr)));
	EXPECT_EQ(EFAULT, reap(spawn(vm_write_to_parent, self->last)));
}

static int poke_parent(void *arg)
{
	pid_t parent = getppid();
	int status, err = 0;

	if (ptrace(PTRACE_ATTACH, parent, 0, 0) ||
	    waitpid(parent, &status, __WALL) != parent)
		return 100;
	if (ptrace(PTRACE_POKEDATA, parent, arg, EVIL))
		err = errno;
	ptrace(PTRACE_DETACH, parent, 0, 0);
	return err;
}

TEST_F(foreign_write, by_a_debugger)
{
	EXPECT_EQ(EIO, reap(spawn(poke_parent, self->addr)));
	EXPECT_EQ(EIO, reap(spawn(poke_parent, self->last)));
}

/* Create a pipe that contains EVIL. */
static int evil_pipe(int *write_end)
{
	unsigned long evil = EVIL;
	int fd[2];

	if (pipe(fd) || write(fd[1], &evil, sizeof(evil)) != sizeof(evil))
		_exit(1);
	*write_end = fd[1];
	return fd[0];
}

/* The owner may read(2) into a writable region, like a store. */
TEST_F(foreign_write, by_read)
{
	int zero = open("/dev/zero", O_RDONLY);
	int write_end;
	int fd = evil_pipe(&write_end);

	EXPECT_EQ(self->sealed ? -EFAULT : 0,
		  errno_of(read(fd, self->last, sizeof(long))));
	EXPECT_EQ(self->sealed ? -EFAULT : 0,
		  errno_of(read(zero, self->last, sizeof(long))));
	memcpy(self->region.copy + self->size - sizeof(long), self->last,
	       self->sealed ? 0 : sizeof(long));
	close(zero);
	close(fd);
	close(write_end);
}

TEST_F(foreign_write, by_vmsplice_out_of_a_pipe)
{
	struct iovec iov = { .iov_base = self->last, .iov_len = sizeof(long) };
	int write_end;
	int fd = evil_pipe(&write_end);

	EXPECT_EQ(self->sealed ? -EFAULT : 0,
		  errno_of(vmsplice(fd, &iov, 1, 0)));
	memcpy(self->region.copy + self->size - sizeof(long), self->last,
	       self->sealed ? 0 : sizeof(long));
	close(fd);
	close(write_end);
}

/* System calls that write a result to a given address. */
TEST_F(foreign_write, by_results_of_system_calls)
{
	if (!self->sealed)
		return;
	EXPECT_EQ(-EFAULT, errno_of(pipe((int *)self->addr)));
	EXPECT_EQ(-EFAULT, errno_of(syscall(SYS_getresuid, self->addr,
					    self->addr, self->addr)));
	EXPECT_EQ(-EFAULT, errno_of(syscall(SYS_getrandom, self->addr, 8, 0)));
	EXPECT_EQ(-EFAULT, errno_of(syscall(SYS_clock_gettime, 0,
					    self->addr)));
}

/* The store of the kernel at the exit of a thread must fail, too. */
static int exit_thread_over(void *arg)
{
	struct region region;

	region_init(&region, *(enum region_kind *)arg);
	syscall(SYS_set_tid_address, region.addr);
	return region.writable || region_is_unchanged(&region) ? 0 : 1;
}

TEST_F(foreign_write, by_the_exit_of_a_thread)
{
	enum region_kind kind = variant->kind;

	EXPECT_EQ(0, reap(spawn(exit_thread_over, &kind)));
}

TEST_F(foreign_write, by_populating_it)
{
	EXPECT_NE(0, errno_of(madvise(self->addr, self->size,
				      MADV_POPULATE_WRITE)));
}

TEST_F(foreign_write, by_userfaultfd)
{
	static const uint64_t modes[] = {
		UFFDIO_REGISTER_MODE_MISSING,
		UFFDIO_REGISTER_MODE_WP,
		UFFDIO_REGISTER_MODE_MINOR,
	};
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	size_t i;

	if (fd < 0 && errno == ENOSYS)
		SKIP(return, "this kernel has no userfaultfd");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, UFFDIO_API, &api));
	for (i = 0; i < 3; i++) {
		struct uffdio_register range = {
			.range = {
				.start = (unsigned long)self->addr,
				.len = self->size,
			},
			.mode = modes[i],
		};

		EXPECT_EQ(-EINVAL, errno_of(ioctl(fd, UFFDIO_REGISTER,
						  &range)));
	}
	close(fd);
}

/*
 * A page of which the page table has an entry is as writable as before. Linux before
 * 6.7 has no such protection, and 7.3 refuses it in memory of devices.
 */
TEST_F(foreign_write, by_write_protection)
{
	int fd = write_protect(self->addr, self->size);

	if (fd == -ENOSYS || fd == -EINVAL)
		SKIP(return, "this kernel protects no device memory");
	if (self->sealed) {
		EXPECT_EQ(-EPERM, fd);
		return;
	}
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, signal_of_store(self->addr));
	close(fd);
}

/* Let userfaultfd put a marker where the process has removed a page. */
static int access_marker(void *arg)
{
	struct region region;
	int pipes[2];
	int is_refused;

	region_init(&region, *(enum region_kind *)arg);
	if (pipe(pipes) || madvise(region.addr, region.size, MADV_DONTNEED) ||
	    write_protect(region.addr, region.size) < 0)
		return 2;
	is_refused = errno_of(write(pipes[1], region.addr, 1)) == -EFAULT &&
		     signal_of_load(region.addr) == SIGBUS &&
		     signal_of_store(region.addr) == SIGBUS;
	return !is_refused;
}

TEST_F(foreign_write, by_markers_of_userfaultfd)
{
	enum region_kind kind = variant->kind;
	int fd = write_protect(self->addr, self->size);

	if (fd == -ENOSYS || fd == -EINVAL)
		SKIP(return, "this kernel protects no device memory");
	close(fd);
	if (!self->sealed)
		EXPECT_EQ(0, reap(spawn(access_marker, &kind)));
}

TEST_HARNESS_MAIN
