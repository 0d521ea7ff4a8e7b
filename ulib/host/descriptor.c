// SPDX-License-Identifier: MPL-2.0
/*
 * The descriptor of an arena is the write end of a pipe; this file keeps the
 * read end. Both ends have the same inode, by which kring_descriptor_arena()
 * finds the arena. When the program has closed the last copy of the descriptor,
 * poll(2) reports POLLHUP for the read end. host_descriptors_reap() looks for
 * POLLHUP when a client is closed, and before CREATE, REMOVE and ATTACH. It
 * closes such a read end, and puts the arena.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "host.h"

#include "../../kmod/core/arena.h"
#include "../../kmod/core/descriptor.h"

struct descriptor {
	struct list_head node;
	struct kring_arena *arena;	/* this structure has a reference */
	struct net *net;		/* .net_ns of the creating process */
	int end;			/* read end of the pipe */
	dev_t dev;
	ino_t inode;
};

static DEFINE_MUTEX(lock);	/* protects descriptors */
static LIST_HEAD(descriptors);

void host_descriptors_init(void)
{
	mutex_init(&lock);
}

void host_descriptors_lock(void)
{
	mutex_lock(&lock);
}

void host_descriptors_unlock(void)
{
	mutex_unlock(&lock);
}

static bool is_closed(const struct descriptor *descriptor)
{
	struct pollfd end = { .fd = descriptor->end };

	return poll(&end, 1, 0) == 1 && end.revents & POLLHUP;
}

/*
 * Find a descriptor that this process has created and whose copies are all
 * closed. Take this descriptor off the list and return it. Return NULL if there
 * is none. This function takes the mutex lock.
 */
static struct descriptor *pop_closed(void)
{
	struct descriptor *descriptor, *found = NULL;

	mutex_lock(&lock);
	list_for_each_entry(descriptor, &descriptors, node)
		if (descriptor->net == current->nsproxy->net_ns &&
		    is_closed(descriptor)) {
			found = descriptor;
			list_del(&found->node);
			break;
		}
	mutex_unlock(&lock);
	return found;
}

/*
 * Free each descriptor that has no open copy left, and put its reference to the
 * arena.
 */
void host_descriptors_reap(void)
{
	struct descriptor *descriptor;

	while ((descriptor = pop_closed())) {
		close(descriptor->end);
		kring_arena_put(descriptor->arena);
		free(descriptor);
	}
}

/*
 * Create a pipe, store its read and write end in @ends, and store the status of
 * its inode in *@stat. Return 0, or a negative errno: then no end is open.
 */
static int open_pipe(int ends[2], struct stat *stat)
{
	int err;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	if (!fstat(ends[0], stat))
		return 0;
	err = -errno;
	close(ends[0]);
	close(ends[1]);
	return err;
}

static int descriptor_new(struct kring_arena *arena)
{
	struct descriptor *descriptor = malloc(sizeof(*descriptor));
	struct stat stat;
	int ends[2];
	int err;

	if (!descriptor)
		return -ENOMEM;
	err = open_pipe(ends, &stat);
	if (err) {
		free(descriptor);
		return err;
	}
	*descriptor = (struct descriptor) {
		.arena = arena,
		.net = current->nsproxy->net_ns,
		.end = ends[0],
		.dev = stat.st_dev,
		.inode = stat.st_ino,
	};
	mutex_lock(&lock);
	list_add_tail(&descriptor->node, &descriptors);
	mutex_unlock(&lock);
	return ends[1];
}

/* A process has no notices and no evictions, so a hold limit would do nothing. */
static bool has_hold_limit(const struct rring_create *args)
{
	u32 i;

	for (i = 0; i < RRING_ROLES; i++)
		if (args->hold_limit[i])
			return true;
	return args->on_hold_limit;
}

int kring_descriptor_create(const struct rring_create *args)
{
	struct kring_arena *arena;
	int fd;

	if (has_hold_limit(args))
		return -EOPNOTSUPP;
	arena = kring_arena_new(args, current->nsproxy->net_ns);
	if (IS_ERR(arena))
		return (int)PTR_ERR(arena);
	fd = descriptor_new(arena);
	if (fd >= 0)
		return fd;
	kring_arena_forget_name(arena);
	kring_arena_put(arena);
	return fd;
}

struct kring_arena *kring_descriptor_arena(int fd)
{
	struct kring_arena *arena = ERR_PTR(-EINVAL);
	struct descriptor *descriptor;
	struct stat stat;

	if (fstat(fd, &stat))
		return ERR_PTR(-EBADF);
	mutex_lock(&lock);
	list_for_each_entry(descriptor, &descriptors, node)
		if (descriptor->net == current->nsproxy->net_ns &&
		    descriptor->dev == stat.st_dev &&
		    descriptor->inode == stat.st_ino) {
			arena = descriptor->arena;
			kring_arena_get(arena);
			break;
		}
	mutex_unlock(&lock);
	return arena;
}
