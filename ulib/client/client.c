// SPDX-License-Identifier: MPL-2.0
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rusted_ring/internal/name.h>

#include "../backoff.h"
#include "../debug/debug.h"
#include "../probes.h"
#include "../thread.h"
#include "client.h"
#include "ledger.h"
#include "recent.h"

/*
 * Return @err, the result of a backend's call. If @err is negative, clear this
 * thread's error detail, which belongs to an older error. -E2BIG is for what an
 * older module does not know: the library itself refuses events that are too
 * large.
 */
static int detail_of_call(int err)
{
	if (err == -E2BIG)
		return ulib_explain_older(err);
	return err < 0 ? rring_refuse_slow(err) : err;
}

int ulib_call(struct rring_client *client, unsigned long request, void *args)
{
	struct ulib_file *file = &client->own->file;

	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	return detail_of_call(file->calls->call(file, request, args));
}

int ulib_call_until(struct rring_client *client, unsigned long request,
		    void *args, uint64_t deadline)
{
	struct ulib_file *file = &client->own->file;

	if (!deadline || ulib_is_lost(client))
		return ulib_call(client, request, args);
	return detail_of_call(file->calls->wait(file, request, args));
}

void *ulib_map(struct rring_client *client, enum rring_region_type region,
	       uint32_t index, size_t size, int writable, int *err)
{
	struct ulib_file *file = &client->own->file;

	if (ulib_is_lost(client)) {
		*err = ulib_refuse_lost(client);
		return NULL;
	}
	return file->calls->map(file, RRING_OFF(region, index), size, writable,
				err);
}

void ulib_unmap(struct rring_client *client, const void *addr, size_t size)
{
	struct ulib_file *file = &client->own->file;

	if (addr)
		file->calls->unmap(file, (void *)addr, size);
}

/*
 * Make the poll descriptor report what is ready now and what gets ready next:
 * call the backend's .poll_again() with @mask. Do nothing if the program has
 * never called rring_client_fd() with @client, and so has no poll descriptor.
 */
void ulib_poll_again(struct rring_client *client, uint32_t mask)
{
	struct ulib_file *file = &client->own->file;

	if (__atomic_load_n(&client->own->polled, __ATOMIC_RELAXED))
		file->calls->poll_again(file, mask);
}

/*
 * Set the bits @waiters in the waiters flag of ring @ring, if the backend has
 * .poll_next() and the program has a poll descriptor. The caller is a reader
 * that has found an event, or the writer that has found room. The program
 * perhaps uses only a part of the events or the room; nevertheless the next
 * event or the next room must make the poll descriptor ready again. This call
 * makes no barrier, so it is cheap.
 */
void ulib_poll_next(struct rring_client *client, uint32_t ring,
		    uint32_t waiters)
{
	struct ulib_file *file = &client->own->file;

	if (file->calls->poll_next &&
	    __atomic_load_n(&client->own->polled, __ATOMIC_RELAXED))
		file->calls->poll_next(file, ring, waiters);
}

/*
 * If the backend has .poll_next() and the program has called rring_client_fd(),
 * make each later look of @reader that finds events call ulib_poll_next(). The
 * caller holds ulib_clients_lock().
 */
void ulib_poll_reader(struct rring_reader *reader)
{
	const struct rring_client_private *own = reader->client->own;

	if (own->file.calls->poll_next &&
	    __atomic_load_n(&own->polled, __ATOMIC_RELAXED))
		__atomic_fetch_or(&reader->slow_look, ULIB_LOOK_POLLED,
				  __ATOMIC_RELAXED);
}

/*
 * Return 0 if @name is valid or empty; -ENAMETOOLONG if it is too long; -EINVAL
 * if rring_name_check() finds another fault. An error stores a detail.
 */
