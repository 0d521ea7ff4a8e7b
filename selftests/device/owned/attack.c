// SPDX-License-Identifier: MPL-2.0
/*
 * A producer of an owned arena tries to write a page that it may not write (see
 * own_attack_fixture.h): by stores, by a debugger, by system calls that store
 * their results, and by other processes. Each attempt is refused. What it can try
 * by changes of its mapping is in attack_mapping.c, and what it can try through
 * PAYLOAD in device/memory/: there PAYLOAD is one of the regions.
 */
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "own_attack_fixture.h"
#include "sleeper.h"

#define EVIL	0x6576696c6576696cul
#define STACK	65536

/* ---- stores of the process ---- */

TEST_F(own_attack, by_a_plain_store)
{
	EXPECT_EQ(SIGBUS, signal_of_store(self->addr));
	EXPECT_EQ(SIGBUS, signal_of_store(self->addr + PAGE / 2));
	EXPECT_EQ(SIGBUS, signal_of_store(self->addr + PAGE - 1));
	EXPECT_EQ(SIGBUS, signal_of_load(self->addr));
}

/* ---- debuggers ---- */

static int write_mem(const char *mem, char *addr)
{
	unsigned long evil = EVIL;
	int fd = open(mem, O_RDWR);
	ssize_t n;

	MUST(fd >= 0);
	n = pwrite(fd, &evil, sizeof(evil), (off_t)(long)addr);
	close(fd);
	return n < 0 ? errno : 0;
}

static int write_mem_of_parent(void *addr)
{
	char mem[64];

	snprintf(mem, sizeof(mem), "/proc/%d/mem", getppid());
	return write_mem(mem, addr);
}

TEST_F(own_attack, by_proc_mem)
{
	EXPECT_EQ(EIO, write_mem("/proc/self/mem", self->addr));
	EXPECT_EQ(EIO, write_mem("/proc/self/mem", self->addr + PAGE - 8));
	EXPECT_EQ(EIO, reap(spawn(write_mem_of_parent, self->addr)));
}

static int vm_write(pid_t pid, char *addr)
{
	unsigned long evil = EVIL;
	struct iovec from = { .iov_base = &evil, .iov_len = sizeof(evil) };
	struct iovec to = { .iov_base = addr, .iov_len = sizeof(evil) };

	return process_vm_writev(pid, &from, 1, &to, 1, 0) < 0 ? errno : 0;
}

static int vm_write_to_parent(void *addr)
{
	return vm_write(getppid(), addr);
}

TEST_F(own_attack, by_process_vm_writev)
{
	EXPECT_EQ(EFAULT, vm_write(getpid(), self->addr));
	EXPECT_EQ(EFAULT, reap(spawn(vm_write_to_parent, self->addr)));
}

static int poke_parent(void *addr)
{
	pid_t parent = getppid();
	int status, err = 0;

	MUST(!ptrace(PTRACE_ATTACH, parent, 0, 0));
	MUST(waitpid(parent, &status, __WALL) == parent);
	if (ptrace(PTRACE_POKEDATA, parent, addr, EVIL))
		err = errno;
	ptrace(PTRACE_DETACH, parent, 0, 0);
	return err;
}

TEST_F(own_attack, by_a_debugger)
{
	EXPECT_EQ(EIO, reap(spawn(poke_parent, self->addr)));
}

/* ---- results of system calls ---- */

TEST_F(own_attack, by_results_of_system_calls)
{
	int zero = open("/dev/zero", O_RDONLY);

	EXPECT_EQ(-EFAULT, errno_of(read(zero, self->addr, PAGE)));
	EXPECT_EQ(-EFAULT, errno_of(pipe((int *)self->addr)));
	EXPECT_EQ(-EFAULT, errno_of(syscall(SYS_getresuid, self->addr,
					    self->addr, self->addr)));
	EXPECT_EQ(-EFAULT, errno_of(syscall(SYS_getrandom, self->addr, 8, 0)));
	EXPECT_EQ(-EFAULT, errno_of(syscall(SYS_clock_gettime, 0,
					    self->addr)));
	close(zero);
}

/* A system call that the attacker has begun with a page of its own. */
struct pending {
	int pipe[2];
	char *addr;
	pid_t tid;
	int err;
};

static void *read_into(void *arg)
{
	struct pending *pending = arg;

	__atomic_store_n(&pending->tid, gettid(), __ATOMIC_SEQ_CST);
	pending->err = errno_of(read(pending->pipe[0], pending->addr, 8));
	return NULL;
}

/*
 * The attacker's thread sleeps in read(2), with a buffer that it owns, while
 * the page moves to the honest producer. Then the data comes.
 */
