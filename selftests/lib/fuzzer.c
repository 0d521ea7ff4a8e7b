// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "device.h"
#include "random_calls.h"
#include "fuzzer.h"
#include "fd_passing.h"
#include "owned_arena.h"
#include "page.h"
#include "stream.h"
#include "thread.h"
#include "user.h"

/* musl 1.2.3 has none of them. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif

#define NAME		"fuzzed-too"
#define STEPS		FUZZER_STEPS
#define ARENAS		FUZZER_ARENAS
#define FDS		FUZZER_FDS
#define MAPS		FUZZER_MAPS
#define PAGES		4		/* pages for arguments */

/* Otherwise unused addresses: MAP_MAX bytes for each mapping. */
#define MAPS_AT	((char *)0x100000000000)
#define MAP_MAX	(1u << 20)

struct actor {
	struct fuzzer *world;
	struct rng rng;
	char *pages;			/* PAGES, the last inaccessible */
	char *read_only;		/* one page that is read-only */
	struct forged_call call;
	union args before;
};

#define ROLL(n)	rng_below(&self->rng, n)

/* ---- memory that may not be mapped ---- */

static __thread sigjmp_buf fault;

static void jump(int signal)
{
	siglongjmp(fault, signal);
}

static void ignore(int signal)
{
	(void)signal;
}

static char *map_at(const struct actor *self, uint32_t i)
{
	(void)self;
	return MAPS_AT + (size_t)i * MAP_MAX;
}

static void touch(struct actor *self)
{
	volatile uint64_t *word;
	uint32_t i = ROLL(MAPS + FDS);
	uint32_t offset = ROLL(2) ? ROLL(64) : ROLL(MAP_MAX / 8);
	uint64_t value = forge_number(&self->rng, 16);
	size_t size = self->world->size[i];
	int store = ROLL(3);

	if (size >= 8)
		offset %= (uint32_t)(size / 8);
	word = (volatile uint64_t *)map_at(self, i) + offset;
	if (sigsetjmp(fault, 1))
		return;
	if (store)
		*word = value;
	else
		value = *word;
}

/* ---- ioctl ---- */

static int is_documented(int err)
{
	static const int errors[] = {
		EACCES, EBADF, EBUSY, E2BIG, EDQUOT, EEXIST, EFAULT, EINTR,
		EINVAL, EMFILE, ENOENT, ENOMEM, ENOSPC, ENOTCONN, ENOTTY,
		ENXIO, EOVERFLOW, EOWNERDEAD, EPERM, EPIPE, EPROTOTYPE,
		ETIMEDOUT, EUSERS, EOPNOTSUPP, ESTALE,
	};
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (err == -errors[i])
			return 1;
	return err >= 0;
}

static int take_arena(struct actor *self)
{
	return self->world->fd[ROLL(8) ? ROLL(ARENAS) : ROLL(FDS)];
}

static int take_fd(struct actor *self)
{
	return self->world->fd[ROLL(16) ? ARENAS + ROLL(FDS - ARENAS) :
					  ROLL(FDS)];
}

static void put(struct actor *self, uint32_t i, int fd)
{
	int old = self->world->fd[i];

	if (fd < 0)
		return;
	self->world->fd[i] = fd;
	if (old >= 0)
		close(old);
}

static void put_arena(struct actor *self, int fd)
{
	put(self, ROLL(ARENAS), fd);
}

static void put_fd(struct actor *self, int fd)
{
	put(self, ARENAS + ROLL(FDS - ARENAS), fd);
}

/* The kernel writes only the struct of a successful call that has answers. */
static void check_answer(const struct actor *self, const union args *args,
			 int ret)
{
	const struct forged_call *call = &self->call;
	int answered = ret >= 0 && call->answers;
	uint32_t from = answered ? call->size : 0;

	MUST(is_documented(ret));
	MUST(!memcmp(args->byte + from, self->before.byte + from,
		     sizeof(*args) - from));
	MUST(args->size == self->before.size);
}

static void keep_result(struct actor *self, int ret)
{
	if (self->call.request == RRING_IOC_CREATE)
		put_arena(self, ret);
	if (ret >= 0)
		self->world->counts->good++;
}