int ulib_name_check(const char *name)
{
	uint32_t at;

	switch (rring_name_check(name, &at)) {
	case RRING_NAME_LONG:
		return ulib_error(-ENAMETOOLONG, "the name has %zu characters; it may have up to %d",
				  strlen(name), RRING_NAME_MAX - 1);
	case RRING_NAME_BYTE:
		return ulib_error(-EINVAL, "character %u of the name (%#x) is not allowed; names are printable ASCII without space",
				  at + 1, (unsigned char)name[at]);
	case RRING_NAME_COMPONENT:
		return ulib_error(-EINVAL, "the part of the name at character %u is empty, \".\" or \"..\"; slashes only stand between other parts",
				  at + 1);
	default:
		return 0;
	}
}

/*
 * Copy the name @from to @to, and fill the rest of @to with zeros. If @from is
 * NULL, copy the empty name. Return what ulib_name_check() returns; after an
 * error @to is unchanged.
 */
int ulib_name_copy(char to[RRING_NAME_MAX], const char *from)
{
	int err = ulib_name_check(from ? from : "");

	if (err)
		return err;
	memset(to, 0, RRING_NAME_MAX);
	if (from)
		memcpy(to, from, strlen(from));
	return 0;
}

/*
 * Copy the type @from to @to, the field .type_name of an ioctl, and fill the rest
 * of @to with zeros. Return 0; -ENAMETOOLONG if the name is too long; -EINVAL if
 * @from is no type. An error stores a detail.
 */
int ulib_type_copy(char to[RRING_NAME_MAX], const struct rring_type *from)
{
	const char *name = from->name ? from->name : "";
	size_t len = strlen(name);

	if (len >= RRING_NAME_MAX)
		return ulib_error(-ENAMETOOLONG, "the name of the type has %zu characters; it may have up to %d",
				  len, RRING_NAME_MAX - 1);
	if (!rring_type_is_valid(name, from->size))
		return ulib_error(-EINVAL, "the type is no name of printable ASCII with a size of 1 byte to 1 GiB; RRING_TYPE() makes one");
	memset(to, 0, RRING_NAME_MAX);
	memcpy(to, name, len);
	return 0;
}

uint64_t rring_deadline(uint64_t nanoseconds_from_now)
{
	struct timespec now;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return nanoseconds_from_now < RRING_FOREVER - ns ?
		ns + nanoseconds_from_now : RRING_FOREVER;
}

/*
 * Return the structure of ring @id in the ARENA region, which only the kernel
 * writes. The caller ensures that @id is 1 to .max_rings of the arena.
 */
const struct rring_ring_info *ulib_ring_info(const struct rring_client *client,
					     uint32_t id)
{
	const struct rring_arena_info *arena = client->arena;

	return (const struct rring_ring_info *)
		((const char *)arena + arena->ring_info_offset) + (id - 1);
}

/* Return 1 if the client writes payloads in PAYLOAD; 0: in OWN, or not at all. */
static int writes_payload(const struct rring_client *client)
{
	return client->role == RRING_PRODUCER && client->arena &&
	       !(client->arena->features & RRING_FEATURE_OWNED);
}

/*
 * What the library knows of the features that need to be known. A library whose
 * L is no fence cannot use an arena that needs one.
 */
#define KNOWN_FEATURES	(RRING_FEATURE_OWNED | \
			 (RRING_K_INTERRUPTS ? 0 : RRING_FEATURE_FENCED))

/*
 * Check that this library knows how to use the arena: return 0, or -EPROTO with a
 * detail. Every version of the ABI has the fields that this function reads.
 */
static int check_abi(const struct rring_arena_info *arena)
{
	uint32_t unknown;

	if (arena->magic != RRING_MAGIC ||
	    arena->abi_version != RRING_ABI_VERSION)
		return ulib_error(-EPROTO, "the module has version %u of the ABI, and the library %u; install those of one version",
				  arena->abi_version, RRING_ABI_VERSION);
	unknown = arena->features & RRING_FEATURE_REQUIRED & ~KNOWN_FEATURES;
	if (unknown)
		return ulib_error(-EPROTO, "the arena has features (%#x) that this library does not know; install a newer library",
				  unknown);
	return 0;
}