TEST_F(own_attack, by_a_read_that_began_before)
{
	struct pending pending[GROUPS] = { 0 };
	struct rring_event event[GROUPS];
	pthread_t thread[GROUPS];
	int i, n = 0, refused = 0;

	if (variant->is_sealed)
		SKIP(return, "no group moves");
	/* the honest producer gives all back, and takes all again below */
	while (self->n)
		rring_drop(self->good, &self->event[--self->n]);
	while (n < GROUPS && !rring_alloc_class(self->bad, page_class(), 8, 1,
						&event[n])) {
		memset(event[n].data, 0xbd, PAGE);
		ASSERT_EQ(0, pipe(pending[n].pipe));
		pending[n].addr = event[n].data;
		ASSERT_EQ(0, pthread_create(&thread[n], NULL, read_into,
					    &pending[n]));
		while (!__atomic_load_n(&pending[n].tid, __ATOMIC_SEQ_CST) ||
		       !is_asleep(pending[n].tid))
			sched_yield();
		n++;
	}
	for (i = 0; i < n; i++)
		rring_drop(self->bad, &event[i]);
	be_honest(self);
	self->target = NULL;
	for (i = 0; i < n; i++) {
		ASSERT_EQ(8, write(pending[i].pipe[1], "evilevil", 8));
		pthread_join(thread[i], NULL);
		EXPECT_TRUE(!pending[i].err || pending[i].err == -EFAULT);
		refused += pending[i].err == -EFAULT;
		close(pending[i].pipe[0]);
		close(pending[i].pipe[1]);
	}
	/* all pages but those for the attacker's minimum have moved */
	EXPECT_LE(n - KEPT, refused);
	EXPECT_LE(4, refused);
}

/* Create a pipe that contains EVIL. */
static int evil_pipe(int *write_end)
{
	unsigned long evil = EVIL;
	int fd[2];

	MUST(!pipe(fd) && write(fd[1], &evil, sizeof(evil)) == sizeof(evil));
	*write_end = fd[1];
	return fd[0];
}

TEST_F(own_attack, by_vmsplice)
{
	struct iovec iov = { .iov_base = self->addr, .iov_len = 8 };
	int write_end;
	int fd = evil_pipe(&write_end);

	/* out of a pipe, and into one, where the page would stay pinned */
	EXPECT_EQ(-EFAULT, errno_of(vmsplice(fd, &iov, 1, 0)));
	EXPECT_EQ(-EFAULT, errno_of(vmsplice(write_end, &iov, 1, 0)));
	iov = (struct iovec) { .iov_base = self->addr, .iov_len = PAGE };
	EXPECT_EQ(-EFAULT, errno_of(vmsplice(write_end, &iov, 1,
					     SPLICE_F_GIFT)));
	/* neither now nor before has a page come into the pipe */
	EXPECT_EQ(-EAGAIN, errno_of(tee(self->pipe[0], write_end, PAGE,
					SPLICE_F_NONBLOCK)));
	EXPECT_EQ(-EAGAIN, errno_of(splice(self->pipe[0], NULL, write_end, NULL,
					   PAGE, SPLICE_F_NONBLOCK)));
	close(fd);
	close(write_end);
}

/* Where everybody may read the target. */
static char *read_view(const FIXTURE_DATA(own_attack) *self)
{
	return self->region == RRING_REGION_OWN ?
	       owned_read_view(self->bad, self->target) :
	       (char *)self->target->data + PAGE;
}

/*
 * A page of PAYLOAD can be in a pipe, to be read. What is written to the pipe
 * after it does not go into the page.
 */
TEST_F(own_attack, by_a_pipe_with_the_page_of_payload)
{
	struct iovec iov = {
		.iov_base = read_view(self),
		.iov_len = 8,
	};
	static char page[PAGE_MAX];
	int fd[2], i;

	ASSERT_EQ(0, pipe(fd));
	ASSERT_LE(0, fcntl(fd[1], F_SETPIPE_SZ, 4 * PAGE));
	memset(page, 0xbd, PAGE);
	/* each buffer of the pipe was one that could be appended to */
	for (i = 0; i < 4; i++)
		ASSERT_EQ(PAGE, write(fd[1], page, PAGE));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(PAGE, read(fd[0], page, PAGE));
	if (vmsplice(fd[1], &iov, 1, 0) < 0)
		EXPECT_EQ(EFAULT, errno);	/* since Linux 6.10 */
	EXPECT_EQ(8, write(fd[1], "evilevil", 8));
	close(fd[0]);
	close(fd[1]);
}