static void call_well(struct actor *self, int fd)
{
	union args *args = (union args *)(self->pages + (PAGES - 1) * PAGE -
					  sizeof(*args));
	int ret;

	*args = self->before = self->call.args;
	ret = device_call(fd, self->call.request, args);
	if (self->call.size)
		check_answer(self, args, ret);
	keep_result(self, ret);
}

/* Pass arguments that are not mapped, in part or completely. */
static void call_badly(struct actor *self, int fd)
{
	uint32_t size = self->call.size ? self->call.size : 64;
	char *end = self->pages + (PAGES - 1) * PAGE;
	char *const places[] = {
		NULL, (char *)8, (char *)~0ul, (char *)0xffff888000000000,
		MAPS_AT - 4096, end, end - 4, end - size / 2, end - size,
		end - size - 1, self->pages + PAGE - size / 2,
		self->read_only, map_at(self, ROLL(MAPS)),
	};
	char *at = places[ROLL(sizeof(places) / sizeof(*places))];
	uint32_t i;
	int ret;

	for (i = 0; i < size; i++) {
		if (sigsetjmp(fault, 1))
			break;
		if (at > (char *)4096)
			((volatile char *)at)[i] = self->call.args.byte[i];
	}
	ret = device_call(fd, self->call.request, at);
	MUST(!self->call.size || is_documented(ret));
	keep_result(self, ret);
}

static void call(struct actor *self)
{
	int fd = take_fd(self);

	forge_call(&self->rng, self->world->fd, FDS, &self->call);
	if (ROLL(10))
		call_well(self, fd);
	else
		call_badly(self, fd);
}

/* Attach with good arguments, so that the other calls have a live client. */
static void attach(struct actor *self)
{
	struct rring_attach args;
	uint32_t i = ARENAS + ROLL(FDS - ARENAS);
	int fd = self->world->fd[i];
	int ret = device_attach(fd, take_arena(self), ROLL(8) ? ROLL(2) + 1 : 0,
				&args);

	MUST(is_documented(ret));
	if (!ret) {
		self->world->counts->good++;
		self->world->attach = args;
	}
	args.ledger_size = self->world->attach.ledger_size;
	if (mmap(map_at(self, MAPS + i), args.ledger_size,
		 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd,
		 (off_t)RRING_OFF(RRING_REGION_LEDGER, 0)) != MAP_FAILED)
		self->world->size[MAPS + i] = args.ledger_size;
}

/* ---- mmap ---- */

/* Size of a mapping: mostly the true size of region @type. */
static size_t some_size(struct actor *self, uint32_t type)
{
	const struct rring_attach *attach = &self->world->attach;
	const size_t sizes[] = {
		[RRING_REGION_ARENA] = attach->arena_size,
		[RRING_REGION_LEDGER] = attach->ledger_size,
		[RRING_REGION_MAGAZINE] = attach->magazine_size,
		[RRING_REGION_CURSORS] = PAGE,
		[RRING_REGION_PAYLOAD] = attach->payload_size,
		[RRING_REGION_RING] = PAGE * (2 + ROLL(2)),
		[RRING_REGION_XXL] = PAGE * (1 + ROLL(16)),
		[RRING_REGION_OWN] = attach->payload_size,
		[RRING_REGION_HEADERS] = PAGE,
	};
	size_t size = ROLL(MAP_MAX);

	if (ROLL(4))
		size = sizes[type % (RRING_REGION_HEADERS + 1)];
	else if (ROLL(2))
		size = PAGE * ROLL(20);
	return size && size <= MAP_MAX ? size : PAGE;
}