/* Map ARENA, which says of which version the other regions are. */
static int map_arena(struct rring_client *client)
{
	int err = 0;

	client->arena = ulib_map(client, RRING_REGION_ARENA, 0,
				 client->own->attach.arena_size, 0, &err);
	return err ? err : check_abi(client->arena);
}

static int map_regions(struct rring_client *client)
{
	struct rring_client_private *own = client->own;
	const struct rring_attach *attach = &own->attach;
	int err = map_arena(client);

	if (err)
		return err;
	own->magazines = ulib_map(client, RRING_REGION_MAGAZINE, 0,
				  attach->magazine_size, 0, &err);
	own->cursors = ulib_map(client, RRING_REGION_CURSORS, attach->client,
				sizeof(struct rring_cursors), 1, &err);
	own->payload = ulib_map(client, RRING_REGION_PAYLOAD, 0,
				attach->payload_size,
				writes_payload(client), &err);
	/* map the ledger last: from then on the client counts as live */
	if (!err)
		own->ledger = ulib_map(client, RRING_REGION_LEDGER, 0,
				       attach->ledger_size, 1, &err);
	return err;
}

static void unmap_regions(struct rring_client *client)
{
	struct rring_client_private *own = client->own;
	const struct rring_attach *attach = &own->attach;

	ulib_unmap(client, own->ledger, attach->ledger_size);
	ulib_unmap(client, own->payload, attach->payload_size);
	ulib_unmap(client, own->cursors, sizeof(struct rring_cursors));
	ulib_unmap(client, own->magazines, attach->magazine_size);
	ulib_unmap(client, client->arena, attach->arena_size);
}

static int view_pools(struct rring_client *client)
{
	const char *arena = (const char *)client->arena;
	struct rring_client_private *own = client->own;
	rring_word_t *ledger = (rring_word_t *)(own->ledger + 1);
	uint32_t i;
	int err;

	for (i = 0; i < RRING_POOLS; i++) {
		const struct rring_pool_info *info = &client->arena->pool[i];
		struct rring_pool_view *pool = &client->pool[i];

		pool->ledger = ledger + info->slot_base;
		pool->generation = (const rring_word_t *)
			(arena + client->arena->generation_offset) +
			info->slot_base;
		pool->own = own->payload + info->payload_offset;
		pool->payload = pool->own;
		pool->header = (struct rring_event_header *)
			(own->payload + info->header_offset);
		pool->capacity = info->capacity;
		pool->magazine = &own->magazines->pool[i];
		pool->tail = &own->ledger->tail[i].pos;
		pool->parked_max = i < RRING_XXL && !ulib_is_checked(client) ?
				   rring_parked_max(info) : 0;
		pool->parked_handle = calloc(pool->parked_max + 1,
					     sizeof(*pool->parked_handle));
		if (!pool->parked_handle)
			return -ENOMEM;
	}
	ulib_ledger_open(client);
	ulib_recent_open(client);
	err = ulib_headers_open(client);
	return err ? err : ulib_xxl_open(client);
}

static struct rring_client *client_new(enum rring_role role,
				       unsigned int flags)
{
	struct rring_client *client;

	client = aligned_alloc(RRING_LINE, (sizeof(*client) + RRING_LINE - 1) /
					   RRING_LINE * RRING_LINE);
	if (!client)
		return NULL;
	memset(client, 0, sizeof(*client));
	client->own = calloc(1, sizeof(*client->own));
	if (!client->own) {
		free(client);
		return NULL;
	}
	ulib_mutex_init(&client->own->lock);
	ulib_mutex_init(&client->own->cursors_lock);
	ulib_mutex_init(&client->own->xxl.lock);
	ulib_cond_init(&client->own->xxl.taken_one);
	client->fd = -1;
	client->own->client = client;
	client->own->file.fd = -1;
	client->role = role;
	client->own->spills = !!(flags & RRING_SPILL);
	client->own->interruptible = !!(flags & RRING_INTERRUPTIBLE);
	client->shared = !(flags & RRING_SINGLE_THREADED);
	if (!client->shared)
		client->short_holds = RRING_HOLDS_MAX * RRING_HOLD - 1;
	return client;
}

