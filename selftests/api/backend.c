// SPDX-License-Identifier: MPL-2.0
/* The backend, device or process: automatic choice, forced choice, query. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"
#include "user.h"

FIXTURE(backend)
{
	enum rring_backend told;	/* by $RRING_BACKEND */
	int device;			/* 1 if it is accessible */
};

FIXTURE_SETUP(backend)
{
	const char *told = getenv("RRING_BACKEND");

	self->told = told && !strcmp(told, "process") ? RRING_BACKEND_PROCESS :
							RRING_BACKEND_DEVICE;
	self->device = !access(RRING_DEVICE, R_OK | W_OK);
}

FIXTURE_TEARDOWN(backend)
{
}

static struct rring_arena_config config_of(const char *name,
					   enum rring_backend backend)
{
	return (struct rring_arena_config) {
		.name = name,
		.capacity = { 8 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
		.backend = backend,
	};
}

static enum rring_backend
backend_of_new(const struct rring_arena_config *config)
{
	int fd = rring_arena_create(config);
	enum rring_backend backend;
	struct rring_client *client;

	MUST(fd >= 0);
	client = client_of(fd, RRING_PRODUCER);
	backend = rring_client_backend(client);
	rring_close(client);
	close(fd);
	return backend;
}

/* Open the arena `default` with @flags. Return its backend or an errno. */
static int backend_of_default(unsigned int flags)
{
	struct rring_client *client = NULL;
	int ret = rring_open(&client, NULL, RRING_PRODUCER, flags);
	struct rring_event event;

	if (ret) {
		MUST(!client);
		return ret;
	}
	ret = (int)rring_client_backend(client);
	/* the client works */
	MUST(!rring_alloc(client, 100, 0, &event));
	MUST(!rring_drop(client, &event));
	rring_close(client);
	return ret;
}

/* ---- which one ---- */

TEST_F(backend, is_what_the_environment_says)
{
	struct rring_arena_config config = config_of(NULL, RRING_BACKEND_AUTO);

	EXPECT_EQ(self->told, rring_backend());
	EXPECT_EQ((int)self->told, backend_of_default(0));
	EXPECT_EQ(self->told, backend_of_new(&config));
}

TEST_F(backend, is_the_device_if_it_is_there_and_else_the_process)
{
	enum rring_backend expected = self->device ? RRING_BACKEND_DEVICE :
						     RRING_BACKEND_PROCESS;
	struct rring_arena_config config = config_of(NULL, RRING_BACKEND_AUTO);

	unsetenv("RRING_BACKEND");
	EXPECT_EQ(expected, rring_backend());
	EXPECT_EQ((int)expected, backend_of_default(0));
	EXPECT_EQ(expected, backend_of_new(&config));
	/* an unknown value is ignored */
	setenv("RRING_BACKEND", "moon", 1);
	EXPECT_EQ(expected, rring_backend());
}

TEST_F(backend, is_what_the_caller_says_whatever_the_environment_does)
{
	struct rring_arena_config config = config_of(NULL,
						     RRING_BACKEND_PROCESS);
	const char *const others[] = { "device", "process" };
	int i;

	for (i = 0; i < 2; i++) {
		setenv("RRING_BACKEND", others[i], 1);
		EXPECT_EQ(RRING_BACKEND_PROCESS,
			  backend_of_default(RRING_IN_PROCESS));
		EXPECT_EQ(RRING_BACKEND_PROCESS, backend_of_new(&config));
		EXPECT_EQ(self->device ? RRING_BACKEND_DEVICE : -ENOENT,
			  backend_of_default(RRING_ON_DEVICE));
	}
}

TEST_F(backend, without_the_device_who_wants_it_gets_an_error)
{
	struct rring_arena_config config = config_of(NULL,
						     RRING_BACKEND_DEVICE);
	int expected = self->device ? RRING_BACKEND_DEVICE : -ENOENT;
	int fd;

	EXPECT_EQ(expected, backend_of_default(RRING_ON_DEVICE));
	setenv("RRING_BACKEND", "device", 1);
	EXPECT_EQ(RRING_BACKEND_DEVICE, rring_backend());
	EXPECT_EQ(expected, backend_of_default(0));
	fd = rring_arena_create(&config);
	if (self->device) {
		EXPECT_LE(0, fd);
		close(fd);
	} else {
		EXPECT_EQ(-ENOENT, fd);
	}
}

TEST_F(backend, flags_that_contradict_each_other_are_refused)
{
	struct rring_arena_config config = config_of(NULL, 3);
	struct rring_client *client = NULL;
	int fd = arena_small();

	EXPECT_EQ(-EINVAL, rring_open(&client, NULL, RRING_PRODUCER,
				      RRING_ON_DEVICE | RRING_IN_PROCESS));
	EXPECT_EQ(-EINVAL, rring_open(&client, NULL, RRING_PRODUCER, 1u << 6));
	/* the descriptor determines the backend, so these flags are refused */
	EXPECT_EQ(-EINVAL, rring_open_arena(&client, fd, RRING_PRODUCER,
					    RRING_ON_DEVICE));
	EXPECT_EQ(-EINVAL, rring_open_arena(&client, fd, RRING_PRODUCER,
					    RRING_IN_PROCESS));
	EXPECT_EQ(-EINVAL, rring_arena_create(&config));
	EXPECT_EQ(NULL, client);
	close(fd);
}

/* ---- permissions ---- */

/* All ways to use the device while it cannot be opened fail with @err. */
static void expect_of_device(int err)
{
	struct rring_arena_config config = config_of("bus",
						     RRING_BACKEND_AUTO);
	struct rring_client *client = NULL;

	MUST(rring_backend() == RRING_BACKEND_DEVICE);
	MUST(backend_of_default(0) == err);
	MUST(backend_of_default(RRING_ON_DEVICE) == err);
	MUST(rring_open(&client, "bus", RRING_CONSUMER, 0) == err);
	MUST(rring_arena_create(&config) == err);
	MUST(rring_arena_remove("bus") == err);
	MUST(rring_open_config(&client, &config, 0) == err);
	MUST(!client);
	/* a client that asks for the process gets it */
	MUST(backend_of_default(RRING_IN_PROCESS) == RRING_BACKEND_PROCESS);
}

static int as_nobody(void *arg)
{
	(void)arg;
	unsetenv("RRING_BACKEND");
	expect_of_device(-EACCES);
	setenv("RRING_BACKEND", "device", 1);
	expect_of_device(-EACCES);
	setenv("RRING_BACKEND", "process", 1);
	MUST(backend_of_default(0) == RRING_BACKEND_PROCESS);
	return 0;
}

static int as_stranger(void *arg)
{
	(void)arg;
	unsetenv("RRING_BACKEND");
	/* the device may be opened, but its `default` belongs to root */
	MUST(rring_backend() == RRING_BACKEND_DEVICE);
	MUST(backend_of_default(0) == -EACCES);
	MUST(backend_of_default(RRING_ON_DEVICE) == -EACCES);
	setenv("RRING_BACKEND", "device", 1);
	MUST(backend_of_default(0) == -EACCES);
	return 0;
}

TEST_F(backend, who_is_not_permitted_gets_an_error_and_no_private_arena)
{
	struct stat before;

	if (!self->device)
		return;	/* no device, so nobody is refused */
	ASSERT_EQ(0, stat(RRING_DEVICE, &before));
	ASSERT_EQ(0, chmod(RRING_DEVICE, 0666));
	EXPECT_EQ(0, run_as(NOBODY, NOBODY, as_stranger, NULL));
	ASSERT_EQ(0, chmod(RRING_DEVICE, 0600));
	EXPECT_EQ(0, run_as(NOBODY, NOBODY, as_nobody, NULL));
	ASSERT_EQ(0, chmod(RRING_DEVICE, before.st_mode & 07777));
}

#define NO_MOUNTS	77	/* exit status: this system permits no mounts */

/* A /dev that only this process sees, with nothing in it. */
static void hide_dev(void)
{
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/dev", "tmpfs", 0, "mode=755"))
		_exit(NO_MOUNTS);
}

static void put_file(mode_t mode)
{
	int fd = open(RRING_DEVICE, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	MUST(fd >= 0);
	MUST(!fchmod(fd, mode));
	close(fd);
}

static int with_a_forbidden_device(void *arg)
{
	(void)arg;
	hide_dev();
	put_file(0);
	become(NOBODY, NOBODY);
	return as_nobody(NULL);
}

TEST_F(backend, permission_denied_is_never_no_such_arena)
{
	int status = reap(spawn(with_a_forbidden_device, NULL));

	if (status == NO_MOUNTS)
		SKIP(return, "needs mounts");
	EXPECT_EQ(0, status);
}

/* The module is not loaded, but somebody has made a file for it. */
static int with_a_device_of_no_module(void *arg)
{
	int err;

	(void)arg;
	hide_dev();
	/* a major number for experiments: no driver has it */
	if (mknod(RRING_DEVICE, S_IFCHR | 0600, makedev(120, 250)))
		_exit(NO_MOUNTS);
	err = open(RRING_DEVICE, O_RDWR | O_CLOEXEC) < 0 ? -errno : 0;
	if (err != -ENXIO && err != -ENODEV)
		_exit(NO_MOUNTS);	/* such as nodev */
	unsetenv("RRING_BACKEND");
	MUST(rring_backend() == RRING_BACKEND_PROCESS);
	MUST(backend_of_default(0) == RRING_BACKEND_PROCESS);
	MUST(backend_of_default(RRING_ON_DEVICE) == err);
	return 0;
}

TEST_F(backend, a_device_without_its_module_is_no_device)
{
	int status = reap(spawn(with_a_device_of_no_module, NULL));

	if (status == NO_MOUNTS)
		SKIP(return, "needs mounts");
	EXPECT_EQ(0, status);
}

/* ---- names in this process ---- */

TEST_F(backend, names_of_this_process_are_found_by_its_threads)
{
	struct rring_arena_config config = config_of("here",
						     RRING_BACKEND_PROCESS);
	struct rring_client *client, *other = NULL;
	struct rring_event event, got;
	int fd = rring_arena_create(&config);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EEXIST, rring_arena_create(&config));
	ASSERT_EQ(0, rring_open(&client, "here", RRING_PRODUCER,
				RRING_IN_PROCESS));
	ASSERT_EQ(0, rring_open(&other, "here", RRING_CONSUMER,
				RRING_IN_PROCESS));
	EXPECT_EQ(RRING_BACKEND_PROCESS, rring_client_backend(client));
	ASSERT_EQ(0, rring_alloc(client, 64, 0, &event));
	EXPECT_EQ(0, rring_upgrade(other, rring_share(client, &event), &got));
	EXPECT_EQ(event.data, got.data);
	rring_close(other);
	rring_close(client);
	close(fd);
	/* the arena has no RRING_CREATE_PERSIST, so it is gone */
	EXPECT_EQ(-ENOENT, rring_open(&other, "here", RRING_CONSUMER,
				      RRING_IN_PROCESS));
}

static int open_in_child(void *arg)
{
	struct rring_arena_config config = config_of("parents",
						     RRING_BACKEND_PROCESS);
	struct rring_client *client = NULL;
	int *fd = arg;

	MUST(rring_open(&client, "parents", RRING_PRODUCER,
			RRING_IN_PROCESS) == -ENOENT);
	MUST(rring_open_arena(&client, *fd, RRING_PRODUCER, 0) < 0);
	MUST(!client);
	/* the parent's name is free in the child */
	*fd = rring_arena_create(&config);
	MUST(*fd >= 0);
	MUST(!rring_open(&client, "parents", RRING_PRODUCER,
			 RRING_IN_PROCESS));
	rring_close(client);
	close(*fd);
	return 0;
}

TEST_F(backend, a_child_has_neither_its_parents_arenas_nor_their_names)
{
	struct rring_arena_config config = config_of("parents",
						     RRING_BACKEND_PROCESS);
	int fd = rring_arena_create(&config), copy = fd;
	struct rring_client *client;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, reap(spawn(open_in_child, &copy)));
	ASSERT_EQ(0, rring_open(&client, "parents", RRING_PRODUCER,
				RRING_IN_PROCESS));
	EXPECT_TRUE(all_free(client));
	rring_close(client);
	close(fd);
}