/* Open a file that can be read past the page cache. Return -1 if none can be. */
static int direct_file(void)
{
	static const char *const names[] = {
		"/direct", "/tmp/direct", "/dev/shm/direct",
	};
	static char page[PAGE_MAX];
	size_t i;
	int fd;

	memset(page, 0xbd, PAGE);
	for (i = 0; i < 3; i++) {
		fd = open(names[i], O_RDWR | O_CREAT, 0600);
		if (fd < 0)
			continue;
		MUST(write(fd, page, PAGE) == (ssize_t)PAGE);
		close(fd);
		fd = open(names[i], O_RDONLY | O_DIRECT);
		unlink(names[i]);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

TEST_F(own_attack, by_direct_io)
{
	int fd = direct_file();

	if (fd < 0)
		SKIP(return, "no file system of this guest has O_DIRECT");
	EXPECT_EQ(-EFAULT, errno_of(read(fd, self->addr, PAGE)));
	close(fd);
}

/* ---- io_uring ---- */

struct uring {
	int fd;
	struct io_uring_params params;
	char *rings;
	struct io_uring_sqe *sqe;
};

/* Open a ring. Return 0, or -1 if this kernel has none or forbids it. */
static int uring_open(struct uring *uring)
{
	memset(uring, 0, sizeof(*uring));
	uring->fd = (int)syscall(SYS_io_uring_setup, 4, &uring->params);
	if (uring->fd < 0)
		return -1;
	uring->rings = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED, uring->fd, IORING_OFF_SQ_RING);
	uring->sqe = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			  uring->fd, IORING_OFF_SQES);
	if (uring->rings == MAP_FAILED)
		uring->rings = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				    MAP_SHARED, uring->fd, IORING_OFF_SQ_RING);
	MUST(uring->rings != MAP_FAILED && uring->sqe != MAP_FAILED);
	return 0;
}

static unsigned int *word_at(struct uring *uring, uint32_t offset)
{
	return (unsigned int *)(uring->rings + offset);
}

/* Read 8 bytes of /dev/zero to @addr. Return the result of the request. */
static int uring_read(struct uring *uring, char *addr, uint8_t opcode,
		      uint8_t flags)
{
	struct io_sqring_offsets *sq = &uring->params.sq_off;
	struct io_cqring_offsets *cq = &uring->params.cq_off;
	unsigned int tail = *word_at(uring, sq->tail);
	unsigned int mask = *word_at(uring, sq->ring_mask);
	unsigned int head = *word_at(uring, cq->head);
	struct io_uring_cqe *cqe = (struct io_uring_cqe *)(uring->rings +
							   cq->cqes);
	int zero = open("/dev/zero", O_RDONLY);
	int result;

	uring->sqe[tail & mask] = (struct io_uring_sqe) {
		.opcode = opcode,
		.flags = flags,
		.fd = zero,
		.addr = (uint64_t)(unsigned long)addr,
		.len = 8,
	};
	word_at(uring, sq->array)[tail & mask] = tail & mask;
	__atomic_store_n(word_at(uring, sq->tail), tail + 1, __ATOMIC_RELEASE);
	MUST(syscall(SYS_io_uring_enter, uring->fd, 1, 1,
		     IORING_ENTER_GETEVENTS, NULL, 0) == 1);
	while (__atomic_load_n(word_at(uring, cq->tail), __ATOMIC_ACQUIRE) ==
	       head)
		sched_yield();
	result = cqe[head & *word_at(uring, cq->ring_mask)].res;
	__atomic_store_n(word_at(uring, cq->head), head + 1, __ATOMIC_RELEASE);
	close(zero);
	return result;
}

static int uring_register(struct uring *uring, char *addr)
{
	struct iovec iov = { .iov_base = addr, .iov_len = PAGE };

	return errno_of(syscall(SYS_io_uring_register, uring->fd,
				IORING_REGISTER_BUFFERS, &iov, 1));
}

TEST_F(own_attack, by_io_uring)
{
	char *view = read_view(self);
	struct uring uring;

	if (uring_open(&uring))
		SKIP(return, "this kernel has no io_uring, or forbids it");
	/* fixed buffers would stay pinned: refused for own pages, too */
	EXPECT_EQ(-EFAULT, uring_register(&uring, self->addr));
	EXPECT_EQ(-EFAULT, uring_register(&uring, self->kept[0].data));
	EXPECT_EQ(-EFAULT, uring_register(&uring, view));
	EXPECT_EQ(-EFAULT, uring_read(&uring, self->addr, IORING_OP_READ, 0));
	EXPECT_EQ(-EFAULT, uring_read(&uring, self->addr, IORING_OP_READ,
				      IOSQE_ASYNC));
	EXPECT_NE(8, uring_read(&uring, self->addr, IORING_OP_READ_FIXED, 0));
	close(uring.fd);
}

/* ---- other processes and threads ---- */