static void client_free(struct rring_client *client)
{
	uint32_t i;

	for (i = 0; i < RRING_POOLS; i++)
		free(client->pool[i].parked_handle);
	if (client->own->file.calls)
		client->own->file.calls->close(&client->own->file);
	pthread_cond_destroy(&client->own->xxl.taken_one);
	pthread_mutex_destroy(&client->own->xxl.lock);
	pthread_mutex_destroy(&client->own->cursors_lock);
	pthread_mutex_destroy(&client->own->lock);
	ulib_debug_free(client->own->debug);
	free(client->own);
	free(client);
}

static int attach(struct rring_client *client, const char *name, int arena_fd)
{
	struct rring_attach *args = &client->own->attach;
	int err;

	*args = (struct rring_attach) {
		.size = sizeof(*args),
		.role = client->role,
		.arena_fd = arena_fd,
		.flags = client->own->interruptible ? RRING_ATTACH_INTERRUPT : 0,
	};
	err = ulib_name_copy(args->name, name);
	if (err)
		return err;
	err = ulib_call(client, RRING_IOC_ATTACH, args);
	if (err)
		return ulib_explain_attach(name, arena_fd, client->role,
					   client->own->file.calls->in_process,
					   err);
	client->id = args->client;
	ulib_clients_add(client->own);
	err = map_regions(client);
	if (!err)
		err = view_pools(client);
	/* then zeros were read */
	if (ulib_is_lost(client))
		err = ulib_refuse_lost(client);
	if (err) {
		ulib_clients_remove(client->own);
		ulib_headers_close(client);
		unmap_regions(client);
	}
	return err;
}

static int open_client(struct rring_client **out, const char *name,
		       int arena_fd, enum rring_role role, unsigned int flags,
		       enum rring_backend backend)
{
	struct rring_client *client;
	int err = ulib_clients_init();

	ulib_error_forget();
	if (err)
		return err;
	client = client_new(role, flags);
	if (!client)
		return -ENOMEM;
	if (ulib_debug_is_wanted(flags) && ulib_debug_open(client)) {
		client_free(client);
		return -ENOMEM;
	}
	err = ulib_file_open(&client->own->file, backend);
	if (!err) {
		client->fd = client->own->file.fd;
		err = attach(client, name, arena_fd);
	} else {
		client->own->file.calls = NULL;
	}
	if (err) {
		client_free(client);
		return err;
	}
	ulib_backoff_measure();
	*out = client;
	return 0;
}

/* Flags that do not select a backend. */
#define CLIENT_FLAGS	(RRING_SINGLE_THREADED | RRING_CHECKED | \
			 RRING_SPILL | RRING_INTERRUPTIBLE)

/*
 * Return the backend that @flags of rring_open() select. Return -EINVAL if
 * @flags have an unknown bit, or name two backends.
 */
static int backend_for(unsigned int flags)
{
	switch (flags & ~CLIENT_FLAGS) {
	case 0:
		return RRING_BACKEND_AUTO;
	case RRING_ON_DEVICE:
		return RRING_BACKEND_DEVICE;
	case RRING_IN_PROCESS:
		return RRING_BACKEND_PROCESS;
	default:
		return -EINVAL;
	}
}

int rring_open(struct rring_client **client, const char *name,
	       enum rring_role role, unsigned int flags)
{
	int backend = backend_for(flags);

