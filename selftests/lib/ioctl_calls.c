// SPDX-License-Identifier: MPL-2.0
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "ioctl_calls.h"
#include "device.h"
#include "owned_arena.h"

static uint32_t open_ring(struct subject *self)
{
	struct rring_ring_open args = {
		.size = sizeof(args),
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 1,
		.stride = 64,
		.stall_ns = 1,
	};

	if (device_call(self->client->fd, RRING_IOC_RING_OPEN, &args))
		_exit(1);
	return args.ring;
}

static struct rring_reader_join join_ring(struct subject *self, uint32_t ring)
{
	struct rring_reader_join args = {
		.size = sizeof(args),
		.ring = ring,
	};

	if (device_call(self->client->fd, RRING_IOC_READER_JOIN, &args))
		_exit(1);
	return args;
}

static void good_create(struct subject *self, union args *args)
{
	(void)self;
	args->create.capacity[RRING_S] = 3;
	args->create.mode = 0700;
	args->create.uid = ~0u;
	args->create.gid = ~0u;
}

#define TO_BE_REMOVED	"to-be-removed"

static void good_remove(struct subject *self, union args *args)
{
	struct rring_create create = {
		.size = sizeof(create),
		.flags = RRING_CREATE_PERSIST,
		.name = TO_BE_REMOVED,
		.capacity = { 1 },
		.uid = ~0u,
		.gid = ~0u,
	};
	int fd = device_call(self->client->fd, RRING_IOC_CREATE, &create);

	/* it may exist already, left by a call that was refused */
	if (fd < 0 && fd != -EEXIST)
		_exit(1);
	if (fd >= 0)
		close(fd);
	strcpy(args->remove.name, TO_BE_REMOVED);
}

void calls_end(void)
{
	rring_arena_remove(TO_BE_REMOVED);
}

static void good_attach(struct subject *self, union args *args)
{
	if (self->fd == self->client->fd)
		self->fd = device_open();
	args->attach.role = RRING_PRODUCER;
	args->attach.arena_fd = self->arena_fd;
}

static void good_refill(struct subject *self, union args *args)
{
	(void)self;
	args->refill.pool = RRING_M;
	args->refill.count = 2;
}

static void good_ring_open(struct subject *self, union args *args)
{
	(void)self;
	args->ring_open.kind = RRING_INLINE;
	args->ring_open.policy = RRING_BLOCK;
	args->ring_open.capacity = 4;
	args->ring_open.stride = 64;
}

static void good_ring_close(struct subject *self, union args *args)
{
	args->ring_close.ring = open_ring(self);
}

static void good_join(struct subject *self, union args *args)
{
	args->join.ring = open_ring(self);
}

static void good_leave(struct subject *self, union args *args)
{
	args->leave.ring = open_ring(self);
	args->leave.reader = join_ring(self, args->leave.ring).reader;
}

static const struct rring_ring_info *ring_info(const struct subject *self,
					       uint32_t ring)
{
	const struct rring_arena_info *arena = self->client->arena;

	return (const struct rring_ring_info *)
		((const char *)arena + arena->ring_info_offset) + (ring - 1);
}

/* Raise the head of @ring to 1 without writing an entry. */
static void commit_one(const struct subject *self, uint32_t ring)
{
	size_t size = ring_info(self, ring)->size;
	struct rring_ring_head *head =
		device_map(self->client->fd, RRING_REGION_RING, ring, size,
			   PROT_READ | PROT_WRITE);

	if (head == MAP_FAILED)
		_exit(1);
	rring_seq_store_release(&head->head, 1);
	munmap(head, size);
}