static void map(struct actor *self)
{
	static const int flags[] = {
		MAP_SHARED, MAP_SHARED, MAP_SHARED, MAP_PRIVATE,
		MAP_SHARED_VALIDATE, MAP_SHARED_VALIDATE | MAP_SYNC,
		MAP_SHARED | MAP_POPULATE, MAP_SHARED | MAP_LOCKED,
		MAP_SHARED | MAP_NORESERVE,
	};
	static const int prots[] = {
		PROT_READ, PROT_READ, PROT_READ | PROT_WRITE, PROT_WRITE,
		PROT_NONE, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC,
	};
	uint32_t i = ROLL(MAPS), type = ROLL(11);
	size_t size = some_size(self, type);
	uint64_t offset = RRING_OFF(type, type != RRING_REGION_CURSORS &&
				    type < RRING_REGION_RING ? 0 : ROLL(6));
	int how = flags[ROLL(9)] | (ROLL(2) ? MAP_FIXED : MAP_FIXED_NOREPLACE);
	int prot = prots[ROLL(7)];
	void *at;

	if (ROLL(16) == 0)
		offset = forge_number(&self->rng, offset) & ~(PAGE - 1);
	at = mmap(map_at(self, i), size, prot, how, take_fd(self),
		  (off_t)offset);
	if (at == MAP_FAILED)
		return;
	self->world->size[i] = size;
	self->world->counts->maps++;
}

/* Change a part of a mapping, or a range that is longer than it. */
static void unmap(struct actor *self)
{
	static const int advices[] = {
		MADV_NORMAL, MADV_DONTNEED, MADV_REMOVE, MADV_DOFORK,
		MADV_DONTFORK, MADV_MERGEABLE, MADV_HUGEPAGE, MADV_FREE,
		MADV_COLD, MADV_PAGEOUT, MADV_DODUMP, MADV_WIPEONFORK,
		MADV_WILLNEED, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	};
	uint32_t i = ROLL(8) ? ROLL(MAPS) : ROLL(MAPS + FDS);
	char *at = map_at(self, i) + PAGE * ROLL(2) * ROLL(4);
	size_t size = PAGE * (1 + (ROLL(2) ? ROLL(4) : ROLL(32)));
	struct iovec from = { .iov_base = self->pages, .iov_len = 64 };
	struct iovec to = { .iov_base = at, .iov_len = 64 };

	switch (ROLL(8)) {
	case 0:
		munmap(at, size);
		break;
	case 1:
		mprotect(at, size, (int)ROLL(8));
		break;
	case 2:
		mremap(at, size, PAGE * (1 + ROLL(32)), 0);
		break;
	case 3:
		mremap(at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		       map_at(self, ROLL(MAPS)));
		break;
	case 4:
		mlock(at, size);
		munlock(at, size);
		break;
	case 5:
		msync(at, size, MS_SYNC);
		process_vm_writev(getpid(), &from, 1, &to, 1, 0);
		break;
	default:
		madvise(at, size, advices[ROLL(15)]);
	}
}

/* ---- descriptors and processes ---- */

static void handle_fd(struct actor *self)
{
	struct pollfd fds = { .fd = take_fd(self), .events = ~0 };
	char byte;

	switch (ROLL(10)) {
	case 0:
	case 1:
	case 2:
		put_fd(self, open(RRING_DEVICE, ROLL(8) ? O_RDWR :
				  (int)ROLL(3)));
		break;
	case 3:
		put_fd(self, dup(take_fd(self)));
		break;
	case 4:
		put_arena(self, dup(self->world->arena_fd));
		break;
	case 5:
		/* some stay queued until the socket is closed */
		send_fd(self->world->pair[0], take_fd(self));
		break;
	case 6:
		put_fd(self, receive_fd(self->world->pair[1]));
		break;
	case 7:
		MUST(read(take_fd(self), &byte, 1) < 0);
		MUST(write(take_fd(self), "", 1) < 0);
		lseek(take_fd(self), 1, SEEK_SET);
		fcntl(take_fd(self), F_SETFL, O_NONBLOCK | O_ASYNC);
		break;
	default:
		poll(&fds, 1, 0);
	}
}

/* A periodic SIGALRM ends waits that have no timeout. */
static void set_signals(void)
{
	struct itimerval soon = {
		.it_interval.tv_usec = 2000,
		.it_value.tv_usec = 2000,
	};
	struct sigaction action = { .sa_handler = jump };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	action.sa_handler = ignore;
	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGIO, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
}

static void step(struct actor *self);