/* Run @run in a process that shares this one's memory. Return its status. */
static int run_in_this_memory(int (*run)(void *arg), void *arg, int flags,
			      void *tid)
{
	char *stack = malloc(STACK);
	pid_t pid;
	int status;

	MUST(stack);
	pid = clone(run, stack + STACK, CLONE_VM | SIGCHLD | flags, arg, NULL,
		    NULL, tid);
	MUST(pid > 0);
	status = reap(pid);
	free(stack);
	return status;
}

TEST_F(own_attack, by_a_child)
{
	/* a child of fork() does not inherit the mapping */
	EXPECT_EQ(128 + SIGSEGV, reap(spawn(store_there, self->addr)));
	EXPECT_EQ(128 + SIGSEGV, reap(spawn(store_there,
					    self->kept[0].data)));
	EXPECT_EQ(128 + SIGBUS, run_in_this_memory(store_there, self->addr, 0,
						   NULL));
	EXPECT_EQ(128 + SIGBUS, run_in_this_memory(store_there, self->addr,
						   CLONE_VFORK, NULL));
}

static int map_it(void *arg)
{
	return map_again(arg) == MAP_FAILED ? errno : 0;
}

static int map_own_of_parent(void *arg)
{
	FIXTURE_DATA(own_attack) *self = arg;
	int fd = self->good->fd;
	void *own = device_map(fd, RRING_REGION_OWN, 0, self->size,
			       PROT_READ | PROT_WRITE);

	return own == MAP_FAILED ? errno : 0;
}

/* Another process, which has the descriptor of a producer, cannot map OWN. */
TEST_F(own_attack, by_a_mapping_of_another_process)
{
	EXPECT_EQ(EPERM, reap(spawn(map_own_of_parent, self)));
	/* one that shares the memory can, and gets no more than this one */
	EXPECT_EQ(variant->is_sealed ? EACCES : 0,
		  run_in_this_memory(map_it, self, 0, NULL));
}

static int end_at_once(void *arg)
{
	(void)arg;
	syscall(SYS_exit, 0);
	return 0;
}

/* The kernel stores the id of a thread at its begin, and 0 at its end. */
TEST_F(own_attack, by_the_id_of_a_thread)
{
	EXPECT_EQ(0, run_in_this_memory(end_at_once, NULL, CLONE_CHILD_SETTID,
					self->addr));
	EXPECT_EQ(0, run_in_this_memory(end_at_once, NULL,
					CLONE_CHILD_CLEARTID, self->addr));
}

static int leave_robust_list(void *addr)
{
	static struct robust_list entry;
	static struct robust_list_head head;

	entry.next = &head.list;
	head.list.next = &entry;
	head.futex_offset = (char *)addr - (char *)&entry;
	head.list_op_pending = &entry;
	return syscall(SYS_set_robust_list, &head, sizeof(head)) ? 1 : 0;
}

/* FUTEX_WAKE_OP stores 7 to @other. */
static int futex(void *word, int operation, void *other)
{
	return errno_of(syscall(SYS_futex, word, operation, 1, NULL, other,
				FUTEX_OP(FUTEX_OP_SET, 7, FUTEX_OP_CMP_EQ,
					 0)));
}

TEST_F(own_attack, by_futexes)
{
	static const int private[] = { 0, FUTEX_PRIVATE_FLAG };
	static uint32_t word;
	int i;

	EXPECT_EQ(0, run_in_this_memory(leave_robust_list, self->addr, 0,
					NULL));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-EFAULT, futex(&word, FUTEX_WAKE_OP | private[i],
					 self->addr));
		EXPECT_EQ(-EFAULT, futex(self->addr, FUTEX_LOCK_PI | private[i],
					 NULL));
	}
}

static void do_nothing(int signal)
{
	(void)signal;
}

/*
 * Take a signal on a stack that ends behind the page at @addr. The frame lies at
 * the stack's end. sigaltstack(2) of arm64 refuses stacks as small as a page.
 */
static int take_signal_on(void *addr)
{
	stack_t stack = {
		.ss_sp = (char *)addr + PAGE - STACK,
		.ss_size = STACK,
	};
	struct sigaction action = {
		.sa_handler = do_nothing,
		.sa_flags = SA_ONSTACK,
	};

	sigaction(SIGUSR1, &action, NULL);
	if (sigaltstack(&stack, NULL))
		return 1;
	/* not raise(3), which uses the id of the thread that called clone() */
	syscall(SYS_kill, syscall(SYS_getpid), SIGUSR1);
	return 2;
}

TEST_F(own_attack, by_the_frame_of_a_signal)
{
	EXPECT_EQ(128 + SIGSEGV, run_in_this_memory(take_signal_on, self->addr,
						    0, NULL));
}

TEST_HARNESS_MAIN