/* Wait for room as the writer until the reader, with stall_ns 1, is lapped. */
static void good_rejoin(struct subject *self, union args *args)
{
	struct rring_wait wait = { .size = sizeof(wait) };
	const rring_word_t *ref;

	args->rejoin.ring = open_ring(self);
	args->rejoin.reader = join_ring(self, args->rejoin.ring).reader;
	commit_one(self, args->rejoin.ring);
	ref = &ring_info(self, args->rejoin.ring)
		->readers[args->rejoin.reader].ref;
	wait.what = RRING_WAIT_WRITABLE;
	wait.ring = args->rejoin.ring;
	while (rring_ref_state(rring_word_load(ref)) != RRING_READER_LAPPED) {
		int err = device_call(self->client->fd, RRING_IOC_WAIT, &wait);

		if (err && err != -ETIMEDOUT)
			_exit(1);
	}
}

/* The ring is closed, so the wait returns at once: the reader is at its end. */
static void good_wait(struct subject *self, union args *args)
{
	struct rring_ring_close close = { .size = sizeof(close) };

	close.ring = open_ring(self);
	args->wait.what = RRING_WAIT_READABLE;
	args->wait.ring = close.ring;
	args->wait.reader = join_ring(self, close.ring).reader;
	if (device_call(self->client->fd, RRING_IOC_RING_CLOSE, &close))
		_exit(1);
}

static void good_wake(struct subject *self, union args *args)
{
	args->wake.flags = RRING_WAKE_READERS | RRING_WAKE_WRITER |
			   RRING_WAKE_POOLS;
	args->wake.ring = open_ring(self);
	args->wake.pools = 1;
}

static void good_pool_stat(struct subject *self, union args *args)
{
	(void)self;
	args->pool_stat.pool = RRING_XL;
	args->pool_stat.flags = RRING_STAT_SWEEP;
}

static void good_reclaim(struct subject *self, union args *args)
{
	(void)self;
	args->reclaim.pool = RRING_M;
	args->reclaim.first = 4;
	args->reclaim.count = 12;
}

/* Move to an owned arena, with a client that is a producer there. */
static void become_owner(struct subject *self)
{
	int was_called = self->fd == self->client->fd;

	rring_close(self->client);
	close(self->arena_fd);
	self->arena_fd = owned_arena(8, 0);
	self->client = client_of(self->arena_fd, RRING_PRODUCER);
	if (was_called)
		self->fd = self->client->fd;
}

static void good_seal(struct subject *self, union args *args)
{
	struct rring_event event;

	if (!(self->client->arena->features & RRING_FEATURE_OWNED))
		become_owner(self);
	/* of a class that can be sealed where pages have 16 KiB, too */
	event = owned_make(self->client, RRING_XL, 0);
	args->seal.handle = rring_share(self->client, &event);
	rring_drop(self->client, &event);
}

#define AT(type, member) offsetof(struct rring_##type, member)