/* Let a child call with the parent's client and the mappings it inherits. */
static void fork_off(struct actor *self)
{
	pid_t pid = fork();
	uint32_t i;

	if (pid) {
		/* the child has a copy of the rng; this one is unchanged */
		MUST(pid < 0 || !reap(pid));
		return;
	}
	if (ROLL(2)) {
		execl("/bin/busybox", "busybox", "true", NULL);
		_exit(0);
	}
	set_signals();
	for (i = ROLL(20); i; i--)
		step(self);
	_exit(0);
}

static void send_message(struct actor *self)
{
	struct fuzzer *world = self->world;
	int socket = mnl_socket_get_fd(world->nl.socket);
	char message[1024], answer[NL_PIECE];
	size_t len = forge_message(&self->rng, world->nl.family, world->arena,
				   message, sizeof(message));

	send(socket, message, len, MSG_DONTWAIT);
	while (recv(socket, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		;
	world->counts->messages++;
}

/* ---- a run ---- */

static void step(struct actor *self)
{
	uint32_t roll = ROLL(1000);

	self->world->counts->calls++;
	if (roll < 5)
		fork_off(self);
	else if (roll < 60)
		send_message(self);
	else if (roll < 160)
		touch(self);
	else if (roll < 250)
		map(self);
	else if (roll < 300)
		unmap(self);
	else if (roll < 400)
		handle_fd(self);
	else if (roll < 450)
		attach(self);
	else
		call(self);
}

/* Map the argument pages, the last with PROT_NONE, and a read-only page. */
static void map_arguments(struct actor *self)
{
	self->pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(self->pages != MAP_FAILED);
	MUST(!mprotect(self->pages + (PAGES - 1) * PAGE, PAGE, PROT_NONE));
	self->read_only = mmap(NULL, PAGE, PROT_READ,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(self->read_only != MAP_FAILED);
}

static void *act(void *arg)
{
	struct actor *self = arg;
	uint32_t i;

	map_arguments(self);
	for (i = 0; i < STEPS / (uint32_t)self->world->threads; i++)
		step(self);
	return NULL;
}

/* Make the arena of @config an owned one, with slots enough for that. */
static void make_owned(struct rring_arena_config *config)
{
	static const uint32_t groups[RRING_XXL] = { 4, 4, 4, 8, 4 };
	uint32_t i;

	config->flags = RRING_CREATE_OWNED;
	for (i = 0; i < RRING_XXL; i++)
		config->capacity[i] = groups[i] *
				      owned_group_slots((enum rring_class)i);
}

/*
 * Enter a new network namespace, so that netlink requests cannot change the
 * arena of the honest clients.
 */
static void enter(struct fuzzer *world)
{
	struct rring_arena_config config = {
		.name = NAME,
		.capacity = { 32, 16, 8, 4, 2, 2 },
		.mode = 0777,
		.uid = world->uid,
		.gid = world->uid,
	};
	uint32_t i;

	if (rng_below(&world->rng, 2))
		make_owned(&config);
	MUST(!unshare(CLONE_NEWNET));
	world->fd[0] = rring_arena_create(&config);
	MUST(world->fd[0] >= 0);
	if (world->uid)
		become(world->uid, world->uid);
	for (i = 1; i < ARENAS; i++)
		world->fd[i] = dup(world->arena_fd);
	for (; i < FDS; i++)
		world->fd[i] = device_open();
	memset((void *)world->size, 0, sizeof(world->size));
	MUST(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, world->pair));
	world->nl = nl_open();
	world->arena = nl_arena(&world->nl, NAME);
	MUST(world->arena);
}

int fuzzer_live(void *arg)
{
	struct fuzzer *world = arg;
	struct actor self[2];
	pthread_t thread[2];
	int i;

	enter(world);
	set_signals();
	baton_pass(&world->ready);
	for (i = 0; i < world->threads; i++) {
		self[i] = (struct actor) { .world = world };
		self[i].rng = rng_for(world->rng, (uint64_t)i);
	}
	if (world->threads == 1) {
		act(&self[0]);
		return 0;
	}
	for (i = 0; i < world->threads; i++)
		thread[i] = thread_start(act, &self[i]);
	for (i = 0; i < world->threads; i++)
		thread_end(thread[i]);
	return 0;
}