static int use_in_child(void *arg)
{
	struct rring_client *client = arg;
	struct rring_event event;

	MUST(rring_alloc(client, 64, 0, &event) == -EPERM);
	return 0;
}

TEST_F(backend, a_child_that_uses_its_parents_client_gets_an_error)
{
	struct rring_arena_config config = config_of(NULL,
						     RRING_BACKEND_PROCESS);
	int fd = rring_arena_create(&config);
	struct rring_client *client = client_of(fd, RRING_PRODUCER);

	EXPECT_EQ(0, reap(spawn(use_in_child, client)));
	EXPECT_TRUE(all_free(client));
	rring_close(client);
	close(fd);
}

static void *open_default(void *arg)
{
	struct rring_client **client = arg;

	MUST(!rring_open(client, NULL, RRING_PRODUCER, RRING_IN_PROCESS));
	return NULL;
}

TEST_F(backend, the_default_of_a_process_is_made_once_for_all_threads)
{
	struct rring_client *client[4];
	struct rring_event event, got;
	pthread_t thread[4];
	int i;

	for (i = 0; i < 4; i++)
		thread[i] = thread_start(open_default, &client[i]);
	for (i = 0; i < 4; i++)
		thread_end(thread[i]);
	ASSERT_EQ(0, rring_alloc(client[0], 64, 0, &event));
	rring_share(client[0], &event);
	for (i = 1; i < 4; i++)
		EXPECT_EQ(0, rring_upgrade(client[i], event.handle, &got));
	for (i = 0; i < 4; i++)
		rring_close(client[i]);
}