	if (backend < 0)
		return ulib_error(backend, "flags are %#x; they may have RRING_SINGLE_THREADED, RRING_CHECKED, RRING_SPILL, RRING_INTERRUPTIBLE, and one of RRING_ON_DEVICE and RRING_IN_PROCESS",
				  flags);
	return open_client(client, name ? name : "default", -1, role, flags,
			   (enum rring_backend)backend);
}

/*
 * Check @flags of a call whose arena is of one backend. Return 0 or -EINVAL, and
 * then store an error detail.
 */
static int check_flags(unsigned int flags)
{
	if (!(flags & ~CLIENT_FLAGS))
		return 0;
	return ulib_error(-EINVAL, "flags are %#x; only RRING_SINGLE_THREADED, RRING_CHECKED, RRING_SPILL and RRING_INTERRUPTIBLE are possible here, as the arena is of one backend",
			  flags);
}

int rring_open_arena(struct rring_client **client, int arena_fd,
		     enum rring_role role, unsigned int flags)
{
	enum rring_backend backend = RRING_BACKEND_DEVICE;
	int err = check_flags(flags);

	if (err)
		return err;
	if (fcntl(arena_fd, F_GETFD) < 0)
		return ulib_error(-EBADF, "%d is not an open descriptor; pass what rring_arena_create() returned",
				  arena_fd);
	if (ulib_backend_process_has(arena_fd))
		backend = RRING_BACKEND_PROCESS;
	return open_client(client, NULL, arena_fd, role, flags, backend);
}

int rring_open_config(struct rring_client **client,
		      const struct rring_arena_config *config,
		      unsigned int flags)
{
	/* check flags before the arena exists: a persistent one would stay */
	int err = check_flags(flags);
	int fd;

	if (err)
		return err;
	fd = rring_arena_create(config);
	if (fd < 0)
		return fd;
	err = rring_open_arena(client, fd, RRING_PRODUCER, flags);
	ulib_close(fd);
	return err;
}

void rring_close(struct rring_client *client)
{
	struct rring_client_private *own = client->own;
	uint32_t i;

	if (ulib_is_checked(client))
		ulib_debug_close(client);
	while (own->readers)
		rring_reader_close(own->readers, 0);
	while (own->writers)
		rring_writer_close(own->writers);
	while (own->pipes)
		ulib_pipe_free(own->pipes);
	while (own->watches)
		rring_watch_close(own->watches);
	if (ulib_is_inherited(client)) {
		ulib_inherited_client_free(client);
		return;
	}
	ulib_clients_remove(own);
	for (i = 0; i <= RRING_CLIENTS_MAX; i++)
		ulib_unmap(client, own->peers[i].cursors,
			   sizeof(struct rring_cursors));
	ulib_headers_close(client);
	ulib_xxl_close(client);
	unmap_regions(client);
	client_free(client);
}

enum rring_backend rring_client_backend(const struct rring_client *client)
{
	return client->own->file.calls->in_process ? RRING_BACKEND_PROCESS :
						     RRING_BACKEND_DEVICE;
}

int rring_client_fd(const struct rring_client *client)
{
	struct rring_client_private *own = client->own;
	struct rring_reader *reader;
	int fd;

	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	pthread_mutex_lock(&own->lock);
	__atomic_store_n(&own->polled, 1, __ATOMIC_RELAXED);
	fd = own->file.calls->poll_fd(&own->file);
	pthread_mutex_unlock(&own->lock);
	ulib_clients_lock();
	for (reader = own->readers; reader; reader = reader->next)
		ulib_poll_reader(reader);
	ulib_clients_unlock();
	ulib_poll_watches(own);
	return detail_of_call(fd);
}

/*
 * Make own->peers[@id] a mapping of the cursors of the client that has @id now,
 * unless it is one already. On failure set .cursors to NULL and .serial to 0,
 * so that the next call maps again. The caller holds own->lock.
 */
