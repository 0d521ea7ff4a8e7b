// SPDX-License-Identifier: MPL-2.0
/*
 * `copies FIRST SECOND`: loads two copies of the library into one process. The first
 * one has the names of arenas; the second one says so, and does not lose events in
 * an arena of its own that has the same name.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rusted_ring.h>

#define CALL(library, name) ((__typeof__(&(name)))symbol(library, #name))
#define MUST(x) do {						\
	if (!(x)) {						\
		fprintf(stderr, "copies: not so: %s\n", #x);	\
		exit(1);					\
	}							\
} while (0)

static void *load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		fprintf(stderr, "copies: %s\n", dlerror());
	MUST(library);
	return library;
}

static void *symbol(void *library, const char *name)
{
	void *found = dlsym(library, name);

	MUST(found);
	return found;
}

static int open_default(void *library)
{
	struct rring_client *client;
	int err = CALL(library, rring_open)(&client, NULL, RRING_PRODUCER, 0);

	if (!err)
		CALL(library, rring_close)(client);
	return err;
}

static int create(void *library, const char *name)
{
	struct rring_arena_config config = {
		.name = name, .capacity = { 64 }, .uid = ~0u, .gid = ~0u,
	};

	return CALL(library, rring_arena_create)(&config);
}

int main(int argc, char **argv)
{
	void *first, *second;
	int status;

	MUST(argc == 3);
	first = load(argv[1]);
	second = load(argv[2]);
	MUST(!open_default(first));
	MUST(open_default(second) == -EBUSY);
	MUST(strstr(CALL(second, rring_error_detail)(-EBUSY), "another copy"));
	MUST(create(second, "name") == -EBUSY);
	/* without a name nobody looks for it in the other copy */
	MUST(create(second, NULL) >= 0);
	MUST(!open_default(first));
	/* a child is a process of its own */
	if (!fork())
		_exit(open_default(second) || open_default(first) != -EBUSY);
	MUST(wait(&status) > 0 && !status);
	return 0;
}