/* ---- fork() in the middle ---- */

static _Thread_local int lingers;
static uint32_t begun, forked;

/* Replaces a function that the library calls for the memory of an arena. */
int madvise(void *at, size_t size, int advice)
{
	int tries = 1000;

	if (lingers) {
		step_take(&begun);
		/* the limit is for a fork() that waits for this thread */
		while (!__atomic_load_n(&forked, __ATOMIC_ACQUIRE) && tries--)
			usleep(200);
	}
	return (int)syscall(SYS_madvise, at, size, advice);
}

static void *open_default_slowly(void *arg)
{
	lingers = 1;
	return open_default(arg);
}

static int open_default_in_child(void *arg)
{
	struct rring_client *client;

	alarm(20);
	open_default(&client);
	rring_close(client);
	/*
	 * skip the leak check: memory of a thread that is not here is no leak
	 */
	return raise(SIGKILL);
}

TEST_F(backend, a_child_has_a_default_whatever_its_parent_was_about)
{
	struct rring_client *client;
	pthread_t thread = thread_start(open_default_slowly, &client);
	pid_t child;

	step_wait(&begun);
	child = spawn(open_default_in_child, NULL);
	step_take(&forked);
	EXPECT_EQ(128 + SIGKILL, reap(child));
	thread_end(thread);
	rring_close(client);
}

TEST_HARNESS_MAIN