static void map_peer(struct rring_client *client, uint32_t id)
{
	const rring_flag_t *now = &client->arena->client_serial[id];
	struct ulib_peer *peer = &client->own->peers[id];
	uint32_t serial = rring_flag_load_acquire(now);
	int err = 0;

	if (peer->serial == serial)
		return;
	ulib_unmap(client, peer->cursors, sizeof(struct rring_cursors));
	peer->cursors = ulib_map(client, RRING_REGION_CURSORS, id,
				 sizeof(struct rring_cursors), 0, &err);
	/*
	 * Store 0 if the mapping failed, or if a new client has got @id
	 * meanwhile, so that the mapping may be of either client. The next call
	 * then maps again.
	 */
	peer->serial = err || rring_flag_load(now) != serial ? 0 : serial;
}

/*
 * Return the position in cursor @cursor of client @id. Return 0 if there is no
 * such client, or if its cursors cannot be mapped. Unless @id is the id of
 * @client, this function locks own->lock, because another thread may replace
 * the mapping of the cursors.
 */
uint64_t ulib_peer_cursor(struct rring_client *client, uint32_t id,
			  uint32_t cursor)
{
	struct rring_client_private *own = client->own;
	uint64_t position = 0;

	/*
	 * D: pairs with C in the reader's release. Without this pair the writer
	 * could overwrite entries that the reader still uses.
	 */
	if (id == client->id)
		return rring_seq_load_acquire(
			&own->cursors->cursor[cursor].pos);
	pthread_mutex_lock(&own->lock);
	map_peer(client, id);
	if (own->peers[id].cursors)	/* D */
		position = rring_seq_load_acquire(
			&own->peers[id].cursors->cursor[cursor].pos);
	pthread_mutex_unlock(&own->lock);
	return position;
}

int rring_pool_stat(struct rring_client *client, enum rring_class pool,
		    unsigned int flags, struct rring_pool_stat *stat)
{
	*stat = (struct rring_pool_stat) {
		.size = sizeof(*stat),
		.pool = pool,
		.flags = flags,
	};
	if ((unsigned int)pool >= RRING_POOLS)
		return ulib_error(-EINVAL, "there is no class %u; classes are RRING_XS to RRING_XXL",
				  pool);
	if (flags & ~RRING_STAT_SWEEP)
		return ulib_error(-EINVAL, "flags are %#x; only RRING_STAT_SWEEP is known",
				  flags);
	if (flags && ulib_is_checked(client))
		ulib_checked_give_back(client);
	return ulib_call(client, RRING_IOC_POOL_STAT, stat);
}

void rring_wake_ring(struct rring_client *client, uint32_t ring,
		     uint32_t waiters)
{
	struct rring_wake args = {
		.size = sizeof(args),
		.flags = waiters,
		.ring = ring,
	};

	if (ulib_is_checked(client) && waiters == RRING_READERS_WAIT &&
	    !ulib_checked_published(client, ring))
		return;
	ULIB_PROBE(wake, client->id, ring, waiters);
	ulib_call(client, RRING_IOC_WAKE, &args);
}

void rring_wake_pools(struct rring_client *client)
{
	struct rring_wake args = {
		.size = sizeof(args),
		.flags = RRING_WAKE_POOLS,
		.pools = rring_flag_load(&client->arena->pool_waiters),
	};

	ULIB_PROBE(wake_pools, client->id, args.pools);
	ulib_call(client, RRING_IOC_WAKE, &args);
}

/*
 * Ask the kernel to look at @count XXL slots, beginning with slot @first, and
 * to free each one that no ledger, magazine or ring names. If this call fails,
 * a later sweep frees these slots.
 */
void ulib_xxl_reclaim(struct rring_client *client, uint32_t first,
		      uint32_t count)
{
	struct rring_reclaim args = {
		.size = sizeof(args),
		.pool = RRING_XXL,
		.first = first,
		.count = count,
	};

	ulib_call(client, RRING_IOC_RECLAIM, &args);
}
