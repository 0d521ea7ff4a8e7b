// SPDX-License-Identifier: MPL-2.0
/*
 * A process in a memory cgroup makes as many objects of one kind as it can. What
 * the kernel takes for them is charged to this cgroup, and what the module takes
 * counts to max_bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "arena.h"
#include "device.h"
#include "file.h"
#include "kselftest_harness.h"
#include "memory_group.h"
#include "netlink.h"
#include "page.h"
#include "stream.h"
#include "xxl_event.h"

#define LIMIT		"64M"
#define ENOUGH		(32l * MIB)	/* of the limit; then stop */
#define FILES		20000

/*
 * How much more the kernel may take than is charged: vmap's structures of each
 * region, and what other processes do meanwhile.
 */
#define SLACK_BYTES	(2l * MIB)
#define SLACK_PART	12

/* Return the number behind the line's word @key in the file, or exit. */
static long number_of(const char *path, const char *key)
{
	FILE *file = fopen(path, "r");
	char word[64];
	long value;

	MUST(file);
	while (fscanf(file, "%63s %ld%*[^\n]", word, &value) == 2)
		if (!strcmp(word, key)) {
			fclose(file);
			return value;
		}
	printf("# no %s in %s\n", key, path);
	exit(1);
}

/* Return how many bytes of free pages the CPUs keep in lists of their own. */
static long in_cpu_lists(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	char line[256];
	long pages = 0, n;

	MUST(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %ld", &n) == 1)
			pages += n;
	fclose(file);
	return (long)PAGE * pages;
}

/* Make the kernel give back the slabs that have no object. */
static void shrink_slabs(void)
{
	glob_t caches;
	size_t i;

	MUST(!glob("/sys/kernel/slab/*/shrink", GLOB_NOSORT, NULL, &caches));
	for (i = 0; i < caches.gl_pathc; i++)
		file_write(caches.gl_pathv[i], "1");
	globfree(&caches);
}

/* Bytes that are neither free nor cached content of files. */
static long taken(void)
{
	static const char path[] = "/proc/meminfo";

	shrink_slabs();
	return 1024 * (number_of(path, "MemTotal:") -
		       number_of(path, "MemFree:") -
		       number_of(path, "Buffers:") -
		       number_of(path, "Cached:")) - in_cpu_lists();
}

/* Bytes charged to the group, but for content of files. */
static long charged(void)
{
	return memory_group_in_use() -
	       number_of(MEMORY_GROUP "/memory.stat", "file");
}

static long counted(void)
{
	return file_number("/sys/module/rusted_ring/parameters/used_bytes");
}

/* ---- kinds of objects: each function makes one more, or returns an error ---- */

struct maker {
	int arena;
	struct rring_client *client;
	int watcher;
	int n;		/* objects made */
};

static int make_arena(struct maker *maker)
{
	char name[RRING_NAME_MAX];
	struct rring_arena_config config = {
		.name = name,
		.flags = RRING_CREATE_PERSIST,
		.capacity = { 1 },
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int fd;

	snprintf(name, sizeof(name), "charge%d", maker->n);
	fd = rring_arena_create(&config);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int make_client(struct maker *maker)
{
	struct rring_client *client;

	return rring_open_arena(&client, maker->arena, RRING_CONSUMER,
				RRING_SINGLE_THREADED);
}

static int make_ring(struct maker *maker)
{
	struct rring_ring_config config = {
		.kind = RRING_HANDLES,
		.policy = RRING_FAIL,
		.capacity = 4096,
	};
	struct rring_writer *writer;

	if (!maker->client)
		maker->client = client_of(maker->arena, RRING_PRODUCER);
	return rring_writer_open(maker->client, &config, &writer);
}

static int make_event(struct maker *maker)
{
	struct rring_event event;

	if (!maker->client)
		maker->client = client_of(maker->arena, RRING_PRODUCER);
	return rring_alloc(maker->client, 20 * KIB, 1, &event);
}

static int make_file(struct maker *maker)
{
	(void)maker;
	return open(RRING_DEVICE, O_RDWR | O_CLOEXEC) < 0 ? -errno : 0;
}

static size_t ring_size(const struct rring_client *client, uint32_t ring)
{
	const struct rring_ring_info *info = (const void *)
		((const char *)client->arena + client->arena->ring_info_offset);

	return info[ring - 1].size;
}

static struct rring_client *observer_of(struct maker *maker)
{
	if (!maker->client)
		maker->client = client_of(maker->arena, RRING_OBSERVER);
	return maker->client;
}

/* An observer keeps the pages of a ring mapped that has gone. */
static int make_mapped_ring(struct maker *maker)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 1024,
		.stride = 64,
	};
	struct rring_client *observer = observer_of(maker);
	struct rring_client *client = client_of(maker->arena, RRING_PRODUCER);
	struct rring_writer *writer;
	uint32_t ring;
	void *pages;
	int err;

	err = rring_writer_open(client, &config, &writer);
	if (err)
		return err;
	ring = rring_writer_ring_id(writer);
	pages = device_map(observer->fd, RRING_REGION_RING, ring,
			   ring_size(client, ring), PROT_READ);
	rring_writer_close(writer);
	rring_close(client);
	return pages == MAP_FAILED ? -errno : 0;
}

/* An observer keeps the cursors of a client mapped that has gone. */
static int make_mapped_cursors(struct maker *maker)
{
	struct rring_client *observer = observer_of(maker);
	struct rring_attach args;
	int fd = device_open();
	void *pages;

	MUST(!device_attach(fd, maker->arena, RRING_CONSUMER, &args));
	pages = device_map(observer->fd, RRING_REGION_CURSORS, args.client,
			   sizeof(struct rring_cursors), PROT_READ);
	close(fd);
	return pages == MAP_FAILED ? -errno : 0;
}

#define WATCHERS	128

static void open_watchers(struct maker *maker)
{
	int i;

	for (i = 0; i < WATCHERS; i++) {
		struct nl nl = nl_open();

		MUST(!nl_change(&nl, RRING_CMD_WATCH, NULL));
		maker->watcher = mnl_socket_get_fd(nl.socket);
	}
}

/*
 * An arena that comes and goes, while sockets that watch do not read. End when
 * the last of these sockets has no room for more notices.
 */
static int make_notice(struct maker *maker)
{
	struct pollfd watcher;

	if (!maker->watcher)
		open_watchers(maker);
	close(arena_small());
	watcher = (struct pollfd){ .fd = maker->watcher };
	MUST(poll(&watcher, 1, 0) >= 0);
	return watcher.revents & POLLERR ? -ENOBUFS : 0;
}

FIXTURE(charge)
{
	struct baton go;
	struct baton done;
	int (*make)(struct maker *maker);
};

FIXTURE_VARIANT(charge)
{
	int (*make)(struct maker *maker);
	int counts;		/* nearly all that is made counts to max_bytes */
};

#define KIND(kind, counts_)						\
	FIXTURE_VARIANT_ADD(charge, kind)				\
	{								\
		.make = make_ ## kind,					\
		.counts = counts_,					\
	}

KIND(arena, 1);
KIND(client, 0);
KIND(ring, 1);
KIND(event, 1);
KIND(mapped_ring, 1);
KIND(mapped_cursors, 1);
KIND(file, 0);
KIND(notice, 0);

static void make_group(void)
{
	memory_group_make();
	memory_group_limit(LIMIT);
}

static void permit_files(void)
{
	const struct rlimit files = { FILES, FILES };

	MUST(!setrlimit(RLIMIT_NOFILE, &files));
}

FIXTURE_SETUP(charge)
{
	make_group();
	permit_files();
	baton_init(&self->go);
	baton_init(&self->done);
	self->make = variant->make;
}

static void remove_arenas(void)
{
	char name[RRING_NAME_MAX];
	int i = 0;

	do
		snprintf(name, sizeof(name), "charge%d", i++);
	while (!rring_arena_remove(name));
}

FIXTURE_TEARDOWN(charge)
{
	remove_arenas();
	EXPECT_EQ(0, memory_group_remove());
}

/* Make objects until one is refused, or until the group has ENOUGH. */
static int make_all(void *arg)
{
	FIXTURE_DATA(charge) *self = arg;
	static const struct rring_arena_config config = {
		.capacity = { [RRING_XS] = 64, [RRING_XXL] = 4096 },
		.max_clients = RRING_CLIENTS_MAX,
		.max_rings = RRING_RINGS_MAX,
		.uid = ~0u,
		.gid = ~0u,
	};
	struct maker maker = { .arena = rring_arena_create(&config) };
	int err;

	MUST(maker.arena >= 0);
	memory_group_join();
	MUST(!self->make(&maker));
	maker.n = 1;
	baton_pass(&self->done);
	baton_wait(&self->go);
	do {
		err = self->make(&maker);
		maker.n += !err;
	} while (!err && (maker.n % 16 || charged() < ENOUGH));
	printf("# %d made, then %d\n", maker.n, err);
	fflush(stdout);
	baton_pass(&self->done);
	baton_wait(&self->go);
	return 0;
}

/* Return how many of @bytes are missing in @known, beyond the slack. */
static long missing(long known, long bytes)
{
	return bytes - known - bytes / SLACK_PART - SLACK_BYTES;
}

/* The debug kernels of tools/kernel take memory of their own for each object. */
static int is_debug_kernel(void)
{
	struct utsname name;

	MUST(!uname(&name));
	return strstr(name.release, "kasan") || strstr(name.release, "kcsan");
}

TEST_F(charge, what_the_kernel_takes_is_charged)
{
	long kernel, group, module;
	pid_t child;

	if (is_debug_kernel())
		SKIP(return, "a debug kernel takes memory that nobody is charged for");
	child = spawn(make_all, self);
	baton_wait(&self->done);
	kernel = taken();
	group = charged();
	module = counted();
	baton_pass(&self->go);
	baton_wait(&self->done);
	kernel = taken() - kernel;
	group = charged() - group;
	module = counted() - module;
	printf("# the kernel took %ld KiB, charged are %ld, counted %ld\n",
	       kernel / 1024, group / 1024, module / 1024);
	baton_pass(&self->go);
	EXPECT_EQ(0, reap(child));
	/* so much that what is not charged would exceed the slack */
	EXPECT_LE(16l * MIB, group);
	EXPECT_GE(0, missing(group, kernel));
	if (variant->counts)
		EXPECT_GE(0, missing(module, kernel));
}

/*
 * An observer maps each event of a producer, and keeps all mappings. The
 * producer, whose cgroup pays, goes on: what is gone does not pile up.
 */
static int produce(void *arg)
{
	struct maker *maker = arg;
	struct rring_client *observer = observer_of(maker);
	struct rring_client *producer = client_of(maker->arena,
						  RRING_PRODUCER);
	const char *pages;
	int i;

	memory_group_join();
	for (i = 0; i < 200; i++) {
		/* of so many sizes that no event gets an idle region */
		size_t len = MIB + (size_t)i % 8 * PAGE;
		struct rring_event event = xxl_make(producer, len, i);

		pages = device_map(observer->fd, RRING_REGION_XXL,
				   rring_handle_index(event.handle), len,
				   PROT_READ);
		MUST(pages != MAP_FAILED);
		MUST(pages[len - 1] == (char)i);
		MUST(!rring_drop(producer, &event));
	}
	/* the pages of the newest event are still there */
	MUST(pages[0] == (char)(i - 1));
	MUST(charged() < 16l * MIB);
	return 0;
}

FIXTURE(gone)
{
	struct maker maker;
};

FIXTURE_SETUP(gone)
{
	make_group();
	self->maker = (struct maker){ .arena = xxl_arena(4, 0) };
}

FIXTURE_TEARDOWN(gone)
{
	close(self->maker.arena);
	EXPECT_EQ(0, memory_group_remove());
}

TEST_F(gone, events_that_stay_mapped_do_not_pile_up)
{
	EXPECT_EQ(0, reap(spawn(produce, &self->maker)));
}

TEST_HARNESS_MAIN