const struct call calls[CALLS] = {
	[_IOC_NR(RRING_IOC_CREATE)] = {
		.request = RRING_IOC_CREATE,
		.size = sizeof(struct rring_create),
		.first = AT(create, hold_limit),
		.good = good_create,
		.bad = {
			/* too few slots for an owned arena */
			{ AT(create, flags), RRING_CREATE_OWNED, -EINVAL },
			{ AT(create, flags), 1u << 2, -EINVAL },
			{ AT(create, producers), 1, -EINVAL },
			{ AT(create, reserved), 1, -EINVAL },
			{ AT(create, flags), 1u << 31, -EINVAL },
			{ AT(create, flags), RRING_CREATE_PERSIST, -EINVAL },
			{ AT(create, capacity[0]), RRING_POOL_CAPACITY_MAX + 1,
			  -EINVAL },
			{ AT(create, capacity[4]), ~0u, -EINVAL },
			{ AT(create, capacity[RRING_S]), 0, -EINVAL },
			{ AT(create, max_clients), RRING_CLIENTS_MAX + 1,
			  -EINVAL },
			{ AT(create, max_clients), ~0u, -EINVAL },
			{ AT(create, max_rings), RRING_RINGS_MAX + 1, -EINVAL },
			{ AT(create, max_rings), ~0u, -EINVAL },
			{ AT(create, quota), 101, -EINVAL },
			{ AT(create, mode), 01000, -EINVAL },
			{ AT(create, mode), ~0u, -EINVAL },
			{ AT(create, capacity[RRING_XXL]),
			  RRING_XXL_CAPACITY_MAX + 1, -EINVAL },
			{ AT(create, capacity[RRING_XXL]), ~0u, -EINVAL },
			{ AT(create, hold_limit[RRING_OBSERVER]), 101,
			  -EINVAL },
			{ AT(create, hold_limit[RRING_PRODUCER]), ~0u,
			  -EINVAL },
			{ AT(create, on_hold_limit), RRING_HOLD_EVICT + 1,
			  -EINVAL },
			{ AT(create, on_hold_limit), ~0u, -EINVAL },
		},
	},
	[_IOC_NR(RRING_IOC_REMOVE)] = {
		.request = RRING_IOC_REMOVE,
		.size = sizeof(struct rring_remove),
		.good = good_remove,
		.bad = {
			{ AT(remove, reserved), 1, -EINVAL },
			{ AT(remove, reserved), 1u << 31, -EINVAL },
			{ AT(remove, name), 0, -ENOENT },
			{ AT(remove, name), 'x', -ENOENT },
		},
	},
	[_IOC_NR(RRING_IOC_ATTACH)] = {
		.request = RRING_IOC_ATTACH,
		.size = sizeof(struct rring_attach),
		.good = good_attach,
		.bad = {
			{ AT(attach, role), RRING_PRODUCER + 1, -EINVAL },
			{ AT(attach, role), ~0u, -EINVAL },
			{ AT(attach, flags), 1u << 1, -EINVAL },
			{ AT(attach, flags), 1u << 31, -EINVAL },
			{ AT(attach, arena_fd), 0x7fffffff, -EBADF },
			{ AT(attach, arena_fd), STDOUT_FILENO, -EINVAL },
			{ AT(attach, arena_fd), ~0u, -ENOENT },
			{ AT(attach, arena_fd), 1u << 31, -ENOENT },
			{ AT(attach, name), 'x', -EINVAL },
		},
	},
	[_IOC_NR(RRING_IOC_REFILL)] = {
		.request = RRING_IOC_REFILL,
		.size = sizeof(struct rring_refill),
		.good = good_refill,
		.needs_client = 1,
		.bad = {
			{ AT(refill, pool), RRING_POOLS, -EINVAL },
			{ AT(refill, pool), ~0u, -EINVAL },
			{ AT(refill, count), 0, -EINVAL },
			{ AT(refill, flags), 1, -EINVAL },
			{ AT(refill, flags), 1u << 31, -EINVAL },
			{ AT(refill, bytes), 1, -EINVAL },
			{ AT(refill, bytes) + 4, 1, -EINVAL },
			/* .bytes is 0, and the arena has no XXL places */
			{ AT(refill, pool), RRING_XXL, -EINVAL },
		},
	},
	[_IOC_NR(RRING_IOC_RING_OPEN)] = {
		.request = RRING_IOC_RING_OPEN,
		.size = sizeof(struct rring_ring_open),
		.first = AT(ring_open, type_name),
		.good = good_ring_open,
		.needs_client = 1,
		.bad = {
			{ AT(ring_open, flags), 1, -EINVAL },
			{ AT(ring_open, flags), 1u << 31, -EINVAL },
			{ AT(ring_open, kind), RRING_HANDLES + 1, -EINVAL },
			/* a ring of handles must not have a stride */
			{ AT(ring_open, kind), RRING_HANDLES, -EINVAL },
			{ AT(ring_open, policy), RRING_OVERWRITE + 1, -EINVAL },
			{ AT(ring_open, policy), ~0u, -EINVAL },
			{ AT(ring_open, capacity), 0, -EINVAL },
			{ AT(ring_open, capacity), RRING_RING_CAPACITY_MAX + 1,
			  -EINVAL },
			{ AT(ring_open, stride), 0, -EINVAL },
			{ AT(ring_open, stride), RRING_STRIDE_MIN + 1,
			  -EINVAL },
			{ AT(ring_open, stride), RRING_STRIDE_MAX + 64,
			  -EINVAL },
			{ AT(ring_open, retain), 4, -EINVAL },
			{ AT(ring_open, retain), ~0u, -EINVAL },
			{ AT(ring_open, reserved), 1, -EINVAL },
			{ AT(ring_open, reserved2), 1, -EINVAL },
			/* a size without a name, and a name without a size */
			{ AT(ring_open, type_size), 1, -EINVAL },
			{ AT(ring_open, type_name), 'x', -EINVAL },
		},
	},
	[_IOC_NR(RRING_IOC_RING_CLOSE)] = {
		.request = RRING_IOC_RING_CLOSE,
		.size = sizeof(struct rring_ring_close),
		.good = good_ring_close,
		.needs_client = 1,
		.bad = {
			{ AT(ring_close, ring), 0, -ENXIO },
			{ AT(ring_close, ring), 64, -ENXIO },
			{ AT(ring_close, ring), 65, -ENXIO },
			{ AT(ring_close, ring), ~0u, -ENXIO },
			{ AT(ring_close, flags), RRING_CLOSE_AWAIT << 1,
			  -EINVAL },
			{ AT(ring_close, flags), 1u << 31, -EINVAL },
			{ AT(ring_close, reserved), 1, -EINVAL },
		},
	},
	[_IOC_NR(RRING_IOC_READER_JOIN)] = {
		.request = RRING_IOC_READER_JOIN,
		.size = sizeof(struct rring_reader_join),
		.first = AT(reader_join, type_name),
		.good = good_join,
		.needs_client = 1,
		.bad = {
			{ AT(reader_join, flags), RRING_JOIN_RESUME, -EINVAL },
			{ AT(reader_join, flags), 1u << 2, -EINVAL },
			{ AT(reader_join, flags), 1u << 31, -EINVAL },
			{ AT(reader_join, start), RRING_START_AT + 1, -EINVAL },
			{ AT(reader_join, start), ~0u, -EINVAL },
			{ AT(reader_join, ring), 0, -EINVAL },
			{ AT(reader_join, ring), 64, -ENXIO },
			{ AT(reader_join, ring), 65, -ENXIO },
			{ AT(reader_join, ring), ~0u, -ENXIO },
			{ AT(reader_join, ring_name), 'x', -ENOENT },
			{ AT(reader_join, reserved), 1, -EINVAL },
			{ AT(reader_join, type_size), 1, -EINVAL },
			{ AT(reader_join, type_name), 'x', -EINVAL },
		},
	},
	[_IOC_NR(RRING_IOC_READER_LEAVE)] = {
		.request = RRING_IOC_READER_LEAVE,
		.size = sizeof(struct rring_reader_leave),
		.good = good_leave,
		.needs_client = 1,
		.bad = {
			{ AT(reader_leave, flags), 1u << 1, -EINVAL },
			{ AT(reader_leave, flags), 1u << 31, -EINVAL },
			{ AT(reader_leave, ring), 63, -ENXIO },
			{ AT(reader_leave, ring), ~0u, -ENXIO },
			{ AT(reader_leave, reader), 1, -ENXIO },
			{ AT(reader_leave, reader), RRING_READERS, -ENXIO },
			{ AT(reader_leave, reader), ~0u, -ENXIO },
		},
	},
	[_IOC_NR(RRING_IOC_READER_REJOIN)] = {
		.request = RRING_IOC_READER_REJOIN,
		.size = sizeof(struct rring_reader_rejoin),
		.good = good_rejoin,
		.needs_client = 1,
		.bad = {
			{ AT(reader_rejoin, incarnation), 1, -ESTALE },
			{ AT(reader_rejoin, ring), 63, -ENXIO },
			{ AT(reader_rejoin, ring), ~0u, -ENXIO },
			{ AT(reader_rejoin, reader), RRING_READERS, -ENXIO },
			{ AT(reader_rejoin, reader), ~0u, -ENXIO },
		},
	},
	[_IOC_NR(RRING_IOC_WAIT)] = {
		.request = RRING_IOC_WAIT,
		.size = sizeof(struct rring_wait),
		.first = AT(wait, waker),
		.good = good_wait,
		.needs_client = 1,
		.bad = {
			{ AT(wait, what), RRING_WAIT_PEER + 1, -EINVAL },
			{ AT(wait, what), ~0u, -EINVAL },
			/* the ring is closed */
			{ AT(wait, what), RRING_WAIT_WRITABLE, -EPERM },
			{ AT(wait, what), RRING_WAIT_PEER, -EPERM },
			/* RRING_WAIT_ANY needs cursors */
			{ AT(wait, what), RRING_WAIT_ANY, -EINVAL },
			{ AT(wait, ring), 63, -ENXIO },
			{ AT(wait, ring), ~0u, -ENXIO },
			{ AT(wait, reader), RRING_READERS, -ENXIO },
			{ AT(wait, reader), ~0u, -ENXIO },
		},
	},
	[_IOC_NR(RRING_IOC_WAKE)] = {
		.request = RRING_IOC_WAKE,
		.size = sizeof(struct rring_wake),
		.good = good_wake,
		.needs_client = 1,
		.bad = {
			{ AT(wake, flags), 1u << 3, -EINVAL },
			{ AT(wake, flags), 1u << 31, -EINVAL },
			{ AT(wake, ring), 63, -ENXIO },
			{ AT(wake, ring), ~0u, -ENXIO },
		},
	},
	[_IOC_NR(RRING_IOC_POOL_STAT)] = {
		.request = RRING_IOC_POOL_STAT,
		.size = sizeof(struct rring_pool_stat),
		.good = good_pool_stat,
		.needs_client = 1,
		.bad = {
			{ AT(pool_stat, pool), RRING_POOLS, -EINVAL },
			{ AT(pool_stat, pool), ~0u, -EINVAL },
			{ AT(pool_stat, flags), 1u << 1, -EINVAL },
			{ AT(pool_stat, flags), 1u << 31, -EINVAL },
		},
	},
	[_IOC_NR(RRING_IOC_RECLAIM)] = {
		.request = RRING_IOC_RECLAIM,
		.size = sizeof(struct rring_reclaim),
		.good = good_reclaim,
		.needs_client = 1,
		.bad = {
			{ AT(reclaim, pool), RRING_POOLS, -EINVAL },
			{ AT(reclaim, pool), ~0u, -EINVAL },
			/* the arena has no XXL places */
			{ AT(reclaim, pool), RRING_XXL, -EINVAL },
			{ AT(reclaim, first), 5, -EINVAL },
			{ AT(reclaim, first), ~0u, -EINVAL },
			{ AT(reclaim, count), 0, -EINVAL },
			{ AT(reclaim, count), 13, -EINVAL },
			{ AT(reclaim, count), RRING_RECLAIM_MAX + 1, -EINVAL },
			{ AT(reclaim, count), ~0u, -EINVAL },
		},
	},
	[_IOC_NR(RRING_IOC_SEAL)] = {
		.request = RRING_IOC_SEAL,
		.size = sizeof(struct rring_seal),
		.good = good_seal,
		.needs_client = 1,
		.bad = {
			{ AT(seal, reserved), 1, -EINVAL },
			/* the lower half of a handle: class and index */
			{ AT(seal, handle), RRING_M << 29, -EINVAL },
			{ AT(seal, handle), RRING_POOLS << 29, -EINVAL },
			{ AT(seal, handle), RRING_XXL << 29 | 0xffffff,
			  -ESTALE },
			{ AT(seal, handle), ~0u, -EINVAL },
			{ AT(seal, handle), RRING_L << 29 | 0xffffff, -ESTALE },
		},
	},
};
